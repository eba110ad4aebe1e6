//! A request's body comes to an end, or the request does: not longer than so long without a byte, not slower than so many
//! bytes a second, not longer than so long in all. A handler sees a body that was cut, which it knows what to do with.

use super::Courtesy;
use crate::{
    error::{Error, Result},
    routes::blobs::next,
    state::AppState,
};
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use gridwalk_core::error::Code;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// No JSON that anybody sends here is longer.
const JSON: usize = 256 * 1024;

/// How one body comes.
pub struct Pace {
    courtesy: Courtesy,
    begun: Instant,
    bytes: u64,
}

impl Pace {
    /// From now on.
    pub fn new(courtesy: Courtesy) -> Self {
        Self {
            courtesy,
            begun: Instant::now(),
            bytes: 0,
        }
    }

    /// The next piece; an error if the line dropped or the body is too slow.
    pub async fn next(&mut self, body: &mut Body) -> Option<Result<Bytes>> {
        let Courtesy {
            idle, rate, whole, ..
        } = self.courtesy;
        let slowest = self.begun + idle + Duration::from_secs(self.bytes / rate);
        let until = slowest.min(self.begun + whole).min(Instant::now() + idle);
        let cut = || Error::Malformed("the body was cut".into());
        match timeout_at(until, next(body)).await {
            Ok(Some(Ok(piece))) => {
                self.bytes += piece.len() as u64;
                Some(Ok(piece))
            }
            Ok(None) => None,
            Ok(Some(Err(_))) | Err(_) => Some(Err(cut())),
        }
    }
}

/// Takes JSON in before its handler is asked: what waits for it is a buffer and not a handler. Uploads are read by their
/// handlers, at the same pace.
pub async fn json_in_time(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        return next.run(request).await;
    }
    let (parts, mut body) = request.into_parts();
    let mut pace = Pace::new(state.callers.courtesy());
    let mut bytes = Vec::new();
    while let Some(piece) = pace.next(&mut body).await {
        match piece {
            Ok(piece) if bytes.len() + piece.len() <= JSON => bytes.extend_from_slice(&piece),
            Ok(_) => return Error::TooBig(Code::BodyTooBig).into_response(),
            Err(error) => return error.into_response(),
        }
    }
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}
