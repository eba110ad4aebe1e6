//! The rows that search looks in, written with the projection that they come from.

use super::fold::{self, Door};
use crate::{
    database::{fact, set_fact},
    error::Answer,
    projection,
};
use gridwalk_core::{
    household::{FieldChange, FieldKey, HouseholdView},
    ids::DocumentId,
    incident::IncidentView,
    place::PlaceView,
};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use uuid::Uuid;

/// Grows whenever the rows below are made otherwise: then all are made again.
const MADE: u32 = 1;

/// What a row leads to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    Household,
    Case,
    Note,
    Place,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::Case => "case",
            Self::Note => "note",
            Self::Place => "place",
        }
    }
    fn of(word: &str) -> Option<Self> {
        [Self::Household, Self::Case, Self::Note, Self::Place]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// One thing that can be found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub kind: Kind,
    pub id: Uuid,
    pub document: Uuid,
    pub address: String,
    pub folded: String,
    pub title: String,
    pub line: String,
    pub plate: String,
    pub category: Option<String>,
    pub at: Option<i64>,
    pub rank: i64,
}

/// In the order in which [`read`] wants them.
pub(super) const COLUMNS: &str =
    "kind, id, document, address, folded, title, line, plate, category, at, rank";

/// None for a kind that a newer app wrote.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Option<Entry>> {
    let Some(kind) = Kind::of(row.get_ref(0)?.as_str()?) else {
        return Ok(None);
    };
    Ok(Some(Entry {
        kind,
        id: row.get(1)?,
        document: row.get(2)?,
        address: row.get(3)?,
        folded: row.get(4)?,
        title: row.get(5)?,
        line: row.get(6)?,
        plate: row.get(7)?,
        category: row.get(8)?,
        at: row.get(9)?,
        rank: row.get(10)?,
    }))
}

/// A household, and every note that was written about it.
pub(crate) fn household(db: &Connection, view: &HouseholdView, door: &Door<'_>) -> Answer<()> {
    let address = fold::address(door);
    let line = [
        door.building
            .map(|building| format!("{} {}", building.estate, building.number))
            .unwrap_or_default(),
        door.unit.to_owned(),
        door.room.to_owned(),
    ]
    .into_iter()
    .filter(|part| !part.trim().is_empty())
    .collect::<Vec<_>>()
    .join(" ");
    let order = door.building.map_or(i64::from(u32::MAX), |building| {
        i64::from(building.walking_order)
    });
    let floor = i64::from(projection::floor(door.room).unwrap_or(-99));
    let mut entries = Vec::new();
    // nobody is sent to a door that is none any more; what was written about it is found as before
    if !view.void {
        entries.push(Entry {
            kind: Kind::Household,
            id: view.id.0,
            document: view.id.0,
            address: address.clone(),
            folded: fold::person(door),
            title: door.name.to_owned(),
            line: line.clone(),
            plate: door.room.to_owned(),
            category: None,
            at: None,
            rank: order * 1000 - floor,
        });
    }
    let mut note = |id: Uuid, words: String, at: i64| {
        entries.push(Entry {
            kind: Kind::Note,
            id,
            document: view.id.0,
            address: address.clone(),
            folded: fold::plain(&words),
            title: words,
            line: line.clone(),
            plate: door.room.to_owned(),
            category: None,
            at: Some(at),
            rank: -at,
        });
    };
    for visit in &view.visits {
        let added = visit.amendments.iter().map(|amendment| &amendment.note);
        let words: Vec<&str> = visit
            .visit
            .note
            .iter()
            .chain(added)
            .map(String::as_str)
            .filter(|words| !words.trim().is_empty())
            .collect();
        if !words.is_empty() {
            note(visit.visit.id.0, words.join(" "), visit.visit.ended_at.0);
        }
    }
    let notes = view.fields.iter().find(|one| one.field == FieldKey::Notes);
    if let Some(last) = notes.and_then(|notes| notes.values.last())
        && let FieldChange::Notes(words) = &last.value
        && !words.trim().is_empty()
    {
        note(view.id.0, words.clone(), last.at.0);
    }
    write(db, view.id.into(), entries)
}

