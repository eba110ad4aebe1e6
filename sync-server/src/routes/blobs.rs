//! Photos: resumable upload (tus 1.0, core and creation), and reading them back.
//!
//! ```text
//! POST /blobs   Upload-Length: 300000   Upload-Metadata: hash <base64 of the hex>    → 201 Location, Upload-Offset: 0
//! PATCH /blobs/uploads/{id}   Upload-Offset: 0   … the line drops after 100000 bytes
//! HEAD  /blobs/uploads/{id}                                                          → Upload-Offset: 100000
//! PATCH /blobs/uploads/{id}   Upload-Offset: 100000                                  → 204 Upload-Offset: 300000
//!                                                                                        Location: /blobs/{hash}
//! ```
//!
//! An offset says how many bytes need not be sent again, and nothing else. That the photo is *here* — its hash checked,
//! file and row durable — says the answer that names it, `Location: /blobs/{hash}`. An offset equal to the length is never
//! told before that is so (`arrival.rs`). Whoever lost the last answer begins again with POST and gets that one.
//!
//! A revoked phone may still bring the photos of the records that it left in quarantine, within the same quota; it reads none.

use crate::{
    arrival::{self, Stands},
    auth::device::Phone,
    callers::Pace,
    error::{Error, Result},
    ingest::quarantine_has_room,
    state::{AppState, random},
    store::blob::{self, Upload},
};
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, head, post},
};
use gridwalk_core::{error::Code, ids::Hash, sync::limits};
use std::{io::Write, pin::Pin, time::Duration};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// A refused request is let in for so long.
const DRAINING: Duration = Duration::from_secs(15);
/// What is read of a refused request: more than any photo, less than anybody should get us to read.
const DRAINED: usize = 4 * 1024 * 1024;
const DAY_MS: i64 = 24 * 3_600_000;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/blobs", post(create).options(options))
        .route("/blobs/uploads/{id}", head(offset).patch(append))
        .route("/blobs/{hash}", get(read))
}

async fn options() -> impl IntoResponse {
    let most = HeaderValue::from(limits::PHOTO as u64);
    (
        StatusCode::NO_CONTENT,
        [
            (TUS_RESUMABLE, VERSION),
            (HeaderName::from_static("tus-version"), VERSION),
            (
                HeaderName::from_static("tus-extension"),
                HeaderValue::from_static("creation"),
            ),
            (HeaderName::from_static("tus-max-size"), most),
        ],
    )
}

async fn create(
    State(state): State<AppState>,
    phone: Phone,
    headers: HeaderMap,
) -> Result<Response> {
    speaks_tus(&headers)?;
    let length = number(&headers, &UPLOAD_LENGTH)?;
    let hash = promised_hash(&headers)?;
    if length > limits::PHOTO as u64 {
        return Err(Error::TooBig(Code::PhotoTooBig));
    }
    if length == 0 {
        return Err(Error::refused(
            Code::PhotoTruncated,
            "nothing is not a photo",
        ));
    }
    let wanted = Upload {
        id: hex::encode(random::<16>()?),
        hash,
        length,
        device: phone.device,
    };
    // Twice, because what was all here may have been thrown away.
    for _ in 0..2 {
        let Some(upload) = begin(&state, wanted.clone(), phone.revoked).await? else {
            return answer(StatusCode::CREATED, length, Some(place_of(&hash)));
        };
        let place = match arrival::look(&state, &upload).await? {
            Stands::At(offset) => (offset, format!("/blobs/uploads/{}", upload.id)),
            Stands::Arrived => (length, place_of(&hash)),
            Stands::Discarded => continue,
        };
        return answer(StatusCode::CREATED, place.0, Some(place.1));
    }
    Err(Error::Busy)
}

/// The upload that this device began for these bytes, or a new one; none when they are here.
async fn begin(state: &AppState, wanted: Upload, revoked: bool) -> Result<Option<Upload>> {
    let has_file = state.blobs.has(&wanted.hash);
    let now = state.now();
    state
        .store
        .write(move |connection| {
            if has_file && blob::media(connection, &wanted.hash)?.is_some() {
                return Ok(None);
            }
            if revoked {
                quarantine_has_room(connection, wanted.device)?;
            }
            let today = blob::begun_since(connection, wanted.device, now.plus_ms(-DAY_MS))?;
            if today >= limits::PHOTOS_PER_DAY {
                return Err(Error::TooMany(Code::QueueFull));
            }
            let begun = blob::begin_upload(connection, &wanted, now)?;
            if begun.length == wanted.length {
                return Ok(Some(begun));
            }
            // One of the two lengths is not that of these bytes; the last word counts.
            blob::end_upload(connection, &begun.id)?;
            blob::begin_upload(connection, &wanted, now).map(Some)
        })
        .await
}

