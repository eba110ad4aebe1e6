//! Incidents as the desk works through them: a queue by urgency and time left, and one whole with its timeline.

use super::{Clocks, Result, clocks, departments, id, parsed, people, range::Grids, reference};
use crate::{
    auth::scope::Scope,
    error::Error,
    store::{
        Connection, OptionalExtension, Row, params,
        person::{self, parse},
    },
};
use chrono::NaiveDate;
use gridwalk_core::{
    act::Role,
    deadline::handling,
    error::Code,
    ids::{DepartmentId, GridId, Hash, IncidentId},
    incident::{IncidentState, IncidentView, Severity, SourceChannel},
    reference::{Category, Grid, Person},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most incidents in one answer.
const MOST: u32 = 1_000;

/// What of the queue is wanted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only in this state; otherwise all that are still open, and those of which an owner is still asked for.
    pub state: Option<IncidentState>,
    /// Only in this grid.
    pub grid: Option<GridId>,
    /// Ended ones too.
    #[serde(default)]
    pub ended: bool,
}

/// One incident in the queue.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct IncidentLine {
    /// Which.
    pub id: IncidentId,
    /// 案件编号, given by the centre.
    pub case_no: Option<String>,
    /// 本地编号
    pub local_no: String,
    /// Where.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// 来源
    pub source: SourceChannel,
    /// Category code.
    pub category: String,
    /// Its name in Chinese.
    pub category_zh: String,
    /// Its name in English.
    pub category_en: String,
    /// How urgent.
    pub severity: Severity,
    /// Stage.
    pub state: IncidentState,
    /// Where, in words.
    pub place: String,
    /// What.
    pub description: String,
    /// When the phone wrote it down.
    pub reported_at: Timestamp,
    /// When the centre got it: lateness is information about the network, never about a person.
    pub received_at: Timestamp,
    /// 主办
    pub owner: Option<DepartmentId>,
    /// Name of the owner.
    pub owner_name: Option<String>,
    /// When handling is due; only once dispatched and while open.
    pub due: Option<Timestamp>,
    /// Milliseconds of running clock left; negative when overdue.
    pub left_ms: Option<f64>,
    /// Photos on it.
    pub photos: u32,
    /// The day on which somebody looks after its steps again ([`IncidentView::follow_day`]), also of a case that was closed.
    pub follow_day: Option<NaiveDate>,
}

/// One incident, whole.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct IncidentDetail {
    /// The line of the queue.
    pub line: IncidentLine,
    /// What happened.
    pub view: IncidentView,
    /// The grid with its boundary.
    pub grid: Grid,
    /// Names of the people in it.
    pub people: BTreeMap<String, String>,
    /// Names of departments.
    pub departments: BTreeMap<String, String>,
    /// The department that the category table proposes.
    pub proposed: Option<DepartmentId>,
    /// Who may check it: checkers, and the workers and leads of its grid, without those who handled it.
    pub checkers: Vec<Person>,
}

/// Whether an incident that this department handles, helps with or was called to shows this photo or thumbnail.
pub fn shows(
    connection: &Connection,
    hash: &Hash,
    department: Option<DepartmentId>,
) -> Result<bool> {
    let department = department.map(|id| id.to_string());
    let shown = connection.prepare_cached(
        "select exists (select 1 from photo join incident on incident.id = photo.document
         where (hash = ?1 or thumbnail = ?1) and (owner = ?2
           or exists (select 1 from incident_department where incident = incident.id and department = ?2)))",
    )?.query_row(params![hash.to_string(), department], |row| row.get(0))?;
    Ok(shown)
}

const COLUMNS: &str = "select incident.id, case_no, local_no, incident.grid, grid.name, source, incident.category,
  category.name_zh, category.name_en, severity, state, place, description, reported_at, received_at, owner,
  case when state in ('dispatched', 'handling', 'suspended') then incident.view end, (select count(*) from photo where document = incident.id and photo.kind = 'incident'), follow_day
  from incident join grid on grid.id = incident.grid left join category on category.code = incident.category";