/// A case with everything that was said about it.
pub(crate) fn incident(db: &Connection, view: &IncidentView) -> Answer<()> {
    let created = &view.created;
    let mut folded = fold::plain(&created.description);
    for words in [created.local_no.as_str(), created.place.text.as_str()]
        .into_iter()
        .chain(view.events.iter().flat_map(|event| {
            let words = event.event.action.words();
            words.into_iter().map(|(_, words, _)| words)
        }))
    {
        folded.push('|');
        folded.push_str(&fold::plain(words));
    }
    let at = view.reported.recorded_at.0;
    let entry = Entry {
        kind: Kind::Case,
        id: created.id.0,
        document: created.id.0,
        address: fold::fold(&created.place.text),
        folded,
        title: created.description.clone(),
        line: created.place.text.clone(),
        plate: String::new(),
        category: Some(created.category.clone()),
        at: Some(at),
        rank: -at,
    };
    write(db, created.id.into(), vec![entry])
}

/// A place with everything that was written about it.
pub(crate) fn place(db: &Connection, view: &PlaceView) -> Answer<()> {
    let place = &view.created;
    let address = place.address.clone().unwrap_or_default();
    let mut folded = fold::named(&place.name);
    let said = view.visits.iter().flat_map(|seen| {
        let visit = &seen.visit;
        let answers = visit.answers.iter().filter_map(|given| given.note.as_ref());
        let added = seen.amendments.iter().map(|added| &added.note);
        visit
            .note
            .iter()
            .chain(&visit.request)
            .chain(answers)
            .chain(added)
    });
    for words in said {
        folded.push('|');
        folded.push_str(&fold::plain(words));
    }
    let last = view.visits.iter().map(|seen| seen.visit.ended_at.0).max();
    let entry = Entry {
        kind: Kind::Place,
        id: place.id.0,
        document: place.id.0,
        address: fold::fold(&address),
        folded,
        title: place.name.clone(),
        line: address,
        plate: String::new(),
        category: None,
        at: last,
        rank: last.map_or(0, |at| -at),
    };
    write(db, place.id.into(), vec![entry])
}

/// Only what changed is written: a door with a hundred notes is saved as fast as one without.
fn write(db: &Connection, document: DocumentId, entries: Vec<Entry>) -> Answer<()> {
    let mut before: HashMap<(Kind, Uuid), Entry> = db
        .prepare_cached(&format!(
            "select {COLUMNS} from search_entry where document = ?1"
        ))?
        .query_map([document.0], read)?
        .filter_map(Result::transpose)
        .map(|entry| entry.map(|entry| ((entry.kind, entry.id), entry)))
        .collect::<Result<_, _>>()?;
    for entry in entries {
        match before.remove(&(entry.kind, entry.id)) {
            Some(same) if same == entry => continue,
            Some(old) => remove(db, &old)?,
            None => {}
        }
        db.prepare_cached(&format!(
            "insert into search_entry ({COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             on conflict do nothing"
        ))?
        .execute((
            entry.kind.word(),
            entry.id,
            entry.document,
            &entry.address,
            &entry.folded,
            &entry.title,
            &entry.line,
            &entry.plate,
            &entry.category,
            entry.at,
            entry.rank,
        ))?;
    }
    before.values().try_for_each(|gone| remove(db, gone))
}

fn remove(db: &Connection, entry: &Entry) -> Answer<()> {
    db.prepare_cached("delete from search_entry where document = ?1 and kind = ?2 and id = ?3")?
        .execute((entry.document, entry.kind.word(), entry.id))?;
    Ok(())
}

/// What an older app stored is made findable, once.
pub(crate) fn make(db: &Connection) -> Answer<()> {
    if fact::<u32>(db, "search_made")? == Some(MADE) {
        return Ok(());
    }
    db.execute("delete from search_entry", [])?;
    projection::find_again(db)?;
    set_fact(db, "search_made", &MADE)
}
