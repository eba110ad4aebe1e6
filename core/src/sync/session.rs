//! The phone's half of an exchange as a machine that consumes itself: one event in, the next session and what to do out.
//! It owns no network, no database, no clock and no dice; the driver does what the effects say and tells what came of it.
//!
//! ```text
//!          Start/Poked          OutboxReady            Answered            Applied
//!   Idle ──────────────▶ Collecting ───────▶ Exchanging ───────▶ Applying ─────────▶ Idle, or Collecting when there is more
//!     ▲                                       │      ▲                │
//!     │ TimerDue: Collecting           Failed │      │ TokenReady:    │ Broken
//!     │                                       ▼      │ Collecting     ▼
//!   Waiting(until) ◀───────────────────── any failure ─────────▶ Refused (a person must act; Start tries again)
//! ```

use super::{
    effect::{Effect, Report},
    event::{Applied, Event, Exchange, Failure, Outbox},
    limits,
    message::{PROTOCOL, Request},
};
use crate::{error::Code, time::Timestamp};

/// The first wait after a failure; doubles with each further one.
const FIRST_WAIT_MS: i64 = 2_000;
/// No wait of our own is longer.
const LONGEST_WAIT_MS: i64 = 10 * 60_000;
/// No wait that a server asks for is believed beyond this.
const LONGEST_RETRY_AFTER_MS: i64 = 60 * 60_000;
/// A driver that never answers is given up after this (half-open connections, F44).
const PATIENCE_MS: i64 = 150_000;

/// One phone's conversation with its server.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    state: State,
    /// Failures in a row.
    failures: u32,
    /// Raw bytes to collect next: grows after a page went through, shrinks after one was too big.
    page: usize,
    next: Exchange,
    dice: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing to do.
    Idle,
    /// The driver reads the outbox.
    Collecting(Run),
    /// A request is under way.
    Exchanging(Run, Exchange, Load),
    /// The driver stores the answer.
    Applying(Run, Load),
    /// The driver gets a new token; the exchange then begins again.
    Refreshing(Run),
    /// Something failed; when to try again.
    Waiting {
        until: Timestamp,
        asked_by_server: bool,
        code: Code,
    },
    /// The server refuses this phone.
    Refused(Code),
}

/// What is remembered through the exchanges of one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Run {
    /// Somebody poked meanwhile: there may be more when this ends.
    again: bool,
    /// A new token was fetched in this run; a second refusal is a failure, not a reason for a third.
    refreshed: bool,
    /// A cursor was sent back to the start in this run; twice is a failure.
    restarted: bool,
}

/// What the outbox held when the request was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Load {
    uploads: bool,
    more: bool,
}

impl Session {
    /// A session at rest. `dice` are random bits, for spreading thousands of phones that wake in the same second.
    pub fn new(dice: u64) -> Self {
        Self {
            state: State::Idle,
            failures: 0,
            page: limits::FIRST_PAGE,
            next: Exchange(1),
            dice,
        }
    }

