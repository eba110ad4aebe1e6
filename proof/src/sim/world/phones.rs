//! A phone's driver: it does what the session says, one effect at a time, and each may be its last.

use super::{
    super::{fault::Fault, phone::Stored, planted::Planted, street},
    Asker, Happening, World,
};
use gridwalk_core::{
    error::Code,
    sync::{
        effect::{Effect, Report},
        event::{Event, Failure},
        frame::{self, Effort},
        session::Session,
    },
};
use std::collections::VecDeque;

impl World {
    /// The session hears something, and everything that follows at once is done.
    pub(super) fn tell(&mut self, phone: usize, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            self.trace.mark(self.now, 1, phone);
            let clock = self.phones[phone].clock(self.now);
            let session = std::mem::replace(&mut self.phones[phone].session, Session::new(0));
            let (session, effects) = session.handle(event, clock);
            self.phones[phone].session = session;
            for effect in effects {
                if self.strikes(Fault::PhoneCrash) {
                    return self.kill(phone);
                }
                match self.effect(phone, effect) {
                    Ok(told) => events.extend(told),
                    Err(Killed) => return self.kill(phone),
                }
                if self.strikes(Fault::PhoneCrash) {
                    return self.kill(phone); // done, and nobody was told
                }
            }
        }
        self.set_timer(phone);
    }

    fn set_timer(&mut self, phone: usize) {
        let news = if self.quiet { 120_000 } else { self.news_ms };
        let clock = self.phones[phone].clock(self.now);
        let rest = self.wake_at[phone].map_or(news, |at| at.since(clock).clamp(0, 120_000));
        self.timers[phone] += 1;
        let timer = self.timers[phone];
        self.after(rest, Happening::Wake(phone, timer));
    }

    pub(super) fn wake(&mut self, phone: usize) {
        let event = match self.wake_at[phone].take() {
            Some(_) => Event::TimerDue,
            None => Event::Poked,
        };
        self.tell(phone, event);
    }

    /// The app is gone; what was not synced with it. It is opened again a little later.
    pub(super) fn kill(&mut self, phone: usize) {
        self.trace
            .tell(self.now, || format!("phone {} is killed", phone + 1));
        let dice = self.dice.roll();
        let wait = self.dice.between(1_000, 120_000);
        let killed = &mut self.phones[phone];
        killed.disk.crash();
        killed.session = Session::new(dice);
        killed.life += 1;
        killed.token = None;
        self.wake_at[phone] = None;
        self.timers[phone] += 1;
        let life = self.phones[phone].life;
        self.after(wait, Happening::Tell(phone, life, Event::Start));
    }

    fn effect(&mut self, phone: usize, effect: Effect) -> Result<Option<Event>, Killed> {
        Ok(match effect {
            Effect::Collect { limit } => {
                if self.strikes(Fault::PhoneDiskFull) {
                    return Ok(Some(Event::Broken(Code::StorageFull)));
                }
                let clock = self.phones[phone].clock(self.now);
                let collecting = &mut self.phones[phone];
                let who = collecting.who.clone();
                let collected = collecting
                    .disk
                    .write(|tables| Ok::<_, ()>(tables.collect(&who, limit, clock)));
                self.sync_phone(phone)?;
                let (outbox, asked) = collected.unwrap_or_default();
                self.phones[phone].asked = asked;
                Some(Event::OutboxReady(Box::new(outbox)))
            }
            Effect::Send(exchange, request) => {
                let sender = &self.phones[phone];
                let asker = Asker::Phone(phone, sender.life, exchange);
                let (device, token) = (sender.who.device, sender.token);
                if token.is_none() {
                    return Ok(Some(Event::Failed(exchange, Failure::TokenExpired)));
                }
                match frame::encode(&*request, Effort::Fast) {
                    Ok(body) => {
                        self.trace.mix(&body);
                        self.trace.tell(self.now, || {
                            let count = request.upload.as_ref().map_or(0, |upload| {
                                upload
                                    .documents
                                    .iter()
                                    .map(|group| group.changes.len())
                                    .sum()
                            });
                            format!("phone {} sends {count} changes", phone + 1)
                        });
                        self.send(asker, device, token, body);
                        None
                    }
                    Err(_) => Some(Event::Failed(exchange, Failure::TooBig)),
                }
            }
            Effect::Apply(response) => {
                if self.strikes(Fault::PhoneDiskFull) {
                    return Ok(Some(Event::Broken(Code::StorageFull)));
                }
                let clock = self.phones[phone].clock(self.now);
                let reader = &mut self.phones[phone];
                reader.asked.received_at = clock;
                let (who, asked) = (reader.who.clone(), reader.asked.clone());
                let cursor_first = who.has_bug(Planted::CursorFirst);
                let applied = reader
                    .disk
                    .write(|tables| tables.apply(&who, &asked, &response));
                if cursor_first && applied.is_ok() && self.strikes(Fault::PhoneCrash) {
                    self.phones[phone].disk.crash();
                    let _ = self.phones[phone].disk.write(|tables| {
                        for news in &response.partitions {
                            tables.cursors.insert(news.partition, news.cursor);
                        }
                        Ok::<_, ()>(())
                    });
                    self.phones[phone].disk.sync();
                    return Err(Killed);
                }
                if applied.is_ok() {
                    self.sync_phone(phone)?;
                    let store = self.server.disk.read();
                    self.checker
                        .let_go(phone, &self.phones[phone], store, self.now);
                }
                self.trace.tell(self.now, || {
                    format!("phone {} stores the answer: {applied:?}", phone + 1)
                });
                Some(match applied {
                    Ok(Stored::All(applied)) => Event::Applied(applied),
                    Ok(Stored::NoRoom) => Event::Broken(Code::QueueFull),
                    Err(code) => Event::Broken(code),
                })
            }
            Effect::RefreshToken => {
                self.refresh(phone);
                None
            }
            Effect::WakeAt(at) => {
                self.wake_at[phone] = Some(at);
                None
            }
            Effect::Report(report) => {
                match report {
                    Report::Idle => self.phones[phone].rested = true,
                    Report::Refused(_) => self.phones[phone].refused = true,
                    _ => {}
                }
                self.trace
                    .tell(self.now, || format!("phone {} says {report:?}", phone + 1));
                None
            }
        })
    }

    /// The phone's database syncs every transaction before it answers.
    pub(super) fn sync_phone(&mut self, phone: usize) -> Result<(), Killed> {
        if self.strikes(Fault::PhoneLosesWrite) {
            return Err(Killed);
        }
        self.phones[phone].disk.sync();
        Ok(())
    }

    /// A challenge signed for a token: two small round trips, taken as one.
    fn refresh(&mut self, phone: usize) {
        self.phones[phone].token = None;
        let (life, delay) = (self.phones[phone].life, self.dice.between(40, 2_000));
        let lost = self.server.down || self.strikes(Fault::RequestLost);
        let event = if lost {
            Event::TokenRefused(Failure::Unreachable)
        } else {
            self.phones[phone].token = Some(self.token());
            Event::TokenReady
        };
        self.after(delay, Happening::Tell(phone, life, event));
    }

    /// A token that the server gives out now; a restored server does not know it.
    pub(super) fn token(&self) -> u64 {
        let quarter = (self.now / 900_000) as u64;
        self.server.disk.read().epoch.nonce << 32 | quarter
    }

    /// Whether the server still takes it.
    pub(super) fn token_holds(&self, token: Option<u64>) -> bool {
        let now = self.token();
        token.is_some_and(|token| token >> 32 == now >> 32 && now - token <= 1)
    }
}

/// The phone died in the middle of it.
#[derive(Debug)]
pub(super) struct Killed;

/// Short names of what a story is about.
pub(super) fn named(hash: &gridwalk_core::ids::Hash) -> String {
    hash.to_string()[..8].to_owned()
}

/// What a phone's owner calls the place.
pub(super) fn known_as(partition: &gridwalk_core::sync::message::Partition) -> String {
    street::place(partition)
}
