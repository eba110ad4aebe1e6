//! 走访报告: what a period's visits come to, and what a worker stands by.

mod staircase;

use VisitOutcome::{Met, NotHome, Phoned, Refused};
use chrono::NaiveDate;
use gridwalk_core::{
    document::Document,
    error::Code,
    household::VisitOutcome,
    ids::{HouseholdId, PersonId, PlaceId, VisitReportId, WorkerDayId},
    place::PlaceOutcome,
    time::Timestamp,
    visit_report::{Door, Period, Shop, VisitFigures, compose},
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use proptest::prelude::*;
use staircase::*;

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, day).expect("a day")
}
fn week() -> Period {
    Period {
        from: date(14),
        until: date(20),
    }
}
fn on(day: u32, hour: u32) -> Timestamp {
    Timestamp::from_shanghai(date(day), hour, 0).expect("a time")
}

fn visit(door: u32, day: u32, hour: u32, outcome: VisitOutcome) -> Door {
    Door {
        household: HouseholdId(uuid(2, door)),
        building: format!("听雨苑 {}幢", if door < 500 { 2 } else { 3 }),
        door: format!("2单元 {door}"),
        at: on(day, hour),
        outcome,
        changed: 0,
        notes: Vec::new(),
    }
}

fn check(day: u32, failed: u32) -> Shop {
    Shop {
        place: PlaceId(uuid(17, 1)),
        name: "小满便利店".into(),
        at: on(day, 15),
        outcome: PlaceOutcome::Checked,
        failed,
        notes: vec!["灭火器明天换。".into()],
    }
}

#[test]
fn a_door_counts_once_and_a_visit_each_time() {
    let mut second = visit(502, 16, 10, Met);
    (second.changed, second.notes) = (2, vec![" 软管硬了 ".into(), "已换".into(), "  ".into()]);
    let doors = [
        visit(502, 14, 10, NotHome),
        second,
        visit(401, 14, 11, NotHome),
        visit(401, 17, 19, NotHome),
        visit(402, 15, 9, Phoned),
        visit(601, 15, 10, Refused),
    ];
    let told = compose(week(), 240, &doors, &[check(18, 1), check(19, 0)]);
    let figures = &told.figures;
    assert_eq!(
        (figures.days, figures.visits, figures.doors, figures.reached),
        (6, 6, 4, 2)
    );
    assert_eq!(
        figures.outcomes,
        [(NotHome, 3), (Met, 1), (Phoned, 1), (Refused, 1)]
    );
    assert_eq!(
        (figures.ledger, figures.changed, figures.places),
        (240, 2, 1)
    );
    assert_eq!((figures.place_visits, figures.failed), (2, 1));
    let buildings: Vec<_> = figures
        .buildings
        .iter()
        .map(|part| {
            (
                part.building.as_str(),
                part.visits,
                part.doors,
                part.reached,
            )
        })
        .collect();
    assert_eq!(
        buildings,
        [("听雨苑 2幢", 3, 2, 1), ("听雨苑 3幢", 3, 2, 1)]
    );
    let noted: Vec<_> = told
        .noted
        .iter()
        .map(|noted| (noted.date, noted.place.as_str(), noted.note.as_str()))
        .collect();
    assert_eq!(
        noted,
        [
            (date(16), "听雨苑 3幢 2单元 502", "软管硬了"),
            (date(16), "听雨苑 3幢 2单元 502", "已换"),
            (date(18), "小满便利店", "灭火器明天换。"),
            (date(19), "小满便利店", "灭火器明天换。"),
        ]
    );
    assert_eq!(
        told.unopened,
        ["听雨苑 2幢 2单元 401"],
        "a refusal is an answer"
    );
}

#[test]
fn the_days_at_both_ends_belong_to_it_and_those_beside_them_do_not() {
    let doors = [13, 14, 20, 21].map(|day| visit(500 + day, day, 10, Met));
    assert_eq!(compose(week(), 4, &doors, &[]).figures.doors, 2);
    let late = [Door {
        at: Timestamp::from_shanghai(date(20), 23, 59).expect("a time"),
        ..visit(502, 20, 10, Met)
    }];
    assert_eq!(compose(week(), 1, &late, &[]).figures.doors, 1);
    assert_eq!(compose(week(), 240, &[], &[check(21, 1)]).figures.days, 0);
}

