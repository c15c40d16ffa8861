//! What holds of every message whatever: the gate passes on what the parser reads, and says of the rest what is wrong.

use proptest::prelude::*;
use rsipstack::sip::SipMessage;

use super::*;
use crate::phone::sip::framing::{Piece, next_piece};
use crate::phone::sip::screen::MAX_MESSAGE_BYTES;
use crate::phone::sip::sketch::Sketch;

/// Lines of a sound INVITE, each with what else may stand there.
const LINES: [&[&[u8]]; 10] = [
    &[
        b"INVITE sip:12349@192.0.2.1 SIP/2.0",
        b"OPTIONS sip:12349@[2001:db8::1]:5060;x=y?a=b SIP/2.0",
        b"REGISTER sip:a;b=c@d SIP/2.0 ",
        b"INVITE sip:\xff@d SIP/2.0",
        b"INVITE tel:+86;a=b SIP/2.0",
        b"SIP/2.0 200 OK",
        b"SIP/2.0 99 Hardly",
        b"ACK sip:12349@192.0.2.1 sip/2.0",
        b"FROB * SIP/2.0",
    ],
    &[
        b"Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1",
        b"v : SIP / 2.0 / TCP [::1]:99 ; rport , SIP/2.0/UDP a;branch=\"x,;\"",
        b"Via: SIP/2.0/SCTP a.example;;",
        b"Via: SIP/2.0/UDP a:70000;received=x;branch=",
        b"Via: SIP/2.0/UDP a:b;maddr=1.2.3.4;ttl=900;rport=x",
    ],
    &[b"Max-Forwards: 70", b"Max-Forwards: 070", b"Max-Forwards: 256", b"Max-Forwards:"],
    &[
        b"From: \"A\" <sip:a@198.51.100.7>;tag=1",
        b"f: \xc0\xee <sip:a@b>;tag=1",
        b"From: sip:a@b;tag=1;tag=2",
        b"From: <sip:a@b>;tag=",
        b"From: <sip:a@[::1>;tag=1",
        b"From: \"\\\" <sip:a@b>;tag=1",
        b"From: <>;tag=1",
    ],
    &[b"To: <sip:12349@192.0.2.1>", b"t: sip:a@b\r\n ;tag=2", b"To: a <b> <sip:c@d>", b"To: ;;;"],
    &[b"Call-ID: 1@198.51.100.7", b"i:1", b"Call-ID: a b", b"Call-ID: \x01\x7f", b"Call-ID: \xe4\xb8\xad"],
    &[
        b"CSeq: 1 INVITE",
        b"CSeq: 2147483647 OPTIONS",
        b"CSeq: 1\tREGISTER",
        b"CSeq: 00 INVITE",
        b"CSeq: 7 ACK",
    ],
    &[b"Contact: <sip:a@198.51.100.7>", b"m: *", b"Contact: \"", b"Contact: sip:a@b?c=d"],
    &[b"Content-Length: 3", b"l: 2", b"Content-Length: 3\r\nl: 3", b"Content-Length: 4", b"X: 1"],
    &[b"Subject: x", b" folded", b"Subject: a\nb", b"\0", b"Route: <sip:a>, <sip:b>", b"Require: x", b":"],
];

/// A message of such lines, one of them perhaps gone and one said twice, and perhaps some octets changed.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let picks = proptest::collection::vec(prop_oneof![3 => Just(0_usize), 1 => 0_usize..9], LINES.len());
    let slips = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (picks, 0_usize..40, 0_usize..40, prop_oneof![2 => Just(vec![]), 1 => slips]).prop_map(
        |(picks, gone, twice, slips)| {
            let mut message = vec![];
            for (n, (choices, pick)) in LINES.iter().zip(picks).enumerate() {
                let times = usize::from(n != gone) + usize::from(n == twice);
                for _ in 0..times {
                    message.extend_from_slice(choices[pick % choices.len()]);
                    message.extend_from_slice(b"\r\n");
                }
            }
            message.extend_from_slice(b"\r\nv=0");
            for (at, octet) in slips {
                let at = at.index(message.len());
                message[at] = octet;
            }
            message
        },
    )
}

