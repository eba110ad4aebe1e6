//! Time, the channel and what goes wrong, from one seed; and a checker that only knows what was promised.

use super::{Dice, at, door, open, partition, phone::Phone, server::Server, visit};
use gridwalk_core::{
    household,
    ids::{Hash, VisitId},
    sync::{
        effect::Effect,
        event::{Event, Exchange, Failure},
        frame::{self, Effort},
        message::{ChangeResult, FeedBody, Response},
        session::Session,
    },
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// How bad it is, in percent.
#[derive(Clone, Copy, Default)]
pub struct Weather {
    pub lose: u64,
    pub double: u64,
    pub cut: u64,
    pub stray: u64,
    pub refuse_token: u64,
    pub crash: u64,
    /// Phones that go back to an older copy of their disk.
    pub old_copies: usize,
    /// Restores of the server from a backup.
    pub restores: usize,
    /// Planted bug: every so many uploads are acknowledged and forgotten.
    pub forgetful: u64,
}

pub const STORM: Weather = Weather {
    lose: 25,
    double: 15,
    cut: 10,
    stray: 5,
    refuse_token: 5,
    crash: 0,
    old_copies: 0,
    restores: 0,
    forgetful: 0,
};

enum Happening {
    Edit(usize),
    Event(usize, Event),
    Request(usize, Exchange, Vec<u8>),
    Answer(usize, Exchange, Vec<u8>),
    Copy(usize),
    Return(usize),
    Backup,
    Restore,
}

pub struct World {
    pub seed: u64,
    dice: Dice,
    weather: Weather,
    now: i64,
    next: u64,
    ahead: BTreeMap<(i64, u64), Happening>,
    pub phones: Vec<Phone>,
    pub server: Server,
    copies: BTreeMap<usize, (super::phone::Disk, BTreeSet<u64>)>,
    backup: Option<Server>,
    last_answer: Option<Vec<u8>>,
    visits: u64,
    /// Which change carries which visit, as saved.
    saved: BTreeMap<u64, usize>,
    /// Hashes that a phone was told are durable.
    promised: BTreeSet<Hash>,
    lost_by_copy: BTreeSet<u64>,
    /// How often something worth testing came about.
    pub seen: BTreeMap<&'static str, usize>,
    pub tale: Vec<String>,
}

const DOORS: u64 = 4;
const HOUR: i64 = 3_600_000;

impl World {
    pub fn new(seed: u64, weather: Weather) -> Self {
        let mut dice = Dice(seed);
        let phones: Vec<Phone> = (1..=3)
            .map(|number| Phone::new(number, dice.roll()))
            .collect();
        let mut server = Server::new();
        server.forgetful = weather.forgetful;
        for phone in &phones {
            server
                .keys
                .insert(phone.device(), phone.key.verifying_key());
        }
        Self {
            seed,
            dice,
            weather,
            now: 0,
            next: 0,
            ahead: BTreeMap::new(),
            phones,
            server,
            copies: BTreeMap::new(),
            backup: None,
            last_answer: None,
            visits: 0,
            saved: BTreeMap::new(),
            promised: BTreeSet::new(),
            lost_by_copy: BTreeSet::new(),
            seen: BTreeMap::new(),
            tale: Vec::new(),
        }
    }

    /// A morning of edits in that weather, then a calm evening; an error says in plain words what did not hold.
    pub fn run(mut self, edits: usize) -> Result<Self, String> {
        let outcome = self
            .morning(edits)
            .and_then(|()| self.evening())
            .and_then(|()| self.check());
        outcome.map(|()| &self).map_err(|what| {
            let tail = self.tale[self.tale.len().saturating_sub(60)..].join("\n  ");
            format!("seed {}: {what}\n  {tail}", self.seed)
        })?;
        Ok(self)
    }

    fn morning(&mut self, edits: usize) -> Result<(), String> {
        for number in 0..DOORS {
            self.phones[(number % 3) as usize].create(door(number), at(0));
        }
        for _ in 0..edits {
            let (when, phone) = (self.dice.below(HOUR as usize) as i64, self.dice.below(3));
            self.at(when, Happening::Edit(phone));
            self.at(when, Happening::Event(phone, Event::Poked));
        }
        for phone in 0..3 {
            for _ in 0..6 {
                let when = self.dice.below(HOUR as usize) as i64;
                self.at(when, Happening::Event(phone, Event::Start));
            }
        }
        for _ in 0..self.weather.old_copies {
            let (phone, when) = (
                self.dice.below(3),
                self.dice.below(HOUR as usize / 2) as i64,
            );
            self.at(when, Happening::Copy(phone));
            let later = when + self.dice.below(HOUR as usize / 2) as i64;
            self.at(later, Happening::Return(phone));
        }
        for _ in 0..self.weather.restores {
            let when = self.dice.below(HOUR as usize / 2) as i64;
            self.at(when, Happening::Backup);
            let later = when + self.dice.below(HOUR as usize / 2) as i64;
            self.at(later, Happening::Restore);
        }
        self.pass()
    }

    /// No more bad luck; everybody comes by three times, so that all hear from all.
    fn evening(&mut self) -> Result<(), String> {
        self.weather = Weather {
            forgetful: self.weather.forgetful,
            ..Weather::default()
        };
        for _ in 0..3 {
            for phone in 0..3 {
                self.now += HOUR; // whatever the server asked to wait for has passed
                self.at(0, Happening::Event(phone, Event::Start));
                self.pass()?;
            }
        }
        Ok(())
    }

    fn at(&mut self, delay: i64, happening: Happening) {
        self.next += 1;
        self.ahead.insert((self.now + delay, self.next), happening);
    }

    fn tell(&mut self, phone: usize, words: impl std::fmt::Display) {
        self.tale
            .push(format!("{:>8} phone {} {words}", self.now, phone + 1));
    }

    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn see_answer(&mut self, response: &Response) {
        for result in &response.results {
            self.see(match result {
                ChangeResult::Stored => "stored",
                ChangeResult::Had => "had",
                ChangeResult::Held { .. } => "held",
                ChangeResult::Refused {
                    follows: Some(_), ..
                } => "follows a refused one",
                ChangeResult::Refused { .. } => "refused",
                ChangeResult::Other { .. } => "other",
            });
        }
        for row in response.partitions.iter().flat_map(|news| &news.rows) {
            if let FeedBody::Own { count: 2.., .. } = row.body {
                self.see("own changes named in a run");
            }
        }
    }

    fn pass(&mut self) -> Result<(), String> {
        for _ in 0..100_000 {
            let Some(((when, _), happening)) = self.ahead.pop_first() else {
                return Ok(());
            };
            self.now = self.now.max(when);
            self.happen(happening)?;
        }
        Err("it does not come to rest".into())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Edit(phone) => {
                let id = door(self.dice.below(DOORS as usize) as u64);
                let visits = 1 + self.dice.below(3);
                for _ in 0..visits {
                    self.visits += 1;
                    let number = self.visits;
                    let edit = visit(number, &format!("第{number}次"));
                    if self.phones[phone].edit(id, &edit, at(self.now)).is_some() {
                        self.saved.insert(number, phone);
                        self.tell(phone, format_args!("saves visit {number} at {id}"));
                    }
                }
            }
            Happening::Event(phone, event) => self.event(phone, event)?,
            Happening::Request(phone, exchange, body) => self.serve(phone, exchange, &body),
            Happening::Answer(phone, exchange, body) => {
                let event = match frame::decode::<Response>(&body) {
                    Ok(response) => Event::Answered(exchange, Box::new(response)),
                    Err(_) => Event::Failed(exchange, Failure::Server),
                };
                self.event(phone, event)?;
            }
            Happening::Copy(phone) => {
                self.tell(phone, "is copied");
                let saved = self.saved.keys().copied().collect();
                self.copies
                    .insert(phone, (self.phones[phone].disk.clone(), saved));
            }
            Happening::Return(phone) => {
                if let Some((disk, saved)) = self.copies.remove(&phone) {
                    self.tell(phone, "goes back to the copy, without noticing");
                    self.phones[phone].disk = disk;
                    self.phones[phone].session = Session::new(self.dice.roll());
                    let lost = self
                        .saved
                        .iter()
                        .filter(|(visit, by)| **by == phone && !saved.contains(visit));
                    self.lost_by_copy.extend(lost.map(|(visit, _)| *visit));
                    self.at(5_000, Happening::Event(phone, Event::Start));
                }
            }
            Happening::Backup => self.backup = Some(self.server.clone()),
            Happening::Restore => {
                if let Some(mut old) = self.backup.take() {
                    self.tale.push(format!(
                        "{:>8} the server goes back to its backup",
                        self.now
                    ));
                    old.epoch = self.server.epoch;
                    old.epoch.counter += 1;
                    self.server = old;
                }
            }
        }
        Ok(())
    }

    fn serve(&mut self, phone: usize, exchange: Exchange, body: &[u8]) {
        let device = self.phones[phone].device();
        let answer = match self.dice.percent(self.weather.refuse_token) {
            true if self.dice.percent(50) => Err(Failure::Busy {
                retry_after_ms: Some(30_000),
            }),
            true => Err(Failure::TokenExpired),
            false => self.server.exchange(device, body, at(self.now)),
        };
        let delay = 20 + self.dice.below(3_000) as i64;
        match answer {
            Err(failure) => self.at(
                delay,
                Happening::Event(phone, Event::Failed(exchange, failure)),
            ),
            Ok(mut answer) => {
                if self.dice.percent(self.weather.stray)
                    && let Some(old) = self.last_answer.replace(answer.clone())
                {
                    self.at(delay / 2, Happening::Answer(phone, exchange, old)); // a cache that should not be there
                }
                if self.dice.percent(self.weather.lose) {
                    return self.at(
                        delay,
                        Happening::Event(phone, Event::Failed(exchange, Failure::Unreachable)),
                    );
                }
                if self.dice.percent(self.weather.double) {
                    self.at(
                        delay * 2,
                        Happening::Answer(phone, exchange, answer.clone()),
                    );
                }
                if self.dice.percent(self.weather.cut) {
                    answer.truncate(self.dice.below(answer.len()));
                }
                self.at(delay, Happening::Answer(phone, exchange, answer));
            }
        }
    }

    fn event(&mut self, phone: usize, event: Event) -> Result<(), String> {
        let session = std::mem::replace(&mut self.phones[phone].session, Session::new(0));
        let (session, effects) = session.handle(event, at(self.now));
        self.phones[phone].session = session;
        for effect in effects {
            if self.dice.percent(self.weather.crash) {
                return self.crash(phone);
            }
            let told = self.effect(phone, effect);
            if self.dice.percent(self.weather.crash) {
                return self.crash(phone); // done, and nobody was told
            }
            if let Some(event) = told {
                self.event(phone, event)?;
            }
        }
        Ok(())
    }

    fn crash(&mut self, phone: usize) -> Result<(), String> {
        self.tell(phone, "is killed");
        self.phones[phone].session = Session::new(self.dice.roll());
        self.at(1_000, Happening::Event(phone, Event::Start));
        Ok(())
    }

    fn effect(&mut self, phone: usize, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Collect { limit } => {
                let outbox =
                    self.phones[phone].outbox(limit.min(3_000), at(self.now), &mut self.dice);
                Some(Event::OutboxReady(Box::new(outbox)))
            }
            Effect::Send(exchange, request) => {
                let mut body =
                    frame::encode(&*request, Effort::Fast).expect("a request within its limits");
                let count = request
                    .upload
                    .as_ref()
                    .map_or(0, |upload| upload.documents.len());
                self.tell(
                    phone,
                    format_args!("sends exchange {} with {count} documents", exchange.0),
                );
                let delay = 20 + self.dice.below(3_000) as i64;
                if self.dice.percent(self.weather.double) {
                    let again = delay + self.dice.below(60_000) as i64; // long after others were answered
                    self.at(again, Happening::Request(phone, exchange, body.clone()));
                }
                if self.dice.percent(self.weather.lose) {
                    self.at(
                        delay,
                        Happening::Event(phone, Event::Failed(exchange, Failure::Unreachable)),
                    );
                    return None;
                }
                if self.dice.percent(self.weather.cut) {
                    body.truncate(self.dice.below(body.len()));
                }
                self.at(delay, Happening::Request(phone, exchange, body));
                None
            }
            Effect::Apply(response) => {
                self.see_answer(&response);
                let phone_is = &mut self.phones[phone];
                Some(match phone_is.apply(&response, &mut self.promised) {
                    Ok(applied) => {
                        self.tell(phone, format_args!("applies {applied:?}"));
                        let flags = [
                            (applied.more, "another page"),
                            (applied.restarted, "restarted cursor"),
                            (applied.new_epoch, "new epoch"),
                        ];
                        flags
                            .iter()
                            .filter(|(flag, _)| *flag)
                            .for_each(|(_, what)| self.see(what));
                        Event::Applied(applied)
                    }
                    Err(code) => {
                        self.see("stray answer");
                        self.tell(phone, format_args!("does not believe an answer: {code}"));
                        Event::Broken(code)
                    }
                })
            }
            Effect::RefreshToken => {
                self.see("new token");
                let lost = self.dice.percent(self.weather.lose);
                let event = if lost {
                    Event::TokenRefused(Failure::Unreachable)
                } else {
                    Event::TokenReady
                };
                self.at(300, Happening::Event(phone, event));
                None
            }
            Effect::WakeAt(when) => {
                let delay = when.since(at(self.now)).max(0);
                self.at(delay, Happening::Event(phone, Event::TimerDue));
                None
            }
            Effect::Report(report) => {
                self.tell(phone, format_args!("says {report:?}"));
                None
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        for hash in &self.promised {
            if !self.server.has(hash) {
                return Err(format!("{hash} was acknowledged and is not stored"));
            }
        }
        let mut visits: BTreeSet<VisitId> = BTreeSet::new();
        for id in (0..DOORS).map(door) {
            let truth = open(id, self.server.stored(&id));
            let view = household::view(&truth);
            visits.extend(view.visits.iter().map(|visit| visit.visit.id));
            for phone in &self.phones {
                let log = phone
                    .disk
                    .log
                    .get(&id)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let mine = open(id, log.iter().map(|kept| &kept.bytes));
                if mine.heads() != truth.heads() || household::view(&mine) != view {
                    return Err(format!(
                        "phone {} and the registry differ at {id}",
                        phone.number
                    ));
                }
            }
        }
        for (visit, phone) in &self.saved {
            let there = visits.contains(&VisitId(super::uuid(2, *visit)));
            if !there && !self.lost_by_copy.contains(visit) {
                return Err(format!("visit {visit} of phone {} is gone", phone + 1));
            }
        }
        for phone in &self.phones {
            if !phone.session.is_idle() || phone.waiting() > 0 || !phone.disk.edits.is_empty() {
                return Err(format!(
                    "phone {} is not done: {} changes wait",
                    phone.number,
                    phone.waiting()
                ));
            }
            for grid in 1..=2 {
                let tip = self.server.feeds[&partition(grid)]
                    .last()
                    .map(|row| (row.position, row.digest));
                let held = phone
                    .disk
                    .cursors
                    .get(&partition(grid))
                    .map(|cursor| (cursor.position, cursor.digest));
                if tip.is_some() && tip != held {
                    return Err(format!(
                        "phone {} stands elsewhere in the feed of grid {grid}",
                        phone.number
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The instant that the world calls nought.
pub fn dawn() -> Timestamp {
    at(0)
}
