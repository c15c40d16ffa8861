//! What holds for every request and every answer: headers, and where a change may come from.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Largest form or body taken; a description has at most 4,000 characters, four bytes each at worst,
/// and a form may write each byte as three.
pub const BODY_BYTES: usize = 64 * 1024;

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(self)"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// A browser that came over TLS once comes over TLS for half a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=15552000");

/// Puts the headers on every answer; what a route set itself stays. `secure`: browsers reach us over TLS.
pub async fn headers(secure: bool, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses a change that another site started.
pub async fn same_origin(request: Request, next: Next) -> Response {
    if is_harmless(request.method()) || comes_from_us(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this request came from another site").into_response()
    }
}

fn is_harmless(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Browsers send Sec-Fetch-Site, or at least Origin, with every change. A request with neither is no browser's: it is
/// taken only when no cookie rides on it.
fn comes_from_us(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return !headers.contains_key(header::COOKIE) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    from.is_some() && from == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn a_change_is_taken_from_our_own_pages_only() {
        let host = ("host", "desk.example:8080");
        for (lines, taken) in [
            (vec![host, ("sec-fetch-site", "same-origin")], true),
            (vec![host, ("sec-fetch-site", "cross-site")], false),
            (vec![host, ("sec-fetch-site", "same-site")], false),
            (vec![host, ("origin", "https://desk.example:8080")], true),
            (vec![host, ("origin", "https://evil.example")], false),
            (vec![host, ("origin", "null")], false),
            (vec![("origin", "https://desk.example")], false),
            (vec![host], true),
            (vec![host, ("cookie", "yingda_session=00")], false),
        ] {
            assert_eq!(comes_from_us(&headers_of(&lines)), taken, "{lines:?}");
        }
    }
}
