//! Rounds: what was dispatched, given back, checked, opened again; and what comes too late for them.

use super::*;
use crate::photo::PhotoStage;

pub(super) const CHIEF: u128 = 6;
pub(super) const SECOND_HANDLER: u128 = 7;
const OTHER_CHECKER: u128 = 8;
pub(super) const OTHER_OFFICE: DepartmentId = DepartmentId(Uuid::from_u128(78));

pub(super) fn give_back() -> IncidentAction {
    IncidentAction::Return {
        reason: "不归我们，是物业的".into(),
    }
}
fn feedback(document: Option<&str>) -> IncidentAction {
    IncidentAction::Feedback {
        measure: "清走了".into(),
        document: document.map(Into::into),
    }
}
fn shot(stage: PhotoStage, n: u8) -> IncidentAction {
    IncidentAction::AddPhoto {
        photo: photo(stage, n),
    }
}
fn dispatch_again() -> IncidentAction {
    IncidentAction::Dispatch {
        owner: department(),
        co_departments: vec![],
    }
}
fn change_checker() -> IncidentAction {
    IncidentAction::ChangeChecker {
        checker: person(OTHER_CHECKER),
        reason: "何平今天不在".into(),
    }
}
fn reopen() -> IncidentAction {
    IncidentAction::Reopen {
        reason: "又堆上了".into(),
    }
}
fn fate_of(view: &IncidentView, action: &IncidentAction) -> Option<Code> {
    let at = view.events.iter().position(|e| e.event.action == *action);
    fates(view)[at.expect("an event")]
}

/// Two stretches of events that did not know of each other, the first of them placed first.
fn apart(
    story: Story,
    first: &[(u128, Role, IncidentAction)],
    second: &[(u128, Role, IncidentAction)],
) -> IncidentView {
    let known = story.history.len() - 1;
    let mut story = story;
    for stretch in [first, second] {
        let mut heads = vec![story.history[known].0];
        for (by, role, action) in stretch {
            story.push(*by, *role, action.clone(), heads);
            heads = vec![story.history[story.history.len() - 1].0];
        }
    }
    story.tell()
}

#[test]
fn an_office_starts_and_answers() {
    let view = Story::dispatched()
        .then(HANDLER, Role::Handler, IncidentAction::Start)
        .tell();
    assert_eq!(view.state, IncidentState::Handling);
    let twice = Story::dispatched()
        .then(HANDLER, Role::Handler, IncidentAction::Start)
        .then(HANDLER, Role::Handler, IncidentAction::Start)
        .tell();
    assert_eq!(fates(&twice)[5], Some(Code::WrongState));
}

#[test]
fn what_was_given_back_is_dispatched_anew_and_its_clock_begins_again() {
    let view = Story::dispatched()
        .then(HANDLER, Role::Handler, give_back())
        .then(DESK, Role::Dispatcher, dispatch_again())
        .tell();
    assert_eq!(view.state, IncidentState::Dispatched);
    assert_eq!(view.course.return_count, 1);
    assert_eq!(view.course.supervised, None);
    assert_eq!(view.dispatched_at, Some(Timestamp(6 * 60_000)));
}

#[test]
fn the_second_return_escalates_by_itself() {
    let view = Story::dispatched()
        .then(HANDLER, Role::Handler, give_back())
        .then(DESK, Role::Dispatcher, dispatch_again())
        .then(SECOND_HANDLER, Role::Handler, give_back())
        .tell();
    assert_eq!(view.state, IncidentState::Returned);
    assert_eq!(view.course.supervised, Some(1));
}

#[test]
fn feedback_with_an_after_photo_stands_against_a_return_whoever_synced_first() {
    let done = [
        (HANDLER, Role::Handler, IncidentAction::Start),
        (HANDLER, Role::Handler, shot(PhotoStage::After, 5)),
        (HANDLER, Role::Handler, feedback(None)),
    ];
    let back = [(SECOND_HANDLER, Role::Handler, give_back())];
    for view in [
        apart(Story::dispatched(), &done, &back),
        apart(Story::dispatched(), &back, &done),
    ] {
        assert_eq!(view.state, IncidentState::Feedback);
        assert_eq!(fate_of(&view, &give_back()), Some(Code::Overruled));
        assert_eq!(fates(&view).iter().flatten().count(), 1);
    }
}

