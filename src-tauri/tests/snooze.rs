//! 稍后: what is due waits for another day, twice at most and with a reason; it is neither lost nor hidden, and nothing of it
//! leaves the phone.

mod centre;

use centre::{NINE, World, door, task};
use gridwalk::{
    Phone,
    view::{CareInput, CareStart, GroupHint, SnoozeInput, SnoozeSubject, TaskRow, Today},
};
use gridwalk_core::{
    care::{CareLevel, CareType, ConsentHow, ConsentScope},
    error::Code,
    ids::CarePlanId,
    snooze::SnoozeReason,
};

const DAY_MS: i64 = 86_400_000;
/// 301: a visit, due today.
const VISIT: SnoozeSubject = SnoozeSubject::Task {
    id: gridwalk_core::ids::TaskId(uuid::Uuid::from_u128(0x2001)),
};

fn put_off(phone: &Phone, subject: SnoozeSubject, days: u32) -> gridwalk::Answer<Today> {
    phone.snooze(SnoozeInput {
        subject,
        days,
        reason: SnoozeReason::Other,
        words: Some(" 约了下周 ".into()),
    })
}

fn refused<T>(answer: gridwalk::Answer<T>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

fn later(world: &World, days: i64) {
    let mut now = world.watch.0.lock().unwrap();
    *now = now.plus_ms(days * DAY_MS);
}

/// The row of the visit with the group in which it stands.
fn visit(today: &Today) -> (GroupHint, TaskRow) {
    let rows = today.groups.iter().flat_map(|group| {
        let rows = group.rows.iter();
        rows.map(move |row| (group.hint, row.clone()))
    });
    let mut found = rows.filter(|(_, row)| row.task.id == task(1));
    let row = found.next().expect("it is in the list");
    assert!(found.next().is_none(), "it is there once");
    row
}

#[tokio::test]
async fn a_visit_waits_twice_with_its_reason_and_then_no_more() {
    let world = World::new();
    let phone = world.enrolled().await;
    let before = phone.today().unwrap();
    assert_eq!(visit(&before).1.later.days, 7);
    let requests = phone.sync_state().unwrap().waiting_records;

    let today = put_off(&phone, VISIT, 2).unwrap();
    let (hint, row) = visit(&today);
    assert_eq!(hint, GroupHint::Later);
    assert_eq!(today.due_today, before.due_today - 1);
    let until = NINE.local_date() + chrono::Days::new(2);
    assert_eq!((row.later.times, row.later.until), (1, Some(until)));
    assert_eq!(row.later.words.as_deref(), Some("约了下周"));
    assert_eq!(refused(put_off(&phone, VISIT, 1)), Some(Code::AlreadySo));
    assert_eq!(phone.sync_state().unwrap().waiting_records, requests);

    // the app was closed meanwhile, and the day has come: late, because it was due when it was due
    world.ends(phone).await;
    later(&world, 2);
    let phone = world.open();
    let (hint, row) = visit(&phone.today().unwrap());
    assert_eq!((hint, row.overdue_days), (GroupHint::Overdue, 2));
    assert_eq!((row.later.times, row.later.until), (1, None));
    assert_eq!(row.later.reason, Some(SnoozeReason::Other));

    put_off(&phone, VISIT, 7).unwrap();
    later(&world, 7);
    let row = visit(&phone.today().unwrap()).1;
    assert_eq!((row.later.times, row.later.days), (2, 0));
    assert_eq!(row.later.refused, Some(Code::SnoozedTwice));
    assert_eq!(refused(put_off(&phone, VISIT, 1)), Some(Code::SnoozedTwice));
}

#[tokio::test]
async fn taken_back_it_stands_where_it_stood_and_has_not_waited() {
    let world = World::new();
    let phone = world.enrolled().await;
    let before = phone.today().unwrap();
    for days in [1, 8] {
        assert_eq!(put_off(&phone, VISIT, days).is_ok(), days == 1);
    }
    let today = phone.end_snooze(VISIT).unwrap();
    assert_eq!(today, before);
    // what has waited already stays counted
    put_off(&phone, VISIT, 1).unwrap();
    later(&world, 1);
    assert_eq!(visit(&phone.end_snooze(VISIT).unwrap()).1.later.times, 1);
    put_off(&phone, VISIT, 1).unwrap();
    let today = phone.end_snooze(VISIT).unwrap();
    assert_eq!(visit(&today).1.later.times, 1);
}

#[tokio::test]
async fn a_visit_that_waits_is_done_by_being_done() {
    let world = World::new();
    let phone = world.enrolled().await;
    put_off(&phone, VISIT, 3).unwrap();
    let done = phone.begin_visit(door(2), Some(task(1))).unwrap();
    phone.save_visit(door(2), done).unwrap();
    let (hint, row) = visit(&phone.today().unwrap());
    assert_eq!((hint, row.done), (GroupHint::Walking, true));
}

fn weekly(phone: &Phone) -> CarePlanId {
    let start = CareStart {
        household: door(1),
        person: None,
        types: vec![CareType::LivingAlone],
        level: CareLevel::First,
    };
    let plan = phone.begin_care(start).unwrap().row.id;
    let consent = CareInput::GiveConsent {
        scope: vec![ConsentScope::Visits],
        how: ConsentHow::Spoken,
        witness: "隔壁吕奶奶".into(),
        expires: NINE.local_date() + chrono::Days::new(90),
    };
    phone.act_on_care(plan, consent).unwrap();
    plan
}

#[tokio::test]
async fn weekly_care_waits_one_day_and_not_a_day_longer_and_a_new_week_begins_anew() {
    let world = World::new();
    let phone = world.enrolled().await;
    let plan = weekly(&phone);
    let subject = SnoozeSubject::Care { id: plan };
    assert_eq!(refused(put_off(&phone, subject, 1)), Some(Code::NotFound));
    later(&world, 7);
    assert_eq!(
        refused(put_off(&phone, subject, 2)),
        Some(Code::ValueOutOfRange)
    );
    let today = put_off(&phone, subject, 1).unwrap();
    assert_eq!((today.care.len(), today.care_later.len()), (0, 1));
    assert_eq!(today.care_later[0].later.times, 1);
    later(&world, 1);
    let today = phone.today().unwrap();
    assert_eq!((today.care.len(), today.care_later.len()), (1, 0));
    assert_eq!(today.care[0].later.refused, Some(Code::CannotWait));
    assert_eq!(refused(put_off(&phone, subject, 1)), Some(Code::CannotWait));

    let seen = phone.begin_support(plan).unwrap();
    phone.save_support(plan, seen).unwrap();
    later(&world, 7);
    let again = &phone.today().unwrap().care[0];
    assert_eq!((again.later.times, again.later.days), (0, 1));
}
