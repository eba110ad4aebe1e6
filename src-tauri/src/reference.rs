//! Rows that the server owns: grids, buildings, colleagues, categories, plans, tasks … kept as the JSON they came in, so
//! that a newer server may say more than this app reads.

use crate::{error::Answer, projection};
use chrono::NaiveDate;
use gridwalk_core::{
    deadline::{self, Handling},
    form::{Campaign, FormTemplate},
    ids::{BuildingId, DepartmentId, DeviceId, GridId, IncidentId, PersonId, PlanId, ProposalId},
    incident::IncidentView,
    place::ChecklistName,
    proposal::ProposalAnswer,
    reference::{
        Announcement, Building, Calendar, Category, Checklist, Checkpoint, DeadlineRule,
        Department, Device, Grid, Page, Person, Plan, Seen, Task,
    },
    sync::message::ReferenceNews,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

fn all<T: DeserializeOwned>(db: &Connection, kind: &str) -> Answer<Vec<T>> {
    let mut select = db.prepare_cached("select json from reference where kind = ?1 order by id")?;
    let mut rows = select.query([kind])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        let json: String = row.get(0)?;
        match serde_json::from_str(&json) {
            Ok(value) => read.push(value),
            // a newer server's row that this app cannot read is skipped, not an error
            Err(error) => tracing::warn!(kind, %error, "a reference row is not understood"),
        }
    }
    Ok(read)
}

