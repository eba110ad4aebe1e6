//! The stories of the demo street over real HTTP: real enrolment, signed uploads, a server on SQLite. In the end all
//! phones and the registry read the same, what the story says holds, and nothing acknowledged is missing.

mod field;

use field::{Field, demo_street, partition, phone::Phone};
use gridwalk_core::{
    act::Role,
    care::{self, CareEdit, CareView},
    document::{Author, Document, FeedOrder},
    error::{Code, Refusal},
    household::{self, Dwelling, HouseholdEdit, HouseholdView, Part},
    ids::{DepartmentId, DocumentId, DwellingEventId, EventId, PersonId, VisitId},
    incident::{self, Applied, IncidentEvent, IncidentView, NewIncident},
    patrol::{self, NewPatrol, PatrolEdit, PatrolView},
    registry::{Projection, project},
    sync::message::{AccessClass, DocumentKind, Partition},
    time::Timestamp,
};
use gridwalk_fixtures::story::{Deed, Holds, Story, stories};
use gridwalk_server::{
    edit::{Writer, edit_document},
    error::Error,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

struct Play<'a> {
    story: &'a Story,
    field: Field,
    phones: BTreeMap<String, (Phone, bool)>,
    /// How far a phone's clock is ahead, where it is.
    ahead_ms: BTreeMap<String, i64>,
    /// Where the documents of the story live.
    homes: BTreeMap<DocumentId, Partition>,
}

/// What one side reads of a document.
#[derive(PartialEq, Debug)]
enum View {
    Household(Box<HouseholdView>),
    Incident(Box<IncidentView>),
    Patrol(Box<PatrolView>),
    Care(Box<CareView>),
}

impl<'a> Play<'a> {
    async fn begin(story: &'a Story) -> Self {
        let mut play = Self {
            story,
            field: Field::open().await,
            phones: BTreeMap::new(),
            ahead_ms: BTreeMap::new(),
            homes: BTreeMap::new(),
        };
        let named = story.steps.iter().filter_map(|step| match &step.deed {
            Deed::Household { household, .. } | Deed::Split { household, .. } => {
                // others begin in the story
                let stands = household.starts_with("$household:");
                stands.then(|| play.id(household))
            }
            _ => None,
        });
        for id in named.collect::<BTreeSet<_>>() {
            let mut doors = demo_street().households.iter();
            let door = doors
                .find(|door| door.id == id.0)
                .expect("a door of the street");
            play.field.furnish(door).await;
            let home = Partition {
                grid: door.grid.into(),
                ..partition("梧桐-03")
            };
            play.homes.insert(id, home);
        }
        for (login, grids) in &story.covers {
            for grid in grids {
                play.assign(login, grid).await;
            }
        }
        for (name, login) in &story.phones {
            let mut phone = play.field.phone(login).await;
            phone.sync().await.expect("a first exchange");
            play.phones.insert(name.clone(), (phone, true));
        }
        play
    }

    /// Somebody works in one more grid.
    async fn assign(&self, login: &str, grid: &str) {
        let street = demo_street();
        let person = street.person(login).expect("somebody of the street").id;
        let grid = street.grid(grid).expect("a grid of the street").id;
        let store = &self.field.server.state().store;
        store
            .write(move |connection| {
                Ok(connection.execute(
                    "insert into person_grid (person, grid) values (?1, ?2)",
                    [person.to_string(), grid.to_string()],
                )?)
            })
            .await
            .expect("an assignment");
    }

    fn id(&self, name: &str) -> DocumentId {
        DocumentId(
            self.story
                .id(demo_street(), name)
                .expect("a name of the story"),
        )
    }

    fn read<T: DeserializeOwned>(&self, value: &Value) -> T {
        let value = self
            .story
            .resolve(demo_street(), value)
            .expect("names of the story");
        serde_json::from_value(value).expect("an edit as the app writes it")
    }

