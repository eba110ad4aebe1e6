//! 代办: followed step by step, and ended in words.

use super::*;
use crate::photo::PhotoStage;
use chrono::NaiveDate;

fn errand() -> Story {
    let mut story = Story::of_severity(4);
    story.category = ERRAND;
    story.photos.clear();
    story
}
fn submit() -> IncidentAction {
    IncidentAction::Submit {
        without_photo_because: Some("代办，不用拍照".into()),
    }
}
fn add(what: &str) -> IncidentAction {
    IncidentAction::AddStep {
        what: what.into(),
        lies_with: "街道便民窗口".into(),
        wanted: NaiveDate::from_ymd_opt(2026, 9, 18),
    }
}
/// The step that event number `n` added.
fn step(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}
fn end(n: u128, outcome: StepOutcome) -> IncidentAction {
    IncidentAction::EndStep {
        step: step(n),
        outcome,
        note: "窗口收了".into(),
    }
}
fn done() -> IncidentAction {
    IncidentAction::SelfHandle {
        measure: "证办好了，送到家".into(),
    }
}
/// Handed in, with one step: 交材料.
fn begun() -> Story {
    errand()
        .then(LIN, Role::Worker, submit())
        .then(LIN, Role::Worker, add("交材料"))
}

#[test]
fn an_errand_is_followed_step_by_step_and_ended_in_words_without_a_photo() {
    let moved = IncidentAction::MoveStep {
        step: step(2),
        lies_with: "市民中心3号窗口".into(),
        wanted: None,
    };
    let view = begun()
        .then(DESK, Role::Dispatcher, add("取证"))
        .then(LIN, Role::Worker, moved)
        .then(LIN, Role::Worker, end(2, StepOutcome::Done))
        .then(DESK, Role::Dispatcher, end(3, StepOutcome::NotNeeded))
        .then(LIN, Role::Worker, done())
        .then(LEAD, Role::Lead, IncidentAction::ConfirmSelf)
        .tell();
    assert_eq!(fates(&view), [None; 8]);
    assert_eq!(view.state, IncidentState::Closed);
    let [first, second] = &view.course.steps[..] else {
        panic!("{:?}", view.course.steps)
    };
    assert_eq!(
        (first.lies_with.as_str(), first.due),
        ("市民中心3号窗口", None)
    );
    let ended = first.end.as_ref().unwrap();
    assert_eq!(ended.outcome, StepOutcome::Done);
    assert_eq!(ended.at, Timestamp(5 * 60_000));
    assert_eq!(second.end.as_ref().unwrap().outcome, StepOutcome::NotNeeded);
}

#[test]
fn an_errand_does_not_end_before_its_steps_do() {
    let feedback = IncidentAction::Feedback {
        measure: "办好了".into(),
        document: None,
    };
    let view = begun().then(LIN, Role::Worker, done()).tell();
    assert_eq!(fates(&view)[2], Some(Code::StepsOpen));
    let dispatched = |story: Story| {
        story
            .then(DESK, Role::Dispatcher, IncidentAction::Accept)
            .then(DESK, Role::Dispatcher, IncidentAction::File)
            .then(
                DESK,
                Role::Dispatcher,
                IncidentAction::Dispatch {
                    owner: department(),
                    co_departments: vec![],
                },
            )
    };
    let view = dispatched(begun())
        .then(HANDLER, Role::Handler, feedback.clone())
        .then(HANDLER, Role::Handler, end(2, StepOutcome::Done))
        .then(HANDLER, Role::Handler, feedback)
        .then(
            DESK,
            Role::Dispatcher,
            IncidentAction::SendCheck {
                checker: person(CHECKER),
            },
        )
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .tell();
    assert_eq!(
        fates(&view)[5..],
        [Some(Code::StepsOpen), None, None, None, None]
    );
    assert_eq!(view.state, IncidentState::Closed);
}

#[test]
fn a_step_of_which_the_worker_did_not_know_hinders_nobody_whichever_came_first() {
    let submitted = || errand().then(LIN, Role::Worker, submit());
    let step_first = submitted()
        .then(DESK, Role::Dispatcher, add("补一份照片"))
        .offline_since(1, LIN, Role::Worker, done());
    let end_first = submitted().then(LIN, Role::Worker, done()).offline_since(
        1,
        DESK,
        Role::Dispatcher,
        add("补一份照片"),
    );
    for mut story in [step_first, end_first] {
        let both = vec![story.history[2].0, story.history[3].0];
        story.push(LEAD, Role::Lead, IncidentAction::ConfirmSelf, both);
        let view = story.tell();
        assert_eq!(view.state, IncidentState::SelfHandled);
        // Whoever confirms it has heard of both.
        assert_eq!(fates(&view), [None, None, None, Some(Code::StepsOpen)]);
        assert_eq!(view.course.steps.len(), 1);
    }
}

