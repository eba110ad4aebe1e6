//! The doors. Open without a token or session: health, enrol, challenge, token, recover, login, and the page on which residents
//! check a work card. Everything else asks who is there.

pub mod blobs;
pub mod device;
pub mod health;
pub mod packs;
pub mod page;
pub mod people;
pub mod picture;
pub mod poke;
pub mod proposal;
pub mod quarantine;
pub mod registry;
pub mod sync;
pub mod verify;

use crate::{
    callers::json_in_time,
    error::{Error, ErrorBody},
    state::AppState,
};
use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use gridwalk_core::error::Code;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

/// All routes over one state.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(device::routes())
        .merge(blobs::routes())
        .merge(packs::routes())
        .merge(sync::routes())
        .merge(poke::routes())
        .merge(verify::routes())
        .merge(Router::from(console()))
        .merge(page::routes(state.config.console.as_deref()))
        .layer(middleware::from_fn_with_state(state.clone(), json_in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(codes))
        .layer(middleware::from_fn(headers))
        .with_state(state)
}

/// What the console asks for, routed and described at once.
pub fn console() -> OpenApiRouter<AppState> {
    people::routes()
        .merge(registry::routes())
        .merge(quarantine::routes())
        .merge(proposal::routes())
}

/// The framework refuses in plain text what does not fit a route; whoever asks here expects a code, except on a page for
/// people, which says it in words.
async fn codes(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let content = response.headers().get(header::CONTENT_TYPE);
    let ours = |kind: &HeaderValue| kind == "application/json" || kind == verify::HTML;
    if !status.is_client_error() || content.is_some_and(ours) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let said = axum::body::to_bytes(body, 1024).await.unwrap_or_default();
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooBig,
        _ => Code::BodyMalformed,
    };
    let detail = String::from_utf8_lossy(&said).into_owned();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    (parts, Json(ErrorBody { code, detail })).into_response()
}

/// A panic ends one request, with an id, and nothing else.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Error::Internal("a handler panicked".into()).into_response()
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
