//! Everything that may be refused between a phone and the centre: it has a name that stays, and costs no record.
//! (A wrong code and a damaged photo have their tests beside the other ways to enrol and to send photos.)

mod centre;
mod handed;

use centre::{Fate, GU_YUANSHAN, NINE, World, author, busy, door, refusal};
use gridwalk::{
    Phone,
    view::{IncidentStart, Receipt, ReportHow, SyncPhase, SyncState},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    household::{self, FieldChange, HouseholdEdit, NewMember},
    ids::{MemberId, VisitId},
    incident::SourceChannel,
    sync::message::DocumentKind,
};

fn visit(phone: &Phone, n: u128) -> VisitId {
    let visit = phone.begin_visit(door(n), None).unwrap();
    let id = visit.id;
    phone.save_visit(door(n), visit).unwrap();
    id
}

fn receipt(phone: &Phone, n: u128, visit: VisitId) -> Receipt {
    phone.household(door(n)).unwrap().visit_receipts[&visit.to_string()].clone()
}

/// It waits, and nobody has to do anything about it.
fn waits(state: &SyncState, code: Code) {
    assert_eq!((state.phase, state.error), (SyncPhase::Offline, Some(code)));
    assert_eq!((state.waiting_records, state.stuck), (1, 0), "{state:?}");
}

async fn arrives(phone: &Phone, n: u128, visit: VisitId) {
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    assert_eq!(receipt(phone, n, visit), Receipt::Centre);
}

#[tokio::test]
async fn a_used_code_enrols_nobody_a_second_time_and_says_so() {
    let world = World::new();
    world.enrolled().await;
    let other = tempfile::tempdir().unwrap();
    let ports = gridwalk::ports::Ports {
        keystore: std::sync::Arc::new(gridwalk::FileKeystore::in_data_dir(other.path())),
        ..world.ports()
    };
    let phone = Phone::open(other.path(), ports).unwrap();
    let enrol = phone.enrol("https://centre.example".into(), "K7Q-2M".into());
    assert_eq!(enrol.await.unwrap_err().code, Code::CodeUsed);
    assert!(!phone.status().unwrap().enrolled);
}

#[tokio::test]
async fn an_ended_token_is_renewed_once_and_a_centre_that_ends_them_all_is_waited_for() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1);
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::Instead(refusal(401, "TOKEN_EXPIRED")),
            false => Fate::Usual,
        });
    let before = world.centre.state().token;
    waits(&phone.sync_once().await.unwrap(), Code::ServerError);
    assert_eq!(world.centre.state().token, before + 1);
    assert_eq!(receipt(&phone, 1, visited), Receipt::Local);
    world.centre.fates(|_| Fate::Usual);
    arrives(&phone, 1, visited).await;
}

#[tokio::test]
async fn a_request_that_was_cut_on_its_way_is_sent_again() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1);
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::Instead(refusal(400, "BODY_MALFORMED")),
            false => Fate::Usual,
        });
    waits(&phone.sync_once().await.unwrap(), Code::BodyMalformed);
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::CutAfter(call.body.len() / 2),
            false => Fate::Usual,
        });
    waits(&phone.sync_once().await.unwrap(), Code::ServerUnreachable);
    world.centre.fates(|_| Fate::Usual);
    arrives(&phone, 1, visited).await;
    assert_eq!(world.centre.state().uploads.len(), 1, "it was read once");
}

