//! When a round of 听雨苑 is due: frequency × last walked, on days in Shanghai.

use chrono::{NaiveDate, NaiveTime};
use gridwalk_core::{
    error::Code,
    ids::{CheckpointId, GridId, PersonId, PlanId},
    patrol::{PatrolDue, PatrolKind, Walk, due},
    reference::{Frequency, Plan},
    snooze::{Due, SnoozeReason},
    time::Timestamp,
};
use proptest::prelude::*;
use uuid::Uuid;

const LIN: PersonId = PersonId(Uuid::from_u128(1));
const CHEN: PersonId = PersonId(Uuid::from_u128(2));
const DAY_MS: i64 = 86_400_000;

/// Of September 2026; the 14th is a Monday.
fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, day).expect("a day")
}
fn at(day: u32, hour: u32, minute: u32) -> Timestamp {
    Timestamp::from_shanghai(date(day), hour, minute).expect("an instant")
}
fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time")
}

fn plan(times: u8, days: u16) -> Plan {
    Plan {
        id: PlanId(Uuid::from_u128(4)),
        grid: GridId(Uuid::from_u128(5)),
        name: "听雨苑早班".into(),
        kind: PatrolKind::Daily,
        checkpoints: vec![CheckpointId(Uuid::from_u128(6))],
        line_asked_because: None,
        line_may_be_refused: true,
        frequency: Some(Frequency { times, days }),
        window: None,
    }
}
fn open(plan: Plan, from: NaiveTime, to: NaiveTime) -> Plan {
    let window = Some((from, to));
    Plan { window, ..plan }
}

fn walked(started_at: Timestamp) -> Walk {
    Walk {
        started_at,
        ended: true,
        points: 11,
        by: LIN,
    }
}

/// The last day, and how many days late it is.
fn day(due: Option<PatrolDue>) -> Option<(NaiveDate, u32)> {
    due.map(|due| (due.day, due.overdue_days))
}

#[test]
fn a_daily_round_is_due_until_it_was_walked_and_again_at_midnight_in_shanghai() {
    let morning = plan(1, 1);
    let friday = walked(at(11, 9, 0));
    let told = due(&morning, &[friday], at(14, 8, 0)).expect("due");
    assert_eq!((told.day, told.done, told.asked), (date(14), 0, 1));
    let monday = walked(at(14, 9, 0));
    assert_eq!(due(&morning, &[friday, monday], at(14, 23, 59)), None);
    let told = due(&morning, &[friday, monday], at(15, 0, 0));
    assert_eq!(day(told), Some((date(15), 0)), "a new day in Shanghai");
    // 23:30 UTC of the 13th is half past seven of the 14th
    let early = walked(Timestamp(at(14, 7, 30).0));
    assert_eq!(due(&morning, &[early], at(14, 9, 0)), None);
}

#[test]
fn a_daily_round_that_was_missed_is_not_owed() {
    let told = due(&plan(1, 1), &[walked(at(9, 9, 0))], at(14, 9, 0)).expect("due");
    assert_eq!(
        (told.day, told.overdue_days, told.late),
        (date(14), 0, false)
    );
}

#[test]
fn a_daily_round_is_late_once_its_hours_are_over() {
    let morning = open(plan(1, 1), clock(8, 30), clock(12, 0));
    let late = |hour, minute| due(&morning, &[], at(14, hour, minute)).expect("due").late;
    assert_eq!([late(7, 0), late(12, 0), late(12, 1)], [false, false, true]);
    assert_eq!(due(&morning, &[walked(at(14, 13, 0))], at(14, 13, 1)), None);
}

#[test]
fn twice_a_day_is_twice() {
    let round = plan(2, 1);
    let first = walked(at(14, 9, 0));
    let told = due(&round, &[first], at(14, 14, 0)).expect("due");
    assert_eq!((told.done, told.asked), (1, 2));
    let second = walked(at(14, 15, 0));
    assert_eq!(due(&round, &[second, first], at(14, 16, 0)), None);
}

