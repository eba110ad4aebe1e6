//! Which lost blobs each phone is asked for next. An answer has room for a few; the next answer goes on behind them, and after
//! the last it begins again, so that what no phone has any more keeps nobody from being asked for the rest. Where a phone stands
//! is remembered by this process alone: another one, or the same after a restart, begins somewhere, and comes round as well.

use crate::{
    auth::device::Phone,
    error::Result,
    state::random,
    store::{Connection, loss},
};
use gridwalk_core::ids::{DeviceId, Hash};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Lost blobs that one answer asks for.
const AT_ONCE: usize = 64;

/// Behind which hash each phone is asked next; only of phones that were asked for more than an answer holds.
#[derive(Debug, Default)]
pub struct Asking(Mutex<HashMap<DeviceId, Hash>>);

impl Asking {
    /// What this phone is asked for in this answer.
    pub fn next(&self, connection: &Connection, phone: &Phone) -> Result<Option<Vec<Hash>>> {
        let mut wanted = loss::wanted(connection, &phone.grids, phone.device)?;
        let mut stands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.len() <= AT_ONCE {
            stands.remove(&phone.device);
            return Ok((!wanted.is_empty()).then_some(wanted));
        }
        let behind = match stands.get(&phone.device) {
            Some(hash) => *hash,
            None => Hash(random()?),
        };
        let first = wanted.partition_point(|hash| *hash <= behind);
        wanted.rotate_left(first);
        wanted.truncate(AT_ONCE);
        if let Some(last) = wanted.last() {
            stands.insert(phone.device, *last);
        }
        Ok(Some(wanted))
    }
}