    async fn step(&mut self, at: Timestamp, deed: &Deed) {
        let clock = &self.field.clock;
        clock.advance_ms(at.since(clock.now()));
        match deed {
            Deed::Offline { phone } => self.phone(phone).1 = false,
            Deed::Online { phone } => {
                self.phone(phone).1 = true;
                self.exchange(phone).await;
            }
            Deed::Sync { phone } => self.exchange(phone).await,
            Deed::Clock {
                phone,
                ahead_minutes,
            } => {
                self.ahead_ms.insert(phone.clone(), ahead_minutes * 60_000);
            }
            Deed::Patrol { phone, new } => {
                let new: NewPatrol = self.read(new);
                let id = new.id.into();
                let home = Partition {
                    grid: new.grid,
                    ..partition("梧桐-03")
                };
                self.homes.insert(id, home);
                let at = self.clock_of(phone, at);
                let done = self
                    .phone(phone)
                    .0
                    .act(id, home, at, |_, author, _| patrol::create(&new, author));
                self.settle(phone, done.map(drop), None).await;
            }
            Deed::Walk {
                phone,
                patrol,
                edit,
                refused,
            } => {
                let (id, edit): (_, PatrolEdit) = (self.id(patrol), self.read(edit));
                let (home, at) = (self.homes[&id], self.clock_of(phone, at));
                let done = self
                    .phone(phone)
                    .0
                    .act(id, home, at, |document, author, _| {
                        patrol::apply(document.expect("a patrol"), &edit, author)
                    });
                self.settle(phone, done.map(drop), refused.as_deref()).await;
            }
            Deed::Exchange { phones } => {
                for name in phones.iter().chain(phones) {
                    self.phone(name).1 = true;
                    self.exchange(name).await;
                }
            }
            Deed::Household {
                phone,
                household,
                edit,
                refused,
            } => {
                let (id, edit): (_, HouseholdEdit) = (self.id(household), self.read(edit));
                let (home, at) = (self.homes[&id], self.clock_of(phone, at));
                let done = self
                    .phone(phone)
                    .0
                    .act(id, home, at, |document, author, _| {
                        household::apply(document.expect("a household"), &edit, author)
                    });
                self.settle(phone, done.map(drop), refused.as_deref()).await;
            }
            Deed::Split {
                phone,
                household,
                event,
                into,
                refused,
            } => {
                let id = self.id(household);
                let event = DwellingEventId(self.id(event).0);
                let parts = into.iter().map(|(part, room)| Part {
                    id: self.id(part).into(),
                    room: room.clone(),
                });
                let into: Vec<Part> = parts.collect();
                let edit = HouseholdEdit::SplitDwelling {
                    event,
                    into: into.clone(),
                };
                let (home, at) = (self.homes[&id], self.clock_of(phone, at));
                let View::Household(whole) = seen(&self.phones[phone].0, id) else {
                    panic!("{household} is no household");
                };
                let done = self
                    .phone(phone)
                    .0
                    .act(id, home, at, |document, author, _| {
                        household::apply(document.expect("a household"), &edit, author)
                    });
                let split = done.is_ok();
                self.settle(phone, done.map(drop), refused.as_deref()).await;
                for part in into.into_iter().filter(|_| split) {
                    let new = Dwelling {
                        id: part.id,
                        building: whole.building,
                        unit: whole.unit.clone(),
                        room: part.room,
                    };
                    let id = part.id.into();
                    self.homes.insert(id, home);
                    let begun = self.phone(phone).0.act(id, home, at, |_, author, _| {
                        household::add(&new, Some((event, whole.id)), &[], &[], author)
                    });
                    self.settle(phone, begun.map(drop), None).await;
                }
            }
            Deed::BeginCare {
                phone,
                grid,
                new,
                types,
                level,
            } => {
                let new: care::NewCarePlan = self.read(new);
                let types: Vec<care::CareType> = self.read(&json!(types));
                let level: care::CareLevel = self.read(&json!(level));
                let id = new.id.into();
                let home = Partition {
                    grid: self.id(grid).0.into(),
                    class: AccessClass::CARE,
                };
                self.homes.insert(id, home);
                let at = self.clock_of(phone, at);
                let done = self.phone(phone).0.act(id, home, at, |_, author, _| {
                    care::create(&new, &types, level, author)
                });
                self.settle(phone, done.map(drop), None).await;
            }
            Deed::Care {
                phone,
                plan,
                edit,
                refused,
            } => {
                let (id, edit): (_, CareEdit) = (self.id(plan), self.read(edit));
                let (home, at) = (self.homes[&id], self.clock_of(phone, at));
                let done = self
                    .phone(phone)
                    .0
                    .act(id, home, at, |document, author, _| {
                        care::apply(document.expect("a care plan"), &edit, author)
                    });
                self.settle(phone, done.map(drop), refused.as_deref()).await;
            }
            Deed::Report { phone, new } => {
                let new: NewIncident = self.read(new);
                let id = new.id.into();
                let home = Partition {
                    grid: new.grid,
                    ..partition("梧桐-03")
                };
                self.homes.insert(id, home);
                let at = self.clock_of(phone, at);
                let done = self.phone(phone).0.act(id, home, at, |_, author, _| {
                    incident::create(&new, &[], author)
                });
                self.settle(phone, done.map(drop), None).await;
            }
            Deed::Incident {
                phone,
                desk,
                incident,
                event,
                action,
                refused,
            } => {
                let (id, event) = (self.id(incident), EventId(self.id(event).0));
                let action: incident::IncidentAction = self.read(action);
                let login = match phone {
                    Some(phone) => self.story.phones[phone].clone(),
                    None => desk.clone().expect("somebody acts"),
                };
                let actor = demo_street()
                    .person(&login)
                    .expect("somebody of the street");
                let department = actor.department.map(DepartmentId);
                let record = move |document: Document, author: &Author, order: &dyn FeedOrder| {
                    let event = IncidentEvent {
                        id: event,
                        act: author.act.clone(),
                        department,
                        action: action.clone(),
                    };
                    incident::record(document, &event, author, order)
                };
                if let Some(phone) = phone {
                    let (home, at) = (self.homes[&id], self.clock_of(phone, at));
                    let done = self
                        .phone(phone)
                        .0
                        .act(id, home, at, |document, author, order| {
                            record(document.expect("an incident"), author, order)
                        });
                    return self.settle(phone, done.map(drop), refused.as_deref()).await;
                }
                let role: Role = serde_json::from_value(json!(actor.role)).expect("a role");
                let writer = Writer {
                    by: PersonId(actor.id),
                    role,
                };
                let done = edit_document(self.field.server.state(), id, writer, record).await;
                match done {
                    Ok(_) => as_expected(Ok(()), refused.as_deref()),
                    Err(Error::Refused(refusal)) => as_expected(Err(refusal), refused.as_deref()),
                    Err(error) => panic!("{error}"),
                }
            }
            Deed::Expect { on, holds } => match on.as_str() {
                "centre" => {
                    let view = self.centre(self.subject(holds)).await;
                    self.holds(&view, holds, on);
                }
                phone => {
                    let view = seen(&self.phones[phone].0, self.subject(holds));
                    self.holds(&view, holds, on);
                }
            },
        }
    }

