//! The registry is a cache of the log. Whatever happened to its rows, and to the snapshots, they are made again from the
//! changes that readers have been shown, in one transaction: who reads meanwhile sees the old rows or the new ones.

use crate::{
    error::{Error, Result},
    merge::{finished, load},
    store::{Connection, Store, document, registry},
};
use gridwalk_core::{ids::DocumentId, sync::envelope::change_hash};

/// What was done.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rebuilt {
    /// Documents made again from their changes.
    pub documents: usize,
    /// Documents whose changes do not merge any more, and why: their rows are missing until a person has looked.
    pub failed: Vec<(DocumentId, String)>,
}

/// Makes every projected row and every snapshot again.
pub async fn rebuild(store: &Store) -> Result<Rebuilt> {
    store.write(make_again).await
}

/// The same inside the caller's transaction.
pub fn make_again(connection: &Connection) -> Result<Rebuilt> {
    registry::clear_all(connection)?;
    let mut rebuilt = Rebuilt::default();
    for id in document::all_published(connection)? {
        match one(connection, id)? {
            Ok(merged) => {
                document::make_again(connection, &merged)?;
                rebuilt.documents += 1;
            }
            Err(reason) => rebuilt.failed.push((id, reason)),
        }
    }
    Ok(rebuilt)
}

/// A document from its log; the inner error is the document's own.
fn one(
    connection: &Connection,
    id: DocumentId,
) -> Result<std::result::Result<document::Merged, String>> {
    let Some(material) = document::published(connection, id)? else {
        return Err(Error::NotFound);
    };
    // The log is the truth only as long as its bytes are those that were acknowledged.
    for bytes in &material.published {
        if !material.positions.contains_key(&change_hash(bytes)) {
            return Ok(Err("a change in the log does not have its hash".into()));
        }
    }
    Ok(load(&material).and_then(|document| finished(document, &material, Vec::new())))
}
