//! Offers of all kinds of telephones, and what we answer.

use super::*;
use crate::rtp::srtp::Suite;
use proptest::prelude::*;

const OURS: Ours = Ours {
    address: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 30_000),
    session_id: 42,
    version: 1,
    secrets: Secrets::NONE,
};

fn offer(media: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{media}")
}

fn agreed(media: &str) -> Result<Agreement, SdpError> {
    Description::parse(offer(media).as_bytes(), &Secrets::NONE).map(|d| d.agreement)
}

fn answered(media: &str) -> String {
    String::from_utf8(Description::parse(offer(media).as_bytes(), &Secrets::NONE).unwrap().answer(&OURS))
        .unwrap()
}

#[test]
fn a_law_is_preferred_wherever_it_stands_in_the_offer() {
    let agreement = agreed("m=audio 4000 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n").unwrap();
    assert_eq!(
        agreement,
        Agreement {
            remote: "198.51.100.7:4000".parse().unwrap(),
            law: Law::A,
            audio: PCMA,
            keys: Some(96),
            listens: true,
            secret: None,
        }
    );
}

#[test]
fn mu_law_is_spoken_with_those_who_know_no_other() {
    let agreement = agreed("m=audio 4000 RTP/AVP 18 0 101\r\na=rtpmap:101 telephone-event/8000\r\n").unwrap();
    assert_eq!((agreement.law, agreement.audio, agreement.keys), (Law::Mu, 0, Some(101)));
}

#[test]
fn an_answer_names_our_port_and_refuses_the_other_streams() {
    let answer = answered(
        "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 4000 RTP/AVP 8 101\r\n\
         a=rtpmap:101 telephone-event/8000\r\n",
    );
    assert_eq!(
        answer,
        "v=0\r\no=yingda 42 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
         m=video 0 RTP/AVP 96\r\nm=audio 30000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    );
}

#[test]
fn a_call_put_on_hold_is_answered_in_kind_and_not_spoken_to() {
    let hold = "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\n";
    assert!(!agreed(hold).unwrap().listens);
    assert!(answered(hold).contains("a=recvonly\r\n"));
    let old_hold = "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n";
    assert!(!agreed(old_hold).unwrap().listens);
}

#[test]
fn an_answer_names_the_profile_that_was_offered() {
    let answer = answered("m=audio 4000 RTP/AVPF 8\r\na=rtcp-fb:* nack\r\n");
    assert!(answer.contains("m=audio 30000 RTP/AVPF 8\r\n") && !answer.contains("rtcp-fb"), "{answer}");
}

#[test]
fn our_offer_is_agreed_to_by_ourselves() {
    let description = Description::parse(&OURS.offer(), &Secrets::NONE).unwrap();
    assert_eq!(description.agreement.remote, OURS.address);
    assert_eq!((description.agreement.law, description.agreement.keys), (Law::A, Some(101)));
}

#[test]
fn what_cannot_be_spoken_is_refused_by_name() {
    let table = [
        ("m=audio 4000 RTP/AVP 18 9\r\n", SdpError::NoCommonCodec),
        ("m=audio 0 RTP/AVP 8\r\n", SdpError::NoAudio),
        ("m=audio 4000 RTP/SAVP 8\r\n", SdpError::NoAudio),
        ("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127\r\n", SdpError::NoAddress),
        ("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 phone.example\r\n", SdpError::NoAddress),
        ("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 PCMA/16000\r\n", SdpError::NoCommonCodec),
    ];
    for (media, error) in table {
        assert_eq!(agreed(media).unwrap_err(), error, "{media}");
    }
    assert_eq!(Description::parse(b"hello", &Secrets::NONE).unwrap_err(), SdpError::Unreadable);
}

proptest! {
    #[test]
    fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(description) = Description::parse(&body, &Secrets::NONE) {
            description.answer(&OURS);
        }
    }

    #[test]
    fn an_answer_to_a_mangled_offer_is_an_answer_to_it(
        slips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        lines in proptest::collection::vec(proptest::sample::select(&MEDIA[..]), 0..8),
    ) {
        let mut body = offer(&(String::from("m=audio 4000 RTP/AVP 0 8 101\r\n") + &lines.concat())).into_bytes();
        for (at, octet) in slips {
            let at = at.index(body.len());
            body[at] = octet;
        }
        if let Ok(description) = Description::parse(&body, &Secrets::NONE) {
            let answer = description.answer(&OURS);
            let read = Description::parse(&answer, &Secrets::NONE).unwrap();
            // RFC 3264 §6: as many streams as were offered, and ours is one that we said we can speak.
            prop_assert_eq!(read.session.medias.len(), description.session.medias.len());
            prop_assert_eq!((read.audio, read.agreement.law), (description.audio, description.agreement.law));
            prop_assert_eq!(read.agreement.remote, OURS.address);
            prop_assert_eq!(read.agreement.keys, description.agreement.keys);
            prop_assert!(answer.len() <= 2 * body.len() + 400);
        }
    }
}

