//! One seed's day: time, the queue of what will happen, and everybody in it. What goes wrong is decided here and nowhere
//! else; phones, server and checker do not know that there are dice.

mod day;
mod disaster;
mod hostile;
mod network;
mod phones;
mod serving;

use super::{
    checker::Checker,
    dice::Dice,
    fault::{Fault, Tally},
    phone::Phone,
    server::{Delivery, Receipt, Server},
    trace::Trace,
    weather::Weather,
};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, Hash},
    sync::{
        event::{Event, Exchange, Failure},
        message::{Partition, Request},
    },
};
use hostile::Stranger;
use std::collections::BTreeMap;

/// After the day nothing goes wrong any more, and so long everybody has to come to rest (I7).
pub const QUIET_MS: i64 = 10 * 60_000;
/// More events than this for one phone means that somebody goes round in circles.
const EVENTS_PER_PHONE: u64 = 60_000;

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asker {
    /// Phone, its life, the exchange.
    Phone(usize, u64, Exchange),
    /// Somebody who does not listen.
    Nobody,
}

enum Happening {
    /// The phone's session hears something.
    Tell(usize, u64, Event),
    /// The phone's timer.
    Wake(usize, u64),
    /// Somebody uses the phone.
    Act(usize),
    /// Somebody clicks at the desk.
    Desk,
    /// A body reaches the server.
    Request(Asker, DeviceId, Option<u64>, Vec<u8>),
    /// The next step of a request, in that life of the server.
    Step(u64, Asker, Step),
    /// A body reaches the phone.
    Answer(Asker, Vec<u8>),
    /// The server starts again.
    Restart,
    /// The server looks for what it has not merged.
    Sweep(u64),
    /// The server's disk is synced by itself; only for a planted bug.
    Flush,
    Disaster(Fault),
    /// The second half of one: a phone goes back to the copy that was made of it, the server to its backup, a worker or a
    /// document to where it was.
    Return(Fault, usize),
    Harm(usize),
}

enum Step {
    Write(Box<(Delivery, Request)>),
    Merge(Box<Asking>, Vec<DocumentId>),
    Answer(Box<Asking>),
}

/// A request on its way through the server.
struct Asking {
    device: DeviceId,
    request: Request,
    receipt: Receipt,
    envelope: Option<Hash>,
    /// Everything that the receipt is about, in its order.
    names: Vec<(DocumentId, Hash)>,
}

/// The whole world of one seed.
pub struct World {
    pub now: i64,
    pub phones: Vec<Phone>,
    pub server: Server,
    pub checker: Checker,
    pub tally: Tally,
    pub trace: Trace,
    pub events: u64,
    dice: Dice,
    weather: Weather,
    ahead: BTreeMap<(i64, u64), Happening>,
    next: u64,
    timers: Vec<u64>,
    wake_at: Vec<Option<gridwalk_core::time::Timestamp>>,
    /// Between two questions of a phone that has nothing to say.
    news_ms: i64,
    quiet: bool,
    copies: BTreeMap<usize, std::rc::Rc<super::phone::Tables>>,
    strangers: Vec<Stranger>,
    /// Until then nothing is merged.
    stalled_until: i64,
    /// Workers who are away, and where they will be again.
    away: BTreeMap<usize, std::collections::BTreeSet<Partition>>,
    /// Documents that will come back, and where to.
    moved: Vec<(DocumentId, Partition)>,
    processes: u64,
    records: u64,
    last_answer: Option<Vec<u8>>,
}

impl World {
    /// The whole day and the quiet after it; what did not hold, in words.
    pub fn run(&mut self) -> Result<(), String> {
        self.plan_the_day();
        let day = self.weather.day;
        self.pass(day)?;
        self.calm_down();
        let evening = self.now + QUIET_MS;
        self.pass(evening)?;
        let World {
            checker,
            phones,
            server,
            ..
        } = self;
        checker.at_rest(phones, server)
    }

    /// Everything until `end`.
    fn pass(&mut self, end: i64) -> Result<(), String> {
        let most = EVENTS_PER_PHONE * (1 + self.phones.len() as u64);
        while let Some(entry) = self.ahead.first_entry() {
            let when = entry.key().0;
            if when > end {
                break;
            }
            let happening = entry.remove();
            self.now = self.now.max(when);
            self.events += 1;
            if self.events > most {
                return Err("I8: it goes round in circles".into());
            }
            self.happen(happening)?;
        }
        self.now = self.now.max(end);
        Ok(())
    }

    fn after(&mut self, delay: i64, happening: Happening) {
        self.next += 1;
        let when = self.now.saturating_add(delay.max(0));
        self.ahead.insert((when, self.next), happening);
    }

    /// True when this kind of bad luck strikes here and now.
    fn strikes(&mut self, fault: Fault) -> bool {
        let chance = self.weather.chance(fault);
        let strikes = chance > 0 && self.dice.permille(chance);
        if strikes {
            self.tally.count(fault);
            self.trace
                .tell(self.now, || format!("  ({})", fault.word()));
        }
        strikes
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Tell(phone, life, event) => {
                if self.phones[phone].life == life {
                    self.tell(phone, event);
                }
            }
            Happening::Wake(phone, timer) => {
                if self.timers[phone] == timer {
                    self.wake(phone);
                }
            }
            Happening::Act(phone) => self.act(phone),
            Happening::Desk => self.desk(),
            Happening::Request(asker, device, token, body) => {
                self.arrive(asker, device, token, &body)?;
            }
            Happening::Step(life, asker, step) => {
                if self.server.life == life && !self.server.down {
                    self.step(asker, step)?;
                } else {
                    self.fail(asker, Failure::Unreachable); // the connection went with the server
                }
            }
            Happening::Answer(asker, body) => self.hear(asker, &body),
            Happening::Restart => self.restart(),
            Happening::Sweep(life) => {
                if self.server.life == life {
                    self.sweep();
                }
            }
            Happening::Flush => self.server.disk.sync(),
            Happening::Disaster(fault) => self.disaster(fault),
            Happening::Return(fault, phone) => self.come_back(fault, phone),
            Happening::Harm(stranger) => self.harm(stranger),
        }
        Ok(())
    }
}
