//! `POST /sync`: one exchange. Upload made durable, merged, and the news of every partition that the worker may read.

use crate::{
    auth::device::Phone,
    error::{Error, Result},
    ingest::{Delivery, Receipt},
    jpeg,
    routes::blobs::{drain, next},
    state::AppState,
    store::{
        self, Connection,
        feed::Reading,
        life::{self, Shelf},
        reference,
    },
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response as Answer},
    routing::post,
};
use gridwalk_core::{
    error::Code,
    ids::Hash,
    sync::{
        answer::{Asked, news},
        frame::{self, CONTENT_TYPE, Effort, FrameError},
        limits,
        message::{AccessClass, Partition, RepairAnswer, Request, Response, Upload},
        repair, version,
    },
    time::Timestamp,
};
use std::time::Duration;

/// A sender that says nothing for so long has gone.
const IDLE: Duration = Duration::from_secs(15);
/// Publishing is waited for so long; the acknowledgement does not depend on it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/sync", post(exchange))
}

async fn exchange(
    State(state): State<AppState>,
    phone: std::result::Result<Phone, Error>,
    headers: HeaderMap,
    mut body: Body,
) -> Result<Answer> {
    let phone = match phone {
        Ok(phone) => phone,
        Err(refusal) => {
            drain(&mut body).await;
            return Err(refusal);
        }
    };
    let request = read(&headers, body).await?;
    let protocol = version::common(request.protocol)
        .ok_or_else(|| Error::refused(Code::ProtocolUnknown, "no protocol version in common"))?;
    let now = state.now();
    let (request, upload) = apart(request);
    let mut uploaded = Uploaded::default();
    if let Some(upload) = upload {
        // To its end, whether or not the phone still listens: this handler is dropped with the phone's connection, and what
        // is durable must be merged.
        let taken = tokio::spawn(take(state.clone(), phone.clone(), upload, now));
        uploaded = taken
            .await
            .map_err(|error| Error::internal("taking an upload", error))??;
    }
    let phone = phone.active()?;
    let response = state
        .store
        .read(move |connection| answer(connection, &phone, &request, uploaded, now, protocol))
        .await?;
    let bytes = tokio::task::spawn_blocking(move || frame::encode(&response, Effort::Fast))
        .await
        .map_err(|error| Error::internal("encoding", error))?
        .map_err(|error| Error::internal("encoding", error))?;
    Ok((
        [(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE))],
        bytes,
    )
        .into_response())
}

/// The request, counted while it arrives.
async fn read(headers: &HeaderMap, mut body: Body) -> Result<Request> {
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind != CONTENT_TYPE)
    {
        return Err(Error::Unsupported(format!("{CONTENT_TYPE} is needed")));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Error::Unsupported(
            "the frame is packed already; no Content-Encoding".into(),
        ));
    }
    let mut bytes = Vec::new();
    loop {
        match tokio::time::timeout(IDLE, next(&mut body)).await {
            Ok(Some(Ok(piece))) if bytes.len() + piece.len() > limits::REQUEST_PACKED => {
                return Err(Error::TooBig(Code::BodyTooBig));
            }
            Ok(Some(Ok(piece))) => bytes.extend_from_slice(&piece),
            Ok(None) => break,
            Ok(Some(Err(_))) | Err(_) => {
                return Err(Error::Malformed("the request was cut".into()));
            }
        }
    }
    tokio::task::spawn_blocking(move || frame::decode::<Request>(&bytes))
        .await
        .map_err(|error| Error::internal("decoding", error))?
        .map_err(|error| match error {
            FrameError::TooBig => Error::TooBig(Code::BodyTooBig),
            FrameError::Malformed => Error::Malformed(error.to_string()),
        })
}

fn apart(mut request: Request) -> (Request, Option<Upload>) {
    let upload = request.upload.take();
    (request, upload)
}

/// What the answer says about the upload.
#[derive(Default)]
struct Uploaded {
    receipt: Receipt,
    envelope: Option<Hash>,
    blobs: Vec<Hash>,
}

