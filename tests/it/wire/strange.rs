//! Strange, but each asks for an answer (RFC 4475, RFC 5118 have more of their kind).

use yingda::phone::sip::limit::SourceLimit;

use crate::peers::line::Line;
use crate::peers::peer::Peer;

/// What is sent, and how the answers to it may begin.
type Strange = (&'static str, Vec<u8>, &'static [&'static str]);

/// A method nobody knows, of every character a token may have, with NUL and DEL escaped in a quoted name.
fn unknown_method(via: &str) -> Vec<u8> {
    let method = "!Ring-it.0_*+`%'~";
    let text = format!(
        "{method} sip:12349~(any!body)&it+has=1@example.com SIP/2.0\r\nVia: SIP/2.0/{via};branch=z9hG4bK-.!%66'~;rport\r\n\
         To: \"NUL:\\\0 DEL:\\\u{7f}\" <sip:12349@example.com>\r\nFrom: a.b`~ <sip:li@example.com>;tag=_t~1'+`*%!-.\r\n\
         Call-ID: odd.word%K-!.*_+'@word`~)(><:\\/\"][?}}{{\r\nCSeq: 7 {method}\r\nMax-Forwards: 255\r\n\
         odd-!.%*+_`'~:\u{feff}电话\r\nContent-Length: 0\r\n\r\n"
    );
    text.into_bytes()
}

/// An INVITE in further lines and with space wherever the grammar has room for it; its To names a dialog we never had.
fn folded(via: &str) -> Vec<u8> {
    let via = via.split_once(' ').expect("transport, then address").1;
    let body = "v=0\r\no=- 1 1 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\n";
    let text = format!(
        "INVITE sip:12349@example.com;odd SIP/2.0\r\nTO :\r\n sip:12349@example.com ;   tag    = 1918n\r\n\
         from   : \"Li \\\\\\\"\"       <sip:li@example.com>\r\n  ;\r\n  tag = 98a\r\nMaX-fOrWaRdS: 0068\r\n\
         Call-ID: folded@192.0.2.1\r\nContent-Length   : {}\r\ncseq: 0009\r\n  INVITE\r\n\
         Via  : SIP  /   2.0\r\n /UDP\r\n    {via};branch=390skd ;rport\r\ns :\r\nOdd:   odd value\r\n goes on\r\n\
         Odder: ;;,,;;,;\r\nContent-Type: application/sdp\r\nv:  SIP  / 2.0  / TCP     pbx.example.com   ;\r\n  branch  =   \
         z9hG4bK9  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK3\r\n\
         m:\"In quotes \\\"\\\"\" <sip:li@example.com> ; odd =\r\n      value ;\r\n  other ; q = 0.33\r\n\r\n{body}",
        body.len()
    );
    text.into_bytes()
}

/// Three colons before an IPv4 address within an IPv6 reference: a fault that old grammars led to.
fn three_colons(via: &str) -> Vec<u8> {
    let text = format!(
        "OPTIONS sip:12349@[2001:db8:::192.0.2.1] SIP/2.0\r\nTo: sip:12349@[2001:db8:::192.0.2.1]\r\n\
         From: sip:li@example.com;tag=81x\r\nVia: SIP/2.0/{via};branch=z9hG4bKas3;rport\r\nCall-ID: 3@colons\r\n\
         CSeq: 689 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    text.into_bytes()
}

#[test]
fn whatever_asks_however_strangely_it_is_written_gets_an_orderly_answer() {
    let line = Line::with(|settings| settings.source_limit = SourceLimit::default());
    let peer = Peer::new(&line);
    let via = peer.via();
    let table: [Strange; 3] = [
        ("an unknown method", unknown_method(&via), &["SIP/2.0 501 "]),
        ("folded, with space everywhere", folded(&via), &["SIP/2.0 481 ", "SIP/2.0 488 ", "SIP/2.0 200 "]),
        ("three colons", three_colons(&via), &["SIP/2.0 400 "]),
    ];
    for (what, message, answers) in table {
        peer.send(&message);
        let answer = peer.answer();
        assert!(answers.iter().any(|expected| answer.starts_with(expected)), "{what}: {answer}");
        for name in ["To", "From", "Call-ID", "CSeq", "Via"] {
            assert!(answer.contains(&format!("\r\n{name}:")), "{what} has no {name}: {answer}");
        }
    }
}