    fn clock_of(&self, phone: &str, at: Timestamp) -> Timestamp {
        at.plus_ms(self.ahead_ms.get(phone).copied().unwrap_or_default())
    }

    fn phone(&mut self, name: &str) -> &mut (Phone, bool) {
        self.phones.get_mut(name).expect("a phone of the story")
    }

    async fn exchange(&mut self, name: &str) {
        let (phone, online) = self.phone(name);
        assert!(*online, "{name} has no network");
        // Its token ends four times an hour, in a story as in life.
        if let Err(refused) = phone.sync().await {
            assert_eq!(refused.code, Code::TokenExpired);
            phone.renew_token().await.expect("a token");
            phone.sync().await.expect("an exchange");
        }
    }

    async fn settle(&mut self, name: &str, done: Result<(), Refusal>, refused: Option<&str>) {
        let wrote = done.is_ok();
        as_expected(done, refused);
        if wrote && self.phone(name).1 {
            self.exchange(name).await;
        }
    }

    /// What the registry's log says of a care plan. Its own row says the same, without the words.
    async fn plan(&self, id: DocumentId) -> CareView {
        let store = &self.field.server.state().store;
        let (changes, row): (Vec<Vec<u8>>, String) = store
            .read(move |connection| {
                let mut log = connection.prepare_cached(
                    "select bytes from change where document = ?1 and state = 'published'",
                )?;
                let changes = log.query_map([id.0], |row| row.get(0))?;
                let changes = changes.collect::<Result<_, _>>()?;
                let row = connection.query_row(
                    "select view from care_plan where id = ?1",
                    [id.to_string()],
                    |row| row.get(0),
                )?;
                Ok((changes, row))
            })
            .await
            .expect("a row of the registry");
        let document = Document::from_changes(id, DocumentKind::CARE_PLAN, changes);
        let view = care::view(&document.expect("published changes"));
        let listed: CareView = serde_json::from_str(&row).expect("a view");
        assert_eq!(listed, care::without_words(view.clone()));
        view
    }

    async fn centre(&self, id: DocumentId) -> View {
        if self.homes[&id].class == AccessClass::CARE {
            return View::Care(Box::new(self.plan(id).await));
        }
        let store = &self.field.server.state().store;
        let json: String = store
            .read(move |connection| {
                Ok(connection.query_row(
                    "select view from household where id = ?1 union all select view from incident where id = ?1
                     union all select view from patrol where id = ?1",
                    [id.to_string()],
                    |row| row.get(0),
                )?)
            })
            .await
            .expect("a row of the registry");
        serde_json::from_str(&json)
            .map(|view| View::Household(Box::new(view)))
            .or_else(|_| serde_json::from_str(&json).map(|view| View::Incident(Box::new(view))))
            .or_else(|_| serde_json::from_str(&json).map(|view| View::Patrol(Box::new(view))))
            .expect("a view")
    }

