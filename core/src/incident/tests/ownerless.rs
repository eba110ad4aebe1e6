//! 无主部件: made safe, asked for in parallel, put on notice for fifteen days, registered.

use super::{rounds::CHIEF, *};
use chrono::NaiveDate;

const DAY: i64 = 24 * 3_600_000;

fn ownership(ownership: OwnershipState) -> IncidentAction {
    IncidentAction::SetOwnership {
        ownership,
        note: "盖上没字".into(),
    }
}
fn ask(addressee: &str) -> IncidentAction {
    IncidentAction::AskOwner {
        addressee: addressee.into(),
        note: "东门井盖，盖上没字".into(),
    }
}
/// The inquiry that event number `n` opened.
fn inquiry(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}
fn answer(n: u128, outcome: StepOutcome) -> IncidentAction {
    IncidentAction::EndStep {
        step: inquiry(n),
        outcome,
        note: "查过图".into(),
    }
}
fn safe() -> IncidentAction {
    IncidentAction::MakeSafe {
        unit: None,
        measure: "摆了锥桶，铁板盖住".into(),
    }
}
fn notice() -> IncidentAction {
    IncidentAction::StartNotice {
        place: "听雨苑东门公示栏".into(),
    }
}
fn register() -> IncidentAction {
    IncidentAction::RegisterFallback {
        unit: department(),
        note: String::new(),
    }
}

impl Story {
    fn desk(self, action: IncidentAction) -> Self {
        self.then(DESK, Role::Dispatcher, action)
    }
    /// The last event is recorded so many days after the beginning.
    fn after(mut self, days: i64) -> Self {
        if let Some(last) = self.carried.last_mut() {
            last.event.act.recorded_at = Timestamp(days * DAY);
        }
        self
    }
}

/// A manhole of nobody's (events 1 and 2), made safe (3), with two inquiries (4 and 5).
fn asked() -> Story {
    let mut story = Story::submitted();
    story.category = "P01008";
    story
        .desk(ownership(OwnershipState::Ownerless))
        .then(LIN, Role::Worker, safe())
        .desk(ask("供水公司"))
        .desk(ask("供电公司"))
}
/// Both say no (6 and 7), and a notice hangs (8).
fn announced() -> Story {
    asked()
        .desk(answer(4, StepOutcome::NotOurs))
        .desk(answer(5, StepOutcome::NotOurs))
        .desk(notice())
}

#[test]
fn an_ownerless_manhole_comes_to_its_fallback_owner() {
    let view = announced().desk(register()).after(16).tell();
    assert_eq!(fates(&view), [None; 9]);
    assert_eq!(view.course.ownership, Some(OwnershipState::Fallback));
    let ownerless = view.course.ownerless.unwrap();
    assert_eq!(ownerless.fallback, Some(department()));
    assert_eq!(ownerless.made_safe[0].unit, None);
    let due = view.course.steps[0].due;
    assert_eq!(due, NaiveDate::from_ymd_opt(1970, 1, 4), "three days after");
    let until = ownerless.notice.unwrap().until;
    assert_eq!(Some(until), NaiveDate::from_ymd_opt(1970, 1, 16));
}

#[test]
fn nothing_is_registered_before_everybody_was_asked_and_the_notice_is_over() {
    let because = |story: Story| {
        let view = story.tell();
        assert_ne!(view.course.ownership, Some(OwnershipState::Fallback));
        fates(&view).pop().unwrap()
    };
    let mut unsaid = Story::submitted();
    unsaid.category = "P01008";
    let proposed = unsaid.then(LIN, Role::Worker, ownership(OwnershipState::Ownerless));
    assert_eq!(
        because(proposed.desk(ask("供水公司"))),
        Some(Code::NotOwnerless)
    );
    let open = asked().desk(register()).after(30);
    assert_eq!(because(open), Some(Code::InquiryOpen));
    let half = asked().desk(answer(4, StepOutcome::NotOurs));
    assert_eq!(because(half.desk(notice())), Some(Code::InquiryOpen));
    let unannounced = asked()
        .desk(answer(4, StepOutcome::NotOurs))
        .desk(answer(5, StepOutcome::NotOurs));
    assert_eq!(
        because(unannounced.desk(register()).after(30)),
        Some(Code::NoticeMissing)
    );
    let last_day = announced().desk(register()).after(15);
    assert_eq!(because(last_day), Some(Code::NoticeRunning));
    // The older way to say it is no way around.
    let around = announced()
        .desk(ownership(OwnershipState::Fallback))
        .after(15);
    assert_eq!(because(around), Some(Code::NoticeRunning));
    let worker = announced().then(LIN, Role::Worker, register()).after(16);
    assert_eq!(because(worker), Some(Code::WrongRole));
}

