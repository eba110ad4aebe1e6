//! 巡: a plan with a frequency stands in 今日 until somebody of the grid walked it, with no network and no task of the centre.

mod centre;

use centre::{EAST_GATE, GRID, GU_YUANSHAN, NINE, PLAN, PUMP_ROOM, Weather, World, author};
use chrono::NaiveTime;
use gridwalk::{
    Phone,
    view::{HitInput, PlanSummary, SnoozeInput, SnoozeSubject},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    ids::{HitId, PatrolId, PlanId},
    patrol::{self, HitMethod, HitState, NewHit, NewPatrol, PatrolEdit, PatrolKind},
    reference::{Frequency, Plan},
    snooze::SnoozeReason,
    sync::message::DocumentKind,
    time::Timestamp,
};
use rusqlite::Connection;
use uuid::Uuid;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const AFTERNOON: PlanId = PlanId(Uuid::from_u128(0x401));
const HERS: PatrolId = PatrolId(Uuid::from_u128(0x7001));

fn clock(hour: u32) -> Option<NaiveTime> {
    NaiveTime::from_hms_opt(hour, 0, 0)
}

fn plan(id: PlanId, name: &str, times: u8, days: u16, hours: (u32, u32)) -> Plan {
    Plan {
        id,
        grid: GRID,
        name: name.into(),
        kind: PatrolKind::Daily,
        checkpoints: vec![EAST_GATE, PUMP_ROOM],
        line_asked_because: None,
        line_may_be_refused: true,
        frequency: Some(Frequency { times, days }),
        window: clock(hours.0).zip(clock(hours.1)),
    }
}

/// 林晓's phone with two plans: each morning, and an afternoon twice a week.
async fn with_plans(world: &World) -> Phone {
    let morning = plan(PLAN, "听雨苑早班", 1, 1, (8, 12));
    let afternoon = plan(AFTERNOON, "听雨苑午后", 2, 7, (14, 17));
    world.centre.say("plan", PLAN, &morning);
    world.centre.say("plan", AFTERNOON, &afternoon);
    world.enrolled().await
}

fn it_is(world: &World, later: i64) {
    *world.watch.0.lock().unwrap() = NINE.plus_ms(later);
}

fn told(phone: &Phone, id: PlanId) -> PlanSummary {
    let plans = phone.today().unwrap().plans;
    plans.into_iter().find(|plan| plan.id == id).unwrap()
}

fn reach(phone: &Phone, patrol: PatrolId) {
    let hit = HitInput {
        checkpoint: EAST_GATE,
        method: HitMethod::Qr,
        code: Some("GW-EAST".into()),
        reason: None,
        state: HitState::Ok,
        photo: None,
    };
    phone.patrol_hit(patrol, hit).unwrap();
}

fn walks(phone: &Phone, id: PlanId) {
    let patrol = phone.patrol_start(id).unwrap().id;
    reach(phone, patrol);
    phone.patrol_finish(patrol, false, None).unwrap();
}

/// 顾远山 walks the morning's round on another phone, `later` after nine.
fn gu_walks(world: &World, later: i64, ended: bool) {
    let at = |minutes: i64| NINE.plus_ms(later + minutes * 60_000);
    let gu = |at: Timestamp| author(GU_YUANSHAN, Uuid::from_u128(0x7100), at);
    let publish = |bytes| {
        let kind = DocumentKind::PATROL;
        world.centre.publish(HERS.into(), kind, bytes);
    };
    let new = NewPatrol {
        id: HERS,
        grid: GRID,
        kind: PatrolKind::Daily,
        plan: Some(PLAN),
        checkpoints: vec![EAST_GATE, PUMP_ROOM],
        started_at: at(0),
    };
    let begun = patrol::create(&new, &gu(at(0))).unwrap();
    publish(begun.change.bytes.clone());
    let mut document: Document = begun.document;
    let hit = PatrolEdit::Hit(NewHit {
        id: HitId(Uuid::from_u128(0x7200)),
        checkpoint: EAST_GATE,
        at: at(4),
        method: HitMethod::Qr,
        reason: None,
        state: HitState::Ok,
        position: None,
        photo: None,
    });
    let finish = PatrolEdit::Finish {
        at: at(30),
        distance_m: 900,
        line: None,
        note: None,
    };
    let edits = [(4, Some(hit)), (30, ended.then_some(finish))];
    for (minutes, edit) in edits {
        let Some(edit) = edit else { continue };
        let edited = patrol::apply(document, &edit, &gu(at(minutes))).unwrap();
        publish(edited.change.bytes.clone());
        document = edited.document;
    }
}

#[tokio::test]
async fn a_plan_is_due_until_it_was_walked_to_its_end_and_again_the_next_day() {
    let world = World::new();
    let phone = with_plans(&world).await;
    world.centre.weather(Weather::Offline);
    let morning = told(&phone, PLAN);
    let due = morning.due.as_ref().unwrap();
    assert_eq!((due.done, due.asked, due.late), (0, 1, false));
    assert_eq!(
        (morning.last, morning.under_way),
        (None, None),
        "never walked"
    );

    let patrol = phone.patrol_start(PLAN).unwrap().id;
    reach(&phone, patrol);
    it_is(&world, HOUR);
    let morning = told(&phone, PLAN);
    assert!(morning.due.is_some(), "it is not at its end yet");
    assert!(morning.under_way.is_some_and(|walk| walk.myself));
    phone.patrol_finish(patrol, false, None).unwrap();
    let morning = told(&phone, PLAN);
    assert_eq!((morning.due, morning.under_way), (None, None));
    let last = morning.last.unwrap();
    assert!(last.myself && last.at.since(NINE) < 1_000);

    it_is(&world, DAY);
    let due = told(&phone, PLAN).due.unwrap();
    assert_eq!((due.overdue_days, due.late), (0, false));
}

