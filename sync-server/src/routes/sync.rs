//! `POST /sync`: one exchange. Upload made durable, merged, and the news of every partition that the worker may read.

use crate::{
    auth::device::{self, Phone},
    callers::Pace,
    error::{Error, Result},
    gate::Pass,
    ingest::{Delivery, Receipt, quarantine_has_room},
    jpeg,
    packs::{Offered, Offering},
    routes::blobs::drain,
    state::AppState,
    store::{
        self, Connection, blob,
        feed::Reading,
        life::{self, Shelf},
        reference, scope,
    },
};
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response as Answer},
    routing::post,
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, GridId, Hash},
    sync::{
        answer::{Asked, Older, news},
        dictionary,
        frame::{self, CONTENT_TYPE, Effort, FrameError},
        limits,
        message::{
            Cursor, Epoch, PackNews, Partition, ReferenceNews, RepairAnswer, Request, Response,
            Upload,
        },
        repair, version,
    },
    time::Timestamp,
};
use std::{collections::HashSet, time::Duration};

/// Publishing is waited for so long; the acknowledgement does not depend on it.
const PATIENCE: Duration = Duration::from_secs(5);
const DAY_MS: i64 = 24 * 3_600_000;
/// What has no more bytes is taken for a question without an upload.
const QUESTION: usize = 256;

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/sync", post(exchange))
}

async fn exchange(
    State(state): State<AppState>,
    request: axum::extract::Request,
) -> Result<Answer> {
    let (mut parts, mut body) = request.into_parts();
    let (phone, request, entered) = if is_question(&parts.headers) {
        match question(&state, &parts, body).await? {
            Heard::Question(answer, _) => return Ok(reply(answer)),
            Heard::More(phone, request) => (*phone, *request, None),
        }
    } else {
        // Whoever it is proves that first, and so leaves the strangers' places; then there is room for it or not.
        let entered = match Phone::from_request_parts(&mut parts, &state).await {
            Ok(_) if state.gate.is_full() => Err(Error::Busy),
            entered => entered,
        };
        let phone = match entered {
            Ok(phone) => phone,
            Err(refusal) => {
                drain(&mut body).await;
                return Err(refusal);
            }
        };
        let pace = Pace::new(state.callers.courtesy());
        // A slow phone is read without a place; unpacked it weighs a hundred times as much, and that is within one.
        let bytes = read(&parts.headers, body, pace).await?;
        let pass = state.gate.enter().ok_or(Error::Busy)?;
        let request = tokio::task::spawn_blocking(move || decoded(&bytes))
            .await
            .map_err(|error| Error::internal("decoding", error))??;
        (phone, request, Some(pass))
    };
    let protocol = protocol(&request)?;
    let now = state.now();
    let (request, upload) = apart(request);
    let mut uploaded = Uploaded::default();
    if let Some(upload) = upload {
        let pass = entered.or_else(|| state.gate.enter()).ok_or(Error::Busy)?;
        // To its end, whether or not the phone still listens: this handler is dropped with the phone's connection, and what
        // is durable must be merged.
        let stood = (request.epoch, request.cursors.clone());
        let taken = tokio::spawn(take(state.clone(), pass, phone.clone(), upload, stood, now));
        uploaded = taken
            .await
            .map_err(|error| Error::internal("taking an upload", error))??;
    } else {
        drop(entered);
    }
    let dictionaries = request.dictionaries.clone().unwrap_or_default();
    let offering = Offering::of(&state);
    let delivered = uploaded.envelope.is_some();
    let device = phone.device;
    let response = match phone.revoked && delivered && protocol >= version::V2026_11_25 {
        true => farewell(&state, &request, uploaded, now, protocol).await?,
        false => {
            let phone = phone.active()?;
            let asking = state.clone();
            state
                .store
                .read(move |connection| {
                    let mut response = answer(
                        connection, &phone, &request, uploaded, now, protocol, &offering,
                    )?;
                    response.wanted = asking.asking.next(connection, &phone)?;
                    Ok(response)
                })
                .await?
        }
    };
    if !delivered {
        tell_gone(&state, device, &response.gone, now).await?;
    }
    let bytes = tokio::task::spawn_blocking(move || encoded(&response, &dictionaries))
        .await
        .map_err(|error| Error::internal("encoding", error))??;
    Ok(reply(bytes))
}

/// What a phone was told to let go of is remembered.
async fn tell_gone(
    state: &AppState,
    device: DeviceId,
    gone: &[Partition],
    now: Timestamp,
) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let gone = gone.to_vec();
    let told = state
        .store
        .write(move |connection| scope::tell(connection, device, &gone, now));
    told.await
}

/// Whether it is too short to bring anything.
fn is_question(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    length.is_some_and(|length| length <= QUESTION)
}

enum Heard {
    /// It only asked; this is the answer, and what it is told to let go of.
    Question(Vec<u8>, Vec<Partition>),
    /// It brought something after all.
    More(Box<Phone>, Box<Request>),
}

