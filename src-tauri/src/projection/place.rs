//! A place's row of the list, with the day of its next visit.

use super::word;
use crate::{error::Answer, search};
use gridwalk_core::place::{self, PlaceView};
use rusqlite::{Connection, params};

pub(super) fn write(db: &Connection, view: &PlaceView) -> Answer<()> {
    let last = view.visits.iter().max_by_key(|seen| seen.visit.ended_at);
    db.prepare_cached(
        "insert into place (id, kind, name, address, last_visit_at, last_outcome, last_failed, due, view)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (id) do update set
           kind = excluded.kind, name = excluded.name, address = excluded.address,
           last_visit_at = excluded.last_visit_at, last_outcome = excluded.last_outcome,
           last_failed = excluded.last_failed, due = excluded.due, view = excluded.view",
    )?
    .execute(params![
        view.created.id.0,
        view.created.kind,
        view.created.name,
        view.created.address,
        last.map(|seen| seen.visit.ended_at.0),
        last.map(|seen| word(&seen.visit.outcome)).transpose()?,
        last.map_or(0, |seen| seen.visit.failed()),
        place::due(view).map(|day| day.to_string()),
        serde_json::to_string(view)?,
    ])?;
    search::place(db, view)
}