#[test]
fn a_hole_is_made_safe_before_anything_is_announced() {
    let mut story = Story::submitted();
    story.category = "P01008";
    let view = story
        .desk(ownership(OwnershipState::Ownerless))
        .desk(notice())
        .then(HANDLER, Role::Handler, safe())
        .desk(notice())
        .tell();
    let why = [Some(Code::NotSafeYet), None, Some(Code::MissingInquiry)];
    assert_eq!(fates(&view)[2..], why);
    let made = &view.course.ownerless.unwrap().made_safe[0];
    assert_eq!(made.unit, Some(department()), "the handler's own");
    let hazard = Story::submitted().then(LIN, Role::Worker, safe()).tell();
    assert_eq!(fates(&hazard)[1], Some(Code::NotOwnerless));
}

#[test]
fn an_inquiry_that_nobody_answers_may_be_closed_once_its_days_are_over() {
    let silence = |days| {
        let view = asked()
            .desk(answer(4, StepOutcome::NoAnswer))
            .after(days)
            .tell();
        fates(&view)[5]
    };
    assert_eq!(silence(3), Some(Code::AnswerNotDue));
    assert_eq!(silence(4), None);
    let step = &asked().tell().course.steps[0];
    let today = |day| NaiveDate::from_ymd_opt(1970, 1, day).unwrap();
    assert!(!step.overdue(today(4)) && step.overdue(today(5)));
}

#[test]
fn what_a_worker_was_told_is_proposed_and_the_desk_decides() {
    let view = asked()
        .then(LIN, Role::Worker, answer(4, StepOutcome::Ours))
        .tell();
    let step = &view.course.steps[0];
    assert_eq!(
        (&step.end, view.course.ownership),
        (&None, Some(OwnershipState::Ownerless))
    );
    assert_eq!(step.proposed.as_ref().unwrap().outcome, StepOutcome::Ours);
    let view = asked()
        .then(LIN, Role::Worker, answer(4, StepOutcome::Ours))
        .desk(answer(4, StepOutcome::Ours))
        .desk(notice())
        .tell();
    assert_eq!(view.course.ownership, Some(OwnershipState::Known));
    assert_eq!(view.course.steps[0].proposed, None);
    assert_eq!(fates(&view)[7], Some(Code::OwnerFound));
    let guessed = asked()
        .then(LIN, Role::Worker, answer(4, StepOutcome::NoAnswer))
        .after(9)
        .tell();
    assert_eq!(fates(&guessed)[5], Some(Code::WrongRole));
}

#[test]
fn what_the_desk_had_not_heard_is_still_to_be_looked_at_whichever_came_first() {
    let told = || answer(4, StepOutcome::Ours);
    let written = || answer(4, StepOutcome::NotOurs);
    let told_first =
        asked()
            .then(LIN, Role::Worker, told())
            .offline_since(5, DESK, Role::Dispatcher, written());
    let written_first = asked()
        .desk(written())
        .offline_since(5, LIN, Role::Worker, told());
    for view in [told_first.tell(), written_first.tell()] {
        let step = &view.course.steps[0];
        assert_eq!(step.end.as_ref().unwrap().outcome, StepOutcome::NotOurs);
        assert_eq!(step.proposed.as_ref().unwrap().outcome, StepOutcome::Ours);
    }
}

#[test]
fn an_owner_who_was_found_stands_when_two_desks_answer_at_the_same_time() {
    let (yes, no) = (StepOutcome::Ours, StepOutcome::NotOurs);
    for (first, second) in [(yes, no), (no, yes)] {
        let view = asked()
            .desk(answer(4, first))
            .offline_since(5, CHIEF, Role::DutyChief, answer(4, second))
            .tell();
        assert_eq!(view.course.steps[0].end.as_ref().unwrap().outcome, yes);
        assert_eq!(view.course.ownership, Some(OwnershipState::Known));
        let lost = view.events.iter().find(|e| e.event.action == answer(4, no));
        let because = Code::Overruled;
        assert_eq!(lost.unwrap().applied, Applied::No { because });
    }
}

