//! So many a minute, by name. Minutes begin for all at once, and a new one forgets the old: memory holds who came in one
//! minute and no more.

use super::lock;
use crate::error::{Error, Result};
use gridwalk_core::error::Code;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::Mutex,
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);
/// More names than this in one minute are nobody's phones.
const NAMES: usize = 100_000;

pub struct Rate<K> {
    most: u32,
    minute: Mutex<(Instant, HashMap<K, u32>)>,
}

impl<K: Eq + Hash> Rate<K> {
    pub fn new(most: u32) -> Self {
        Self {
            most,
            minute: Mutex::new((Instant::now(), HashMap::new())),
        }
    }

    /// One more of this name.
    pub fn take(&self, name: K) -> Result<()> {
        self.take_at(name, Instant::now())
    }

    fn take_at(&self, name: K, now: Instant) -> Result<()> {
        let mut minute = lock(&self.minute);
        if now.duration_since(minute.0) >= MINUTE {
            *minute = (now, HashMap::new());
        }
        if minute.1.len() >= NAMES && !minute.1.contains_key(&name) {
            return Err(Error::TooMany(Code::ServerBusy));
        }
        let count = minute.1.entry(name).or_default();
        if *count >= self.most {
            return Err(Error::TooMany(Code::ServerBusy));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_minute_and_every_minute_begins_anew() {
        let rate = Rate::new(2);
        let now = Instant::now();
        let take = |name, at| rate.take_at(name, at).is_ok();
        assert!(take("a", now) && take("a", now));
        assert!(!take("a", now + MINUTE / 2));
        assert!(take("b", now));
        assert!(take("a", now + MINUTE + MINUTE / 2));
    }
}
