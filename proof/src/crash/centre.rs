//! What a server still has after a cut: opened by its own code, its log read, and now and then merged to the end.

use super::{
    promised,
    script::Worked,
    stage::{self, Stage},
};
use crate::process::Outcome;
use gridwalk_core::ids::{DocumentId, Hash};
use gridwalk_crashvfs::{Image, Level, Point, mount};
use gridwalk_server::{AppState, store::Store};
use rusqlite::{Connection, OptionalExtension};
use std::{cell::Cell, collections::BTreeSet, path::Path};

/// Every so manieth server also merges what it has.
const MERGES_EVERY: u32 = 10;

/// One session's servers, looked at one after the other.
pub struct Looking<'a> {
    stage: &'a Stage,
    worked: &'a Worked,
    looked: Cell<u32>,
}

impl<'a> Looking<'a> {
    /// At that session.
    pub fn new(stage: &'a Stage, worked: &'a Worked) -> Self {
        Self {
            stage,
            worked,
            looked: Cell::new(0),
        }
    }

    /// An error says what is missing or broken.
    pub fn look(&self, point: &Point, image: Image) -> Outcome<()> {
        // A folder for each: the server's threads end when they like, and the last to go deletes the log by its name.
        let folder = tempfile::tempdir()?;
        let _disk = mount(folder.path(), image, Level::AsAsked);
        let file = stage::config(folder.path())?.database();
        let owed: BTreeSet<Hash> = promised(&self.worked.acknowledged, point)
            .iter()
            .flatten()
            .copied()
            .collect();
        let store = Store::open(&file, 8).map_err(|error| error.to_string())?;
        let db = Connection::open(&file)?;
        for hash in &owed {
            standing(&db, hash)?.ok_or_else(|| format!("missing: change {hash}"))?;
        }
        let sound: String = db.query_row("pragma integrity_check", [], |row| row.get(0))?;
        if sound != "ok" {
            return Err(format!("integrity: {sound}").into());
        }
        let gaps: i64 = db.query_row(
            "select count(*) from partition where tip <>
               (select count(*) from feed where feed.grid = partition.grid and feed.class = partition.class)",
            [],
            |row| row.get(0),
        )?;
        if gaps > 0 {
            return Err("a feed has gaps".into());
        }
        drop(store);
        let looked = self.looked.get();
        self.looked.set(looked + 1);
        if looked.is_multiple_of(MERGES_EVERY) {
            self.merges(folder.path(), &db, &owed)?;
        }
        Ok(())
    }

    /// A server that starts on this disk publishes everything that was acknowledged.
    fn merges(&self, folder: &Path, db: &Connection, owed: &BTreeSet<Hash>) -> Outcome<()> {
        let documents: Vec<DocumentId> = db
            .prepare("select distinct document from change where state = 'logged'")?
            .query_map([], |row| Ok(DocumentId(row.get(0)?)))?
            .collect::<Result<_, _>>()?;
        let config = stage::config(folder)?;
        let _inside = self.stage.runtime.enter();
        let state = AppState::open(config).map_err(|error| error.to_string())?;
        self.stage.runtime.block_on(state.merger.merge(documents));
        for hash in owed {
            match standing(db, hash)?.as_deref() {
                Some("published") => {}
                other => return Err(format!("change {hash} is {other:?} after merging").into()),
            }
        }
        Ok(())
    }
}

fn standing(db: &Connection, hash: &Hash) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("select state from change where hash = ?1")?
        .query_row([hash.0], |row| row.get(0))
        .optional()
}