    /// True while nothing is under way and nothing is being waited for.
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// Takes what happened at `now`, gives what to do. Every pair of state and event has an answer; those that make no
    /// sense (a late answer, a second timer) change nothing.
    pub fn handle(self, event: Event, now: Timestamp) -> (Self, Vec<Effect>) {
        match (self.state, event) {
            (State::Idle, Event::Start | Event::Poked | Event::NetworkBack) => {
                self.collect(Run::default(), now)
            }
            // a wake-up at rest is left over from an exchange that ended meanwhile
            (State::Idle, _) => self.stay(),

            (State::Collecting(run), Event::OutboxReady(outbox)) => self.send(run, *outbox, now),
            (State::Exchanging(run, current, load), Event::Answered(exchange, response))
                if exchange == current =>
            {
                let next = Self {
                    state: State::Applying(run, load),
                    ..self
                };
                (next, vec![Effect::Apply(response)])
            }
            (State::Exchanging(run, current, _), Event::Failed(exchange, failure))
                if exchange == current =>
            {
                self.fail(run, failure, now)
            }
            (State::Applying(run, load), Event::Applied(applied)) => {
                self.applied(run, load, applied, now)
            }
            (State::Refreshing(run), Event::TokenReady) => self.collect(
                Run {
                    refreshed: true,
                    ..run
                },
                now,
            ),
            (State::Refreshing(run), Event::TokenRefused(failure)) => self.fail(
                Run {
                    refreshed: true,
                    ..run
                },
                failure,
                now,
            ),
            (State::Collecting(_) | State::Applying(..), Event::Broken(code)) => {
                self.wait(None, code, now)
            }

            // the driver went silent: whatever it still answers is for an exchange that no longer exists
            (State::Exchanging(run, ..), Event::TimerDue) => {
                self.fail(run, Failure::Unreachable, now)
            }
            (State::Refreshing(run), Event::TimerDue) => self.fail(
                Run {
                    refreshed: true,
                    ..run
                },
                Failure::Unreachable,
                now,
            ),

            (State::Collecting(run), Event::Start | Event::Poked | Event::NetworkBack) => {
                self.again(State::Collecting(Run { again: true, ..run }))
            }
            (State::Exchanging(run, x, load), Event::Start | Event::Poked | Event::NetworkBack) => {
                self.again(State::Exchanging(Run { again: true, ..run }, x, load))
            }
            (State::Applying(run, load), Event::Start | Event::Poked | Event::NetworkBack) => {
                self.again(State::Applying(Run { again: true, ..run }, load))
            }
            (State::Refreshing(run), Event::Start | Event::Poked | Event::NetworkBack) => {
                self.again(State::Refreshing(Run { again: true, ..run }))
            }

            (State::Waiting { until, .. }, Event::TimerDue) if now >= until => {
                self.collect(Run::default(), now)
            }
            (
                State::Waiting {
                    until,
                    asked_by_server,
                    ..
                },
                Event::Start | Event::NetworkBack,
            ) if !asked_by_server || now >= until => self.collect(Run::default(), now),
            // a clock that was set back would make this wait last for years
            (
                State::Waiting { until, .. },
                Event::Poked | Event::TimerDue | Event::Start | Event::NetworkBack,
            ) if until.since(now) > LONGEST_RETRY_AFTER_MS * 2 => self.collect(Run::default(), now),
            (State::Waiting { until, .. }, Event::TimerDue) => (self, vec![Effect::WakeAt(until)]),
            (State::Refused(_), Event::Start) => self.collect(Run::default(), now),

            (
                State::Collecting(_)
                | State::Exchanging(..)
                | State::Applying(..)
                | State::Refreshing(_)
                | State::Waiting { .. }
                | State::Refused(_),
                _,
            ) => self.stay(),
        }
    }

    fn stay(self) -> (Self, Vec<Effect>) {
        (self, Vec::new())
    }

    fn again(self, state: State) -> (Self, Vec<Effect>) {
        (Self { state, ..self }, Vec::new())
    }

    fn collect(self, run: Run, _now: Timestamp) -> (Self, Vec<Effect>) {
        let limit = self.page;
        let next = Self {
            state: State::Collecting(run),
            ..self
        };
        (
            next,
            vec![Effect::Report(Report::Syncing), Effect::Collect { limit }],
        )
    }

    fn send(self, run: Run, outbox: Outbox, now: Timestamp) -> (Self, Vec<Effect>) {
        let exchange = self.next;
        let load = Load {
            uploads: outbox.upload.is_some(),
            more: outbox.more,
        };
        let request = Request {
            protocol: PROTOCOL,
            epoch: outbox.epoch,
            cursors: outbox.cursors,
            reference: outbox.reference,
            upload: outbox.upload,
            page_bytes: limits::ANSWER_PAGE,
            own_bytes: outbox.own_bytes,
        };
        let state = State::Exchanging(run, exchange, load);
        let next = Self {
            state,
            next: Exchange(exchange.0.wrapping_add(1)),
            ..self
        };
        let patience = now.plus_ms(PATIENCE_MS);
        (
            next,
            vec![
                Effect::Send(exchange, Box::new(request)),
                Effect::WakeAt(patience),
            ],
        )
    }

