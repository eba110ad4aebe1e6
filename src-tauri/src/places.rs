//! 场所: shops and sites with what is checked there; from the door to 已存本机, and what is put right afterwards.

use crate::{
    Phone,
    delivery::{receipt_of, refused_edits},
    documents::{self, Edit, Noun, Target},
    error::{Answer, Failure},
    households::{days_between, names, visited_today},
    reference,
    settings::drop_drafts,
    view::{PlaceDetail, PlaceRow, Receipt, RefusedPlaceVisit},
};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, PersonId, PlaceId, VisitId},
    place::{self, NewPlaceVisit, PlaceEdit, PlaceOutcome, PlaceView},
    reference::Checklist,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &str = "id, name, kind, address, last_visit_at, last_outcome, last_failed, due";

impl Phone {
    /// Every place, those that are due first.
    pub fn places(&self) -> Answer<Vec<PlaceRow>> {
        let today = self.now().local_date();
        self.database().read(|db| rows(db, today))
    }

    /// One place with its history.
    pub fn place(&self, id: PlaceId) -> Answer<PlaceDetail> {
        let now = self.now();
        let worker = self.enrolment().map(|who| who.identity.worker.id);
        self.database().read(|db| detail(db, id, now, worker))
    }

    /// A visit with its id, so that saving twice is one visit; it names the checklist that it will answer. Nothing is
    /// stored yet.
    pub fn begin_place_visit(&self, place: PlaceId) -> Answer<NewPlaceVisit> {
        self.who()?;
        let now = self.now();
        let id = VisitId(self.new_id()?);
        self.database().read(|db| {
            let view = view(db, place)?;
            let asked = reference::checklist_for(db, &view.created.kind)?;
            Ok(NewPlaceVisit {
                id,
                outcome: PlaceOutcome::Checked,
                started_at: now,
                ended_at: now,
                checklist: asked.as_ref().map(Checklist::name),
                answers: Vec::new(),
                leaflets: Vec::new(),
                request: None,
                note: None,
                incidents: Vec::new(),
                next_due: None,
            })
        })
    }

    /// 已存本机. Saving the same visit again changes nothing.
    pub fn save_place_visit(&self, place: PlaceId, visit: NewPlaceVisit) -> Answer<PlaceDetail> {
        let mut visit = visit;
        if visit.ended_at <= visit.started_at {
            visit.ended_at = self.now().max(visit.started_at);
        }
        // what was ticked before the door turned out to be shut was not looked at
        if visit.outcome != PlaceOutcome::Checked {
            visit.answers.clear();
        }
        let drafts = [place.to_string(), visit.id.to_string()];
        let saved = self.edit_place(place, PlaceEdit::RecordVisit(visit), &drafts);
        match saved {
            Err(failure) if failure.code == Code::AlreadyRecorded => self.place(place),
            other => other,
        }
    }

    /// Adds words to a visit.
    pub fn amend_place_visit(
        &self,
        place: PlaceId,
        visit: VisitId,
        note: String,
    ) -> Answer<PlaceDetail> {
        self.edit_place(place, PlaceEdit::AmendVisit { visit, note }, &[])
    }

    fn edit_place(
        &self,
        place: PlaceId,
        edit: PlaceEdit,
        drafts: &[String],
    ) -> Answer<PlaceDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let record = match &edit {
            PlaceEdit::RecordVisit(visit) => visit.id.to_string(),
            PlaceEdit::AmendVisit { .. } => format!("{place} {}", now.0),
        };
        // read before the commit, as for a door
        let detail = self.database().write(|db| {
            let view = view(db, place)?;
            if let PlaceEdit::RecordVisit(visit) = &edit {
                answers_what_was_asked(db, visit)?;
            }
            let target = Target {
                document: place.into(),
                grid: view.created.grid,
                title: view.created.name,
                record,
                severity: None,
            };
            documents::record(db, &who.identity, &target, &[Edit::Place(edit)], &act)?;
            drop_drafts(db, drafts)?;
            let worker = Some(who.identity.worker.id);
            Ok(detail(db, place, now, worker))
        })?;
        self.wake(false);
        detail
    }
}

/// The list that the visit names may have been withdrawn since it was begun; then it is handed in as it is.
fn answers_what_was_asked(db: &Connection, visit: &NewPlaceVisit) -> Answer<()> {
    if let Some(name) = &visit.checklist
        && let Some(asked) = reference::checklist(db, name)?
    {
        place::complete(visit, &asked)?;
    }
    Ok(())
}

