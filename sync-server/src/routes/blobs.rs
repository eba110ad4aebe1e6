//! Photos: resumable upload (tus 1.0, core and creation), and reading them back.
//!
//! ```text
//! POST /blobs   Upload-Length: 300000   Upload-Metadata: hash <base64 of the hex>    → 201 Location, Upload-Offset: 0
//! PATCH /blobs/uploads/{id}   Upload-Offset: 0   … the line drops after 100000 bytes
//! HEAD  /blobs/uploads/{id}                                                          → Upload-Offset: 100000
//! PATCH /blobs/uploads/{id}   Upload-Offset: 100000                                  → 204 Upload-Offset: 300000
//! ```
//!
//! Whoever lost the last answer begins again with POST and is told that everything is here.

use crate::{
    auth::device::Phone,
    error::{Error, Result},
    jpeg,
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
/// A sender that says nothing for so long has gone.
const IDLE: Duration = Duration::from_secs(15);
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
    let phone = phone.active()?;
    speaks_tus(&headers)?;
    let length = number(&headers, &UPLOAD_LENGTH)?;
    let hash = promised_hash(&headers)?;
    if length > limits::PHOTO as u64 {
        return Err(Error::TooBig(Code::PhotoTooBig));
    }
    let now = state.now();
    let wanted = Upload {
        id: hex::encode(random::<16>()?),
        hash,
        length,
        device: phone.device,
    };
    let upload = state
        .store
        .write(move |connection| {
            if blob::media(connection, &hash)?.is_some() {
                return Ok(None);
            }
            let today = blob::begun_since(connection, wanted.device, now.plus_ms(-DAY_MS))?;
            if today >= limits::PHOTOS_PER_DAY {
                return Err(Error::TooMany(Code::QueueFull));
            }
            blob::begin_upload(connection, &wanted, now).map(Some)
        })
        .await?;
    let (location, offset) = match &upload {
        Some(upload) => (
            format!("/blobs/uploads/{}", upload.id),
            state.blobs.part_length(&upload.id)?,
        ),
        None => (format!("/blobs/{hash}"), length),
    };
    let location =
        HeaderValue::try_from(location).map_err(|error| Error::internal("location", error))?;
    Ok((
        StatusCode::CREATED,
        [
            (TUS_RESUMABLE, VERSION),
            (header::LOCATION, location),
            (UPLOAD_OFFSET, HeaderValue::from(offset)),
        ],
    )
        .into_response())
}

async fn offset(
    State(state): State<AppState>,
    phone: Phone,
    Path(id): Path<String>,
) -> Result<Response> {
    let upload = upload_of(&state, phone.active()?, id).await?;
    let offset = state.blobs.part_length(&upload.id)?;
    Ok((
        StatusCode::OK,
        [
            (TUS_RESUMABLE, VERSION),
            (UPLOAD_OFFSET, HeaderValue::from(offset)),
            (UPLOAD_LENGTH, HeaderValue::from(upload.length)),
        ],
    )
        .into_response())
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
    let phone = phone?.active()?;
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
    let _turn = state.uploads.enter(&upload.id).ok_or(Error::Busy)?;
    let here = state.blobs.part_length(&upload.id)?;
    if offset != here {
        return Err(Error::Conflict(
            Code::BlobOffsetMismatch,
            format!("the upload continues at {here}"),
        ));
    }
    let arrived = receive(state, &upload, here, body).await?;
    if arrived == upload.length {
        finish(state, upload).await?;
    }
    Ok((
        StatusCode::NO_CONTENT,
        [
            (TUS_RESUMABLE, VERSION),
            (UPLOAD_OFFSET, HeaderValue::from(arrived)),
        ],
    )
        .into_response())
}

/// Writes what arrives. Whatever arrived before the line dropped is kept and counts.
async fn receive(
    state: &AppState,
    upload: &Upload,
    mut length: u64,
    body: &mut Body,
) -> Result<u64> {
    let mut file = state.blobs.open_part(&upload.id)?;
    loop {
        match tokio::time::timeout(IDLE, next(body)).await {
            Ok(Some(Ok(bytes))) => {
                length += bytes.len() as u64;
                if length > upload.length {
                    drop(file);
                    state.blobs.drop_part(&upload.id)?;
                    return Err(Error::TooBig(Code::BodyTooBig));
                }
                tokio::task::block_in_place(|| file.write_all(&bytes))?;
            }
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
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

/// The hash decides. What does not have it, or is no photo of ours, is thrown away, so that the phone can begin again.
async fn finish(state: &AppState, upload: Upload) -> Result<()> {
    let (blobs, id, hash) = (state.blobs.clone(), upload.id.clone(), upload.hash);
    let length = upload.length;
    let checked = tokio::task::spawn_blocking(move || {
        let bytes = blobs.read_part(&id, length)?;
        let checked = if Hash::of(&bytes) != hash {
            Err(Error::ChecksumMismatch)
        } else {
            jpeg::inspect(&bytes).map(|_| ()).map_err(|code| {
                Error::refused(code, "the file is not a photo that this server keeps")
            })
        };
        match &checked {
            Ok(()) => blobs.finish_part(&id, &hash)?,
            Err(_) => blobs.drop_part(&id)?,
        }
        checked
    })
    .await
    .map_err(|error| Error::internal("finishing an upload", error))?;
    let good = checked.is_ok();
    let now = state.now();
    state
        .store
        .write(move |connection| {
            if good {
                let bytes = usize::try_from(upload.length).unwrap_or(usize::MAX);
                blob::add(
                    connection,
                    &upload.hash,
                    bytes,
                    "image/jpeg",
                    Some(upload.device),
                    now,
                )?;
            }
            blob::end_upload(connection, &upload.id)
        })
        .await?;
    checked
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
    let mut left = DRAINED;
    while let Ok(Some(Ok(bytes))) = tokio::time::timeout(IDLE, next(body)).await {
        match left.checked_sub(bytes.len()) {
            Some(rest) => left = rest,
            None => break,
        }
    }
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