    fn applied(
        self,
        run: Run,
        load: Load,
        applied: Applied,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        if applied.stalled || (applied.restarted && run.restarted) {
            return self.wait(None, Code::ServerError, now);
        }
        let page = if load.uploads {
            limits::NEXT_PAGE
        } else {
            self.page
        };
        let rested = Self {
            failures: 0,
            page,
            ..self
        };
        if applied.more || applied.restarted || applied.new_epoch || load.more || run.again {
            let restarted = run.restarted || applied.restarted;
            return rested.collect(
                Run {
                    again: false,
                    refreshed: false,
                    restarted,
                },
                now,
            );
        }
        let next = Self {
            state: State::Idle,
            page: limits::FIRST_PAGE,
            ..rested
        };
        (next, vec![Effect::Report(Report::Idle)])
    }

    fn fail(self, run: Run, failure: Failure, now: Timestamp) -> (Self, Vec<Effect>) {
        match failure {
            Failure::TokenExpired if !run.refreshed => {
                let next = Self {
                    state: State::Refreshing(run),
                    ..self
                };
                (
                    next,
                    vec![
                        Effect::RefreshToken,
                        Effect::WakeAt(now.plus_ms(PATIENCE_MS)),
                    ],
                )
            }
            // half a page at a time, down to a single change; a change that is too big alone is refused by itself
            Failure::TooBig if self.page > 1 => Self {
                page: self.page / 2,
                ..self
            }
            .collect(run, now),
            Failure::TooBig => self.wait(None, Code::BodyTooBig, now),
            Failure::Unreachable => self.wait(None, Code::ServerUnreachable, now),
            Failure::NotOurServer => self.wait(None, Code::NotOurServer, now),
            Failure::Busy { retry_after_ms } => self.wait(retry_after_ms, Code::ServerBusy, now),
            Failure::Server | Failure::TokenExpired => self.wait(None, Code::ServerError, now),
            Failure::Refused(code) => {
                let next = Self {
                    state: State::Refused(code),
                    failures: 0,
                    ..self
                };
                (next, vec![Effect::Report(Report::Refused(code))])
            }
        }
    }

    /// Waits for what the server asked for, or twice as long as the last time; always spread, so that phones which fell
    /// together do not rise together.
    fn wait(
        mut self,
        retry_after_ms: Option<i64>,
        code: Code,
        now: Timestamp,
    ) -> (Self, Vec<Effect>) {
        let own = FIRST_WAIT_MS
            .saturating_mul(1 << self.failures.min(20))
            .min(LONGEST_WAIT_MS);
        let wait = match retry_after_ms {
            // never earlier than asked, up to half as long again
            Some(asked) => {
                let asked = asked.clamp(0, LONGEST_RETRY_AFTER_MS);
                asked + self.roll((asked / 2).max(FIRST_WAIT_MS))
            }
            None => own / 2 + self.roll(own / 2),
        };
        let until = now.plus_ms(wait);
        let next = Self {
            state: State::Waiting {
                until,
                asked_by_server: retry_after_ms.is_some(),
                code,
            },
            failures: self.failures.saturating_add(1),
            page: self.page.min(limits::FIRST_PAGE),
            ..self
        };
        (
            next,
            vec![
                Effect::Report(Report::Waiting { until, code }),
                Effect::WakeAt(until),
            ],
        )
    }

    /// A number from 0 to `most`, from the bits given at the start (splitmix64).
    fn roll(&mut self, most: i64) -> i64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        i64::try_from(z % (most.max(0) as u64 + 1)).unwrap_or(0)
    }
}
