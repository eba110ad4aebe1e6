//! 502 is split, made void and taken back, by people who know nothing of each other.

mod staircase;

use automerge::{ActorId, AutoCommit, ROOT, ReadDoc, transaction::Transactable};
use gridwalk_core::{
    act::Role,
    document::{Document, Edited},
    error::{Code, Refusal},
    household::{
        self, Dwelling, DwellingAct, FieldChange, HouseholdEdit, Part, VoidReason, door_key, view,
    },
    ids::{DwellingEventId, HouseholdId},
    scan::{Limits, scan_change},
};
use serde_json::json;
use staircase::*;

fn event(number: u32) -> DwellingEventId {
    DwellingEventId(uuid(7, number))
}

fn part(number: u32, room: &str) -> Part {
    Part {
        id: HouseholdId(uuid(3, number)),
        room: room.into(),
    }
}

fn split(number: u32, into: &[Part]) -> HouseholdEdit {
    HouseholdEdit::SplitDwelling {
        event: event(number),
        into: into.to_vec(),
    }
}

fn in_two(number: u32) -> HouseholdEdit {
    split(
        number,
        &[part(number * 10, "502A"), part(number * 10 + 1, "502B")],
    )
}

fn void(number: u32, reason: VoidReason) -> HouseholdEdit {
    HouseholdEdit::VoidDwelling {
        event: event(number),
        reason,
        note: None,
        same_as: None,
    }
}

fn take_back(number: u32, events: &[u32]) -> HouseholdEdit {
    HouseholdEdit::TakeBackDwelling {
        event: event(number),
        events: events.iter().copied().map(event).collect(),
    }
}

fn done(document: &Document, number: u8, edit: &HouseholdEdit) -> Document {
    let edited = apply(document, edit, &worker(number, at(10, u32::from(number))));
    edited.expect("done").document
}

fn refused(document: &Document, edit: &HouseholdEdit) -> Option<Code> {
    code(apply(document, edit, &worker(1, at(11, 0))))
}

fn piece(room: &str, author: &gridwalk_core::document::Author) -> Result<Edited, Refusal> {
    let dwelling = Dwelling {
        id: HouseholdId(uuid(3, 10)),
        room: room.into(),
        ..dwelling()
    };
    let known = [FieldChange::ContactName("王阿姨".into())];
    household::add(
        &dwelling,
        Some((event(1), HouseholdId(uuid(3, 502)))),
        &known,
        &[],
        author,
    )
}

#[test]
fn a_split_dwelling_is_void_names_its_pieces_and_keeps_its_visits() {
    let visited = record(&household().document, 1, visit(1, at(9, 10))).document;
    let after = view(&done(&visited, 1, &in_two(1)));
    assert!(after.void);
    assert_eq!(after.visits.len(), 1);
    let DwellingAct::Split { into, .. } = &after.events[0].act else {
        panic!("{:?}", after.events);
    };
    let rooms: Vec<&str> = into.iter().map(|part| part.room.as_str()).collect();
    assert_eq!(rooms, ["502A", "502B"]);
    assert_eq!(after.unreadable, 0);

    let begun = view(
        &piece("502A", &worker(1, at(10, 1)))
            .expect("a piece")
            .document,
    );
    assert_eq!(begun.part_of, Some(dwelling().id));
    assert_eq!((begun.room.as_str(), begun.void), ("502A", false));
    assert_eq!(begun.fields.len(), 1, "what is still true went along");
}

#[test]
fn what_is_taken_back_stands_again_and_the_act_stays_in_the_history() {
    let void_once = done(&household().document, 1, &void(1, VoidReason::Gone));
    let again = view(&done(&void_once, 2, &take_back(2, &[1])));
    assert!(!again.void);
    assert_eq!(again.events.len(), 2);
    assert!(again.events[1].taken_back, "{:?}", again.events);
    // and once more, from the start
    let document = done(&void_once, 2, &take_back(2, &[1]));
    assert!(view(&done(&document, 3, &void(3, VoidReason::Gone))).void);
}

