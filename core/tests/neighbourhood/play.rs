//! A story is played step by step, as its data says.

use super::{Centre, Failure, Phone, Row, author};
use gridwalk_core::{
    care::{self, CareEdit, CareLevel, CareType},
    document::{Author, Document, Edited},
    error::Refusal,
    household::{self, Dwelling, FieldChange, HouseholdEdit, Part},
    ids::{DepartmentId, DocumentId, DwellingEventId},
    incident::{self, IncidentEvent},
    patrol::{self, PatrolEdit},
    time::Timestamp,
};
use gridwalk_fixtures::{
    Street,
    story::{Deed, Story},
    street::Person,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A story while it is played.
pub struct Play<'a> {
    street: &'a Street,
    pub story: &'a Story,
    pub centre: Centre,
    pub phones: BTreeMap<String, Phone>,
    /// Documents and the visits or events that were recorded in them, by whomever.
    pub recorded: BTreeSet<(DocumentId, String)>,
    /// Which of the possible orders of an exchange is tried.
    order: usize,
}

impl<'a> Play<'a> {
    /// The households of the story stand in the registry, and all phones are in sync.
    pub fn begin(street: &'a Street, story: &'a Story, order: usize) -> Result<Self, Failure> {
        let mut play = Self {
            street,
            story,
            centre: Centre::default(),
            phones: BTreeMap::new(),
            recorded: BTreeSet::new(),
            order,
        };
        let steward = street.people.iter().find(|person| person.role == "steward");
        let steward = steward.ok_or("no steward")?;
        for name in households(story) {
            let edited = play.furnish(&name, steward)?;
            play.centre.receive(&Row::of(&edited))?;
        }
        for (name, login) in &story.phones {
            let mut carrier = person(street, login)?.clone();
            if play
                .phones
                .values()
                .any(|known| known.carrier.id == carrier.id)
            {
                // A second phone of one person is a device of its own.
                carrier.device = play.id(&format!("$device:{name}"))?.0;
            }
            let mut phone = Phone::new(&carrier);
            phone.exchange(&mut play.centre)?;
            play.phones.insert(name.clone(), phone);
        }
        Ok(play)
    }

    fn furnish(&self, name: &str, steward: &Person) -> Result<Edited, Failure> {
        let id = self.id(name)?;
        let doors = &self.street.households;
        let door = doors.iter().find(|door| door.id == id.0).ok_or(name)?;
        let dwelling: Dwelling = shaped(&json!({
            "id": door.id, "building": door.building, "unit": door.unit, "room": door.room,
        }))?;
        let fields = [
            FieldChange::HouseholdSize(door.household_size),
            FieldChange::ContactName(door.salutation.clone()),
            FieldChange::ContactPhone(door.contact_phone.clone()),
        ];
        let six = self.instant(chrono::NaiveTime::from_hms_opt(6, 0, 0).ok_or("a time")?);
        household::create(&dwelling, &fields, &[], &author(steward, id, six)?).map_err(text)
    }

