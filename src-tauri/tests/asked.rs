//! What a case asks of 林晓 stands in 今日 without anybody having written a task: a question of the desk, a check, and what came
//! back. And what is new today is said once, as new.

mod centre;

use centre::{GU_YUANSHAN, LIN_XIAO, NINE, Weather, World, author, door, task};
use gridwalk::{
    Phone,
    view::{IncidentStart, News, ReportHow, TaskRow},
};
use gridwalk_core::{
    act::Role,
    document::{Document, Unordered},
    ids::{EventId, IncidentId},
    incident::{self, DisputeStage, IncidentAction, IncidentEvent, Severity, SourceChannel},
    photo::{Photo, PhotoStage},
    reference::{Category, Task, TaskKind},
    sync::message::DocumentKind,
};
use gridwalk_fixtures::photos::{Variant, photo};
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn report(phone: &Phone, how: ReportHow, photos: Vec<Photo>) -> IncidentId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = "F01001".into();
    new.severity = Severity::new(3).unwrap();
    let id = new.id;
    phone.report_incident(new, photos, how).unwrap();
    id
}

fn submitted(phone: &Phone) -> IncidentId {
    let how = ReportHow::Submit {
        without_photo_because: Some("镜头坏了".into()),
    };
    report(phone, how, Vec::new())
}

/// Somebody at the centre does something to it, `minute` minutes after nine.
fn at_the_desk(world: &World, id: IncidentId, minute: i64, role: Role, action: IncidentAction) {
    let changes = world.centre.changes(id.into());
    let document = Document::from_changes(id.into(), DocumentKind::INCIDENT, changes).unwrap();
    let number = 0x9000 + minute as u128;
    let at = NINE.plus_ms(minute * MINUTE);
    let mut desk = author(GU_YUANSHAN, Uuid::from_u128(number), at);
    desk.act.role = role;
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

fn asked(phone: &Phone, id: IncidentId) -> Vec<TaskRow> {
    let today = phone.today().unwrap();
    let rows = today.groups.into_iter().flat_map(|group| group.rows);
    rows.filter(|row| row.task.incident == Some(id)).collect()
}

fn question() -> IncidentAction {
    IncidentAction::AskVerify {
        question: "还在吗".into(),
    }
}

#[tokio::test]
async fn a_question_of_the_desk_is_a_task_until_it_is_answered() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = submitted(&phone);
    phone.sync_once().await.unwrap();
    assert_eq!(asked(&phone, id), []);
    let before = phone.today().unwrap().due_today;
    at_the_desk(&world, id, 5, Role::Dispatcher, question());
    phone.sync_once().await.unwrap();
    let rows = asked(&phone, id);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.task.kind, row.task.text.as_str()),
        (TaskKind::Verify, "还在吗")
    );
    assert_eq!(row.later.days, 0, "the desk waits for the answer");
    assert_eq!(phone.today().unwrap().due_today, before + 1);
    // asked again it is another task, for what is new is new
    let first = row.task.id;
    let photo = picture(&phone, Variant::Small, PhotoStage::Check);
    phone
        .act_on_incident(id, IncidentAction::AddPhoto { photo })
        .unwrap();
    let answer = IncidentAction::VerifyResult {
        genuine: true,
        note: "还在".into(),
    };
    phone.act_on_incident(id, answer).unwrap();
    assert_eq!(asked(&phone, id), []);
    phone.sync_once().await.unwrap();
    at_the_desk(&world, id, 20, Role::Dispatcher, question());
    phone.sync_once().await.unwrap();
    assert_ne!(asked(&phone, id)[0].task.id, first);
}

#[tokio::test]
async fn a_task_of_the_centre_about_the_same_case_stands_alone() {
    let world = World::new();
    let phone = world.enrolled().await;
    let id = submitted(&phone);
    phone.sync_once().await.unwrap();
    at_the_desk(&world, id, 5, Role::Dispatcher, question());
    world
        .centre
        .say("task", task(9), &assigned(9, TaskKind::Verify, Some(id)));
    phone.sync_once().await.unwrap();
    let rows = asked(&phone, id);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].task.id, task(9));
}

#[tokio::test]
async fn what_the_lead_sends_back_is_a_task_until_its_worker_says_something_to_it() {
    let world = World::new();
    let phone = world.enrolled().await;
    let photos = vec![
        picture(&phone, Variant::Small, PhotoStage::Before),
        picture(&phone, Variant::Portrait, PhotoStage::After),
    ];
    let how = ReportHow::SelfHandle {
        measure: "当场清走".into(),
    };
    let id = report(&phone, how, photos);
    phone.sync_once().await.unwrap();
    assert_eq!(asked(&phone, id), []);
    let reason = "看不清是哪一层".to_owned();
    at_the_desk(
        &world,
        id,
        5,
        Role::Lead,
        IncidentAction::RejectSelf { reason },
    );
    phone.sync_once().await.unwrap();
    let rows = asked(&phone, id);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].task.kind, rows[0].task.text.as_str()),
        (TaskKind::Returned, "看不清是哪一层")
    );
    assert_eq!(phone.today().unwrap().returned, 1);
    assert_eq!(phone.sync_page().unwrap().news.returned, 1);
    let text = "是三楼，补一张".to_owned();
    phone
        .act_on_incident(id, IncidentAction::Comment { text })
        .unwrap();
    assert_eq!(asked(&phone, id), []);
}