#[test]
fn two_splits_at_once_both_stand_and_taking_back_one_leaves_the_other() {
    let born = household().document;
    let (lin, ge) = (done(&born, 1, &in_two(1)), done(&born, 2, &in_two(2)));
    let both = merged(&lin, &ge);
    assert_eq!(view(&both), view(&merged(&ge, &lin)), "in either order");
    assert_eq!(view(&both).events.len(), 2);
    let one_back = done(&both, 1, &take_back(3, &[1]));
    assert!(view(&one_back).void, "ge's split stands");
    assert!(!view(&done(&one_back, 2, &take_back(4, &[2]))).void);
}

#[test]
fn a_void_that_nobody_had_seen_outlives_the_taking_back_of_another() {
    let void_once = done(&household().document, 1, &void(1, VoidReason::Gone));
    let back = done(&void_once, 1, &take_back(2, &[1]));
    // meanwhile, and without knowing
    let split_too = {
        let born = household().document;
        done(&born, 2, &in_two(3))
    };
    assert!(view(&merged(&back, &split_too)).void);
}

#[test]
fn a_visit_that_was_made_at_the_same_time_is_kept_and_so_is_one_that_came_later() {
    let born = household().document;
    let lin = done(&born, 1, &in_two(1));
    let ge = record(&born, 2, visit(1, at(9, 40))).document;
    let both = merged(&lin, &ge);
    assert!(view(&both).void);
    assert_eq!(view(&both).visits.len(), 1);
    // a form that was open while the news came is saved: nothing that somebody typed is refused
    let late = record(&both, 2, visit(2, at(10, 40))).document;
    assert_eq!(view(&late).visits.len(), 2);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_code() {
    let born = household().document;
    let void_once = done(&born, 1, &void(1, VoidReason::Duplicate));
    let one = split(2, &[part(10, "502A")]);
    let twice = split(2, &[part(10, "502A"), part(11, "５０２－ａ室")]);
    let itself = split(
        2,
        &[part(502, "502A"), part(11, "502B")], // 502's own document
    );
    let unnamed = split(2, &[part(10, "502A"), part(11, " ")]);
    let own = HouseholdEdit::VoidDwelling {
        event: event(2),
        reason: VoidReason::Duplicate,
        note: None,
        same_as: Some(dwelling().id),
    };
    let pointless = HouseholdEdit::VoidDwelling {
        event: event(2),
        reason: VoidReason::Gone,
        note: None,
        same_as: Some(HouseholdId(uuid(3, 9))),
    };
    let personal = HouseholdEdit::VoidDwelling {
        event: event(2),
        reason: VoidReason::Gone,
        note: Some("找 14200000123".into()),
        same_as: None,
    };
    for (document, edit, code) in [
        (&void_once, &void(2, VoidReason::Gone), Code::DwellingVoid),
        (&void_once, &in_two(2), Code::DwellingVoid),
        (
            &void_once,
            &void(1, VoidReason::Gone),
            Code::AlreadyRecorded,
        ),
        (&born, &one, Code::SplitParts),
        (&born, &twice, Code::SplitParts),
        (&born, &itself, Code::SplitParts),
        (&born, &split(2, &[]), Code::SplitParts),
        (&born, &unnamed, Code::MissingPlace),
        (&born, &own, Code::ValueOutOfRange),
        (&born, &pointless, Code::ValueOutOfRange),
        (&born, &personal, Code::TextLooksLikePhone),
        (&born, &take_back(2, &[1]), Code::NotFound),
        (&void_once, &take_back(2, &[]), Code::AlreadySo),
        (
            &done(&void_once, 1, &take_back(3, &[1])),
            &take_back(4, &[1]),
            Code::AlreadySo,
        ),
    ] {
        assert_eq!(refused(document, edit), Some(code), "{edit:?}");
    }
}

#[test]
fn whoever_answers_for_the_list_rearranges_it_and_nobody_else() {
    let born = household().document;
    for (role, may) in [
        (Role::Worker, true),
        (Role::Lead, true),
        (Role::Secretary, true),
        (Role::Steward, true),
        (Role::Guide, false),
        (Role::Helper, false),
        (Role::Handler, false),
        (Role::Dispatcher, false),
    ] {
        let mut author = worker(1, at(10, 0));
        author.act.role = role;
        let wrong = (!may).then_some(Code::WrongRole);
        assert_eq!(code(apply(&born, &in_two(1), &author)), wrong, "{role:?}");
        assert_eq!(code(piece("502A", &author)), wrong, "{role:?}");
    }
}

/// What somebody wrote with bare hands, past the rules of any app.
fn forged(document: &Document, key: &str, fact: &serde_json::Value) -> Document {
    let mut bare = AutoCommit::load(&document.clone().save())
        .expect("our own bytes")
        .with_actor(ActorId::from([0xfe; 16]));
    let before = bare.get_heads();
    let (_, map) = bare
        .get(ROOT, "amendments")
        .expect("a root")
        .expect("a container");
    bare.put(&map, key, fact.to_string()).expect("put");
    let changes = bare.get_changes(&before);
    let mut document = document.clone();
    let bytes = changes.iter().map(|change| change.raw_bytes());
    document.merge_changes(bytes).expect("plain changes");
    document
}

#[test]
fn an_act_of_somebody_who_may_not_has_no_effect_and_is_counted() {
    let born = household().document;
    let act = |role: &str| json!({ "by": uuid(1, 7), "role": role, "device": uuid(9, 7), "recorded_at": at(9, 0) });
    let void = json!({ "dwelling": "void", "id": event(1), "reason": "gone" });
    let helper = json!({ "act": act("helper"), "item": void });
    let worker = json!({ "act": act("worker"), "item": void });
    let (own, other) = (event(1).to_string(), event(2).to_string());
    for (key, fact, is_void) in [
        (&own, &helper, false),
        (&other, &worker, false), // under another's name
        (&own, &worker, true),
    ] {
        let view = view(&forged(&born, key, fact));
        assert_eq!((view.void, view.unreadable), (is_void, u32::from(!is_void)));
    }
}

#[test]
fn what_a_newer_app_does_to_a_dwelling_is_kept_and_words_to_a_visit_stay_words() {
    let visited = record(&household().document, 1, visit(1, at(9, 10))).document;
    let amend = HouseholdEdit::AmendVisit {
        visit: visit(1, at(9, 10)).id,
        note: "约了周三".into(),
    };
    let amended = done(&visited, 1, &amend);
    let act = json!({ "by": uuid(1, 7), "role": "worker", "device": uuid(9, 7), "recorded_at": at(9, 0) });
    let rented = json!({ "act": act, "item": { "dwelling": "sublet", "id": event(5) } });
    let view = view(&forged(&amended, &event(5).to_string(), &rented));
    assert_eq!(view.visits[0].amendments.len(), 1);
    assert_eq!((view.void, view.unreadable), (false, 1));
}

#[test]
fn doors_are_one_however_they_are_typed() {
    let key = |room: &str| door_key("2单元", room);
    for same in ["502A", "502a", "502-A", "５０２Ａ", "502 A", "502-A室"] {
        assert_eq!(key(same), key("502A"), "{same}");
    }
    for other in ["502", "502B", "1502A", "负1-02"] {
        assert_ne!(key(other), key("502A"), "{other}");
    }
    assert_ne!(door_key("1单元", "502"), door_key("2单元", "502"));
    assert_eq!(door_key("２单元", "502"), door_key("2", "502室"));
}

#[test]
fn an_act_on_a_dwelling_is_one_operation() {
    let author = worker(1, at(10, 0));
    let change = apply(&household().document, &in_two(1), &author)
        .expect("a split")
        .change;
    let header = scan_change(&change.bytes, &Limits::default()).expect("our own change");
    assert_eq!(header.ops, 1);
}
