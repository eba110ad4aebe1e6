//! What the centre took and has not judged: it holds a change until what that builds on comes. It is durable, so it counts as
//! arrived; but when it is turned away later, perhaps because what it waited for was, nobody tells the phone. So the phone
//! asks after it, once in each conversation, by offering it again.

use super::repair;
use crate::{documents::Identity, error::Answer};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    sync::apply::{Asked, Plan},
};
use rusqlite::Connection;

/// Its receipt said so.
pub(super) fn remember(db: &Connection, hash: &Hash) -> Answer<()> {
    db.prepare_cached("insert into held_change (hash) values (?1) on conflict do nothing")?
        .execute([hash.0])?;
    Ok(())
}

/// Once every feed has been read and nothing was left to send: offers what is still held and stands in no feed. Whether there
/// is any. The receipts come in an exchange that sends something, so a conversation asks once.
pub(super) fn ask_after(
    db: &Connection,
    who: &Identity,
    plan: &Plan,
    asked: &Asked,
) -> Answer<bool> {
    if plan.more || asked.upload.is_some() {
        return Ok(false);
    }
    let held: Vec<(Hash, DocumentId)> = db
        .prepare_cached(
            "select change.hash, change.document from held_change join change on change.hash = held_change.hash
             where change.own and change.standing = 'stored' and not exists
               (select 1 from placed where placed.hash = change.hash and placed.departed = 0)",
        )?
        .query_map([], |row| Ok((Hash(row.get(0)?), DocumentId(row.get(1)?))))?
        .collect::<Result<_, _>>()?;
    // whatever came of the others, it is known; of these the next receipt says it
    db.prepare_cached("delete from held_change")?.execute([])?;
    for (hash, document) in &held {
        repair::offer(db, who, *document, &[*hash])?;
    }
    Ok(!held.is_empty())
}
