//! `POST /sync`: one exchange. Upload made durable, merged, and the news of every partition that the worker may read.

use crate::{
    auth::device::Phone,
    callers::Pace,
    error::{Error, Result},
    ingest::{Delivery, Receipt, quarantine_has_room},
    jpeg,
    packs::Folder,
    routes::blobs::drain,
    state::AppState,
    store::{self, Connection, feed::Reading, pack, reference, scope},
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response as Answer},
    routing::post,
};
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    error::Code,
    ids::{GridId, Hash},
    sync::{
        answer::{Asked, Older, news},
        dictionary,
        frame::{self, CONTENT_TYPE, Effort, FrameError},
        limits,
        message::{
            Cursor, Epoch, PackNews, PackOffer, PackWish, Partition, ReferenceNews, Request,
            Response, Upload,
        },
        pack::Manifest,
        version,
    },
    time::Timestamp,
};
use std::{collections::HashSet, time::Duration};

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
    let pace = Pace::new(state.callers.courtesy());
    let request = read(&headers, body, pace).await?;
    let protocol = version::common(request.protocol)
        .ok_or_else(|| Error::refused(Code::ProtocolUnknown, "no protocol version in common"))?;
    let now = state.now();
    let (request, upload) = apart(request);
    let mut uploaded = Uploaded::default();
    if let Some(upload) = upload {
        // To its end, whether or not the phone still listens: this handler is dropped with the phone's connection, and what
        // is durable must be merged.
        let epoch = state.store.read(store::epoch).await?;
        let cursors = match request.epoch == Some(epoch) {
            true => request.cursors.clone(),
            false => Vec::new(),
        };
        let taken = tokio::spawn(take(state.clone(), phone.clone(), upload, cursors, now));
        uploaded = taken
            .await
            .map_err(|error| Error::internal("taking an upload", error))??;
    }
    let dictionaries = request.dictionaries.clone().unwrap_or_default();
    let parts = state.clone();
    let delivered = uploaded.envelope.is_some();
    let device = phone.device;
    let response = match phone.revoked && delivered && protocol >= version::V2026_11_25 {
        true => farewell(&state, &request, uploaded, now, protocol).await?,
        false => {
            let phone = phone.active()?;
            state
                .store
                .read(move |connection| {
                    let offering = Offering {
                        key: parts.key.public(),
                        packs: &parts.packs,
                    };
                    answer(
                        connection, &phone, &request, uploaded, now, protocol, &offering,
                    )
                })
                .await?
        }
    };
    if !delivered && !response.gone.is_empty() {
        let gone = response.gone.clone();
        state
            .store
            .write(move |connection| scope::tell(connection, device, &gone, now))
            .await?;
    }
    let bytes = tokio::task::spawn_blocking(move || {
        frame::encode_for(&response, Effort::Fast, &dictionaries)
    })
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
async fn read(headers: &HeaderMap, mut body: Body, mut pace: Pace) -> Result<Request> {
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
        match pace.next(&mut body).await {
            Some(Ok(piece)) if bytes.len() + piece.len() > limits::REQUEST_PACKED => {
                return Err(Error::TooBig(Code::BodyTooBig));
            }
            Some(Ok(piece)) => bytes.extend_from_slice(&piece),
            None => break,
            Some(Err(_)) => return Err(Error::Malformed("the request was cut".into())),
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
async fn take(
    state: AppState,
    phone: Phone,
    upload: Upload,
    cursors: Vec<Cursor>,
    now: Timestamp,
) -> Result<Uploaded> {
    let (folder, revoked, device) = (state.blobs.clone(), phone.revoked, phone.device);
    if revoked {
        // asked before a byte of it reaches the folder
        state
            .store
            .read(move |connection| quarantine_has_room(connection, device))
            .await?;
    }
    let delivery = tokio::task::spawn_blocking(move || {
        // The signature first: a stranger's bytes do not reach the folder.
        let mut delivery = Delivery::check(phone, &upload, now)?.of_a_phone_at(cursors);
        for blob in &upload.blobs {
            if let Some(media) = media_of(blob) {
                delivery.brings(folder.put(blob)?, blob.len(), media);
            }
        }
        Ok::<_, Error>(delivery)
    })
    .await
    .map_err(|error| Error::internal("checking an upload", error))??;
    let envelope = Some(delivery.envelope());
    let blobs = delivery.blobs();
    if revoked {
        let results = state
            .store
            .write(move |connection| delivery.quarantine(connection))
            .await?;
        let receipt = Receipt {
            results,
            touched: Vec::new(),
        };
        return Ok(Uploaded {
            receipt,
            envelope,
            blobs,
        });
    }
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
    state.pokes.nudge();
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

/// What a revoked phone hears as long as it delivers: each change waits for a person now, and nothing is its to read.
async fn farewell(
    state: &AppState,
    request: &Request,
    uploaded: Uploaded,
    now: Timestamp,
    protocol: u32,
) -> Result<Response> {
    Ok(Response {
        protocol,
        epoch: state.store.read(store::epoch).await?,
        server_time: now,
        results: uploaded.receipt.results,
        partitions: Vec::new(),
        reference: ReferenceNews {
            version: request.reference,
            ..ReferenceNews::default()
        },
        blobs: uploaded.blobs,
        envelope: uploaded.envelope,
        gone: request
            .cursors
            .iter()
            .map(|cursor| cursor.partition)
            .collect(),
        dictionaries: None,
        packs: None,
    })
}

/// What may be offered instead of a feed from its start.
struct Offering<'a> {
    key: VerifyingKey,
    packs: &'a Folder,
}

enum Offered {
    Pack(PackOffer),
    /// The phone is fetching one that is still here: nothing is said of its partition.
    UnderWay,
    /// The phone wants none, or none is ready.
    Feed,
}

impl Offering<'_> {
    fn of(
        &self,
        connection: &Connection,
        partition: Partition,
        epoch: Epoch,
        wish: Option<&PackWish>,
    ) -> Result<Offered> {
        let Some(wish) = wish.filter(|wish| !wish.refused.contains(&partition)) else {
            return Ok(Offered::Feed);
        };
        for name in wish.under_way.iter().take(limits::PACKS_UNDER_WAY) {
            if pack::partition_of(connection, name)? == Some(partition) {
                return Ok(Offered::UnderWay);
            }
        }
        let ready = pack::newest(connection, partition, epoch)?;
        Ok(match ready {
            Some(ready) if self.has(&ready.offer) => Offered::Pack(ready.offer),
            _ => Offered::Feed,
        })
    }

    /// Another process that shares the store may have built it elsewhere.
    fn has(&self, offer: &PackOffer) -> bool {
        minicbor::decode::<Manifest>(&offer.manifest)
            .is_ok_and(|manifest| manifest.files.iter().all(|file| self.packs.has(&file.hash)))
    }
}

#[allow(clippy::too_many_arguments)] // one exchange
fn answer(
    connection: &Connection,
    phone: &Phone,
    request: &Request,
    uploaded: Uploaded,
    now: Timestamp,
    protocol: u32,
    offering: &Offering<'_>,
) -> Result<Response> {
    let epoch = store::epoch(connection)?;
    let other_life = request.epoch.is_some_and(|held| held != epoch);
    let mut budget = request.page_bytes.min(limits::ANSWER_PAGE_MOST) as usize;
    let known = if other_life { 0 } else { request.reference };
    let mut reference = reference::news(connection, known, &phone.grids, &mut budget)?;
    if known > 0 {
        // a grid that it has only since today: the rows are older than what it has read
        let held = request.cursors.iter().map(|cursor| cursor.partition);
        let held: HashSet<GridId> = held.map(|partition| partition.grid).collect();
        let new = phone.grids.iter().filter(|grid| !held.contains(grid));
        let new: Vec<GridId> = new.copied().collect();
        let mut rows = reference::of_grids(connection, known, &new)?;
        budget = budget.saturating_sub(rows.iter().map(reference::weight).sum());
        rows.append(&mut reference.rows);
        reference.rows = rows;
    }
    let readable = phone.partitions();
    let (mut partitions, mut offers) = (Vec::new(), Vec::new());
    for partition in readable.iter().copied() {
        let cursor = request
            .cursors
            .iter()
            .find(|cursor| cursor.partition == partition);
        let asked = Asked {
            device: phone.device,
            own_bytes: request.own_bytes,
            cursor: cursor.copied(),
            restart: other_life && cursor.is_some(),
        };
        if !other_life && cursor.is_none_or(|cursor| cursor.position == 0) {
            match offering.of(connection, partition, epoch, request.packs.as_ref())? {
                Offered::Pack(offer) => {
                    offers.push(offer);
                    continue;
                }
                Offered::UnderWay => continue,
                Offered::Feed => {}
            }
        }
        let feed = Reading(connection);
        partitions.extend(match protocol < version::V2026_11_25 {
            true => news(&Older(&feed), partition, &asked, &mut budget)?,
            false => news(&feed, partition, &asked, &mut budget)?,
        });
    }
    let gone = request
        .cursors
        .iter()
        .map(|cursor| cursor.partition)
        .filter(|named| !readable.contains(named))
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
        dictionaries: request
            .dictionaries
            .is_some()
            .then(|| dictionary::KNOWN.to_vec()),
        packs: (!offers.is_empty()).then(|| PackNews {
            key: offering.key.as_bytes().to_vec().into(),
            offers,
        }),
    })
}
