//! 住户: the list in walking order, and one household with its history.

use crate::{
    Phone, care,
    database::fact,
    delivery::{receipt_of, refused_edits},
    documents::{Edit, Noun},
    dwellings,
    error::{Answer, Failure},
    forms, incidents,
    photo::queue,
    reference, search, today,
    view::{
        HouseholdDetail, HouseholdRow, PersonName, Receipt, RefusedVisit, Settings, VisitedToday,
    },
};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    household::{self, HouseholdEdit, HouseholdView},
    ids::{BuildingId, DocumentId, HouseholdId, PersonId},
    reference::Building,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

pub(crate) const COLUMNS: &str =
    "id, building, unit, room, floor, name, size, phone_masked, last_visit_at, last_outcome,
                       no_entry_until, vacant, conflicts, void";

impl Phone {
    /// The list in walking order; an empty query is the whole list. Every word of the query must hit.
    pub fn households(&self, query: String) -> Answer<Vec<HouseholdRow>> {
        let today = self.now().local_date();
        self.database().read(|db| list(db, &query, today))
    }

    /// One household with its history.
    pub fn household(&self, id: HouseholdId) -> Answer<HouseholdDetail> {
        let now = self.now();
        let worker = self.enrolment().map(|who| who.identity.worker.id);
        self.database().read(|db| detail(db, id, now, worker))
    }
}

fn list(db: &Connection, query: &str, today: NaiveDate) -> Answer<Vec<HouseholdRow>> {
    let patterns = search::patterns(query);
    let hit = vec!["folded like ? escape '\\'"; patterns.len()].join(" and ");
    let hit = if hit.is_empty() { "true" } else { &hit };
    let lookups = Lookups::read(db, today)?;
    let mut rows: Vec<HouseholdRow> = db
        .prepare_cached(&format!(
            "select {COLUMNS} from household where void = 0 and {hit}"
        ))?
        .query_map(params_from_iter(&patterns), |row| Ok(lookups.row(row)))?
        .collect::<Result<_, _>>()?;
    rows.sort_by_cached_key(|row| lookups.walk(row));
    Ok(rows)
}

/// The rows of these doors, by id.
pub(crate) fn rows(
    db: &Connection,
    ids: impl IntoIterator<Item = HouseholdId>,
    lookups: &Lookups,
) -> Answer<HashMap<HouseholdId, HouseholdRow>> {
    let mut select =
        db.prepare_cached(&format!("select {COLUMNS} from household where id = ?1"))?;
    let mut rows = HashMap::new();
    for id in ids {
        if let Some(row) = select
            .query_row([id.0], |row| Ok(lookups.row(row)))
            .optional()?
        {
            rows.insert(id, row);
        }
    }
    Ok(rows)
}

/// What every row of a list needs besides its own columns, read once.
pub(crate) struct Lookups {
    buildings: HashMap<BuildingId, Building>,
    due: HashSet<HouseholdId>,
    today: NaiveDate,
    /// Names are cut down to surnames.
    masked: bool,
}

/// Where a door comes on the way: by building, entrance, then from the top floor down.
pub(crate) type Walk = (u32, String, String, Reverse<i32>, String);

impl Lookups {
    pub fn read(db: &Connection, today: NaiveDate) -> Answer<Self> {
        let buildings = reference::buildings(db)?;
        Ok(Self {
            buildings: buildings.into_iter().map(|row| (row.id, row)).collect(),
            due: today::due_doors(db, today)?,
            today,
            masked: fact::<Settings>(db, "settings")?
                .unwrap_or_default()
                .mask_names,
        })
    }

    /// Whether somebody should go there today.
    pub fn is_due(&self, door: HouseholdId) -> bool {
        self.due.contains(&door)
    }

    /// The same for one door, without reading those of a thousand others.
    pub fn of_door(db: &Connection, door: HouseholdId, today: NaiveDate) -> Answer<Self> {
        let building = db
            .prepare_cached("select building from household where id = ?1")?
            .query_row([door.0], |row| Ok(BuildingId(row.get(0)?)))
            .optional()?;
        let building = building
            .map(|id| reference::building(db, id))
            .transpose()?
            .flatten();
        let tasks = today::of_household(db, door, today)?;
        let due = tasks.iter().any(|task| task.due <= today);
        Ok(Self {
            buildings: building.into_iter().map(|row| (row.id, row)).collect(),
            due: due.then_some(door).into_iter().collect(),
            today,
            masked: false, // a door that was opened shows whom to greet
        })
    }

