//! The only clock of the server. Tests hand in one that they move themselves.

use gridwalk_core::time::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where `now` comes from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }
    /// A clock that stands still until it is moved.
    pub fn standing_at(now: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(now.0))))
    }
    /// Now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(standing) => Timestamp(standing.load(Ordering::SeqCst)),
            None => Timestamp(chrono::Utc::now().timestamp_millis()),
        }
    }
    /// Moves a standing clock; the machine's clock is not ours to move.
    pub fn advance_ms(&self, ms: i64) {
        if let Some(standing) = &self.0 {
            standing.fetch_add(ms, Ordering::SeqCst);
        }
    }
}
