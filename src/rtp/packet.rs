//! One RTP packet: its header read from and written to bytes (RFC 3550 §5.1).

/// Payload type of G.711 µ-law (RFC 3551 §6).
pub const PCMU: u8 = 0;

/// Payload type of G.711 A-law (RFC 3551 §6).
pub const PCMA: u8 = 8;

/// Bytes of a header without contributing sources.
pub const HEADER_BYTES: usize = 12;

/// The largest packet read from a socket: an Ethernet frame's worth, far above 20 ms of G.711.
pub const MAX_PACKET_BYTES: usize = 1_500;

/// An RTP packet, its payload borrowed from the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: &'a [u8],
}

/// Why a datagram is not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("shorter than an RTP header")]
    TooShort,
    #[error("RTP version {0}, not 2")]
    Version(u8),
    #[error("an RTCP packet on the RTP port")]
    Rtcp,
    #[error("sources, extension or padding run past the end of the packet")]
    Overrun,
}

impl<'a> Packet<'a> {
    /// Reads a datagram. Contributing sources and header extensions are
    /// skipped, padding is cut off.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, PacketError> {
        let header: &[u8; HEADER_BYTES] = datagram.first_chunk().ok_or(PacketError::TooShort)?;
        let version = header[0] >> 6;
        if version != 2 {
            return Err(PacketError::Version(version));
        }
        // RFC 5761 §4: these values of the second byte are RTCP packet types.
        if (192..=223).contains(&header[1]) {
            return Err(PacketError::Rtcp);
        }
        let payload = payload_of(datagram, header[0])?;
        Ok(Self {
            marker: header[1] & 0x80 != 0,
            payload_type: header[1] & 0x7f,
            sequence: u16::from_be_bytes([header[2], header[3]]),
            timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            payload,
        })
    }

    /// Writes the packet to `buffer`, replacing what was in it.
    pub fn write(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.push(0x80);
        buffer.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        buffer.extend_from_slice(&self.sequence.to_be_bytes());
        buffer.extend_from_slice(&self.timestamp.to_be_bytes());
        buffer.extend_from_slice(&self.ssrc.to_be_bytes());
        buffer.extend_from_slice(self.payload);
    }
}

fn payload_of(datagram: &[u8], flags: u8) -> Result<&[u8], PacketError> {
    let sources = usize::from(flags & 0x0f);
    let mut start = HEADER_BYTES + 4 * sources;
    if flags & 0x10 != 0 {
        let extension = datagram.get(start..start + 4).ok_or(PacketError::Overrun)?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
    }
    let mut payload = datagram.get(start..).ok_or(PacketError::Overrun)?;
    if flags & 0x20 != 0 {
        let padding = usize::from(*payload.last().ok_or(PacketError::Overrun)?);
        if padding == 0 || padding > payload.len() {
            return Err(PacketError::Overrun);
        }
        payload = &payload[..payload.len() - padding];
    }
    Ok(payload)
}

/// Whether `a` comes after `b`, sequence numbers wrapping at 65,536.
pub fn is_newer(a: u16, b: u16) -> bool {
    a != b && a.wrapping_sub(b) < 0x8000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_packet_that_was_written_reads_back_the_same() {
        let packet = Packet {
            marker: true,
            payload_type: PCMA,
            sequence: 65_535,
            timestamp: 0xdead_beef,
            ssrc: 7,
            payload: &[0xd5; 160],
        };
        let mut bytes = Vec::new();
        packet.write(&mut bytes);
        assert_eq!(bytes.len(), HEADER_BYTES + 160);
        assert_eq!(Packet::parse(&bytes), Ok(packet));
    }

    #[test]
    fn sources_an_extension_and_padding_are_no_audio() {
        let mut bytes = vec![0xb2, 0x08, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([0; 8]); // two contributing sources
        bytes.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // an extension of one word
        bytes.extend([0x55, 0x56, 0x57]);
        bytes.extend([0, 0, 3]); // padding of three bytes
        assert_eq!(Packet::parse(&bytes).unwrap().payload, &[0x55, 0x56, 0x57]);
    }

    #[test]
    fn what_is_not_rtp_is_named() {
        let table: [(&[u8], PacketError); 5] = [
            (b"", PacketError::TooShort),
            (b"INVITE sip:12349", PacketError::Version(1)),
            (&[0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 1], PacketError::Rtcp),
            (&[0x8f, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], PacketError::Overrun),
            (&[0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9], PacketError::Overrun),
        ];
        for (bytes, error) in table {
            assert_eq!(Packet::parse(bytes), Err(error), "{bytes:?}");
        }
    }

    #[test]
    fn the_sequence_number_after_65535_is_0() {
        assert!(is_newer(0, 65_535));
        assert!(!is_newer(65_535, 0));
        assert!(!is_newer(5, 5));
    }

    proptest! {
        #[test]
        fn every_packet_reads_back_as_it_was_written(
            marker in any::<bool>(), payload_type in (0_u8..128).prop_filter("RTCP's", |kind| !(64..96).contains(kind)),
            sequence in any::<u16>(), timestamp in any::<u32>(), ssrc in any::<u32>(),
            payload in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let packet = Packet { marker, payload_type, sequence, timestamp, ssrc, payload: &payload };
            let mut bytes = Vec::new();
            packet.write(&mut bytes);
            prop_assert_eq!(Packet::parse(&bytes), Ok(packet));
        }

        #[test]
        fn no_datagram_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() + HEADER_BYTES <= bytes.len());
            }
        }
    }
}