fn source() -> SocketAddr {
    "198.51.100.7:40000".parse().unwrap()
}

fn gate() -> Gate {
    Gate::new(Trust::new([source().ip()]), SourceLimit::default(), Arc::default())
}

fn holds(message: &[u8]) -> Result<(), TestCaseError> {
    match gate().judge(message, source(), MAX_MESSAGE_BYTES * 2) {
        Judgement::Pass(_) if message.iter().all(u8::is_ascii_whitespace) => {}
        Judgement::Pass(passed) => {
            let read = SipMessage::try_from(&passed[..]);
            prop_assert!(read.is_ok(), "the parser reads what is passed on: {read:?}");
            let (before, after) = (Sketch::of(message).unwrap(), Sketch::of(&passed).unwrap());
            prop_assert_eq!(before.single("call-id"), after.single("call-id"));
            let words = |sketch: &Sketch<'_>| {
                let cseq = String::from_utf8_lossy(sketch.single("cseq").unwrap()).into_owned();
                cseq.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
            };
            prop_assert_eq!(words(&before), words(&after));
            prop_assert_eq!(after.content_length(), Ok(Some(after.body.len())));
            prop_assert!(passed.len() <= 2 * message.len() + 40, "nothing swells");
            // What is sound is let be.
            let again = gate();
            let again = again.judge(&passed, source(), MAX_MESSAGE_BYTES * 2);
            prop_assert!(matches!(again, Judgement::Pass(Cow::Borrowed(_))));
        }
        Judgement::Answer(refusal) => {
            prop_assert_eq!(refusal.to.ip(), source().ip());
            let answer = Sketch::of(&refusal.bytes);
            prop_assert!(refusal.bytes.starts_with(b"SIP/2.0 4") || refusal.bytes.starts_with(b"SIP/2.0 5"));
            // A NUL that somebody wrote is among their own words.
            if let Ok(answer) = answer {
                prop_assert!(answer.lines("via").next().is_some());
                let asked = Sketch::glimpse(message);
                let first =
                    |sketch: &Sketch<'_>, name| sketch.lines(name).next().map(|line| line.value.to_vec());
                for name in ["call-id", "cseq"] {
                    prop_assert!(first(&asked, name).is_none() || first(&answer, name).is_some());
                }
            }
            prop_assert!(!message.starts_with(b"SIP/") && !message.starts_with(b"ACK "));
        }
        Judgement::Nothing => {
            // Only of what asks nothing, or does not say how it is to be answered.
            let asks =
                message.starts_with(b"INVITE sip:12349@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;");
            prop_assert!(!asks, "{}", String::from_utf8_lossy(message));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_passed_on_is_read_and_what_is_refused_is_answered(message in messages()) {
        holds(&message)?;
    }

    #[test]
    fn no_octets_are_taken_for_more_than_they_are(message in proptest::collection::vec(any::<u8>(), 0..300)) {
        holds(&message)?;
    }

    #[test]
    fn a_stream_is_cut_the_same_however_it_comes(messages in proptest::collection::vec(messages(), 1..4)) {
        let stream = messages.concat();
        let whole = next_piece(&stream);
        for length in (1..=stream.len()).rev().step_by(7) {
            let part = next_piece(&stream[..length]);
            if let Piece::Whole(cut) | Piece::Broken(cut) | Piece::TooLong(cut) = part {
                prop_assert!(0 < cut && cut <= length);
            }
            // Line ends at the beginning are a keep-alive, however many have come.
            let is_blank = stream[..length].iter().all(u8::is_ascii_whitespace);
            prop_assert!(part == Piece::Partial || part == whole || is_blank, "{length}: {part:?}, {whole:?}");
        }
    }
}
