//! `/healthz` for whoever watches over the server, `/metrics` for Prometheus.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::visit;

/// What every edge says of itself; 503 when one says it is not well.
pub(crate) async fn healthz(State(app): State<App>) -> Response {
    answer((app.health)())
}

pub(super) fn answer(health: serde_json::Value) -> Response {
    let well = is_well(&health);
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

/// Whether nothing in it says `"ok": false`.
fn is_well(health: &serde_json::Value) -> bool {
    let parts = health.as_object().into_iter().flatten();
    parts.fold(true, |well, (name, said)| well && (name != "ok" || *said != false) && is_well(said))
}

/// From loopback, or with the token of the settings.
pub(crate) async fn metrics(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let near = !app.settings.behind_proxy
        && visit::address(&app, &parts).is_some_and(|address| address.is_loopback());
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known = app.settings.metrics_token.as_ref().is_some_and(|token| {
        shown.and_then(|shown| shown.strip_prefix("Bearer ")).is_some_and(|shown| same(shown, token.expose()))
    });
    if !(near || known) {
        return (StatusCode::FORBIDDEN, "metrics are for loopback or a bearer token").into_response();
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (app.metrics)()).into_response()
}

/// Compares without telling by its time how much was right.
fn same(shown: &str, token: &str) -> bool {
    let differs = shown.bytes().zip(token.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    !token.is_empty() && shown.len() == token.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_edge_that_is_not_well_is_enough() {
        assert!(is_well(&json!({ "phone": { "ok": true, "calls": 0 }, "sms": null })));
        assert!(!is_well(&json!({ "phone": { "ok": true }, "sms": { "ok": false } })));
        assert!(!is_well(&json!({ "ok": false })));
    }
}