#[test]
fn a_weekly_round_is_due_seven_days_after_the_last_and_then_late() {
    let round = plan(1, 7);
    let thursday = walked(at(10, 15, 0));
    assert_eq!(due(&round, &[thursday], at(16, 9, 0)), None);
    assert_eq!(
        day(due(&round, &[thursday], at(17, 9, 0))),
        Some((date(17), 0))
    );
    let late = due(&round, &[thursday], at(21, 9, 0)).expect("due");
    assert_eq!(
        (late.day, late.overdue_days, late.late),
        (date(17), 4, true)
    );
}

#[test]
fn a_week_that_saw_it_as_often_as_asked_asks_for_no_more() {
    let round = plan(2, 7);
    let (monday, tuesday) = (walked(at(7, 15, 0)), walked(at(8, 15, 0)));
    // one of two: half a week after the first
    assert_eq!(due(&round, &[monday], at(9, 9, 0)), None);
    assert_eq!(
        day(due(&round, &[monday], at(10, 9, 0))),
        Some((date(10), 0))
    );
    let both = [monday, tuesday];
    assert_eq!(due(&round, &both, at(13, 23, 59)), None, "Sunday");
    let told = due(&round, &both, at(14, 0, 0)).expect("Monday");
    assert_eq!((told.day, told.done, told.asked), (date(14), 0, 2));
}

#[test]
fn every_tenth_day_is_counted_from_the_last_time_on() {
    let round = plan(1, 10);
    let last = [walked(at(1, 9, 0)), walked(at(4, 9, 0))];
    assert_eq!(due(&round, &last, at(13, 9, 0)), None);
    assert_eq!(day(due(&round, &last, at(16, 9, 0))), Some((date(14), 2)));
}

#[test]
fn a_plan_that_was_never_walked_is_due_today_whatever_its_frequency() {
    for (times, days) in [(1, 1), (3, 1), (2, 7), (1, 10)] {
        let told = day(due(&plan(times, days), &[], at(14, 9, 0)));
        assert_eq!(told, Some((date(14), 0)), "{times} in {days}");
    }
}

#[test]
fn a_plan_without_a_frequency_or_with_one_that_is_none_asks_for_nothing() {
    let silent = Plan {
        frequency: None,
        ..plan(1, 1)
    };
    assert_eq!(due(&silent, &[], at(14, 9, 0)), None);
    assert_eq!(due(&plan(0, 7), &[], at(14, 9, 0)), None);
    assert_eq!(due(&plan(1, 0), &[], at(14, 9, 0)), None);
}

#[test]
fn a_patrol_that_was_not_closed_or_reached_nothing_has_not_walked_the_plan() {
    let running = Walk {
        ended: false,
        ..walked(at(14, 9, 0))
    };
    let mistaken = Walk {
        points: 0,
        ..walked(at(14, 9, 5))
    };
    let told = due(&plan(1, 1), &[running, mistaken], at(14, 10, 0));
    assert_eq!(day(told), Some((date(14), 0)));
}

#[test]
fn a_colleagues_patrol_counts_and_one_of_tomorrow_does_not() {
    let chen = Walk {
        by: CHEN,
        ..walked(at(14, 9, 0))
    };
    assert_eq!(due(&plan(1, 1), &[chen], at(14, 10, 0)), None);
    let ahead = walked(at(15, 9, 0));
    assert!(due(&plan(1, 1), &[ahead], at(14, 10, 0)).is_some());
}

#[test]
fn a_night_round_past_midnight_belongs_to_the_evening_before() {
    let night = open(plan(1, 1), clock(22, 0), clock(2, 0));
    let set_out = walked(at(15, 0, 20));
    assert_eq!(due(&night, &[set_out], at(15, 1, 30)), None);
    let told = due(&night, &[], at(15, 1, 30)).expect("still of the 14th");
    assert_eq!(
        (told.day, told.overdue_days, told.late),
        (date(14), 0, false)
    );
    let told = due(&night, &[set_out], at(15, 21, 0));
    assert_eq!(day(told), Some((date(15), 0)), "the next night");
}

