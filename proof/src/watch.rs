//! A clock that is moved by hand, so that a shift has the same hours on every machine and at any time of the day.

use gridwalk::ports::Clock;
use gridwalk_core::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};

/// Stands still until somebody moves it.
pub struct Watch(AtomicI64);

impl Watch {
    /// Shows that moment.
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Set to that moment.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    /// Later by so much.
    pub fn minutes_pass(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}
