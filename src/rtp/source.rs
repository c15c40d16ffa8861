//! Whose packets a leg believes: the address latch and the one RTP source.
//!
//! A caller behind a router sends from another address than its offer says,
//! so the first credible packet decides (symmetric RTP). From then on the
//! socket is connected and the kernel refuses everybody else; this room
//! decides who is credible and when a source has restarted.

use std::net::{IpAddr, SocketAddr};

/// Packets of an unknown source in a row after which it replaces the one we follow:
/// a telephone that restarted its stream, not a stray packet.
const PACKETS_TO_CHANGE_SOURCE: u8 = 5;

/// Packets from another port of the offered host before they are believed. They may belong to a call that died with
/// a server that was killed: its far end goes on sending to a port which is ours again.
const PACKETS_FROM_ANOTHER_PORT: u8 = 50;

/// Who may decide where a leg's audio goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credible {
    offered: SocketAddr,
    signalling: IpAddr,
    from_another_port: u8,
}

impl Credible {
    /// `offered` is what the SDP names, `signalling` is where the SIP messages come from.
    pub fn new(offered: SocketAddr, signalling: IpAddr) -> Self {
        Self { offered, signalling, from_another_port: 0 }
    }

    /// Returns where audio is sent until a packet has come.
    pub fn offered(&self) -> SocketAddr {
        self.offered
    }

    /// Whether a packet from `from` may decide where the other side is. A second of nothing else makes another port
    /// of the offered host credible too.
    pub fn admits(&mut self, from: SocketAddr) -> bool {
        if from == self.offered {
            return true;
        }
        if from.ip() == self.offered.ip() {
            self.from_another_port = self.from_another_port.saturating_add(1);
            return self.from_another_port > PACKETS_FROM_ANOTHER_PORT;
        }
        from.ip() == self.signalling
    }
}

/// Follows one synchronisation source.
#[derive(Debug, Default)]
pub struct SourceLock {
    current: Option<u32>,
    strange: u8,
}

/// What a packet's source means for the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the stream.
    Ours,
    /// It begins a new stream: sequence numbers and presses start over.
    Restarted,
    /// Somebody else's.
    Stranger,
}

impl SourceLock {
    /// Judges a packet by its source.
    pub fn judge(&mut self, ssrc: u32) -> Verdict {
        match self.current {
            Some(current) if current == ssrc => {
                self.strange = 0;
                Verdict::Ours
            }
            Some(_) if self.strange + 1 < PACKETS_TO_CHANGE_SOURCE => {
                self.strange += 1;
                Verdict::Stranger
            }
            Some(_) | None => {
                self.current = Some(ssrc);
                self.strange = 0;
                Verdict::Restarted
            }
        }
    }

    /// Returns the source that is followed, if a packet has come.
    pub fn current(&self) -> Option<u32> {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_offered_host_or_the_signalling_host_may_speak_first() {
        let mut credible =
            Credible::new("192.168.1.20:4000".parse().unwrap(), "203.0.113.9".parse().unwrap());
        let table = [
            ("192.168.1.20:4000", true),
            ("192.168.1.20:4002", false),
            ("203.0.113.9:61000", true),
            ("198.51.100.7:4000", false),
        ];
        for (from, admitted) in table {
            assert_eq!(credible.admits(from.parse().unwrap()), admitted, "{from}");
        }
    }

    #[test]
    fn what_a_dead_call_still_sends_does_not_take_a_living_ones_audio() {
        let offered: SocketAddr = "192.168.1.20:4000".parse().unwrap();
        let dead: SocketAddr = "192.168.1.20:4002".parse().unwrap();
        let mut credible = Credible::new(offered, offered.ip());
        assert!((0..PACKETS_FROM_ANOTHER_PORT).all(|_| !credible.admits(dead)));
        assert!(credible.admits(offered));
        assert!(
            credible.admits(dead),
            "a telephone that sends from another port than it offered is heard in the end"
        );
    }

    #[test]
    fn a_stray_source_changes_nothing_and_a_lasting_one_takes_over() {
        let mut lock = SourceLock::default();
        assert_eq!(lock.judge(1), Verdict::Restarted);
        assert_eq!(lock.judge(2), Verdict::Stranger);
        assert_eq!(lock.judge(1), Verdict::Ours);
        let verdicts: Vec<_> = (0..5).map(|_| lock.judge(2)).collect();
        assert_eq!(verdicts[3..], [Verdict::Stranger, Verdict::Restarted]);
        assert_eq!(lock.judge(2), Verdict::Ours);
        assert_eq!(lock.current(), Some(2));
    }
}
