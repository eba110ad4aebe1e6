//! One grid of the demo street as documents with all their changes, the same bytes on every run.
#![allow(dead_code)] // every user needs another part of it

use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, RawChange, Unordered},
    error::Refusal,
    household::{self, Dwelling, FieldChange, HouseholdEdit},
    ids::{DocumentId, GridId, Hash},
    incident::{self, IncidentEvent},
    patrol::{self, NewPatrol, PatrolEdit, SharedLine},
    registry,
    sync::{
        actor,
        message::{AccessClass, Cursor, Digest, DocumentKind, Epoch, Partition},
        pack::build::{self, Material, Source},
    },
    time::Timestamp,
};
use gridwalk_fixtures::{History, SEED, Street, demo_day, history, street};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// A document with its changes, oldest first, each with the time at which it was written.
pub struct Told {
    pub document: Document,
    pub changes: Vec<(Timestamp, RawChange)>,
}

impl Told {
    pub fn id(&self) -> DocumentId {
        self.document.id()
    }
    pub fn kind(&self) -> DocumentKind {
        self.document.kind()
    }

    fn begin(act: &Act, make: impl FnOnce(&Author) -> Result<Edited, Refusal>, id: Uuid) -> Self {
        let edited = make(&author(DocumentId(id), act)).expect("the history keeps the rules");
        Self {
            document: edited.document,
            changes: vec![(act.recorded_at, edited.change)],
        }
    }

    fn goes_on(
        self,
        act: &Act,
        edit: impl FnOnce(Document, &Author) -> Result<Edited, Refusal>,
    ) -> Self {
        let author = author(self.id(), act);
        let edited = edit(self.document, &author).expect("the history keeps the rules");
        let mut changes = self.changes;
        changes.push((act.recorded_at, edited.change));
        Self {
            document: edited.document,
            changes,
        }
    }
}

pub struct World {
    pub street: Street,
    pub history: History,
}

impl World {
    pub fn new() -> Self {
        let street = street(SEED, demo_day());
        let history = history(&street);
        Self { street, history }
    }

    pub fn partition(&self, grid: &str) -> Partition {
        Partition {
            grid: GridId(self.street.grid(grid).expect("a grid").id),
            class: AccessClass::GENERAL,
        }
    }

    /// Households with their visits, incidents with their events, patrols with their hits; by kind, then by id.
    pub fn documents(&self, grid: &str) -> Vec<Told> {
        let grid = self.street.grid(grid).expect("a grid").id;
        let mut told = self.households(grid);
        told.extend(self.incidents(grid));
        told.extend(self.patrols(grid));
        told.sort_by_key(|told| (told.kind(), told.id()));
        told
    }

