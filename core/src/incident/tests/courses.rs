//! What comes of an incident besides its stage: requests, the clock that stands, whistles, one case into another.

use super::{
    rounds::{CHIEF, OTHER_OFFICE},
    *,
};
use crate::photo::PhotoStage;

const MINUTE: i64 = 60_000;

fn until(minute: i64) -> Timestamp {
    Timestamp(minute * MINUTE)
}
fn suspension(minute: i64) -> IncidentAction {
    IncidentAction::RequestSuspension {
        until: until(minute),
        reason: "配件周五到".into(),
    }
}
fn extension(minute: i64) -> IncidentAction {
    IncidentAction::RequestExtension {
        until: until(minute),
        reason: "等停电".into(),
    }
}
/// The request that event number `n` made.
fn asked(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}
fn grant(n: u128) -> IncidentAction {
    IncidentAction::Grant { request: asked(n) }
}
fn handling() -> Story {
    Story::dispatched().then(HANDLER, Role::Handler, IncidentAction::Start)
}

#[test]
fn a_granted_suspension_stops_the_clock_until_its_day_or_until_they_go_on() {
    let asked = handling().then(HANDLER, Role::Handler, suspension(90));
    let suspended = asked.then(CHIEF, Role::DutyChief, grant(6));
    let view = suspended.tell();
    assert_eq!(view.state, IncidentState::Suspended);
    let pause = |from, to| Suspension {
        from: until(from),
        to: until(to),
    };
    assert_eq!(view.course.suspensions, [pause(7, 90)]);
    let earlier = handling()
        .then(HANDLER, Role::Handler, suspension(90))
        .then(CHIEF, Role::DutyChief, grant(6))
        .then(HANDLER, Role::Handler, IncidentAction::Resume)
        .tell();
    assert_eq!(earlier.state, IncidentState::Handling);
    assert_eq!(earlier.course.suspensions, [pause(7, 8)]);
}

#[test]
fn a_suspension_whose_day_has_come_needs_no_separate_word() {
    let feedback = IncidentAction::Feedback {
        measure: "换好了".into(),
        document: Some("工单 12".into()),
    };
    let answered = |minute: i64| {
        let mut story = handling()
            .then(HANDLER, Role::Handler, suspension(90))
            .then(CHIEF, Role::DutyChief, grant(6))
            .then(HANDLER, Role::Handler, feedback.clone());
        story.carried[7].event.act.recorded_at = until(minute);
        story.tell().state
    };
    assert_eq!(answered(89), IncidentState::Suspended);
    assert_eq!(answered(90), IncidentState::Feedback);
}

#[test]
fn a_request_is_decided_once_and_by_the_duty_chief() {
    let story = || handling().then(HANDLER, Role::Handler, suspension(90));
    let again = story().then(HANDLER, Role::Handler, suspension(95)).tell();
    assert_eq!(fates(&again)[6], Some(Code::AlreadyAsked));
    let desk = story().then(DESK, Role::Dispatcher, grant(6)).tell();
    assert_eq!(fates(&desk)[6], Some(Code::WrongRole));
    let nothing = story().then(CHIEF, Role::DutyChief, grant(5)).tell();
    assert_eq!(fates(&nothing)[6], Some(Code::NotFound));
    let deny = IncidentAction::Deny {
        request: asked(6),
        reason: "仓库有货".into(),
    };
    let view = story()
        .then(CHIEF, Role::DutyChief, deny)
        .then(CHIEF, Role::DutyChief, grant(6))
        .tell();
    assert_eq!(view.state, IncidentState::Handling);
    assert_eq!(fates(&view)[7], Some(Code::AlreadyDecided));
    assert!(matches!(
        view.course.requests[0].outcome,
        RequestOutcome::Denied { .. }
    ));
}

#[test]
fn a_request_for_yesterday_is_refused() {
    let view = handling()
        .then(HANDLER, Role::Handler, suspension(3))
        .tell();
    assert_eq!(fates(&view)[5], Some(Code::ValueOutOfRange));
}

#[test]
fn there_is_one_extension() {
    let view = handling()
        .then(HANDLER, Role::Handler, extension(200))
        .then(CHIEF, Role::DutyChief, grant(6))
        .then(HANDLER, Role::Handler, extension(300))
        .tell();
    assert_eq!(view.course.extended_to, Some(until(200)));
    assert_eq!(fates(&view)[7], Some(Code::ExtensionUsed));
}

#[test]
fn a_request_lapses_when_the_work_is_done_and_work_that_is_done_beats_a_suspension() {
    let proof = IncidentAction::AddPhoto {
        photo: photo(PhotoStage::After, 5),
    };
    let feedback = IncidentAction::Feedback {
        measure: "配件提前到了，换好了".into(),
        document: None,
    };
    // Done offline while the duty chief, who does not know, agrees to wait.
    let mut story = handling()
        .then(HANDLER, Role::Handler, suspension(90))
        .then(CHIEF, Role::DutyChief, grant(6))
        .offline_since(6, HANDLER, Role::Handler, proof);
    let knows_the_photo = vec![story.history[8].0];
    story.push(HANDLER, Role::Handler, feedback, knows_the_photo);
    let view = story.tell();
    assert_eq!(view.state, IncidentState::Feedback);
    assert_eq!(fates(&view)[6], Some(Code::Overruled));
    assert_eq!(view.course.requests[0].outcome, RequestOutcome::Lapsed);
    assert!(view.course.suspensions.is_empty());
}