    pub fn step(&mut self, at: chrono::NaiveTime, deed: &Deed) -> Result<(), Failure> {
        match deed {
            Deed::Offline { phone } => self.phone(phone)?.online = false,
            Deed::Online { phone } => {
                self.phone(phone)?.online = true;
                self.exchange(phone)?;
            }
            Deed::Sync { phone } => self.exchange(phone)?,
            Deed::Clock {
                phone,
                ahead_minutes,
            } => self.phone(phone)?.ahead_ms = ahead_minutes * 60_000,
            Deed::Patrol { phone, new } => {
                let new: patrol::NewPatrol = self.read(new)?;
                let at = self.instant(at);
                let author = self.phone(phone)?.author(new.id.into(), at)?;
                self.settle(phone, patrol::create(&new, &author), None)?;
            }
            Deed::Walk {
                phone,
                patrol,
                edit,
                refused,
            } => {
                let id = self.id(patrol)?;
                let edit: PatrolEdit = self.read(edit)?;
                let done = self.on_phone(phone, id, at, |document, author| {
                    patrol::apply(document, &edit, author)
                })?;
                let record = match &edit {
                    PatrolEdit::Hit(hit) => Some(hit.id.to_string()),
                    PatrolEdit::Finding(finding) => Some(finding.id.to_string()),
                    _ => None,
                };
                if self.settle(phone, done, refused.as_deref())? {
                    self.recorded.extend(record.map(|record| (id, record)));
                }
            }
            Deed::Exchange { phones } => {
                let order = permutation(phones, self.order);
                for name in order.iter().chain(&order) {
                    self.phone(name)?.online = true;
                    self.exchange(name)?;
                }
            }
            Deed::Household {
                phone,
                household,
                edit,
                refused,
            } => {
                let id = self.id(household)?;
                let edit: HouseholdEdit = self.read(edit)?;
                let done = self.on_phone(phone, id, at, |document, author| {
                    household::apply(document, &edit, author)
                })?;
                if self.settle(phone, done, refused.as_deref())?
                    && let HouseholdEdit::RecordVisit(visit) = &edit
                {
                    self.recorded.insert((id, visit.id.to_string()));
                }
            }
            Deed::Split {
                phone,
                household,
                event,
                into,
                refused,
            } => {
                let id = self.id(household)?;
                let event = DwellingEventId(self.id(event)?.0);
                let parts = into.iter().map(|(part, room)| {
                    Ok(Part {
                        id: self.id(part)?.into(),
                        room: room.clone(),
                    })
                });
                let into: Vec<Part> = parts.collect::<Result<_, Failure>>()?;
                let edit = HouseholdEdit::SplitDwelling {
                    event,
                    into: into.clone(),
                };
                let whole = household::view(self.phone(phone)?.side.document(id)?);
                let done = self.on_phone(phone, id, at, |document, author| {
                    household::apply(document, &edit, author)
                })?;
                if !self.settle(phone, done, refused.as_deref())? {
                    return Ok(());
                }
                for part in into {
                    let new = Dwelling {
                        id: part.id,
                        building: whole.building,
                        unit: whole.unit.clone(),
                        room: part.room,
                    };
                    let at = self.instant(at);
                    let author = self.phone(phone)?.author(part.id.into(), at)?;
                    let begun = household::add(&new, Some((event, whole.id)), &[], &[], &author);
                    self.settle(phone, begun, None)?;
                }
            }
            Deed::BeginCare {
                phone,
                new,
                types,
                level,
                ..
            } => {
                let new: care::NewCarePlan = self.read(new)?;
                let types: Vec<CareType> = shaped(&json!(types))?;
                let level: CareLevel = shaped(&json!(level))?;
                let at = self.instant(at);
                let author = self.phone(phone)?.author(new.id.into(), at)?;
                self.settle(phone, care::create(&new, &types, level, &author), None)?;
            }
            Deed::Care {
                phone,
                plan,
                edit,
                refused,
            } => {
                let id = self.id(plan)?;
                let edit: CareEdit = self.read(edit)?;
                let done = self.on_phone(phone, id, at, |document, author| {
                    care::apply(document, &edit, author)
                })?;
                if self.settle(phone, done, refused.as_deref())?
                    && let CareEdit::LogSupport(support) = &edit
                {
                    self.recorded.insert((id, support.id.to_string()));
                }
            }
            Deed::Report { phone, new } => {
                let new: incident::NewIncident = self.read(new)?;
                let id = new.id.into();
                let at = self.instant(at);
                let author = self.phone(phone)?.author(id, at)?;
                let done = incident::create(&new, &[], &author);
                self.settle(phone, done, None)?;
            }
            Deed::Incident {
                phone,
                desk,
                incident,
                event,
                action,
                refused,
            } => {
                let id = self.id(incident)?;
                let (event, action) = (self.id(event)?, self.read(action)?);
                let event = |author: &Author, department| IncidentEvent {
                    id: event.0.into(),
                    act: author.act.clone(),
                    department,
                    action,
                };
                let name = match (phone, desk) {
                    (Some(phone), _) => phone.as_str(),
                    (None, Some(login)) => login,
                    (None, None) => return Err("nobody acts".into()),
                };
                let at = self.instant(at);
                let (side, actor, author) = match phone {
                    Some(phone) => {
                        let phone = self.phone(phone)?;
                        let author = phone.author(id, at)?;
                        (phone.side.clone(), phone.carrier.clone(), author)
                    }
                    None => {
                        let actor = person(self.street, name)?.clone();
                        let author = author(&actor, id, at)?;
                        (self.centre.side.clone(), actor, author)
                    }
                };
                let event = event(&author, actor.department.map(DepartmentId));
                let document = side.document(id)?.clone();
                let done = incident::record(document, &event, &author, &side.positions);
                let recorded = match phone {
                    Some(phone) => self.settle(phone, done, refused.as_deref())?,
                    None => self.settle_at_desk(done, refused.as_deref())?,
                };
                if recorded {
                    self.recorded.insert((id, event.id.to_string()));
                }
            }
            Deed::Expect { on, holds } => {
                let side = match on.as_str() {
                    "centre" => self.centre.side.clone(),
                    phone => self.phone(phone)?.side.clone(),
                };
                self.holds(&side, holds)
                    .map_err(|why| format!("on {on}: {why}"))?;
            }
        }
        Ok(())
    }

