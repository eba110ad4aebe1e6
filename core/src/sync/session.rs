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
    dictionary,
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
    /// Somebody poked while an exchange was running: there may be more when it ends.
    poked: bool,
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
    /// A request is under way; given up at that time.
    Exchanging(Run, Exchange, Load, Timestamp),
    /// The driver stores the answer.
    Applying(Run, Load),
    /// The driver gets a new token, and then the exchange begins again; given up at that time.
    Refreshing(Run, Timestamp),
    /// Something failed; when to try again.
    Waiting {
        until: Timestamp,
        /// How long that was when the wait began, in milliseconds.
        wait: i64,
        asked_by_server: bool,
    },
    /// The server refuses this phone.
    Refused,
}

/// What is remembered from one exchange of a run to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Run {
    /// A new token was fetched for this exchange; a second refusal is a failure, not a reason for a third.
    refreshed: bool,
    /// A cursor was sent back to its start; twice in a run is a failure.
    restarted: bool,
}

/// What the outbox held when the request was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Load {
    uploads: bool,
    more: bool,
}

type Next = (Session, Vec<Effect>);

impl Session {
    /// A session at rest. `dice` are random bits, for spreading thousands of phones that wake in the same second.
    pub fn new(dice: u64) -> Self {
        Self {
            state: State::Idle,
            poked: false,
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
    pub fn handle(self, event: Event, now: Timestamp) -> Next {
        use Event::{NetworkBack, Poked, Start, TimerDue};
        match (self.state, event) {
            (State::Idle, Start | Poked | NetworkBack) => self.collect(Run::default()),

            (State::Collecting(run), Event::OutboxReady(outbox)) => self.send(run, *outbox, now),
            (State::Exchanging(run, current, load, _), Event::Answered(exchange, response))
                if exchange == current =>
            {
                self.enter(State::Applying(run, load), vec![Effect::Apply(response)])
            }
            (State::Exchanging(run, current, ..), Event::Failed(exchange, failure))
                if exchange == current =>
            {
                self.fail(run, failure, now)
            }
            (State::Applying(run, load), Event::Applied(applied)) => {
                self.applied(run, load, applied, now)
            }
            (State::Refreshing(run, _), Event::TokenReady) => self.collect(run),
            (State::Refreshing(run, _), Event::TokenRefused(failure)) => {
                self.fail(run, failure, now)
            }
            (State::Collecting(_) | State::Applying(..), Event::Broken(code)) => {
                self.wait(None, code, now)
            }

            // busy: remember that there may be more
            (
                State::Collecting(_)
                | State::Exchanging(..)
                | State::Applying(..)
                | State::Refreshing(..),
                Start | Poked | NetworkBack,
            ) => (
                Self {
                    poked: true,
                    ..self
                },
                Vec::new(),
            ),

            // the driver went silent: whatever it still answers is for an exchange that no longer exists
            (State::Exchanging(run, .., until) | State::Refreshing(run, until), TimerDue)
                if due(until, now, PATIENCE_MS) =>
            {
                self.fail(run, Failure::Unreachable, now)
            }
            (State::Waiting { until, wait, .. }, Start | Poked | NetworkBack | TimerDue)
                if due(until, now, wait) =>
            {
                self.collect(Run::default())
            }
            (
                State::Waiting {
                    asked_by_server: false,
                    ..
                },
                Start | NetworkBack,
            ) => self.collect(Run::default()),
            (
                State::Exchanging(.., until)
                | State::Refreshing(_, until)
                | State::Waiting { until, .. },
                TimerDue,
            ) => (self, vec![Effect::WakeAt(until)]),

            (State::Refused, Start) => self.collect(Run::default()),

            // late answers, timers left over from an exchange that ended, pokes that change nothing
            (
                State::Idle
                | State::Collecting(_)
                | State::Exchanging(..)
                | State::Applying(..)
                | State::Refreshing(..)
                | State::Waiting { .. }
                | State::Refused,
                _,
            ) => (self, Vec::new()),
        }
    }

    fn enter(self, state: State, effects: Vec<Effect>) -> Next {
        (Self { state, ..self }, effects)
    }

    fn collect(self, run: Run) -> Next {
        let limit = self.page;
        let begun = Self {
            poked: false,
            ..self
        };
        begun.enter(
            State::Collecting(run),
            vec![Effect::Report(Report::Syncing), Effect::Collect { limit }],
        )
    }

    fn send(self, run: Run, outbox: Outbox, now: Timestamp) -> Next {
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
            dictionaries: Some(dictionary::KNOWN.to_vec()),
            packs: outbox.packs,
            repair: outbox.repair,
        };
        let until = now.plus_ms(PATIENCE_MS);
        let numbered = Self {
            next: Exchange(exchange.0.wrapping_add(1)),
            ..self
        };
        numbered.enter(
            State::Exchanging(run, exchange, load, until),
            vec![
                Effect::Send(exchange, Box::new(request)),
                Effect::WakeAt(until),
            ],
        )
    }

    fn applied(self, run: Run, load: Load, applied: Applied, now: Timestamp) -> Next {
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
        if applied.more || applied.restarted || applied.new_epoch || load.more || rested.poked {
            let restarted = run.restarted || applied.restarted;
            return rested.collect(Run {
                refreshed: false,
                restarted,
            });
        }
        let done = Self {
            page: limits::FIRST_PAGE,
            ..rested
        };
        done.enter(State::Idle, vec![Effect::Report(Report::Idle)])
    }

    fn fail(self, run: Run, failure: Failure, now: Timestamp) -> Next {
        match failure {
            Failure::TokenExpired if !run.refreshed => {
                let until = now.plus_ms(PATIENCE_MS);
                let state = State::Refreshing(
                    Run {
                        refreshed: true,
                        ..run
                    },
                    until,
                );
                self.enter(state, vec![Effect::RefreshToken, Effect::WakeAt(until)])
            }
            Failure::TokenExpired | Failure::Server => self.wait(None, Code::ServerError, now),
            // half a page at a time, down to a single change
            Failure::TooBig if self.page > 1 => Self {
                page: self.page / 2,
                ..self
            }
            .collect(run),
            Failure::TooBig => self.wait(None, Code::BodyTooBig, now),
            Failure::Unreachable => self.wait(None, Code::ServerUnreachable, now),
            Failure::NotOurServer => self.wait(None, Code::NotOurServer, now),
            Failure::Busy { retry_after_ms } => self.wait(retry_after_ms, Code::ServerBusy, now),
            // only a person can change these; everything else may pass by itself (a body damaged on the way, say)
            Failure::Refused(
                code @ (Code::DeviceRevoked | Code::ProtocolUnknown | Code::NotEnrolled),
            ) => {
                let at_rest = Self {
                    failures: 0,
                    page: limits::FIRST_PAGE,
                    ..self
                };
                at_rest.enter(State::Refused, vec![Effect::Report(Report::Refused(code))])
            }
            Failure::Refused(code) => self.wait(None, code, now),
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
        let waiting = Self {
            failures: self.failures.saturating_add(1),
            page: self.page.min(limits::FIRST_PAGE),
            ..self
        };
        let state = State::Waiting {
            until,
            wait,
            asked_by_server: retry_after_ms.is_some(),
        };
        waiting.enter(
            state,
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

/// True at `until` and later, and when it is further ahead than the wait was long: then somebody has set the clock back,
/// and a wait of seconds must not become one of hours.
fn due(until: Timestamp, now: Timestamp, wait: i64) -> bool {
    !(1..=wait).contains(&until.since(now))
}
