//! What a newer app wrote survives every edit of this one, and whatever a document holds, reading it never fails.

mod staircase;

use automerge::{
    ActorId, AutoCommit, ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable,
};
use gridwalk_core::{
    care::{self, CareEdit},
    document::{Document, Unordered},
    household::{FieldChange, FieldKey, HouseholdEdit, view},
    ids::{DepartmentId, DocumentId, EventId, GridId, PatrolId, PlaceId, VisitId},
    incident::{self, IncidentAction, IncidentEvent, IncidentState, NewIncident},
    patrol::{self, PatrolEdit},
    place::{self, NewPlace, PlaceEdit},
    registry::project,
    sync::message::DocumentKind,
    worker_day::{self, WorkerDayEdit},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use staircase::*;

/// The document after a newer app (or anybody else) wrote into it with bare hands.
fn written(document: &Document, actor: u8, write: impl FnOnce(&mut AutoCommit)) -> Document {
    let mut bare = AutoCommit::load(&document.clone().save())
        .expect("our own bytes")
        .with_actor(ActorId::from([actor; 16]));
    let before = bare.get_heads();
    write(&mut bare);
    let changes = bare.get_changes(&before);
    let mut document = document.clone();
    document
        .merge_changes(changes.iter().map(|change| change.raw_bytes()))
        .expect("plain changes");
    document
}

fn everything(document: &Document) -> Value {
    let bare = AutoCommit::load(&document.clone().save()).expect("our own bytes");
    serde_json::to_value(automerge::AutoSerde::from(&bare)).expect("JSON")
}

fn map(bare: &AutoCommit, name: &str) -> automerge::ObjId {
    bare.get(ROOT, name)
        .expect("a root")
        .expect("a container")
        .1
}

fn act() -> Value {
    json!({ "by": uuid(1, 7), "role": "worker", "device": uuid(9, 7), "recorded_at": at(9, 0), "mood": "calm" })
}

/// 502 after a visit, with everything that a newer app might add.
fn from_the_future() -> Document {
    let mut plain = visit(1, at(9, 10));
    plain.changes = vec![FieldChange::HouseholdSize(3)];
    let document = record(&household().document, 1, plain).document;
    let known = json!({
        "id": uuid(2, 50), "kind": "routine", "outcome": "met", "started_at": at(8, 50), "ended_at": at(9, 0),
        "changes": [{ "field": "charging_post", "value": 2 }, { "field": "household_size", "value": 3 }],
        "confirmed": ["charging_post", "contact_phone"], "incidents": [], "care_emergency": false, "weather": "rain",
    });
    let unknown = json!({ "id": uuid(2, 51), "kind": "drone", "outcome": "waved" });
    let phone =
        json!({ "value": "142 0000 0009", "by": uuid(1, 7), "at": at(9, 0), "certainty": "heard" });
    let coliving = json!({ "value": "co_living", "by": uuid(1, 7), "at": at(9, 0) });
    let post = json!({ "value": 2, "by": uuid(1, 7), "at": at(9, 0) });
    written(&document, 0xfe, |bare| {
        bare.put(ROOT, "schema", 9_u64).expect("put");
        bare.put(ROOT, "tariff", "B2").expect("put");
        let pets = bare.put_object(ROOT, "pets", ObjType::Map).expect("put");
        let cat = bare.put_object(&pets, "cat", ObjType::List).expect("put");
        bare.insert(&cat, 0, ScalarValue::counter(9)).expect("put");
        let visits = map(bare, "visits");
        for (number, item) in [(50, &known), (51, &unknown)] {
            let fact = json!({ "act": act(), "item": item, "seal": [1, 2] }).to_string();
            bare.put(&visits, uuid(2, number).to_string(), fact)
                .expect("put");
        }
        bare.put_object(&visits, "as an object", ObjType::Map)
            .expect("put");
        let fields = map(bare, "fields");
        for (key, value) in [
            ("contact_phone", phone),
            ("use", coliving),
            ("charging_post", post),
        ] {
            bare.put(&fields, key, value.to_string()).expect("put");
        }
        bare.put(&fields, "notes", ScalarValue::Int(4))
            .expect("put");
    })
}

/// Every value of `before` stands in `after`, except under the keys that were meant to change.
fn kept(before: &Value, after: &Value, path: &str, changed: &[&str]) {
    if changed.contains(&path) {
        return;
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let path = format!("{path}/{key}");
                let now = after.get(key).unwrap_or_else(|| panic!("{path} is gone"));
                kept(value, now, &path, changed);
            }
        }
        _ => assert_eq!(before, after, "{path}"),
    }
}

