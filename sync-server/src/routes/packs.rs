//! `GET /packs/{hash}`: a file of a pack, or a piece of it. Whoever may not read the partition learns that there is none.

use crate::{
    auth::device::Phone,
    error::{Error, Result},
    state::AppState,
    store::pack,
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use gridwalk_core::ids::Hash;
use std::ops::Range;

/// No answer is longer, whatever was asked; the rest is asked for again.
const MOST: u64 = 8 * 1024 * 1024;

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/packs/{hash}", get(piece))
}

async fn piece(
    State(state): State<AppState>,
    phone: Phone,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let phone = phone.active()?;
    let hash: Hash = name.parse().map_err(|_| Error::NotFound)?;
    let readers = state
        .store
        .read(move |connection| pack::readers_of(connection, &hash))
        .await?;
    let may = readers.iter().any(|partition| phone.reads(partition));
    if !may {
        return Err(Error::NotFound);
    }
    let packs = state.packs.clone();
    let asked = headers
        .get(header::RANGE)
        .map(|value| value.to_str().map(str::to_owned));
    tokio::task::spawn_blocking(move || {
        let length = packs.length(&hash)?;
        let asked = match asked {
            None => None,
            Some(Ok(text)) => Some(text),
            Some(Err(_)) => return Ok(beyond(length)),
        };
        let (status, range) = match asked.as_deref().map(|text| range(text, length)) {
            None => (StatusCode::OK, 0..length),
            Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
            Some(None) => return Ok(beyond(length)),
        };
        let said = format!(
            "bytes {}-{}/{length}",
            range.start,
            range.end.saturating_sub(1)
        );
        let bytes = packs.piece(&hash, range)?;
        let mut response = (status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/vnd.gridwalk.pack"),
        );
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if status == StatusCode::PARTIAL_CONTENT
            && let Ok(said) = HeaderValue::from_str(&said)
        {
            headers.insert(header::CONTENT_RANGE, said);
        }
        Ok(response)
    })
    .await
    .map_err(|error| Error::internal("reading a pack", error))?
}

fn beyond(length: u64) -> Response {
    let mut response =
        Error::Malformed("one range of bytes inside the file".into()).into_response();
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    if let Ok(said) = HeaderValue::from_str(&format!("bytes */{length}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, said);
    }
    response
}

/// `bytes=a-b` or `bytes=a-`; one range that begins inside the file.
fn range(text: &str, length: u64) -> Option<Range<u64>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let from: u64 = from.trim().parse().ok()?;
    let to = match to.trim() {
        "" => length,
        to => to.parse::<u64>().ok()?.checked_add(1)?.min(length),
    };
    (from < to).then(|| from..to.min(from + MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_piece_of_the_file() {
        assert_eq!(range("bytes=0-0", 10), Some(0..1));
        assert_eq!(range("bytes=2-5", 10), Some(2..6));
        assert_eq!(range("bytes=2-", 10), Some(2..10));
        assert_eq!(range("bytes=2-99", 10), Some(2..10));
        assert_eq!(range("bytes=0-", 1 << 40), Some(0..MOST));
        for strange in [
            "bytes=10-",
            "bytes=5-2",
            "bytes=-5",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=a-b",
            "",
            "bytes=0-18446744073709551615",
        ] {
            assert_eq!(range(strange, 10), None, "{strange}");
        }
    }
}
