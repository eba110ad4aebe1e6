//! The demo street in a fresh store: reference rows, then ninety days of history as legal changes by the phones that
//! would have written them, through the same log, feed and projection as everything else.

mod forms;
mod places;

use crate::{
    edit::import_document,
    error::{Error, Result},
    state::AppState,
    store::{
        Connection, Pending, blob, device::NO_KEY, log::Origin, params, person::word, reference,
    },
};
use gridwalk_core::{
    act::{Act, Role},
    care::{self, CareEdit, CareLevel, CareType, NewCarePlan},
    document::{Author, Document, Edited, RawChange, Unordered},
    error::Refusal,
    household::{self, Dwelling, FieldChange, HouseholdEdit, NewMember},
    ids::{DocumentId, GridId, Hash, PersonId},
    incident::{self, IncidentEvent},
    patrol::{self, PatrolEdit, SharedLine},
    photo::Photo,
    reference::{Announcement, Calendar, DeadlineRule, Page, Plan, ReferenceKind, Task},
    sync::{actor, message::Partition},
    time::Timestamp,
};
use gridwalk_fixtures::{
    SEED, Street,
    history::{self, History},
    photos,
    places::shops,
    street,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Documents per transaction: an fsync each would cost minutes, one for all would hold everything in memory.
const BATCH: usize = 400;
/// How long the centre keeps a shared line.
const LINE_LIVES_MS: i64 = 30 * 24 * 3_600_000;

/// What was made, for whoever waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seeded {
    /// 户
    pub households: usize,
    /// 走访
    pub visits: usize,
    /// 巡查
    pub patrols: usize,
    /// 事件
    pub incidents: usize,
    /// 关爱对象
    pub care_plans: usize,
    /// 场所
    pub places: usize,
    /// 场所走访
    pub place_visits: usize,
}

/// Fills an empty store with the demo street as it is on the morning of `today`. Refuses any other store.
pub fn seed(state: &AppState, today: chrono::NaiveDate) -> Result<Seeded> {
    let street = street(SEED, today);
    fill(state, &street, &history::history(&street))
}

/// The same with any street and history, a part of the demo's for instance.
pub fn fill(state: &AppState, street: &Street, history: &History) -> Result<Seeded> {
    let empty = state.store.read_now(|connection| {
        Ok(connection.query_row(
            "select not exists (select 1 from person) and not exists (select 1 from document)",
            [],
            |row| row.get::<_, bool>(0),
        )?)
    })?;
    if !empty {
        return Err(Error::Internal(
            "this store is not empty; the demo street goes into a fresh data folder only".into(),
        ));
    }
    {
        let street = street.clone();
        state
            .store
            .write_now(move |connection| reference_rows(connection, &street))?;
    }
    let photos = gallery(state)?;
    let mut scribe = Scribe {
        state,
        batch: Vec::with_capacity(BATCH),
        writing: None,
    };
    let plans = gridwalk_fixtures::care::plans(street);
    let shops = shops(street);
    let seeded = Seeded {
        households: street.households.len(),
        visits: history.visits.len(),
        patrols: history.patrols.len(),
        incidents: history.incidents.len(),
        care_plans: plans.len(),
        places: shops.len(),
        place_visits: shops.iter().map(|shop| shop.visits.len()).sum(),
    };
    households(&mut scribe, street, history)?;
    places::places(&mut scribe, street, &shops)?;
    patrols(&mut scribe, history)?;
    incidents(&mut scribe, history, &photos)?;
    care_plans(&mut scribe, street, &plans)?;
    scribe.flush()?;
    scribe.finish()?;
    Ok(seeded)
}

/// Grids, buildings, people, departments, categories, limits, calendar, plans, tasks, checklists, forms, pages and announcements.
pub fn reference_rows(connection: &Connection, street: &Street) -> Result<()> {
    for grid in &street.grids {
        reference::put_grid(connection, &same(grid)?)?;
    }
    for building in &street.buildings {
        reference::put_building(connection, &same(building)?)?;
    }
    for department in &street.departments {
        reference::put_department(connection, &same(department)?)?;
    }
    for person in &street.people {
        reference::put_person(connection, &same(person)?, Some(&person.login))?;
        // The phone with which the history was written. Its key is no key: nobody can sign with it.
        connection.execute(
            "insert into device (id, worker, role, public_key, app, enrolled_at, revoked_at)
             values (?1, ?2, ?3, ?4, 'history', 0, 0) on conflict do nothing",
            params![person.device, person.id, word(&person.role)?, NO_KEY],
        )?;
    }
    for category in &street.categories {
        reference::put_category(connection, &same(category)?)?;
    }
    for rule in &street.deadline_rules {
        let row: DeadlineRule = same(rule)?;
        reference::put(
            connection,
            ReferenceKind::DeadlineRule,
            &rule.id.to_string(),
            None,
            &row,
        )?;
    }
    let calendar: Calendar = same(&street.calendar)?;
    let id = street.calendar.id.to_string();
    reference::put(connection, ReferenceKind::Calendar, &id, None, &calendar)?;
    for plan in &street.plans {
        let row: Plan = same(plan)?;
        reference::put(
            connection,
            ReferenceKind::Plan,
            &plan.id.to_string(),
            Some(row.grid),
            &row,
        )?;
    }
    for task in &street.tasks {
        let row: Task = same(task)?;
        reference::put(
            connection,
            ReferenceKind::Task,
            &task.id.to_string(),
            Some(row.grid),
            &row,
        )?;
    }
    texts(connection, street)
}