#[test]
fn a_checked_shop_shows_without_the_answers_that_only_a_newer_app_knows() {
    let new = NewPlace {
        id: PlaceId(uuid(15, 2)),
        grid: GridId(uuid(7, 3)),
        name: "小满便利店".into(),
        kind: "shop".into(),
        address: None,
    };
    let born = place::create(&new, &registry()).expect("a place").document;
    let item = |id: u32, outcome: &str| {
        json!({
            "id": uuid(2, id), "outcome": outcome, "started_at": at(8, 50), "ended_at": at(9, 0),
            "checklist": { "kind": "shop", "version": 7, "season": "dry" },
            "answers": [{ "item": "exit", "answer": "pass" }, { "item": "gas", "answer": "smelled" }],
            "leaflets": [], "incidents": [], "weather": "rain",
        })
    };
    let document = written(&born, 0xfe, |bare| {
        let visits = map(bare, "visits");
        for (number, outcome) in [(50, "checked"), (51, "demolished")] {
            let fact = json!({ "act": act(), "item": item(number, outcome) }).to_string();
            bare.put(&visits, uuid(2, number).to_string(), fact)
                .expect("put");
        }
        let seal = map(bare, "fields");
        bare.put(&seal, "duty_phone", "{}").expect("put");
    });
    let view = place::view(&document).expect("a place");
    assert_eq!((view.visits.len(), view.unreadable), (1, 1));
    assert_eq!(view.visits[0].visit.answers.len(), 1, "what is known shows");
    let edit = PlaceEdit::AmendVisit {
        visit: VisitId(uuid(2, 50)),
        note: "补一句".into(),
    };
    let after = place::apply(document.clone(), &edit, &worker(2, at(10, 5))).expect("an edit");
    kept(
        &everything(&document),
        &everything(&after.document),
        "",
        &[],
    );
}

#[test]
fn every_edit_keeps_what_a_newer_app_wrote() {
    let document = from_the_future();
    let mut new_visit = visit(2, at(10, 0));
    new_visit.changes = vec![FieldChange::ContactName("小王".into())];
    let edits = [
        (
            HouseholdEdit::RecordVisit(new_visit),
            "/fields/contact_name",
        ),
        (
            HouseholdEdit::AmendVisit {
                visit: visit(1, at(9, 10)).id,
                note: "补一句".into(),
            },
            "",
        ),
        (
            HouseholdEdit::ChangeField(FieldChange::HouseholdSize(4)),
            "/fields/household_size",
        ),
        (
            HouseholdEdit::ResolveConflict(FieldChange::ContactPhone("12345".into())),
            "/fields/contact_phone",
        ),
        (HouseholdEdit::AddMember(member(2, "小王")), ""),
        (
            HouseholdEdit::MemberLeft {
                member: member(1, "").id,
            },
            "",
        ),
    ];
    for (edit, changed) in edits {
        let after = apply(&document, &edit, &worker(2, at(10, 5))).expect("an edit");
        let changed: Vec<&str> = Some(changed)
            .filter(|path| !path.is_empty())
            .into_iter()
            .collect();
        kept(
            &everything(&document),
            &everything(&after.document),
            "",
            &changed,
        );
        assert_eq!(view(&after.document).unreadable, view(&document).unreadable);
    }
}

/// A hazard on which a newer app did something that this one does not know.
fn hazard_from_the_future() -> Document {
    let new: NewIncident = serde_json::from_value(json!({
        "id": uuid(14, 1), "grid": uuid(7, 3), "local_no": "梧桐-03-0914-001", "source": "patrol", "category": "F01001",
        "severity": 3, "place": { "text": "3幢2单元三楼", "floor": 3 }, "description": "", "weather": "rain",
    }))
    .expect("a hazard");
    let document = incident::create(&new, &[], &worker(1, at(9, 0)))
        .expect("a draft")
        .document;
    let submit = json!({ "type": "submit", "without_photo_because": "太暗", "mood": "calm" });
    let unknown = json!({ "type": "teleport", "to": "3幢" });
    written(&document, 0xfe, |bare| {
        let events = map(bare, "events");
        for (number, action) in [(60, &submit), (61, &unknown)] {
            let mut act = act();
            act["by"] = json!(uuid(1, 1));
            let event =
                json!({ "id": uuid(12, number), "act": act, "action": action, "seal": [1, 2] });
            bare.put(&events, uuid(12, number).to_string(), event.to_string())
                .expect("put");
        }
    })
}