/// The queue: most urgent first, then least time left, then oldest.
pub fn list(
    connection: &Connection,
    filter: &Filter,
    grids: &Grids,
    department: Option<DepartmentId>,
    now: Timestamp,
) -> Result<Vec<IncidentLine>> {
    let clocks = clocks(connection)?;
    let departments = departments(connection)?;
    let mut statement = connection.prepare_cached(format!(
        "{COLUMNS} where (cast(?1 as text) is null or state = ?1)
         and (cast(?1 as text) is not null or ?2 = 1 or follow_day is not null or state not in ('closed', 'evaluated', 'merged', 'not_filed', 'cancelled', 'draft'))
         and (cast(?3 as text) is null or owner = ?3 or exists
           (select 1 from incident_department where incident = incident.id and department = ?3))
         and {} order by severity, reported_at desc limit ?4",
        grids.hold("incident.grid")
    ))?;
    let state = filter.state.map(|state| person::word(&state)).transpose()?;
    let department = department.map(|id| id.to_string());
    let mut lines = statement
        .query_and_then(params![state, filter.ended, department, MOST], |row| {
            line(row, &departments, clocks.as_ref(), now)
        })?
        .collect::<Result<Vec<_>>>()?;
    lines.sort_by(|a, b| {
        let left = |line: &IncidentLine| line.left_ms.unwrap_or(f64::INFINITY);
        (a.severity, left(a))
            .partial_cmp(&(b.severity, left(b)))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Ok(lines)
}

/// One incident, if the scope holds its grid and, for a handler, if the department has it.
pub fn detail(
    connection: &Connection,
    asker: &Person,
    scope: &Scope,
    incident: IncidentId,
    now: Timestamp,
) -> Result<IncidentDetail> {
    let all = departments(connection)?;
    let clocks = clocks(connection)?;
    let line = connection
        .prepare_cached(format!("{COLUMNS} where incident.id = ?1"))?
        .query_row([incident.to_string()], |row| {
            Ok(line(row, &all, clocks.as_ref(), now))
        })
        .optional()?
        .transpose()?
        .filter(|line| scope.holds(&line.grid))
        .ok_or(Error::NotFound)?;
    let view: String = connection.query_row(
        "select view from incident where id = ?1",
        [incident.to_string()],
        |row| row.get(0),
    )?;
    let view: IncidentView = parsed(&view)?;
    let theirs = |department: &DepartmentId| {
        view.owner == Some(*department) || view.departments().contains(department)
    };
    if asker.role == Role::Handler && !asker.department.as_ref().is_some_and(theirs) {
        return Err(Error::NotFound);
    }
    let grid: String = connection.query_row(
        "select json from grid where id = ?1",
        [line.grid.to_string()],
        |row| row.get(0),
    )?;
    let mut people = people(connection)?;
    let involved: Vec<String> = std::iter::once(view.reported.by)
        .chain(view.events.iter().map(|event| event.event.act.by))
        .chain(view.checker)
        .map(|person| person.to_string())
        .collect();
    people.retain(|person, _| involved.contains(person));
    let categories: Vec<Category> = reference(connection, "category")?;
    let proposed = categories
        .into_iter()
        .find(|c| c.code == line.category)
        .and_then(|category| category.department);
    let checkers = checkers(connection, &line.grid, &view)?;
    Ok(IncidentDetail {
        line,
        view,
        grid: parsed(&grid)?,
        people,
        departments: all,
        proposed,
        checkers,
    })
}

fn checkers(connection: &Connection, grid: &GridId, view: &IncidentView) -> Result<Vec<Person>> {
    use gridwalk_core::incident::IncidentAction;
    let handled: Vec<_> = view
        .events
        .iter()
        .filter(|event| {
            matches!(
                event.event.action,
                IncidentAction::Feedback { .. } | IncidentAction::SelfHandle { .. }
            )
        })
        .map(|event| event.event.act.by)
        .collect();
    let mut statement = connection.prepare_cached(
        "select id from person where role = 'checker'
           or role in ('worker', 'lead') and id in (select person from person_grid where grid = ?1)
         order by role, name",
    )?;
    let ids = statement.query_map([grid.to_string()], |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for text in ids {
        let person = person::by_id(connection, id(&text?)?)?.ok_or(Error::NotFound)?;
        if !handled.contains(&person.id) {
            found.push(person);
        }
    }
    Ok(found)
}

fn line(
    row: &Row<'_>,
    departments: &BTreeMap<String, String>,
    clocks: Option<&Clocks>,
    now: Timestamp,
) -> Result<IncidentLine> {
    let instant = |text: String| -> Result<Timestamp> {
        text.parse()
            .map_err(|error| Error::internal("a stored instant", error))
    };
    let category: String = row.get(6)?;
    let severity =
        Severity::new(row.get(9)?).map_err(|code| Error::internal("a severity", code))?;
    let state: IncidentState = parse(&row.get::<_, String>(10)?)?;
    let owner: Option<String> = row.get(15)?;
    let in_hand: Option<IncidentView> = row
        .get::<_, Option<String>>(16)?
        .map(|view| parsed(&view))
        .transpose()?;
    let clock = clocks.zip(in_hand).and_then(|(clocks, view)| {
        handling(&view, &clocks.rules, &clocks.calendar, now)
            .map(|clock| (clock.due, clock.left_ms as f64))
    });
    let (due, left_ms) = clock.unzip();
    let day: Option<String> = row.get(18)?;
    Ok(IncidentLine {
        id: id(&row.get::<_, String>(0)?)?,
        case_no: row.get(1)?,
        local_no: row.get(2)?,
        grid: id(&row.get::<_, String>(3)?)?,
        grid_name: row.get(4)?,
        source: parse(&row.get::<_, String>(5)?)?,
        category_zh: row
            .get::<_, Option<String>>(7)?
            .unwrap_or_else(|| category.clone()),
        category_en: row
            .get::<_, Option<String>>(8)?
            .unwrap_or_else(|| category.clone()),
        category,
        severity,
        state,
        place: row.get(11)?,
        description: row.get(12)?,
        reported_at: instant(row.get(13)?)?,
        received_at: instant(row.get(14)?)?,
        owner_name: owner.as_ref().and_then(|id| departments.get(id).cloned()),
        owner: owner.map(|text| id(&text)).transpose()?,
        due,
        left_ms,
        photos: row.get(17)?,
        follow_day: day
            .map(|day| {
                day.parse()
                    .map_err(|error| Error::internal("a stored day", error))
            })
            .transpose()?,
    })
}

/// Whether one incident can go on as another: that one is open and within the scope.
pub fn may_go_on_as(connection: &Connection, scope: &Scope, into: IncidentId) -> Result<()> {
    let found: Option<(String, String)> = connection
        .prepare_cached("select grid, state from incident where id = ?1")?
        .query_row([into.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (grid, state) = found.ok_or(Error::NotFound)?;
    if !scope.holds(&id(&grid)?) {
        return Err(Error::NotFound);
    }
    let state: IncidentState = parse(&state)?;
    match state == IncidentState::Draft || state.ended() {
        true => Err(Error::refused(
            Code::MergeIntoEnded,
            "the other incident is not open",
        )),
        false => Ok(()),
    }
}
