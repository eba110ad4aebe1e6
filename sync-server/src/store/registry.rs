//! Writes what `core::registry` projects from a merged document into the registry tables. Whole documents at a time:
//! what was there of this document goes, what is true now comes, in the transaction that publishes it.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, awaited, next_count, params, person::word},
};
use gridwalk_core::{
    care::{self, CareView, ConsentView, NeedState},
    household::HouseholdView,
    ids::{DocumentId, GridId, Hash},
    incident::{Applied, IncidentState, IncidentView},
    patrol::{HitState, PatrolView},
    photo::{Original, Photo},
    place::PlaceView,
    registry::Projection,
    time::Timestamp,
    voice::VoiceNote,
    worker_day::WorkerDayView,
};
use serde::Serialize;
use std::collections::HashSet;

/// What the rows need besides the document.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Where the catalogue has the document.
    pub grid: GridId,
    /// When the centre first heard of it.
    pub received_at: Timestamp,
}

/// Every table whose rows are projected from documents, those that hang on others first.
pub const PROJECTED: [&str; 20] = [
    "form_answer",
    "household_field",
    "resident",
    "visit",
    "household",
    "incident_event",
    "incident_department",
    "incident_step",
    "incident",
    "checkpoint_hit",
    "finding",
    "patrol",
    "photo",
    "place_visit",
    "place",
    "proposal",
    "worker_day",
    "care_support",
    "care_open",
    "care_plan",
];

/// Throws all projected rows away; who does that makes them again in the same transaction.
pub fn clear_all(connection: &Connection) -> Result<()> {
    for table in PROJECTED {
        connection.execute_batch(&format!("delete from {table}"))?;
    }
    Ok(())
}

/// Replaces the rows of one document.
pub fn write(
    connection: &Connection,
    document: DocumentId,
    projection: &Projection,
    facts: Facts,
) -> Result<()> {
    match projection {
        Projection::Household(view) => household(connection, view, facts),
        Projection::Incident(view) => incident(connection, view, facts),
        Projection::Patrol(view) => patrol(connection, view, facts),
        Projection::Place(view) => write_place(connection, view, facts),
        Projection::WorkerDay(view) => worker_day(connection, document, view, facts),
        Projection::Care(view) => care_plan(connection, view, facts),
        Projection::Unknown => Ok(()),
    }
}

