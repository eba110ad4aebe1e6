//! A worker remembers one piece of something and finds it: a name, a room, the end of a number, what a case was about.

mod centre;
mod street;

use centre::{World, door};
use gridwalk::{
    FileKeystore, Phone,
    ports::{Keystore, SystemDice},
    view::{Found, FoundKind, Hit, IncidentStart, ReportHow},
};
use gridwalk_core::{
    household::FieldChange,
    incident::{Severity, SourceChannel},
};
use pinyin::ToPinyin;
use rusqlite::Connection;
use uuid::Uuid;

fn hits(found: &Found, kind: FoundKind) -> Vec<&Hit> {
    let groups = found.groups.iter().filter(|group| group.kind == kind);
    groups.flat_map(|group| &group.hits).collect()
}

fn shown(hit: &Hit) -> String {
    let draw = |piece: &gridwalk::view::Piece| match piece.hit {
        true => format!("[{}]", piece.text),
        false => piece.text.clone(),
    };
    let title: String = hit.title.iter().map(draw).collect();
    let line: String = hit.line.iter().map(draw).collect();
    format!("{title} / {line}")
}

fn all(phone: &Phone, query: &str) -> Vec<String> {
    let found = phone.search(query.into()).unwrap();
    let groups = found.groups.iter();
    groups
        .flat_map(|group| {
            let kind = format!("{:?}", group.kind);
            group
                .hits
                .iter()
                .map(move |hit| format!("{kind} {}", shown(hit)))
        })
        .collect()
}

fn report(phone: &Phone, category: &str, place: &str, words: &str) {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        position: None,
        finding: None,
    };
    let mut incident = phone.begin_incident(start).unwrap();
    incident.category = category.into();
    incident.severity = Severity::new(3).unwrap();
    incident.place.text = place.into();
    incident.description = words.into();
    let how = ReportHow::Submit {
        without_photo_because: Some("太暗".into()),
    };
    phone.report_incident(incident, Vec::new(), how).unwrap();
}

#[tokio::test]
async fn every_household_is_found_by_each_of_its_keys() {
    let (world, _) = street::world(60, street::SMALL);
    let phone = street::enrolled(&world).await;
    phone.sync_once().await.unwrap();
    let rows = phone.households(String::new()).unwrap();
    let mut keys_tried = 0;
    for row in &rows {
        let address = format!("{}{}{}", row.building_name, row.unit, row.room).replace(' ', "");
        let mut keys: Vec<String> = row.name.chars().map(String::from).collect();
        let syllables: Vec<&str> = row
            .name
            .chars()
            .filter_map(|letter| letter.to_pinyin())
            .map(|pinyin| pinyin.plain())
            .collect();
        if syllables.len() == row.name.chars().count() {
            keys.push(syllables.concat());
            keys.push(syllables.iter().map(|one| &one[..1]).collect());
        }
        let detail = phone.household(row.id).unwrap();
        for field in &detail.view.fields {
            if let FieldChange::ContactPhone(number) = &field.values.last().unwrap().value {
                keys.push(number[number.len() - 4..].to_owned());
            }
        }
        keys.push(row.room.clone());
        keys.push(row.building_name.clone());
        for key in keys.iter().filter(|key| !key.trim().is_empty()) {
            keys_tried += 1;
            // the whole address beside it, because only the first twenty of many 李 are shown
            let found = phone.search(format!("{key} {address}")).unwrap();
            let here = hits(&found, FoundKind::Person).into_iter();
            let mut here = here.chain(hits(&found, FoundKind::Door));
            assert!(
                here.any(|hit| hit.document == row.id.to_string()),
                "{} {address} by {key}",
                row.name
            );
            let alone = phone.search(key.clone()).unwrap();
            assert!(alone.groups.iter().any(|group| group.total > 0), "{key}");
        }
    }
    assert!(keys_tried > 200, "{keys_tried}");
}

#[tokio::test]
async fn what_is_found_is_grouped_by_what_it_is_and_marked() {
    let world = World::new();
    let phone = world.enrolled().await;
    assert_eq!(
        all(&phone, "李"),
        ["Person [李]阿姨 / 听雨苑 3幢 2单元 502"]
    );
    assert_eq!(all(&phone, "502"), ["Door 李阿姨 / 听雨苑 3幢 2单元 [502]"]);
    assert_eq!(
        all(&phone, "0456 3-2-301"),
        ["Person 单师傅 / 听雨苑 [3幢 2单元 301]"]
    );
    for nothing in ["", "  ", "李 301", "没有", "%", "' or 1=1 --", "室"] {
        assert!(all(&phone, nothing).is_empty(), "{nothing}");
    }

    let mut visit = phone.begin_visit(door(1), None).unwrap();
    visit.note = Some("燃气软管硬了".into());
    let id = visit.id;
    phone.save_visit(door(1), visit).unwrap();
    let note = "Note 燃气[软管]硬了 / 听雨苑 3幢 2单元 502";
    assert_eq!(all(&phone, "软管"), [note], "at once after it was saved");
    phone
        .amend_visit(door(1), id, "约了周三来换".into())
        .unwrap();
    assert_eq!(
        all(&phone, "周三 502"),
        ["Note 燃气软管硬了 约了[周三]来换 / 听雨苑 3幢 2单元 [502]"]
    );
    assert_eq!(all(&phone, "软管").len(), 1, "the amended note stands once");

    report(&phone, "F01001", "3幢2单元 3楼", "一楼到三楼拉了一根线");
    for query in ["拉了", "3-2 线", "一楼到"] {
        let found = phone.search(query.into()).unwrap();
        assert_eq!(hits(&found, FoundKind::Case).len(), 1, "{query}");
    }
    let points: Vec<_> = all(&phone, "东门");
    assert_eq!(points.len(), 1, "{points:?}");
    assert!(points[0].starts_with("Checkpoint [东门]"), "{points:?}");
    assert!(
        all(&phone, "听雨")
            .iter()
            .any(|one| one.starts_with("Building [听雨]苑 3幢"))
    );
}

