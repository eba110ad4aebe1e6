//! One phone: the core's session, envelopes and planning, with a memory instead of a database.

use crate::centre::{KIND, Kit, Waiting};
use gridwalk_core::{
    ids::{DocumentId, Hash},
    scan::ActorId,
    sync::{
        apply::{self, Asked, Holdings},
        effect::Effect,
        envelope::{self, Sealed, Sender},
        event::{Event, Failure, Outbox},
        frame::{self, CONTENT_TYPE, Effort},
        message::{Cursor, DocumentChanges, Request, Response},
        session::Session,
    },
    time::Timestamp,
};
use gridwalk_proof::process::Outcome;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    time::{Duration, Instant},
};

/// What one phone met.
#[derive(Default)]
pub struct Evening {
    /// Changes that were acknowledged, with where.
    pub acknowledged: Vec<Hash>,
    /// Milliseconds of every exchange that was answered.
    pub exchanges: Vec<f64>,
    /// Milliseconds from the start until the last change was acknowledged.
    pub until_arrived: f64,
    /// How often it was asked to come back later.
    pub turned_away: usize,
    /// Everything else that went wrong.
    pub failures: usize,
}

/// A phone with its outbox.
pub struct Bot {
    kit: Kit,
    session: Session,
    cursors: Vec<Cursor>,
    waiting: VecDeque<Waiting>,
    sent: HashMap<u64, Vec<Hash>>,
    last: Option<(u64, Hash)>,
    unanswered: Option<Sealed>,
    asked: Asked,
    /// The request that was packed last, with its body: a phone that waits does not pack it again, nor do we on its
    /// behalf while the clock runs.
    packed: Option<(Request, Vec<u8>)>,
    evening: Timestamp,
    began: Instant,
    met: Evening,
}

struct Sent<'a>(&'a HashMap<u64, Vec<Hash>>);

impl Holdings for Sent<'_> {
    type Error = Infallible;
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Infallible> {
        Ok(self
            .0
            .get(&number)
            .and_then(|changes| changes.get(index as usize).copied()))
    }
    fn unaccepted(&self, _: &DocumentId, _: &ActorId, _: u64) -> Result<Option<Hash>, Infallible> {
        Ok(None) // a bot has one life and never forks
    }
}

impl Bot {
    /// Collected, signed and packed: ready to speak.
    pub fn ready(kit: Kit, dice: u64, evening: Timestamp) -> Outcome<Self> {
        let mut bot = Self {
            session: Session::new(dice),
            cursors: vec![kit.cursor],
            waiting: kit.outbox.iter().cloned().collect(),
            sent: HashMap::new(),
            last: None,
            unanswered: None,
            asked: Asked::default(),
            packed: None,
            evening,
            began: Instant::now(),
            met: Evening::default(),
            kit,
        };
        // The session collects at `Start`; here that happens ahead of time, with the same page.
        let outbox = bot.collect(gridwalk_core::sync::limits::FIRST_PAGE);
        let (_, effects) = Session::new(dice)
            .handle(Event::Start, evening)
            .0
            .handle(Event::OutboxReady(Box::new(outbox)), evening);
        for effect in effects {
            if let Effect::Send(_, request) = effect {
                bot.pack(&request)?;
            }
        }
        Ok(bot)
    }

    /// The phone's clock: it went on since the evening began.
    fn now(&self) -> Timestamp {
        self.evening
            .plus_ms(self.began.elapsed().as_millis() as i64)
    }

    /// Everything that this phone says until it rests.
    pub async fn speak(mut self, client: &reqwest::Client, server: &str) -> Outcome<Evening> {
        self.began = Instant::now();
        let mut events = VecDeque::from([Event::Start]);
        let mut wake_at = None;
        loop {
            let Some(event) = events.pop_front() else {
                if self.session.is_idle() {
                    return Ok(self.met);
                }
                let at: Timestamp = wake_at.take().ok_or("a phone that waits for nothing")?;
                let ms = at.since(self.now()).max(0).unsigned_abs();
                tokio::time::sleep(Duration::from_millis(ms)).await;
                events.push_back(Event::TimerDue);
                continue;
            };
            let now = self.now();
            let (session, effects) = self.session.clone().handle(event, now);
            self.session = session;
            for effect in effects {
                match effect {
                    Effect::Collect { limit } => {
                        events.push_back(Event::OutboxReady(Box::new(self.collect(limit))))
                    }
                    Effect::Send(exchange, request) => {
                        events.push_back(match self.exchange(client, server, &request).await? {
                            Ok(response) => Event::Answered(exchange, Box::new(response)),
                            Err(failure) => Event::Failed(exchange, failure),
                        })
                    }
                    Effect::Apply(response) => {
                        events.push_back(Event::Applied(self.apply(&response)?))
                    }
                    Effect::RefreshToken => {
                        return Err("a token that is a minute old has ended".into());
                    }
                    Effect::WakeAt(at) => wake_at = Some(at),
                    Effect::Report(_) => {}
                }
            }
        }
    }

