//! 再看: the day on which somebody looks at a quarrel again, until somebody has.

use super::{Applied, EventView, IncidentAction, IncidentState, IncidentView};
use crate::act::Role;
use chrono::NaiveDate;

impl IncidentView {
    /// That day, while nobody has looked on it or after it. It outlives the case: whether they keep to what they agreed is seen
    /// later. Of one that was withdrawn, refused or goes on as another there is nothing to look at.
    pub fn look_again(&self) -> Option<NaiveDate> {
        use IncidentState as S;
        let day = self.course.dispute.as_ref()?.follow_up?;
        let nothing = matches!(
            self.state,
            S::Draft | S::NotFiled | S::Merged | S::Cancelled
        );
        let looked =
            |event: &EventView| event.event.act.recorded_at.local_date() >= day && looks(event);
        (!nothing && !self.events.iter().any(looked)).then_some(day)
    }
}

/// Whether an event says how it stands with the two parties. A note says so when somebody of the grid wrote it: the desk
/// asks, and has seen nobody.
fn looks(event: &EventView) -> bool {
    use IncidentAction as A;
    let act = &event.event;
    let of_the_grid = matches!(
        act.act.role,
        Role::Worker | Role::Helper | Role::Lead | Role::Guide | Role::Secretary
    );
    let says = match act.action {
        A::RecordDispute { .. }
        | A::Escalate { .. }
        | A::ConcludeDispute { .. }
        | A::RecordFulfilment { .. }
        | A::CallBack { .. }
        | A::Meeting { .. } => true,
        A::Comment { .. } | A::AddVoice { .. } => of_the_grid,
        _ => false,
    };
    says && !matches!(event.applied, Applied::No { .. })
}
