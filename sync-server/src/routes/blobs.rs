//! Photos: resumable upload (tus 1.0: core, creation, checksum, termination, expiration), and reading them back.
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
//! Every PATCH is an object of its own, or several, and a row says so once it is durable (`store/blob.rs`): another process,
//! or the same one after a crash, goes on from there, and a bucket need not know how to append.
//!
//! A revoked phone may still bring the photos of the records that it left in quarantine, within the same quota; it reads none.

use crate::{
    arrival::{self, Stands},
    auth::device::Phone,
    callers::Pace,
    error::{Error, Result},
    ingest::quarantine_has_room,
    routes::picture::{self, Reader},
    scrub,
    state::{AppState, random},
    store::{
        Connection,
        blob::{self, Piece, Upload},
        loss, unnamed,
    },
};
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, head, post},
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use gridwalk_core::{
    error::Code,
    ids::{GridId, Hash},
    sync::limits,
    time::Timestamp,
};
use sha2::Digest as _;
use std::{pin::Pin, time::Duration};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// A refused request is let in for so long.
const DRAINING: Duration = Duration::from_secs(15);
/// What is read of a refused request: more than any photo, less than anybody should get us to read.
const DRAINED: usize = 4 * 1024 * 1024;
const DAY_MS: i64 = 24 * 3_600_000;
/// What is held of a PATCH before it becomes an object.
const PIECE: usize = 1024 * 1024;
/// Uploads that one phone may have under way. Ours has one; one that lost its queue begins a few again.
const UNDER_WAY: u32 = 64;
/// Pieces of one upload. Every PATCH that comes to its end or is cut is one, or several: a line that drops every four
/// kibibytes brings the largest photo, and one that drops more often would not bring it in its week.
const PIECES: u32 = 4_096;
/// How long they may be together.
const UNDER_WAY_BYTES: u64 = 256 * 1024 * 1024;

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/blobs", post(create).options(options))
        .route(
            "/blobs/uploads/{id}",
            head(offset).patch(append).delete(terminate),
        )
        .route("/blobs/{hash}", get(read).patch(append_to_whole))
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
                HeaderValue::from_static("creation,checksum,termination,expiration"),
            ),
            (
                HeaderName::from_static("tus-checksum-algorithm"),
                HeaderValue::from_static("sha256,sha1"),
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
        made_at: state.now(),
    };
    // Twice, because what was all here may have been thrown away.
    for _ in 0..2 {
        let Some(upload) = begin(&state, wanted.clone(), &phone).await? else {
            return answer(StatusCode::CREATED, length, Some(place_of(&hash)));
        };
        let expires = expiry(&upload)?;
        let place = match arrival::look(&state, &upload).await? {
            Stands::At(offset) => (offset, format!("/blobs/uploads/{}", upload.id)),
            Stands::Arrived => (length, place_of(&hash)),
            Stands::Discarded => continue,
        };
        let mut answer = answer(StatusCode::CREATED, place.0, Some(place.1))?;
        answer.headers_mut().insert(UPLOAD_EXPIRES, expires);
        return Ok(answer);
    }
    Err(Error::Busy)
}

