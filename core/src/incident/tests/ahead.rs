//! What comes before a verb's turn, as the fold itself would go on.

use super::{rounds::CHIEF, *};
use crate::incident::{fold::run, state::Fold};
use crate::photo::PhotoStage;

fn reason() -> String {
    "…".into()
}

/// The act that a step is, by whoever does it.
fn act_of(step: CaseStep) -> (u128, Role, IncidentAction) {
    use CaseStep as Step;
    use IncidentAction as A;
    let note = reason();
    match step {
        Step::Submit => {
            let without_photo_because = None;
            let submit = A::Submit {
                without_photo_because,
            };
            (LIN, Role::Worker, submit)
        }
        Step::SelfHandle => (LIN, Role::Worker, A::SelfHandle { measure: note }),
        Step::VerifyResult => {
            let genuine = true;
            (LIN, Role::Worker, A::VerifyResult { genuine, note })
        }
        Step::Accept => (DESK, Role::Dispatcher, A::Accept),
        Step::AskVerify => (DESK, Role::Dispatcher, A::AskVerify { question: note }),
        Step::File => (DESK, Role::Dispatcher, A::File),
        Step::Dispatch => {
            let (owner, co_departments) = (department(), Vec::new());
            let dispatch = A::Dispatch {
                owner,
                co_departments,
            };
            (DESK, Role::Dispatcher, dispatch)
        }
        Step::Start => (HANDLER, Role::Handler, A::Start),
        Step::Feedback => (HANDLER, Role::Handler, done()),
        Step::Suspend => {
            let request = EventId(Uuid::from_u128(40));
            (CHIEF, Role::DutyChief, A::Grant { request })
        }
        Step::Resume => (HANDLER, Role::Handler, A::Resume),
        Step::SendCheck => {
            let checker = person(CHECKER);
            (DESK, Role::Dispatcher, A::SendCheck { checker })
        }
    }
}
fn done() -> IncidentAction {
    IncidentAction::Feedback {
        measure: reason(),
        document: Some(reason()),
    }
}
fn event((by, role, action): (u128, Role, IncidentAction)) -> IncidentEvent {
    IncidentEvent {
        id: EventId(Uuid::from_u128(50)),
        act: act(by, role, 60),
        department: (role == Role::Handler).then(department),
        action,
    }
}
/// Where a story stands, and when an act has its turn there.
fn turn(story: Story, act: (u128, Role, IncidentAction)) -> Turn {
    let (beginning, carried, history) = story.parts();
    let (now, fates) = run(&beginning, &carried, &history);
    let before: Vec<_> = fates
        .iter()
        .filter_map(|(_, fate)| match fate {
            Applied::Yes { state } => Some(*state),
            Applied::No { .. } => None,
        })
        .collect();
    now.turn(&event(act), &before)
}

#[test]
fn every_step_ahead_is_one_that_the_fold_takes() {
    let photos = Story::new().with_photo(PhotoStage::After).parts().0;
    let begun = Fold::begin(&photos.created, &photos.reported, photos.photos);
    for &step in CaseStep::ALL {
        let (from, to) = step.way();
        for &stage in from {
            let mut there = Fold {
                state: stage,
                owner: Some(department()),
                ..begun.clone()
            };
            there.proof.check = true;
            there.course.requests.push(Request {
                event: EventId(Uuid::from_u128(40)),
                kind: RequestKind::Suspension,
                until: Timestamp(120 * 60_000),
                reason: reason(),
                by: person(HANDLER),
                outcome: RequestOutcome::Waiting,
            });
            let (next, fate) = there.step(&event(act_of(step)), 0, &|_| true);
            assert_eq!(next.state, to, "{step:?} from {stage:?}: {fate:?}");
        }
    }
}

#[test]
fn the_desk_comes_first_and_then_the_department() {
    let start = || (HANDLER, Role::Handler, IncidentAction::Start);
    let fail = || {
        let reason = reason();
        (LIN, Role::Worker, IncidentAction::CheckFail { reason })
    };
    let submitted = Story::submitted;
    assert_eq!(turn(submitted(), start()), Turn::After(CaseStep::Accept));
    let accepted = submitted().then(DESK, Role::Dispatcher, IncidentAction::Accept);
    assert_eq!(turn(accepted, start()), Turn::After(CaseStep::File));
    let dispatched = Story::dispatched;
    assert_eq!(turn(dispatched(), fail()), Turn::After(CaseStep::Feedback));
    let resume = (HANDLER, Role::Handler, IncidentAction::Resume);
    assert_eq!(turn(dispatched(), resume), Turn::After(CaseStep::Start));
    let answered = dispatched().then(HANDLER, Role::Handler, done());
    assert_eq!(turn(answered, fail()), Turn::After(CaseStep::SendCheck));
}

#[test]
fn what_the_case_has_gone_past_and_what_it_never_asks_for_are_told_apart() {
    let start = (HANDLER, Role::Handler, IncidentAction::Start);
    assert_eq!(turn(Story::checking(), start), Turn::Past);
    let confirm = (LEAD, Role::Lead, IncidentAction::ConfirmSelf);
    assert_eq!(turn(Story::checking(), confirm), Turn::Never);
    let cancelled = Story::submitted().then(LIN, Role::Worker, cancel());
    assert_eq!(turn(cancelled, (LIN, Role::Worker, cancel())), Turn::Past);
}
