//! What 林晓 does to an incident after she reported it: offered only when the guards allow it, saved without a network,
//! and told why when it did not take effect.

mod centre;

use centre::{GU_YUANSHAN, NINE, Weather, World, author};
use chrono::NaiveTime;
use gridwalk::{
    Phone,
    view::{IncidentDetail, IncidentStart, PossibleAct, Receipt, ReportHow, Withheld},
};
use gridwalk_core::{
    act::Role,
    document::{Document, Unordered},
    error::Code,
    ids::{DepartmentId, EventId, IncidentId},
    incident::{
        self, Applied, CallKind, CaseStep, IncidentAction, IncidentEvent, IncidentState, Severity,
        SourceChannel,
    },
    photo::{Photo, PhotoStage},
    reference::{Calendar, DeadlineRule, Department, LimitUnit},
    sync::message::DocumentKind,
};
use uuid::Uuid;

const FIRE: DepartmentId = DepartmentId(Uuid::from_u128(0x700));
const MINUTE: i64 = 60_000;

fn report(phone: &Phone) -> IncidentDetail {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(3).unwrap();
    let how = ReportHow::Submit {
        without_photo_because: Some("镜头坏了".into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap()
}

/// The desk does something to it at the centre, `minute` minutes after nine.
fn at_the_desk(world: &World, id: IncidentId, minute: i64, action: IncidentAction) {
    let changes = world.centre.changes(id.into());
    let document = Document::from_changes(id.into(), DocumentKind::INCIDENT, changes).unwrap();
    let number = 0x9000 + minute as u128;
    let mut desk = author(
        GU_YUANSHAN,
        Uuid::from_u128(number),
        NINE.plus_ms(minute * MINUTE),
    );
    desk.act.role = Role::Dispatcher;
    let event = IncidentEvent {
        id: EventId(Uuid::from_u128(number)),
        act: desk.act.clone(),
        department: None,
        action,
    };
    let edited = incident::record(document, &event, &desk, &Unordered).unwrap();
    let bytes = edited.change.bytes;
    world
        .centre
        .publish(id.into(), DocumentKind::INCIDENT, bytes);
}

fn cancel() -> IncidentAction {
    IncidentAction::Cancel {
        reason: "已经清走".into(),
    }
}

#[tokio::test]
async fn a_verb_is_offered_when_its_guard_allows_it_and_else_the_reason_is_told() {
    use PossibleAct as P;
    let world = World::new();
    let phone = world.enrolled().await;
    let shown = report(&phone);
    for act in [
        P::Comment,
        P::AddPhoto,
        P::Cancel,
        P::Whistle,
        P::Notify,
        P::Meeting,
        P::Raise,
    ] {
        assert!(shown.possible.contains(&act), "{act:?}");
    }
    for act in [
        P::Check,
        P::VerifyResult,
        P::Feedback,
        P::Start,
        P::Supervise,
        P::Escalate,
    ] {
        assert!(!shown.possible.contains(&act), "{act:?}");
    }
    let not = |act, because, first| Withheld {
        act,
        because,
        first,
    };
    // What her role has and the case does not allow yet, and what comes before it; nothing of an office or a lead.
    let ahead = |act, step| not(act, Code::WrongState, Some(step));
    assert_eq!(
        shown.withheld,
        [
            ahead(P::VerifyResult, CaseStep::AskVerify),
            ahead(P::Check, CaseStep::Accept),
        ]
    );
    phone.sync_once().await.unwrap();
    let id = shown.row.id;
    at_the_desk(&world, id, 5, IncidentAction::Accept);
    phone.sync_once().await.unwrap();
    let shown = phone.incident(id).unwrap();
    assert!(!shown.possible.contains(&P::Cancel));
    let because = Code::CancelAfterAccept;
    assert_eq!(
        shown.withheld,
        [
            not(P::Cancel, because, None),
            ahead(P::Check, CaseStep::File),
        ]
    );
    assert_eq!(
        phone.act_on_incident(id, cancel()).unwrap_err().code,
        because
    );
}

#[tokio::test]
async fn a_question_of_the_desk_can_be_answered_and_its_photo_is_asked_for_in_the_answer() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    phone.sync_once().await.unwrap();
    let question = "还在吗".to_owned();
    at_the_desk(&world, id, 5, IncidentAction::AskVerify { question });
    phone.sync_once().await.unwrap();
    let possible = phone.incident(id).unwrap().possible;
    assert!(possible.contains(&PossibleAct::VerifyResult));
    let answer = IncidentAction::VerifyResult {
        genuine: true,
        note: "还在".into(),
    };
    let refused = phone.act_on_incident(id, answer).unwrap_err();
    assert_eq!(refused.code, Code::MissingPhoto);
}

#[tokio::test]
async fn a_whistle_without_a_network_is_kept_and_arrives() {
    let world = World::new();
    world.centre.say(
        "department",
        FIRE,
        &Department {
            id: FIRE,
            name: "社区消防站".into(),
        },
    );
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    world.centre.weather(Weather::Offline);
    let offices = phone.departments().unwrap();
    assert_eq!(offices[0].id, FIRE);
    let whistle = IncidentAction::Whistle {
        departments: vec![FIRE],
        reason: "劝不住，一起上门".into(),
    };
    phone.act_on_incident(id, whistle).unwrap();
    drop(phone);
    let phone = world.open();
    let shown = phone.incident(id).unwrap();
    let call = &shown.view.course.calls[0];
    assert_eq!(
        (call.kind, &call.departments[..]),
        (CallKind::Whistle, &[FIRE][..])
    );
    assert_eq!(shown.departments, offices);
    assert_eq!(shown.row.receipt, Receipt::Local);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.incident(id).unwrap().row.receipt, Receipt::Centre);
}