    fn households(&self, grid: Uuid) -> Vec<Told> {
        let steward = self.street.people.iter().find(|p| p.role == "steward");
        let steward = steward.expect("a steward");
        let act: Act = same(&json!({
            "by": steward.id, "role": Role::Steward, "device": steward.device,
            "recorded_at": "2026-03-02T01:00:00Z",
        }));
        let mut visits: HashMap<Uuid, Vec<&history::VisitRecord>> = HashMap::new();
        for visit in &self.history.visits {
            visits.entry(visit.household).or_default().push(visit);
        }
        let doors = self.street.households.iter().filter(|h| h.grid == grid);
        doors
            .map(|door| {
                let mut fields: Vec<FieldChange> = Vec::new();
                let mut field = |name: &str, value: Value| {
                    if !value.is_null() && value != json!("") {
                        fields.push(same(&json!({ "field": name, "value": value })));
                    }
                };
                field("use", json!(door.r#use));
                field("occupancy", json!(door.occupancy));
                field("household_size", json!(door.household_size));
                field("contact_name", json!(door.salutation));
                field("contact_phone", json!(door.contact_phone));
                field("preferred_time", json!(door.preferred_time));
                field("contact_preference", json!(door.contact_preference));
                field("gas_hose", json!(door.gas_hose));
                field("smoke_alarm", json!(door.smoke_alarm));
                field("notes", json!(door.notes));
                let members: Vec<_> = door.members.iter().map(same).collect();
                let dwelling: Dwelling = same(door);
                let first = Told::begin(
                    &act,
                    |author| household::create(&dwelling, &fields, &members, author),
                    door.id,
                );
                let visits = visits.get(&door.id).into_iter().flatten();
                visits.fold(first, |told, visit| {
                    let edit = HouseholdEdit::RecordVisit(same(&visit.visit));
                    told.goes_on(&same(&visit.act), |document, author| {
                        household::apply(document, &edit, author)
                    })
                })
            })
            .collect()
    }

    fn incidents(&self, grid: Uuid) -> Vec<Told> {
        let cases = self.history.incidents.iter();
        cases
            .filter(|case| case.created.grid == grid)
            .map(|case| {
                let new: incident::NewIncident = same(&case.created);
                let photos: Vec<_> = case.photos.iter().map(photo).collect();
                let first = Told::begin(
                    &same(&case.act),
                    |author| incident::create(&new, &photos, author),
                    new.id.0,
                );
                case.events.iter().fold(first, |told, event| {
                    let mut row = serde_json::to_value(event).expect("a row");
                    if let history::Action::AddPhoto { photo: shot } = &event.action {
                        row["action"]["photo"] = json!(photo(shot));
                    }
                    let event: IncidentEvent = same(&row);
                    told.goes_on(&event.act.clone(), |document, author| {
                        incident::record(document, &event, author, &Unordered)
                    })
                })
            })
            .collect()
    }

    fn patrols(&self, grid: Uuid) -> Vec<Told> {
        let walks = self.history.patrols.iter();
        walks
            .filter(|walk| walk.created.grid == grid)
            .map(|walk| {
                let act: Act = same(&walk.act);
                let new: NewPatrol = same(&walk.created);
                let first =
                    Told::begin(&act, |author| patrol::create(&new, author), walk.created.id);
                let hits = walk.hits.iter().map(|hit| PatrolEdit::Hit(same(hit)));
                let findings = walk.findings.iter();
                let findings = findings.map(|finding| PatrolEdit::Finding(same(finding)));
                let finish = PatrolEdit::Finish {
                    at: same(&walk.finish.at),
                    distance_m: walk.finish.distance_m,
                    line: walk.finish.line.as_ref().map(|points| SharedLine {
                        blob: Hash::of(&serde_json::to_vec(points).expect("a line")),
                        points: points.len() as u32,
                        expires_at: same(&(walk.finish.at + chrono::Duration::days(30))),
                    }),
                    note: walk.finish.note.clone(),
                };
                hits.chain(findings)
                    .chain([finish])
                    .fold(first, |told, edit| {
                        told.goes_on(&act, |document, author| {
                            patrol::apply(document, &edit, author)
                        })
                    })
            })
            .collect()
    }
}

/// A grid's feed: every change at its position, in the order of their clocks, as far as causes allow.
pub struct Feed {
    pub partition: Partition,
    pub rows: Vec<(DocumentId, DocumentKind, RawChange)>,
    pub digest: Digest,
}

impl Feed {
    pub fn of(partition: Partition, told: &[Told]) -> Self {
        // a change never comes before its document's earlier ones, whatever its clock says
        let mut rows: Vec<(Timestamp, usize, usize)> = Vec::new();
        for (nth, told) in told.iter().enumerate() {
            let mut latest = Timestamp(i64::MIN);
            for (at, (when, _)) in told.changes.iter().enumerate() {
                latest = latest.max(*when);
                rows.push((latest, nth, at));
            }
        }
        rows.sort_unstable();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(_, nth, at)| {
                let told = &told[nth];
                (told.id(), told.kind(), told.changes[at].1.clone())
            })
            .collect();
        Self {
            partition,
            digest: Digest::of(rows.iter().map(|(.., change)| &change.hash)),
            rows,
        }
    }

    pub fn cursor(&self) -> Cursor {
        Cursor {
            partition: self.partition,
            position: self.rows.len() as u64,
            digest: self.digest,
        }
    }

    /// What a server would build a pack from.
    pub fn material(&self, told: Vec<Told>, epoch: Epoch) -> Material {
        let mut positions: HashMap<Hash, u64> = HashMap::new();
        for (at, (.., change)) in self.rows.iter().enumerate() {
            positions.insert(change.hash, at as u64 + 1);
        }
        let index = told
            .iter()
            .filter_map(|told| build::index_item(registry::project(&told.document, &positions)))
            .collect();
        let documents = told
            .into_iter()
            .map(|mut told| Source {
                document: told.id(),
                kind: told.kind(),
                snapshot: told.document.save(),
                changes: told
                    .changes
                    .into_iter()
                    .map(|(_, change)| (change.hash, change.deps, positions[&change.hash]))
                    .collect(),
            })
            .collect();
        Material {
            epoch,
            cursor: self.cursor(),
            rest: Digest::EMPTY,
            index,
            documents,
        }
    }
}

fn author(id: DocumentId, act: &Act) -> Author {
    Author {
        actor: actor(act.device, id, 0),
        act: act.clone(),
    }
}

/// A photo as the seed of a registry would put it in the scene's place.
fn photo(shot: &history::Shot) -> gridwalk_core::photo::Photo {
    same(&json!({
        "hash": Hash::of(shot.scene.as_bytes()), "thumbnail": Hash::of(shot.stage.as_bytes()),
        "stage": shot.stage, "taken_at": shot.taken_at, "width": 1600, "height": 1200, "bytes": 280_000,
    }))
}

/// The core's reading of a fixture row.
pub fn same<T: DeserializeOwned>(row: &impl Serialize) -> T {
    let row = serde_json::to_value(row).expect("a row");
    serde_json::from_value(row.clone()).unwrap_or_else(|error| panic!("{error}: {row}"))
}

/// One more change on that document, by somebody who has seen nothing else.
pub fn twin(document: Document) -> RawChange {
    let act: Act = same(&json!({
        "by": Uuid::from_u128(77), "role": Role::Lead, "device": Uuid::from_u128(78),
        "recorded_at": "2026-09-14T01:00:00Z",
    }));
    let author = author(document.id(), &act);
    let edited = match document.kind() {
        DocumentKind::HOUSEHOLD => household::apply(
            document,
            &HouseholdEdit::ChangeField(FieldChange::HouseholdSize(9)),
            &author,
        ),
        kind => panic!("no twin for {kind:?}"),
    };
    edited.expect("an edit").change
}
