//! Who works where, and what they do all day.

use super::{
    super::{
        checker::Checker,
        deed::{self, Deed},
        dice::Dice,
        fault::{Fault, Tally},
        phone::{Identity, Phone},
        planted::Planted,
        server::{Device, Server, Store},
        street,
        trace::Trace,
        weather::Weather,
    },
    Happening, World,
    hostile::Stranger,
};
use ed25519_dalek::SigningKey;
use gridwalk_core::{
    act::Role,
    error::Code,
    household::{self, FieldChange, HouseholdEdit},
    ids::DocumentId,
    incident::{self, IncidentAction},
    sync::{
        event::Event,
        message::{AccessClass, DocumentKind, Epoch, Partition},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use uuid::Uuid;

impl World {
    pub fn new(seed: u64, planted: Option<Planted>, telling: bool) -> Self {
        let mut dice = Dice::new(seed ^ 0x6772_6964_7761_6c6b);
        let weather = Weather::draw(&mut dice);
        let epoch = Epoch {
            counter: 1,
            nonce: dice.roll() >> 33,
        };
        let mut store = Store::new(epoch);
        let mut phones = Vec::new();
        for number in 1..=weather.phones as u64 {
            let who = Identity {
                planted,
                ..enrol(&mut dice, &mut store, number, weather.grids as u64)
            };
            let skew = match dice.below(4) {
                0 => 0,
                1 => dice.between(-90_000, 90_000),
                2 => dice.between(-3_600_000, 3_600_000),
                _ => dice.between(-86_400_000, 86_400_000),
            };
            phones.push(Phone::new(who, dice.roll(), skew));
        }
        let mut checker = Checker::default();
        let mut strangers = Vec::new();
        for number in 0..weather.hostile as u64 {
            let who = enrol(&mut dice, &mut store, 200 + number, weather.grids as u64);
            // nobody owes a stranger that a backup keeps what it sent
            checker.unreliable.insert(who.device);
            checker.may_fork.insert(who.device);
            strangers.push(Stranger::new(who));
        }
        furnish(&mut store, &weather);
        let count = phones.len();
        let news_ms = dice.between(5, 60) * 60_000;
        let page = weather.page;
        Self {
            now: 0,
            phones,
            server: Server::new(store, street::process(1), page, planted),
            checker,
            tally: Tally::default(),
            trace: Trace::new(telling),
            events: 0,
            dice,
            weather,
            ahead: BTreeMap::new(),
            next: 0,
            timers: vec![0; count],
            wake_at: vec![None; count],
            news_ms,
            quiet: false,
            copies: BTreeMap::new(),
            strangers,
            stalled_until: 0,
            away: BTreeMap::new(),
            moved: Vec::new(),
            processes: 1,
            records: 0,
            last_answer: None,
        }
    }

    /// How many phones, and for how long.
    pub fn device_ms(&self) -> i64 {
        self.phones.len() as i64 * self.now
    }

    pub(super) fn plan_the_day(&mut self) {
        if self.weather.page < 1_000 {
            self.tally.count(Fault::TinyPages);
        }
        let day = self.weather.day;
        for phone in 0..self.phones.len() {
            let when = self.dice.between(0, day / 10);
            self.after(when, Happening::Tell(phone, 0, Event::Start));
        }
        for _ in 0..self.weather.acts {
            let when = self.dice.between(0, day);
            let phone = self.dice.below(self.phones.len());
            self.after(when, Happening::Act(phone));
        }
        for _ in 0..self.weather.desk {
            let when = self.dice.between(0, day);
            self.after(when, Happening::Desk);
        }
        for (fault, times) in self.weather.times.clone() {
            for _ in 0..times {
                let when = self.dice.between(day / 20, day);
                self.after(when, Happening::Disaster(fault));
            }
        }
        for stranger in 0..self.strangers.len() {
            for _ in 0..self.dice.between(3, 9) {
                let when = self.dice.between(day / 20, day);
                self.after(when, Happening::Harm(stranger));
            }
        }
        self.after(60_000, Happening::Sweep(0));
    }

    /// The last fault has happened; networks are back, and everybody looks at the app now and then.
    pub(super) fn calm_down(&mut self) {
        self.trace
            .tell(self.now, || "from here on all is calm".into());
        self.weather.clear_up();
        self.stalled_until = self.now;
        self.quiet = true;
        if self.server.down {
            self.restart();
        }
        for phone in 0..self.phones.len() {
            self.phones[phone].rested = false;
            let life = self.phones[phone].life;
            for minute in [0, 3, 6] {
                let when = minute * 60_000 + self.dice.between(0, 20_000);
                self.after(when, Happening::Tell(phone, life, Event::Start));
            }
        }
    }

    pub(super) fn record_id(&mut self) -> u64 {
        self.records += 1;
        self.records
    }

    /// Somebody uses the phone: a record is saved, or the rules say no.
    pub(super) fn act(&mut self, phone: usize) {
        let Some((document, partition, deed, record)) = self.choose(phone) else {
            return;
        };
        self.trace.mark(self.now, 3, phone);
        let act = self.phones[phone].act(self.now);
        if self.strikes(Fault::PhoneDiskFull) {
            return; // the form is still open, nothing was promised
        }
        if self.strikes(Fault::PhoneCrash) {
            return self.kill(phone);
        }
        let deeds = [Rc::new(deed)];
        let saved = self.phones[phone].save(document, partition, &deeds, &act);
        let Ok(changes) = saved else {
            return;
        };
        let unsafe_words = self.phones[phone].who.has_bug(Planted::SavedBeforeSync);
        if !unsafe_words && self.sync_phone(phone).is_err() {
            return self.kill(phone);
        }
        let person = self.phones[phone].who.person();
        if let Some(record) = record {
            self.checker.wrote(record, person);
        }
        for change in changes {
            self.checker
                .saved(phone, document, record, change, self.now);
            self.trace.mix(&change.0);
            self.trace.tell(self.now, || {
                format!(
                    "phone {} saves {} in {}, {}",
                    phone + 1,
                    super::phones::named(&change),
                    street::document_name(&document),
                    super::phones::known_as(&partition),
                )
            });
        }
        self.tell(phone, Event::Poked);
    }

    /// What the person does next.
    fn choose(&mut self, phone: usize) -> Option<(DocumentId, Partition, Deed, Option<Uuid>)> {
        let number = self.record_id();
        let tables = self.phones[phone].disk.read();
        // the phone's owner knows where they work, whatever the server has decided meanwhile
        let places: Vec<Partition> = match tables.cursors.is_empty() {
            true => return None,
            false => tables.cursors.keys().copied().collect(),
        };
        let known: Vec<(DocumentId, DocumentKind, Partition)> = tables
            .documents
            .iter()
            .filter(|(_, held)| held.living().next().is_some())
            .map(|(id, held)| (*id, held.kind, held.partition))
            .collect();
        let now = self.now;
        let begins = known.is_empty() || self.dice.percent(25);
        if begins {
            let partition = *self.dice.pick(&places)?;
            let general = partition.class == AccessClass::GENERAL;
            let at = self.phones[phone].clock(now);
            let (id, deed) = match (general, self.dice.percent(60)) {
                (true, true) => {
                    let id = DocumentId(street::uuid(6, number));
                    (id, Deed::BeginIncident(deed::incident(id, partition.grid)))
                }
                (true, false) => {
                    let id = DocumentId(street::uuid(7, number));
                    (id, Deed::BeginPatrol(deed::patrol(id, partition.grid, at)))
                }
                (false, _) => {
                    let id = DocumentId(street::uuid(10, number));
                    (id, Deed::BeginCare(deed::dwelling(id)))
                }
            };
            return Some((id, partition, deed, Some(id.0)));
        }
        let (id, kind, partition) = *self.dice.pick(&known)?;
        let at = self.phones[phone].clock(now);
        let size = self.dice.percent(50).then(|| self.dice.below(7) as u8);
        let (deed, record) = match kind {
            DocumentKind::HOUSEHOLD | DocumentKind::CARE_PLAN => match self.dice.below(10) {
                0..=5 => {
                    let visit = deed::visit(number, at, size);
                    (Deed::Household(visit), Some(street::uuid(2, number)))
                }
                6 | 7 => {
                    let member = deed::member(number);
                    (Deed::Household(member), Some(street::uuid(11, number)))
                }
                _ => {
                    let field = FieldChange::HouseholdSize(self.dice.below(7) as u8);
                    (Deed::Household(HouseholdEdit::ChangeField(field)), None)
                }
            },
            DocumentKind::INCIDENT => {
                let action = match self.dice.below(4) {
                    0 => IncidentAction::Submit {
                        without_photo_because: Some("手机没电，没拍".into()),
                    },
                    1 => IncidentAction::Cancel {
                        reason: "已经清走".into(),
                    },
                    _ => IncidentAction::Comment {
                        text: format!("第{number}条"),
                    },
                };
                let act = self.phones[phone].act(now);
                let event = deed::event(number, &act, action);
                (Deed::Incident(event), Some(street::uuid(12, number)))
            }
            DocumentKind::PATROL => {
                let hit = deed::hit(number, 1 + self.dice.below(3) as u64, at);
                (Deed::Patrol(hit), Some(street::uuid(14, number)))
            }
            _ => return None,
        };
        Some((id, partition, deed, record))
    }

    /// The desk does something to a published document.
    pub(super) fn desk(&mut self) {
        if self.server.down {
            return;
        }
        let published: Vec<(DocumentId, DocumentKind)> = self
            .server
            .disk
            .read()
            .documents
            .iter()
            .filter(|(_, shelf)| shelf.snapshot.is_some())
            .map(|(id, shelf)| (*id, shelf.kind))
            .collect();
        let Some((id, kind)) = self.dice.pick(&published).copied() else {
            return;
        };
        let number = self.record_id();
        let role = match kind {
            DocumentKind::INCIDENT => Role::Dispatcher,
            _ => Role::Lead,
        };
        let author = self.server.clerk(99, role, id, street::at(self.now));
        let process = self.server.process;
        let act = author.act.clone();
        let accept = self.dice.percent(50);
        let edited = self.server.disk.write(|store| {
            store.edit_now(id, process, |document, feed| match kind {
                DocumentKind::INCIDENT => {
                    let action = match accept {
                        true => IncidentAction::Accept,
                        false => IncidentAction::Comment {
                            text: format!("坐席{number}"),
                        },
                    };
                    incident::record(document, &deed::event(number, &act, action), &author, feed)
                }
                DocumentKind::HOUSEHOLD => {
                    household::apply(document, &deed::member(number), &author)
                }
                _ => Err(gridwalk_core::error::Refusal::new(
                    Code::NotFound,
                    "not at the desk",
                )),
            })
        });
        if edited.is_ok() && self.sync_server() {
            self.checker
                .wrote(street::uuid(12, number), street::person(99));
            self.trace.tell(self.now, || {
                format!("the desk edits {}", street::document_name(&id))
            });
        }
    }
}

/// A worker with a phone, in the registry and in the hand.
fn enrol(dice: &mut Dice, store: &mut Store, number: u64, grids: u64) -> Identity {
    let key = SigningKey::from_bytes(&[number as u8; 32]);
    let home = 1 + number % grids;
    let mut partitions = BTreeSet::from([street::general(home)]);
    if dice.percent(30) {
        partitions.insert(street::general(1 + dice.below(grids as usize) as u64));
    }
    if dice.percent(30) {
        partitions.insert(street::care(home));
    }
    let role = match dice.percent(50) {
        true => Role::Worker,
        false => Role::Lead,
    };
    let device = street::device(number);
    let record = Device {
        worker: street::person(number),
        role,
        partitions,
        key: key.verifying_key(),
        revoked: false,
    };
    Rc::make_mut(&mut store.registry).insert(device, record);
    Identity {
        device,
        worker: number,
        role,
        key,
        planted: None,
    }
}

/// The households that the registry brings along.
fn furnish(store: &mut Store, weather: &Weather) {
    let import = street::process(0);
    for grid in 1..=weather.grids as u64 {
        for door in 0..weather.doors as u64 {
            let id = DocumentId(street::uuid(3, grid * 100 + door));
            let author = gridwalk_core::document::Author {
                actor: gridwalk_core::sync::actor(import, id, 0),
                act: deed::act(98, Role::Steward, import, street::at(-86_400_000)),
            };
            let fields = [FieldChange::HouseholdSize(2)];
            store.catalogue(id, DocumentKind::HOUSEHOLD, street::general(grid));
            if let Ok(edited) = household::create(&deed::dwelling(id), &fields, &[], &author) {
                let _ = store.add_published(id, import, edited);
            }
        }
    }
}
