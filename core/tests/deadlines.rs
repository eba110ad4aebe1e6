//! The nine vectors of `domain.md` §3.5.4 and the facts around them.

use chrono::{NaiveDate, NaiveTime};
use gridwalk_core::{
    deadline::{Limit, due, rule_for, time_left},
    incident::Severity,
    reference::{Calendar, DeadlineRule, LimitUnit},
    time::Timestamp,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn calendar() -> Calendar {
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    Calendar {
        windows: vec![(time(8, 30), time(12, 0)), (time(14, 0), time(17, 30))],
        days_off: (1..=7)
            .map(|n| NaiveDate::from_ymd_opt(2026, 10, n).unwrap())
            .collect(),
        working_days: vec![day("2026-10-10")],
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn all_nine_vectors_come_out() {
    let table = include_str!("../../fixtures/deadlines.csv");
    let mut seen = 0;
    for line in table.lines().skip(1) {
        let [start, amount, unit, from, to, expected] =
            line.split(',').collect::<Vec<_>>().try_into().unwrap();
        let unit: LimitUnit = serde_json::from_value(unit.into()).unwrap();
        let limit = Limit {
            amount: amount.parse().unwrap(),
            unit,
        };
        let pauses: Vec<_> = (!from.is_empty())
            .then(|| (at(from), Some(at(to))))
            .into_iter()
            .collect();
        assert_eq!(
            due(limit, at(start), &pauses, &calendar()),
            Some(at(expected)),
            "{line}"
        );
        seen += 1;
    }
    assert_eq!(seen, 9);
}

#[test]
fn nothing_is_due_while_a_pause_lasts() {
    let limit = Limit {
        amount: 4,
        unit: LimitUnit::WorkingHours,
    };
    let start = at("2026-09-14T09:00:00+08:00");
    assert_eq!(
        due(limit, start, &[(start.plus_ms(60_000), None)], &calendar()),
        None
    );
}

#[test]
fn a_day_on_whose_closing_time_the_clock_stood_does_not_count() {
    let limit = Limit {
        amount: 2,
        unit: LimitUnit::WorkingDays,
    };
    let pause = (
        at("2026-09-15T10:00:00+08:00"),
        Some(at("2026-09-16T10:00:00+08:00")),
    );
    let due = due(
        limit,
        at("2026-09-14T09:00:00+08:00"),
        &[pause],
        &calendar(),
    );
    assert_eq!(due, Some(at("2026-09-17T17:30:00+08:00")));
}

#[test]
fn overlapping_pauses_stop_the_clock_once() {
    let limit = Limit {
        amount: 1,
        unit: LimitUnit::WorkingHours,
    };
    let start = at("2026-09-14T09:00:00+08:00");
    let pause = |from, to| (at(from), Some(at(to)));
    let pauses = [
        pause("2026-09-14T09:30:00+08:00", "2026-09-14T10:30:00+08:00"),
        pause("2026-09-14T10:00:00+08:00", "2026-09-14T11:00:00+08:00"),
    ];
    assert_eq!(
        due(limit, start, &pauses, &calendar()),
        Some(at("2026-09-14T11:30:00+08:00"))
    );
}

#[test]
fn a_calendar_without_windows_is_never_due_and_never_hangs() {
    let empty = Calendar {
        windows: vec![],
        ..calendar()
    };
    for unit in [LimitUnit::WorkingHours, LimitUnit::WorkingDays] {
        assert_eq!(
            due(
                Limit { amount: 1, unit },
                at("2026-09-14T09:00:00+08:00"),
                &[],
                &empty
            ),
            None
        );
    }
}

#[test]
fn the_countdown_leaves_out_lunch_night_and_weekend() {
    let left = |unit, from, to| time_left(unit, at(from), at(to), &calendar()) / 60_000;
    let (friday, monday) = ("2026-09-18T16:30:00+08:00", "2026-09-21T09:30:00+08:00");
    assert_eq!(left(LimitUnit::WorkingHours, friday, monday), 120);
    assert_eq!(left(LimitUnit::WorkingHours, monday, friday), -120);
    assert_eq!(left(LimitUnit::EmergencyHours, friday, monday), 65 * 60);
}

#[test]
fn the_longest_category_then_the_level_then_the_youngest_rule_wins() {
    let rule = |category: &str, level, amount, from: &str| DeadlineRule {
        category: category.into(),
        level,
        amount,
        unit: LimitUnit::WorkingHours,
        valid_from: day(from),
    };
    let rules = [
        rule("F", None, 24, "2026-01-01"),
        rule("F01", None, 8, "2026-01-01"),
        rule("F01", Some(2), 2, "2026-01-01"),
        rule("F01", Some(2), 1, "2026-09-01"),
        rule("F01", Some(2), 9, "2027-01-01"),
    ];
    let amount = |category, level, on: &str| {
        rule_for(&rules, category, Severity::new(level).unwrap(), day(on)).map(|rule| rule.amount)
    };
    assert_eq!(amount("F01001", 2, "2026-09-14"), Some(1));
    assert_eq!(amount("F01001", 2, "2026-08-31"), Some(2));
    assert_eq!(amount("F01001", 3, "2026-09-14"), Some(8));
    assert_eq!(amount("F02001", 2, "2026-09-14"), Some(24));
    assert_eq!(amount("E01001", 2, "2026-09-14"), None);
}

mod of_an_incident {
    use super::*;
    use gridwalk_core::{
        deadline::handling,
        incident::{IncidentView, Suspension},
    };
    use serde_json::json;

    /// Dispatched on Monday at nine, four working hours.
    fn dispatched() -> IncidentView {
        let act = json!({
            "by": "01990000-0000-7000-8000-000000000001", "role": "worker",
            "device": "01990000-0000-7000-8000-000000000002", "recorded_at": "2026-09-14T00:40:00Z",
        });
        let created = json!({
            "id": "01990000-0000-7000-8000-000000000003", "grid": "01990000-0000-7000-8000-000000000004",
            "local_no": "梧桐-03-0914-001", "source": "patrol", "category": "P01003", "severity": 3,
            "place": { "text": "听雨苑东门" }, "description": "",
        });
        serde_json::from_value(json!({
            "created": created, "reported": act, "state": "handling", "severity": 3, "owner": null,
            "co_departments": [], "dispatched_at": "2026-09-14T01:00:00Z", "ended_at": null, "checker": null,
            "rework_count": 0, "photos": [], "events": [], "unreadable": 0,
        }))
        .expect("a view")
    }

    fn rules() -> Vec<DeadlineRule> {
        vec![DeadlineRule {
            category: "P01".into(),
            level: None,
            amount: 4,
            unit: LimitUnit::WorkingHours,
            valid_from: day("2026-01-01"),
        }]
    }

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_clock_rests_at_noon() {
        let (view, rules) = (dispatched(), rules());
        let clock = handling(&view, &rules, &calendar(), at("2026-09-14T05:00:00Z")).unwrap();
        assert_eq!(clock.due, at("2026-09-14T07:00:00Z"));
        assert_eq!((clock.used_ms, clock.left_ms), (3 * HOUR, HOUR));
        assert_eq!(clock.stands_until, None);
    }

    #[test]
    fn it_stands_while_the_incident_is_suspended_and_counts_nothing_of_that_time() {
        let (mut view, rules) = (dispatched(), rules());
        let (from, to) = (at("2026-09-14T02:00:00Z"), at("2026-09-15T02:00:00Z"));
        view.course.suspensions = vec![Suspension { from, to }];
        for now in ["2026-09-14T02:00:00Z", "2026-09-14T08:00:00Z"] {
            let clock = handling(&view, &rules, &calendar(), at(now)).unwrap();
            assert_eq!(clock.due, at("2026-09-15T07:00:00Z"));
            assert_eq!((clock.used_ms, clock.left_ms), (HOUR, 3 * HOUR));
            assert_eq!(clock.stands_until, Some(to));
        }
        let after = handling(&view, &rules, &calendar(), at("2026-09-15T03:00:00Z")).unwrap();
        assert_eq!((after.used_ms, after.left_ms), (2 * HOUR, 2 * HOUR));
    }

    #[test]
    fn an_extension_moves_it_and_never_back() {
        let (mut view, rules) = (dispatched(), rules());
        let due = |view: &IncidentView| {
            let now = at("2026-09-14T02:00:00Z");
            handling(view, &rules, &calendar(), now).unwrap().due
        };
        view.course.extended_to = Some(at("2026-09-16T07:00:00Z"));
        assert_eq!(due(&view), at("2026-09-16T07:00:00Z"));
        view.course.extended_to = Some(at("2026-09-14T03:00:00Z"));
        assert_eq!(due(&view), at("2026-09-14T07:00:00Z"));
    }

    #[test]
    fn nothing_runs_before_it_was_dispatched() {
        let (mut view, rules) = (dispatched(), rules());
        view.dispatched_at = None;
        assert!(handling(&view, &rules, &calendar(), at("2026-09-14T02:00:00Z")).is_none());
    }
}