/// What a worker looks up, and what was announced.
fn texts(connection: &Connection, street: &Street) -> Result<()> {
    places::checklists(connection)?;
    forms::rows(connection, street)?;
    for page in &street.pages {
        let row: Page = same(page)?;
        let id = page.id.to_string();
        reference::put(connection, ReferenceKind::Page, &id, None, &row)?;
    }
    for said in &street.announcements {
        let row: Announcement = same(said)?;
        let id = said.id.to_string();
        reference::put(connection, ReferenceKind::Announcement, &id, row.grid, &row)?;
    }
    Ok(())
}

/// Photos and thumbnails of the history's scenes, in the folder and in the table of blobs.
fn gallery(state: &AppState) -> Result<HashMap<String, (Hash, Hash, Value)>> {
    let mut pictures = HashMap::new();
    let mut rows = Vec::new();
    for picture in photos::gallery() {
        let hash = state.blobs.put(&picture.jpeg)?;
        let thumbnail = state.blobs.put(&picture.thumbnail)?;
        rows.push((hash, picture.jpeg.len()));
        rows.push((thumbnail, picture.thumbnail.len()));
        let size =
            json!({"width": picture.width, "height": picture.height, "bytes": picture.jpeg.len()});
        pictures.insert(picture.scene.to_owned(), (hash, thumbnail, size));
    }
    let now = state.now();
    state.store.write_now(move |connection| {
        rows.iter().try_for_each(|(hash, bytes)| {
            blob::add(connection, hash, *bytes, "image/jpeg", None, now)
        })
    })?;
    Ok(pictures)
}

/// One document with all its changes, waiting for its batch.
struct Volume {
    id: DocumentId,
    partition: Partition,
    changes: Vec<(RawChange, Origin)>,
    /// None only while an edit has it.
    document: Option<Document>,
}

impl Volume {
    fn write(&self, connection: &Connection) -> Result<()> {
        let document = self.document.clone().ok_or(Error::NotFound)?;
        import_document(connection, document, self.partition, &self.changes)
    }
}

struct Scribe<'a> {
    state: &'a AppState,
    batch: Vec<Volume>,
    /// The batch that is being written while the next one is told.
    writing: Option<Pending<()>>,
}

impl Scribe<'_> {
    fn add(&mut self, volume: Volume) -> Result<()> {
        self.batch.push(volume);
        if self.batch.len() >= BATCH {
            self.flush()?;
        }
        Ok(())
    }
    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.finish()?;
        self.writing = Some(self.state.store.begin_write(move |connection| {
            batch.iter().try_for_each(|volume| volume.write(connection))
        })?);
        Ok(())
    }
    fn finish(&mut self) -> Result<()> {
        self.writing.take().map_or(Ok(()), Pending::wait)
    }
    /// The registry's own hand, for what was there before the first visit.
    fn registrar(&self, id: DocumentId, street: &Street) -> Author {
        let steward = street.people.iter().find(|person| person.role == "steward");
        author(
            id,
            &Act {
                by: PersonId(steward.map_or(Uuid::nil(), |person| person.id)),
                role: Role::Steward,
                device: self.state.process,
                recorded_at: Timestamp::from_shanghai(
                    street.today - chrono::Days::new(history::DAYS + 1),
                    8,
                    0,
                )
                .unwrap_or_default(),
                observed_at: None,
            },
        )
    }
}