fn household(connection: &Connection, view: &HouseholdView, facts: Facts) -> Result<()> {
    let (id, grid) = (view.id.to_string(), facts.grid.to_string());
    let last = view.visits.first();
    let conflicts = view
        .fields
        .iter()
        .filter(|field| field.values.len() > 1)
        .count();
    connection
        .prepare_cached(
            "insert into household (id, grid, building, unit, room, no_entry_until, last_visit_at, last_outcome, visits, conflicts, view, void, part_of)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             on conflict (id) do update set grid = excluded.grid, no_entry_until = excluded.no_entry_until,
               last_visit_at = excluded.last_visit_at, last_outcome = excluded.last_outcome, visits = excluded.visits,
               conflicts = excluded.conflicts, view = excluded.view, void = excluded.void, part_of = excluded.part_of",
        )?
        .execute(params![
            id,
            grid,
            view.building.to_string(),
            view.unit,
            view.room,
            view.no_entry_until.map(|day| day.to_string()),
            last.map(|visit| visit.visit.started_at.to_string()),
            last.map(|visit| word(&visit.visit.outcome)).transpose()?,
            view.visits.len(),
            conflicts,
            json(view)?,
            view.void,
            view.part_of.map(|whole| whole.to_string())
        ])?;
    clear(
        connection,
        "delete from household_field where household = ?1",
        &id,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into household_field (household, field, value, by_person, at, confirmed_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for field in &view.fields {
        for value in &field.values {
            let change = serde_json::to_value(&value.value)
                .map_err(|error| Error::internal("a field", error))?;
            insert.execute(params![
                id,
                word(&field.field)?,
                change
                    .get("value")
                    .unwrap_or(&serde_json::Value::Null)
                    .to_string(),
                value.by.to_string(),
                value.at.to_string(),
                value.confirmed_at.map(|at| at.to_string())
            ])?;
        }
    }
    form_answers(connection, view, &id, &grid)?;
    clear(connection, "delete from resident where household = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into resident (id, household, display_name, birth_year, relation, since) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (id) do nothing",
    )?;
    for member in &view.members {
        insert.execute(params![
            member.member.id.to_string(),
            id,
            member.member.display_name,
            member.member.birth_year,
            member.member.relation,
            member.since.to_string()
        ])?;
    }
    clear(connection, "delete from visit where household = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into visit (id, household, grid, by_person, kind, outcome, started_at, ended_at, recorded_at, note,
           persons_met, next_due, task, amendments)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         on conflict (id) do nothing",
    )?;
    for seen in &view.visits {
        let visit = &seen.visit;
        insert.execute(params![
            visit.id.to_string(),
            id,
            grid,
            seen.by.to_string(),
            word(&visit.kind)?,
            word(&visit.outcome)?,
            visit.started_at.to_string(),
            visit.ended_at.to_string(),
            seen.recorded_at.to_string(),
            visit.note,
            visit.persons_met,
            visit.next_due.map(|day| day.to_string()),
            visit.task.map(|task| task.to_string()),
            json(&seen.amendments)?
        ])?;
    }
    clear(connection, "delete from photo where document = ?1", &id)?;
    for voice in view
        .visits
        .iter()
        .filter_map(|seen| seen.visit.voice.as_ref())
    {
        write_voice(connection, voice, &id, "visit_voice", &grid)?;
    }
    Ok(())
}

fn form_answers(connection: &Connection, view: &HouseholdView, id: &str, grid: &str) -> Result<()> {
    clear(
        connection,
        "delete from form_answer where household = ?1",
        id,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into form_answer (household, grid, form, version, round, field, value, unchanged, as_of, by_person,
           recorded_at, differs)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for answered in &view.forms {
        let form = &answered.form;
        for answer in &answered.answers {
            for given in &answer.values {
                insert.execute(params![
                    id,
                    grid,
                    form.id,
                    form.version,
                    form.round,
                    answer.column,
                    json(&given.value)?,
                    given.unchanged,
                    given.as_of.to_string(),
                    given.by.to_string(),
                    given.at.to_string(),
                    answer.values.len() > 1
                ])?;
            }
        }
    }
    Ok(())
}

fn incident(connection: &Connection, view: &IncidentView, facts: Facts) -> Result<()> {
    let created = &view.created;
    let (id, grid) = (created.id.to_string(), facts.grid.to_string());
    let position = created.place.position;
    let (patrol, finding) = created.finding.unzip();
    connection
        .prepare_cached(
            "insert into incident (id, grid, local_no, case_no, source, category, severity, state, place, lon, lat, household,
               description, reported_by, reported_at, received_at, owner, dispatched_at, ended_at, rework_count, patrol, finding, view, follow_day)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)
             on conflict (id) do update set grid = excluded.grid, case_no = excluded.case_no, category = excluded.category,
               severity = excluded.severity, state = excluded.state, owner = excluded.owner, dispatched_at = excluded.dispatched_at,
               ended_at = excluded.ended_at, rework_count = excluded.rework_count, view = excluded.view,
               follow_day = excluded.follow_day",
        )?
        .execute(params![
            id,
            grid,
            created.local_no,
            case_no(connection, &id, view.state, facts)?,
            word(&created.source)?,
            created.category,
            view.severity.level(),
            word(&view.state)?,
            created.place.text,
            position.map(|at| at.lon),
            position.map(|at| at.lat),
            created.place.household.map(|id| id.to_string()),
            created.description,
            view.reported.by.to_string(),
            view.reported.recorded_at.to_string(),
            facts.received_at.to_string(),
            view.owner.map(|id| id.to_string()),
            view.dispatched_at.map(|at| at.to_string()),
            view.ended_at.map(|at| at.to_string()),
            view.rework_count,
            patrol.map(|id| id.to_string()),
            finding.map(|id| id.to_string()),
            json(view)?,
            view.follow_day().map(|day| day.to_string())
        ])?;
    clear(
        connection,
        "delete from incident_department where incident = ?1",
        &id,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into incident_department (incident, department) values (?1, ?2) on conflict do nothing",
    )?;
    for department in view.departments() {
        insert.execute([&id, &department.to_string()])?;
    }
    write_steps(connection, &id, view)?;
    clear(
        connection,
        "delete from incident_event where incident = ?1",
        &id,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into incident_event (id, incident, number, type, by_person, role, recorded_at, applied, because, state_after, action)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         on conflict (id) do nothing",
    )?;
    for (number, seen) in view.events.iter().enumerate() {
        let action = serde_json::to_value(&seen.event.action)
            .map_err(|error| Error::internal("an action", error))?;
        let (applied, because, state) = match &seen.applied {
            Applied::Yes { state } => (true, None, Some(word(state)?)),
            Applied::No { because } => (false, Some(because.as_str()), None),
        };
        insert.execute(params![
            seen.event.id.to_string(),
            id,
            number + 1,
            action
                .get("type")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default(),
            seen.event.act.by.to_string(),
            word(&seen.event.act.role)?,
            seen.event.act.recorded_at.to_string(),
            applied,
            because,
            state,
            action.to_string()
        ])?;
    }
    clear(connection, "delete from photo where document = ?1", &id)?;
    for photo in &view.photos {
        write_photo(connection, photo, &id, "incident", &grid)?;
        if let Some(original) = &photo.original {
            write_original(connection, photo, original, &id, &grid)?;
        }
    }
    for voice in &view.voices {
        write_voice(connection, voice, &id, "voice", &grid)?;
    }
    Ok(())
}