/// A phone that only asks is the usual case: who it is and what is new is read in one go, because every further thread
/// that wakes up costs more than the reading.
async fn question(state: &AppState, parts: &Parts, body: Body) -> Result<Heard> {
    let pace = Pace::new(state.callers.courtesy());
    let bytes = read(&parts.headers, body, pace).await?;
    let (token, now) = (device::token(parts)?, state.now());
    let (offering, asking) = (Offering::of(state), state.clone());
    let read = state.store.read(move |connection| {
        let phone = device::holder(connection, &token, now)?;
        let device = phone.device;
        let heard = || -> Result<Heard> {
            let request = decoded(&bytes)?;
            let protocol = protocol(&request)?;
            if request.upload.is_some() {
                return Ok(Heard::More(phone.into(), request.into()));
            }
            let (phone, nothing) = (phone.active()?, Uploaded::default());
            let mut response = answer(
                connection, &phone, &request, nothing, now, protocol, &offering,
            )?;
            response.wanted = asking.asking.next(connection, &phone)?;
            let dictionaries = request.dictionaries.clone().unwrap_or_default();
            Ok(Heard::Question(
                encoded(&response, &dictionaries)?,
                response.gone,
            ))
        };
        Ok((device, heard()))
    });
    let (device, heard) = read.await?;
    state.callers.admit(parts, device)?;
    let heard = heard?;
    if let Heard::Question(_, gone) = &heard {
        tell_gone(state, device, gone, now).await?;
    }
    Ok(heard)
}

fn protocol(request: &Request) -> Result<u32> {
    version::common(request.protocol)
        .ok_or_else(|| Error::refused(Code::ProtocolUnknown, "no protocol version in common"))
}

fn decoded(bytes: &[u8]) -> Result<Request> {
    frame::decode(bytes).map_err(|error| match error {
        FrameError::TooBig => Error::TooBig(Code::BodyTooBig),
        FrameError::Malformed => Error::Malformed(error.to_string()),
    })
}

fn encoded(response: &Response, dictionaries: &[u32]) -> Result<Vec<u8>> {
    frame::encode_for(response, Effort::Fast, dictionaries)
        .map_err(|error| Error::internal("encoding", error))
}

fn reply(bytes: Vec<u8>) -> Answer {
    let kind = HeaderValue::from_static(CONTENT_TYPE);
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}

/// The request, counted while it arrives.
async fn read(headers: &HeaderMap, mut body: Body, mut pace: Pace) -> Result<Vec<u8>> {
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
    Ok(bytes)
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
    pass: Pass,
    phone: Phone,
    upload: Upload,
    (epoch, cursors): (Option<Epoch>, Vec<Cursor>),
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
    let store = state.store.clone();
    let delivery = tokio::task::spawn_blocking(move || {
        // The signature first: a stranger's bytes do not reach the folder.
        let mut delivery = Delivery::check(phone, &upload, now)?.of_a_phone_at(epoch, cursors);
        let beyond = match upload.blobs.is_empty() {
            true => HashSet::new(),
            false => store.read_now(|connection| {
                let hashes = upload.blobs.iter().map(|blob| Hash::of(blob));
                blob::beyond_the_day(connection, device, now.plus_ms(-DAY_MS), hashes)
            })?,
        };
        for blob in &upload.blobs {
            // Beyond a day's share it is not acknowledged, and comes again with another upload; the changes are taken.
            if let Some(media) = media_of(blob).filter(|_| !beyond.contains(&Hash::of(blob))) {
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
    let (touched, crowded) = (receipt.touched.clone(), state.gate.is_crowded());
    drop(pass); // it is durable: whoever waits for merging stands in nobody's way
    if crowded {
        // nobody waits for it here; whoever is connected hears of it when it is done
        tokio::spawn(async move { state.merger.merge(touched).await });
    } else if tokio::time::timeout(PATIENCE, state.merger.merge(touched))
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
        repair: None,
        watermarks: None,
        wanted: None,
    })
}

fn answer(
    connection: &Connection,
    phone: &Phone,
    request: &Request,
    uploaded: Uploaded,
    now: Timestamp,
    protocol: u32,
    offering: &Offering,
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
    let mut repair = None;
    if let Some(asked) = &request.repair {
        let may_read = |partition: &Partition| readable.contains(partition);
        repair = Some(repair::answer(&Shelf(connection), &may_read, asked)?);
    }
    let (mut partitions, mut offers) = (Vec::new(), Vec::new());
    for partition in readable.iter().copied() {
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
        let whole = protocol >= version::V2026_11_25; // digests of before are without marks
        if whole && !other_life && cursor.is_none_or(|cursor| cursor.position == 0) {
            match offering.instead(connection, partition, epoch, request.packs.as_ref())? {
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
    // An answer that says something else anyway says this too; a quiet one stays small.
    let says_something = !partitions.is_empty() || uploaded.envelope.is_some() || repair.is_some();
    let marks = match says_something && !other_life {
        true => life::watermarks(connection, &readable)?,
        false => Vec::new(),
    };
    let watermarks = (!marks.is_empty()).then_some(marks);
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
            key: offering.key().to_vec().into(),
            offers,
        }),
        repair,
        watermarks,
        wanted: None,
    })
}