#[test]
fn an_errand_that_is_done_is_done_also_when_the_desk_accepted_it_meanwhile() {
    let accept = || IncidentAction::Accept;
    let submitted = || errand().then(LIN, Role::Worker, submit());
    let accepted_first = submitted()
        .then(DESK, Role::Dispatcher, accept())
        .offline_since(1, LIN, Role::Worker, done());
    let done_first = submitted().then(LIN, Role::Worker, done()).offline_since(
        1,
        DESK,
        Role::Dispatcher,
        accept(),
    );
    for story in [accepted_first, done_first] {
        assert_eq!(story.tell().state, IncidentState::SelfHandled);
    }
}

#[test]
fn done_stands_when_somebody_else_said_at_the_same_time_that_it_is_not_needed() {
    let (yes, no) = (StepOutcome::Done, StepOutcome::NotNeeded);
    for (first, second) in [(yes, no), (no, yes)] {
        let view = begun()
            .then(LIN, Role::Worker, end(2, first))
            .offline_since(2, DESK, Role::Dispatcher, end(2, second))
            .tell();
        let ended = view.course.steps[0].end.as_ref().unwrap();
        assert_eq!(ended.outcome, StepOutcome::Done);
        let lost = fates(&view);
        let expected = if first == yes {
            [None, None, None, Some(Code::Overruled)]
        } else {
            [None, None, Some(Code::Overruled), None]
        };
        assert_eq!(lost, expected);
    }
}

#[test]
fn a_step_has_words_ends_once_and_as_a_step_ends() {
    let moved = IncidentAction::MoveStep {
        step: step(2),
        lies_with: "别处".into(),
        wanted: None,
    };
    let view = begun()
        .then(LIN, Role::Worker, add(" "))
        .then(LIN, Role::Worker, end(2, StepOutcome::Ours))
        .then(LIN, Role::Worker, end(2, StepOutcome::Done))
        .then(LIN, Role::Worker, end(2, StepOutcome::Done))
        .then(LIN, Role::Worker, moved)
        .then(LIN, Role::Worker, end(9, StepOutcome::Done))
        .then(CHECKER, Role::Checker, add("看一眼"))
        .tell();
    assert_eq!(
        fates(&view)[2..],
        [
            Some(Code::MissingWords),
            Some(Code::ValueOutOfRange),
            None,
            Some(Code::AlreadySo),
            Some(Code::AlreadyDecided),
            Some(Code::NotFound),
            Some(Code::WrongRole),
        ]
    );
}

#[test]
fn an_errand_is_finished_on_the_spot_in_words() {
    let view = errand().then(LIN, Role::Worker, done()).tell();
    assert_eq!(view.state, IncidentState::SelfHandled);
    let silent = IncidentAction::SelfHandle {
        measure: "  ".into(),
    };
    let view = errand().then(LIN, Role::Worker, silent).tell();
    assert_eq!(fates(&view), [Some(Code::MissingReason)]);
}

#[test]
fn other_small_requests_keep_their_photos_and_go_without_steps() {
    let mut story = errand();
    story.category = "E06002";
    let view = story
        .then(LIN, Role::Worker, submit())
        .then(LIN, Role::Worker, done())
        .then(LIN, Role::Worker, add("换灯泡"))
        .tell();
    assert_eq!(
        fates(&view),
        [None, Some(Code::WrongState), Some(Code::NotAnErrand)]
    );
    let mut story = errand().with_photo(PhotoStage::Before);
    story.category = "E06002";
    let view = story.then(LIN, Role::Worker, done()).tell();
    assert_eq!(fates(&view), [Some(Code::MissingAfterPhoto)]);
}

#[test]
fn an_errand_names_its_next_wanted_day_until_it_has_ended() {
    assert_eq!(
        begun().tell().follow_day(),
        NaiveDate::from_ymd_opt(2026, 9, 18)
    );
    let ended = begun().then(LIN, Role::Worker, cancel()).tell();
    assert_eq!(ended.follow_day(), None);
    let stepped = begun().then(LIN, Role::Worker, end(2, StepOutcome::Done));
    assert_eq!(stepped.tell().follow_day(), None);
}