#[test]
fn a_return_stands_against_feedback_without_an_after_photo_whoever_synced_first() {
    let done = [(HANDLER, Role::Handler, feedback(Some("工单 12")))];
    let back = [(SECOND_HANDLER, Role::Handler, give_back())];
    for view in [
        apart(Story::dispatched(), &done, &back),
        apart(Story::dispatched(), &back, &done),
    ] {
        assert_eq!(view.state, IncidentState::Returned);
        assert_eq!(fate_of(&view, &done[0].2), Some(Code::Overruled));
    }
}

#[test]
fn a_failed_check_and_a_rejection_stand_whoever_synced_first() {
    let checked = || Story::checking().then(CHECKER, Role::Checker, shot(PhotoStage::Check, 3));
    let pass = [(CHECKER, Role::Checker, IncidentAction::CheckPass)];
    let reason = || "还剩一辆".to_owned();
    let fail = [(
        CHECKER,
        Role::Checker,
        IncidentAction::CheckFail { reason: reason() },
    )];
    for view in [
        apart(checked(), &pass, &fail),
        apart(checked(), &fail, &pass),
    ] {
        assert_eq!(view.state, IncidentState::Dispatched);
        assert_eq!(fate_of(&view, &pass[0].2), Some(Code::Overruled));
    }
    let handled = || {
        Story::new().with_photo(PhotoStage::After).then(
            LIN,
            Role::Worker,
            IncidentAction::SelfHandle {
                measure: "劝走".into(),
            },
        )
    };
    let confirm = [(LEAD, Role::Lead, IncidentAction::ConfirmSelf)];
    let reject = [(
        9,
        Role::Lead,
        IncidentAction::RejectSelf { reason: reason() },
    )];
    for view in [
        apart(handled(), &confirm, &reject),
        apart(handled(), &reject, &confirm),
    ] {
        assert_eq!(view.state, IncidentState::Reported);
        assert_eq!(fate_of(&view, &confirm[0].2), Some(Code::Overruled));
    }
}

#[test]
fn a_check_of_an_earlier_round_does_not_close_this_one() {
    let again = [
        (
            CHECKER,
            Role::Checker,
            IncidentAction::CheckFail {
                reason: "没清".into(),
            },
        ),
        (HANDLER, Role::Handler, feedback(Some("工单 13"))),
        (
            DESK,
            Role::Dispatcher,
            IncidentAction::SendCheck {
                checker: person(CHECKER),
            },
        ),
    ];
    // The same person's other phone, which had seen the first round only.
    let stale = [
        (CHECKER, Role::Checker, shot(PhotoStage::Check, 4)),
        (CHECKER, Role::Checker, IncidentAction::CheckPass),
    ];
    let view = apart(Story::checking(), &again, &stale);
    assert_eq!(view.state, IncidentState::Checking);
    assert_eq!(
        fate_of(&view, &IncidentAction::CheckPass),
        Some(Code::Overruled)
    );
}

#[test]
fn an_after_photo_of_an_earlier_round_proves_nothing_about_this_one() {
    let again = [
        (HANDLER, Role::Handler, feedback(Some("工单 12"))),
        (
            DESK,
            Role::Dispatcher,
            IncidentAction::SendCheck {
                checker: person(CHECKER),
            },
        ),
        (
            CHECKER,
            Role::Checker,
            IncidentAction::CheckFail {
                reason: "没清".into(),
            },
        ),
    ];
    let stale = [
        (SECOND_HANDLER, Role::Handler, shot(PhotoStage::After, 4)),
        (SECOND_HANDLER, Role::Handler, feedback(None)),
    ];
    let view = apart(Story::dispatched(), &again, &stale);
    assert_eq!(view.state, IncidentState::Dispatched);
    assert!(fate_of(&view, &feedback(None)).is_some());
    let known = view.photos.iter().filter(|p| p.stage == PhotoStage::After);
    assert_eq!(known.count(), 1); // kept all the same
}

#[test]
fn whoever_was_to_check_and_did_not_know_better_may_still_answer() {
    let changed = [(DESK, Role::Dispatcher, change_checker())];
    let checked = [
        (CHECKER, Role::Checker, shot(PhotoStage::Check, 4)),
        (CHECKER, Role::Checker, IncidentAction::CheckPass),
    ];
    let view = apart(Story::checking(), &changed, &checked);
    assert_eq!(view.state, IncidentState::Closed);
    let told = Story::checking()
        .then(DESK, Role::Dispatcher, change_checker())
        .then(CHECKER, Role::Checker, checked[0].2.clone())
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .tell();
    assert_eq!(fates(&told)[8], Some(Code::WrongRole));
}

