//! 更正建议 on 林晓's phone: said at the door without a network, kept through every end of the process, sent like a log, answered
//! by the centre and shown once.

mod centre;

use centre::{BUILDING, GRID, GU_YUANSHAN, NINE, Weather, World, author, door};
use gridwalk::{
    Answer, Phone,
    view::{ProposalInput, ProposalRow, Receipt, SyncItemKind},
};
use gridwalk_core::{
    error::Code,
    ids::{BuildingId, DocumentId, ProposalId, WorkerDayId},
    proposal::{NewProposal, ProposalAnswer, ProposalOutcome, ProposalSubject, ProposedField},
    reference::Building,
    sync::message::DocumentKind,
    worker_day::{self, NewWorkerDay, WorkerDayEdit},
};
use uuid::Uuid;

const HOUSE: ProposalSubject = ProposalSubject::Building { id: BUILDING };

fn says(subject: ProposalSubject, field: ProposedField, should: &str) -> ProposalInput {
    ProposalInput {
        subject,
        field,
        should: should.into(),
        because: "在楼下数过".into(),
    }
}

fn storeys(phone: &Phone, should: &str) -> Answer<Vec<ProposalRow>> {
    phone.propose(says(HOUSE, ProposedField::Storeys, should))
}

fn refused<T>(answer: Answer<T>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

fn answered(world: &World, row: &ProposalRow, minutes: i64) {
    let answer = ProposalAnswer {
        proposal: row.proposal.id,
        outcome: ProposalOutcome::Declined,
        applied: false,
        note: Some("阁楼不算一层".into()),
        office: "梧桐社区".into(),
        at: NINE.plus_ms(minutes * 60_000),
    };
    world
        .centre
        .say("proposal_answer", answer.proposal, &answer);
}

#[tokio::test]
async fn what_is_said_at_the_door_without_a_network_is_kept_and_arrives() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let about = phone
        .correctable(ProposalSubject::Door { id: door(1) })
        .unwrap();
    let plate = &about.fields[0];
    assert_eq!(
        (plate.field, plate.says.as_str()),
        (ProposedField::Plate, "2单元 502")
    );
    assert_eq!(about.fields.len(), 13, "the plate, and all of the building");
    storeys(&phone, "7").unwrap();
    drop(phone);

    let phone = world.open();
    let about = phone.correctable(HOUSE).unwrap();
    let row = &about.proposals[0];
    let known = &about.fields[3];
    assert_eq!(known.field, ProposedField::Storeys);
    assert_eq!(row.proposal.says, known.says, "what it said then");
    assert_eq!(
        (row.proposal.should.as_str(), &row.receipt),
        ("7", &Receipt::Local)
    );
    assert_eq!((&row.title, &row.answer), (&about.title, &None));
    let page = phone.sync_page().unwrap();
    let kinds: Vec<_> = page.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [SyncItemKind::Proposal]);

    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.proposals().unwrap()[0].receipt, Receipt::Centre);
}

#[tokio::test]
async fn the_answer_comes_with_the_news_and_is_new_until_it_was_looked_at() {
    let world = World::new();
    let phone = world.enrolled().await;
    let row = storeys(&phone, "7").unwrap().remove(0);
    answered(&world, &row, 30);
    phone.sync_once().await.unwrap();
    let row = phone.proposals().unwrap().remove(0);
    let answer = row.answer.clone().unwrap();
    assert_eq!(
        (answer.outcome, row.fresh),
        (ProposalOutcome::Declined, true)
    );
    assert_eq!(answer.note.as_deref(), Some("阁楼不算一层"));
    assert!(
        phone.proposals().unwrap()[0].fresh,
        "reading a number is no look"
    );
    assert!(
        phone.look_at_proposals().unwrap()[0].fresh,
        "shown as new once"
    );
    assert!(!phone.proposals().unwrap()[0].fresh);
    drop(phone);
    let phone = world.open();
    assert!(!phone.proposals().unwrap()[0].fresh);

    let next = storeys(&phone, "8").unwrap().remove(0);
    answered(&world, &next, 60);
    phone.sync_once().await.unwrap();
    let fresh: Vec<bool> = phone
        .proposals()
        .unwrap()
        .iter()
        .map(|row| row.fresh)
        .collect();
    assert_eq!(fresh, [true, false]);
}

