//! Offers and answers (RFC 3264): one audio stream of G.711 with telephone-event.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Origin, Session, Time};

use self::crypto::Crypto;
pub use self::crypto::{Secrecy, Secrets, SrtpUse};
use crate::rtp::g711::Law;
use crate::rtp::packet::{PCMA, PCMU};
use crate::rtp::srtp::Keys;
use crate::rtp::telephone_event;

mod crypto;

/// The content type of session descriptions.
pub const CONTENT_TYPE: &str = "application/sdp";

/// The largest description read; ours are 300 bytes.
const MAX_BYTES: usize = 8 * 1024;

/// What two sides agreed to speak: everything the media thread needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// Where the other side listens, by its own description.
    pub remote: SocketAddr,
    pub law: Law,
    /// The payload type that stands for `law`.
    pub audio: u8,
    /// The payload type of pressed keys, if the other side knows them.
    pub keys: Option<u8>,
    /// Whether the other side wants to hear anything (it does not while we are on hold).
    pub listens: bool,
    /// What packets are protected with, when they are.
    pub secret: Option<Keys>,
}

/// Why a description is no basis for a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("the session description cannot be read")]
    Unreadable,
    #[error("no RTP audio stream is offered that may be spoken")]
    NoAudio,
    #[error("neither PCMA nor PCMU is offered")]
    NoCommonCodec,
    #[error("the audio stream names no IP address")]
    NoAddress,
}

/// A description from the other side, read once.
#[derive(Clone)]
pub struct Description {
    session: Session,
    /// Which of the streams is the one we speak.
    audio: usize,
    crypto: Option<Crypto>,
    pub agreement: Agreement,
}

/// Without what was read: keys stand in it.
impl std::fmt::Debug for Description {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Description").field("agreement", &self.agreement).finish_non_exhaustive()
    }
}

impl Description {
    /// Reads an offer or an answer. Where several streams are offered, one that is protected is preferred.
    pub fn parse(body: &[u8], secrets: &Secrets) -> Result<Self, SdpError> {
        if body.len() > MAX_BYTES {
            return Err(SdpError::Unreadable);
        }
        let session = Session::parse(body).map_err(|_| SdpError::Unreadable)?;
        let (audio, crypto) = stream_in(&session.medias, secrets).ok_or(SdpError::NoAudio)?;
        let secret = crypto.as_ref().map(|crypto| crypto.keys);
        let agreement = Agreement { secret, ..agree(&session, &session.medias[audio])? };
        Ok(Self { session, audio, crypto, agreement })
    }

    /// Whether the other side only repeats itself.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.session.origin == other.session.origin && self.agreement == other.agreement
    }

    /// Writes the answer: our stream in the place of theirs, every other stream refused.
    pub fn answer(&self, ours: &Ours) -> Vec<u8> {
        let mut session = ours.session();
        for (i, offered) in self.session.medias.iter().enumerate() {
            session.medias.push(if i == self.audio {
                let direction = answered_direction(&self.session, offered);
                let mut stream =
                    ours.stream(&[self.agreement.law], self.agreement.audio, self.agreement.keys, direction);
                stream.attributes.extend(self.crypto.as_ref().map(Crypto::answered));
                // The answer names the profile that was offered (RFC 3264 §6); we send no feedback, which AVPF allows.
                Media { proto: offered.proto.clone(), ..stream }
            } else {
                Media { port: 0, attributes: vec![], connections: vec![], ..offered.clone() }
            });
        }
        written(&session)
    }
}

/// Our side of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ours {
    /// Where we receive audio.
    pub address: SocketAddr,
    pub session_id: u64,
    /// Raised with every description of one call.
    pub version: u64,
    pub secrets: Secrets,
}

impl Ours {
    /// Writes an offer of both laws, A-law first.
    pub fn offer(&self) -> Vec<u8> {
        let mut session = self.session();
        let keys = Some(telephone_event::PAYLOAD_TYPE);
        let mut stream = self.stream(&[Law::A, Law::Mu], PCMA, keys, Direction::Both);
        if self.secrets.offers {
            stream.proto = "RTP/SAVP".into();
            stream.attributes.extend(self.secrets.offered());
        }
        session.medias.push(stream);
        written(&session)
    }

    fn session(&self) -> Session {
        let ip = self.address.ip();
        let mut origin = Origin::with_ip_addr(self.session_id, self.version, ip);
        origin.set_username("yingda");
        let mut session = Session::new(origin, "-");
        session.connection = Some(Connection::from_ip_addr(ip));
        session.times.push(Time::new(0, 0));
        session
    }

