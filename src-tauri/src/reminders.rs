//! 访: the doors whose last visit named a day for the next one, once that day has come. What the rule is (so many days after this
//! outcome) is settled when a visit is saved; here it meets the calendar, without a network.

use crate::{error::Answer, reference};
use chrono::NaiveDate;
use gridwalk_core::{
    household::VisitOutcome,
    ids::{BuildingId, GridId, HouseholdId, TaskId},
    reference::{Person, Task, TaskKind},
};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Due visits of these grids up to a day, without the doors that a task of the centre names already.
pub(crate) fn due(
    db: &Connection,
    worker: &Person,
    today: NaiveDate,
    assigned: &[Task],
) -> Answer<Vec<Task>> {
    let named: HashSet<HouseholdId> = assigned.iter().filter_map(|task| task.household).collect();
    let grids = worker.grids_on(today);
    let mut buildings = BTreeMap::new();
    let mut due = Vec::new();
    for row in rows(db, today)? {
        let (id, building, ..) = row;
        if named.contains(&id) {
            continue;
        }
        let grid = match buildings.get(&building) {
            Some(grid) => *grid,
            None => {
                let grid = reference::building(db, building)?.map(|building| building.grid);
                buildings.insert(building, grid);
                grid
            }
        };
        let Some(grid) = grid.filter(|grid| grids.contains(grid)) else {
            continue;
        };
        due.push(task(row, grid));
    }
    Ok(due)
}

/// The visit that is due at one door, whatever else sends somebody there.
pub(crate) fn of_door(
    db: &Connection,
    household: HouseholdId,
    today: NaiveDate,
) -> Answer<Option<Task>> {
    let mut due = rows(db, today)?.into_iter();
    let Some(row) = due.find(|(id, ..)| *id == household) else {
        return Ok(None);
    };
    let building = reference::building(db, row.1)?;
    Ok(building.map(|building| task(row, building.grid)))
}

fn task((id, _, day, outcome): Row, grid: GridId) -> Task {
    Task {
        id: id_of(id, day),
        grid,
        assignee: None,
        kind: match outcome {
            Some(VisitOutcome::NotHome) => TaskKind::Revisit,
            _ => TaskKind::Visit,
        },
        household: Some(id),
        incident: None,
        text: String::new(),
        place: None,
        due: day,
        time_hint: None,
    }
}

/// The same on every phone, and another one for every day: put off once is put off for that day.
fn id_of(household: HouseholdId, day: NaiveDate) -> TaskId {
    TaskId(Uuid::new_v5(&household.0, day.to_string().as_bytes()))
}

/// Doors whose day has come.
pub(crate) fn doors(db: &Connection, today: NaiveDate) -> Answer<HashSet<HouseholdId>> {
    Ok(rows(db, today)?.into_iter().map(|(id, ..)| id).collect())
}

type Row = (HouseholdId, BuildingId, NaiveDate, Option<VisitOutcome>);

/// Nobody is reminded of a door that is void, or that asked not to be visited until later.
fn rows(db: &Connection, today: NaiveDate) -> Answer<Vec<Row>> {
    let mut select = db.prepare_cached(
        "select id, building, next_due, last_outcome from household
         where next_due <= ?1 and void = 0 and coalesce(no_entry_until, '') < ?1
         order by next_due, id",
    )?;
    let mut rows = select.query([today.to_string()])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let (day, outcome): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        // a day that is none was written by nobody's app
        let Ok(day) = day.parse() else { continue };
        let outcome = outcome.map(serde_json::Value::String);
        due.push((
            HouseholdId(row.get(0)?),
            BuildingId(row.get(1)?),
            day,
            outcome.and_then(|outcome| serde_json::from_value(outcome).ok()),
        ));
    }
    Ok(due)
}