fn rows(db: &Connection, today: NaiveDate) -> Answer<Vec<PlaceRow>> {
    let mut rows: Vec<PlaceRow> = db
        .prepare_cached(&format!("select {COLUMNS} from place"))?
        .query_map([], |row| Ok(read(row, today)))?
        .collect::<Result<_, _>>()?;
    rows.sort_by(|a, b| {
        let key = |row: &PlaceRow| (row.due.is_none(), row.due, row.name.clone(), row.id);
        key(a).cmp(&key(b))
    });
    Ok(rows)
}

/// Places where something is due today or was before.
pub(crate) fn due(db: &Connection, today: NaiveDate) -> Answer<Vec<PlaceRow>> {
    let mut due = rows(db, today)?;
    due.retain(|row| row.due_now);
    Ok(due)
}

fn read(row: &Row<'_>, today: NaiveDate) -> PlaceRow {
    // columns are written by this app only; a value it cannot read any more is shown as unknown
    let last_visit_at = row
        .get::<_, Option<i64>>(4)
        .unwrap_or_default()
        .map(Timestamp);
    let due: Option<NaiveDate> = row
        .get::<_, Option<String>>(7)
        .unwrap_or_default()
        .and_then(|day| day.parse().ok());
    PlaceRow {
        id: PlaceId(row.get(0).unwrap_or_default()),
        name: row.get(1).unwrap_or_default(),
        kind: row.get(2).unwrap_or_default(),
        address: row.get(3).unwrap_or_default(),
        last_visit_at,
        last_outcome: row
            .get::<_, Option<String>>(5)
            .unwrap_or_default()
            .and_then(|word| serde_json::from_value(word.into()).ok()),
        last_failed: row.get(6).unwrap_or_default(),
        days_since: last_visit_at.map(|at| days_between(at.local_date(), today)),
        due,
        overdue_days: due.map_or(0, |day| days_between(day, today)),
        due_now: due.is_some_and(|day| day <= today),
    }
}

/// The merged place as it was projected last.
fn view(db: &Connection, id: PlaceId) -> Answer<PlaceView> {
    let json: Option<String> = db
        .prepare_cached("select view from place where id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let json = json.ok_or_else(|| Failure::new(Code::NotFound, "no such place on this phone"))?;
    Ok(serde_json::from_str(&json)?)
}

fn detail(
    db: &Connection,
    id: PlaceId,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<PlaceDetail> {
    let view = view(db, id)?;
    let row = db
        .prepare_cached(&format!("select {COLUMNS} from place where id = ?1"))?
        .query_row([id.0], |row| Ok(read(row, now.local_date())))?;
    let document = DocumentId::from(id);
    let mut visit_receipts = BTreeMap::new();
    let mut answered: BTreeMap<String, Checklist> = BTreeMap::new();
    for seen in &view.visits {
        let visit = seen.visit.id.to_string();
        let receipt = receipt_of(db, document, &[Noun::PlaceVisit], Some(&visit))?;
        // a colleague's visit came from the centre
        visit_receipts.insert(visit, receipt.unwrap_or(Receipt::Centre));
        if let Some(name) = &seen.visit.checklist
            && let Some(list) = reference::checklist(db, name)?
        {
            answered.insert(list.row(), list);
        }
    }
    let refused = refused_edits(db, document)?
        .into_iter()
        .filter_map(|(edit, code)| match edit {
            Edit::Place(PlaceEdit::RecordVisit(visit)) => Some(RefusedPlaceVisit { visit, code }),
            _ => None,
        })
        .collect();
    let people = names(db, mentioned(&view))?;
    let visits = view
        .visits
        .iter()
        .map(|seen| (seen.visit.ended_at, seen.by));
    Ok(PlaceDetail {
        visited_today: visited_today(visits, now, worker, &people),
        receipt: receipt_of(db, document, &[Noun::PlaceEdit], None)?.unwrap_or(Receipt::Centre),
        checklist: reference::checklist_for(db, &view.created.kind)?,
        answered: answered.into_values().collect(),
        visit_receipts,
        refused,
        people,
        row,
        view,
    })
}

fn mentioned(view: &PlaceView) -> BTreeSet<PersonId> {
    let amended = view.visits.iter().flat_map(|seen| &seen.amendments);
    view.visits
        .iter()
        .map(|seen| seen.by)
        .chain(amended.map(|amendment| amendment.by))
        .collect()
}