#[test]
fn whoever_is_called_reports_in_once_and_nobody_else_does() {
    let whistle = IncidentAction::Whistle {
        departments: vec![OTHER_OFFICE, department(), OTHER_OFFICE],
        reason: "一起看现场".into(),
    };
    let here = || IncidentAction::ReportIn {
        call: asked(2),
        note: "在路上".into(),
    };
    let mut story = Story::submitted()
        .then(LIN, Role::Worker, whistle)
        .then(HANDLER, Role::Handler, here())
        .then(HANDLER, Role::Handler, here())
        .then(HANDLER, Role::Handler, here());
    story.carried[4].event.department = Some(DepartmentId(Uuid::from_u128(79)));
    let view = story.tell();
    let call = &view.course.calls[0];
    assert_eq!(call.departments, [department(), OTHER_OFFICE]);
    assert_eq!(call.answers.len(), 1);
    assert_eq!(call.answers[0].department, department());
    assert_eq!(
        fates(&view)[3..],
        [Some(Code::AlreadySo), Some(Code::OutOfScope)]
    );
    assert_eq!(view.departments(), [department(), OTHER_OFFICE]);
}

#[test]
fn a_whistle_names_somebody_and_says_why() {
    let whistle = |departments: &[DepartmentId], reason: &str| IncidentAction::Whistle {
        departments: departments.to_vec(),
        reason: reason.into(),
    };
    let view = Story::submitted()
        .then(LIN, Role::Worker, whistle(&[], "来看看"))
        .then(LIN, Role::Worker, whistle(&[OTHER_OFFICE], " "))
        .tell();
    assert_eq!(
        fates(&view)[1..],
        [Some(Code::MissingDepartment), Some(Code::MissingReason)]
    );
}

#[test]
fn supervision_is_only_ever_raised() {
    let supervise = |level| IncidentAction::Supervise {
        level,
        reason: "拖了三天".into(),
    };
    let view = Story::submitted()
        .then(LEAD, Role::Secretary, supervise(2))
        .then(LEAD, Role::Secretary, supervise(1))
        .then(LEAD, Role::Secretary, supervise(4))
        .then(LIN, Role::Worker, supervise(3))
        .tell();
    assert_eq!(view.course.supervised, Some(2));
    assert_eq!(
        fates(&view)[2..],
        [
            Some(Code::AlreadySo),
            Some(Code::ValueOutOfRange),
            Some(Code::WrongRole)
        ]
    );
}

#[test]
fn one_case_goes_on_as_another_and_never_as_itself() {
    let merge = |n| IncidentAction::Merge {
        into: IncidentId(Uuid::from_u128(n)),
    };
    let view = Story::submitted()
        .then(DESK, Role::Dispatcher, merge(9))
        .then(DESK, Role::Dispatcher, merge(10))
        .tell();
    assert_eq!(fates(&view)[1], Some(Code::MergeIntoItself));
    assert_eq!(view.state, IncidentState::Merged);
    assert_eq!(
        view.course.merged_into,
        Some(IncidentId(Uuid::from_u128(10)))
    );
    assert!(view.ended_at.is_some());
    // A mistake is mended by opening it again.
    let view = Story::submitted()
        .then(DESK, Role::Dispatcher, merge(10))
        .then(
            CHIEF,
            Role::DutyChief,
            IncidentAction::Reopen {
                reason: "是两个井盖".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Reported);
    assert_eq!(view.course.merged_into, None);
}

#[test]
fn the_desk_decides_whose_it_is_and_others_propose() {
    let ownership = |ownership| IncidentAction::SetOwnership {
        ownership,
        note: "盖上没字".into(),
    };
    let story = Story::submitted().then(LIN, Role::Worker, ownership(OwnershipState::Ownerless));
    let view = story.tell();
    assert_eq!(view.course.ownership, None);
    assert_eq!(
        view.course.ownership_proposed,
        Some(OwnershipState::Ownerless)
    );
    let view = Story::submitted()
        .then(LIN, Role::Worker, ownership(OwnershipState::Ownerless))
        .then(DESK, Role::Dispatcher, ownership(OwnershipState::Fallback))
        .tell();
    assert_eq!(view.course.ownership, Some(OwnershipState::Fallback));
    assert_eq!(view.course.ownership_proposed, None);
}

#[test]
fn a_closed_case_is_called_back_about_and_reviewed() {
    let call = |satisfaction| IncidentAction::CallBack {
        satisfaction,
        note: String::new(),
    };
    let view = Story::checking()
        .then(
            CHECKER,
            Role::Checker,
            IncidentAction::AddPhoto {
                photo: photo(PhotoStage::Check, 3),
            },
        )
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .then(9, Role::Callback, call(Satisfaction::NotReached))
        .then(9, Role::Callback, call(Satisfaction::Mostly))
        .then(
            9,
            Role::Auditor,
            IncidentAction::Evaluate {
                opinion: "三天办结".into(),
            },
        )
        .tell();
    assert_eq!(view.state, IncidentState::Evaluated);
    assert_eq!(view.course.satisfaction, Some(Satisfaction::Mostly));
}

#[test]
fn an_incident_of_which_nothing_else_has_come_is_written_as_before() {
    let view = Story::submitted().tell();
    let json = serde_json::to_value(&view).unwrap();
    assert!(json.get("course").is_none());
    assert_eq!(serde_json::from_value::<IncidentView>(json).unwrap(), view);
}