    async fn end(mut self) {
        let names: Vec<String> = self.phones.keys().cloned().collect();
        for name in names.iter().chain(&names) {
            self.phone(name).1 = true;
            self.exchange(name).await;
        }
        for id in self.homes.keys() {
            let centre = self.centre(*id).await;
            for (name, (phone, _)) in &self.phones {
                assert_eq!(seen(phone, *id), centre, "{name} reads {id} otherwise");
            }
        }
        for holds in &self.story.holds {
            let view = self.centre(self.subject(holds)).await;
            self.holds(&view, holds, "the registry");
        }
        let logged: BTreeSet<Vec<u8>> = self.logged().await;
        for (name, (phone, _)) in &self.phones {
            for (id, change) in &phone.acknowledged {
                assert!(
                    logged.contains(&change.0[..]),
                    "{change} of {id}, acknowledged to {name}, is gone"
                );
            }
        }
    }

    async fn logged(&self) -> BTreeSet<Vec<u8>> {
        let store = &self.field.server.state().store;
        store
            .read(|connection| {
                let mut statement = connection
                    .prepare_cached("select hash from change where state = 'published'")?;
                let hashes = statement.query_map([], |row| row.get(0))?;
                Ok(hashes.collect::<Result<_, _>>()?)
            })
            .await
            .expect("the log")
    }

    fn subject(&self, holds: &Holds) -> DocumentId {
        match holds {
            Holds::Visits { household, .. }
            | Holds::Field { household, .. }
            | Holds::NoEntry { household, .. }
            | Holds::Dwelling { household, .. } => self.id(household),
            Holds::Incident { incident, .. } => self.id(incident),
            Holds::Patrol { patrol, .. } => self.id(patrol),
            Holds::Care { plan, .. } => self.id(plan),
        }
    }

    fn holds(&self, view: &View, holds: &Holds, on: &str) {
        let code = &self.story.code;
        match (view, holds) {
            (View::Household(view), Holds::Visits { newest_first, .. }) => {
                let today = view.visits.iter().map(|visit| &visit.visit);
                let today: Vec<VisitId> = today
                    .filter(|visit| visit.started_at.local_date() == self.story.day)
                    .map(|visit| visit.id)
                    .collect();
                let expected: Vec<_> = newest_first
                    .iter()
                    .map(|name| VisitId(self.id(name).0))
                    .collect();
                assert_eq!(today, expected, "{code}: visits on {on}");
            }
            (View::Household(view), Holds::Field { field, values, .. }) => {
                let found = view.fields.iter().find(|f| f.field.word() == field);
                let values_now: Vec<Value> = found
                    .into_iter()
                    .flat_map(|field| &field.values)
                    .map(|sourced| json!(sourced.value)["value"].clone())
                    .collect();
                assert_eq!(&values_now, values, "{code}: {field} on {on}");
            }
            (View::Household(view), Holds::NoEntry { until, .. }) => {
                assert_eq!(
                    view.no_entry_until,
                    Some(*until),
                    "{code}: no entry on {on}"
                );
            }
            (
                View::Household(view),
                Holds::Dwelling {
                    void,
                    events,
                    part_of,
                    ..
                },
            ) => {
                assert_eq!(view.void, *void, "{code}: void on {on}");
                let acts = view.events.iter();
                let acts: Vec<_> = acts
                    .map(|event| (event.act.id().0, event.taken_back))
                    .collect();
                let expected: Vec<_> = events
                    .iter()
                    .map(|(event, taken_back)| (self.id(event).0, *taken_back))
                    .collect();
                assert_eq!(acts, expected, "{code}: acts on {on}");
                let whole = part_of.as_ref().map(|whole| self.id(whole).into());
                assert_eq!(view.part_of, whole, "{code}: part of on {on}");
            }
            (
                View::Incident(view),
                Holds::Incident {
                    state,
                    not_applied,
                    severity,
                    ..
                },
            ) => {
                assert_eq!(json!(view.state), json!(state), "{code}: state on {on}");
                if let Some(level) = severity {
                    assert_eq!(view.severity.level(), *level, "{code}: severity on {on}");
                }
                let failed: Vec<_> = view
                    .events
                    .iter()
                    .filter_map(|event| match event.applied {
                        Applied::No { because } => Some((event.event.id.0, because.as_str())),
                        Applied::Yes { .. } => None,
                    })
                    .collect();
                let expected: Vec<_> = not_applied
                    .iter()
                    .map(|(event, code)| (self.id(event).0, code.as_str()))
                    .collect();
                assert_eq!(failed, expected, "{code}: not applied on {on}");
            }
            (
                View::Patrol(view),
                Holds::Patrol {
                    hits,
                    findings,
                    ended,
                    ..
                },
            ) => {
                let person = |login: &str| PersonId(self.id(&format!("$person:{login}")).0);
                let reached: Vec<_> = view
                    .hits
                    .iter()
                    .map(|hit| (hit.by, hit.hit.id.0, hit.counts))
                    .collect();
                let expected: Vec<_> = hits
                    .iter()
                    .map(|(login, hit, counts)| (person(login), self.id(hit).0, *counts))
                    .collect();
                assert_eq!(reached, expected, "{code}: hits on {on}");
                let found: Vec<_> = view
                    .findings
                    .iter()
                    .map(|found| (found.by, found.finding.id.0))
                    .collect();
                let expected: Vec<_> = findings
                    .iter()
                    .map(|(login, finding)| (person(login), self.id(finding).0))
                    .collect();
                assert_eq!(found, expected, "{code}: findings on {on}");
                assert_eq!(view.ended_at.is_some(), *ended, "{code}: ended on {on}");
            }
            (
                View::Care(view),
                Holds::Care {
                    consent,
                    level,
                    levels,
                    support,
                    words,
                    ..
                },
            ) => {
                let now = json!({
                    "consent": json!(view.consent)["state"], "level": view.level.level,
                    "levels": view.level.values.iter().map(|value| value.level).collect::<Vec<_>>(),
                    "support": view.support.iter().map(|done| (done.support.id.0, done.overruled)).collect::<Vec<_>>(),
                    "words": view.needs.iter().any(|need| !need.need.detail.is_empty()),
                });
                let support: Vec<_> = support
                    .iter()
                    .map(|(id, overruled)| (self.id(id).0, overruled))
                    .collect();
                let expected = json!({
                    "consent": consent, "level": level, "levels": levels, "support": support, "words": words,
                });
                assert_eq!(now, expected, "{code}: on {on}");
            }
            (view, holds) => panic!("{code}: {holds:?} is not about {view:?}"),
        }
    }
}

