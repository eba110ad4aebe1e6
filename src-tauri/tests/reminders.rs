//! 访: a visit names the day of the next one, and on that day the door stands in 今日, with no network and no task of the centre.

mod centre;

use centre::{NINE, Weather, World, door};
use chrono::NaiveDate;
use gridwalk::{
    Phone,
    view::{SnoozeInput, SnoozeSubject, TaskRow},
};
use gridwalk_core::{
    error::Code, household::VisitOutcome, ids::TaskId, reference::TaskKind, snooze::SnoozeReason,
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn days_later(world: &World, days: i64) {
    *world.watch.0.lock().unwrap() = NINE.plus_ms(days * DAY_MS);
}
fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, day).unwrap()
}

fn visited(phone: &Phone, n: u128, outcome: VisitOutcome, next: Option<NaiveDate>) {
    let mut visit = phone.begin_visit(door(n), None).unwrap();
    (visit.outcome, visit.next_due) = (outcome, next);
    phone.save_visit(door(n), visit).unwrap();
}

fn rows(phone: &Phone, n: u128) -> Vec<TaskRow> {
    let groups = phone.today().unwrap().groups;
    let rows = groups.into_iter().flat_map(|group| group.rows);
    rows.filter(|row| row.task.household == Some(door(n)) && !row.done)
        .collect()
}

/// The whole street, and then no network.
async fn off_line(world: &World) -> Phone {
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    phone
}

/// A door that no task of the centre names any more.
fn free(phone: &Phone) -> u128 {
    let n = 3;
    for row in rows(phone, n) {
        phone.complete_task(row.task.id, None).unwrap();
    }
    assert!(rows(phone, n).is_empty());
    n
}

#[tokio::test]
async fn a_door_is_due_on_the_day_that_its_last_visit_named_and_no_more_after_the_next() {
    let world = World::new();
    let phone = off_line(&world).await;
    let n = free(&phone);
    visited(&phone, n, VisitOutcome::NotHome, Some(date(15)));
    assert!(rows(&phone, n).is_empty(), "not yet");
    days_later(&world, 1);
    let due = rows(&phone, n);
    assert_eq!(due.len(), 1);
    assert_eq!(
        (due[0].task.kind, due[0].overdue_days),
        (TaskKind::Revisit, 0)
    );
    assert!(
        due[0].household.as_ref().unwrap().due,
        "the list of doors says so too"
    );
    days_later(&world, 3);
    assert_eq!(rows(&phone, n)[0].overdue_days, 2);

    visited(&phone, n, VisitOutcome::Met, Some(date(30)));
    assert!(rows(&phone, n).is_empty(), "it was visited");
    days_later(&world, 16);
    let due = rows(&phone, n);
    assert_eq!(due[0].task.kind, TaskKind::Visit);
    visited(&phone, n, VisitOutcome::MovedOut, None);
    assert!(rows(&phone, n).is_empty(), "nobody lives there");
}

#[tokio::test]
async fn a_door_names_its_own_due_visit_unless_the_centre_sends_somebody() {
    let world = World::new();
    let phone = off_line(&world).await;
    let n = free(&phone);
    let tasks = |phone: &Phone, n| phone.household(door(n)).unwrap().tasks;
    visited(&phone, n, VisitOutcome::NotHome, Some(date(15)));
    assert_eq!(tasks(&phone, n), [], "not yet");
    days_later(&world, 1);
    let due = tasks(&phone, n);
    assert_eq!((due.len(), due[0].kind), (1, TaskKind::Revisit));
    assert_eq!(due[0].id, rows(&phone, n)[0].task.id, "the one of 今日");
    visited(&phone, n, VisitOutcome::Met, None);
    assert_eq!(tasks(&phone, n), []);

    let assigned = tasks(&phone, 1);
    visited(&phone, 1, VisitOutcome::NotHome, Some(date(15)));
    assert!(!assigned.is_empty() && tasks(&phone, 1) == assigned);
}

#[tokio::test]
async fn who_refused_is_left_alone_and_what_the_centre_asks_is_asked_once() {
    let world = World::new();
    let phone = off_line(&world).await;
    let n = free(&phone);
    visited(&phone, n, VisitOutcome::Refused, Some(date(20)));
    days_later(&world, 7);
    assert!(
        phone
            .household(door(n))
            .unwrap()
            .row
            .no_entry_until
            .is_some()
            && rows(&phone, n).is_empty()
    );

    let assigned = 1;
    assert!(!rows(&phone, assigned).is_empty());
    let before: Vec<TaskId> = rows(&phone, assigned)
        .iter()
        .map(|row| row.task.id)
        .collect();
    visited(&phone, assigned, VisitOutcome::NotHome, Some(date(21)));
    let after: Vec<TaskId> = rows(&phone, assigned)
        .iter()
        .map(|row| row.task.id)
        .collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_reminder_waits_like_any_other_thing_of_today() {
    let world = World::new();
    let phone = off_line(&world).await;
    let n = free(&phone);
    visited(&phone, n, VisitOutcome::Met, Some(date(15)));
    days_later(&world, 1);
    let id = rows(&phone, n)[0].task.id;
    let input = SnoozeInput {
        subject: SnoozeSubject::Task { id },
        days: 1,
        reason: SnoozeReason::Weather,
        words: None,
    };
    phone.snooze(input).unwrap();
    assert!(rows(&phone, n)[0].later.until.is_some());
    days_later(&world, 2);
    assert!(rows(&phone, n)[0].later.until.is_none(), "it is due again");
}

#[tokio::test]
async fn a_third_knock_in_thirty_days_is_warned_of_and_a_call_is_none() {
    let world = World::new();
    let phone = off_line(&world).await;
    let n = free(&phone);
    let warned = |phone: &Phone| {
        let warnings = phone.household(door(n)).unwrap().warnings;
        warnings.contains(&Code::VisitCap)
    };
    visited(&phone, n, VisitOutcome::NotHome, None);
    visited(&phone, n, VisitOutcome::Phoned, None);
    assert!(!warned(&phone));
    days_later(&world, 2);
    visited(&phone, n, VisitOutcome::Met, None);
    assert!(warned(&phone), "twice in three days");
    days_later(&world, 31);
    assert!(!warned(&phone), "the first is long ago");
}
