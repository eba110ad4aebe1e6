//! Events that did not know of each other and cannot both take effect: which of them stands is decided by safety and
//! never by who synced first (`domain.md` §3.5.3).

use super::{IncidentAction, IncidentEvent, state::Fold, stepping::outweighs};
use crate::document::Causes;

/// The events of an incident, and who knew of what.
pub(super) struct Contest<'a> {
    pub events: &'a [&'a IncidentEvent],
    pub causes: &'a Causes,
}

impl Contest<'_> {
    /// `other` is one of the events that are still `to_come`; could it take effect instead of `this`, and does safety
    /// say that it is the one to stand?
    pub fn outranks(&self, state: &Fold, other: usize, this: usize, to_come: &[usize]) -> bool {
        let (mine, theirs) = (self.events[this], self.events[other]);
        if more_urgent(theirs, mine) {
            return self.allows(state, other);
        }
        let (Some(my_rank), Some(their_rank)) = (rank(&mine.action), rank(&theirs.action)) else {
            return false;
        };
        if their_rank >= my_rank && !is_handling_pair(mine, theirs) {
            return false;
        }
        // As its author saw it: with what they did on the way to it, and without `this`.
        let seen = self.advanced(state.clone(), other, to_come);
        let safer = match (&mine.action, &theirs.action) {
            // Feedback stands against a return only if it has an after-photo.
            (IncidentAction::Return { .. }, IncidentAction::Feedback { .. }) => seen.proof.after,
            (IncidentAction::Feedback { .. }, IncidentAction::Return { .. }) => !state.proof.after,
            _ => their_rank < my_rank,
        };
        if !safer || !self.allows(&seen, other) {
            return false;
        }
        // Both may stand when one does not get in the other's way.
        let after = state.clone().apply(mine, this, &self.knowledge(this));
        !self.allows(&self.advanced(after, other, to_come), other)
    }

    /// What did not come to pass only because of the earlier `other`, which stands against it: its author is told so.
    pub fn lost_to(&self, this: usize, other: usize) -> bool {
        let (mine, theirs) = (self.events[this], self.events[other]);
        let ranks = rank(&mine.action).zip(rank(&theirs.action));
        self.causes.concurrent(this, other)
            && (is_handling_pair(mine, theirs) || ranks.is_some_and(|(mine, theirs)| theirs < mine))
    }

    /// `this` sets a level, and `other`, which it did not know of, set a more urgent one.
    pub fn is_less_urgent(&self, this: usize, other: usize) -> bool {
        self.causes.concurrent(this, other) && more_urgent(self.events[other], self.events[this])
    }

    /// Which events the author of `event` knew of.
    pub fn knowledge(&self, event: usize) -> impl Fn(usize) -> bool {
        move |other| self.causes.knew(event, other)
    }

    fn allows(&self, state: &Fold, event: usize) -> bool {
        state
            .guard(self.events[event], &self.knowledge(event))
            .is_ok()
    }

    /// The state after those events to come that `event` builds on.
    fn advanced(&self, state: Fold, event: usize, to_come: &[usize]) -> Fold {
        let before = to_come.iter().take_while(|other| **other != event);
        before
            .filter(|other| self.causes.knew(event, **other))
            .fold(state, |state, &other| {
                let knows = self.knowledge(other);
                state.step(self.events[other], other, &knows).0
            })
    }
}

/// One gives it back, the other reports it done.
fn is_handling_pair(a: &IncidentEvent, b: &IncidentEvent) -> bool {
    use IncidentAction::{Feedback, Return};
    matches!(
        (&a.action, &b.action),
        (Return { .. }, Feedback { .. }) | (Feedback { .. }, Return { .. })
    )
}

/// The lower rank stands, safety first. Events without a rank never compete.
fn rank(action: &IncidentAction) -> Option<u8> {
    use IncidentAction as A;
    match action {
        A::CheckFail { .. } | A::RejectSelf { .. } | A::Reopen { .. } => Some(1),
        // 2 would be supervise and whistle: they change no state, so nothing gets in their way.
        A::Return { .. } | A::Deny { .. } => Some(3),
        A::Feedback { .. } => Some(4),
        A::Accept => Some(5),
        A::CheckPass
        | A::ConfirmSelf
        | A::Refuse { .. }
        | A::Merge { .. }
        | A::Grant { .. }
        | A::Evaluate { .. } => Some(6),
        A::Cancel { .. } => Some(7),
        _ => None,
    }
}

/// Both say how bad it is, and `other` says that it is worse; or both speak of one step, and `other` is the safer word.
fn more_urgent(other: &IncidentEvent, this: &IncidentEvent) -> bool {
    use IncidentAction::{RecordDispute, SetSeverity};
    match (&other.action, &this.action) {
        (
            SetSeverity {
                severity: theirs, ..
            },
            SetSeverity { severity: mine, .. },
        ) => theirs < mine,
        (RecordDispute { stage: theirs, .. }, RecordDispute { stage: mine, .. }) => theirs > mine,
        _ => outweighs(other, this),
    }
}