#[tokio::test]
async fn what_did_not_take_effect_stays_in_the_story_with_its_reason() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    phone.sync_once().await.unwrap();
    world.centre.weather(Weather::Offline);
    let alone = phone.act_on_incident(id, cancel()).unwrap();
    assert_eq!(alone.view.state, IncidentState::Cancelled);
    at_the_desk(&world, id, 5, IncidentAction::Accept);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    let shown = phone.incident(id).unwrap();
    assert_eq!(shown.view.state, IncidentState::Accepted);
    let mut events = shown.view.events.iter();
    let mine = events.find(|event| event.event.action == cancel()).unwrap();
    let because = Code::CancelAfterAccept;
    assert_eq!(mine.applied, Applied::No { because });
}

#[tokio::test]
async fn a_second_report_of_the_same_kind_near_by_is_hinted_at_for_a_day() {
    const METRE: f64 = 1.0 / 111_195.0;
    let world = World::new();
    let phone = world.enrolled().await;
    world.stand_at(123.5, 29.5);
    let first = report(&phone).row.id;
    world.stand_at(123.5, 29.5 + 25.0 * METRE);
    let second = report(&phone);
    let alike: Vec<_> = second
        .alike
        .iter()
        .map(|near| (near.row.id, near.distance_m))
        .collect();
    assert_eq!(alike, [(first, Some(25))]);
    let nearby = |north: f64| {
        world.stand_at(123.5, 29.5 + north * METRE);
        phone.nearby_incidents("F01001".into(), None).unwrap().len()
    };
    assert_eq!((nearby(0.0), nearby(-31.0), nearby(40.0)), (2, 0, 1));
    let other = phone.nearby_incidents("E04005".into(), None).unwrap();
    assert!(other.is_empty());
    *world.watch.0.lock().unwrap() = NINE.plus_ms((24 * 60 + 1) * MINUTE);
    assert_eq!(nearby(0.0), 0);
}

#[tokio::test]
async fn the_clock_of_an_incident_counts_working_time_and_stands_while_it_is_suspended() {
    let world = World::new();
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let calendar = Calendar {
        windows: vec![(time(8, 30), time(12, 0)), (time(14, 0), time(17, 30))],
        days_off: Vec::new(),
        working_days: Vec::new(),
    };
    world.centre.say("calendar", "2026", &calendar);
    let rule = DeadlineRule {
        category: "F01".into(),
        level: None,
        amount: 4,
        unit: LimitUnit::WorkingHours,
        valid_from: NINE.local_date(),
    };
    world.centre.say("deadline_rule", "F01", &rule);
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    phone.sync_once().await.unwrap();
    assert_eq!(phone.incident(id).unwrap().clock, None);
    let dispatch = IncidentAction::Dispatch {
        owner: FIRE,
        co_departments: Vec::new(),
    };
    for (minute, action) in (1..).zip([IncidentAction::Accept, IncidentAction::File, dispatch]) {
        at_the_desk(&world, id, minute, action);
    }
    phone.sync_once().await.unwrap();
    // At one in the afternoon the clock has rested for an hour.
    *world.watch.0.lock().unwrap() = NINE.plus_ms(240 * MINUTE);
    let clock = phone.incident(id).unwrap().clock.unwrap();
    let used = 177.0 * MINUTE as f64;
    assert_eq!(
        (clock.used_ms, clock.left_ms),
        (used, 240.0 * MINUTE as f64 - used)
    );
    assert_eq!((clock.stands_until, clock.rule), (None, rule));
}

#[tokio::test]
async fn an_event_is_saved_whole_or_not_at_all() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = report(&phone).row.id;
    let before = phone.incident(id).unwrap();
    // A photo that this phone does not have: its change would be written before that is noticed.
    let photo = Photo {
        hash: gridwalk_core::ids::Hash([7; 32]),
        thumbnail: gridwalk_core::ids::Hash([8; 32]),
        stage: PhotoStage::After,
        taken_at: NINE,
        width: 4,
        height: 3,
        bytes: 1,
        position: None,
        original: None,
    };
    let refused = phone.act_on_incident(id, IncidentAction::AddPhoto { photo });
    assert_eq!(refused.unwrap_err().code, Code::NotFound);
    assert_eq!(phone.incident(id).unwrap(), before);
    let waiting = phone.sync_page().unwrap().items.len();
    assert_eq!(waiting, 1);
}
