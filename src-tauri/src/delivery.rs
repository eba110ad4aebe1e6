//! 送达情况: what has a receipt and what has not, counted from the receipts themselves.

use crate::{
    Phone,
    documents::{Edit, Noun},
    error::Answer,
    photo::{lane, queue, voice},
    reference, sync, today,
    view::{Progress, Receipt, SyncItem, SyncItemKind, SyncPage, SyncPhase, SyncState},
};
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, Hash, IncidentId},
    time::Timestamp,
};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Arrived records stay on the page this long.
const SHOWN_MS: i64 = 7 * 24 * 3_600_000;

impl Phone {
    /// The chip.
    pub fn sync_state(&self) -> Answer<SyncState> {
        let (phase, error) = self.phase();
        let clock_ahead_ms = self.clock_ahead_ms() as f64;
        self.database().read(|db| {
            let (records, stuck_records): (u32, u32) = db.query_row(
                "select count(distinct record) filter (where standing = 'waiting'),
                        count(distinct record) filter (where standing = 'refused') from edit",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let (photos, voices, stuck_photos): (u32, u32, u32) = db.query_row(
                "select count(*) filter (where standing = 'waiting' and stage <> ?1),
                        count(*) filter (where standing = 'waiting' and stage = ?1),
                        count(*) filter (where standing = 'refused') from photo",
                [voice::STAGE],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let stuck = stuck_records + stuck_photos;
            let last: Option<i64> = db.query_row(
                "select max(at) from (select max(arrived_at) as at from edit union all select max(arrived_at) from photo)",
                [],
                |row| row.get(0),
            )?;
            // the centre lost something: until both have compared, no receipt is worth anything
            let comparing = sync::is_comparing(db)?;
            Ok(SyncState {
                phase,
                waiting_records: records,
                waiting_photos: photos,
                waiting_voices: voices,
                stuck,
                // never said while anything behind it has no receipt
                all_delivered_at: last
                    .filter(|_| records + photos + voices + stuck == 0 && !comparing)
                    .map(Timestamp),
                error: error.filter(|_| phase != SyncPhase::Idle),
                clock_ahead_ms,
            })
        })
    }

    /// The honest page.
    pub fn sync_page(&self) -> Answer<SyncPage> {
        let state = self.sync_state()?;
        let (now, worker) = (self.now(), self.enrolment());
        let since = now.plus_ms(-SHOWN_MS);
        let (photos_for_wifi, voices_for_wifi) = lane::held_for_wifi(self)?;
        self.database().read(|db| {
            let mut items = records(db, since)?;
            let arrived = |item: &&SyncItem| item.receipt.arrived();
            let records = Progress {
                done: count(items.iter().filter(arrived)),
                total: count(items.iter()),
            };
            let bytes_of_records: f64 = items
                .iter()
                .filter(|item| !item.receipt.arrived())
                .map(|item| item.bytes_total)
                .sum();
            items.extend(queue::items(db, since)?);
            // what needs a person or waits comes first, oldest first; what arrived follows, newest first
            items.sort_by_key(|item| match item.receipt.arrived() {
                false => (false, !item.receipt.needs_a_person(), item.at.0),
                true => (true, false, -item.at.0),
            });
            let (photos, voices, bytes_of_photos) = queue::progress(db)?;
            let worker = worker.as_ref().map(|who| &who.identity.worker);
            Ok(SyncPage {
                state,
                news: today::news(db, now, worker)?,
                records,
                photos,
                voices,
                photos_for_wifi,
                voices_for_wifi,
                bytes_left: bytes_of_records + bytes_of_photos as f64,
                items,
            })
        })
    }

    /// What this phone recorded, and what of that has its receipt: for proofs that compare both sides as sets.
    pub fn holdings(&self) -> Answer<HeldAndArrived> {
        self.database().read(|db| {
            Ok(HeldAndArrived {
                recorded: holdings(db, "true")?,
                acknowledged: holdings(db, "standing = 'stored'")?,
            })
        })
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

/// Sets of ids and hashes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Holdings {
    /// 走访
    pub visits: BTreeSet<String>,
    /// 场所走访
    pub place_visits: BTreeSet<String>,
    /// 流转记录
    pub incident_events: BTreeSet<String>,
    /// 巡查
    pub patrols: BTreeSet<String>,
    /// 点位记录
    pub checkpoint_hits: BTreeSet<String>,
    /// 照片, their originals and 语音备注: everything of the photos' lane
    pub photos: BTreeSet<String>,
}

/// What a phone wrote and what the centre acknowledged.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct HeldAndArrived {
    /// Committed on this phone.
    pub recorded: Holdings,
    /// With a receipt of the centre.
    pub acknowledged: Holdings,
}

fn holdings(db: &Connection, which: &str) -> Answer<Holdings> {
    let items = |noun: Noun| -> Answer<BTreeSet<String>> {
        Ok(db
            .prepare_cached(&format!(
                "select item from edit where noun = ?1 and {which}"
            ))?
            .query_map([noun.word()], |row| row.get(0))?
            .collect::<Result<_, _>>()?)
    };
    let photos = db
        .prepare_cached(&format!(
            "select hash from photo where standing <> 'kept' and {which}"
        ))?
        .query_map([], |row| Ok(Hash(row.get(0)?).to_string()))?
        .collect::<Result<_, _>>()?;
    Ok(Holdings {
        visits: items(Noun::Visit)?,
        place_visits: items(Noun::PlaceVisit)?,
        incident_events: items(Noun::IncidentEvent)?,
        patrols: items(Noun::Patrol)?,
        checkpoint_hits: items(Noun::Hit)?,
        photos,
    })
}

pub(crate) fn receipt(standing: &str, code: Option<String>) -> Receipt {
    match standing {
        "waiting" => Receipt::Local,
        "refused" => Receipt::Refused {
            code: code
                .as_deref()
                .and_then(Code::parse)
                .unwrap_or(Code::ServerError),
        },
        _ => Receipt::Centre,
    }
}

/// The least delivered of this phone's edits of these nouns on a document (of one item, if given); none when this
/// phone made none.
pub(crate) fn receipt_of(
    db: &Connection,
    document: DocumentId,
    nouns: &[Noun],
    item: Option<&str>,
) -> Answer<Option<Receipt>> {
    let mut select = db.prepare_cached(
        "select noun, item, standing, code from edit where document = ?1 order by number",
    )?;
    let mut rows = select.query([document.0])?;
    let mut worst: Option<Receipt> = None;
    while let Some(row) = rows.next()? {
        let noun: String = row.get(0)?;
        let of: String = row.get(1)?;
        let asked = nouns.is_empty() || nouns.iter().any(|asked| asked.word() == noun);
        if asked && item.is_none_or(|item| item == of) {
            let standing: String = row.get(2)?;
            let this = receipt(&standing, row.get(3)?);
            worst = Some(worst.map_or(this.clone(), |worst| worst.worse(this)));
        }
    }
    Ok(worst)
}

/// The receipt of each own change of a document, by its hash.
pub(crate) fn receipts_by_change(
    db: &Connection,
    document: DocumentId,
) -> Answer<BTreeMap<String, Receipt>> {
    let mut select = db.prepare_cached(
        "select change, standing, code from edit where document = ?1 and change is not null",
    )?;
    let rows = select.query_map([document.0], |row| {
        let standing: String = row.get(1)?;
        Ok((
            Hash(row.get(0)?).to_string(),
            receipt(&standing, row.get(2)?),
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Edits of a document that the centre refused, with their codes; kept as they were handed in.
pub(crate) fn refused_edits(db: &Connection, document: DocumentId) -> Answer<Vec<(Edit, Code)>> {
    let rows: Vec<(String, Option<String>)> = db
        .prepare_cached(
            "select value, code from edit
             where document = ?1 and standing = 'refused' and value is not null order by number",
        )?
        .query_map([document.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(value, code)| {
            let code = code.as_deref().and_then(Code::parse);
            Ok((
                serde_json::from_str(&value)?,
                code.unwrap_or(Code::ServerError),
            ))
        })
        .collect()
}

/// One item per record: edits that a person made as one thing travel and are shown as one.
fn records(db: &Connection, since: Timestamp) -> Answer<Vec<SyncItem>> {
    let mut select = db.prepare_cached(
        "select record, noun, item, document, title, at, standing, code, bytes from edit
         where at >= ?1 or standing <> 'stored'
            or record in (select record from edit where standing <> 'stored') order by number",
    )?;
    let mut rows = select.query([since.0])?;
    let mut items: Vec<SyncItem> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let record: String = row.get(0)?;
        let noun: String = row.get(1)?;
        let standing: String = row.get(6)?;
        let bytes: f64 = row.get(8)?;
        let sent = if standing == "stored" { bytes } else { 0.0 };
        let this = receipt(&standing, row.get(7)?);
        let kind = match noun.as_str() {
            "visit" => SyncItemKind::Visit,
            "household_edit" => SyncItemKind::HouseholdEdit,
            "form" => SyncItemKind::Form,
            "incident" => SyncItemKind::Incident,
            "incident_event" => SyncItemKind::IncidentEvent,
            "task" | "worker_day" => SyncItemKind::Task,
            "care_plan" | "support" | "care_edit" => SyncItemKind::Care,
            "place_visit" | "place_edit" => SyncItemKind::Place,
            "work_log" => SyncItemKind::WorkLog,
            "visit_report" => SyncItemKind::VisitReport,
            "proposal" => SyncItemKind::Proposal,
            "announcement" => SyncItemKind::Announcement,
            _ => SyncItemKind::Patrol,
        };
        if let Some(place) = places.get(&record) {
            let item = &mut items[*place];
            if item.kind == SyncItemKind::Task && kind != SyncItemKind::Task {
                // a day of work begins with the first thing that was done in it, and is called by that
                item.kind = kind;
                item.id = row.get(2)?;
            }
            item.receipt = item.receipt.clone().worse(this);
            item.bytes_total += bytes;
            item.bytes_sent += sent;
            continue;
        }
        let document = DocumentId(row.get(3)?);
        let item: String = row.get(2)?;
        places.insert(record.clone(), items.len());
        items.push(SyncItem {
            id: match kind {
                SyncItemKind::Care | SyncItemKind::Place => record,
                SyncItemKind::Patrol | SyncItemKind::Incident => document.to_string(),
                _ => item,
            },
            kind,
            document: (!matches!(
                kind,
                SyncItemKind::Task
                    | SyncItemKind::WorkLog
                    | SyncItemKind::VisitReport
                    | SyncItemKind::Proposal
                    | SyncItemKind::Announcement
            ))
            .then(|| document.to_string()),
            title: row.get(4)?,
            at: Timestamp(row.get(5)?),
            receipt: this,
            bytes_sent: sent,
            bytes_total: bytes,
            photo_state: None,
        });
    }
    for item in &mut items {
        if item.kind == SyncItemKind::Incident
            && item.receipt == Receipt::Centre
            && let Ok(id) = item.id.parse()
        {
            item.receipt = seen_or(db, id, Receipt::Centre)?;
        }
    }
    Ok(items)
}

/// 部门已看, once somebody opened it; the receipt so far otherwise.
pub(crate) fn seen_or(db: &Connection, incident: IncidentId, receipt: Receipt) -> Answer<Receipt> {
    if !receipt.arrived() {
        return Ok(receipt);
    }
    let seen = reference::seen(db, incident)?.into_iter().next();
    Ok(seen.map_or(receipt, |seen| Receipt::Seen {
        office: seen.office,
        at: seen.at,
    }))
}
