//! Visits to places: what was checked where, by day and grid, and what was found wanting.

use super::{Result, id, parsed, people, range::Window};
use crate::{
    error::Error,
    store::{Connection, Row, params, person::parse},
};
use gridwalk_core::{
    ids::{GridId, PlaceId, VisitId},
    place::{Answered, PlaceOutcome},
    time::Timestamp,
};
use serde::Serialize;

/// Most visits in one answer; a longer list is an export.
const MOST: u32 = 2_000;

/// One visit to a place in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PlaceVisitLine {
    /// Which.
    pub id: VisitId,
    /// Of which place.
    pub place: PlaceId,
    /// `小满便利店`
    pub place_name: String,
    /// 类型 code
    pub place_kind: String,
    /// Where.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// Who went.
    pub by_name: String,
    /// 结果
    pub outcome: PlaceOutcome,
    /// Items that were found wanting.
    pub failed: u32,
    /// What was found, item by item.
    pub answers: Vec<Answered>,
    /// 企业诉求
    pub request: Option<String>,
    /// 约定再访
    pub next_due: Option<String>,
    /// When the worker came.
    pub started_at: Timestamp,
    /// When the phone wrote it down.
    pub recorded_at: Timestamp,
}

/// Visits that began in the window, newest first, at most 2,000. Two people who checked one place are two lines.
pub fn list(connection: &Connection, window: &Window) -> Result<Vec<PlaceVisitLine>> {
    let people = people(connection)?;
    let mut statement = connection.prepare_cached(format!(
        "select v.id, v.place, place.name, place.kind, v.grid, grid.name, v.by_person, v.outcome, v.failed, v.answers, v.request,
           v.next_due, v.started_at, v.recorded_at
         from place_visit v join place on place.id = v.place join grid on grid.id = v.grid
         where v.started_at >= ?1 and v.started_at < ?2 and {}
         order by v.started_at desc, v.id limit ?3",
        window.grids.hold("v.grid")
    ))?;
    let instant = |text: String| {
        text.parse()
            .map_err(|error| Error::internal("a stored instant", error))
    };
    let read = |row: &Row<'_>| {
        Ok(PlaceVisitLine {
            id: id(&row.get::<_, String>(0)?)?,
            place: id(&row.get::<_, String>(1)?)?,
            place_name: row.get(2)?,
            place_kind: row.get(3)?,
            grid: id(&row.get::<_, String>(4)?)?,
            grid_name: row.get(5)?,
            by_name: people
                .get(&row.get::<_, String>(6)?)
                .cloned()
                .unwrap_or_default(),
            outcome: parse(&row.get::<_, String>(7)?)?,
            failed: row.get(8)?,
            answers: parsed(&row.get::<_, String>(9)?)?,
            request: row.get(10)?,
            next_due: row.get(11)?,
            started_at: instant(row.get(12)?)?,
            recorded_at: instant(row.get(13)?)?,
        })
    };
    statement
        .query_and_then(params![window.from, window.until, MOST], read)?
        .collect()
}
