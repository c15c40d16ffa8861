//! Reading the Contact headers of a registration.

use std::net::SocketAddr;

use crate::domain::extension::PhoneTransport;
use crate::phone::sip::address::{Address, Parts, Scheme, address_in, pieces};
use crate::phone::sip::grammar::seconds;

/// Longer addresses are no telephone's.
const MAX_URI_BYTES: usize = 512;

/// More than a telephone has.
const MAX_CONTACTS: usize = 10;

/// What a registration is after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// No Contact: it only asks what there is.
    Ask,
    /// `*`
    NoneOfThem,
    These(Vec<Contact>),
}

/// One address of a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Without display name and angle brackets, as written.
    pub uri: String,
    pub expires: Option<u32>,
    /// In thousandths; 1000 when it names none.
    pub preference: u16,
}

impl Wish {
    /// Reads the values of all Contact headers. None when they are not written as RFC 3261 §20.10 has them, or an
    /// address is neither `sip:` nor `sips:`.
    pub fn read<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut contacts = Vec::new();
        let mut stars = 0;
        for value in values {
            for piece in pieces(value, ',') {
                if piece.trim() == "*" {
                    stars += 1;
                } else {
                    contacts.push(Contact::read(piece.trim())?);
                }
            }
        }
        match (stars, contacts.len()) {
            (0, 0) => Some(Self::Ask),
            (1, 0) => Some(Self::NoneOfThem),
            (0, 1..=MAX_CONTACTS) => Some(Self::These(contacts)),
            _ => None,
        }
    }
}

impl Contact {
    fn read(text: &str) -> Option<Self> {
        let Address { uri, in_brackets, parameters } = address_in(text)?;
        // With headers of its own it must stand in brackets (RFC 3261 §20.10).
        if !in_brackets && uri.contains('?') {
            return None;
        }
        if !is_address(uri) {
            return None;
        }
        let mut contact = Self { uri: uri.to_owned(), expires: None, preference: 1_000 };
        for parameter in pieces(parameters.trim(), ';').skip(1) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim();
            if name.trim().eq_ignore_ascii_case("expires") {
                contact.expires = Some(seconds(value)?);
            } else if name.trim().eq_ignore_ascii_case("q") {
                contact.preference = preference(value)?;
            }
        }
        Some(contact)
    }
}