#[test]
fn a_reopened_case_stays_open_when_an_old_check_arrives() {
    let meanwhile = [
        (DESK, Role::Dispatcher, change_checker()),
        (OTHER_CHECKER, Role::Checker, shot(PhotoStage::Check, 5)),
        (OTHER_CHECKER, Role::Checker, IncidentAction::CheckPass),
        (CHIEF, Role::DutyChief, reopen()),
    ];
    let offline = [
        (CHECKER, Role::Checker, shot(PhotoStage::Check, 6)),
        (CHECKER, Role::Checker, IncidentAction::CheckPass),
    ];
    let view = apart(Story::checking(), &meanwhile, &offline);
    assert_eq!(view.state, IncidentState::Dispatched);
    assert_eq!(view.course.reopen_count, 1);
    assert_eq!(view.ended_at, None);
    assert_eq!(fates(&view).last(), Some(&Some(Code::Overruled)));
}

#[test]
fn what_closed_long_ago_is_opened_only_for_a_resident_who_is_not_content() {
    let closed = || {
        Story::checking()
            .then(CHECKER, Role::Checker, shot(PhotoStage::Check, 3))
            .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
    };
    let late = |mut story: Story| {
        let last = story.carried.len() - 1;
        story.carried[last].event.act.recorded_at = Timestamp(31 * 24 * 3_600_000);
        story.tell()
    };
    let view = late(closed().then(CHIEF, Role::DutyChief, reopen()));
    assert_eq!(fates(&view)[8], Some(Code::ReopenTooLate));
    let call = IncidentAction::CallBack {
        satisfaction: Satisfaction::Dissatisfied,
        note: "又堆上了".into(),
    };
    let view = late(
        closed()
            .then(9, Role::Callback, call)
            .then(CHIEF, Role::DutyChief, reopen()),
    );
    assert_eq!(view.state, IncidentState::Dispatched);
}

#[test]
fn a_sampled_on_site_closure_is_checked_by_somebody_else_and_goes_back_to_the_queue_when_it_fails()
{
    let sampled = |checker| {
        Story::new()
            .with_photo(PhotoStage::After)
            .then(
                LIN,
                Role::Worker,
                IncidentAction::SelfHandle {
                    measure: "劝走".into(),
                },
            )
            .then(
                DESK,
                Role::Dispatcher,
                IncidentAction::SendCheck {
                    checker: person(checker),
                },
            )
    };
    assert_eq!(fates(&sampled(LIN).tell())[1], Some(Code::SameChecker));
    let view = sampled(CHECKER)
        .then(
            CHECKER,
            Role::Checker,
            IncidentAction::CheckFail {
                reason: "没清".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Reported);
}

#[test]
fn an_office_that_did_not_know_that_the_case_was_taken_away_may_still_answer() {
    let moved = [(
        DESK,
        Role::Dispatcher,
        IncidentAction::Reassign {
            owner: OTHER_OFFICE,
            co_departments: vec![],
            reason: "权属问清了".into(),
        },
    )];
    let done = [
        (HANDLER, Role::Handler, shot(PhotoStage::After, 5)),
        (HANDLER, Role::Handler, feedback(None)),
    ];
    let view = apart(Story::dispatched(), &moved, &done);
    assert_eq!(view.state, IncidentState::Feedback);
    assert_eq!(view.owner, Some(OTHER_OFFICE));
    let told = Story::dispatched()
        .then(DESK, Role::Dispatcher, moved[0].2.clone())
        .then(HANDLER, Role::Handler, IncidentAction::Start)
        .tell();
    assert_eq!(fates(&told)[5], Some(Code::OutOfScope));
}

#[test]
fn only_whoever_reported_it_hands_it_in() {
    let submit = || IncidentAction::Submit {
        without_photo_because: None,
    };
    let view = Story::new()
        .then(LEAD, Role::Worker, submit())
        .then(LIN, Role::Worker, submit())
        .tell();
    assert_eq!(fates(&view), [Some(Code::WrongRole), None]);
    assert_eq!(view.state, IncidentState::Reported);
}

#[test]
fn what_is_sent_back_says_why() {
    let back = |reason: &str| IncidentAction::Return {
        reason: reason.into(),
    };
    let view = Story::dispatched()
        .then(HANDLER, Role::Handler, back("  "))
        .then(HANDLER, Role::Handler, back("不归城管办管"))
        .tell();
    assert_eq!(fates(&view)[3..], [None, Some(Code::MissingReason), None]);
    assert_eq!(view.state, IncidentState::Returned);
    assert_eq!(view.course.return_count, 1);
}
