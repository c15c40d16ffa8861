//! IPv4 and IPv6 through one socket: where `[::]` is listened on, the system names who comes by IPv4 `::ffff:192.0.2.5`
//! and wants to hear that name. Nobody else does.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

/// An address as everybody writes it.
pub fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// The address as a socket of IPv6 must hear it.
pub fn named(address: SocketAddr, by_six: bool) -> SocketAddr {
    match address {
        SocketAddr::V4(four) if by_six => {
            SocketAddrV6::new(four.ip().to_ipv6_mapped(), four.port(), 0, 0).into()
        }
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_by_the_old_family_is_named_as_ever() {
        for (plainly, by_six) in
            [("192.0.2.5:5060", "[::ffff:192.0.2.5]:5060"), ("[2001:db8::1]:5060", "[2001:db8::1]:5060")]
        {
            let (plainly, by_six): (SocketAddr, SocketAddr) =
                (plainly.parse().unwrap(), by_six.parse().unwrap());
            assert_eq!((named(plainly, true), plain(by_six)), (by_six, plainly));
            assert_eq!(named(plainly, false), plainly);
        }
    }
}