#[test]
fn an_event_of_a_newer_app_is_kept_counted_and_does_not_stop_the_others() {
    let document = hazard_from_the_future();
    let read = incident::view(&document, &Unordered).expect("a hazard");
    assert_eq!((read.unreadable, read.events.len()), (1, 1));
    assert_eq!(read.state, IncidentState::Reported);
    let act = worker(1, at(10, 0)).act;
    for (number, action) in [
        IncidentAction::Comment {
            text: "还在".into(),
        },
        IncidentAction::Whistle {
            departments: vec![DepartmentId(uuid(13, 1))],
            reason: "一起看看".into(),
        },
        IncidentAction::Cancel {
            reason: "清走了".into(),
        },
    ]
    .into_iter()
    .enumerate()
    {
        let event = IncidentEvent {
            id: EventId(uuid(12, 70 + number as u32)),
            act: act.clone(),
            department: None,
            action,
        };
        let author = worker(1, at(10, 0));
        let edited = incident::record(document.clone(), &event, &author, &Unordered);
        let after = edited.expect("an event").document;
        kept(&everything(&document), &everything(&after), "", &[]);
        let now = incident::view(&after, &Unordered).expect("a hazard");
        assert_eq!((now.unreadable, now.events.len()), (1, 2));
    }
}

#[test]
fn a_newer_visit_shows_what_this_app_knows_of_it() {
    let read = view(&from_the_future());
    let known = read
        .visits
        .iter()
        .find(|visit| visit.visit.id.0 == uuid(2, 50))
        .expect("the newer visit");
    assert_eq!(known.visit.changes, [FieldChange::HouseholdSize(3)]);
    assert_eq!(known.visit.confirmed, [FieldKey::ContactPhone]);
    // an unknown visit, an object, and the three registers `use`, `charging_post` and `notes`
    assert_eq!(read.unreadable, 5);
    let phone = read
        .fields
        .iter()
        .find(|field| field.field == FieldKey::ContactPhone);
    assert_eq!(
        phone.map(|field| &field.values[0].value),
        Some(&FieldChange::ContactPhone("142 0000 0009".into()))
    );
}

#[test]
fn an_item_under_a_foreign_key_is_nobodys() {
    let document = record(&household().document, 1, visit(1, at(9, 10))).document;
    let item = json!({ "act": act(), "item": visit(1, at(9, 10)) }).to_string();
    let document = written(&document, 0xfe, |bare| {
        let visits = map(bare, "visits");
        bare.put(&visits, uuid(2, 2).to_string(), item)
            .expect("put");
    });
    assert_eq!(
        (view(&document).visits.len(), view(&document).unreadable),
        (1, 1)
    );
}

const CONTAINERS: [&str; 18] = [
    "fields",
    "members",
    "visits",
    "amendments",
    "members_left",
    "no_entry",
    "hits",
    "findings",
    "log",
    "events",
    "photos",
    "acknowledged",
    "completed",
    "consents",
    "needs",
    "need_states",
    "support",
    "team",
];

/// JSON that looks like ours with something else in it, or is no JSON at all.
fn texts() -> impl Strategy<Value = String> {
    let ours = [
        json!({ "act": act(), "item": visit(1, at(9, 10)) }),
        json!({ "act": act(), "item": member(1, "王阿姨") }),
        json!({ "act": act(), "item": { "visit": uuid(2, 1), "note": "补" } }),
        json!({ "act": act(), "item": { "type": "pause", "at": at(10, 0) } }),
        json!({ "act": act(), "item": { "type": "resume", "at": at(9, 0) } }),
        json!({ "act": act(), "item": { "type": "finish", "at": at(11, 0), "distance_m": 5 } }),
        json!({ "act": act(), "item": { "type": "set_level", "level": "first" } }),
        json!({ "act": act(), "item": { "type": "withdraw_consent" } }),
        json!({ "act": act(), "item": { "id": uuid(2, 1), "scope": ["visits"], "how": "spoken", "given_at": at(9, 0), "witness": "邻居", "expires": "+262142-12-31" } }),
        json!({ "act": act(), "item": { "id": uuid(2, 1), "at": at(9, 0), "kind": "visit", "seen": true, "as_usual": true, "needs_done": [], "emergency": false } }),
        json!({ "id": uuid(3, 502), "household": uuid(3, 502) }),
        json!({ "value": 3, "by": uuid(1, 1), "at": at(9, 0) }),
        json!({ "by": uuid(1, 1), "at": at(9, 0), "until": "+262142-12-31" }),
        json!(dwelling()),
        act(),
    ];
    let odd = prop_oneof![
        Just(Value::Null),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("9999-12-31T23:59:59.999Z")),
        Just(json!("0000-01-01T00:00:00Z")),
        Just(json!([[], {}])),
        any::<String>().prop_map(Value::from),
    ];
    let spoiled = (
        prop::sample::select(ours.to_vec()),
        any::<prop::sample::Index>(),
        odd,
    )
        .prop_map(|(mut item, place, odd)| {
            spoil(&mut item, &mut place.index(14), odd);
            item.to_string()
        });
    let deep = "[".repeat(5_000);
    prop_oneof![8 => spoiled, 1 => any::<String>(), 1 => Just(deep)]
}

