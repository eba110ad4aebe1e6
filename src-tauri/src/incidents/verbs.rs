//! What can be done to an incident from this phone right now, and why the rest cannot: asked of the same guards that the
//! fold asks, so that a button never promises what the fold would not apply.

use crate::{
    documents::{self, Identity},
    error::Answer,
    view::{PossibleAct, Withheld},
};
use gridwalk_core::{
    error::Code,
    ids::{DepartmentId, EventId},
    incident::{
        self, DisputeRoute, DisputeStage, DisputeTier, IncidentAction, IncidentEvent,
        IncidentState, IncidentView, OwnershipState, Severity, Standing, StepKind, StepOutcome,
        Turn, role_may,
    },
    time::Timestamp,
};
use rusqlite::Connection;
use uuid::Uuid;

/// What is possible, and what is not.
#[derive(Default)]
pub(super) struct Verbs {
    pub possible: Vec<PossibleAct>,
    pub withheld: Vec<Withheld>,
}

/// Asks every guard. Nothing is possible on an incident of which only the row has arrived so far.
pub(super) fn verbs(
    db: &Connection,
    view: &IncidentView,
    who: &Identity,
    now: Timestamp,
) -> Answer<Verbs> {
    let document = view.created.id.into();
    let Some(held) = documents::load(db, document)? else {
        return Ok(Verbs::default());
    };
    let feed = documents::positions(db, document)?;
    let Some(standing) = incident::standing(&held.document, &feed) else {
        return Ok(Verbs::default());
    };
    let mut verbs = Verbs::default();
    for (act, action) in tries(view, who, now) {
        let event = IncidentEvent {
            id: EventId(Uuid::nil()),
            act: who.act(now),
            department: who.worker.department,
            action,
        };
        match standing.allows(&event) {
            // its photo is taken in the same sheet
            Ok(()) | Err(Code::MissingPhoto) => verbs.possible.push(act),
            // who may not confirm an errand yet may send it back
            Err(Code::StepsOpen) if act == PossibleAct::Confirm => verbs.possible.push(act),
            Err(because) => verbs
                .withheld
                .extend(withheld(&standing, act, &event, because)),
        }
    }
    // A second call may be open where the first is answered.
    let mut said = verbs.possible.clone();
    verbs.withheld.retain(|not| {
        let news = !said.contains(&not.act);
        said.push(not.act);
        news
    });
    Ok(verbs)
}

/// Why somebody may not, and what comes first. Nothing about what their role never does, nor about what is no part of such a
/// case or another's business alone.
fn withheld(
    standing: &Standing,
    act: PossibleAct,
    event: &IncidentEvent,
    because: Code,
) -> Option<Withheld> {
    if !role_may(event.act.role, &event.action) {
        return None;
    }
    let first = match (because, act) {
        (Code::WrongState, _) => match standing.turn(event) {
            Turn::After(step) => Some(step),
            Turn::Past => None,
            Turn::Never => return None,
        },
        // whoever is to check is news to a colleague; that only the reporter settles on the spot is not
        (Code::WrongRole, PossibleAct::Check) => None,
        // nobody called their office
        (Code::WrongRole, _) | (Code::OutOfScope, PossibleAct::ReportIn) => return None,
        _ => None,
    };
    Some(Withheld {
        act,
        because,
        first,
    })
}

