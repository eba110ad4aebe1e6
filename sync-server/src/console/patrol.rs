//! Patrols as supervisors pull them: a line each, and one whole with its hits, findings and the line that was shared.

use super::{Result, id, parsed, people, range::Window, reference};
use crate::{
    auth::scope::Scope,
    blobs::Blobs,
    console::names,
    error::Error,
    store::{Connection, OptionalExtension, Row, person::parse},
};
use gridwalk_core::{
    ids::{GridId, PatrolId, PersonId},
    patrol::{PatrolKind, PatrolView},
    reference::{Grid, Plan},
    time::Timestamp,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// One patrol in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PatrolLine {
    /// Which.
    pub id: PatrolId,
    /// Where.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// 巡查类型
    pub kind: PatrolKind,
    /// The plan's name, if one was walked.
    pub plan_name: Option<String>,
    /// Who led it.
    pub leader: PersonId,
    /// Name of the leader.
    pub leader_name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; none while it runs or its end has not arrived.
    pub ended_at: Option<Timestamp>,
    /// Metres, for orientation.
    pub distance_m: Option<u32>,
    /// Planned checkpoints.
    pub checkpoints: u32,
    /// Different checkpoints reached.
    pub reached: u32,
    /// Findings.
    pub findings: u32,
    /// A simplified line was shared.
    pub line_shared: bool,
}

/// One patrol, whole.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct PatrolDetail {
    /// The line of the list.
    pub line: PatrolLine,
    /// What happened.
    pub view: PatrolView,
    /// The grid with its boundary and checkpoints.
    pub grid: Grid,
    /// Names of the people in it.
    pub people: BTreeMap<String, String>,
    /// `[lon, lat, ms since start]`, if a line was shared, has arrived and has not expired.
    pub shared_line: Option<Vec<[f64; 3]>>,
}

const COLUMNS: &str = "select patrol.id, patrol.grid, grid.name, patrol.kind, patrol.plan, leader, person.name, started_at,
  ended_at, distance_m, checkpoints, reached, findings, line is not null
  from patrol join grid on grid.id = patrol.grid left join person on person.id = patrol.leader";

/// Patrols that began in the window, newest first.
pub fn list(connection: &Connection, window: &Window) -> Result<Vec<PatrolLine>> {
    let plans = plans(connection)?;
    let mut statement = connection.prepare_cached(format!(
        "{COLUMNS} where started_at >= ?1 and started_at < ?2 and {}
         order by started_at desc, patrol.id",
        window.grids.hold("patrol.grid")
    ))?;
    statement
        .query_and_then([&window.from, &window.until], |row| line(row, &plans))?
        .collect()
}

/// One patrol, if the scope holds its grid.
pub fn detail(
    connection: &Connection,
    blobs: &Blobs,
    scope: &Scope,
    patrol: PatrolId,
    now: Timestamp,
) -> Result<PatrolDetail> {
    let plans = plans(connection)?;
    let line = connection
        .prepare_cached(format!("{COLUMNS} where patrol.id = ?1"))?
        .query_row([patrol.to_string()], |row| Ok(line(row, &plans)))
        .optional()?
        .transpose()?
        .filter(|line| scope.holds(&line.grid))
        .ok_or(Error::NotFound)?;
    let view: String = connection.query_row(
        "select view from patrol where id = ?1",
        [patrol.to_string()],
        |row| row.get(0),
    )?;
    let view: PatrolView = parsed(&view)?;
    let grid: String = connection.query_row(
        "select json from grid where id = ?1",
        [line.grid.to_string()],
        |row| row.get(0),
    )?;
    let shared = view.line.as_ref().filter(|line| line.expires_at > now);
    // A line that has not arrived yet is missing, not an error.
    let shared_line = shared
        .and_then(|line| blobs.get(&line.blob).ok())
        .and_then(|json| serde_json::from_slice(&json).ok());
    let mut people = people(connection)?;
    let amended = view.findings.iter().flat_map(|seen| &seen.amendments);
    let involved: Vec<String> = std::iter::once(view.leader)
        .chain(view.hits.iter().map(|hit| hit.by))
        .chain(view.findings.iter().map(|finding| finding.by))
        .chain(amended.map(|added| added.by))
        .map(|person| person.to_string())
        .collect();
    people.retain(|person, _| involved.contains(person));
    Ok(PatrolDetail {
        line,
        view,
        grid: parsed(&grid)?,
        people,
        shared_line,
    })
}

/// Names of checkpoints by id, of every grid.
pub fn checkpoints(connection: &Connection) -> Result<BTreeMap<String, String>> {
    let grids: Vec<Grid> = reference(connection, "grid")?;
    Ok(grids
        .into_iter()
        .flat_map(|grid| grid.checkpoints)
        .map(|point| (point.id.to_string(), point.name))
        .collect())
}

fn plans(connection: &Connection) -> Result<BTreeMap<String, String>> {
    let plans: Vec<Plan> = reference(connection, "plan")?;
    Ok(plans
        .into_iter()
        .map(|plan| (plan.id.to_string(), plan.name))
        .collect())
}

fn line(row: &Row<'_>, plans: &BTreeMap<String, String>) -> Result<PatrolLine> {
    let instant = |text: String| {
        text.parse()
            .map_err(|error| Error::internal("a stored instant", error))
    };
    let plan: Option<String> = row.get(4)?;
    Ok(PatrolLine {
        id: id(&row.get::<_, String>(0)?)?,
        grid: id(&row.get::<_, String>(1)?)?,
        grid_name: row.get(2)?,
        kind: parse(&row.get::<_, String>(3)?)?,
        plan_name: plan.and_then(|plan| plans.get(&plan).cloned()),
        leader: id(&row.get::<_, String>(5)?)?,
        leader_name: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        started_at: instant(row.get(7)?)?,
        ended_at: row.get::<_, Option<String>>(8)?.map(instant).transpose()?,
        distance_m: row.get(9)?,
        checkpoints: row.get(10)?,
        reached: row.get(11)?,
        findings: row.get(12)?,
        line_shared: row.get(13)?,
    })
}

/// Grid names by id.
pub fn grid_names(connection: &Connection) -> Result<BTreeMap<String, String>> {
    names(connection, "select id, name from grid")
}
