//! The guard in front of the SMPP parser: one PDU that cannot be read never costs the link.
//!
//! rusmpp gives up the connection at the first PDU it cannot decode, and takes a PDU with octets to
//! spare for two. A centre sends again what got no answer, so one receipt with an unclosed name would
//! end every connection for good. The guard cuts the stream into PDUs itself, lets through what decodes
//! whole, mends what can be mended, and puts a marked empty `deliver_sm` in the place of one that
//! cannot, so that the session can refuse it by its number.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use rusmpp::Command;
use rusmpp::decode::DecodeWithLength;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The largest PDU: a `message_payload` of 64 KiB and its addresses fit, more is no SMPP.
pub const MAX_PDU: usize = 70_000;
const HEADER: usize = 16;
const DELIVER_SM: u32 = 0x0000_0005;
const RESPONSE: u32 = 0x8000_0000;
const RECEIPTED_MESSAGE_ID: u16 = 0x001e;
/// The vendor's parameter that marks a `deliver_sm` nobody could read.
pub const UNREADABLE: u16 = 0x1401;

/// A stream whose reading side carries only PDUs that decode.
#[derive(Debug)]
pub struct Guarded<S> {
    inner: S,
    raw: BytesMut,
    ready: BytesMut,
}

impl<S> Guarded<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, raw: BytesMut::new(), ready: BytesMut::new() }
    }

    /// Moves every whole PDU from `raw` to `ready`.
    fn sift(&mut self) -> io::Result<()> {
        while let Some(length) = self.raw.first_chunk::<4>().map(|octets| u32::from_be_bytes(*octets)) {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if !(HEADER..=MAX_PDU).contains(&length) {
                let problem = format!("a PDU of {length} octets is no SMPP");
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            if self.raw.len() < length {
                return Ok(());
            }
            let pdu = self.raw.split_to(length);
            match mend(&pdu) {
                Mended::Whole => self.ready.extend_from_slice(&pdu),
                Mended::Other(other) => self.ready.extend_from_slice(&other),
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.ready.is_empty() {
            let mut octets = [0; 4_096];
            let mut buffer = ReadBuf::new(&mut octets);
            match Pin::new(&mut this.inner).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => this.raw.extend_from_slice(buffer.filled()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
            this.sift()?;
        }
        let length = this.ready.len().min(out.remaining());
        out.put_slice(&this.ready[..length]);
        this.ready.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, octets)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What became of one PDU.
enum Mended {
    /// It decodes as it is.
    Whole,
    /// Something that decodes stands in its place.
    Other(Vec<u8>),
}

fn mend(pdu: &[u8]) -> Mended {
    if decodes(pdu) {
        return Mended::Whole;
    }
    let (id, status, sequence) = header(pdu);
    if id == DELIVER_SM {
        return Mended::Other(mend_deliver(pdu).unwrap_or_else(|| unreadable(sequence)));
    }
    // The head of a response says what matters; of a request we do not serve it gets its refusal.
    let bare = build(id, status, sequence, &[]);
    // What does not decode even bare is answered by nothing but a counted absence: an enquiry's answer
    // without a question is dropped by the session.
    Mended::Other(if decodes(&bare) { bare } else { build(RESPONSE | 0x15, 0, sequence, &[]) })
}

/// Whether a PDU decodes to its last octet.
fn decodes(pdu: &[u8]) -> bool {
    let mut body = BytesMut::from(&pdu[4..]);
    let length = body.len();
    Command::decode(&mut body, length).is_ok_and(|(_, size)| size == length && body.is_empty())
}

/// The command, status and sequence number; `sift` saw that the head is there.
fn header(pdu: &[u8]) -> (u32, u32, u32) {
    let word = |at: usize| u32::from_be_bytes([pdu[at], pdu[at + 1], pdu[at + 2], pdu[at + 3]]);
    (word(4), word(8), word(12))
}

fn build(id: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).expect("a body is at most MAX_PDU long");
    let mut pdu = Vec::with_capacity(HEADER + body.len());
    for word in [length, id, status, sequence] {
        pdu.extend(word.to_be_bytes());
    }
    pdu.extend(body);
    pdu
}

fn unreadable(sequence: u32) -> Vec<u8> {
    // Twelve fixed octets and five empty strings, then the mark.
    let mut body = vec![0; 17];
    body.extend(UNREADABLE.to_be_bytes());
    body.extend([0, 1, 1]);
    build(DELIVER_SM, 0, sequence, &body)
}

/// Keeps the fixed part and every parameter that decodes; closes a receipt's unclosed name.
fn mend_deliver(pdu: &[u8]) -> Option<Vec<u8>> {
    let (id, status, sequence) = header(pdu);
    let fixed_length = fixed_part(&pdu[HEADER..])?;
    let (fixed, mut rest) = pdu[HEADER..].split_at(fixed_length);
    let fits = |parameters: &[u8]| decodes(&build(id, status, sequence, &[fixed, parameters].concat()));
    if !fits(&[]) {
        return None;
    }
    let mut kept = Vec::new();
    while let Some((tag, value, after)) = parameter(rest) {
        rest = after;
        let whole = encode_parameter(tag, value);
        if fits(&whole) {
            kept.extend(whole);
        } else if tag == RECEIPTED_MESSAGE_ID {
            let closed = encode_parameter(tag, &[value, &[0]].concat());
            if fits(&closed) {
                kept.extend(closed);
            }
        }
    }
    Some(build(id, status, sequence, &[fixed, &kept].concat()))
}

/// The length of the fixed part of a `deliver_sm` (SMPP 3.4 §4.6.1).
fn fixed_part(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    let string =
        |at: usize| body.get(at..)?.iter().position(|octet| *octet == 0).map(|length| at + length + 1);
    at = string(at)?; // service_type
    at = string(at + 2)?; // source_addr
    at = string(at + 2)?; // destination_addr
    at = string(at + 3)?; // schedule_delivery_time
    at = string(at)?; // validity_period
    let length = usize::from(*body.get(at + 4)?);
    at += 5 + length;
    (at <= body.len()).then_some(at)
}

fn parameter(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (tag, rest) = octets.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((u16::from_be_bytes(*tag), value, rest))
}

fn encode_parameter(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    [&tag.to_be_bytes(), &length.to_be_bytes(), value].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusmpp::tlvs::TlvValue;
    use rusmpp::{CommandId, Pdu};

    use super::*;

    /// What a decoder sees of a PDU after the guard.
    fn through(pdu: &[u8]) -> Command {
        let mut out = match mend(pdu) {
            Mended::Whole => pdu.to_vec(),
            Mended::Other(other) => other,
        };
        let length = u32::from_be_bytes([out[0], out[1], out[2], out[3]]);
        assert_eq!(usize::try_from(length).ok(), Some(out.len()));
        let mut body = BytesMut::from(&out.split_off(4)[..]);
        let length = body.len();
        let (command, _) = Command::decode(&mut body, length).unwrap();
        assert!(body.is_empty());
        command
    }

    fn fixed(text: &[u8]) -> Vec<u8> {
        let mut body = b"\0\x01\x018613800000001\0\0\x01106900\0\x04\0\0\0\0\0\0\0\0".to_vec();
        body.push(u8::try_from(text.len()).unwrap());
        body.extend(text);
        body
    }

    fn values(command: &Command) -> Vec<TlvValue> {
        match command.pdu() {
            Some(Pdu::DeliverSm(deliver)) => {
                deliver.tlvs().iter().filter_map(|tlv| tlv.value().cloned()).collect()
            }
            other => panic!("not a deliver_sm: {other:?}"),
        }
    }

    #[test]
    fn a_receipt_with_an_unclosed_name_is_read() {
        let body = [
            fixed(b"stat:DELIVRD"),
            encode_parameter(RECEIPTED_MESSAGE_ID, b"77"),
            encode_parameter(0x0427, &[2]),
        ];
        let command = through(&build(DELIVER_SM, 0, 9, &body.concat()));
        assert_eq!(command.sequence_number(), 9);
        let name =
            |value: &TlvValue| matches!(value, TlvValue::ReceiptedMessageId(id) if id.as_str() == "77");
        assert!(values(&command).iter().any(name));
        assert_eq!(values(&command).len(), 2);
    }

    #[test]
    fn a_parameter_that_runs_past_its_pdu_is_left_out_and_the_words_are_kept() {
        let body = [fixed("1".as_bytes()), vec![0x04, 0x24, 0xff, 0xff, 1]].concat();
        let command = through(&build(DELIVER_SM, 0, 10, &body));
        assert_eq!(values(&command), []);
        let Some(Pdu::DeliverSm(deliver)) = command.pdu() else { panic!("not a deliver_sm") };
        assert_eq!(&deliver.short_message()[..], b"1");
    }

    #[test]
    fn what_cannot_be_read_keeps_its_number_and_is_marked() {
        let command =
            through(&build(DELIVER_SM, 0, 11, b"\0\x01\x01 a source far longer than any address may be \0"));
        assert_eq!((command.id(), command.sequence_number()), (CommandId::DeliverSm, 11));
        assert!(
            matches!(&values(&command)[..], [TlvValue::Other { tag, .. }] if u16::from(*tag) == UNREADABLE)
        );
    }

    #[test]
    fn an_answer_with_a_broken_body_still_answers() {
        let command = through(&build(RESPONSE | 4, 0x58, 12, b"no end"));
        assert_eq!((command.id(), command.sequence_number()), (CommandId::SubmitSmResp, 12));
        assert_eq!(u32::from(command.status()), 0x58);
    }

    #[test]
    fn octets_to_spare_are_not_taken_for_the_next_pdu() {
        let command = through(&build(0x15, 0, 13, b"spare"));
        assert_eq!((command.id(), command.sequence_number()), (CommandId::EnquireLink, 13));
    }

    proptest! {
        #[test]
        fn whatever_comes_something_readable_goes_on(
            id in prop_oneof![Just(DELIVER_SM), Just(RESPONSE | 4), Just(RESPONSE), 0u32..0x20, any::<u32>()],
            status in 0u32..0x200,
            sequence in any::<u32>(),
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            prop_assert_eq!(through(&build(id, status, sequence, &body)).sequence_number(), sequence);
        }

        #[test]
        fn broken_parameters_never_cost_the_words(spoiled in proptest::collection::vec(any::<u8>(), 0..60)) {
            let command = through(&build(DELIVER_SM, 0, 1, &[fixed(b"1"), spoiled].concat()));
            let Some(Pdu::DeliverSm(deliver)) = command.pdu() else { panic!("not a deliver_sm") };
            prop_assert_eq!(&deliver.short_message()[..], b"1");
        }
    }
}