#[tokio::test]
async fn what_leaves_the_phone_is_not_found_any_more_and_what_was_stored_is_found_after_a_restart()
{
    let world = World::new();
    let phone = world.enrolled().await;
    phone.sync_once().await.unwrap();
    assert_eq!(all(&phone, "李").len(), 1);
    drop(phone);
    let phone = world.open();
    assert_eq!(all(&phone, "李").len(), 1);
    world.centre.moves(door(1).into());
    phone.sync_once().await.unwrap();
    assert!(all(&phone, "李").is_empty());
    assert_eq!(all(&phone, "单").len(), 1);
    world.centre.comes_back(door(1).into());
    phone.sync_once().await.unwrap();
    assert_eq!(all(&phone, "李").len(), 1);
}

#[tokio::test]
async fn names_are_cut_down_in_lists_when_the_worker_asks_and_still_found() {
    let world = World::new();
    let phone = world.enrolled().await;
    let mut settings = phone.settings().unwrap();
    assert!(!settings.mask_names);
    settings.mask_names = true;
    phone.save_settings(settings).unwrap();
    let rows = phone.households(String::new()).unwrap();
    assert!(rows.iter().all(|row| row.name.ends_with("**")), "{rows:?}");
    assert_eq!(all(&phone, "liay"), ["Person 李** / 听雨苑 3幢 2单元 502"]);
    let today = phone.today().unwrap();
    let mut named = today.groups.iter().flat_map(|group| &group.rows);
    assert!(named.all(|row| row.household.is_none() || row.name.ends_with("**")));
    assert_eq!(
        phone.household(door(1)).unwrap().row.name,
        "李阿姨",
        "opened"
    );
}

/// Not a limit, a figure: how long a query takes at a thousand households and five thousand cases (`--nocapture` shows it).
#[tokio::test]
async fn six_thousand_things_are_looked_through_and_all_that_hit_are_counted() {
    let world = World::new();
    let phone = world.enrolled().await;
    let key = FileKeystore::in_data_dir(world.dir.path())
        .key(&SystemDice)
        .unwrap();
    let mut db = Connection::open(world.dir.path().join("gridwalk.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{}'", hex::encode(key.0)))
        .unwrap();
    let insert = "insert into search_entry
        (kind, id, document, address, folded, title, line, plate, category, at, rank)
        values (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, null, ?8, ?8)";
    let all = db.transaction().unwrap();
    for n in 0..6000_u32 {
        let id = Uuid::from_u128(0xabcd_0000 + u128::from(n));
        let room = format!("{}{:02}", n % 18 + 1, n % 4 + 1);
        let (kind, folded) = match n {
            0..1000 => ("household", format!("|钱师傅|{n:04}|qianshifu|qsf|钱师傅|")),
            _ => ("case", "楼道堆着纸箱和旧家具，占了半个通道，".repeat(8)),
        };
        let address = format!("|听雨苑{}-1-{room}|", n % 40);
        all.execute(
            insert,
            (kind, id, &address, &folded, "钱师傅", &address, &room, n),
        )
        .unwrap();
    }
    all.commit().unwrap();
    let total = |query: &str| -> u32 {
        let found = phone.search(query.into()).unwrap();
        found.groups.iter().map(|group| group.total).sum()
    };
    assert_eq!(total("旧家具"), 5000);
    assert_eq!(total("qsf"), 1000);
    assert_eq!(total("钱师傅 0007"), 1);
    let mut took = Vec::new();
    for query in [
        "旧",
        "qsf",
        "12-1-1",
        "钱师傅 0007",
        "没有这个",
        "纸箱 1802",
    ]
    .repeat(20)
    {
        let begun = std::time::Instant::now();
        phone.search(query.into()).unwrap();
        took.push(begun.elapsed());
    }
    took.sort();
    println!(
        "search at 1,000 households and 5,000 cases: p50 {:?}, slowest {:?}",
        took[60], took[119]
    );
}