/// The upload that this device began for these bytes, or a new one; none when they are here.
async fn begin(state: &AppState, wanted: Upload, phone: &Phone) -> Result<Option<Upload>> {
    let hash = wanted.hash;
    let promised = state
        .store
        .read(move |connection| blob::media(connection, &hash));
    // What is told without a byte being sent is a receipt like any other: somebody has compared the hash.
    let is_whole = match promised.await? {
        Some(_) => scrub::is_whole(state, hash).await?,
        None => false,
    };
    let (now, quota) = (state.now(), state.config.grid_quota);
    let (revoked, grids) = (phone.revoked, phone.grids.clone());
    let begun = state
        .store
        .write(move |connection| {
            let lost = loss::is_lost(connection, &wanted.hash)?;
            if is_whole && !lost && blob::media(connection, &wanted.hash)?.is_some() {
                unnamed::begins_again(connection, &wanted.hash)?;
                return Ok((None, Vec::new()));
            }
            if revoked {
                quarantine_has_room(connection, wanted.device)?;
            }
            let (mut begun, mut left) = (blob::begin_upload(connection, &wanted, now)?, Vec::new());
            if begun.length != wanted.length || begun.expires_at() <= now {
                // One of the two lengths is not that of these bytes, or its time is over; the last word counts.
                left = blob::end_upload(connection, &begun.id)?;
                begun = blob::begin_upload(connection, &wanted, now)?;
            }
            if begun.id == wanted.id {
                has_room(connection, &wanted, &grids, quota, now)?;
            }
            Ok((Some(begun), left))
        })
        .await?;
    let (upload, left) = begun;
    drop_pieces(state, left).await;
    Ok(upload)
}

/// One more upload, for this device and for the grid whose record shows the photo.
fn has_room(
    connection: &Connection,
    upload: &Upload,
    grids: &[GridId],
    quota: u64,
    now: Timestamp,
) -> Result<()> {
    let (count, bytes) = blob::under_way(connection, upload.device)?;
    let today = blob::brought_since(connection, upload.device, now.plus_ms(-DAY_MS))?;
    if count > UNDER_WAY || bytes > UNDER_WAY_BYTES || today.is_too_much() {
        return Err(Error::TooMany(Code::QueueFull));
    }
    // A photo that no record shows yet counts for the grid that its worker has first.
    let shown = blob::grid_of(connection, &upload.hash)?;
    let counted = shown.as_ref().or(grids.first());
    if let Some(grid) = counted
        && blob::of_grid(connection, grid)? > quota
    {
        return Err(Error::StorageFull);
    }
    Ok(())
}

/// Gives an upload up; nothing is kept of it.
async fn end(state: &AppState, id: String) -> Result<()> {
    let left = state
        .store
        .write(move |connection| blob::end_upload(connection, &id));
    drop_pieces(state, left.await?).await;
    Ok(())
}

/// Removes pieces that no row names any more. What stays behind is a stray, and the sweep takes it.
async fn drop_pieces(state: &AppState, pieces: Vec<String>) {
    if pieces.is_empty() {
        return;
    }
    let blobs = state.blobs.clone();
    let dropped = tokio::task::spawn_blocking(move || blobs.drop_pieces(&pieces)).await;
    if !matches!(dropped, Ok(Ok(()))) {
        tracing::warn!("pieces of an upload are left for the sweep");
    }
}

/// When an upload ends by itself, as HTTP says it.
fn expiry(upload: &Upload) -> Result<HeaderValue> {
    let at = upload.expires_at().utc();
    HeaderValue::try_from(at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .map_err(|error| Error::internal("an expiry", error))
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
    let headers = response.headers_mut();
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(upload.length));
    headers.insert(UPLOAD_EXPIRES, expiry(&upload)?);
    Ok(response)
}

/// Whoever began it gives it up; nothing is kept of it.
async fn terminate(
    State(state): State<AppState>,
    phone: Phone,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    speaks_tus(&headers)?;
    let upload = upload_of(&state, phone, id).await?;
    end(&state, upload.id).await?;
    Ok((StatusCode::NO_CONTENT, [(TUS_RESUMABLE, VERSION)]).into_response())
}