    pub fn row(&self, row: &Row<'_>) -> HouseholdRow {
        // columns are written by this app only; a value it cannot read any more is shown as unknown
        let id = HouseholdId(row.get(0).unwrap_or_default());
        let building = BuildingId(row.get(1).unwrap_or_default());
        let last_visit_at = row
            .get::<_, Option<i64>>(8)
            .unwrap_or_default()
            .map(Timestamp);
        let void: bool = row.get(13).unwrap_or_default();
        HouseholdRow {
            id,
            building,
            building_name: self.building_name(building),
            unit: row.get(2).unwrap_or_default(),
            room: row.get(3).unwrap_or_default(),
            floor: row.get(4).unwrap_or_default(),
            name: self.shown(row.get(5).unwrap_or_default()),
            size: row.get(6).unwrap_or_default(),
            phone_masked: row.get(7).unwrap_or_default(),
            last_visit_at,
            last_outcome: row
                .get::<_, Option<String>>(9)
                .unwrap_or_default()
                .and_then(|word| serde_json::from_value(word.into()).ok()),
            days_since: last_visit_at.map(|at| days_between(at.local_date(), self.today)),
            no_entry_until: row
                .get::<_, Option<String>>(10)
                .unwrap_or_default()
                .and_then(|day| day.parse().ok())
                .filter(|until: &NaiveDate| *until >= self.today),
            vacant: row.get(11).unwrap_or_default(),
            conflicts: row.get(12).unwrap_or_default(),
            due: self.due.contains(&id) && !void,
            void,
        }
    }

    /// A name as a list may show it.
    pub fn shown(&self, name: String) -> String {
        match self.masked {
            true => search::masked_name(&name),
            false => name,
        }
    }

    pub fn building_name(&self, id: BuildingId) -> String {
        self.buildings
            .get(&id)
            .map(building_words)
            .unwrap_or_default()
    }

    pub fn walk(&self, row: &HouseholdRow) -> Walk {
        let order = self
            .buildings
            .get(&row.building)
            .map_or(u32::MAX, |building| building.walking_order);
        (
            order,
            row.building_name.clone(),
            row.unit.clone(),
            Reverse(row.floor.unwrap_or(i32::MIN)),
            row.room.clone(),
        )
    }
}

/// `听雨苑 3幢`
pub(crate) fn building_words(building: &Building) -> String {
    let words = format!("{} {}", building.estate, building.number);
    words.trim().to_owned()
}

pub(crate) fn days_between(earlier: NaiveDate, later: NaiveDate) -> u32 {
    u32::try_from((later - earlier).num_days()).unwrap_or(0)
}

