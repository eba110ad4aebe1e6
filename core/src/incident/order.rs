//! The order in which events are folded: causal order, then feed position, own unsent events last. The same on the
//! phone and on the server, whatever order the changes arrived in.

use crate::time::Timestamp;

/// Sorts behind everything that the centre has placed.
const UNSENT: u64 = u64::MAX;

/// What the order needs to know of one event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Rank {
    /// Feed position, or [`UNSENT`].
    position: u64,
    /// Only between unsent events.
    recorded_at: Timestamp,
    /// Only between events recorded in the same millisecond.
    id: [u8; 16],
}

impl Rank {
    pub fn new(position: Option<u64>, recorded_at: Timestamp, id: [u8; 16]) -> Self {
        Self {
            position: position.unwrap_or(UNSENT),
            recorded_at,
            id,
        }
    }
}