/// A photo that is here is told to whoever begins it again, with this address. A client that goes on with it by the letter
/// of the protocol asks where it stands when it hears this, and finds that nothing is left to send.
async fn append_to_whole(_: Phone, mut body: Body) -> Error {
    drain(&mut body).await;
    Error::Conflict(Code::BlobOffsetMismatch, "all of it is here".into())
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
    let checksum = headers
        .get(UPLOAD_CHECKSUM)
        .map(Checksum::read)
        .transpose()?;
    let upload = upload_of(state, phone, id).await?;
    // Two PATCHes of one upload at once: the second comes back later.
    let turn = state.uploads.enter(&upload.id).ok_or(Error::Busy)?;
    let id = upload.id.clone();
    let (here, pieces) = state
        .store
        .read(move |connection| blob::arrived_in_pieces(connection, &id))
        .await?;
    if offset != here {
        return Err(Error::Conflict(
            Code::BlobOffsetMismatch,
            format!("the upload continues at {here}"),
        ));
    }
    if pieces >= PIECES && here < upload.length {
        // It continues nowhere: whoever asks where hears 404, as of one that has expired, and begins anew.
        // Thousands of objects are not waited for: what is not dropped is a stray, and the sweep takes it.
        let (state, id) = (state.clone(), upload.id);
        let left = state
            .store
            .write(move |connection| blob::end_upload(connection, &id));
        let left = left.await?;
        tokio::spawn(async move { drop_pieces(&state, left).await });
        return Err(Error::Conflict(
            Code::BlobOffsetMismatch,
            "it came in too many pieces; begin anew".into(),
        ));
    }
    let arrived = receive(state, &upload, here, body, checksum).await?;
    if arrived < upload.length {
        let mut answer = answer(StatusCode::NO_CONTENT, arrived, None)?;
        answer
            .headers_mut()
            .insert(UPLOAD_EXPIRES, expiry(&upload)?);
        return Ok(answer);
    }
    let place = place_of(&upload.hash);
    arrival::finish(state, upload, turn).await?;
    answer(StatusCode::NO_CONTENT, arrived, Some(place))
}

/// Keeps what arrives. Whatever arrived before the line dropped is kept and counts, unless its checksum was to be compared:
/// half of it cannot be.
async fn receive(
    state: &AppState,
    upload: &Upload,
    from: u64,
    body: &mut Body,
    mut checksum: Option<Checksum>,
) -> Result<u64> {
    let mut kept = Kept {
        state,
        upload,
        pieces: Vec::new(),
        end: from,
    };
    let mut pace = Pace::new(state.callers.courtesy());
    let mut held = Vec::new();
    let mut cut = false;
    while let Some(come) = pace.next(body).await {
        let Ok(bytes) = come else {
            cut = true;
            break;
        };
        if kept.end + (held.len() + bytes.len()) as u64 > upload.length {
            kept.forget().await;
            end(state, upload.id.clone()).await?;
            return Err(Error::TooBig(Code::BodyTooBig));
        }
        if let Some(checksum) = &mut checksum {
            checksum.add(&bytes);
        }
        held.extend_from_slice(&bytes);
        if held.len() >= PIECE {
            kept.put(std::mem::take(&mut held)).await?;
            if checksum.is_none() {
                kept.count().await?;
            }
        }
    }
    match checksum.map(Checksum::fits) {
        Some(_) if cut => kept.forget().await,
        Some(false) => {
            kept.forget().await;
            return Err(Error::ChecksumMismatch);
        }
        _ => {
            kept.put(held).await?;
            kept.count().await?;
        }
    }
    if cut {
        return Err(Error::Malformed(
            "the upload was cut; it may be continued".into(),
        ));
    }
    Ok(kept.end)
}

/// Pieces of one PATCH that are durable and that no row counts yet.
struct Kept<'a> {
    state: &'a AppState,
    upload: &'a Upload,
    pieces: Vec<Piece>,
    end: u64,
}

