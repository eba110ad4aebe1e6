//! 502 on 林晓's phone: added, split, made void and taken back without a network, found by its address however that is typed,
//! and arrived whole.

mod centre;

use centre::{BUILDING, GRID, GU_YUANSHAN, NINE, Weather, World, author, door};
use gridwalk::{
    Phone,
    view::{CareStart, HouseholdDetail, HouseholdRow, NewDoor, SplitInto, SyncItemKind, VoidInput},
};
use gridwalk_core::{
    care::{CareLevel, CareType},
    document::Document,
    error::Code,
    household::{self, Dwelling, HouseholdEdit, NewMember, Part, VoidReason},
    ids::{DocumentId, DwellingEventId, HouseholdId, MemberId},
    sync::message::DocumentKind,
};
use uuid::Uuid;

fn rooms(rows: &[HouseholdRow]) -> Vec<&str> {
    rows.iter().map(|row| row.room.as_str()).collect()
}

fn listed(phone: &Phone) -> Vec<String> {
    let rows = phone.households(String::new()).unwrap();
    rows.into_iter().map(|row| row.room).collect()
}

fn new_door(room: &str) -> NewDoor {
    NewDoor {
        building: BUILDING,
        unit: "2单元".into(),
        room: room.into(),
        even_so: false,
    }
}

fn in_two(stays: Option<u32>) -> SplitInto {
    SplitInto {
        rooms: vec!["502A".into(), " 502B ".into()],
        stays,
        even_so: false,
    }
}

fn void(reason: VoidReason) -> VoidInput {
    VoidInput {
        reason,
        note: None,
        same_as: None,
    }
}

fn visit(phone: &Phone, door: HouseholdId) {
    let visit = phone.begin_visit(door, None).unwrap();
    phone.save_visit(door, visit).unwrap();
}

fn piece(detail: &HouseholdDetail, room: &str) -> HouseholdId {
    let rows = detail.related.iter();
    let mut found = rows.filter(|row| row.room == room).map(|row| row.id);
    found.next().unwrap()
}