/// One try of every verb, filled in as far as a sheet will ask for it: words, photos and choices come later.
fn tries(
    view: &IncidentView,
    who: &Identity,
    now: Timestamp,
) -> Vec<(PossibleAct, IncidentAction)> {
    use IncidentAction as A;
    use PossibleAct as P;
    let words = || "…".to_owned();
    let later = now.plus_ms(1);
    let office = who.worker.department.unwrap_or(DepartmentId(Uuid::nil()));
    let mut tries = Vec::new();
    if view.state != IncidentState::Cancelled {
        let comment = A::Comment { text: words() };
        tries.push((P::Comment, comment.clone()));
        tries.push((P::AddPhoto, comment)); // the same people may do both
    }
    if view.reported.by == who.worker.id {
        tries.push((P::Cancel, A::Cancel { reason: words() }));
    }
    let (genuine, note) = (true, words());
    tries.push((P::VerifyResult, A::VerifyResult { genuine, note }));
    // Who may fail a check may pass it.
    tries.push((P::Check, A::CheckFail { reason: words() }));
    tries.push((P::Confirm, A::ConfirmSelf));
    if view.course.dispute.is_some() || view.is_errand() {
        let measure = words();
        tries.push((P::SelfHandle, A::SelfHandle { measure }));
    }
    tries.push((P::Start, A::Start));
    tries.push((P::Return, A::Return { reason: words() }));
    let (measure, document) = (words(), Some(words()));
    tries.push((P::Feedback, A::Feedback { measure, document }));
    let (until, reason) = (later, words());
    tries.push((P::RequestSuspension, A::RequestSuspension { until, reason }));
    tries.push((P::Resume, A::Resume));
    let reason = words();
    tries.push((P::RequestExtension, A::RequestExtension { until, reason }));
    for call in &view.course.calls {
        let (call, note) = (call.event, words());
        tries.push((P::ReportIn, A::ReportIn { call, note }));
    }
    if !view.state.ended() {
        tries.extend(calls(office));
        // the highest level again is refused as what it is already
        let level = (view.course.supervised.unwrap_or(0) + 1).min(3);
        let reason = words();
        tries.push((P::Supervise, A::Supervise { level, reason }));
        let (with, agreed) = (words(), words());
        tries.push((P::Meeting, A::Meeting { with, agreed }));
        let (ownership, note) = (OwnershipState::Unclear, words());
        if view.created.category.starts_with('P') {
            tries.push((P::SetOwnership, A::SetOwnership { ownership, note }));
        }
    }
    tries.extend(disputes(view));
    tries.extend(steps(view));
    let more_urgent = Severity::new(view.severity.level().saturating_sub(1));
    if let Ok(severity) = more_urgent
        && !view.state.ended()
    {
        let reason = None;
        tries.push((P::Raise, A::SetSeverity { severity, reason }));
    }
    tries
}

/// 吹哨 and 通报.
fn calls(office: DepartmentId) -> [(PossibleAct, IncidentAction); 2] {
    let (departments, reason) = (vec![office], "…".to_owned());
    let whistle = IncidentAction::Whistle {
        departments: departments.clone(),
        reason: reason.clone(),
    };
    let notify = IncidentAction::Notify {
        departments,
        reason,
    };
    [
        (PossibleAct::Whistle, whistle),
        (PossibleAct::Notify, notify),
    ]
}

/// What is done about the steps of an errand, and about a part of which nobody knows whose it is.
fn steps(view: &IncidentView) -> Vec<(PossibleAct, IncidentAction)> {
    use IncidentAction as A;
    use PossibleAct as P;
    let words = || "…".to_owned();
    let end = |step: &incident::Step, outcome| A::EndStep {
        step: step.event,
        outcome,
        note: words(),
    };
    let mut tries = Vec::new();
    if view.is_errand() {
        let added = A::AddStep {
            what: words(),
            lies_with: words(),
            wanted: None,
        };
        tries.push((P::AddStep, added));
    }
    let mut steps = view.course.steps.iter().filter(|step| step.end.is_none());
    if let Some(step) = steps.clone().find(|step| step.kind == StepKind::Milestone) {
        tries.push((P::EndStep, end(step, StepOutcome::Done)));
    }
    if let Some(step) = steps.find(|step| step.kind == StepKind::Inquiry) {
        tries.push((P::TellAnswer, end(step, StepOutcome::Ours)));
    }
    let course = &view.course;
    let whose = course.ownership.or(course.ownership_proposed);
    if matches!(
        whose,
        Some(OwnershipState::Unclear | OwnershipState::Ownerless)
    ) {
        let (unit, measure) = (None, words());
        tries.push((P::MakeSafe, A::MakeSafe { unit, measure }));
    }
    tries
}

/// What is done about a quarrel; nothing about anything else.
fn disputes(view: &IncidentView) -> Vec<(PossibleAct, IncidentAction)> {
    use IncidentAction as A;
    use PossibleAct as P;
    let Some(dispute) = &view.course.dispute else {
        return Vec::new();
    };
    let words = || "…".to_owned();
    let tier = match dispute.tier {
        DisputeTier::First => DisputeTier::Sitting,
        DisputeTier::Sitting => DisputeTier::Receiving,
        // refused as what it is already where nothing is above it
        DisputeTier::Receiving | DisputeTier::Joint => DisputeTier::Joint,
    };
    let reason = words();
    let recorded = A::RecordDispute {
        stage: DisputeStage::Arisen,
        parties: 2,
        follow_up: None,
    };
    let mut tries = vec![
        (P::RecordDispute, recorded),
        (P::Escalate, A::Escalate { tier, reason }),
    ];
    if dispute.success != Some(true) {
        let concluded = A::ConcludeDispute {
            route: DisputeRoute::Mediation,
            success: true,
            outcome: words(),
        };
        tries.push((P::ConcludeDispute, concluded));
    }
    let (fulfilled, note) = (true, words());
    tries.push((P::RecordFulfilment, A::RecordFulfilment { fulfilled, note }));
    tries
}