    fn on_phone(
        &mut self,
        phone: &str,
        id: DocumentId,
        at: chrono::NaiveTime,
        edit: impl FnOnce(Document, &Author) -> Result<Edited, Refusal>,
    ) -> Result<Result<Edited, Refusal>, Failure> {
        let at = self.instant(at);
        let phone = self.phone(phone)?;
        let author = phone.author(id, at)?;
        Ok(edit(phone.side.document(id)?.clone(), &author))
    }

    /// Keeps what was done, if it was to be done; true if it was.
    fn settle(
        &mut self,
        phone: &str,
        done: Result<Edited, Refusal>,
        refused: Option<&str>,
    ) -> Result<bool, Failure> {
        let Some(edited) = as_expected(done, refused)? else {
            return Ok(false);
        };
        self.phone(phone)?.keep(edited);
        if self.phone(phone)?.online {
            self.exchange(phone)?;
        }
        Ok(true)
    }

    fn settle_at_desk(
        &mut self,
        done: Result<Edited, Refusal>,
        refused: Option<&str>,
    ) -> Result<bool, Failure> {
        match as_expected(done, refused)? {
            Some(edited) => self.centre.receive(&Row::of(&edited)).map(|()| true),
            None => Ok(false),
        }
    }

    pub fn exchange(&mut self, name: &str) -> Result<(), Failure> {
        let phone = self.phones.get_mut(name).ok_or(name)?;
        if !phone.online {
            return Err(format!("{name} has no network"));
        }
        phone.exchange(&mut self.centre)
    }

    pub fn phone(&mut self, name: &str) -> Result<&mut Phone, Failure> {
        self.phones.get_mut(name).ok_or(format!("no phone {name}"))
    }

    pub fn id(&self, name: &str) -> Result<DocumentId, Failure> {
        self.story
            .id(self.street, name)
            .map(DocumentId)
            .map_err(|unknown| unknown.0)
    }

    fn read<T: DeserializeOwned>(&self, value: &Value) -> Result<T, Failure> {
        shaped(
            &self
                .story
                .resolve(self.street, value)
                .map_err(|unknown| unknown.0)?,
        )
    }

    fn instant(&self, at: chrono::NaiveTime) -> Timestamp {
        Timestamp(self.story.instant(at).timestamp_millis())
    }
}

/// Something was done or refused, just as the story said; anything else is a failure.
fn as_expected(
    done: Result<Edited, Refusal>,
    refused: Option<&str>,
) -> Result<Option<Edited>, Failure> {
    match (done, refused) {
        (Ok(edited), None) => Ok(Some(edited)),
        (Err(refusal), Some(code)) if refusal.code.as_str() == code => Ok(None),
        (Err(refusal), _) => Err(format!("refused: {refusal}")),
        (Ok(_), Some(code)) => Err(format!("done, but {code} was expected")),
    }
}

fn text(error: impl std::fmt::Display) -> Failure {
    error.to_string()
}

fn shaped<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_json::from_value(value.clone()).map_err(|error| format!("{error} in {value}"))
}

fn person<'a>(street: &'a Street, login: &str) -> Result<&'a Person, Failure> {
    street
        .person(login)
        .ok_or(format!("nobody is called {login}"))
}

/// Every household of the street that the story names; others begin in it.
fn households(story: &Story) -> BTreeSet<String> {
    let named = story.steps.iter().filter_map(|step| match &step.deed {
        Deed::Household { household, .. } | Deed::Split { household, .. } => {
            Some(household.clone())
        }
        _ => None,
    });
    named
        .filter(|name| name.starts_with("$household:"))
        .collect()
}

/// The `number`-th order of `items`.
fn permutation(items: &[String], mut number: usize) -> Vec<String> {
    let mut rest = items.to_vec();
    let mut order = Vec::new();
    while !rest.is_empty() {
        order.push(rest.remove(number % rest.len()));
        number /= rest.len().max(1);
    }
    order
}

/// The whole story, with the `order`-th order of everything that it leaves open.
pub fn played<'a>(street: &'a Street, story: &'a Story, order: usize) -> Result<(), Failure> {
    let mut play = Play::begin(street, story, order)?;
    for step in &story.steps {
        play.step(step.at, &step.deed)
            .map_err(|why| format!("at {}: {why}", step.at))?;
    }
    play.end()
}