#[tokio::test]
async fn three_new_and_two_returned_are_said_on_the_day_on_which_they_came() {
    let world = World::new();
    let phone = world.enrolled().await;
    let news = || phone.sync_page().unwrap().news;
    // to a phone that was enrolled this morning everything is new
    assert_eq!(
        news(),
        News {
            fresh: 3,
            returned: 0,
            drafts_left: 0,
        }
    );
    later(&world, DAY);
    assert_eq!(news(), News::default());
    phone.sync_once().await.unwrap();
    assert_eq!(news(), News::default(), "what it knew is not new");
    for n in 10..13 {
        world
            .centre
            .say("task", task(n), &assigned(n, TaskKind::Recheck, None));
    }
    for n in 13..15 {
        world
            .centre
            .say("task", task(n), &assigned(n, TaskKind::Returned, None));
    }
    let theirs = Task {
        assignee: Some(GU_YUANSHAN),
        ..assigned(15, TaskKind::Recheck, None)
    };
    world.centre.say("task", task(15), &theirs);
    phone.sync_once().await.unwrap();
    assert_eq!(
        news(),
        News {
            fresh: 3,
            returned: 2,
            drafts_left: 0,
        }
    );
    phone.sync_once().await.unwrap();
    assert_eq!(
        news(),
        News {
            fresh: 3,
            returned: 2,
            drafts_left: 0,
        }
    );
    phone.complete_task(task(10), None).unwrap();
    assert_eq!(
        news(),
        News {
            fresh: 3,
            returned: 2,
            drafts_left: 0,
        },
        "it came all the same"
    );
    later(&world, DAY);
    assert_eq!(news(), News::default());
}

#[tokio::test]
async fn a_quarrel_is_looked_at_again_on_its_day_and_no_more_once_somebody_has() {
    let world = World::new();
    let quarrels = Category {
        code: "D00002".into(),
        group_zh: "矛盾纠纷".into(),
        group_en: "Disputes".into(),
        name_zh: "邻里".into(),
        name_en: "Neighbours".into(),
        level: 4,
        on_site: true,
        frequent: false,
        department: None,
        photo_days: None,
    };
    world.centre.say("category", "D00002", &quarrels);
    let phone = world.enrolled().await;
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    (new.category, new.severity) = ("D00002".into(), Severity::new(4).unwrap());
    let id = new.id;
    let how = ReportHow::Submit {
        without_photo_because: Some("纠纷不拍照".into()),
    };
    phone.report_incident(new, Vec::new(), how).unwrap();
    let recorded = |day: Option<&str>| IncidentAction::RecordDispute {
        stage: DisputeStage::Arisen,
        parties: 2,
        follow_up: day.map(|day| day.parse().unwrap()),
    };
    phone
        .act_on_incident(id, recorded(Some("2026-09-16")))
        .unwrap();
    world.centre.weather(Weather::Offline);
    later(&world, DAY);
    assert_eq!(asked(&phone, id), [], "not yet");
    later(&world, DAY);
    let rows = asked(&phone, id);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].task.kind, rows[0].overdue_days),
        (TaskKind::FollowUp, 0)
    );
    later(&world, 2 * DAY);
    assert_eq!(asked(&phone, id)[0].overdue_days, 2);
    let comment = IncidentAction::Comment {
        text: "没再吵".into(),
    };
    phone.act_on_incident(id, comment).unwrap();
    assert_eq!(asked(&phone, id), [], "somebody has looked");
    phone
        .act_on_incident(id, recorded(Some("2026-09-25")))
        .unwrap();
    later(&world, 7 * DAY);
    assert_eq!(
        asked(&phone, id)[0].overdue_days,
        0,
        "and another day was named"
    );
}

fn later(world: &World, ms: i64) {
    let mut now = world.watch.0.lock().unwrap();
    *now = now.plus_ms(ms);
    world.centre.state().clock = *now;
}

fn assigned(n: u128, kind: TaskKind, incident: Option<IncidentId>) -> Task {
    Task {
        id: task(n),
        grid: centre::GRID,
        assignee: Some(LIN_XIAO),
        kind,
        household: incident.is_none().then(|| door(1)),
        incident,
        text: "看看".into(),
        place: None,
        due: NINE.local_date(),
        time_hint: None,
    }
}

fn picture(phone: &Phone, variant: Variant, stage: PhotoStage) -> Photo {
    phone.add_photo(&photo(variant), stage, NINE, None).unwrap()
}