#[test]
fn one_more_question_or_an_owner_stands_against_a_registration_at_the_same_time() {
    for other in [
        ask("通信公司"),
        ownership(OwnershipState::Known),
        answer(4, StepOutcome::Ours),
    ] {
        let register_first = announced()
            .desk(register())
            .after(16)
            .offline_since(8, CHIEF, Role::DutyChief, other.clone())
            .after(16);
        let other_first = announced()
            .then(CHIEF, Role::DutyChief, other.clone())
            .after(16)
            .offline_since(8, DESK, Role::Dispatcher, register())
            .after(16);
        let views = [register_first.tell(), other_first.tell()];
        for view in &views {
            assert_ne!(view.course.ownership, Some(OwnershipState::Fallback));
            let lost = view.events.iter().find(|e| e.event.action == register());
            let because = Code::Overruled;
            assert_eq!(lost.unwrap().applied, Applied::No { because }, "{other:?}");
        }
        assert_eq!(views[0].course.ownership, views[1].course.ownership);
        assert_eq!(views[0].course.ownerless, views[1].course.ownerless);
    }
}

#[test]
fn an_inquiry_of_which_the_desk_did_not_know_stops_no_notice_but_the_registration() {
    let answered = || {
        asked()
            .desk(answer(4, StepOutcome::NotOurs))
            .desk(answer(5, StepOutcome::NotOurs))
    };
    let notice_first =
        answered()
            .desk(notice())
            .offline_since(7, CHIEF, Role::DutyChief, ask("通信公司"));
    let question_first = answered()
        .then(CHIEF, Role::DutyChief, ask("通信公司"))
        .offline_since(7, DESK, Role::Dispatcher, notice());
    for story in [notice_first, question_first] {
        let mut story = story.desk(register()).after(30);
        // whoever registers has heard of both
        let all: Vec<Hash> = story.history[1..10].iter().map(|(hash, _)| *hash).collect();
        story.history[10].1 = all;
        let view = story.tell();
        assert!(view.course.ownerless.as_ref().unwrap().notice.is_some());
        assert_eq!(fates(&view)[9], Some(Code::InquiryOpen));
    }
}

#[test]
fn a_notice_ends_when_somebody_owns_it_and_the_question_outlives_the_hole() {
    let view = announced().desk(ownership(OwnershipState::Known)).tell();
    assert_eq!(view.course.ownerless.unwrap().notice, None);
    // Closed by the repair on the first day; who owns it is found out later.
    let mut story = Story::checking();
    story.category = "P01008";
    let proof = IncidentAction::AddPhoto {
        photo: photo(crate::photo::PhotoStage::Check, 3),
    };
    let view = story
        .then(CHECKER, Role::Checker, proof)
        .then(CHECKER, Role::Checker, IncidentAction::CheckPass)
        .desk(ownership(OwnershipState::Ownerless))
        .desk(ask("供水公司"))
        .tell();
    assert_eq!(view.state, IncidentState::Closed);
    assert_eq!(fates(&view)[8..], [None, None]);
    let cancelled = Story::submitted()
        .desk(ownership(OwnershipState::Ownerless))
        .then(LIN, Role::Worker, cancel())
        .desk(ask("供水公司"))
        .tell();
    assert_eq!(fates(&cancelled)[3], Some(Code::WrongState));
}

#[test]
fn nobody_is_asked_twice_while_they_have_not_answered() {
    let view = asked().desk(ask("供水公司 ")).tell();
    assert_eq!(fates(&view)[5], Some(Code::AlreadyAsked));
}

#[test]
fn fallback_could_be_said_before_there_were_inquiries_and_still_stands() {
    let view = Story::submitted()
        .desk(ownership(OwnershipState::Ownerless))
        .desk(ownership(OwnershipState::Fallback))
        .tell();
    assert_eq!(fates(&view), [None; 3]);
    assert_eq!(view.course.ownership, Some(OwnershipState::Fallback));
}

#[test]
fn the_case_names_the_day_on_which_somebody_looks_again_until_it_is_registered() {
    let day = |day| NaiveDate::from_ymd_opt(1970, 1, day);
    let follow = |story: Story| story.tell().follow_day();
    assert_eq!(follow(Story::submitted()), None);
    assert_eq!(follow(asked()), day(4));
    let answered = asked()
        .desk(answer(4, StepOutcome::NotOurs))
        .after(1)
        .desk(answer(5, StepOutcome::NotOurs))
        .after(2);
    assert_eq!(follow(answered), day(3));
    assert_eq!(follow(announced()), day(16));
    assert_eq!(follow(announced().desk(register()).after(16)), None);
    assert_eq!(follow(asked().then(LIN, Role::Worker, cancel())), None);
}
