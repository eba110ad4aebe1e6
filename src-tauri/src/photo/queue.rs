//! What is known of each photo's way to the centre, for records and for the page of deliveries.

use super::voice;
use crate::{
    error::Answer,
    view::{PhotoState, Progress, Receipt, SyncItem, SyncItemKind},
};
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, Hash},
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// Where each photo of a document is on its way, by its hash.
pub(crate) fn states<'a>(
    db: &Connection,
    photos: impl IntoIterator<Item = &'a Hash>,
) -> Answer<BTreeMap<String, PhotoState>> {
    photos
        .into_iter()
        .map(|hash| Ok((hash.to_string(), state(db, hash)?)))
        .collect()
}

/// The same as receipts, for voice notes.
pub(crate) fn receipts<'a>(
    db: &Connection,
    voices: impl IntoIterator<Item = &'a Hash>,
) -> Answer<BTreeMap<String, Receipt>> {
    voices
        .into_iter()
        .map(|hash| Ok((hash.to_string(), receipt(state(db, hash)?))))
        .collect()
}

/// Where a photo is on its way. Those of colleagues are at the centre already.
fn state(db: &Connection, hash: &Hash) -> Answer<PhotoState> {
    type Row = (String, Option<String>, u64, u64, bool);
    let row: Option<Row> = db
        .prepare_cached(
            "select standing, code, sent, bytes, file is not null from photo where hash = ?1",
        )?
        .query_row([hash.0], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let Some((standing, code, sent, bytes, here)) = row else {
        return Ok(PhotoState::Arrived);
    };
    Ok(match standing.as_str() {
        "kept" => PhotoState::Pending,
        "waiting" if sent == 0 => PhotoState::Waiting,
        "waiting" => PhotoState::Sending {
            percent: (sent * 100 / bytes.max(1)).min(99) as u8,
        },
        "refused" => PhotoState::Failed {
            code: code
                .as_deref()
                .and_then(Code::parse)
                .unwrap_or(Code::ServerError),
        },
        _ if here => PhotoState::Arrived,
        _ => PhotoState::Cleared,
    })
}

/// The same as a receipt, beside those of records.
fn receipt(state: PhotoState) -> Receipt {
    match state {
        PhotoState::Pending | PhotoState::Waiting | PhotoState::Sending { .. } => Receipt::Local,
        PhotoState::Arrived | PhotoState::Cleared => Receipt::Centre,
        // the phone found it damaged; the centre never saw it
        PhotoState::Failed {
            code: code @ Code::PhotoTruncated,
        } => Receipt::Stuck { code },
        PhotoState::Failed { code } => Receipt::Refused { code },
    }
}

/// Photos and voice notes arrived of all that belong to a record, and bytes that have not left.
pub(crate) fn progress(db: &Connection) -> Answer<(Progress, Progress, u64)> {
    Ok(db.query_row(
        "select count(*) filter (where standing = 'stored' and stage <> ?1), count(*) filter (where stage <> ?1),
                count(*) filter (where standing = 'stored' and stage = ?1), count(*) filter (where stage = ?1),
                coalesce(sum(bytes - sent) filter (where standing = 'waiting'), 0)
         from photo where standing <> 'kept'",
        [voice::STAGE],
        |row| {
            let progress = |at: usize| -> rusqlite::Result<Progress> {
                Ok(Progress {
                    done: row.get(at)?,
                    total: row.get(at + 1)?,
                })
            };
            Ok((progress(0)?, progress(2)?, row.get(4)?))
        },
    )?)
}

/// Photos of the page: those that have not arrived, and those of the last days.
pub(crate) fn items(db: &Connection, since: Timestamp) -> Answer<Vec<SyncItem>> {
    let mut select = db.prepare_cached(
        "select hash, document, title, added_at, bytes, sent, turn is not null, stage from photo
         where standing <> 'kept' and (added_at >= ?1 or standing <> 'stored')",
    )?;
    type Row = (
        Hash,
        Option<DocumentId>,
        String,
        i64,
        f64,
        f64,
        bool,
        String,
    );
    let rows: Vec<Row> = select
        .query_map([since.0], |row| {
            Ok((
                Hash(row.get(0)?),
                row.get::<_, Option<_>>(1)?.map(DocumentId),
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(
            |(hash, document, title, at, bytes, sent, original, stage)| {
                let state = state(db, &hash)?;
                let receipt = receipt(state);
                Ok(SyncItem {
                    kind: match stage.as_str() {
                        voice::STAGE => SyncItemKind::Voice,
                        _ if original => SyncItemKind::Original,
                        _ => SyncItemKind::Photo,
                    },
                    id: hash.to_string(),
                    document: document.map(|document| document.to_string()),
                    title,
                    at: Timestamp(at),
                    bytes_sent: if receipt.arrived() { bytes } else { sent },
                    bytes_total: bytes,
                    photo_state: Some(state),
                    receipt,
                })
            },
        )
        .collect()
}