impl Kept<'_> {
    async fn put(&mut self, bytes: Vec<u8>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (blobs, id) = (self.state.blobs.clone(), self.upload.id.clone());
        let length = bytes.len() as u64;
        let object = tokio::task::spawn_blocking(move || blobs.put_piece(&id, &bytes))
            .await
            .map_err(|error| Error::internal("keeping a piece", error))??;
        self.pieces.push(Piece {
            at: self.end,
            bytes: length,
            object,
        });
        self.end += length;
        Ok(())
    }

    /// From now on these bytes need not be sent again.
    async fn count(&mut self) -> Result<()> {
        let (upload, pieces) = (self.upload.clone(), self.pieces.clone());
        let counted = self
            .state
            .store
            .write(move |connection| blob::add_pieces(connection, &upload, &pieces))
            .await?;
        if !counted {
            // another process was faster, or the upload has ended
            self.forget().await;
            return Err(Error::Conflict(
                Code::BlobOffsetMismatch,
                "somebody else goes on with it".into(),
            ));
        }
        self.pieces.clear();
        Ok(())
    }

    async fn forget(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let names = pieces.into_iter().map(|piece| piece.object).collect();
        drop_pieces(self.state, names).await;
    }
}

/// What a PATCH promises of its own body.
struct Checksum {
    summed: Summed,
    promised: Vec<u8>,
}

enum Summed {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Checksum {
    /// `<algorithm> <base64 of the digest>`; another algorithm is 400, as tus says.
    fn read(header: &HeaderValue) -> Result<Self> {
        let malformed = || Error::Malformed("Upload-Checksum is not understood".into());
        let text = header.to_str().map_err(|_| malformed())?;
        let (algorithm, digest) = text.split_once(' ').ok_or_else(malformed)?;
        let (summed, length) = match algorithm {
            "sha1" => (Summed::Sha1(sha1::Sha1::new()), 20),
            "sha256" => (Summed::Sha256(sha2::Sha256::new()), 32),
            _ => return Err(malformed()),
        };
        let promised = base64(digest.trim()).filter(|digest| digest.len() == length);
        Ok(Self {
            summed,
            promised: promised.ok_or_else(malformed)?,
        })
    }

    fn add(&mut self, bytes: &[u8]) {
        match &mut self.summed {
            Summed::Sha1(sum) => sum.update(bytes),
            Summed::Sha256(sum) => sum.update(bytes),
        }
    }

    fn fits(self) -> bool {
        match self.summed {
            Summed::Sha1(sum) => sum.finalize().as_slice() == self.promised,
            Summed::Sha256(sum) => sum.finalize().as_slice() == self.promised,
        }
    }
}

async fn upload_of(state: &AppState, phone: Phone, id: String) -> Result<Upload> {
    state
        .store
        .read(move |connection| blob::upload(connection, &id))
        .await?
        .filter(|upload| upload.device == phone.device && upload.expires_at() > state.now())
        .ok_or(Error::NotFound)
}

async fn read(
    State(state): State<AppState>,
    phone: Phone,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let phone = phone.active()?;
    let hash = blob_id(&hash)?;
    let reader = Reader {
        subject: phone.device.to_string(),
        person: phone.worker,
        address: String::new(),
    };
    let allowed = state
        .store
        .read(move |connection| {
            Ok(blob::is_referred_to(connection, &hash, &phone.grids)?
                || blob::is_brought_ahead_by(connection, &hash, phone.device)?)
        })
        .await?;
    // A photo of another grid and a photo that is not here look the same.
    if !allowed {
        return Err(Error::NotFound);
    }
    let mut response = picture::send(&state, &headers, hash, reader).await?;
    // As an upload it is complete: that is how a client of tus asks.
    if let Some(length) = state
        .store
        .read(move |connection| blob::length(connection, &hash))
        .await?
    {
        let headers = response.headers_mut();
        headers.insert(TUS_RESUMABLE, VERSION);
        headers.insert(UPLOAD_OFFSET, HeaderValue::from(length));
        headers.insert(UPLOAD_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

/// A blob id from an address: 64 lower-case hex digits or nothing.
pub fn blob_id(text: &str) -> Result<Hash> {
    text.parse()
        .map_err(|reason: &str| Error::Malformed(reason.into()))
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

/// Base64, padded as it should be or not at all.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn base64(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
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
