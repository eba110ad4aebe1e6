//! From a list of events to what a screen shows. Pure: the document is read elsewhere ([`super`]).

use super::{
    Applied, EventView, IncidentEvent, IncidentView, NewIncident,
    order::{Causes, Rank},
    state::{Fold, rank},
};
use crate::{act::Act, error::Code, ids::Hash, photo::Photo};

/// An event with the change that carries it and where the feed placed that change.
pub(super) struct Carried {
    pub event: IncidentEvent,
    pub change: Hash,
    pub position: Option<u64>,
}

/// What an incident was begun with.
pub(super) struct Beginning {
    pub created: NewIncident,
    pub reported: Act,
    pub photos: Vec<Photo>,
}

/// Folds all events. `history` lists every change of the document with its dependencies, causes first.
pub(super) fn fold(
    beginning: Beginning,
    carried: Vec<Carried>,
    history: &[(Hash, Vec<Hash>)],
) -> IncidentView {
    let (state, fates) = run(&beginning, &carried, history);
    let mut carried: Vec<Option<Carried>> = carried.into_iter().map(Some).collect();
    let events = fates
        .into_iter()
        .filter_map(|(this, applied)| {
            let Carried { event, change, .. } = carried[this].take()?;
            Some(EventView {
                event,
                change,
                applied,
            })
        })
        .collect();
    IncidentView {
        created: beginning.created,
        reported: beginning.reported,
        state: state.state,
        severity: state.severity,
        owner: state.owner,
        co_departments: state.co_departments,
        dispatched_at: state.dispatched_at,
        ended_at: state.ended_at,
        checker: state.checker,
        rework_count: state.rework_count,
        photos: state.photos,
        events,
        unreadable: 0,
    }
}

/// Where the incident stands after all events, and the fate of each (by its index), in fold order.
pub(super) fn run(
    beginning: &Beginning,
    carried: &[Carried],
    history: &[(Hash, Vec<Hash>)],
) -> (Fold, Vec<(usize, Applied)>) {
    let causes = Causes::new(
        &carried.iter().map(|c| c.change).collect::<Vec<_>>(),
        history,
    );
    let ranks: Vec<_> = carried
        .iter()
        .map(|c| Rank::new(c.position, c.event.act.recorded_at, *c.event.id.as_bytes()))
        .collect();
    let order = causes.sort(&ranks);
    let mut state = Fold::begin(
        &beginning.created,
        &beginning.reported,
        beginning.photos.clone(),
    );
    let mut fates = Vec::with_capacity(carried.len());
    for (at, &this) in order.iter().enumerate() {
        let event = &carried[this].event;
        let later = order[at + 1..].iter().any(|&other| {
            causes.concurrent(this, other) && outranks(&state, &carried[other].event, event)
        });
        // A more urgent level that its author did not know of stands, whichever of the two the feed placed first.
        let earlier = fates.iter().any(|(other, fate)| {
            matches!(fate, Applied::Yes { .. })
                && causes.concurrent(this, *other)
                && more_urgent(&carried[*other].event, event)
        });
        let overruled = earlier || (later && state.guard(event).is_ok());
        let (next, fate) = if overruled {
            let because = overruled_code(event);
            (state, Applied::No { because })
        } else {
            state.step(event)
        };
        state = next;
        fates.push((this, fate));
    }
    (state, fates)
}

/// `other` could take effect right now as well, and safety says that it is the one to stand.
fn outranks(state: &Fold, other: &IncidentEvent, this: &IncidentEvent) -> bool {
    let safer = match (rank(&other.action), rank(&this.action)) {
        (Some(theirs), Some(mine)) => theirs < mine,
        _ => more_urgent(other, this),
    };
    safer && state.guard(other).is_ok()
}

/// Both set the level, and `other` sets a more urgent one.
fn more_urgent(other: &IncidentEvent, this: &IncidentEvent) -> bool {
    use super::IncidentAction::SetSeverity;
    match (&other.action, &this.action) {
        (
            SetSeverity {
                severity: theirs, ..
            },
            SetSeverity { severity: mine, .. },
        ) => theirs < mine,
        _ => false,
    }
}

/// What the author of an overruled event reads.
fn overruled_code(event: &IncidentEvent) -> Code {
    match event.action {
        super::IncidentAction::Cancel { .. } => Code::CancelAfterAccept,
        _ => Code::Overruled,
    }
}