/// What a worker calls a door: `听雨苑 3幢 2单元 502`.
pub(crate) fn door(row: &HouseholdRow) -> String {
    [&row.building_name, &row.unit, &row.room]
        .into_iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The same of one door, from its id.
pub(crate) fn title(db: &Connection, household: HouseholdId, now: Timestamp) -> Answer<String> {
    let lookups = Lookups::of_door(db, household, now.local_date())?;
    let row = rows(db, [household], &lookups)?.remove(&household);
    Ok(row.as_ref().map(door).unwrap_or_default())
}

/// The merged household as it was projected last.
pub(crate) fn view(db: &Connection, id: HouseholdId) -> Answer<HouseholdView> {
    let json: Option<String> = db
        .prepare_cached("select view from household where id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let json =
        json.ok_or_else(|| Failure::new(Code::NotFound, "no such household on this phone"))?;
    Ok(serde_json::from_str(&json)?)
}

/// What to say before anybody knocks.
fn warnings(view: &HouseholdView, now: Timestamp) -> Vec<Code> {
    let visits = view.visits.iter().map(|visit| &visit.visit);
    let said = [
        (household::quiet(now), Code::QuietHours),
        (household::too_often(visits, now), Code::VisitCap),
    ];
    said.into_iter()
        .filter_map(|(so, code)| so.then_some(code))
        .collect()
}

pub(crate) fn detail(
    db: &Connection,
    id: HouseholdId,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<HouseholdDetail> {
    let view = view(db, id)?;
    let lookups = Lookups::of_door(db, id, now.local_date())?;
    let row = rows(db, [id], &lookups)?
        .remove(&id)
        .ok_or_else(|| Failure::new(Code::NotFound, "no such household on this phone"))?;
    let document = DocumentId::from(id);
    let mut visit_receipts = BTreeMap::new();
    for visit in &view.visits {
        let visit = visit.visit.id.to_string();
        let receipt = receipt_of(db, document, &[Noun::Visit], Some(&visit))?;
        // a colleague's visit came from the centre
        visit_receipts.insert(visit, receipt.unwrap_or(Receipt::Centre));
    }
    let refused = refused_edits(db, document)?
        .into_iter()
        .filter_map(|(edit, code)| match edit {
            Edit::Household(HouseholdEdit::RecordVisit(visit)) => {
                Some(RefusedVisit { visit, code })
            }
            _ => None,
        })
        .collect();
    let people = names(db, mentioned(&view))?;
    let visits = view
        .visits
        .iter()
        .map(|visit| (visit.visit.ended_at, visit.by));
    let voices = view
        .visits
        .iter()
        .filter_map(|visit| visit.visit.voice.as_ref());
    Ok(HouseholdDetail {
        receipt: receipt_of(db, document, &[Noun::HouseholdEdit], None)?.unwrap_or(Receipt::Centre),
        visited_today: visited_today(visits, now, worker, &people),
        incidents: incidents::of_household(db, id, now, worker)?,
        tasks: today::of_household(db, id, now.local_date())?,
        forms: forms::of_household(db, id, now.local_date())?,
        care: care::of_household(db, id, now.local_date())?,
        warnings: warnings(&view, now),
        same_door: dwellings::same_door(db, &view, now.local_date())?,
        related: dwellings::related(db, &view, now.local_date())?,
        voice_receipts: queue::receipts(db, voices.map(|voice| &voice.hash))?,
        visit_receipts,
        refused,
        people,
        row,
        view,
    })
}

/// Who was here last today, of visits that each say when they ended and whose they were.
pub(crate) fn visited_today(
    visits: impl Iterator<Item = (Timestamp, PersonId)>,
    now: Timestamp,
    worker: Option<PersonId>,
    people: &[PersonName],
) -> Option<VisitedToday> {
    let (at, by) = visits
        .filter(|(at, _)| at.local_date() == now.local_date())
        .max_by_key(|(at, _)| *at)?;
    Some(VisitedToday {
        by: people
            .iter()
            .find(|person| person.id == by)
            .map(|person| person.name.clone())
            .unwrap_or_default(),
        myself: worker == Some(by),
        at,
    })
}

fn mentioned(view: &HouseholdView) -> BTreeSet<PersonId> {
    let values = view.fields.iter().flat_map(|field| &field.values);
    let amended = view.visits.iter().flat_map(|visit| &visit.amendments);
    let corrected = view.members.iter().flat_map(|member| &member.corrected);
    let corrected = corrected.flat_map(|field| &field.values);
    values
        .map(|value| value.by)
        .chain(view.visits.iter().map(|visit| visit.by))
        .chain(view.events.iter().map(|event| event.by))
        .chain(amended.map(|amendment| amendment.by))
        .chain(corrected.map(|value| value.by))
        .collect()
}

/// Names of colleagues, as far as the phone knows them.
pub(crate) fn names(db: &Connection, ids: BTreeSet<PersonId>) -> Answer<Vec<PersonName>> {
    ids.into_iter()
        .filter_map(|id| match reference::person(db, id) {
            Ok(person) => person.map(|person| {
                Ok(PersonName {
                    id,
                    name: person.name,
                })
            }),
            Err(error) => Some(Err(error)),
        })
        .collect()
}
