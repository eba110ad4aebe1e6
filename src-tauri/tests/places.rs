//! 场所走访 on 林晓's phone: a check without a network is there after every end of the process, is answered whole or not at
//! all, arrives, is found again, and leaves nothing behind when the grid is lost.

mod centre;

use centre::{GRID, GU_YUANSHAN, LIN_XIAO, NINE, Weather, World, author, everything_in};
use gridwalk::{
    Phone,
    view::{FoundKind, Hit, Receipt, SyncItemKind},
};
use gridwalk_core::{
    document::Document,
    error::Code,
    ids::{PlaceId, VisitId},
    place::{self, Answered, CheckAnswer, NewPlace, NewPlaceVisit, PlaceEdit, PlaceOutcome},
    reference::{CheckItem, Checklist, Leaflet},
    sync::message::DocumentKind,
    work_log::LogLine,
};
use rusqlite::Connection;
use uuid::Uuid;

const SHOP: PlaceId = PlaceId(Uuid::from_u128(0x7001));
const NAME: &str = "小满便利店";
const DAY_MS: i64 = 86_400_000;

fn checklist(version: u32, items: &[&str]) -> Checklist {
    let item = |id: &&str| CheckItem {
        id: (*id).into(),
        name_zh: "疏散通道畅通".into(),
        name_en: "Way out is clear".into(),
        category: Some("F01001".into()),
    };
    Checklist {
        kind: "shop".into(),
        version,
        items: items.iter().map(item).collect(),
        leaflets: vec![Leaflet {
            id: "fire_ten".into(),
            name_zh: "防火十条".into(),
            name_en: "Ten rules".into(),
        }],
    }
}

/// A shop of which the centre has known for 31 days, and what is asked there.
async fn at_the_shop(world: &World) -> Phone {
    let new = NewPlace {
        id: SHOP,
        grid: GRID,
        name: NAME.into(),
        kind: "shop".into(),
        address: Some("听雨苑 南门口".into()),
    };
    let listed = author(GU_YUANSHAN, SHOP.0, NINE.plus_ms(-31 * DAY_MS));
    let made = place::create(&new, &listed).unwrap();
    let bytes = made.change.bytes;
    world
        .centre
        .publish(SHOP.into(), DocumentKind::PLACE, bytes);
    for (version, items) in [(1, &["exit"][..]), (2, &["exit", "wiring"][..])] {
        let list = checklist(version, items);
        world.centre.say("checklist", list.row(), &list);
    }
    world.enrolled().await
}

fn answers(given: &[(&str, CheckAnswer)]) -> Vec<Answered> {
    let answered = |(item, answer): &(&str, CheckAnswer)| Answered {
        item: (*item).into(),
        answer: *answer,
        note: None,
    };
    given.iter().map(answered).collect()
}

/// All in order, not yet saved.
fn checked(phone: &Phone) -> NewPlaceVisit {
    let mut visit = phone.begin_place_visit(SHOP).unwrap();
    visit.answers = answers(&[("exit", CheckAnswer::Pass), ("wiring", CheckAnswer::Pass)]);
    visit
}

fn found(phone: &Phone, query: &str) -> Vec<Hit> {
    let groups = phone.search(query.into()).unwrap().groups.into_iter();
    let places = groups.filter(|group| group.kind == FoundKind::Place);
    places.flat_map(|group| group.hits).collect()
}

fn refused<T>(answer: gridwalk::Answer<T>) -> Option<Code> {
    answer.err().map(|failure| failure.code)
}

/// A colleague goes there too.
fn elsewhere(world: &World, number: u128, minute: i64, edit: &PlaceEdit) {
    let held = world.centre.changes(SHOP.into());
    let document = Document::from_changes(SHOP.into(), DocumentKind::PLACE, held).unwrap();
    let hand = Uuid::from_u128(0x900 + number);
    let author = author(GU_YUANSHAN, hand, NINE.plus_ms(minute * 60_000));
    let edited = place::apply(document, edit, &author).unwrap();
    let bytes = edited.change.bytes;
    world
        .centre
        .publish(SHOP.into(), DocumentKind::PLACE, bytes);
}