#[tokio::test]
async fn a_door_is_added_without_a_network_and_its_address_is_not_listed_twice_unseen() {
    let world = World::new();
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let choices = phone.building_choices().unwrap();
    assert_eq!(choices[0].name, "听雨苑 3幢");
    assert_eq!(choices[0].units, ["2单元"]);

    let added = phone.add_dwelling(new_door("  603 ")).unwrap();
    assert_eq!((added.row.room.as_str(), added.row.floor), ("603", Some(6)));
    assert_eq!(listed(&phone), ["603", "502", "301", "101"]);
    let like = |room: &str| {
        let rows = phone.doors_like(BUILDING, "2".into(), room.into()).unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(like("６０３室"), [added.row.id]);
    assert_eq!(like("604"), []);
    let twice = phone.add_dwelling(new_door("6-03")).unwrap_err();
    assert_eq!(twice.code, Code::DuplicateDwelling);
    let unnamed = phone.add_dwelling(new_door(" ")).unwrap_err();
    assert_eq!(unnamed.code, Code::MissingPlace);
    let elsewhere = NewDoor {
        building: Uuid::from_u128(9).into(),
        ..new_door("1")
    };
    let elsewhere = phone.add_dwelling(elsewhere).unwrap_err();
    assert_eq!(elsewhere.code, Code::MissingPlace);
    assert_eq!(listed(&phone).len(), 4);

    // all the same: then both say that there is another
    let again = NewDoor {
        even_so: true,
        ..new_door("603")
    };
    let again = phone.add_dwelling(again).unwrap();
    assert_eq!(rooms(&again.same_door), ["603"]);
    let first = phone.household(added.row.id).unwrap();
    assert_eq!(first.same_door[0].id, again.row.id);
    visit(&phone, added.row.id);
    let mut named = phone.sync_page().unwrap().items.into_iter();
    assert!(named.any(
        |item| item.kind == SyncItemKind::HouseholdEdit && item.title == "听雨苑 3幢 2单元 603"
    ));

    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    let id = DocumentId::from(added.row.id);
    let changes = world.centre.changes(id);
    let arrived = Document::from_changes(id, DocumentKind::HOUSEHOLD, changes).unwrap();
    assert_eq!(household::view(&arrived).visits.len(), 1);
    let uploads = world.centre.state().uploads.clone();
    let group = uploads.iter().flatten().find(|group| group.document == id);
    assert_eq!(group.unwrap().partition.grid, GRID);
}

#[tokio::test]
async fn a_split_is_one_record_leaves_the_lists_and_takes_along_what_is_still_true() {
    let world = World::new();
    let phone = world.enrolled().await;
    visit(&phone, door(1));
    let due = |phone: &Phone| phone.today().unwrap().due_today;
    let member = NewMember {
        id: MemberId(Uuid::from_u128(77)),
        display_name: "王小雨".into(),
        birth_year: Some(1990),
        relation: Some("女儿".into()),
    };
    phone.add_member(door(1), member).unwrap();
    phone.sync_once().await.unwrap();
    world.centre.weather(Weather::Offline);
    let before = due(&phone);

    let split = phone.split_dwelling(door(1), in_two(Some(0))).unwrap();
    assert!(split.row.void && !split.row.due);
    assert_eq!(split.view.visits.len(), 1, "its history stays");
    assert_eq!(rooms(&split.related), ["502A", "502B"]);
    assert_eq!(phone.sync_state().unwrap().waiting_records, 1, "one record");
    assert_eq!(listed(&phone), ["502A", "502B", "301", "101"]);
    assert_eq!(due(&phone), before - 1, "nobody is sent to 502");
    assert_eq!(rooms(&phone.void_households().unwrap()), ["502"]);
    let (a, b) = (piece(&split, "502A"), piece(&split, "502B"));
    let stays = phone.household(a).unwrap();
    assert_eq!(
        (stays.row.name.as_str(), stays.row.size),
        ("李阿姨", Some(2))
    );
    assert_eq!(stays.view.members.len(), 1);
    assert_ne!(stays.view.members[0].member.id.0, Uuid::from_u128(77));
    assert_eq!(rooms(&stays.related), ["502"]);
    let empty = phone.household(b).unwrap();
    assert_eq!((empty.row.name.as_str(), empty.view.fields.len()), ("", 0));
    let found = |query: &str| phone.search(query.into()).unwrap();
    let doors = |query: &str| {
        let groups = found(query).groups;
        groups.iter().map(|group| group.hits.len()).sum::<usize>()
    };
    assert_eq!(doors("李阿姨"), 1, "502A, not 502");

    for (refused, code) in [
        (
            phone.split_dwelling(door(1), in_two(None)),
            Code::DwellingVoid,
        ),
        (
            phone.void_dwelling(door(1), void(VoidReason::Gone)),
            Code::DwellingVoid,
        ),
        (phone.take_back_dwelling(door(2)), Code::AlreadySo),
        (
            phone.split_dwelling(
                door(2),
                SplitInto {
                    rooms: vec!["502A".into(), "301B".into()],
                    stays: None,
                    even_so: false,
                },
            ),
            Code::DuplicateDwelling,
        ),
    ] {
        assert_eq!(refused.unwrap_err().code, code);
    }
    assert_eq!(
        phone.begin_visit(door(1), None).unwrap_err().code,
        Code::DwellingVoid
    );
    assert!(
        !phone.household(door(2)).unwrap().row.void,
        "all or nothing"
    );
    let care = CareStart {
        household: door(1),
        person: None,
        types: vec![CareType::LivingAlone],
        level: CareLevel::Third,
    };
    assert_eq!(phone.begin_care(care).unwrap_err().code, Code::DwellingVoid);

    drop(phone);
    let phone = world.open();
    assert_eq!(listed(&phone), ["502A", "502B", "301", "101"]);
    world.centre.weather(Weather::Fine);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
    for id in [door(1), a, b] {
        assert!(!world.centre.changes(id.into()).is_empty());
    }
}

#[tokio::test]
async fn what_is_taken_back_is_listed_again_and_only_pieces_that_nobody_touched_leave() {
    let world = World::new();
    let phone = world.enrolled().await;
    let split = phone.split_dwelling(door(1), in_two(Some(0))).unwrap();
    let (a, b) = (piece(&split, "502A"), piece(&split, "502B"));
    visit(&phone, b);
    let back = phone.take_back_dwelling(door(1)).unwrap();
    assert!(!back.row.void);
    assert!(phone.household(a).unwrap().row.void);
    assert!(!phone.household(b).unwrap().row.void, "somebody was there");
    assert_eq!(listed(&phone), ["502", "502B", "301", "101"]);
    let whole = phone.household(door(1)).unwrap();
    assert!(whole.view.events.iter().any(|event| event.taken_back));

    // and a plain void, there and back, before and after the end of the process
    phone
        .void_dwelling(b, void(VoidReason::WrongAddress))
        .unwrap();
    assert_eq!(listed(&phone), ["502", "301", "101"]);
    drop(phone);
    let phone = world.open();
    phone.take_back_dwelling(b).unwrap();
    assert_eq!(listed(&phone), ["502", "502B", "301", "101"]);
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
}

#[tokio::test]
async fn a_colleague_splits_a_door_while_a_visit_is_being_written_and_the_visit_is_kept() {
    let world = World::new();
    let phone = world.enrolled().await;
    let visit = phone.begin_visit(door(1), None).unwrap();
    let parts = [(8, "502A"), (9, "502B")].map(|(n, room)| Part {
        id: HouseholdId(Uuid::from_u128(0x9000 + n)),
        room: room.into(),
    });
    let event = DwellingEventId(Uuid::from_u128(0x77));
    let id = DocumentId::from(door(1));
    let changes = world.centre.changes(id);
    let known = Document::from_changes(id, DocumentKind::HOUSEHOLD, changes).unwrap();
    let hand = |n: u128| author(GU_YUANSHAN, Uuid::from_u128(n), NINE.plus_ms(60_000));
    let edit = HouseholdEdit::SplitDwelling {
        event,
        into: parts.to_vec(),
    };
    let split = household::apply(known, &edit, &hand(0x51)).unwrap();
    world
        .centre
        .publish(id, DocumentKind::HOUSEHOLD, split.change.bytes);
    for (n, part) in (0..).zip(&parts) {
        let new = Dwelling {
            id: part.id,
            building: BUILDING,
            unit: "2单元".into(),
            room: part.room.clone(),
        };
        let begun = household::add(&new, Some((event, door(1))), &[], &[], &hand(0x60 + n));
        let bytes = begun.unwrap().change.bytes;
        world
            .centre
            .publish(part.id.into(), DocumentKind::HOUSEHOLD, bytes);
    }
    phone.sync_once().await.unwrap();
    assert_eq!(listed(&phone), ["502A", "502B", "301", "101"]);
    let saved = phone.save_visit(door(1), visit).unwrap();
    assert!(saved.row.void);
    assert_eq!(saved.view.visits.len(), 1);
    assert_eq!(saved.people.len(), 2, "who split it is named");
    let state = phone.sync_once().await.unwrap();
    assert_eq!((state.waiting_records, state.stuck), (0, 0), "{state:?}");
}
