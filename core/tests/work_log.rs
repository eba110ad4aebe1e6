//! 工作日志: what a day's records say, and what a worker stands by.

mod staircase;

use gridwalk_core::{
    error::Code,
    household::VisitOutcome,
    ids::{
        CarePlanId, HouseholdId, IncidentId, LogEntryId, PatrolId, PersonId, PlaceId, WorkerDayId,
    },
    place::PlaceOutcome,
    time::Timestamp,
    work_log::{CaseDeed, DoorNote, FormTitle, LogLine, Record, lines},
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use proptest::prelude::*;
use staircase::*;

fn visit(door: u32, hour: u32, minute: u32, outcome: VisitOutcome) -> Record {
    let started_at = at(hour, minute);
    Record::Visit {
        household: HouseholdId(uuid(2, door)),
        building: "听雨苑 3幢".into(),
        door: format!("2单元 {door}"),
        started_at,
        ended_at: started_at.plus_ms(4 * 60_000),
        outcome,
        changed: 0,
        note: None,
    }
}

fn case(hour: u32, minute: u32, deed: CaseDeed) -> Record {
    Record::Case {
        incident: IncidentId(uuid(12, 1)),
        local_no: "梧桐-03-0914-001".into(),
        category: "F01001".into(),
        place: "3幢2单元".into(),
        at: at(hour, minute),
        deed,
    }
}

fn told(lines: &[LogLine]) -> Vec<String> {
    let tell = |line: &LogLine| match line {
        LogLine::Visits { doors, .. } => format!("{doors} doors"),
        LogLine::Place { name, failed, .. } => format!("{name} {failed}"),
        LogLine::Forms { title, doors, .. } => format!("{} {doors}", title.zh),
        LogLine::Care { people, .. } => format!("care {people}"),
        LogLine::Case { deed, .. } => format!("{deed:?}"),
        LogLine::Patrol { reached, .. } => format!("{reached} points"),
        LogLine::Task { text, .. } => text.clone(),
    };
    lines.iter().map(tell).collect()
}

#[test]
fn one_walk_is_one_line_whatever_is_reported_on_the_way() {
    use VisitOutcome::{Met, NotHome};
    let mut second = visit(502, 10, 30, Met);
    if let Record::Visit { changed, note, .. } = &mut second {
        (*changed, *note) = (2, Some(" 软管硬了 ".into()));
    }
    let day = lines(vec![
        visit(401, 10, 40, NotHome),
        case(10, 34, CaseDeed::Reported),
        second,
        visit(601, 10, 20, Met),
    ]);
    assert_eq!(told(&day), ["3 doors", "Reported"]);
    let LogLine::Visits {
        from,
        until,
        outcomes,
        changed,
        notes,
        ..
    } = &day[0]
    else {
        panic!("a walk");
    };
    assert_eq!((*from, *until), (at(10, 20), at(10, 44)));
    assert_eq!(outcomes, &[(Met, 2), (NotHome, 1)]);
    assert_eq!(*changed, 2);
    let note = DoorNote {
        door: "2单元 502".into(),
        note: "软管硬了".into(),
    };
    assert_eq!(notes, &[note]);
}

#[test]
fn a_shop_is_a_line_of_its_own_and_ends_no_walk() {
    let shop = Record::Place {
        place: PlaceId(uuid(15, 1)),
        name: "小满便利店".into(),
        started_at: at(10, 25),
        ended_at: at(10, 29),
        outcome: PlaceOutcome::Checked,
        failed: 2,
        leaflets: 1,
        note: Some("  ".into()),
    };
    let day = lines(vec![
        shop,
        visit(401, 10, 40, VisitOutcome::Met),
        visit(601, 10, 20, VisitOutcome::Met),
    ]);
    assert_eq!(told(&day), ["2 doors", "小满便利店 2"]);
    let LogLine::Place {
        from, until, note, ..
    } = &day[1]
    else {
        panic!("a shop");
    };
    assert_eq!((*from, *until, note), (at(10, 25), at(10, 29), &None));
}

#[test]
fn a_form_is_one_line_with_its_doors_and_care_is_counted_and_never_told() {
    let form = |door: u32, hour: u32, minute: u32| Record::Form {
        household: HouseholdId(uuid(2, door)),
        title: FormTitle {
            zh: "低收入家庭信息核对".into(),
            en: "Low-income check".into(),
        },
        at: at(hour, minute),
    };
    let care = |plan: u32, hour: u32| Record::Care {
        plan: CarePlanId(uuid(7, plan)),
        at: at(hour, 30),
    };
    let day = lines(vec![
        care(2, 16),
        form(301, 10, 8),
        visit(401, 10, 0, VisitOutcome::Met),
        form(401, 10, 2),
        form(301, 11, 20),
        care(1, 9),
        care(2, 15),
    ]);
    assert_eq!(told(&day), ["care 2", "1 doors", "低收入家庭信息核对 2"]);
    assert!(
        matches!(&day[0], LogLine::Care { from, until, .. } if (*from, *until) == (at(9, 30), at(16, 30)))
    );
    assert!(
        matches!(&day[2], LogLine::Forms { from, until, .. } if (*from, *until) == (at(10, 2), at(11, 20)))
    );
    let written = serde_json::to_string(&day[0]).unwrap();
    assert!(!written.contains(&uuid(7, 1).to_string()), "{written}");
}

#[test]
fn a_door_visited_twice_is_one_door_as_it_ended_at_last() {
    use VisitOutcome::{Met, NotHome, Phoned};
    let twice = lines(vec![visit(502, 10, 0, NotHome), visit(502, 10, 20, Phoned)]);
    let LogLine::Visits {
        doors, outcomes, ..
    } = &twice[0]
    else {
        panic!("a walk")
    };
    assert_eq!((*doors, outcomes.as_slice()), (1, &[(Phoned, 1)][..]));
    // an hour without a door ends a walk
    let apart = lines(vec![visit(502, 10, 0, NotHome), visit(502, 16, 0, Met)]);
    assert_eq!(told(&apart), ["1 doors", "1 doors"]);
}

#[test]
fn what_was_done_again_and_again_about_one_case_is_said_once() {
    let day = lines(vec![
        case(9, 0, CaseDeed::Reported),
        case(9, 5, CaseDeed::FollowedUp),
        case(9, 9, CaseDeed::FollowedUp),
        Record::Patrol {
            patrol: PatrolId(uuid(6, 1)),
            name: "听雨苑早班".into(),
            started_at: at(9, 0),
            ended_at: None,
            reached: 7,
            planned: 11,
            findings: 1,
        },
        Record::Task {
            text: "看东门".into(),
            at: at(8, 30),
        },
    ]);
    assert_eq!(told(&day), ["看东门", "7 points", "Reported", "FollowedUp"]);
}

proptest! {
    #[test]
    fn no_order_of_reading_changes_the_log_and_no_door_is_lost(
        visits in proptest::collection::vec((1u32..9, 8u32..18, 0u32..60), 0..24),
        seed in any::<u64>(),
    ) {
        let records: Vec<Record> = visits
            .iter()
            .map(|(door, hour, minute)| visit(*door, *hour, *minute, VisitOutcome::Met))
            .collect();
        let mut other = records.clone();
        let many = other.len().max(1);
        other.rotate_left(usize::try_from(seed % many as u64).unwrap_or(0));
        other.reverse();
        let log = lines(records);
        prop_assert_eq!(&log, &lines(other));
        let counted: u32 = log.iter().map(|line| match line {
            LogLine::Visits { doors, .. } => *doors,
            _ => 0,
        }).sum();
        let distinct: std::collections::BTreeSet<u32> = visits.iter().map(|visit| visit.0).collect();
        prop_assert!(counted >= u32::try_from(distinct.len()).unwrap());
        prop_assert!(log.windows(2).all(|pair| pair[0].began_at() <= pair[1].began_at()));
    }
}

fn day() -> gridwalk_core::document::Document {
    let new = NewWorkerDay {
        id: WorkerDayId(uuid(13, 1)),
        worker: PersonId(uuid(1, 1)),
        date: at(8, 0).local_date(),
    };
    worker_day::create(&new, &worker(1, at(8, 0)))
        .expect("a day")
        .document
}

fn written(entry: u32, when: Timestamp, text: &str) -> WorkerDayEdit {
    WorkerDayEdit::WriteLog {
        entry: LogEntryId(uuid(16, entry)),
        at: when,
        text: text.into(),
    }
}

#[test]
fn the_last_wording_counts_and_the_earlier_ones_stay() {
    let mut day = day();
    assert_eq!(worker_day::view(&day).log, None);
    for (entry, text) in [(1, "走访 9 户"), (2, "走访 10 户")] {
        let when = at(17, entry);
        day = worker_day::apply(day, &written(entry, when, text), &worker(1, when))
            .expect("written")
            .document;
    }
    let log = worker_day::view(&day).log.expect("a log");
    assert_eq!(
        (log.text.as_str(), log.at, log.earlier),
        ("走访 10 户", at(17, 2), 1)
    );
    assert_eq!(worker_day::view(&day).completed, []);
    assert_eq!(worker_day::view(&day).unreadable, 0);
}

#[test]
fn a_log_is_refused_blank_too_long_with_a_number_or_in_another_name() {
    let refusal = |text: &str, by: u8| {
        let edit = written(1, at(17, 0), text);
        worker_day::apply(day(), &edit, &worker(by, at(17, 0)))
            .err()
            .map(|refusal| refusal.code)
    };
    assert_eq!(refusal("  ", 1), Some(Code::MissingReason));
    assert_eq!(refusal(&"长".repeat(2_001), 1), Some(Code::TextTooLong));
    assert_eq!(
        refusal("电话 13800138000", 1),
        Some(Code::TextLooksLikePhone)
    );
    assert_eq!(
        refusal("999901194903150013", 1),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(refusal("走访 9 户", 2), Some(Code::WrongRole));
    assert_eq!(refusal("走访 9 户", 1), None);
}
