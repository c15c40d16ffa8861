//! What stands where the console will be while the store cannot be opened: nobody can log in, and nothing is shown.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;

use super::failure::Failure;
use super::{assets, guard, health};

/// What the parts say of themselves, as for the console.
pub type Health = Box<dyn Fn() -> serde_json::Value + Send + Sync>;

/// `/healthz` as ever, which is not well; every page says how it is.
pub fn app(said: Health, secure: bool) -> Router {
    let said = Arc::new(said);
    Router::new()
        .route("/healthz", get(move || async move { health::answer(said()) }))
        .route("/static/{version}/{name}", get(assets::asset))
        .fallback(|| async { Failure::Closed })
        .layer(middleware::from_fn(move |request, next| guard::headers(secure, request, next)))
}
