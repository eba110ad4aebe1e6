//! What may wait for another day, how long, how often, and for which reasons.

use gridwalk_core::{
    care::CareLevel,
    error::Code,
    reference::TaskKind,
    snooze::{Due, SnoozeReason},
};

const VISIT: Due = Due::Task {
    kind: TaskKind::Visit,
    of_incident: false,
};
const WEEKLY: Due = Due::Care {
    level: CareLevel::First,
    overdue: false,
};

fn code(due: Due, days: u32, earlier: u32, words: Option<&str>) -> Option<Code> {
    let reason = words.map_or(SnoozeReason::Weather, |_| SnoozeReason::Other);
    let refusal = due.may_wait(days, earlier, reason, words).err();
    refusal.map(|refusal| refusal.code)
}

#[test]
fn a_visit_waits_twice_for_a_week_at_most_and_then_no_more() {
    assert_eq!(code(VISIT, 7, 0, None), None);
    assert_eq!(code(VISIT, 1, 1, None), None);
    assert_eq!(code(VISIT, 1, 2, None), Some(Code::SnoozedTwice));
    for days in [0, 8, u32::MAX] {
        assert_eq!(code(VISIT, days, 0, None), Some(Code::ValueOutOfRange));
    }
}

#[test]
fn what_the_desk_waits_for_does_not_wait() {
    for (kind, of_incident) in [
        (TaskKind::Verify, false),
        (TaskKind::Returned, false),
        (TaskKind::Recheck, true),
        (TaskKind::Visit, true),
    ] {
        let due = Due::Task { kind, of_incident };
        assert_eq!(code(due, 1, 0, None), Some(Code::CannotWait), "{due:?}");
    }
}

#[test]
fn weekly_care_waits_a_day_and_not_once_its_day_has_passed() {
    assert_eq!(code(WEEKLY, 1, 0, None), None);
    assert_eq!(code(WEEKLY, 2, 0, None), Some(Code::ValueOutOfRange));
    let late = Due::Care {
        level: CareLevel::First,
        overdue: true,
    };
    assert_eq!(code(late, 1, 0, None), Some(Code::CannotWait));
    let monthly = Due::Care {
        level: CareLevel::Second,
        overdue: true,
    };
    assert_eq!(code(monthly, 3, 0, None), None);
}

#[test]
fn own_words_are_words_and_hold_no_number_of_a_person() {
    assert_eq!(code(VISIT, 1, 0, Some("下周二才回来")), None);
    assert_eq!(code(VISIT, 1, 0, Some("  ")), Some(Code::MissingReason));
    assert_eq!(
        code(VISIT, 1, 0, Some("999901194903150013")),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(
        code(VISIT, 1, 0, Some("打 13800138000")),
        Some(Code::TextLooksLikePhone)
    );
    let long = "长".repeat(101);
    assert_eq!(code(VISIT, 1, 0, Some(&long)), Some(Code::TextTooLong));
}