#[tokio::test]
async fn the_building_that_the_centre_put_right_is_called_so_everywhere() {
    let world = World::new();
    let phone = world.enrolled().await;
    let number = says(HOUSE, ProposedField::Number, "甲3幢");
    phone.propose(number).unwrap();
    let right = Building {
        id: BUILDING,
        grid: GRID,
        estate: "听雨苑".into(),
        number: "甲3幢".into(),
        storeys: 6,
        walking_order: 1,
        lon: 123.0,
        lat: 29.0,
    };
    world.centre.say("building", BUILDING, &right);
    phone.sync_once().await.unwrap();
    assert_eq!(phone.correctable(HOUSE).unwrap().title, "听雨苑 甲3幢");
    let row = phone.proposals().unwrap().remove(0);
    assert_eq!(row.title, "听雨苑 甲3幢");
    assert_ne!(row.proposal.says, "甲3幢", "what it said then stays");
}

#[tokio::test]
async fn the_same_is_not_proposed_twice_and_nothing_is_written_that_is_refused() {
    let world = World::new();
    let phone = world.enrolled().await;
    let now = phone.correctable(HOUSE).unwrap().fields[3].says.clone();
    assert_eq!(refused(storeys(&phone, &now)), Some(Code::AlreadySo));
    assert_eq!(
        refused(storeys(&phone, "很多")),
        Some(Code::ValueOutOfRange)
    );
    let silent = ProposalInput {
        because: String::new(),
        ..says(HOUSE, ProposedField::Storeys, "7")
    };
    assert_eq!(refused(phone.propose(silent)), Some(Code::MissingReason));
    let plate = says(HOUSE, ProposedField::Plate, "502");
    assert_eq!(refused(phone.propose(plate)), Some(Code::ValueOutOfRange));
    let nowhere = ProposalSubject::Building {
        id: BuildingId(Uuid::from_u128(1)),
    };
    assert_eq!(refused(phone.correctable(nowhere)), Some(Code::NotFound));
    assert!(phone.proposals().unwrap().is_empty());
    storeys(&phone, "7").unwrap();
    assert_eq!(refused(storeys(&phone, " 7 ")), Some(Code::AlreadyAsked));
    let boundary = says(
        ProposalSubject::Grid { id: GRID },
        ProposedField::Boundary,
        "南边少画了车棚一排",
    );
    assert_eq!(phone.propose(boundary).unwrap().len(), 2);
}

#[tokio::test]
async fn a_colleagues_proposal_is_not_in_ones_own_list() {
    let world = World::new();
    let id = DocumentId(Uuid::from_u128(0xd00));
    let theirs = author(GU_YUANSHAN, id.0, NINE);
    let day = NewWorkerDay {
        id: WorkerDayId(id.0),
        worker: GU_YUANSHAN,
        date: NINE.local_date(),
    };
    let begun = worker_day::create(&day, &theirs).unwrap();
    let edit = WorkerDayEdit::Propose {
        at: NINE,
        proposal: NewProposal {
            id: ProposalId(Uuid::from_u128(0xd01)),
            subject: HOUSE,
            field: ProposedField::Lift,
            says: String::new(),
            should: "有电梯".into(),
            because: "坐过".into(),
        },
    };
    let said = worker_day::apply(begun.document, &edit, &theirs).unwrap();
    for change in [begun.change, said.change] {
        world
            .centre
            .publish(id, DocumentKind::WORKER_DAY, change.bytes);
    }
    let phone = world.enrolled().await;
    assert!(phone.proposals().unwrap().is_empty());
    assert!(phone.correctable(HOUSE).unwrap().proposals.is_empty());
}