fn one<T: DeserializeOwned>(db: &Connection, kind: &str, id: &str) -> Answer<Option<T>> {
    let json: Option<String> = db
        .prepare_cached("select json from reference where kind = ?1 and id = ?2")?
        .query_row((kind, id), |row| row.get(0))
        .optional()?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

pub(crate) fn grids(db: &Connection) -> Answer<Vec<Grid>> {
    all(db, "grid")
}
pub(crate) fn grid(db: &Connection, id: GridId) -> Answer<Option<Grid>> {
    one(db, "grid", &id.to_string())
}
pub(crate) fn buildings(db: &Connection) -> Answer<Vec<Building>> {
    all(db, "building")
}
pub(crate) fn building(db: &Connection, id: BuildingId) -> Answer<Option<Building>> {
    one(db, "building", &id.to_string())
}
pub(crate) fn person(db: &Connection, id: PersonId) -> Answer<Option<Person>> {
    one(db, "person", &id.to_string())
}
pub(crate) fn department(db: &Connection, id: DepartmentId) -> Answer<Option<Department>> {
    one(db, "department", &id.to_string())
}
pub(crate) fn departments(db: &Connection) -> Answer<Vec<Department>> {
    all(db, "department")
}
pub(crate) fn categories(db: &Connection) -> Answer<Vec<Category>> {
    all(db, "category")
}
pub(crate) fn category(db: &Connection, code: &str) -> Answer<Option<Category>> {
    one(db, "category", code)
}
pub(crate) fn plans(db: &Connection) -> Answer<Vec<Plan>> {
    all(db, "plan")
}
pub(crate) fn plan(db: &Connection, id: PlanId) -> Answer<Option<Plan>> {
    one(db, "plan", &id.to_string())
}
pub(crate) fn tasks(db: &Connection) -> Answer<Vec<Task>> {
    all(db, "task")
}

/// The list that a visit names.
pub(crate) fn checklist(db: &Connection, name: &ChecklistName) -> Answer<Option<Checklist>> {
    one(db, "checklist", &format!("{}/{}", name.kind, name.version))
}
/// What is asked today at places of that kind.
pub(crate) fn checklist_for(db: &Connection, kind: &str) -> Answer<Option<Checklist>> {
    let mut lists: Vec<Checklist> = all(db, "checklist")?;
    lists.retain(|list| list.kind == kind);
    Ok(lists.into_iter().max_by_key(|list| list.version))
}

/// A form in the version that a response names.
pub(crate) fn form(db: &Connection, id: &str, version: u32) -> Answer<Option<FormTemplate>> {
    one(db, "form", &format!("{id}/{version}"))
}
/// Every form in every version.
pub(crate) fn forms(db: &Connection) -> Answer<Vec<FormTemplate>> {
    all(db, "form")
}
/// The rounds in this phone's grids, with their doors.
pub(crate) fn campaigns(db: &Connection) -> Answer<Vec<Campaign>> {
    all(db, "campaign")
}

/// What a worker looks up, in its order.
pub(crate) fn pages(db: &Connection) -> Answer<Vec<Page>> {
    let mut pages: Vec<Page> = all(db, "page")?;
    // duty items by their code, as the office's list has them; the rest in its order
    pages.sort_by(|a, b| {
        (a.kind, a.code.is_none(), &a.code, a.order).cmp(&(
            b.kind,
            b.code.is_none(),
            &b.code,
            b.order,
        ))
    });
    Ok(pages)
}
/// Newest first.
pub(crate) fn announcements(db: &Connection) -> Answer<Vec<Announcement>> {
    let mut said: Vec<Announcement> = all(db, "announcement")?;
    said.sort_by_key(|said| std::cmp::Reverse(said.at));
    Ok(said)
}

/// What the centre said to a proposal.
pub(crate) fn proposal_answer(db: &Connection, id: ProposalId) -> Answer<Option<ProposalAnswer>> {
    one(db, "proposal_answer", &id.to_string())
}

/// Devices that wrote in this phone's grids, with their certificates.
pub(crate) fn devices(db: &Connection) -> Answer<BTreeMap<DeviceId, Vec<u8>>> {
    let rows: Vec<Device> = all(db, "device")?;
    let known = rows.into_iter().filter_map(|row| {
        let certificate = hex::decode(&row.certificate).ok()?;
        Some((row.device, certificate))
    });
    Ok(known.collect())
}

/// Every checkpoint that the phone knows, of all its grids.
pub(crate) fn checkpoints(db: &Connection) -> Answer<Vec<Checkpoint>> {
    Ok(grids(db)?
        .into_iter()
        .flat_map(|grid| grid.checkpoints)
        .collect())
}

/// Offices that opened an incident, first first.
pub(crate) fn seen(db: &Connection, incident: IncidentId) -> Answer<Vec<Seen>> {
    let mut seen: Vec<Seen> = all(db, "seen")?;
    seen.retain(|seen| seen.incident == incident);
    seen.sort_by_key(|seen| seen.at);
    Ok(seen)
}

/// The rules of the handling clock, read once for a whole list.
pub(crate) struct Clockwork {
    rules: Vec<DeadlineRule>,
    calendar: Option<Calendar>,
}

impl Clockwork {
    pub fn read(db: &Connection) -> Answer<Self> {
        Ok(Self {
            rules: all(db, "deadline_rule")?,
            calendar: all(db, "calendar")?.pop(),
        })
    }

    /// The last working day before that one; the day before without a calendar.
    pub fn working_day_before(&self, day: NaiveDate) -> NaiveDate {
        match &self.calendar {
            Some(calendar) => deadline::working_day_before(day, calendar),
            None => day.pred_opt().unwrap_or(day),
        }
    }

    /// How the handling clock of an incident stands at `now`.
    pub fn handling(&self, view: &IncidentView, now: Timestamp) -> Option<Handling<'_>> {
        deadline::handling(view, &self.rules, self.calendar.as_ref()?, now)
    }
}

/// Stores rows that arrived. A building renames its doors for the search.
pub(crate) fn store(db: &Connection, news: &ReferenceNews) -> Answer<()> {
    let mut renamed = Vec::new();
    for row in &news.rows {
        match &row.json {
            Some(json) => db
                .prepare_cached(
                    "insert into reference (kind, id, json) values (?1, ?2, ?3)
                     on conflict (kind, id) do update set json = excluded.json",
                )?
                .execute((&row.kind, &row.id, json))?,
            None => db
                .prepare_cached("delete from reference where kind = ?1 and id = ?2")?
                .execute((&row.kind, &row.id))?,
        };
        if row.kind == "building"
            && let Ok(id) = row.id.parse()
        {
            renamed.push(id);
        }
    }
    projection::fold_buildings(db, &renamed)
}
