//! What an erasure takes out of every table, and the list of what was erased.

use crate::{
    error::Result,
    store::{Connection, params},
};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    sync::message::DocumentKind,
    time::Timestamp,
};

/// Everything that a document has in the log, the evidence and the registry. Case numbers stay: they were told to somebody
/// and say nothing.
pub fn forget_rows(connection: &Connection, id: DocumentId) -> Result<()> {
    for statement in [
        "delete from change where document = ?1",
        "delete from evidence where document = ?1",
        "update document set snapshot = null, quarantined = null, attempts = 0, revision = revision + 1 where id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([id.0])?;
    }
    let id = id.to_string();
    for statement in [
        "delete from photo_awaited where hash in (select hash from photo where document = ?1)
           and hash not in (select hash from photo where document <> ?1)",
        "delete from household_field where household = ?1",
        "delete from form_answer where household = ?1",
        "delete from resident where household = ?1",
        "delete from visit where household = ?1",
        "delete from household where id = ?1",
        "delete from incident_event where incident = ?1",
        "delete from incident where id = ?1",
        "delete from checkpoint_hit where patrol = ?1",
        "delete from finding where patrol = ?1",
        "delete from patrol where id = ?1",
        "delete from photo where document = ?1",
        "delete from place_visit where place = ?1",
        "delete from place where id = ?1",
        "delete from proposal_answer where proposal in (select id from proposal where document = ?1)",
        "delete from proposal where document = ?1",
        "delete from worker_day where id = ?1",
        "delete from care_support where plan = ?1",
        "delete from care_open where plan = ?1",
        "delete from care_plan where id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([&id])?;
    }
    Ok(())
}

/// Photos, thumbnails and lines that only this document refers to: their rows go, their files are to be removed.
pub fn forget_blobs(connection: &Connection, id: DocumentId) -> Result<()> {
    let document = id.to_string();
    let names: Vec<String> = connection
        .prepare_cached(
            "select hash from photo where document = ?1
             union select thumbnail from photo where document = ?1 and thumbnail is not null",
        )?
        .query_map([&document], |row| row.get(0))?
        .collect::<std::result::Result<_, _>>()?;
    for name in names {
        let shared = connection
            .prepare_cached(
                "select 1 from photo where document <> ?2 and (hash = ?1 or thumbnail = ?1)",
            )?
            .exists(params![name, document])?;
        let Some(hash) = name.parse::<Hash>().ok().filter(|_| !shared) else {
            continue;
        };
        connection
            .prepare_cached("delete from blob where hash = ?1")?
            .execute([hash.0])?;
        connection
            .prepare_cached("insert into blob_removal (hash) values (?1) on conflict do nothing")?
            .execute([hash.0])?;
    }
    Ok(())
}

/// Files that are still to be removed.
pub fn blobs_to_remove(connection: &Connection) -> Result<Vec<Hash>> {
    // one that arrived again meanwhile, for another record, stays
    let mut statement = connection.prepare_cached(
        "select hash from blob_removal where hash not in (select hash from blob) order by hash",
    )?;
    let rows = statement.query_map([], |row| row.get(0).map(Hash))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// They are.
pub fn blobs_are_removed(connection: &Connection, hashes: &[Hash]) -> Result<()> {
    for hash in hashes {
        connection
            .prepare_cached("delete from blob_removal where hash = ?1")?
            .execute([hash.0])?;
    }
    Ok(())
}

/// Marks the document as erased, for ever, and writes down why.
pub fn keep(
    connection: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached("update document set erased_at = ?2 where id = ?1")?
        .execute(params![id.0, now.0])?;
    connection
        .prepare_cached(
            "insert into erasure (document, kind, erased_at, by_person, reason) values (?1, ?2, ?3, ?4, ?5)
             on conflict do nothing",
        )?
        .execute(params![id.0, kind.0, now.0, by, reason])?;
    Ok(())
}
