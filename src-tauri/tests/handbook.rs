//! What a worker looks up lies on the phone; what was announced is read once, with one receipt.

mod centre;

use centre::{GRID, NINE, Weather, World};
use gridwalk::view::{FoundKind, Receipt, SyncItemKind};
use gridwalk_core::{
    error::Code,
    ids::{AnnouncementId, PageId},
    reference::{Announcement, Page, PageKind},
};
use uuid::Uuid;

fn page(n: u128, kind: PageKind, title: &str, body: &str) -> Page {
    Page {
        id: PageId(Uuid::from_u128(n)),
        kind,
        category: None,
        code: None,
        title_zh: title.into(),
        title_en: format!("page {n}"),
        body_zh: body.into(),
        body_en: String::new(),
        order: u32::try_from(n).unwrap(),
    }
}

fn said(n: u128, title: &str, days_ago: i64) -> Announcement {
    Announcement {
        id: AnnouncementId(Uuid::from_u128(n)),
        grid: Some(GRID),
        title: title.into(),
        text: "请知悉".into(),
        office: "望舒街道办".into(),
        at: NINE.plus_ms(-days_ago * 86_400_000),
        expires: None,
    }
}

fn furnish(world: &World) {
    for page in [
        page(0x901, PageKind::Policy, "轨迹归谁", "三十天后删除"),
        page(
            0x902,
            PageKind::Handbook,
            "燃气软管",
            "闻到气味先开窗。\n- 约换管时间",
        ),
    ] {
        world.centre.say("page", page.id, &page);
    }
    for one in [said(0x911, "停水", 2), said(0x912, "大风", 0)] {
        world.centre.say("announcement", one.id, &one);
    }
    let mut over = said(0x913, "上个月的通知", 40);
    over.expires = Some(NINE.local_date() - chrono::Days::new(1));
    world.centre.say("announcement", over.id, &over);
}

#[tokio::test]
async fn pages_lie_on_the_phone_in_their_order_and_are_found_by_the_same_search() {
    let world = World::new();
    furnish(&world);
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let titles: Vec<String> = phone
        .pages()
        .unwrap()
        .into_iter()
        .map(|page| page.title_zh)
        .collect();
    assert_eq!(titles, ["燃气软管", "轨迹归谁"], "by kind, then by order");
    for query in ["气味", "软管 换管", "rqrg"] {
        let found = phone.search(query.into()).unwrap();
        let group = found
            .groups
            .iter()
            .find(|group| group.kind == FoundKind::Page);
        assert_eq!(
            group.expect(query).hits[0].id,
            PageId(Uuid::from_u128(0x902)).to_string()
        );
    }
}

#[tokio::test]
async fn an_announcement_is_found_by_its_title_and_its_text_until_it_is_over() {
    let world = World::new();
    furnish(&world);
    let mut water = said(0x914, "停水通知", 1);
    water.text = "八点到十二点检修水泵".into();
    water.expires = Some(NINE.local_date());
    world.centre.say("announcement", water.id, &water);
    let phone = world.enrolled().await;
    world.centre.weather(Weather::Offline);
    let found = |query: &str| -> Vec<String> {
        let groups = phone.search(query.into()).unwrap().groups.into_iter();
        let announced = groups.filter(|group| group.kind == FoundKind::Announcement);
        announced
            .flat_map(|group| group.hits)
            .map(|hit| hit.id)
            .collect()
    };
    let water = [water.id.to_string()];
    for query in [
        "停水通知",
        "水泵 检修",
        "tingshuitongzhi",
        "tstz",
        "ＴＳＴＺ",
    ] {
        assert_eq!(found(query), water, "{query}");
    }
    let both = found("停水");
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], water[0], "the newest first");
    assert_eq!(found("望舒").len(), 3, "also by who says it");
    assert!(found("上个月").is_empty(), "what is over is not shown");
    world.watch.0.lock().unwrap().0 += 86_400_000;
    assert!(found("水泵").is_empty(), "and a day later this is over too");
}

#[tokio::test]
async fn duty_items_stand_by_their_codes_and_are_found_by_them() {
    let world = World::new();
    let duty = |n: u128, code: Option<&str>, title: &str| {
        let mut page = page(n, PageKind::Duty, title, "上门了解");
        page.code = code.map(Into::into);
        world.centre.say("page", page.id, &page);
    };
    duty(0x921, None, "旧清单上的一项");
    duty(0x922, Some("Z91"), "不该做：执法");
    duty(0x923, Some("Z01"), "该做：走访");
    // as a centre of before said it: there is no word of a code
    assert!(
        !world
            .centre
            .state()
            .reference
            .iter()
            .any(|row| row.id.ends_with("921")
                && row.json.as_ref().is_some_and(|json| json.contains("code")))
    );
    let phone = world.enrolled().await;
    let codes: Vec<_> = phone
        .pages()
        .unwrap()
        .into_iter()
        .map(|page| page.code)
        .collect();
    assert_eq!(codes, [Some("Z01".into()), Some("Z91".into()), None]);
    for query in ["z01", "Ｚ01", "Z01 走访"] {
        let groups = phone.search(query.into()).unwrap().groups;
        let pages = groups.iter().find(|group| group.kind == FoundKind::Page);
        let hits = &pages.expect(query).hits;
        assert_eq!(hits.len(), 1, "{query}");
        let title: String = hits[0]
            .title
            .iter()
            .map(|piece| piece.text.as_str())
            .collect();
        assert_eq!(title, "Z01 该做：走访");
    }
}

#[tokio::test]
async fn an_announcement_has_one_receipt_that_travels() {
    let world = World::new();
    furnish(&world);
    let phone = world.enrolled().await;
    let titles = || -> Vec<String> {
        let rows = phone.announcements().unwrap();
        rows.into_iter().map(|row| row.said.title).collect()
    };
    assert_eq!(
        titles(),
        ["大风", "停水"],
        "the newest first, what is over not at all"
    );
    let wind = AnnouncementId(Uuid::from_u128(0x912));
    for _ in 0..2 {
        let rows = phone.read_announcement(wind).unwrap();
        assert_eq!(rows[1].read, Some(Receipt::Local));
    }
    assert_eq!(titles(), ["停水", "大风"], "unread first");
    assert_eq!(
        phone.sync_state().unwrap().waiting_records,
        1,
        "one receipt, however often"
    );
    let page = phone.sync_page().unwrap();
    let kinds: Vec<_> = page.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [SyncItemKind::Announcement]);
    phone.sync_once().await.unwrap();
    let rows = phone.announcements().unwrap();
    assert_eq!(
        (rows[0].read.clone(), rows[1].read.clone()),
        (None, Some(Receipt::Centre))
    );
    let unknown = phone.read_announcement(AnnouncementId(Uuid::from_u128(1)));
    assert_eq!(unknown.unwrap_err().code, Code::NotFound);
}
