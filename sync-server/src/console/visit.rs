//! Visits by grid and by day. Coverage counts a household once, whoever knocked.

use super::{Result, id, people, range::Window};
use crate::{
    error::Error,
    store::{Connection, Row, params, person::parse},
};
use gridwalk_core::{
    household::{VisitKind, VisitOutcome},
    ids::{GridId, HouseholdId, VisitId},
    time::Timestamp,
};
use serde::Serialize;

/// Most visits in one answer; a longer list is an export.
const MOST: u32 = 2_000;

/// One visit in a list. No names of residents: the door is enough.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VisitLine {
    /// Which.
    pub id: VisitId,
    /// At whose door.
    pub household: HouseholdId,
    /// `听雨苑 3幢2单元502`
    pub door: String,
    /// Where.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// Who went.
    pub by_name: String,
    /// 走访类型
    pub kind: VisitKind,
    /// 结果
    pub outcome: VisitOutcome,
    /// When the worker stood at the door.
    pub started_at: Timestamp,
    /// When the phone wrote it down.
    pub recorded_at: Timestamp,
}

/// Visits of one grid, with the numbers behind every rate.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct GridVisits {
    /// Which grid.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// 户数, without those that are void
    pub households: u32,
    /// Different households of these with 见人 or 电话联系 in the window.
    pub reached: u32,
    /// All visits.
    pub visits: u32,
    /// 见人
    pub met: u32,
    /// 电话联系
    pub phoned: u32,
    /// 未遇
    pub not_home: u32,
    /// 拒访
    pub refused: u32,
    /// 搬离
    pub moved_out: u32,
    /// 门牌不符
    pub wrong_door: u32,
}

/// Visits that began in the window, newest first, at most 2,000.
pub fn list(connection: &Connection, window: &Window) -> Result<Vec<VisitLine>> {
    lines(connection, window, MOST)
}

/// All of them.
pub fn all(connection: &Connection, window: &Window) -> Result<Vec<VisitLine>> {
    lines(connection, window, u32::MAX)
}

fn lines(connection: &Connection, window: &Window, most: u32) -> Result<Vec<VisitLine>> {
    let people = people(connection)?;
    let mut statement = connection.prepare_cached(format!(
        "select visit.id, visit.household, building.estate, building.number, household.unit, household.room, visit.grid,
           grid.name, visit.by_person, visit.kind, visit.outcome, visit.started_at, visit.recorded_at
         from visit join household on household.id = visit.household left join building on building.id = household.building
         join grid on grid.id = visit.grid
         where visit.started_at >= ?1 and visit.started_at < ?2 and {}
         order by visit.started_at desc, visit.id limit ?3",
        window.grids.hold("visit.grid")
    ))?;
    let instant = |text: String| {
        text.parse()
            .map_err(|error| Error::internal("a stored instant", error))
    };
    let read = |row: &Row<'_>| {
        let part = |column: usize| {
            Ok::<_, Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default())
        };
        Ok(VisitLine {
            id: id(&row.get::<_, String>(0)?)?,
            household: id(&row.get::<_, String>(1)?)?,
            door: format!("{} {}{}{}", part(2)?, part(3)?, part(4)?, part(5)?),
            grid: id(&row.get::<_, String>(6)?)?,
            grid_name: row.get(7)?,
            by_name: people
                .get(&row.get::<_, String>(8)?)
                .cloned()
                .unwrap_or_default(),
            kind: parse(&row.get::<_, String>(9)?)?,
            outcome: parse(&row.get::<_, String>(10)?)?,
            started_at: instant(row.get(11)?)?,
            recorded_at: instant(row.get(12)?)?,
        })
    };
    statement
        .query_and_then(params![window.from, window.until, most], read)?
        .collect()
}

/// Every grid of the window with its numbers, by name.
pub fn by_grid(connection: &Connection, window: &Window) -> Result<Vec<GridVisits>> {
    let mut statement = connection.prepare_cached(format!(
        "select grid.id, grid.name, (select count(*) from household where household.grid = grid.id and household.void = 0),
           count(distinct case when outcome in ('met', 'phoned') and door.void = 0 then visit.household end), count(visit.id),
           count(case outcome when 'met' then 1 end), count(case outcome when 'phoned' then 1 end),
           count(case outcome when 'not_home' then 1 end), count(case outcome when 'refused' then 1 end),
           count(case outcome when 'moved_out' then 1 end), count(case outcome when 'wrong_door' then 1 end)
         from grid left join visit on visit.grid = grid.id and started_at >= ?1 and started_at < ?2
           left join household door on door.id = visit.household
         where exclusive = 0 and {} group by grid.id order by grid.code",
        window.grids.hold("grid.id")
    ))?;
    let read = |row: &Row<'_>| {
        Ok(GridVisits {
            grid: id(&row.get::<_, String>(0)?)?,
            grid_name: row.get(1)?,
            households: row.get(2)?,
            reached: row.get(3)?,
            visits: row.get(4)?,
            met: row.get(5)?,
            phoned: row.get(6)?,
            not_home: row.get(7)?,
            refused: row.get(8)?,
            moved_out: row.get(9)?,
            wrong_door: row.get(10)?,
        })
    };
    statement
        .query_and_then([&window.from, &window.until], read)?
        .collect()
}
