//! The console's own page and its files, as built into a folder. Without one the server speaks only to machines.

use crate::{error::Error, state::AppState};
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};
use std::path::Path;
use tower_http::services::{ServeDir, ServeFile};

/// Only our own scripts and styles; pictures also from memory (a photo before it is sent). Element Plus sets style
/// attributes, so inline styles are allowed; scripts never are.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self'; \
  font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The page, and 404 for everything that is neither a file nor a route.
pub fn routes(folder: Option<&Path>) -> Router<AppState> {
    let Some(folder) = folder else {
        return Router::new().fallback(async || Error::NotFound);
    };
    let page = ServeFile::new(folder.join("console.html"));
    let files = ServeDir::new(folder.join("assets"));
    Router::new()
        .route_service("/", page.clone())
        .route_service("/console.html", page)
        .nest_service("/assets", files)
        .layer(middleware::from_fn(policy))
        .fallback(async || Error::NotFound)
}

async fn policy(request: Request, next: Next) -> Response {
    let is_file = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    // Built files are named by their content; the page that names them is asked for every time.
    let caching = if is_file {
        "private, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}