#[test]
fn a_period_begins_before_it_ends_and_is_a_year_at_most() {
    let code = |from: (i32, u32, u32), until: (i32, u32, u32)| {
        let day = |(y, m, d)| NaiveDate::from_ymd_opt(y, m, d).expect("a day");
        let period = Period {
            from: day(from),
            until: day(until),
        };
        period.checked().err().map(|refusal| refusal.code)
    };
    assert_eq!(code((2026, 9, 14), (2026, 9, 14)), None);
    assert_eq!(code((2024, 1, 1), (2024, 12, 31)), None);
    assert_eq!(
        code((2026, 9, 15), (2026, 9, 14)),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        code((2024, 1, 1), (2025, 1, 1)),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(
        code((-262_143, 1, 1), (262_142, 12, 31)),
        Some(Code::ValueOutOfRange)
    );
}

proptest! {
    #[test]
    fn the_order_of_the_records_changes_nothing_and_the_parts_add_up(
        visits in prop::collection::vec((401u32..604, 14u32..21, 8u32..20, 0usize..4), 0..40).prop_shuffle(),
    ) {
        let mut doors: Vec<Door> = visits
            .into_iter()
            .map(|(door, day, hour, how)| Door {
                notes: vec![format!("{door}-{day}-{hour}-{how}")],
                ..visit(door, day, hour, [Met, NotHome, Phoned, Refused][how])
            })
            .collect();
        let told = compose(week(), 240, &doors, &[]);
        let sum = |of: fn(&gridwalk_core::visit_report::BuildingFigures) -> u32| {
            told.figures.buildings.iter().map(of).sum::<u32>()
        };
        prop_assert_eq!(sum(|part| part.visits), told.figures.visits);
        prop_assert_eq!(sum(|part| part.doors), told.figures.doors);
        prop_assert_eq!(sum(|part| part.reached), told.figures.reached);
        prop_assert_eq!(told.figures.outcomes.iter().map(|(_, n)| n).sum::<u32>(), told.figures.visits);
        prop_assert!(told.figures.reached as usize + told.unopened.len() <= told.figures.doors as usize);
        doors.reverse();
        prop_assert_eq!(compose(week(), 240, &doors, &[]), told);
    }
}

fn figures(period: Period) -> VisitFigures {
    compose(period, 240, &[visit(502, 14, 10, Met)], &[]).figures
}

fn day() -> Document {
    let new = NewWorkerDay {
        id: WorkerDayId(uuid(13, 1)),
        worker: PersonId(uuid(1, 1)),
        date: at(8, 0).local_date(),
    };
    worker_day::create(&new, &worker(1, at(8, 0)))
        .expect("a day")
        .document
}

fn written(report: u32, when: Timestamp, period: Period, narrative: &str) -> WorkerDayEdit {
    WorkerDayEdit::WriteReport {
        report: VisitReportId(uuid(18, report)),
        at: when,
        figures: figures(period),
        narrative: narrative.into(),
    }
}

#[test]
fn the_last_wording_of_each_period_counts() {
    let month = Period {
        from: date(1),
        until: date(30),
    };
    let mut day = day();
    for (report, period, text) in [
        (1, week(), "软管已换"),
        (2, month, ""),
        (3, week(), "软管已换，明天再看"),
    ] {
        let when = at(17, report);
        day = worker_day::apply(day, &written(report, when, period, text), &worker(1, when))
            .expect("written")
            .document;
    }
    let view = worker_day::view(&day);
    let told: Vec<_> = view
        .reports
        .iter()
        .map(|report| (report.figures.period, report.narrative.as_str(), report.at))
        .collect();
    assert_eq!(
        told,
        [
            (month, "", at(17, 2)),
            (week(), "软管已换，明天再看", at(17, 3))
        ]
    );
    assert_eq!(view.reports[1].figures, figures(week()));
    assert_eq!((view.log, view.unreadable), (None, 0));
}

#[test]
fn a_report_is_refused_too_long_with_a_number_over_no_period_or_in_another_name() {
    let backwards = Period {
        from: date(20),
        until: date(14),
    };
    let refusal = |period: Period, text: &str, by: u8| {
        let mut edit = written(1, at(17, 0), week(), text);
        if let WorkerDayEdit::WriteReport { figures, .. } = &mut edit {
            figures.period = period;
        }
        worker_day::apply(day(), &edit, &worker(by, at(17, 0)))
            .err()
            .map(|refusal| refusal.code)
    };
    assert_eq!(
        refusal(week(), &"长".repeat(4_001), 1),
        Some(Code::TextTooLong)
    );
    assert_eq!(
        refusal(week(), "电话 13800138000", 1),
        Some(Code::TextLooksLikePhone)
    );
    assert_eq!(
        refusal(week(), "999901194903150013", 1),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(
        refusal(backwards, "走访 9 户", 1),
        Some(Code::ValueOutOfRange)
    );
    assert_eq!(refusal(week(), "走访 9 户", 2), Some(Code::WrongRole));
    assert_eq!(refusal(week(), "", 1), None);
}