fn write_steps(connection: &Connection, incident: &str, view: &IncidentView) -> Result<()> {
    clear(
        connection,
        "delete from incident_step where incident = ?1",
        incident,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into incident_step (id, incident, kind, what, lies_with, due, asked_at, outcome, ended_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do nothing",
    )?;
    for step in &view.course.steps {
        let end = step.end.as_ref();
        insert.execute(params![
            step.event.to_string(),
            incident,
            word(&step.kind)?,
            step.what,
            step.lies_with,
            step.due.map(|day| day.to_string()),
            step.at.to_string(),
            end.map(|end| word(&end.outcome)).transpose()?,
            end.map(|end| end.at.to_string())
        ])?;
    }
    Ok(())
}

/// Given once, when an incident first arrives as more than a draft: day, epoch, number of that day. Kept outside the
/// projection, which may be made again.
fn case_no(
    connection: &Connection,
    id: &str,
    state: IncidentState,
    facts: Facts,
) -> Result<Option<String>> {
    let given = connection
        .prepare_cached("select case_no from case_number where incident = ?1")?
        .query_row([id], |row| row.get::<_, String>(0))
        .optional()?;
    if given.is_some() || state == IncidentState::Draft {
        return Ok(given);
    }
    let epoch = super::epoch(connection)?.counter;
    let day = facts.received_at.local_date().format("%Y%m%d");
    let number = next_count(connection, &format!("case {day} {epoch}"))?;
    let given = format!("{day}-{epoch}-{number:04}");
    connection
        .prepare_cached("insert into case_number (incident, case_no) values (?1, ?2)")?
        .execute([id, &given])?;
    Ok(Some(given))
}

fn patrol(connection: &Connection, view: &PatrolView, facts: Facts) -> Result<()> {
    let created = &view.created;
    let (id, grid) = (created.id.to_string(), facts.grid.to_string());
    let reached: HashSet<_> = view
        .hits
        .iter()
        .filter(|seen| seen.hit.state != HitState::Unreachable)
        .map(|seen| seen.hit.checkpoint)
        .collect();
    connection
        .prepare_cached(
            "insert into patrol (id, grid, kind, plan, leader, started_at, ended_at, distance_m, checkpoints, reached, findings,
               line, line_expires_at, note, view)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             on conflict (id) do update set grid = excluded.grid, ended_at = excluded.ended_at, distance_m = excluded.distance_m,
               reached = excluded.reached, findings = excluded.findings, line = excluded.line,
               line_expires_at = excluded.line_expires_at, note = excluded.note, view = excluded.view",
        )?
        .execute(params![
            id,
            grid,
            word(&created.kind)?,
            created.plan.map(|id| id.to_string()),
            view.leader.to_string(),
            created.started_at.to_string(),
            view.ended_at.map(|at| at.to_string()),
            view.distance_m,
            created.checkpoints.len(),
            reached.len(),
            view.findings.len(),
            view.line.as_ref().map(|line| line.blob.to_string()),
            view.line.as_ref().map(|line| line.expires_at.to_string()),
            view.note,
            json(view)?
        ])?;
    clear(
        connection,
        "delete from checkpoint_hit where patrol = ?1",
        &id,
    )?;
    clear(connection, "delete from photo where document = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into checkpoint_hit (id, patrol, checkpoint, at, by_person, method, reason, state, lon, lat, accuracy_m, counts, photo)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         on conflict (id) do nothing",
    )?;
    for seen in &view.hits {
        let hit = &seen.hit;
        insert.execute(params![
            hit.id.to_string(),
            id,
            hit.checkpoint.to_string(),
            hit.at.to_string(),
            seen.by.to_string(),
            word(&hit.method)?,
            hit.reason,
            word(&hit.state)?,
            hit.position.map(|at| at.lon),
            hit.position.map(|at| at.lat),
            hit.position.map(|at| at.accuracy_m),
            seen.counts,
            hit.photo.as_ref().map(|photo| photo.hash.to_string())
        ])?;
        if let Some(photo) = &hit.photo {
            write_photo(connection, photo, &id, "checkpoint", &grid)?;
        }
    }
    clear(connection, "delete from finding where patrol = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into finding (id, patrol, category, state, incident, note, at, by_person) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (id) do nothing",
    )?;
    for seen in &view.findings {
        let finding = &seen.finding;
        insert.execute(params![
            finding.id.to_string(),
            id,
            finding.category,
            word(&finding.state)?,
            finding.incident.map(|id| id.to_string()),
            finding.note,
            finding.at.to_string(),
            seen.by.to_string()
        ])?;
        if let Some(voice) = &finding.voice {
            write_voice(connection, voice, &id, "finding_voice", &grid)?;
        }
    }
    if let Some(line) = &view.line {
        write_reference(connection, &line.blob, &id, "line", &grid)?;
    }
    Ok(())
}