    fn collect(&mut self, limit: usize) -> Outbox {
        let sealed = match self.unanswered.clone() {
            Some(sealed) => Some(sealed),
            None => self.seal(limit),
        };
        self.asked = Asked {
            epoch: Some(self.kit.epoch),
            cursors: self.cursors.clone(),
            reference: self.kit.reference,
            own_bytes: false,
            upload: sealed
                .as_ref()
                .map(|sealed| (sealed.hash, sealed.changes.clone())),
            received_at: self.evening,
            repair: None,
        };
        let more = sealed
            .as_ref()
            .is_some_and(|sealed| sealed.changes.len() < self.waiting.len());
        Outbox {
            epoch: Some(self.kit.epoch),
            cursors: self.cursors.clone(),
            reference: self.kit.reference,
            upload: sealed.map(|sealed| sealed.upload),
            more,
            own_bytes: false,
            packs: None,
            repair: None,
        }
    }

    fn seal(&mut self, limit: usize) -> Option<Sealed> {
        let mut documents: Vec<DocumentChanges> = Vec::new();
        let mut bytes = 0;
        for waiting in &self.waiting {
            if bytes > 0 && bytes + waiting.bytes.len() > limit {
                break;
            }
            bytes += waiting.bytes.len();
            match documents.last_mut() {
                Some(group) if group.document == waiting.document => {
                    group.changes.push(waiting.bytes.clone().into())
                }
                _ => documents.push(DocumentChanges {
                    document: waiting.document,
                    kind: KIND,
                    partition: self.kit.partition,
                    incarnation: 0,
                    changes: vec![waiting.bytes.clone().into()],
                    author: None,
                }),
            }
        }
        if documents.is_empty() {
            return None;
        }
        let sender = Sender {
            device: self.kit.device,
            worker: self.kit.worker,
            previous: self.last,
            phone_clock: self.evening,
            clock_ahead_ms: 0,
            app: "gridwalk bot".into(),
        };
        let sealed = envelope::seal(&self.kit.key, &sender, documents, Vec::new());
        self.last = Some((sealed.number, sealed.hash));
        self.sent.insert(sealed.number, sealed.changes.clone());
        self.unanswered = Some(sealed.clone());
        Some(sealed)
    }

    fn pack(&mut self, request: &Request) -> Outcome<Vec<u8>> {
        if let Some((known, body)) = &self.packed
            && known == request
        {
            return Ok(body.clone());
        }
        let body = frame::encode(request, Effort::Small)?;
        self.packed = Some((request.clone(), body.clone()));
        Ok(body)
    }

    async fn exchange(
        &mut self,
        client: &reqwest::Client,
        server: &str,
        request: &Request,
    ) -> Outcome<Result<Response, Failure>> {
        let body = self.pack(request)?;
        let began = Instant::now();
        let answer = client
            .post(format!("{server}/sync"))
            .header("authorization", format!("Bearer {}", self.kit.token))
            .header("content-type", CONTENT_TYPE)
            .body(body)
            .send()
            .await;
        let Ok(answer) = answer else {
            self.met.failures += 1;
            return Ok(Err(Failure::Unreachable));
        };
        let status = answer.status().as_u16();
        let seconds = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
        let Ok(body) = answer.bytes().await else {
            self.met.failures += 1;
            return Ok(Err(Failure::Unreachable));
        };
        match status {
            200 => {
                self.met
                    .exchanges
                    .push(began.elapsed().as_secs_f64() * 1_000.0);
                Ok(Ok(frame::decode(&body)?))
            }
            429 | 503 => {
                self.met.turned_away += 1;
                Ok(Err(Failure::Busy {
                    retry_after_ms: seconds.map(|seconds| seconds * 1_000),
                }))
            }
            other => {
                self.met.failures += 1;
                eprintln!("  {other}: {}", String::from_utf8_lossy(&body));
                Ok(Err(Failure::Server))
            }
        }
    }

    fn apply(&mut self, response: &Response) -> Outcome<gridwalk_core::sync::event::Applied> {
        self.asked.received_at = self.now();
        let plan = apply::plan(&Sent(&self.sent), &self.asked, response)
            .map_err(|error| error.to_string())?;
        for (hash, result) in &plan.receipts {
            if result.acknowledged() {
                self.met.acknowledged.push(*hash);
                self.waiting.retain(|waiting| waiting.hash != *hash);
            } else {
                return Err(format!("a change was refused: {result:?}").into());
            }
        }
        self.unanswered = None;
        for cursor in &plan.cursors {
            self.cursors
                .retain(|known| known.partition != cursor.partition);
            self.cursors.push(*cursor);
        }
        self.kit.reference = plan.reference.version;
        if self.waiting.is_empty() && self.met.until_arrived == 0.0 {
            self.met.until_arrived = self.began.elapsed().as_secs_f64() * 1_000.0;
        }
        Ok(plan.applied())
    }
}