#[tokio::test]
async fn a_check_survives_the_end_of_the_process_and_arrives() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    let due = phone.today().unwrap().places;
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].name.as_str(), due[0].overdue_days), (NAME, 1));
    let asked = phone.place(SHOP).unwrap().checklist.unwrap();
    assert_eq!(asked.version, 2, "the newest is asked");

    world.centre.weather(Weather::Offline);
    let mut visit = phone.begin_place_visit(SHOP).unwrap();
    visit.answers = answers(&[("exit", CheckAnswer::Fail)]);
    let half = phone.save_place_visit(SHOP, visit.clone());
    assert_eq!(refused(half), Some(Code::MissingAnswer));
    visit.answers = answers(&[("exit", CheckAnswer::Fail), ("wiring", CheckAnswer::Pass)]);
    visit.answers[0].note = Some("后门锁着".into());
    visit.leaflets = vec!["fire_ten".into()];
    visit.note = Some("老板说明天开锁".into());
    let key = format!("place-visit:{SHOP}");
    phone.draft_put(key.clone(), "{}".into()).unwrap();
    phone.save_place_visit(SHOP, visit.clone()).unwrap();
    assert_eq!(phone.draft_get(key).unwrap(), None, "saved, so no draft");
    drop(phone);

    let phone = world.open();
    let again = phone.save_place_visit(SHOP, visit.clone()).unwrap();
    assert_eq!(again.view.visits.len(), 1, "saving twice is one record");
    assert_eq!(again.row.last_failed, 1);
    assert_eq!(
        again.row.due,
        Some(NINE.local_date() + chrono::Days::new(7))
    );
    assert!(phone.today().unwrap().places.is_empty(), "not due any more");
    let receipt = |phone: &Phone| {
        let detail = phone.place(SHOP).unwrap();
        detail.visit_receipts[&visit.id.to_string()].clone()
    };
    assert_eq!(receipt(&phone), Receipt::Local);
    let page = phone.sync_page().unwrap();
    let items: Vec<_> = page
        .items
        .iter()
        .map(|one| (one.kind, &*one.title))
        .collect();
    assert_eq!(items, [(SyncItemKind::Place, NAME)]);
    assert_eq!(page.items[0].document, Some(SHOP.to_string()));
    let log = phone.work_log().unwrap().lines;
    assert!(
        matches!(&log[..], [LogLine::Place { name, failed: 1, leaflets: 1, .. }] if name == NAME),
        "{log:?}"
    );

    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    assert_eq!(receipt(&phone), Receipt::Centre);
    assert_eq!(world.centre.changes(SHOP.into()).len(), 2);
    let held = phone.holdings().unwrap();
    assert_eq!(held.acknowledged.place_visits, held.recorded.place_visits);
    assert_eq!(held.recorded.place_visits.len(), 1);
}

#[tokio::test]
async fn a_shop_is_found_by_its_name_its_pinyin_where_it_is_and_what_was_said_there() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    let mut visit = checked(&phone);
    visit.request = Some("想办室外招牌".into());
    visit.answers[1].note = Some("插线板拖地".into());
    let id = visit.id;
    phone.save_place_visit(SHOP, visit).unwrap();
    phone
        .amend_place_visit(SHOP, id, "下午又去看了".into())
        .unwrap();
    for query in [
        "小满",
        "便",
        "xmbld",
        "xiaoman",
        "南门",
        "招牌",
        "插线板",
        "又去看",
    ] {
        let hits = found(&phone, query);
        assert_eq!(hits.len(), 1, "{query}");
        assert_eq!(hits[0].document, SHOP.to_string());
    }
    assert!(found(&phone, "霜降").is_empty());
}

#[tokio::test]
async fn a_colleagues_check_of_the_same_day_stands_beside_ones_own() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    world.centre.weather(Weather::Offline);
    let mine = checked(&phone);
    phone.save_place_visit(SHOP, mine.clone()).unwrap();
    let theirs = NewPlaceVisit {
        id: VisitId(Uuid::from_u128(0x901)),
        started_at: NINE.plus_ms(20 * 60_000),
        ended_at: NINE.plus_ms(25 * 60_000),
        outcome: PlaceOutcome::Closed,
        answers: Vec::new(),
        ..mine.clone()
    };
    elsewhere(&world, 1, 25, &PlaceEdit::RecordVisit(theirs.clone()));
    world.centre.weather(Weather::Fine);
    phone.sync_once().await.unwrap();
    let detail = phone.place(SHOP).unwrap();
    let by: Vec<_> = detail.view.visits.iter().map(|seen| seen.by).collect();
    assert_eq!(by, [GU_YUANSHAN, LIN_XIAO]);
    let here = detail.visited_today.unwrap();
    assert_eq!((here.by.as_str(), here.myself), ("顾远山", false));
    let theirs = &detail.visit_receipts[&theirs.id.to_string()];
    assert_eq!(*theirs, Receipt::Centre);
    assert_eq!(detail.answered.len(), 1);
    // a shut door in the afternoon takes nothing from the check of the morning
    assert_eq!(
        detail.row.due,
        Some(NINE.local_date() + chrono::Days::new(30))
    );
    let log = phone.work_log().unwrap().lines;
    assert_eq!(
        log.len(),
        1,
        "a colleague's visit is in no log but their own"
    );
}