#[tokio::test]
async fn an_answer_that_was_cut_or_changed_on_its_way_changes_nothing() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1);
    let changes: [fn(&mut gridwalk::ports::Reply); 3] = [
        |reply| reply.body.truncate(reply.body.len() / 2),
        |reply| reply.body.clear(),
        |reply| reply.body.iter_mut().for_each(|byte| *byte ^= 0x55),
    ];
    for change in changes {
        world
            .centre
            .fates(move |call| match call.url.ends_with("/sync") {
                true => Fate::Changed(change),
                false => Fate::Usual,
            });
        waits(&phone.sync_once().await.unwrap(), Code::ServerError);
        assert_eq!(receipt(&phone, 1, visited), Receipt::Local);
    }
    world.centre.fates(|_| Fate::Usual);
    arrives(&phone, 1, visited).await;
    let envelopes = &world.centre.state().envelopes;
    assert!(envelopes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_full_queue_keeps_a_record_waiting_and_refuses_nothing() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visited = visit(&phone, 1);
    // the centre holds too many changes that wait for others
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), (Code::QueueFull, 1));
    waits(&phone.sync_once().await.unwrap(), Code::QueueFull);
    assert_eq!(receipt(&phone, 1, visited), Receipt::Local);
    assert!(phone.household(door(1)).unwrap().refused.is_empty());
    drop(phone);
    let phone = world.open();
    arrives(&phone, 1, visited).await;

    // and a whole request is turned away with a time to come back
    let visited = visit(&phone, 2);
    world
        .centre
        .fates(|call| match call.url.ends_with("/sync") {
            true => Fate::Instead(busy(429, "QUEUE_FULL")),
            false => Fate::Usual,
        });
    waits(&phone.sync_once().await.unwrap(), Code::ServerBusy);
    world.centre.fates(|_| Fate::Usual);
    *world.watch.0.lock().unwrap() = centre::NINE.plus_ms(120_000);
    arrives(&phone, 2, visited).await;
}

#[tokio::test]
async fn what_was_saved_beside_a_record_without_room_arrives_at_once() {
    let world = World::new();
    let phone = world.enrolled().await;
    let (full, room) = (visit(&phone, 1), visit(&phone, 2));
    world
        .centre
        .state()
        .refusing
        .insert(door(1).into(), (Code::QueueFull, 1));
    waits(&phone.sync_once().await.unwrap(), Code::QueueFull);
    assert_eq!(receipt(&phone, 2, room), Receipt::Centre);
    arrives(&phone, 1, full).await;
}

#[tokio::test]
async fn a_citizen_number_is_refused_wherever_a_person_may_type_and_is_not_kept() {
    /// Of a province and with a check digit that do not exist: mistyped numbers are personal too.
    const NUMBER: &str = "999901194903150013";
    let world = World::new();
    let phone = world.enrolled().await;
    let words = || format!("身份证 {NUMBER}");
    let mut note = phone.begin_visit(door(1), None).unwrap();
    note.note = Some(words());
    let start = || {
        let mut new = phone.begin_incident(IncidentStart {
            source: SourceChannel::Patrol,
            household: None,
            finding: None,
            position: None,
        });
        new.as_mut().unwrap().category = "F01001".into();
        new.unwrap()
    };
    let because = |why: &str| ReportHow::Submit {
        without_photo_because: Some(why.into()),
    };
    let (mut place, mut description) = (start(), start());
    place.place.text = words();
    description.description = words();
    let named = NewMember {
        id: MemberId(uuid::Uuid::from_u128(7)),
        display_name: words(),
        birth_year: None,
        relation: None,
    };
    let member = phone.add_member(door(1), named).map(drop);
    let acts = [
        ("a visit's note", phone.save_visit(door(1), note).map(drop)),
        (
            "a household's notes",
            phone
                .change_field(door(1), FieldChange::Notes(words()))
                .map(drop),
        ),
        ("a member's name", member),
        (
            "a place",
            phone
                .report_incident(place, Vec::new(), because("天黑"))
                .map(drop),
        ),
        (
            "a description",
            phone
                .report_incident(description, Vec::new(), because("天黑"))
                .map(drop),
        ),
        (
            "a reason",
            phone
                .report_incident(start(), Vec::new(), because(&words()))
                .map(drop),
        ),
        (
            "a task's note",
            phone
                .complete_task(centre::task(3), Some(words()))
                .map(drop),
        ),
    ];
    for (what, done) in acts {
        let code = done.err().map(|failure| failure.code);
        assert_eq!(code, Some(Code::TextLooksLikeId), "{what}");
    }
    assert_eq!(phone.sync_state().unwrap().waiting_records, 0);
}