/// What may stand in the description of a stream.
const MEDIA: [&str; 14] = [
    "m=video 6000 RTP/AVP 31\r\n",
    "m=audio 0 RTP/AVP 8\r\n",
    "m=audio 4002 RTP/SAVP 8\r\n",
    "m=audio 4004/2 RTP/AVPF 8 0 101 101\r\n",
    "m=image 1 udptl t38\r\n",
    "c=IN IP4 192.0.2.9/127\r\n",
    "c=IN IP6 ::1\r\n",
    "c=IN IP4 host.example\r\n",
    "a=rtpmap:101 telephone-event/8000\r\n",
    "a=rtpmap:0 PCMA/8000\r\n",
    "a=rtpmap:8 PCMU/8000/2\r\n",
    "a=sendonly\r\n",
    "a=inactive\r\n",
    "b=AS:64\r\n",
];

const WITH_TLS: Secrets = Secrets { secrecy: Secrecy::Possible, offers: true, ..Secrets::NONE };
const REQUIRED: Secrets = Secrets { secrecy: Secrecy::Required, ..WITH_TLS };
const KEY: &str = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn protected(media: &str, secrets: &Secrets) -> Option<(usize, Option<Keys>)> {
    let description = Description::parse(offer(media).as_bytes(), secrets).ok()?;
    Some((description.audio, description.agreement.secret))
}

#[test]
fn of_what_protects_a_stream_the_first_that_we_know_is_taken() {
    let long = format!("a=crypto:7 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20\r\n");
    let short = format!("a=crypto:2 AES_CM_128_HMAC_SHA1_32 {KEY} WSH=64 -X\r\n");
    let suite = |attributes: &str| {
        let media = format!("m=audio 4000 RTP/SAVP 8\r\n{attributes}");
        protected(&media, &WITH_TLS).and_then(|(_, keys)| Some(keys?.suite))
    };
    assert_eq!(suite(&(short.clone() + &long)), Some(Suite::Aes128Sha1Tag32));
    assert_eq!(suite(&(long.clone() + &short)), Some(Suite::Aes128Sha1Tag80));
    let unknown = format!("a=crypto:1 AES_256_CM_HMAC_SHA1_80 {KEY}\r\n");
    assert_eq!(suite(&(unknown.clone() + &long)), Some(Suite::Aes128Sha1Tag80));
    for bad in [
        unknown,
        long.replace("|2^20", "|1:4"),
        long.replace("|2^20", ";inline:AAAA"),
        long.replace("|2^20", " UNENCRYPTED_SRTP"),
        long.replace("|2^20", " KDR=1"),
        long.replace("|2^20", "AAAA"),
        long.replace("inline", "uri"),
        long.replace("crypto:7", "crypto:x"),
        long.replace("inline:", "inline:*"),
        String::new(),
    ] {
        assert_eq!(suite(&bad), None, "{bad}");
    }
    let media = format!("m=audio 4000 RTP/SAVPF 8\r\n{long}");
    let answer = Description::parse(offer(&media).as_bytes(), &WITH_TLS).unwrap().answer(&OURS);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("m=audio 30000 RTP/SAVPF 8\r\n"), "{answer}");
    assert!(answer.contains("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:"), "{answer}");
}

#[test]
fn keys_are_taken_where_nobody_else_can_have_read_them() {
    let secret = format!("m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}\r\n");
    let clear = "m=audio 4002 RTP/AVP 8\r\n";
    let taken = |media: &str, secrets| protected(media, secrets).map(|(at, keys)| (at, keys.is_some()));
    for (media, never, possible, required) in [
        (secret.clone(), None, Some((0, true)), Some((0, true))),
        (clear.to_owned(), Some((0, false)), Some((0, false)), None),
        (clear.to_owned() + &secret, Some((0, false)), Some((1, true)), Some((1, true))),
        (secret.clone() + clear, Some((1, false)), Some((0, true)), Some((0, true))),
        // A key beside a stream in the clear protects nothing.
        (secret.replace("SAVP", "AVP"), Some((0, false)), Some((0, false)), None),
    ] {
        assert_eq!(taken(&media, &Secrets::NONE), never, "{media}");
        assert_eq!(taken(&media, &WITH_TLS), possible, "{media}");
        assert_eq!(taken(&media, &REQUIRED), required, "{media}");
    }
}

#[test]
fn an_offer_of_ours_has_a_key_for_each_suite_and_is_read_back() {
    let mut count = 0;
    let mut secrets = Secrets::new(Secrecy::Possible, || {
        count += 1;
        [count; 30]
    });
    secrets.offers = true;
    let ours = Ours { secrets, ..OURS };
    let offer = String::from_utf8(ours.offer()).unwrap();
    assert!(offer.contains("RTP/SAVP 8 0 101\r\n"), "{offer}");
    let theirs = Secrets::new(Secrecy::Possible, || [9; 30]);
    let read = Description::parse(offer.as_bytes(), &theirs).unwrap();
    let keys = read.agreement.secret.unwrap();
    assert_eq!((keys.suite, keys.theirs.0, keys.ours.0), (Suite::Aes128Sha1Tag80, [1; 30], [9; 30]));
    let answer = read.answer(&OURS);
    let keys = Description::parse(&answer, &secrets).unwrap().agreement.secret.unwrap();
    assert_eq!((keys.ours.0, keys.theirs.0), ([1; 30], [9; 30]));
    let short = offer.replace("a=crypto:1 AES_CM_128_HMAC_SHA1_80", "a=x");
    let keys = Description::parse(short.as_bytes(), &theirs).unwrap().agreement.secret.unwrap();
    assert_eq!((keys.suite, keys.theirs.0), (Suite::Aes128Sha1Tag32, [2; 30]));
}
