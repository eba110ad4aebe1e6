//! How many uploads are under way that are not durable yet. Beyond the limit a phone is asked to come later before anybody
//! looks at its body, so that queues and memory stay as they are; and while many are under way merging stands back,
//! because an acknowledgement waits for nothing but the disk.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// More than a few at once: whoever merges lets them pass.
const CROWD: usize = 16;

/// The way in.
#[derive(Clone)]
pub struct Gate {
    inside: Arc<(Mutex<usize>, Condvar)>,
    most: usize,
}

/// Somebody is inside until this is dropped.
pub struct Pass(Gate);

impl Gate {
    /// For so many at once.
    pub fn new(most: usize) -> Self {
        Self {
            inside: Arc::default(),
            most,
        }
    }

    /// Whether nobody else is let in at this moment.
    pub fn is_full(&self) -> bool {
        *self.count() >= self.most
    }

    /// Lets one in, unless it is full.
    pub fn enter(&self) -> Option<Pass> {
        let mut inside = self.count();
        if *inside >= self.most {
            return None;
        }
        *inside += 1;
        Some(Pass(self.clone()))
    }

    /// Whether many are inside at this moment.
    pub fn is_crowded(&self) -> bool {
        *self.count() > CROWD
    }

    /// Waits until it is not crowded any more, but not for ever.
    pub fn wait_until_calm(&self, most: Duration) {
        let waited = self
            .inside
            .1
            .wait_timeout_while(self.count(), most, |inside| *inside > CROWD);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        self.inside.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut inside = self.0.count();
        *inside -= 1;
        if *inside <= CROWD {
            self.0.inside.1.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gate_lets_nobody_in_until_somebody_leaves() {
        let gate = Gate::new(2);
        let (first, _second) = (gate.enter().unwrap(), gate.enter().unwrap());
        assert!(gate.is_full() && gate.enter().is_none());
        drop(first);
        assert!(!gate.is_full());
        assert!(gate.enter().is_some());
    }

    #[test]
    fn whoever_stands_back_goes_on_when_the_crowd_is_gone() {
        let gate = Gate::new(100);
        let crowd: Vec<_> = (0..=CROWD).map(|_| gate.enter().unwrap()).collect();
        assert!(gate.is_crowded());
        let waits = {
            let gate = gate.clone();
            std::thread::spawn(move || gate.wait_until_calm(Duration::from_secs(600)))
        };
        drop(crowd);
        waits.join().unwrap();
        assert!(!gate.is_crowded());
    }
}