#[tokio::test]
async fn what_the_centre_does_not_take_stays_with_its_reason() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    let visit = checked(&phone);
    phone.save_place_visit(SHOP, visit.clone()).unwrap();
    let refusing = (SHOP.into(), (Code::OutOfScope, 1));
    world.centre.state().refusing.extend([refusing]);
    phone.sync_once().await.unwrap();
    let detail = phone.place(SHOP).unwrap();
    assert!(detail.view.visits.is_empty());
    assert_eq!(detail.refused.len(), 1);
    let kept = &detail.refused[0].visit;
    assert_eq!((kept.id, &kept.answers), (visit.id, &visit.answers));
    assert_eq!(detail.refused[0].code, Code::OutOfScope);
    // and the shop is not lost for work
    let next = checked(&phone);
    phone.save_place_visit(SHOP, next).unwrap();
    phone.sync_once().await.unwrap();
    assert_eq!(phone.place(SHOP).unwrap().view.visits.len(), 1);
}

#[tokio::test]
async fn what_was_ticked_before_the_door_turned_out_to_be_shut_is_left_out() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    let mut visit = checked(&phone);
    visit.outcome = PlaceOutcome::Closed;
    let saved = phone.save_place_visit(SHOP, visit).unwrap();
    assert!(saved.view.visits[0].visit.answers.is_empty());
    let nowhere = PlaceId(Uuid::from_u128(0x7002));
    assert_eq!(
        refused(phone.begin_place_visit(nowhere)),
        Some(Code::NotFound)
    );
    let visit = checked(&phone);
    assert_eq!(
        refused(phone.save_place_visit(nowhere, visit)),
        Some(Code::NotFound)
    );
}

#[tokio::test]
async fn a_phone_that_loses_the_grid_keeps_nothing_of_its_shops() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    let visit = checked(&phone);
    phone.save_place_visit(SHOP, visit).unwrap();
    phone.sync_once().await.unwrap();
    let draft = format!("place-visit:{SHOP}");
    let report = format!("report:{SHOP}:gas");
    for key in [&draft, &report] {
        phone
            .draft_put(key.clone(), "{\"note\":\"半句\"}".into())
            .unwrap();
    }
    world.centre.state().readable.clear();
    phone.sync_once().await.unwrap();
    assert_eq!(refused(phone.place(SHOP)), Some(Code::NotFound));
    assert!(phone.places().unwrap().is_empty());
    assert!(phone.today().unwrap().places.is_empty());
    assert!(found(&phone, "小满").is_empty());
    for key in [draft, report] {
        assert_eq!(phone.draft_get(key).unwrap(), None, "nor half a word");
    }
    drop(phone);
    let files = everything_in(world.dir.path());
    let name = NAME.as_bytes();
    assert!(!files.windows(name.len()).any(|window| window == name));
}

#[tokio::test]
async fn shops_that_an_older_app_downloaded_are_listed_once_it_is_replaced() {
    let world = World::new();
    let phone = at_the_shop(&world).await;
    assert_eq!(phone.places().unwrap().len(), 1);
    drop(phone);
    let key = hex::encode(std::fs::read(world.dir.path().join("keys/database.key")).unwrap());
    let db = Connection::open(world.dir.path().join("gridwalk.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{key}'")).unwrap();
    db.execute_batch(
        "drop table heard; drop table place; drop table visit_report; drop table proposal; drop index household_next_due; alter table household drop column next_due; drop index patrol_plan; alter table patrol drop column hits; alter table patrol drop column plan; drop index incident_follow_up; alter table incident drop column follow_up; delete from search_entry where kind = 'place';
         delete from refinery_schema_history where version >= 13;",
    )
    .unwrap();
    drop(db);
    let phone = world.open();
    assert_eq!(phone.places().unwrap().len(), 1);
    assert_eq!(found(&phone, "小满").len(), 1);
}
