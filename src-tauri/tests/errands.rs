//! 代办 and 权属征询 on the phone: steps are added and ended without a network, an errand ends in words, and what somebody was
//! told on site about an owner is a proposal.

mod centre;

use centre::{GU_YUANSHAN, NINE, Weather, World, author};
use gridwalk::{
    Phone,
    view::{IncidentDetail, IncidentStart, PossibleAct as P, Receipt, ReportHow, Withheld},
};
use gridwalk_core::{
    act::Role,
    document::{Document, Unordered},
    error::Code,
    ids::{EventId, IncidentId},
    incident::{
        self, ERRAND, IncidentAction, IncidentEvent, IncidentState, OwnershipState, Severity,
        SourceChannel, StepOutcome,
    },
    reference::Category,
    sync::message::DocumentKind,
};
use uuid::Uuid;

const MINUTE: i64 = 60_000;
const MANHOLE: &str = "P01008";

/// The street's world, with two more kinds of case.
fn world() -> World {
    let world = World::new();
    for (code, name) in [(ERRAND, "代办"), (MANHOLE, "无主井盖")] {
        let category = Category {
            code: code.into(),
            group_zh: name.into(),
            group_en: code.into(),
            name_zh: name.into(),
            name_en: code.into(),
            level: 4,
            on_site: true,
            frequent: false,
            department: None,
            photo_days: None,
        };
        world.centre.say("category", code, &category);
    }
    world
}

fn report(phone: &Phone, category: &str, how: ReportHow) -> Result<IncidentDetail, Code> {
    let start = IncidentStart {
        source: SourceChannel::Visit,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = category.into();
    new.severity = Severity::new(4).unwrap();
    new.description = "帮着办养老认证".into();
    let reported = phone.report_incident(new, Vec::new(), how);
    reported.map_err(|failure| failure.code)
}

fn told() -> ReportHow {
    ReportHow::Submit {
        without_photo_because: Some("代办，不用拍照".into()),
    }
}

fn add(what: &str) -> IncidentAction {
    IncidentAction::AddStep {
        what: what.into(),
        lies_with: "街道便民窗口".into(),
        wanted: NINE.local_date().succ_opt(),
    }
}

fn done(step: EventId) -> IncidentAction {
    IncidentAction::EndStep {
        step,
        outcome: StepOutcome::Done,
        note: "窗口收了".into(),
    }
}

/// The desk does something to it at the centre, `minute` minutes after nine.
fn at_the_desk(world: &World, id: IncidentId, minute: i64, action: IncidentAction) {
    let changes = world.centre.changes(id.into());
    let document = Document::from_changes(id.into(), DocumentKind::INCIDENT, changes).unwrap();
    let number = 0x9000 + minute as u128;
    let when = NINE.plus_ms(minute * MINUTE);
    let mut desk = author(GU_YUANSHAN, Uuid::from_u128(number), when);
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

#[tokio::test]
async fn an_errand_is_followed_without_a_network_and_ends_in_words() {
    let world = world();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let shown = report(&phone, ERRAND, told()).unwrap();
    let id = shown.row.id;
    assert!(shown.possible.contains(&P::AddStep));
    assert!(!shown.possible.contains(&P::EndStep), "there is none yet");
    assert!(shown.possible.contains(&P::SelfHandle));

    let shown = phone.act_on_incident(id, add("交材料")).unwrap();
    assert!(shown.possible.contains(&P::EndStep));
    let (act, because) = (P::SelfHandle, Code::StepsOpen);
    let first = None;
    assert!(shown.withheld.contains(&Withheld {
        act,
        because,
        first
    }));
    let finish = || IncidentAction::SelfHandle {
        measure: "认证办好了".into(),
    };
    let refused = phone.act_on_incident(id, finish()).unwrap_err();
    assert_eq!(refused.code, Code::StepsOpen);
    drop(phone);

    let phone = world.open();
    let step = phone.incident(id).unwrap().view.course.steps[0].event;
    phone.act_on_incident(id, done(step)).unwrap();
    let shown = phone.act_on_incident(id, finish()).unwrap();
    assert_eq!(shown.view.state, IncidentState::SelfHandled);
    assert_eq!(shown.row.receipt, Receipt::Local);
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.incident(id).unwrap().row.receipt, Receipt::Centre);
}

#[tokio::test]
async fn an_errand_is_finished_on_the_spot_and_a_hazard_keeps_its_photos() {
    let world = world();
    let phone = world.enrolled().await;
    let how = || ReportHow::SelfHandle {
        measure: "当场帮着认证好了".into(),
    };
    let shown = report(&phone, ERRAND, how()).unwrap();
    assert_eq!(shown.view.state, IncidentState::SelfHandled);
    let refused = report(&phone, "F01001", how()).unwrap_err();
    assert_eq!(refused, Code::MissingPhoto);
}

#[tokio::test]
async fn a_step_of_the_desk_arrives_and_is_ended_on_the_phone() {
    let world = world();
    let phone = world.enrolled().await;
    let id = report(&phone, ERRAND, told()).unwrap().row.id;
    phone.sync_once().await.unwrap();
    at_the_desk(&world, id, 5, add("补一份户口页"));
    phone.sync_once().await.unwrap();
    let shown = phone.incident(id).unwrap();
    let step = shown.view.course.steps[0].clone();
    assert_eq!((step.what.as_str(), step.by), ("补一份户口页", GU_YUANSHAN));
    let shown = phone.act_on_incident(id, done(step.event)).unwrap();
    assert!(shown.view.course.steps[0].end.is_some());
}

#[tokio::test]
async fn what_was_told_on_site_about_an_owner_is_a_proposal() {
    let world = world();
    let phone = world.enrolled().await;
    let shown = report(&phone, MANHOLE, told()).unwrap();
    let id = shown.row.id;
    assert!(!shown.possible.contains(&P::MakeSafe));
    let ownership = |note: &str| IncidentAction::SetOwnership {
        ownership: OwnershipState::Ownerless,
        note: note.into(),
    };
    let shown = phone.act_on_incident(id, ownership("盖上没字")).unwrap();
    assert!(shown.possible.contains(&P::MakeSafe));
    let (unit, measure) = (None, "摆了锥桶".into());
    let safe = IncidentAction::MakeSafe { unit, measure };
    phone.act_on_incident(id, safe).unwrap();
    phone.sync_once().await.unwrap();
    at_the_desk(&world, id, 5, ownership(""));
    let (addressee, note) = ("供水公司".into(), String::new());
    at_the_desk(&world, id, 6, IncidentAction::AskOwner { addressee, note });
    phone.sync_once().await.unwrap();
    let shown = phone.incident(id).unwrap();
    assert!(shown.possible.contains(&P::TellAnswer));
    let step = shown.view.course.steps[0].event;
    let (outcome, note) = (StepOutcome::Ours, "抢修师傅说是".into());
    let told = IncidentAction::EndStep {
        step,
        outcome,
        note,
    };
    let shown = phone.act_on_incident(id, told).unwrap();
    let step = &shown.view.course.steps[0];
    assert_eq!(step.end, None);
    assert_eq!(step.proposed.as_ref().unwrap().outcome, outcome);
    let whose = shown.view.course.ownership;
    assert_eq!(whose, Some(OwnershipState::Ownerless));
}