#[test]
fn it_waits_no_longer_than_until_it_would_be_due_anew() {
    let longest = |times, days, walks: &[Walk]| {
        let told = due(&plan(times, days), walks, at(14, 9, 0)).expect("due");
        Due::Patrol { every: told.every }.longest()
    };
    let long_ago = [walked(at(1, 9, 0))];
    assert_eq!(longest(1, 1, &long_ago), Some(1));
    assert_eq!(longest(2, 7, &long_ago), Some(3));
    assert_eq!(longest(1, 10, &long_ago), Some(7));
    assert_eq!(longest(1, 10, &[]), Some(1), "never walked: due every day");
    let weekly = Due::Patrol { every: 7 };
    let code = |days, earlier| {
        let asked = weekly.may_wait(days, earlier, SnoozeReason::Weather, None);
        asked.err().map(|refusal| refusal.code)
    };
    assert_eq!(code(7, 1), None);
    assert_eq!(code(8, 0), Some(Code::ValueOutOfRange));
    assert_eq!(code(1, 2), Some(Code::SnoozedTwice));
}

/// Patrols of the last forty days and of the next three, by either of them, some of them not closed.
fn patrols() -> impl Strategy<Value = Vec<Walk>> {
    let patrol = (
        -40 * 24 * 60..3 * 24 * 60_i64,
        any::<bool>(),
        0..3_u32,
        any::<bool>(),
    );
    let told = patrol.prop_map(|(minutes, ended, points, lin)| Walk {
        started_at: at(14, 0, 0).plus_ms(minutes * 60_000),
        ended,
        points,
        by: if lin { LIN } else { CHEN },
    });
    proptest::collection::vec(told, 0..12)
}
fn frequencies() -> impl Strategy<Value = (u8, u16)> {
    prop_oneof![
        (1..4_u8, Just(1_u16)),
        (1..9_u8, Just(7)),
        (1..3_u8, 2..30_u16)
    ]
}

proptest! {
    /// The order in which they came, who walked, and what was never walked to its end make no difference.
    #[test]
    fn only_what_was_walked_and_when_counts(walks in patrols(), (times, days) in frequencies()) {
        let plan = plan(times, days);
        let told = due(&plan, &walks, at(14, 9, 0));
        let mut counted: Vec<Walk> = walks.iter().copied().filter(Walk::counts).collect();
        counted.reverse();
        counted.iter_mut().for_each(|walk| walk.by = CHEN);
        prop_assert_eq!(told, due(&plan, &counted, at(14, 9, 0)));
    }

    /// Any minute of one day says the same, and what is due stays due on the days after, at least as late.
    #[test]
    fn what_is_due_stays_due_until_it_is_walked(
        walks in patrols(), (times, days) in frequencies(), minute in 0..24 * 60_u32,
    ) {
        let plan = plan(times, days);
        let now = at(14, minute / 60, minute % 60);
        let told = due(&plan, &walks, now);
        prop_assert_eq!(told, due(&plan, &walks, at(14, 0, 0)));
        // a week that has seen it as often as asked is over on Monday; nobody walks on in the days after
        let past: Vec<Walk> = walks.into_iter().filter(|walk| walk.started_at < now).collect();
        if let Some(today) = due(&plan, &past, now) {
            let tomorrow = due(&plan, &past, now.plus_ms(DAY_MS)).expect("still due");
            prop_assert!(tomorrow.overdue_days >= today.overdue_days);
            prop_assert!(tomorrow.day >= today.day);
        }
    }

    /// Walked as often as asked, it is due no more today.
    #[test]
    fn walking_it_is_enough(walks in patrols(), (times, days) in frequencies()) {
        let plan = plan(times, days);
        let mut walks = walks;
        while let Some(told) = due(&plan, &walks, at(14, 18, 0)) {
            prop_assert!(told.done < told.asked);
            let so_far = walks.len();
            walks.push(walked(at(14, 17, 0)));
            prop_assert!(so_far < 12 + 9, "it never ends");
        }
    }
}
