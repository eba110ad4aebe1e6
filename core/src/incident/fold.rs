//! From a list of events to what a screen shows. Pure: the document is read elsewhere ([`super`]).

use super::{
    Applied, EventView, IncidentEvent, IncidentView, NewIncident, contest::Contest, order::Rank,
    state::Fold,
};
use crate::{act::Act, document::Causes, error::Code, ids::Hash, photo::Photo};

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
        voices: state.voices,
        events,
        unreadable: 0,
        course: state.course,
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
    let events: Vec<&IncidentEvent> = carried.iter().map(|c| &c.event).collect();
    let contest = Contest {
        events: &events,
        causes: &causes,
    };
    let mut state = Fold::begin(
        &beginning.created,
        &beginning.reported,
        beginning.photos.clone(),
    );
    let mut fates = Vec::with_capacity(carried.len());
    for (at, &this) in order.iter().enumerate() {
        let (event, to_come) = (events[this], &order[at + 1..]);
        let knows = contest.knowledge(this);
        let later = || {
            let mut others = to_come.iter().copied();
            others.find(|&other| {
                causes.concurrent(this, other) && contest.outranks(&state, other, this, to_come)
            })
        };
        // A more urgent level that its author did not know of stands, whichever of the two the feed placed first.
        let earlier = || {
            let mut before = fates.iter();
            let above = before.find(|(other, fate)| {
                matches!(fate, Applied::Yes { .. }) && contest.is_less_urgent(this, *other)
            });
            above.map(|(other, _)| *other)
        };
        let overruled = earlier().or_else(|| match state.guard(event, &knows) {
            Ok(()) => later(),
            Err(_) => None,
        });
        let (next, fate) = match overruled {
            Some(other) => {
                let because = overruled_code(event, events[other]);
                (state, Applied::No { because })
            }
            None => state.step(event, this, &knows),
        };
        let fate = match fate {
            Applied::No {
                because: Code::WrongState | Code::EarlierRound | Code::AlreadyDecided,
            } if fates.iter().any(|(other, fate)| {
                matches!(fate, Applied::Yes { .. }) && contest.lost_to(this, *other)
            }) =>
            {
                Applied::No {
                    because: Code::Overruled,
                }
            }
            other => other,
        };
        state = next;
        fates.push((this, fate));
    }
    (state, fates)
}

/// What the author of an overruled event reads.
fn overruled_code(event: &IncidentEvent, by: &IncidentEvent) -> Code {
    use super::IncidentAction::{Accept, Cancel};
    match (&event.action, &by.action) {
        (Cancel { .. }, Accept) => Code::CancelAfterAccept,
        _ => Code::Overruled,
    }
}
