//! 看原图: for how long an original is open to whoever said what for. Phone and centre ask the same question of the same record,
//! so that neither hands out a picture of which the case does not know why it was looked at.

use super::{Applied, IncidentAction, IncidentView};
use crate::{
    ids::{Hash, PersonId},
    time::Timestamp,
};

/// So long a reason opens it.
const OPEN_MS: i64 = 15 * 60_000;
/// Two clocks that were compared still differ by so much.
const APART_MS: i64 = 60_000;

impl IncidentView {
    /// Until when this person may look at this original: for a quarter of an hour after they gave a reason. What did not take
    /// effect opens nothing, and neither does a clock that was set back.
    pub fn original_open_until(
        &self,
        original: &Hash,
        by: PersonId,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let opened = self.events.iter().filter(|seen| {
            let applied = matches!(seen.applied, Applied::Yes { .. });
            let this = matches!(
                &seen.event.action,
                IncidentAction::OpenOriginal { original: named, .. } if named == original
            );
            applied && this && seen.event.act.by == by
        });
        opened
            .map(|seen| seen.event.act.recorded_at)
            .filter(|at| (-APART_MS..OPEN_MS).contains(&now.since(*at)))
            .map(|at| at.plus_ms(OPEN_MS))
            .max()
    }
}
