//! The doors. Open without a token or session: health, enrol, challenge, token, login. Everything else asks who is there.

pub mod blobs;
pub mod device;
pub mod health;
pub mod page;
pub mod people;
pub mod registry;
pub mod sync;

use crate::state::AppState;
use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};
use tower_http::catch_panic::CatchPanicLayer;

/// All routes over one state.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(device::routes())
        .merge(blobs::routes())
        .merge(sync::routes())
        .merge(people::routes())
        .merge(registry::routes())
        .merge(page::routes(state.config.console.as_deref()))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(headers))
        .with_state(state)
}

/// A panic ends one request, with an id, and nothing else.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    use axum::response::IntoResponse;
    crate::error::Error::Internal("a handler panicked".into()).into_response()
}

/// On every answer; a handler that says otherwise (the console's page) has the last word.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let defaults: [(HeaderName, &'static str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