/// Where a photo is read. The answer that names it is the receipt: whoever sends it has checked the hash, and file and
/// row are durable.
fn place_of(hash: &Hash) -> String {
    format!("/blobs/{hash}")
}

/// An answer about an upload: how much is here, and where it goes on or, once it is a photo, where that is.
fn answer(status: StatusCode, offset: u64, place: Option<String>) -> Result<Response> {
    let mut response = (
        status,
        [
            (TUS_RESUMABLE, VERSION),
            (UPLOAD_OFFSET, HeaderValue::from(offset)),
        ],
    )
        .into_response();
    if let Some(place) = place {
        let place =
            HeaderValue::try_from(place).map_err(|error| Error::internal("location", error))?;
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

async fn offset(
    State(state): State<AppState>,
    phone: Phone,
    Path(id): Path<String>,
) -> Result<Response> {
    let upload = upload_of(&state, phone, id).await?;
    let mut response = match arrival::look(&state, &upload).await? {
        Stands::At(offset) => answer(StatusCode::OK, offset, None)?,
        Stands::Arrived => answer(StatusCode::OK, upload.length, Some(place_of(&upload.hash)))?,
        Stands::Discarded => return Err(Error::NotFound),
    };
    response
        .headers_mut()
        .insert(UPLOAD_LENGTH, HeaderValue::from(upload.length));
    Ok(response)
}

async fn append(
    State(state): State<AppState>,
    phone: std::result::Result<Phone, Error>,
    Path(id): Path<String>,
    headers: HeaderMap,
    mut body: Body,
) -> Result<Response> {
    let answer = append_to(&state, phone, id, &headers, &mut body).await;
    if answer.is_err() {
        drain(&mut body).await;
    }
    answer
}

async fn append_to(
    state: &AppState,
    phone: std::result::Result<Phone, Error>,
    id: String,
    headers: &HeaderMap,
    body: &mut Body,
) -> Result<Response> {
    let phone = phone?;
    speaks_tus(headers)?;
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind != "application/offset+octet-stream")
    {
        return Err(Error::Unsupported(
            "PATCH needs application/offset+octet-stream".into(),
        ));
    }
    let offset = number(headers, &UPLOAD_OFFSET)?;
    let upload = upload_of(state, phone, id).await?;
    // Two PATCHes of one upload at once: the second comes back later.
    let turn = state.uploads.enter(&upload.id).ok_or(Error::Busy)?;
    let here = state.blobs.part_length(&upload.id)?;
    if offset != here {
        return Err(Error::Conflict(
            Code::BlobOffsetMismatch,
            format!("the upload continues at {here}"),
        ));
    }
    let arrived = receive(state, &upload, here, body).await?;
    if arrived < upload.length {
        return answer(StatusCode::NO_CONTENT, arrived, None);
    }
    let place = place_of(&upload.hash);
    arrival::finish(state, upload, turn).await?;
    answer(StatusCode::NO_CONTENT, arrived, Some(place))
}

/// Writes what arrives. Whatever arrived before the line dropped is kept and counts.
async fn receive(
    state: &AppState,
    upload: &Upload,
    mut length: u64,
    body: &mut Body,
) -> Result<u64> {
    let mut file = state.blobs.open_part(&upload.id)?;
    let mut pace = Pace::new(state.callers.courtesy());
    loop {
        match pace.next(body).await {
            Some(Ok(bytes)) => {
                length += bytes.len() as u64;
                if length > upload.length {
                    drop(file);
                    state.blobs.drop_part(&upload.id)?;
                    return Err(Error::TooBig(Code::BodyTooBig));
                }
                tokio::task::block_in_place(|| file.write_all(&bytes))?;
            }
            None => break,
            Some(Err(_)) => {
                tokio::task::block_in_place(|| file.sync_data())?;
                return Err(Error::Malformed(
                    "the upload was cut; it may be continued".into(),
                ));
            }
        }
    }
    tokio::task::block_in_place(|| file.sync_data())?;
    Ok(length)
}

async fn upload_of(state: &AppState, phone: Phone, id: String) -> Result<Upload> {
    state
        .store
        .read(move |connection| blob::upload(connection, &id))
        .await?
        .filter(|upload| upload.device == phone.device)
        .ok_or(Error::NotFound)
}

async fn read(
    State(state): State<AppState>,
    phone: Phone,
    Path(hash): Path<String>,
) -> Result<Response> {
    let phone = phone.active()?;
    let hash = blob_id(&hash)?;
    let allowed = state
        .store
        .read(move |connection| {
            Ok(blob::is_referred_to(connection, &hash, &phone.grids)?
                || blob::is_brought_by(connection, &hash, phone.device)?)
        })
        .await?;
    // A photo of another grid and a photo that is not here look the same.
    if !allowed {
        return Err(Error::NotFound);
    }
    send(&state, hash).await
}

/// A blob id from an address: 64 lower-case hex digits or nothing.
pub fn blob_id(text: &str) -> Result<Hash> {
    text.parse()
        .map_err(|reason: &str| Error::Malformed(reason.into()))
}

/// Answers with a blob. Whoever calls this has decided that the reader may have it.
pub async fn send(state: &AppState, hash: Hash) -> Result<Response> {
    let media = state
        .store
        .read(move |connection| blob::media(connection, &hash))
        .await?
        .ok_or(Error::NotFound)?;
    let blobs = state.blobs.clone();
    let bytes = tokio::task::spawn_blocking(move || blobs.get(&hash))
        .await
        .map_err(|error| Error::internal("reading a blob", error))??;
    let media =
        HeaderValue::try_from(media).map_err(|error| Error::internal("media type", error))?;
    let length = HeaderValue::from(bytes.len());
    Ok((
        [
            (header::CONTENT_TYPE, media),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("inline"),
            ),
            (
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
            ),
            (
                header::CACHE_CONTROL,
                HeaderValue::from_static("private, max-age=31536000, immutable"),
            ),
            (TUS_RESUMABLE, VERSION),
            (UPLOAD_OFFSET, length.clone()),
            (UPLOAD_LENGTH, length),
        ],
        bytes,
    )
        .into_response())
}