/// Replaces the value at the `place`-th leaf; beyond the last leaf nothing.
fn spoil(value: &mut Value, place: &mut usize, odd: Value) {
    match value {
        Value::Object(map) => map
            .values_mut()
            .for_each(|inner| spoil(inner, place, odd.clone())),
        leaf => {
            if *place == 0 {
                *leaf = odd;
            }
            *place = place.wrapping_sub(1);
        }
    }
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(uuid(2, 1).to_string()),
        Just(uuid(5, 1).to_string()),
        Just("contact_phone".to_owned()),
        Just("household_size".to_owned()),
        any::<String>().prop_map(|key| format!("k{}", key.chars().take(20).collect::<String>())),
    ]
}

#[derive(Clone, Debug)]
enum Put {
    Root(String, Option<String>),
    Item(&'static str, String, Option<String>),
    Object(&'static str, String),
    Gone(&'static str),
}

fn puts() -> impl Strategy<Value = Put> {
    let root = prop::sample::select(vec!["created", "created_act", "kind", "visits", "fields"]);
    let container = prop::sample::select(CONTAINERS.to_vec());
    prop_oneof![
        1 => (root, prop::option::of(texts())).prop_map(|(key, text)| Put::Root(key.into(), text)),
        8 => (container.clone(), keys(), prop::option::of(texts())).prop_map(|(c, k, t)| Put::Item(c, k, t)),
        1 => (container.clone(), keys()).prop_map(|(c, k)| Put::Object(c, k)),
        1 => container.prop_map(Put::Gone),
    ]
}

/// Two strangers write at once, so that there are conflicts as well as nonsense.
fn scribbled(base: &Document, puts: &[Put]) -> Document {
    let half = puts.len() / 2;
    let sides = [(0xf1, &puts[..half]), (0xf2, &puts[half..])].map(|(actor, puts)| {
        written(base, actor, |bare| {
            for put in puts {
                scribble(bare, put);
            }
        })
    });
    merged(&sides[0], &sides[1])
}

fn scribble(bare: &mut AutoCommit, put: &Put) {
    let scalar = |text: &Option<String>| {
        text.clone()
            .map_or(ScalarValue::Boolean(true), |text| text.into())
    };
    let inside = |bare: &mut AutoCommit, name: &str| match bare.get(ROOT, name) {
        Ok(Some((automerge::Value::Object(ObjType::Map), id))) => id,
        _ => bare.put_object(ROOT, name, ObjType::Map).expect("put"),
    };
    match put {
        Put::Root(key, text) => bare.put(ROOT, key.as_str(), scalar(text)).expect("put"),
        Put::Item(container, key, text) => {
            let map = inside(bare, container);
            bare.put(map, key.as_str(), scalar(text)).expect("put");
        }
        Put::Object(container, key) => {
            let map = inside(bare, container);
            bare.put_object(map, key.as_str(), ObjType::Text)
                .expect("put");
        }
        Put::Gone(container) => bare.delete(ROOT, *container).unwrap_or_default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_document_is_too_odd_to_read_or_to_edit(puts in prop::collection::vec(puts(), 0..24), kind in 1_u16..8) {
        let base = record(&household().document, 1, visit(9, at(9, 10))).document;
        let odd = scribbled(&base, &puts);
        let changes = odd.clone().changes();
        let bytes = changes.iter().map(|change| &change.bytes);
        let odd = Document::from_changes(DocumentId(uuid(3, 502)), DocumentKind(kind), bytes)
            .expect("plain changes");
        let _ = project(&odd, &Unordered);
        let read = view(&odd);
        let edit = HouseholdEdit::RecordVisit(visit(10, at(11, 0)));
        if let Ok(edited) = apply(&odd, &edit, &worker(3, at(11, 5))) {
            prop_assert_eq!(view(&edited.document).visits.len(), read.visits.len() + 1);
        }
        let _ = patrol::view(&odd);
        let _ = patrol::apply(odd.clone(), &PatrolEdit::Pause { at: at(10, 0) }, &worker(1, at(10, 0)));
        let plan = care::view(&odd);
        let _ = care::due(&plan, None, chrono::NaiveDate::MAX);
        let open = CareEdit::Open { reason: "看看".into() };
        let _ = care::apply(odd.clone(), &open, &worker(1, at(10, 0)));
        let _ = worker_day::view(&odd);
        let task = gridwalk_core::ids::TaskId(uuid(2, 1));
        let seen = WorkerDayEdit::AcknowledgeTask { task, at: at(8, 0) };
        let _ = worker_day::apply(odd, &seen, &worker(1, at(8, 0)));
    }
}

#[test]
fn an_empty_document_reads_as_nothing() {
    let nobody = [[0_u8; 0]; 0];
    let empty = Document::from_changes(PatrolId(uuid(6, 1)).into(), DocumentKind::PATROL, nobody)
        .expect("no changes");
    assert!(view(&empty).fields.is_empty());
    assert!(patrol::view(&empty).hits.is_empty());
}