#[tokio::test]
async fn whoever_presses_start_by_mistake_has_walked_nothing() {
    let world = World::new();
    let phone = with_plans(&world).await;
    let patrol = phone.patrol_start(PLAN).unwrap().id;
    phone.patrol_finish(patrol, false, None).unwrap();
    let morning = told(&phone, PLAN);
    assert!(morning.due.is_some() && morning.last.is_none());
}

#[tokio::test]
async fn a_colleagues_patrol_counts_on_every_phone_of_the_grid() {
    let world = World::new();
    let phone = with_plans(&world).await;
    gu_walks(&world, -HOUR, true);
    phone.sync_once().await.unwrap();
    let morning = told(&phone, PLAN);
    assert_eq!(morning.due, None);
    let last = morning.last.unwrap();
    assert_eq!((last.by.as_deref(), last.myself), (Some("顾远山"), false));
}

#[tokio::test]
async fn a_colleague_who_is_on_the_way_is_named_and_one_who_never_ended_is_forgotten_the_next_day()
{
    let world = World::new();
    let phone = with_plans(&world).await;
    gu_walks(&world, -HOUR / 2, false);
    phone.sync_once().await.unwrap();
    let morning = told(&phone, PLAN);
    assert!(morning.due.is_some());
    let on_the_way = morning.under_way.unwrap();
    assert_eq!(on_the_way.by.as_deref(), Some("顾远山"));
    it_is(&world, DAY);
    let morning = told(&phone, PLAN);
    assert_eq!((morning.under_way, morning.last), (None, None));
    assert!(morning.due.is_some());
}

#[tokio::test]
async fn what_is_late_stands_first_and_what_was_walked_last() {
    let world = World::new();
    let phone = with_plans(&world).await;
    let names = || -> Vec<String> {
        let plans = phone.today().unwrap().plans.into_iter();
        plans.map(|plan| plan.name).collect()
    };
    assert_eq!(names(), ["听雨苑早班", "听雨苑午后"], "by their hours");
    walks(&phone, PLAN);
    assert_eq!(names(), ["听雨苑午后", "听雨苑早班"]);
    walks(&phone, AFTERNOON);
    // half a week later one of two is due, and nobody walked it for another two days
    it_is(&world, 5 * DAY);
    assert_eq!(told(&phone, AFTERNOON).due.unwrap().overdue_days, 2);
    assert_eq!(names(), ["听雨苑午后", "听雨苑早班"], "two days late");
}

#[tokio::test]
async fn a_plan_waits_like_any_other_thing_of_today() {
    let world = World::new();
    let phone = with_plans(&world).await;
    walks(&phone, AFTERNOON);
    it_is(&world, 3 * DAY);
    let subject = SnoozeSubject::Patrol { id: AFTERNOON };
    let wait = |days| {
        phone.snooze(SnoozeInput {
            subject,
            days,
            reason: SnoozeReason::Weather,
            words: None,
        })
    };
    assert_eq!(
        wait(4).unwrap_err().code,
        Code::ValueOutOfRange,
        "half a week"
    );
    wait(2).unwrap();
    let later = |phone: &Phone| told(phone, AFTERNOON).due.unwrap().later;
    assert!(later(&phone).until.is_some());
    assert_eq!(phone.today().unwrap().plans[0].id, PLAN);
    it_is(&world, 4 * DAY);
    assert!(later(&phone).until.is_some(), "still, on the next day");
    it_is(&world, 5 * DAY);
    assert_eq!((later(&phone).until, later(&phone).times), (None, 1));
    wait(1).unwrap();
    phone.end_snooze(subject).unwrap();
    assert_eq!(later(&phone).until, None);
    walks(&phone, AFTERNOON);
    assert_eq!(wait(1).unwrap_err().code, Code::NotFound, "nothing is due");
}

#[tokio::test]
async fn patrols_that_an_older_app_kept_count_once_it_is_replaced() {
    let world = World::new();
    let phone = with_plans(&world).await;
    walks(&phone, PLAN);
    drop(phone);
    let key = hex::encode(std::fs::read(world.dir.path().join("keys/database.key")).unwrap());
    let db = Connection::open(world.dir.path().join("gridwalk.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{key}'")).unwrap();
    db.execute_batch(
        "drop table proposal; drop index patrol_plan; alter table patrol drop column hits; alter table patrol drop column plan; drop index incident_follow_up; alter table incident drop column follow_up;
         delete from refinery_schema_history where version >= 19;",
    )
    .unwrap();
    drop(db);
    let morning = told(&world.open(), PLAN);
    assert!(morning.due.is_none() && morning.last.is_some());
}

#[tokio::test]
async fn a_plan_of_an_older_centre_asks_for_nothing_by_itself() {
    let world = World::new();
    let phone = world.enrolled().await;
    let known = told(&phone, PLAN);
    assert_eq!((known.due, known.frequency), (None, None));
}