fn seen(phone: &Phone, id: DocumentId) -> View {
    match project(&phone.documents[&id], &phone.positions) {
        Projection::Household(view) => View::Household(Box::new(view)),
        Projection::Incident(view) => View::Incident(Box::new(view)),
        Projection::Patrol(view) => View::Patrol(Box::new(view)),
        Projection::Care(view) => View::Care(Box::new(view)),
        other => panic!("{id} is {other:?}"),
    }
}

fn as_expected(done: Result<(), Refusal>, refused: Option<&str>) {
    let code = done.map_err(|refusal| refusal.code.as_str());
    assert_eq!(code.err(), refused);
}

async fn played(code: &str) {
    let all = stories().expect("stories");
    let story = all
        .into_iter()
        .find(|story| story.code == code)
        .expect("a story of that code");
    let mut play = Play::begin(&story).await;
    for step in &story.steps {
        let at = Timestamp(story.instant(step.at).timestamp_millis());
        play.step(at, &step.deed).await;
    }
    play.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_two_people_visit_one_household_on_one_morning() {
    played("C1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c2_a_phone_number_is_edited_two_ways() {
    played("C2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c3_consent_is_withdrawn_while_somebody_still_helps() {
    played("C3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c4_the_same_manhole_is_reported_twice() {
    played("C4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_a_report_is_cancelled_offline_and_accepted_at_the_desk() {
    played("C5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c6_one_of_an_office_says_done_and_another_sends_it_back() {
    played("C6").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c7_a_late_check_does_not_close_what_was_opened_again() {
    played("C7").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c8_two_leads_decide_differently() {
    played("C8").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c11_a_helper_walks_along_all_day_without_network() {
    played("C11").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c14_one_raises_the_level_while_another_lowers_it() {
    played("C14").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c15_a_dwelling_is_split_twice_at_once_while_somebody_visits_it() {
    played("C15").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_a_phone_runs_three_hours_ahead() {
    played("C16").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_one_person_works_on_two_phones() {
    played("C17").await;
}

#[test]
fn every_story_is_played_here() {
    let codes: Vec<String> = stories()
        .expect("stories")
        .into_iter()
        .map(|story| story.code)
        .collect();
    assert_eq!(
        codes,
        [
            "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C11", "C14", "C15", "C16", "C17"
        ]
    );
}