fn write_place(connection: &Connection, view: &PlaceView, facts: Facts) -> Result<()> {
    let (id, grid) = (view.created.id.to_string(), facts.grid.to_string());
    connection
        .prepare_cached(
            "insert into place (id, grid, name, kind, address) values (?1, ?2, ?3, ?4, ?5)
             on conflict (id) do update set grid = excluded.grid",
        )?
        .execute(params![
            id,
            grid,
            view.created.name,
            view.created.kind,
            view.created.address
        ])?;
    clear(connection, "delete from place_visit where place = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into place_visit (id, place, grid, by_person, outcome, started_at, ended_at, recorded_at, checklist, failed,
           answers, leaflets, request, note, next_due, amendments)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         on conflict (id) do nothing",
    )?;
    for seen in &view.visits {
        let visit = &seen.visit;
        let asked = visit.checklist.as_ref();
        insert.execute(params![
            visit.id.to_string(),
            id,
            grid,
            seen.by.to_string(),
            word(&visit.outcome)?,
            visit.started_at.to_string(),
            visit.ended_at.to_string(),
            seen.recorded_at.to_string(),
            asked.map(|name| format!("{}/{}", name.kind, name.version)),
            visit.failed(),
            json(&visit.answers)?,
            json(&visit.leaflets)?,
            visit.request,
            visit.note,
            visit.next_due.map(|day| day.to_string()),
            json(&seen.amendments)?
        ])?;
    }
    Ok(())
}

fn worker_day(
    connection: &Connection,
    document: DocumentId,
    view: &WorkerDayView,
    facts: Facts,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into worker_day (id, worker, grid, date, acknowledged, completed, view) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (id) do update set grid = excluded.grid, acknowledged = excluded.acknowledged, completed = excluded.completed, view = excluded.view",
        )?
        .execute(params![
            document.to_string(),
            view.created.worker.to_string(),
            facts.grid.to_string(),
            view.created.date.to_string(),
            view.acknowledged.len(),
            view.completed.len(),
            json(view)?
        ])?;
    proposals(connection, document, view, facts)
}

/// What was proposed on a day.
fn proposals(
    connection: &Connection,
    document: DocumentId,
    view: &WorkerDayView,
    facts: Facts,
) -> Result<()> {
    let document = document.to_string();
    clear(
        connection,
        "delete from proposal where document = ?1",
        &document,
    )?;
    let mut insert = connection.prepare_cached(
        "insert into proposal (id, document, grid, worker, subject_kind, subject, field, says, should, because, at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) on conflict (id) do nothing",
    )?;
    for said in &view.proposals {
        let proposal = &said.proposal;
        insert.execute(params![
            proposal.id.to_string(),
            document,
            facts.grid.to_string(),
            view.created.worker.to_string(),
            proposal.subject.kind(),
            proposal.subject.id(),
            word(&proposal.field)?,
            proposal.says,
            proposal.should,
            proposal.because,
            said.at.to_string()
        ])?;
    }
    Ok(())
}

