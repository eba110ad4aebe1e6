//! The only clock of the server. Tests hand in one that they move themselves.

use gridwalk_core::time::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where `now` comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's, so many milliseconds ahead.
    Machine {
        /// 0 except in demonstrations.
        ahead_ms: i64,
    },
    /// Stands still until it is moved.
    Standing(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::Machine { ahead_ms: 0 }
    }
    /// The machine's clock as `GRIDWALK_CLOCK` sets it when the process starts (RFC 3339), from where it goes on: a demo
    /// street has its own day. Without that variable, the right time.
    pub fn from_environment() -> Result<Self, String> {
        let Ok(text) = std::env::var("GRIDWALK_CLOCK") else {
            return Ok(Self::system());
        };
        let start: Timestamp = text
            .parse()
            .map_err(|error| format!("GRIDWALK_CLOCK is `{text}`: {error}"))?;
        Ok(Self::Machine {
            ahead_ms: start.since(machine()),
        })
    }
    /// A clock that stands still until it is moved.
    pub fn standing_at(now: Timestamp) -> Self {
        Self::Standing(Arc::new(AtomicI64::new(now.0)))
    }
    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Machine { ahead_ms } => machine().plus_ms(*ahead_ms),
            Self::Standing(at) => Timestamp(at.load(Ordering::SeqCst)),
        }
    }
    /// Moves a standing clock; the machine's clock is not ours to move.
    pub fn advance_ms(&self, ms: i64) {
        if let Self::Standing(at) = self {
            at.fetch_add(ms, Ordering::SeqCst);
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

fn machine() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}
