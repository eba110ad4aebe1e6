//! 再看: a day is named for looking at a quarrel again, and somebody looks, or nobody does.

use super::*;
use chrono::NaiveDate;

fn day(of_january: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(1970, 1, of_january).unwrap()
}

/// A quarrel in the queue that is to be looked at again on the 8th.
fn quarrel() -> Story {
    let story = Story {
        category: "D002",
        photos: vec![],
        ..Story::new()
    };
    let submit = IncidentAction::Submit {
        without_photo_because: Some("纠纷不拍照".into()),
    };
    story
        .then(LIN, Role::Worker, submit)
        .then(LIN, Role::Worker, recorded(Some(day(8))))
}
fn recorded(follow_up: Option<NaiveDate>) -> IncidentAction {
    IncidentAction::RecordDispute {
        stage: DisputeStage::Arisen,
        parties: 2,
        follow_up,
    }
}
fn comment() -> IncidentAction {
    IncidentAction::Comment {
        text: "没再吵".into(),
    }
}
fn concluded() -> IncidentAction {
    IncidentAction::ConcludeDispute {
        route: DisputeRoute::Mediation,
        success: true,
        outcome: "楼上周六前修好".into(),
    }
}

impl Story {
    /// The last of it was written down on that day, ten past midnight in Shanghai.
    fn on(mut self, of_january: u32) -> Self {
        let at = Timestamp::from_shanghai(day(of_january), 0, 10).unwrap();
        self.carried.last_mut().unwrap().event.act.recorded_at = at;
        self
    }
    fn again(self) -> Option<NaiveDate> {
        self.tell().look_again()
    }
}

#[test]
fn the_day_stands_until_somebody_of_the_grid_has_looked() {
    assert_eq!(quarrel().again(), Some(day(8)));
    let before = quarrel().then(LIN, Role::Worker, comment()).on(7);
    assert_eq!(
        before.again(),
        Some(day(8)),
        "the evening before is too early"
    );
    for late in [8, 12] {
        let looked = quarrel().then(LEAD, Role::Lead, comment()).on(late);
        assert_eq!(looked.again(), None, "{late}");
    }
}

#[test]
fn a_question_of_the_desk_is_no_look() {
    let asked = quarrel().then(DESK, Role::Dispatcher, comment()).on(9);
    assert_eq!(asked.again(), Some(day(8)));
}

#[test]
fn whoever_looks_may_name_another_day_or_none() {
    let another = quarrel()
        .then(LIN, Role::Worker, recorded(Some(day(15))))
        .on(8);
    assert_eq!(another.again(), Some(day(15)));
    let none = quarrel().then(LIN, Role::Worker, recorded(None)).on(8);
    assert_eq!(none.again(), None);
}

#[test]
fn a_quarrel_that_was_settled_is_looked_at_again_all_the_same() {
    let settled = quarrel().then(LIN, Role::Worker, concluded()).on(2);
    assert_eq!(settled.again(), Some(day(8)));
    let kept = IncidentAction::RecordFulfilment {
        fulfilled: true,
        note: "修好了".into(),
    };
    let settled = quarrel().then(LIN, Role::Worker, concluded()).on(2);
    assert_eq!(settled.then(LIN, Role::Worker, kept).on(9).again(), None);
}

#[test]
fn what_was_overruled_is_no_look_and_a_case_that_was_withdrawn_needs_none() {
    // nobody can say whether they keep to what they never agreed
    let kept = IncidentAction::RecordFulfilment {
        fulfilled: true,
        note: "修好了".into(),
    };
    let overruled = quarrel().then(LIN, Role::Worker, kept).on(9);
    assert_eq!(overruled.again(), Some(day(8)));
    let cancel = IncidentAction::Cancel {
        reason: "记错了".into(),
    };
    assert_eq!(quarrel().then(LIN, Role::Worker, cancel).again(), None);
}

#[test]
fn a_hazard_has_no_such_day() {
    assert_eq!(Story::submitted().again(), None);
}
