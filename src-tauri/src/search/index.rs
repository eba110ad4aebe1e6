//! The rows of `search_entry` in memory, and the reference rows that can be found. Read once, then only what is new.

use super::{
    entry::{COLUMNS, Entry, Kind, read},
    fold,
};
use crate::{error::Answer, reference};
use gridwalk_core::reference::{Announcement, Category, Page};
use rusqlite::Connection;
use std::collections::HashMap;
use uuid::Uuid;

/// A row of the reference data that can be found, under what its screen is asked for.
pub(super) struct Known {
    pub id: String,
    pub title: String,
    pub line: String,
    pub folded: String,
}

/// Everything that can be found, as of one state of the file.
#[derive(Default)]
pub(crate) struct Index {
    /// SQLite's own word for "nobody else has written since".
    version: Option<i64>,
    last: i64,
    pub(super) entries: Vec<Entry>,
    places: HashMap<(Uuid, Kind, Uuid), usize>,
    /// By code, with what it is found by.
    pub(super) categories: HashMap<String, (Category, String)>,
    pub(super) buildings: Vec<Known>,
    pub(super) checkpoints: Vec<Known>,
    /// Title and body, each in both languages.
    pub(super) pages: Vec<(Page, String)>,
    /// Title and text, also of those that are over; newest first.
    pub(super) announcements: Vec<(Announcement, String)>,
}

impl Index {
    /// Forgets all of it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Reads what was written since the last time.
    pub fn catch_up(&mut self, db: &Connection) -> Answer<()> {
        let version = db.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0))?;
        if self.version == Some(version) {
            return Ok(());
        }
        self.version = None; // until all of it was read
        self.read_new(db)?;
        let held: i64 = db.query_row("select count(*) from search_entry", [], |row| row.get(0))?;
        if usize::try_from(held) != Ok(self.entries.len()) {
            // something left; which is not written anywhere
            self.clear();
            self.read_new(db)?;
        }
        self.read_reference(db)?;
        self.version = Some(version);
        Ok(())
    }

    fn read_new(&mut self, db: &Connection) -> Answer<()> {
        let mut select = db.prepare_cached(&format!(
            "select {COLUMNS}, number from search_entry where number > ?1 order by number"
        ))?;
        let mut rows = select.query([self.last])?;
        while let Some(row) = rows.next()? {
            self.last = row.get(11)?;
            let Some(entry) = read(row)? else { continue };
            let key = (entry.document, entry.kind, entry.id);
            match self.places.get(&key) {
                Some(place) => self.entries[*place] = entry,
                None => {
                    self.places.insert(key, self.entries.len());
                    self.entries.push(entry);
                }
            }
        }
        Ok(())
    }

    fn read_reference(&mut self, db: &Connection) -> Answer<()> {
        let categories = reference::categories(db)?.into_iter();
        self.categories = categories
            .map(|row| {
                let mut folded = fold::named(&row.name_zh);
                folded.push('|');
                folded.push_str(&fold::plain(&row.name_en));
                (row.code.clone(), (row, folded))
            })
            .collect();
        let mut buildings = reference::buildings(db)?;
        buildings.sort_by_key(|row| row.walking_order);
        self.buildings = buildings
            .into_iter()
            .map(|row| {
                let title = format!("{} {}", row.estate, row.number);
                Known {
                    id: row.id.to_string(),
                    folded: fold::named(title.trim()),
                    title: title.trim().to_owned(),
                    line: String::new(),
                }
            })
            .collect();
        self.pages = reference::pages(db)?
            .into_iter()
            .map(|page| {
                let mut folded = fold::named(&page.title_zh);
                let texts = [&page.title_en, &page.body_zh, &page.body_en];
                for text in texts.into_iter().chain(&page.code) {
                    folded.push('|');
                    folded.push_str(&fold::plain(text));
                }
                (page, folded)
            })
            .collect();
        self.announcements = reference::announcements(db)?
            .into_iter()
            .map(|said| {
                let mut folded = fold::named(&said.title);
                for text in [&said.text, &said.office] {
                    folded.push('|');
                    folded.push_str(&fold::plain(text));
                }
                (said, folded)
            })
            .collect();
        let grids = reference::grids(db)?.into_iter();
        self.checkpoints = grids
            .flat_map(|grid| {
                let name = grid.name;
                grid.checkpoints.into_iter().map(move |point| Known {
                    id: point.id.to_string(),
                    folded: fold::named(&point.name),
                    title: point.name,
                    line: name.clone(),
                })
            })
            .collect();
        Ok(())
    }
}