    fn stream(&self, laws: &[Law], first: u8, keys: Option<u8>, direction: Direction) -> Media {
        let mut types: Vec<(u8, &str)> = Vec::with_capacity(3);
        for law in laws {
            let name = codec_name(*law);
            types.push((if laws.len() == 1 { first } else { static_type(*law) }, name));
        }
        types.extend(keys.map(|keys| (keys, "telephone-event")));
        let formats: Vec<_> = types.iter().map(|(number, _)| number.to_string()).collect();
        let mut media = Media {
            media: "audio".into(),
            port: self.address.port(),
            num_ports: None,
            proto: "RTP/AVP".into(),
            fmt: formats.join(" "),
            media_title: None,
            connections: vec![],
            bandwidths: vec![],
            key: None,
            attributes: vec![],
        };
        for (number, name) in &types {
            media.attributes.push(Attribute::with_value("rtpmap", format!("{number} {name}/8000")));
        }
        if let Some(keys) = keys {
            media.attributes.push(Attribute::with_value("fmtp", format!("{keys} 0-15")));
        }
        media.attributes.push(Attribute::with_value("ptime", "20"));
        media.attributes.push(Attribute::new(direction.name()));
        media
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Both,
    SendOnly,
    ReceiveOnly,
    Inactive,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Reads the stream's own direction, else the session's.
    fn of(session: &Session, media: &Media) -> Self {
        for attributes in [&media.attributes, &session.attributes] {
            for attribute in attributes {
                match attribute.attribute.as_str() {
                    "sendrecv" => return Self::Both,
                    "sendonly" => return Self::SendOnly,
                    "recvonly" => return Self::ReceiveOnly,
                    "inactive" => return Self::Inactive,
                    _ => {}
                }
            }
        }
        Self::Both
    }
}

fn answered_direction(session: &Session, offered: &Media) -> Direction {
    match Direction::of(session, offered) {
        Direction::Both => Direction::Both,
        Direction::SendOnly => Direction::ReceiveOnly,
        Direction::ReceiveOnly => Direction::SendOnly,
        Direction::Inactive => Direction::Inactive,
    }
}

/// Which stream we speak, and what protects it.
fn stream_in(medias: &[Media], secrets: &Secrets) -> Option<(usize, Option<Crypto>)> {
    let is_audio = |media: &Media, wanted: [&str; 2]| {
        let is_spoken = wanted.iter().any(|proto| media.proto.eq_ignore_ascii_case(proto));
        is_spoken && media.port != 0 && media.media.eq_ignore_ascii_case("audio")
    };
    let protected = || {
        let crypto =
            |media| is_audio(media, ["RTP/SAVP", "RTP/SAVPF"]).then(|| Crypto::find(media, secrets))?;
        medias.iter().enumerate().find_map(|(at, media)| Some((at, Some(crypto(media)?))))
    };
    let in_the_clear = || {
        let at = medias.iter().position(|media| is_audio(media, ["RTP/AVP", "RTP/AVPF"]));
        at.map(|at| (at, None))
    };
    match secrets.secrecy {
        Secrecy::Never => in_the_clear(),
        Secrecy::Possible => protected().or_else(in_the_clear),
        Secrecy::Required => protected(),
    }
}

fn agree(session: &Session, media: &Media) -> Result<Agreement, SdpError> {
    let formats: Vec<u8> = media.fmt.split_whitespace().filter_map(|f| f.parse().ok()).collect();
    let mapped = |name: &str| formats.iter().copied().find(|format| is_mapped_to(media, *format, name));
    let a = mapped("PCMA").map(|audio| (Law::A, audio));
    let mu = || mapped("PCMU").map(|audio| (Law::Mu, audio));
    let (law, audio) = a.or_else(mu).ok_or(SdpError::NoCommonCodec)?;
    let ip = address_of(session, media)?;
    let direction = Direction::of(session, media);
    Ok(Agreement {
        remote: SocketAddr::new(ip, media.port),
        law,
        audio,
        keys: mapped("telephone-event"),
        listens: !ip.is_unspecified() && matches!(direction, Direction::Both | Direction::ReceiveOnly),
        secret: None,
    })
}

fn address_of(session: &Session, media: &Media) -> Result<IpAddr, SdpError> {
    let connection = media.connections.first().or(session.connection.as_ref()).ok_or(SdpError::NoAddress)?;
    let ip = connection.try_address().map_err(|_| SdpError::NoAddress)?.ip;
    if ip.is_multicast() { Err(SdpError::NoAddress) } else { Ok(ip) }
}

/// Whether `format` stands for `name` at 8 kHz, by its rtpmap or, for the static types, without one.
fn is_mapped_to(media: &Media, format: u8, name: &str) -> bool {
    let map = media.attributes.iter().filter(|a| a.attribute == "rtpmap").find_map(|a| {
        let (number, encoding) = a.value.as_deref()?.split_once(' ')?;
        (number.parse() == Ok(format)).then_some(encoding.trim())
    });
    match map {
        Some(encoding) => {
            let mut parts = encoding.split('/');
            parts.next().is_some_and(|n| n.eq_ignore_ascii_case(name))
                && parts.next() == Some("8000")
                && parts.next().is_none_or(|channels| channels == "1")
        }
        None => (format == PCMA && name == "PCMA") || (format == PCMU && name == "PCMU"),
    }
}

fn codec_name(law: Law) -> &'static str {
    match law {
        Law::A => "PCMA",
        Law::Mu => "PCMU",
    }
}

fn static_type(law: Law) -> u8 {
    match law {
        Law::A => PCMA,
        Law::Mu => PCMU,
    }
}

fn written(session: &Session) -> Vec<u8> {
    let mut body = Vec::with_capacity(400);
    session.write(&mut body).expect("writing to memory does not fail");
    body
}

#[cfg(test)]
mod tests;
