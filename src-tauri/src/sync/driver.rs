//! Does what the session says, one exchange at a time, and tells it what came of it.

use super::{
    leaving,
    store::{self, Stored},
    watermark,
};
use crate::{
    Phone, database::set_fact, enrolment::Enrolment, error::Failure, projection, view::SyncPhase,
};
use gridwalk_core::{
    error::Code,
    sync::{
        apply::Asked,
        effect::{Effect, Report},
        event::{Event, Failure as Trouble},
        session::Session,
    },
    time::Timestamp,
};
use std::{collections::VecDeque, sync::Arc};

/// The hands of one phone's session.
pub(crate) struct Driver {
    session: Session,
    /// What the request under way asked.
    asked: Asked,
    /// What the centre said it can unpack.
    dictionaries: Vec<u32>,
    token: Option<String>,
    wake_at: Option<Timestamp>,
}

impl Driver {
    pub fn new(dice: u64) -> Self {
        Self {
            session: Session::new(dice),
            asked: Asked::default(),
            dictionaries: Vec::new(),
            token: None,
            wake_at: None,
        }
    }

    /// True once everything that was to be said is said.
    pub fn is_idle(&self) -> bool {
        self.session.is_idle()
    }

    /// When the session wants to be woken, if it waits for something.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at
    }

    /// Tells the session one thing and does everything that follows, until it rests.
    pub async fn tell(&mut self, phone: &Phone, event: Event) {
        let Some(who) = phone.enrolment() else {
            return; // nothing to talk about before this phone belongs to somebody
        };
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            if matches!(event, Event::TimerDue) {
                self.wake_at = None;
            }
            let session = self.session.clone();
            let (session, effects) = session.handle(event, phone.clock());
            self.session = session;
            for effect in effects {
                events.extend(self.act(phone, &who, effect).await);
            }
        }
    }

    async fn act(&mut self, phone: &Phone, who: &Arc<Enrolment>, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Collect { limit } => Some(self.collect(phone, who, limit).await),
            Effect::Send(exchange, request) => {
                let sent = self.send(phone, who, &request).await;
                Some(match sent {
                    Ok(response) => Event::Answered(exchange, Box::new(response)),
                    Err(trouble) => Event::Failed(exchange, trouble),
                })
            }
            Effect::Apply(response) => {
                let offered = response.packs.is_some();
                self.asked.received_at = phone.clock();
                let (asked, who) = (self.asked.clone(), who.clone());
                let applied = phone
                    .off_the_loop(move |phone| {
                        let applied = phone
                            .database()
                            .write(|db| store::apply(db, &who.identity, &asked, &response))?;
                        watermark::clear_photos(phone.database(), phone.now())?;
                        leaving::sweep(phone.dir(), phone.database())?;
                        phone.looked().clear();
                        phone.measure_clock()?;
                        phone.renew_worker()?;
                        while projection::refresh(phone.database())? {}
                        phone.hear()?;
                        Ok(applied)
                    })
                    .await;
                if offered {
                    phone.wake_packs(); // the lists need not wait for what else there is
                }
                phone.tell_delivery();
                Some(match applied {
                    Ok(Stored::All(applied)) => Event::Applied(applied),
                    Ok(Stored::NoRoom) => Event::Broken(Code::QueueFull),
                    Err(failure) => broken(failure),
                })
            }
            Effect::RefreshToken => {
                if let Some(token) = self.token.take() {
                    phone.forget_token(&token);
                }
                Some(match phone.token(who).await {
                    Ok(token) => {
                        self.token = Some(token);
                        Event::TokenReady
                    }
                    Err(trouble) => Event::TokenRefused(trouble),
                })
            }
            Effect::WakeAt(at) => {
                self.wake_at = Some(at);
                None
            }
            Effect::Report(report) => {
                self.report(phone, report);
                if report == Report::Refused(Code::DeviceRevoked) {
                    forget_everything(phone).await;
                    // its photos may follow their records still
                    phone.wake_photos();
                }
                None
            }
        }
    }

    async fn collect(&mut self, phone: &Phone, who: &Arc<Enrolment>, limit: usize) -> Event {
        let who = who.clone();
        let collected = phone
            .off_the_loop(move |phone| {
                let clock = phone.clock();
                let seed = u64::from_be_bytes(phone.ports().dice.roll()?);
                phone
                    .database()
                    .write(|db| store::collect(db, &who.identity, limit, clock, seed))
            })
            .await;
        match collected {
            Ok((outbox, asked, dictionaries)) => {
                self.asked = asked;
                self.dictionaries = dictionaries;
                Event::OutboxReady(Box::new(outbox))
            }
            Err(failure) => broken(failure),
        }
    }

    async fn send(
        &mut self,
        phone: &Phone,
        who: &Arc<Enrolment>,
        request: &gridwalk_core::sync::message::Request,
    ) -> Result<gridwalk_core::sync::message::Response, Trouble> {
        let Some(token) = &self.token else {
            return Err(Trouble::TokenExpired); // the first one of this run
        };
        let sent = phone
            .link(who)
            .sync(token, request, &self.dictionaries)
            .await;
        if sent == Err(Trouble::Refused(Code::BodyMalformed)) && !self.dictionaries.is_empty() {
            // another server than the one that knew them, perhaps: the next try goes without
            let forgotten = phone
                .off_the_loop(|phone| {
                    let none: Vec<u32> = Vec::new();
                    phone
                        .database()
                        .write(|db| set_fact(db, store::DICTIONARIES, &none))
                })
                .await;
            if let Err(failure) = forgotten {
                tracing::error!(%failure, "the dictionaries are still in use");
            }
        }
        sent
    }

    fn report(&self, phone: &Phone, report: Report) {
        match report {
            Report::Syncing => phone.set_phase(SyncPhase::Syncing, None),
            Report::Refused(code) => phone.set_phase(SyncPhase::Refused, Some(code)),
            Report::Waiting { code, .. } => {
                phone.set_phase(SyncPhase::Offline, Some(code));
                // there is a centre; that records do not get through to it is no reason why photos should not
                if !matches!(code, Code::ServerUnreachable | Code::NotOurServer) {
                    phone.wake_photos();
                }
            }
            // records have arrived; photos follow in a lane of their own and never hold a record up
            Report::Idle => {
                phone.set_phase(SyncPhase::Idle, None);
                phone.wake_packs();
                phone.wake_photos();
            }
        }
    }
}

/// The centre answers a revoked phone's deliveries as long as it has any, and turns it away after that.
pub(crate) async fn forget_everything(phone: &Phone) {
    let forgotten = phone
        .off_the_loop(|phone| {
            phone.database().write(leaving::everything)?;
            leaving::sweep(phone.dir(), phone.database())
        })
        .await;
    if let Err(failure) = forgotten {
        tracing::error!(%failure, "a revoked phone could not be emptied; it is tried again");
    }
    phone.search_index().clear();
    phone.looked().clear();
    phone.tell_delivery();
}

fn broken(failure: Failure) -> Event {
    tracing::error!(%failure, "the phone could not store or read an exchange");
    Event::Broken(match failure.code {
        Code::Internal => Code::ServerError,
        code => code,
    })
}