fn households(scribe: &mut Scribe<'_>, street: &Street, history: &History) -> Result<()> {
    let mut visits: HashMap<Uuid, Vec<&history::VisitRecord>> = HashMap::new();
    for visit in &history.visits {
        visits.entry(visit.household).or_default().push(visit);
    }
    let told: Vec<_> = gridwalk_fixtures::forms::earlier(street);
    let answered: HashMap<Uuid, _> = told.iter().map(|form| (form.household, form)).collect();
    for door in &street.households {
        let dwelling = Dwelling {
            id: door.id.into(),
            building: door.building.into(),
            unit: door.unit.clone(),
            room: door.room.clone(),
        };
        let id: DocumentId = dwelling.id.into();
        let members: Vec<NewMember> = same(&door.members)?;
        let known = fields(door)?;
        let registrar = scribe.registrar(id, street);
        let mut volume = Writing::begin(id, door.grid, &registrar, |author| {
            household::create(&dwelling, &known, &members, author)
        })?;
        // a quarter ago: before every visit that is told
        if let Some(form) = answered.get(&door.id) {
            let edit = HouseholdEdit::HandInForm(same(&form.response)?);
            volume.write(&same(&form.act)?, |document, author| {
                household::apply(document, &edit, author)
            })?;
        }
        for record in visits.get(&door.id).into_iter().flatten() {
            let edit = HouseholdEdit::RecordVisit(same(&record.visit)?);
            volume.write(&same(&record.act)?, |document, author| {
                household::apply(document, &edit, author)
            })?;
        }
        scribe.add(volume.volume)?;
    }
    Ok(())
}

