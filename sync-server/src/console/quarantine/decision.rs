//! What a person decides about something in quarantine: it is judged once more and let in, or it stays out and is no
//! longer shown.

use super::{Item, QuarantineDecision, line, number};
use crate::{
    attribution,
    auth::scope::{self, Scope},
    error::{Error, Result},
    store::{
        Connection,
        log::{self, Book, Entry, Origin},
        params,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash, PersonId},
    reference::Person,
    sync::{
        admit::{Standing, admit},
        message::{AccessClass, ChangeResult, DocumentChanges, DocumentKind, Partition},
    },
    time::Timestamp,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Lets it in or leaves it out for good. Answers the document, which then has to be merged.
pub fn decide(
    connection: &Connection,
    asker: &Person,
    scope: &Scope,
    item: &Item,
    decision: &QuarantineDecision,
    now: Timestamp,
) -> Result<DocumentId> {
    let line = line(connection, asker, scope, item)?;
    if decision.reason.trim().is_empty() {
        return Err(Error::refused(Code::MissingReason, "a reason is needed"));
    }
    if decision.release && !line.may_release {
        return Err(Error::refused(line.code, "this is never let in"));
    }
    match item {
        Item::Brought(document, device, code) => {
            connection
                .prepare_cached(
                    "update evidence set decision = ?4, decided_at = ?5, decided_by = ?6, reason = ?7
                     where document = ?1 and device = ?2 and code = ?3 and decision is null",
                )?
                .execute(params![
                    document.0,
                    device.0,
                    code,
                    if decision.release { "released" } else { "dismissed" },
                    now.0,
                    asker.id.to_string(),
                    decision.reason
                ])?;
            if decision.release {
                let allowed = |partition: &Partition| {
                    scope.holds(&partition.grid) && scope::reads(asker.role, partition.class)
                };
                admit_again(connection, *document, *device, code, now, &allowed)?;
            }
        }
        Item::Document(document) if decision.release => {
            connection
                .prepare_cached(
                    "update document set quarantined = null, attempts = 0, revision = revision + 1 where id = ?1",
                )?
                .execute([document.0])?;
            connection
                .prepare_cached(
                    "update change set state = 'logged', quarantined = null where document = ?1 and state = 'quarantined'",
                )?
                .execute([document.0])?;
        }
        Item::Document(document) => {
            connection
                .prepare_cached(
                    "update change set dismissed = ?2 where document = ?1 and state = 'quarantined'",
                )?
                .execute(params![document.0, decision.reason])?;
            connection
                .prepare_cached("update document set dismissed = ?2 where id = ?1")?
                .execute(params![document.0, decision.reason])?;
        }
    }
    Ok(line.document)
}

struct Released {
    hash: Hash,
    bytes: Vec<u8>,
    origin: Origin,
}

/// Judges what was just released once more, as if the phone had the place that its supervisor has. All of it becomes
/// durable in the log, or nothing of it and the decision neither.
fn admit_again(
    connection: &Connection,
    document: DocumentId,
    device: DeviceId,
    code: &str,
    now: Timestamp,
    allowed: &dyn Fn(&Partition) -> bool,
) -> Result<()> {
    let mut groups: BTreeMap<u64, DocumentChanges> = BTreeMap::new();
    let mut released = Vec::new();
    let mut statement = connection.prepare_cached(
        "select hash, bytes, worker, kind, grid, class, incarnation from evidence
         where document = ?1 and device = ?2 and code = ?3 and decision = 'released' and decided_at = ?4
         order by received_at, hash",
    )?;
    type Kept = (
        [u8; 32],
        Vec<u8>,
        Uuid,
        Option<u16>,
        Option<Uuid>,
        Option<u8>,
        Option<u64>,
    );
    let rows: Vec<Kept> = statement
        .query_map(params![document.0, device.0, code, now.0], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
            ))
        })?
        .collect::<std::result::Result<_, _>>()?;
    for (hash, bytes, worker, kind, grid, class, incarnation) in rows {
        let (Some(kind), Some(grid), Some(class), Some(incarnation)) =
            (kind, grid, class, incarnation)
        else {
            return Err(Error::refused(
                Code::ChangeMalformed,
                "it was kept before its place was",
            ));
        };
        // it was never judged by anybody: not even the names in it
        let worker = PersonId(worker);
        if let Some(code) = attribution::in_another_name(&bytes, worker) {
            return Err(Error::refused(code, "it speaks for somebody else"));
        }
        let group = groups
            .entry(incarnation)
            .or_insert_with(|| DocumentChanges {
                document,
                kind: DocumentKind(kind),
                partition: Partition {
                    grid: GridId(grid),
                    class: AccessClass(class),
                },
                incarnation,
                changes: Vec::new(),
                author: None,
            });
        group.changes.push(bytes.clone().into());
        released.push(Released {
            hash: Hash(hash),
            bytes,
            origin: Origin {
                device,
                worker,
                // its author has let go of it: it comes to everybody with its bytes
                envelope: None,
                received_at: now,
                offered_by: None,
            },
        });
    }
    let groups: Vec<DocumentChanges> = groups.into_values().collect();
    let admission = admit(&Book(connection), device, allowed, &causes_first(groups))?;
    for judged in &admission.judged {
        if let ChangeResult::Refused { .. } = judged.result {
            let code = judged.result.code().unwrap_or(Code::Internal);
            return Err(Error::refused(code, "it cannot be let in as it is"));
        }
    }
    for judged in &admission.judged {
        let state = match judged.result {
            ChangeResult::Stored => "logged",
            ChangeResult::Held { .. } => "held",
            _ => continue,
        };
        let kept = released.iter().find(|kept| kept.hash == judged.hash);
        let (Some(kept), Some(header)) = (kept, &judged.header) else {
            continue;
        };
        log::catalogue(connection, judged.document, judged.kind, judged.partition)?;
        let entry = Entry {
            document,
            hash: judged.hash,
            actor: header.actor,
            seq: header.seq,
            bytes: &kept.bytes,
        };
        log::append(connection, &entry, state, &kept.origin)?;
    }
    for released in &admission.released {
        match released.standing {
            Standing::Refused(code) => log::turn_away(connection, &released.hash, code)?,
            Standing::Stored | Standing::Held => log::release(connection, &released.hash)?,
        }
    }
    Ok(())
}

/// Of one actor, in the order of its numbers: what arrived in one moment has no other.
fn causes_first(mut groups: Vec<DocumentChanges>) -> Vec<DocumentChanges> {
    for group in &mut groups {
        group.changes.sort_by_key(|bytes| number(bytes));
    }
    groups
}