/// A refusal is often clear before the body is read. It is let in and thrown away all the same: a connection that is closed
/// on bytes which nobody read takes the answer with it, and a phone that hears nothing believes that there is no network.
pub async fn drain(body: &mut Body) {
    let draining = async {
        let mut left = DRAINED;
        while let Some(Ok(bytes)) = next(body).await {
            match left.checked_sub(bytes.len()) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whoever has not sent it by then is not waiting for an answer.
    let _ = tokio::time::timeout(DRAINING, draining).await;
}

/// The next piece of a body.
pub async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let frame =
            std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        match frame {
            Ok(frame) => {
                if let Ok(bytes) = frame.into_data() {
                    return Some(Ok(bytes));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

fn speaks_tus(headers: &HeaderMap) -> Result<()> {
    match headers.get(TUS_RESUMABLE) {
        Some(version) if version == VERSION => Ok(()),
        _ => Err(Error::Malformed("Tus-Resumable: 1.0.0 is needed".into())),
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .ok_or_else(|| Error::Malformed(format!("{name} is missing or no number")))
}

fn promised_hash(headers: &HeaderMap) -> Result<Hash> {
    headers
        .get(UPLOAD_METADATA)
        .and_then(|value| value.to_str().ok())
        .and_then(|pairs| {
            pairs
                .split(',')
                .find_map(|pair| pair.trim().strip_prefix("hash "))
        })
        .and_then(base64)
        .and_then(|hex| String::from_utf8(hex).ok()?.parse().ok())
        .ok_or_else(|| {
            Error::Malformed("Upload-Metadata needs `hash` with 64 hex digits in base64".into())
        })
}

/// Standard base64 with padding; the only place that needs it, so no crate for it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        let mut word = 0u32;
        for (place, byte) in chunk.iter().enumerate() {
            word |= u32::from(digit(*byte)?) << (18 - 6 * place);
        }
        let whole = word.to_be_bytes();
        bytes.extend_from_slice(whole.get(1..chunk.len())?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(base64("Z3JpZHdhbGs=").as_deref(), Some(&b"gridwalk"[..]));
        assert_eq!(base64("Z3JpZHdhbGs").as_deref(), Some(&b"gridwalk"[..]));
        assert_eq!(base64("").as_deref(), Some(&b""[..]));
        assert_eq!(base64("Z3!p"), None);
    }

    #[test]
    fn a_blob_id_is_64_lower_case_hex_digits() {
        assert!(blob_id(&"a".repeat(64)).is_ok());
        for strange in [
            "",
            "..",
            "../../etc/passwd",
            "%2e%2e",
            &"A".repeat(64),
            &"a".repeat(63),
            &"a\0".repeat(32),
        ] {
            assert!(
                matches!(blob_id(strange), Err(Error::Malformed(_))),
                "{strange}"
            );
        }
    }
}