/// Durable first: blobs, then changes in one transaction. Then merged, if that is quick.
async fn take(state: AppState, phone: Phone, upload: Upload, now: Timestamp) -> Result<Uploaded> {
    let (folder, revoked) = (state.blobs.clone(), phone.revoked);
    let delivery = tokio::task::spawn_blocking(move || {
        // The signature first: a stranger's bytes do not reach the folder.
        let mut delivery = Delivery::check(phone, &upload, now)?;
        for blob in &upload.blobs {
            if let Some(media) = media_of(blob) {
                delivery.brings(folder.put(blob)?, blob.len(), media);
            }
        }
        Ok::<_, Error>(delivery)
    })
    .await
    .map_err(|error| Error::internal("checking an upload", error))??;
    if revoked {
        state
            .store
            .write(move |connection| delivery.quarantine(connection))
            .await?;
        return Ok(Uploaded::default());
    }
    let envelope = Some(delivery.envelope());
    let blobs = delivery.blobs();
    let receipt = state
        .store
        .write(move |connection| delivery.write(connection))
        .await?;
    let touched = receipt.touched.clone();
    if tokio::time::timeout(PATIENCE, state.merger.merge(touched))
        .await
        .is_err()
    {
        tracing::warn!("answering before everything is merged");
    }
    Ok(Uploaded {
        receipt,
        envelope,
        blobs,
    })
}

/// Thumbnails are JPEG, shared lines are JSON lists; nothing else travels with a record. Decided by the bytes alone.
fn media_of(bytes: &[u8]) -> Option<&'static str> {
    if jpeg::inspect(bytes).is_ok() {
        return Some("image/jpeg");
    }
    serde_json::from_slice::<Vec<(f64, f64, i64)>>(bytes)
        .ok()
        .map(|_| "application/json")
}

fn answer(
    connection: &Connection,
    phone: &Phone,
    request: &Request,
    uploaded: Uploaded,
    now: Timestamp,
    protocol: u32,
) -> Result<Response> {
    let epoch = store::epoch(connection)?;
    let other_life = request.epoch.is_some_and(|held| held != epoch);
    let mut budget = request.page_bytes.min(limits::ANSWER_PAGE_MOST) as usize;
    let version = if other_life { 0 } else { request.reference };
    let reference = reference::news(connection, version, &phone.grids, &mut budget)?;
    let readable = phone.grids.iter().map(|grid| Partition {
        grid: *grid,
        class: AccessClass::GENERAL,
    });
    let mut repair = None;
    if let Some(asked) = &request.repair {
        let may_read = |partition: &Partition| readable.clone().any(|one| one == *partition);
        repair = Some(repair::answer(&Shelf(connection), &may_read, asked)?);
    }
    let mut partitions = Vec::new();
    for partition in readable.clone() {
        let cursor = request
            .cursors
            .iter()
            .find(|cursor| cursor.partition == partition);
        if let (Some(cursor), Some(held)) = (cursor, request.epoch.filter(|_| other_life)) {
            // Silence about a cursor of another life means its start, unless a seam says better; rows can wait until the
            // phone has said where it goes on.
            let seams = &mut repair.get_or_insert_with(RepairAnswer::default).seams;
            seams.extend(life::seam(connection, held, cursor)?);
            continue;
        }
        let asked = Asked {
            device: phone.device,
            own_bytes: request.own_bytes,
            cursor: cursor.copied(),
            restart: false,
        };
        partitions.extend(news(&Reading(connection), partition, &asked, &mut budget)?);
    }
    // An answer that says something else anyway says this too; a quiet one stays small.
    let says_something = !partitions.is_empty() || uploaded.envelope.is_some() || repair.is_some();
    let marks = match says_something && !other_life {
        true => life::watermarks(connection, &readable.clone().collect::<Vec<_>>())?,
        false => Vec::new(),
    };
    let watermarks = (!marks.is_empty()).then_some(marks);
    let gone = request
        .cursors
        .iter()
        .map(|cursor| cursor.partition)
        .filter(|named| readable.clone().all(|partition| partition != *named))
        .collect();
    Ok(Response {
        protocol,
        epoch,
        server_time: now,
        results: uploaded.receipt.results,
        partitions,
        reference,
        blobs: uploaded.blobs,
        envelope: uploaded.envelope,
        gone,
        repair,
        watermarks,
    })
}