#[tokio::test]
async fn a_document_that_cannot_be_read_after_a_refusal_stops_nothing_else() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 1);
    visit(&phone, 1);
    let other = visit(&phone, 2);
    // of two edits of a colleague only the second has come so far
    let mut theirs = Document::from_changes(
        door(1).into(),
        DocumentKind::HOUSEHOLD,
        world.centre.changes(door(1).into()),
    )
    .unwrap();
    let hand = author(GU_YUANSHAN, uuid::Uuid::from_u128(77), NINE);
    let mut wrote = Vec::new();
    for size in [4, 5] {
        let edit = HouseholdEdit::ChangeField(FieldChange::HouseholdSize(size));
        let edited = household::apply(theirs, &edit, &hand).unwrap();
        theirs = edited.document;
        wrote.push(edited.change.bytes);
    }
    let publish = |bytes| {
        let kind = DocumentKind::HOUSEHOLD;
        world.centre.publish(door(1).into(), kind, bytes);
    };
    let second = wrote.remove(1);
    publish(second);
    let refusing = (door(1).into(), (Code::OutOfScope, 1));
    world.centre.state().refusing.extend([refusing]);

    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.phase, state.error), (SyncPhase::Idle, None));
    assert_eq!((state.waiting_records, state.stuck), (0, 2));
    assert_eq!(receipt(&phone, 2, other), Receipt::Centre);

    publish(wrote.remove(0));
    phone.sync_once().await.unwrap();
    let again = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, again), Receipt::Centre);
    assert_eq!(phone.sync_state().unwrap().stuck, 2, "their words stay");
}

#[tokio::test]
async fn what_has_not_arrived_is_handed_over_as_a_file_with_its_words_and_reasons() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, 3);
    phone.sync_once().await.unwrap();
    let refused = visit(&phone, 1);
    let refusing = (door(1).into(), (Code::OutOfScope, 1));
    world.centre.state().refusing.extend([refusing]);
    phone.sync_once().await.unwrap();
    let waiting = visit(&phone, 2);

    let file = handed::records(&phone);
    let records = file["records"].as_array().unwrap();
    let told = |n: usize| (records[n]["code"].clone(), records[n]["value"].to_string());
    assert_eq!(records.len(), 2, "what arrived is not in it");
    assert_eq!(told(0).0, "OUT_OF_SCOPE");
    assert!(told(0).1.contains(&refused.to_string()));
    assert_eq!(told(1).0, serde_json::Value::Null);
    assert!(told(1).1.contains(&waiting.to_string()));
    assert_eq!(file["name"], "林晓");
}

#[tokio::test]
async fn what_was_held_and_then_turned_away_is_asked_after_and_shown() {
    let world = World::new();
    let phone = world.enrolled().await;
    let held = visit(&phone, 1);
    world.centre.state().holding.insert(door(1).into());
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, held), Receipt::Centre, "it is durable");

    // once in each conversation, however long it is held
    for asked in [2, 3] {
        let state = phone.sync_once().await.unwrap();
        assert_eq!((state.phase, state.waiting_records), (SyncPhase::Idle, 0));
        assert_eq!(world.centre.state().uploads.len(), asked);
    }
    {
        let mut state = world.centre.state();
        state.holding.clear();
        state.refusing.insert(door(1).into(), (Code::OutOfScope, 1));
    }
    phone.sync_once().await.unwrap();
    let shown = phone.sync_page().unwrap().items;
    let refused = Receipt::Refused {
        code: Code::OutOfScope,
    };
    assert!(
        shown.iter().any(|item| item.receipt == refused),
        "{shown:?}"
    );
    // and the household is not lost for work
    let next = visit(&phone, 1);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone, 1, next), Receipt::Centre);
}