/// Everything but the words: the registry is read by others than the plan's class.
fn care_plan(connection: &Connection, view: &CareView, facts: Facts) -> Result<()> {
    let (id, grid) = (view.created.id.to_string(), facts.grid.to_string());
    let expires = match &view.consent {
        ConsentView::Given { expires, .. } => Some(expires.to_string()),
        ConsentView::Pending | ConsentView::Withdrawn { .. } => None,
    };
    let consent = match &view.consent {
        ConsentView::Pending => "pending",
        ConsentView::Given { .. } => "given",
        ConsentView::Withdrawn { .. } => "withdrawn",
    };
    let open = |state: NeedState| state != NeedState::Done;
    connection
        .prepare_cached(
            "insert into care_plan (id, grid, household, person, level, level_differs, types, consent, consent_expires, begun_at,
               last_seen_at, closed_at, needs_open, support, view)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
             on conflict (id) do update set grid = excluded.grid, level = excluded.level, level_differs = excluded.level_differs,
               types = excluded.types, consent = excluded.consent, consent_expires = excluded.consent_expires,
               last_seen_at = excluded.last_seen_at, closed_at = excluded.closed_at, needs_open = excluded.needs_open,
               support = excluded.support, view = excluded.view",
        )?
        .execute(params![
            id,
            grid,
            view.created.household.to_string(),
            view.created.person.map(|person| person.to_string()),
            word(&view.level.level)?,
            view.level.differs(),
            json(&view.types)?,
            consent,
            expires,
            view.begun.at.to_string(),
            view.last_seen.map(|at| at.to_string()),
            view.closed.as_ref().map(|closed| closed.at.to_string()),
            view.needs.iter().filter(|need| open(need.state)).count(),
            view.support.iter().filter(|done| !done.overruled).count(),
            json(&care::without_words(view.clone()))?
        ])?;
    clear(connection, "delete from care_support where plan = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into care_support (id, plan, grid, by_person, kind, at, recorded_at, seen, overruled)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (id) do nothing",
    )?;
    for done in &view.support {
        insert.execute(params![
            done.support.id.to_string(),
            id,
            grid,
            done.by.to_string(),
            word(&done.support.kind)?,
            done.support.at.to_string(),
            done.recorded_at.to_string(),
            done.support.seen,
            done.overruled
        ])?;
    }
    clear(connection, "delete from care_open where plan = ?1", &id)?;
    let mut insert = connection.prepare_cached(
        "insert into care_open (plan, number, by_person, at, reason) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (number, open) in view.opens.iter().rev().enumerate() {
        insert.execute(params![
            id,
            number + 1,
            open.by.to_string(),
            open.at.to_string(),
            open.reason
        ])?;
    }
    Ok(())
}

fn write_photo(
    connection: &Connection,
    photo: &Photo,
    document: &str,
    kind: &str,
    grid: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into photo (hash, thumbnail, document, kind, grid, stage, taken_at, width, height, bytes)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict do nothing",
        )?
        .execute(params![
            photo.hash.to_string(),
            photo.thumbnail.to_string(),
            document,
            kind,
            grid,
            word(&photo.stage)?,
            photo.taken_at.to_string(),
            photo.width,
            photo.height,
            photo.bytes
        ])?;
    awaited::note(connection, &photo.hash, document)
}

/// An original is a blob of the record like its photo: read, counted, looked after and erased with it.
fn write_original(
    connection: &Connection,
    photo: &Photo,
    original: &Original,
    document: &str,
    grid: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into photo (hash, document, kind, grid, stage, taken_at, bytes)
             values (?1, ?2, 'original', ?3, ?4, ?5, ?6)
             on conflict (hash, document) do update set kind = excluded.kind",
        )?
        .execute(params![
            original.hash.to_string(),
            document,
            grid,
            word(&photo.stage)?,
            photo.taken_at.to_string(),
            original.bytes
        ])?;
    awaited::note(connection, &original.hash, document)
}

/// A voice note stands among the photos, without thumbnail, stage and sides.
fn write_voice(
    connection: &Connection,
    voice: &VoiceNote,
    document: &str,
    kind: &str,
    grid: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into photo (hash, document, kind, grid, taken_at, bytes)
             values (?1, ?2, ?3, ?4, ?5, ?6) on conflict do nothing",
        )?
        .execute(params![
            voice.hash.to_string(),
            document,
            kind,
            grid,
            voice.recorded_at.to_string(),
            voice.bytes
        ])?;
    awaited::note(connection, &voice.hash, document)
}

fn write_reference(
    connection: &Connection,
    hash: &Hash,
    document: &str,
    kind: &str,
    grid: &str,
) -> Result<()> {
    connection
        .prepare_cached(
            "insert into photo (hash, document, kind, grid) values (?1, ?2, ?3, ?4) on conflict do nothing",
        )?
        .execute(params![hash.to_string(), document, kind, grid])?;
    Ok(())
}

/// `statement` deletes the rows of one table that hang on a document.
fn clear(connection: &Connection, statement: &'static str, id: &str) -> Result<()> {
    connection.prepare_cached(statement)?.execute([id])?;
    Ok(())
}

fn json(view: &impl Serialize) -> Result<String> {
    serde_json::to_string(view).map_err(|error| Error::internal("a view", error))
}