/// `0` to `1`, with at most three places.
fn preference(text: &str) -> Option<u16> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    if places.len() > 3 || !places.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places: u16 = format!("{places:0<3}").parse().ok()?;
    match (whole, places) {
        ("0", places) => Some(places),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// As `q` is written.
pub fn written_preference(thousandths: u16) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// `sip:` or `sips:`, somebody or nobody, a host; nothing that would end the address where it is written again.
fn is_address(uri: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\",\\`{}|^".contains(&byte);
    let is_sip = |parts: &Parts<'_>| matches!(parts.scheme, Scheme::Sip | Scheme::Sips);
    let has_place = Parts::of(uri).is_some_and(|parts| is_sip(&parts) && !parts.place.is_empty());
    uri.len() <= MAX_URI_BYTES && uri.bytes().all(plain) && has_place
}

/// What two addresses have in common that are the same (RFC 3261 §19.1.4, as far as telephones write them): user, host
/// and port, and the transport.
pub fn key_of(uri: &str) -> (String, String, String) {
    let Some(parts) = Parts::of(uri) else { return <(String, String, String)>::default() };
    let host = parts.place.to_ascii_lowercase();
    let behind_port = host.rsplit_once(']').map_or(&host[..], |(_, port)| port);
    let small = parts.parameters.to_ascii_lowercase();
    let transport = small.split(';').find_map(|parameter| parameter.strip_prefix("transport="));
    let transport = transport.unwrap_or(if parts.scheme == Scheme::Sips { "tls" } else { "udp" });
    let port = if transport == "tls" { 5061 } else { 5060 };
    let host = if behind_port.contains(':') { host } else { format!("{host}:{port}") };
    (parts.user.to_owned(), host, transport.to_owned())
}

/// Whether an address is one that may be reached over TLS alone.
pub fn wants_tls(uri: &str) -> bool {
    Parts::of(uri).is_some_and(|parts| parts.scheme == Scheme::Sips)
}

/// Where an address leads by itself. None when it names a host by anything but its number, or is reached by what we do
/// not speak.
pub fn own_place(uri: &str) -> Option<(SocketAddr, PhoneTransport)> {
    let (_, place, transport) = key_of(uri);
    let transport = PhoneTransport::ALL.iter().find(|known| known.name() == transport)?;
    Some((place.parse().ok()?, *transport))
}

/// An address as it is reached: the same user, at the address its messages come from.
pub fn reached_at(uri: &str, source: SocketAddr, transport: PhoneTransport) -> String {
    let user = Parts::of(uri).map(|parts| parts.user).filter(|user| !user.is_empty());
    let user = user.map_or(String::new(), |user| format!("{user}@"));
    if transport == PhoneTransport::Udp {
        return format!("sip:{user}{source}");
    }
    format!("sip:{user}{source};transport={transport}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contact(uri: &str, expires: Option<u32>, preference: u16) -> Contact {
        Contact { uri: uri.into(), expires, preference }
    }

    #[test]
    fn contacts_are_read_however_telephones_write_them() {
        let values = [
            "\"Li, <desk>\" <sip:201@10.0.0.9:5062;transport=udp;ob>;expires=120;q=0.5;+sip.instance=\"<urn:uuid:1>\"",
            "sip:201@10.0.0.10;expires=0, <sip:201@[2001:db8::1]:5060>",
        ];
        let read = Wish::read(values).unwrap();
        assert_eq!(
            read,
            Wish::These(vec![
                contact("sip:201@10.0.0.9:5062;transport=udp;ob", Some(120), 500),
                contact("sip:201@10.0.0.10", Some(0), 1_000),
                contact("sip:201@[2001:db8::1]:5060", None, 1_000),
            ])
        );
        assert_eq!(Wish::read([]), Some(Wish::Ask));
        assert_eq!(Wish::read([" * "]), Some(Wish::NoneOfThem));
    }

    #[test]
    fn what_is_no_address_is_not_read() {
        for bad in [
            "",
            "*, <sip:201@10.0.0.9>",
            "*, *",
            "<tel:201>",
            "<tel:201>",
            "<sip:>",
            "<sip:201@>",
            "<sip:201@10.0.0.9",
            "<sip:201@10.0.0.9\r\nVia: x>",
            "sip:201@10.0.0.9?Route=%3Csip:other.example%3E",
            "<sip:201@10.0.0.9>;expires=soon",
            "<sip:201@10.0.0.9>;q=1.1",
        ] {
            assert_eq!(Wish::read([bad]), None, "{bad}");
        }
        let many = ["<sip:201@10.0.0.9>"; MAX_CONTACTS + 1].join(",");
        assert_eq!(Wish::read([many.as_str()]), None);
    }

    #[test]
    fn one_address_is_one_however_it_is_written() {
        let same =
            ["sip:201@Desk.example", "SIP:201@desk.example:5060", "sip:201@desk.example;transport=UDP;ob"];
        same.iter().for_each(|uri| assert_eq!(key_of(uri), key_of(same[0]), "{uri}"));
        for other in
            ["sip:202@desk.example", "sip:201@desk.example:5061", "sip:201@desk.example;transport=tcp"]
        {
            assert_ne!(key_of(other), key_of(same[0]), "{other}");
        }
        assert_eq!(key_of("sip:201@[::1]"), key_of("sip:201@[::1]:5060"));
    }

    #[test]
    fn behind_a_router_an_address_is_that_of_the_router() {
        let source = "203.0.113.9:40000".parse().unwrap();
        let inside = "sip:201-0x5@10.0.0.9:5062;transport=tcp;ob";
        assert_eq!(reached_at(inside, source, PhoneTransport::Udp), "sip:201-0x5@203.0.113.9:40000");
        let by_tcp = reached_at("sip:10.0.0.9", source, PhoneTransport::Tcp);
        assert_eq!(by_tcp, "sip:203.0.113.9:40000;transport=tcp");
    }

    #[test]
    fn an_address_leads_somewhere_by_itself_when_it_names_a_number_and_what_we_speak() {
        let place = |address: &str, transport| Some((address.parse().unwrap(), transport));
        for (uri, leads) in [
            ("sip:201@192.0.2.1", place("192.0.2.1:5060", PhoneTransport::Udp)),
            ("sip:201@192.0.2.1:5062;transport=TCP", place("192.0.2.1:5062", PhoneTransport::Tcp)),
            ("sip:201@[2001:db8::1];transport=tcp", place("[2001:db8::1]:5060", PhoneTransport::Tcp)),
            ("sip:201@desk.example", None),
            ("sip:201@192.0.2.1;transport=tls", place("192.0.2.1:5061", PhoneTransport::Tls)),
            ("sips:201@192.0.2.1", place("192.0.2.1:5061", PhoneTransport::Tls)),
            ("sip:201@192.0.2.1;transport=sctp", None),
        ] {
            assert_eq!(own_place(uri), leads, "{uri}");
        }
    }

    proptest! {
        #[test]
        fn no_text_can_harm_the_reader(text in "\\PC{0,120}", tail in "[<>\";,*=@:a-z0-9\\\\]{0,40}") {
            for value in [text.clone(), format!("<sip:{tail}"), format!("{text}<sip:a@{tail}>;{tail}")] {
                if let Some(Wish::These(contacts)) = Wish::read([value.as_str()]) {
                    for contact in contacts {
                        prop_assert_ne!(key_of(&contact.uri).1, "");
                        own_place(&contact.uri);
                    }
                }
            }
        }
    }
}