/// What the register knows of a door, as the fields of its document.
fn fields(door: &street::Household) -> Result<Vec<FieldChange>> {
    let text = |text: &str| (!text.is_empty()).then(|| json!(text));
    let known = [
        ("use", Some(json!(door.r#use))),
        ("occupancy", Some(json!(door.occupancy))),
        ("household_size", Some(json!(door.household_size))),
        ("contact_name", text(&door.salutation)),
        ("contact_phone", text(&door.contact_phone)),
        (
            "preferred_time",
            door.preferred_time.as_ref().map(|word| json!(word)),
        ),
        (
            "contact_preference",
            door.contact_preference.as_ref().map(|word| json!(word)),
        ),
        ("gas_hose", door.gas_hose.as_ref().map(|word| json!(word))),
        (
            "smoke_alarm",
            door.smoke_alarm.as_ref().map(|word| json!(word)),
        ),
        ("notes", door.notes.as_ref().map(|word| json!(word))),
    ];
    known
        .into_iter()
        .filter_map(|(field, value)| Some(same(&json!({"field": field, "value": value?}))))
        .collect()
}

fn patrols(scribe: &mut Scribe<'_>, history: &History) -> Result<()> {
    for walk in &history.patrols {
        let act: Act = same(&walk.act)?;
        let new: patrol::NewPatrol = same(&walk.created)?;
        let id: DocumentId = new.id.into();
        let began = Act {
            recorded_at: new.started_at,
            ..act.clone()
        };
        let leader = author(id, &began);
        let mut volume = Writing::begin(id, walk.created.grid, &leader, |author| {
            patrol::create(&new, author)
        })?;
        let mut edits = Vec::new();
        for hit in &walk.hits {
            edits.push((hit.at, PatrolEdit::Hit(same(hit)?)));
        }
        for finding in &walk.findings {
            edits.push((finding.at, PatrolEdit::Finding(same(finding)?)));
        }
        edits.sort_by_key(|(at, _)| *at);
        let finish = &walk.finish;
        edits.push((
            finish.at,
            PatrolEdit::Finish {
                at: Timestamp(finish.at.timestamp_millis()),
                distance_m: finish.distance_m,
                line: finish
                    .line
                    .as_ref()
                    .map(|line| shared_line(scribe.state, line, finish.at))
                    .transpose()?,
                note: finish.note.clone(),
            },
        ));
        for (at, edit) in edits {
            let act = Act {
                recorded_at: Timestamp(at.timestamp_millis()),
                ..act.clone()
            };
            volume.write(&act, |document, author| {
                patrol::apply(document, &edit, author)
            })?;
        }
        scribe.add(volume.volume)?;
    }
    Ok(())
}

fn shared_line(
    state: &AppState,
    line: &[(f64, f64, i64)],
    ended_at: chrono::DateTime<chrono::Utc>,
) -> Result<SharedLine> {
    let bytes = serde_json::to_vec(line).map_err(|error| Error::internal("a line", error))?;
    let hash = state.blobs.put(&bytes)?;
    let (length, now) = (bytes.len(), state.now());
    state.store.write_now(move |connection| {
        blob::add(connection, &hash, length, "application/json", None, now)
    })?;
    Ok(SharedLine {
        blob: hash,
        points: u32::try_from(line.len()).unwrap_or(u32::MAX),
        expires_at: Timestamp(ended_at.timestamp_millis()).plus_ms(LINE_LIVES_MS),
    })
}

fn incidents(
    scribe: &mut Scribe<'_>,
    history: &History,
    photos: &HashMap<String, (Hash, Hash, Value)>,
) -> Result<()> {
    for case in &history.incidents {
        let new: incident::NewIncident = same(&case.created)?;
        let id: DocumentId = new.id.into();
        let taken: Vec<Photo> = case
            .photos
            .iter()
            .map(|shot| photo(shot, photos))
            .collect::<Result<_>>()?;
        let act: Act = same(&case.act)?;
        let reporter = author(id, &act);
        let mut volume = Writing::begin(id, case.created.grid, &reporter, |author| {
            incident::create(&new, &taken, author)
        })?;
        for event in &case.events {
            let mut value =
                serde_json::to_value(event).map_err(|error| Error::internal("an event", error))?;
            if let history::Action::AddPhoto { photo: shot } = &event.action {
                value["action"]["photo"] = json!(photo(shot, photos)?);
            }
            let event: IncidentEvent = same(&value)?;
            volume.write(&event.act.clone(), |document, author| {
                incident::record(document, &event, author, &Unordered)
            })?;
        }
        scribe.add(volume.volume)?;
    }
    Ok(())
}

fn care_plans(
    scribe: &mut Scribe<'_>,
    street: &Street,
    plans: &[gridwalk_fixtures::care::CarePlan],
) -> Result<()> {
    for plan in plans {
        let new: NewCarePlan = same(&plan.created)?;
        let types: Vec<CareType> = same(&plan.types)?;
        let level: CareLevel = same(&plan.level)?;
        let id: DocumentId = new.id.into();
        let mut registrar = scribe.registrar(id, street);
        registrar.act.recorded_at = Timestamp(plan.begun_at.timestamp_millis());
        let mut volume = Writing::begin(id, plan.grid, &registrar, |author| {
            care::create(&new, &types, level, author)
        })?;
        for told in &plan.edits {
            let edit: CareEdit = same(&told.edit)?;
            volume.write(&same(&told.act)?, |document, author| {
                care::apply(document, &edit, author)
            })?;
        }
        scribe.add(volume.volume)?;
    }
    Ok(())
}

fn photo(shot: &history::Shot, photos: &HashMap<String, (Hash, Hash, Value)>) -> Result<Photo> {
    let (hash, thumbnail, size) = photos
        .get(&*shot.scene)
        .ok_or_else(|| Error::Internal(format!("no scene {}", shot.scene)))?;
    let mut photo = size.clone();
    photo["hash"] = json!(hash);
    photo["thumbnail"] = json!(thumbnail);
    photo["stage"] = json!(shot.stage);
    photo["taken_at"] = json!(shot.taken_at);
    same(&photo)
}

/// A document while its history is told.
struct Writing {
    volume: Volume,
}

impl Writing {
    fn begin(
        id: DocumentId,
        grid: Uuid,
        author: &Author,
        create: impl FnOnce(&Author) -> Result<Edited, Refusal>,
    ) -> Result<Self> {
        let edited = create(author).map_err(|refusal| told_badly(id, &refusal))?;
        Ok(Self {
            volume: Volume {
                id,
                partition: Partition {
                    grid: GridId(grid),
                    class: edited.document.kind().class(),
                },
                document: Some(edited.document),
                changes: vec![(edited.change, origin(&author.act))],
            },
        })
    }

    fn write(
        &mut self,
        act: &Act,
        edit: impl FnOnce(Document, &Author) -> Result<Edited, Refusal>,
    ) -> Result<()> {
        let id = self.volume.id;
        let document = self.volume.document.take().ok_or(Error::NotFound)?;
        let edited =
            edit(document, &author(id, act)).map_err(|refusal| told_badly(id, &refusal))?;
        self.volume.document = Some(edited.document);
        self.volume.changes.push((edited.change, origin(act)));
        Ok(())
    }
}

fn told_badly(id: DocumentId, refusal: &Refusal) -> Error {
    Error::Internal(format!("the history of {id} breaks a rule: {refusal}"))
}

fn author(id: DocumentId, act: &Act) -> Author {
    Author {
        actor: actor(act.device, id, 0),
        act: act.clone(),
    }
}

fn origin(act: &Act) -> Origin {
    Origin {
        device: act.device,
        worker: act.by,
        envelope: None,
        received_at: act.recorded_at,
        offered_by: None,
    }
}

/// The fixtures know nothing of the core; their JSON has its keys and words.
fn same<T: DeserializeOwned>(row: &impl Serialize) -> Result<T> {
    serde_json::to_value(row)
        .and_then(serde_json::from_value)
        .map_err(|error| Error::internal("a fixture row", error))
}
