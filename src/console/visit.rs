//! One request by somebody: who they are, what they may, how they like the screen.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::serve::IncomingStream;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use super::App;
use super::access::{self, Need, User};
use super::failure::Failure;
use super::tls::TlsListener;
use super::words::Words;
use crate::desk::write::EventDraft;
use crate::domain::actor::{Actor, ActorKind};
use crate::domain::language::Language;
use crate::domain::timestamp::Timestamp;
use crate::store::users::TokenHash;

/// The session cookie over TLS; browsers hold a `__Host-` cookie to one host and to TLS.
const COOKIE_TLS: &str = "__Host-yingda_session";
/// The session cookie on loopback without TLS.
const COOKIE_PLAIN: &str = "yingda_session";
/// How the reader likes the screen; no secret in it.
const COOKIE_LIKES: &str = "yingda_likes";

/// The 32 random bytes of a session, in hex in the cookie and nowhere else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; 32]);

impl Token {
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// What the store keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The cookie that opens a session, or ends it.
pub(crate) fn session_cookie(app: &App, token: Option<&Token>) -> HeaderValue {
    let secure = app.settings.is_protected();
    let name = if secure { COOKIE_TLS } else { COOKIE_PLAIN };
    let value = token.map(Token::hex).unwrap_or_default();
    let age_s = if token.is_some() { u64::from(app.settings.session_hours) * 3_600 } else { 0 };
    let flags = if secure { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Lax{flags}");
    HeaderValue::try_from(line).expect("hex and names of ours are visible ASCII")
}

/// The cookie that keeps how the reader likes the screen.
pub(crate) fn likes_cookie(app: &App, likes: Likes) -> HeaderValue {
    const YEAR_S: u32 = 31_536_000;
    let keys = if likes.keys { "on" } else { "off" };
    let flags = if app.settings.is_protected() { "; Secure" } else { "" };
    let line = format!(
        "{COOKIE_LIKES}={}.{keys}.{}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{flags}",
        likes.theme,
        likes.language.map_or("-", Language::name),
    );
    HeaderValue::try_from(line).expect("names of ours are visible ASCII")
}

/// How the reader likes the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Likes {
    /// `light`, `dark`, or `auto` as the system has it.
    pub theme: &'static str,
    /// Single-key shortcuts.
    pub keys: bool,
    /// The language of this browser before anybody logs in, or in place of the user's own.
    pub language: Option<Language>,
}

pub(crate) fn theme(name: &str) -> &'static str {
    match name {
        "light" => "light",
        "dark" => "dark",
        _ => "auto",
    }
}

impl Likes {
    pub fn of(headers: &HeaderMap) -> Self {
        let kept = cookie(headers, COOKIE_LIKES).unwrap_or_default();
        let mut parts = kept.split('.');
        Self {
            theme: theme(parts.next().unwrap_or_default()),
            keys: parts.next() != Some("off"),
            language: parts.next().and_then(Language::parse),
        }
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// The session token a request carries.
pub(crate) fn token(app: &App, headers: &HeaderMap) -> Option<Token> {
    let name = if app.settings.is_protected() { COOKIE_TLS } else { COOKIE_PLAIN };
    cookie(headers, name).and_then(Token::parse)
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Where a request came from: what the proxy says, when one stands in front.
pub(crate) fn address(app: &App, parts: &Parts) -> Option<IpAddr> {
    if app.settings.behind_proxy {
        let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        // The proxy appends; what stands before the last is whatever the client claimed.
        return forwarded.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
    }
    parts.extensions.get::<ConnectInfo<Peer>>().map(|info| info.0.0.ip())
}

/// A request by somebody who is logged in and may make it: the one place where that is checked.
pub(crate) struct Visit {
    pub app: App,
    pub user: User,
    pub w: Words,
    pub likes: Likes,
    pub now: Timestamp,
    /// What the store knows the session by.
    pub session: TokenHash,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        let need = path.and_then(|path| access::need(&parts.method, path));
        let Some(need) = need else { return Err(Failure::Forbidden.into_response()) };
        let now = app.clock.now();
        let (user, session) = match signed_in(app, &parts.headers, need, now).await {
            Ok(Some(found)) => found,
            Ok(None) => return Err(to_login(parts)),
            Err(failure) => return Err(failure.into_response()),
        };
        if !user.may(need) {
            return Err(Failure::Forbidden.into_response());
        }
        let likes = Likes::of(&parts.headers);
        Ok(Self {
            w: Words::new(likes.language.unwrap_or(user.language)),
            app: app.clone(),
            user,
            likes,
            now,
            session,
        })
    }
}

async fn signed_in(
    app: &App,
    headers: &HeaderMap,
    need: Need,
    now: Timestamp,
) -> Result<Option<(User, TokenHash)>, Failure> {
    let Some(token) = token(app, headers) else { return Ok(None) };
    let session = TokenHash(token.hash());
    let Some(kept) = super::login::session(app, session, now).await? else { return Ok(None) };
    let places = app.live.now();
    let scope = places.places.below(kept.stations_for(need));
    Ok(Some((User { scope, ..kept }, session)))
}

/// Pages lead to the login and back again; streams, parts and forms are told plainly.
fn to_login(parts: &Parts) -> Response {
    if parts.headers.contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", "/login")]).into_response();
    }
    let wants_page = parts.method == axum::http::Method::GET
        && parts.headers.get(header::ACCEPT).is_none_or(|accept| {
            accept.to_str().is_ok_and(|accept| accept.contains("text/html") || accept.contains("*/*"))
        });
    if wants_page && parts.uri.path() != "/live" {
        let back = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let query = query_pair("next", back);
        return Redirect::to(&format!("/login?{query}")).into_response();
    }
    Failure::SignedOut.into_response()
}

/// `name=value` with everything but letters, digits and a few marks written as %XX.
pub(crate) fn query_pair(name: &str, value: &str) -> String {
    let mut pair = format!("{name}=");
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                pair.push(char::from(byte))
            }
            _ => pair.push_str(&format!("%{byte:02X}")),
        }
    }
    pair
}

impl Visit {
    /// Whether this request may also do what another route asks for.
    pub fn may(&self, need: Need) -> bool {
        self.user.may(need)
    }

    /// The visitor, as the history names them.
    pub fn actor(&self) -> Actor {
        Actor { user: Some(self.user.id), person: self.user.person, ..Actor::of(ActorKind::Operator) }
    }

    /// Writes down what the visitor read or heard.
    pub async fn audit(&self, lines: Vec<EventDraft>) -> Result<(), Failure> {
        if lines.is_empty() {
            return Ok(());
        }
        let store = self.app.store.clone();
        let write = move || store.audit(lines);
        Ok(tokio::task::spawn_blocking(write).await.expect("writing lines does not panic")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_64_hexadecimal_digits_and_nothing_else() {
        let token = Token::new([0xa5; 32]);
        assert!(Token::parse(&token.hex()).as_ref() == Some(&token));
        for text in ["", "a5", &"g5".repeat(32), &"é".repeat(32)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; yingda_likes=dark.off.en; b=2"));
        let likes = Likes::of(&headers);
        assert_eq!(likes, Likes { theme: "dark", keys: false, language: Some(Language::En) });
        assert_eq!(Likes::of(&HeaderMap::new()), Likes { theme: "auto", keys: true, language: None });
    }
}
