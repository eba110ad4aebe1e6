//! The shops of the demo street: what is checked there, and what the registry reads afterwards.

mod staircase;

use chrono::NaiveDate;
use gridwalk_core::{
    act::Role,
    document::{Document, Edited, Unordered},
    error::{Code, Refusal},
    ids::{GridId, IncidentId, PlaceId, VisitId},
    place::{
        self, Answered, CheckAnswer, ChecklistName, NewPlace, NewPlaceVisit, PlaceEdit,
        PlaceOutcome, PlaceView, complete, due,
    },
    reference::{CheckItem, Checklist, Leaflet},
    registry::{Projection, project},
    time::Timestamp,
};
use staircase::{at, code, merged, registry, uuid, worker};

const ITEMS: [&str; 5] = ["exit", "wiring", "gas", "extinguisher", "sleeping"];

fn shop() -> NewPlace {
    NewPlace {
        id: PlaceId(uuid(15, 1)),
        grid: GridId(uuid(7, 3)),
        name: "小满便利店".into(),
        kind: "shop".into(),
        address: Some("听雨苑 南门口".into()),
    }
}

fn born() -> Document {
    place::create(&shop(), &registry())
        .expect("a place")
        .document
}

fn checklist() -> Checklist {
    let item = |id: &&str| CheckItem {
        id: (*id).into(),
        name_zh: "疏散通道".into(),
        name_en: "Way out".into(),
        category: Some("F01003".into()),
    };
    Checklist {
        kind: "shop".into(),
        version: 2,
        items: ITEMS.iter().map(item).collect(),
        leaflets: vec![Leaflet {
            id: "fire".into(),
            name_zh: "防火十条".into(),
            name_en: "Ten rules against fire".into(),
        }],
    }
}

fn answered(item: &str, answer: CheckAnswer) -> Answered {
    Answered {
        item: item.into(),
        answer,
        note: None,
    }
}

/// Everything in order.
fn visit(number: u32, at: Timestamp) -> NewPlaceVisit {
    NewPlaceVisit {
        id: VisitId(uuid(2, number)),
        outcome: PlaceOutcome::Checked,
        started_at: at,
        ended_at: at.plus_ms(6 * 60_000),
        checklist: Some(ChecklistName {
            kind: "shop".into(),
            version: 2,
        }),
        answers: ITEMS
            .iter()
            .map(|item| answered(item, CheckAnswer::Pass))
            .collect(),
        leaflets: vec!["fire".into()],
        request: None,
        note: None,
        incidents: Vec::new(),
        next_due: None,
    }
}

/// Nobody looked at anything.
fn outside(number: u32, at: Timestamp, outcome: PlaceOutcome) -> NewPlaceVisit {
    NewPlaceVisit {
        outcome,
        answers: Vec::new(),
        leaflets: Vec::new(),
        ..visit(number, at)
    }
}

fn apply(
    document: &Document,
    edit: PlaceEdit,
    number: u8,
    at: Timestamp,
) -> Result<Edited, Refusal> {
    place::apply(document.clone(), &edit, &worker(number, at))
}

fn record(document: &Document, number: u8, visit: NewPlaceVisit) -> Document {
    let at = visit.ended_at;
    apply(document, PlaceEdit::RecordVisit(visit), number, at)
        .expect("a visit")
        .document
}

fn read(document: &Document) -> PlaceView {
    place::view(document).expect("a place")
}

fn day(month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, month, day)
}

#[test]
fn a_place_is_what_the_registry_said() {
    let document = born();
    let view = read(&document);
    assert_eq!(view.created, shop());
    assert_eq!(view.since, registry().act.recorded_at);
    assert!(view.visits.is_empty() && view.unreadable == 0);
    assert_eq!(project(&document, &Unordered), Projection::Place(view));
    let mut helper = registry();
    helper.act.role = Role::Helper;
    assert_eq!(code(place::create(&shop(), &helper)), Some(Code::WrongRole));
}

#[test]
fn a_place_of_a_registry_before_addresses_is_read() {
    let mut old = serde_json::to_value(shop()).expect("JSON");
    old.as_object_mut().expect("an object").remove("address");
    let old: NewPlace = serde_json::from_value(old).expect("a place");
    assert_eq!(old.address, None);
    assert!(
        !serde_json::to_string(&old)
            .expect("JSON")
            .contains("address")
    );
}

#[test]
fn a_visit_is_read_back_as_it_was_handed_in_and_is_small() {
    let mut handed_in = visit(1, at(15, 20));
    handed_in.answers[3] = Answered {
        note: Some("压力在红区".into()),
        ..answered("extinguisher", CheckAnswer::Fail)
    };
    handed_in.request = Some("想办室外招牌，不知道找谁".into());
    handed_in.incidents = vec![IncidentId(uuid(6, 1))];
    let edit = PlaceEdit::RecordVisit(handed_in.clone());
    let edited = apply(&born(), edit, 1, handed_in.ended_at).expect("a visit");
    let view = read(&edited.document);
    assert_eq!(view.visits.len(), 1);
    assert_eq!(view.visits[0].visit, handed_in);
    assert_eq!(view.visits[0].by, worker(1, at(0, 0)).act.by);
    assert_eq!(view.visits[0].recorded_at, handed_in.ended_at);
    assert_eq!(handed_in.failed(), 1);
    assert!(
        edited.change.bytes.len() < 2_048,
        "{}",
        edited.change.bytes.len()
    );
}

#[test]
fn two_who_check_one_shop_on_one_day_leave_two_records() {
    let born = born();
    let one = record(&born, 1, visit(1, at(15, 20)));
    let two = record(&born, 2, visit(2, at(15, 40)));
    for both in [merged(&one, &two), merged(&two, &one)] {
        let ids: Vec<VisitId> = read(&both)
            .visits
            .iter()
            .map(|seen| seen.visit.id)
            .collect();
        assert_eq!(ids, [VisitId(uuid(2, 2)), VisitId(uuid(2, 1))]);
    }
}

#[test]
fn a_visit_saved_twice_is_one_visit_and_its_words_stay() {
    let first = visit(1, at(15, 20));
    let document = record(&born(), 1, first.clone());
    let mut again = first.clone();
    again.note = Some("换了说法".into());
    let refused = apply(&document, PlaceEdit::RecordVisit(again), 1, at(15, 30));
    assert_eq!(code(refused), Some(Code::AlreadyRecorded));
    assert_eq!(read(&document).visits[0].visit, first);
}

#[test]
fn words_are_added_beside_the_visit_under_the_name_of_whoever_did() {
    let document = record(&born(), 1, visit(1, at(15, 20)));
    let amend = |visit: u32, note: &str| PlaceEdit::AmendVisit {
        visit: VisitId(uuid(2, visit)),
        note: note.into(),
    };
    let late = apply(&document, amend(1, "老板补充：下周换灭火器"), 2, at(16, 0)).expect("words");
    let both = apply(&late.document, amend(1, "已看过新的"), 1, at(15, 50)).expect("words");
    let words: Vec<_> = read(&both.document).visits[0]
        .amendments
        .iter()
        .map(|added| (added.by, added.note.clone()))
        .collect();
    let by = |number| worker(number, at(0, 0)).act.by;
    assert_eq!(
        words,
        [
            (by(1), "已看过新的".into()),
            (by(2), "老板补充：下周换灭火器".into())
        ]
    );
    let refused = |edit| code(apply(&document, edit, 1, at(16, 0)));
    assert_eq!(refused(amend(9, "没有这次")), Some(Code::NotFound));
    assert_eq!(refused(amend(1, " ")), Some(Code::MissingReason));
    assert_eq!(
        refused(amend(1, "老板电话 142-0000-0009")),
        Some(Code::TextLooksLikePhone)
    );
}

#[test]
fn a_form_that_cannot_be_true_is_refused_with_its_code() {
    let born = born();
    let refused = |change: &dyn Fn(&mut NewPlaceVisit)| {
        let mut visit = visit(1, at(15, 20));
        change(&mut visit);
        code(apply(&born, PlaceEdit::RecordVisit(visit), 1, at(15, 30)))
    };
    let range = Some(Code::ValueOutOfRange);
    assert_eq!(refused(&|_| ()), None);
    assert_eq!(refused(&|v| v.ended_at = v.started_at.plus_ms(-1)), range);
    assert_eq!(refused(&|v| v.outcome = PlaceOutcome::Closed), range);
    assert_eq!(refused(&|v| v.answers.clear()), Some(Code::MissingAnswer));
    assert_eq!(
        refused(&|v| v.checklist = None),
        range,
        "answers to nothing"
    );
    let none = |v: &mut NewPlaceVisit| {
        v.checklist = None;
        v.answers.clear();
    };
    assert_eq!(refused(&none), None, "a kind of place without a checklist");
    assert_eq!(refused(&|v| v.answers.push(v.answers[0].clone())), range);
    assert_eq!(refused(&|v| v.answers[0].item = " ".into()), range);
    assert_eq!(
        refused(&|v| v.answers[0].item = "x".repeat(33)),
        Some(Code::TextTooLong)
    );
    let many = |v: &mut NewPlaceVisit| {
        let more = (0..36).map(|n| answered(&format!("item {n}"), CheckAnswer::Pass));
        v.answers.extend(more);
    };
    assert_eq!(refused(&many), range);
    assert_eq!(refused(&|v| v.leaflets.push("fire".into())), range);
    let incident = IncidentId(uuid(6, 1));
    assert_eq!(refused(&|v| v.incidents = vec![incident; 2]), range);
    assert_eq!(refused(&|v| v.next_due = day(9, 13)), range);
    assert_eq!(refused(&|v| v.next_due = day(9, 14)), None);
    let long = |count| Some("长".repeat(count));
    assert_eq!(refused(&|v| v.note = long(1000)), None);
    let too_long = Some(Code::TextTooLong);
    assert_eq!(refused(&|v| v.note = long(1001)), too_long);
    assert_eq!(refused(&|v| v.request = long(501)), too_long);
    assert_eq!(refused(&|v| v.answers[0].note = long(201)), too_long);
    let id = || Some("身份证 999901 19490315 0013".into());
    let looks = Some(Code::TextLooksLikeId);
    assert_eq!(refused(&|v| v.note = id()), looks);
    assert_eq!(refused(&|v| v.request = id()), looks);
    assert_eq!(refused(&|v| v.answers[2].note = id()), looks);
}

#[test]
fn a_helper_does_not_check_shops_and_late_in_the_evening_a_worker_does() {
    let born = born();
    let mut helper = worker(1, at(15, 30));
    helper.act.role = Role::Helper;
    let edit = PlaceEdit::RecordVisit(visit(1, at(15, 20)));
    assert_eq!(
        code(place::apply(born.clone(), &edit, &helper)),
        Some(Code::WrongRole)
    );
    let late = PlaceEdit::RecordVisit(visit(1, at(21, 40)));
    assert_eq!(code(apply(&born, late, 1, at(21, 50))), None);
}

#[test]
fn a_checklist_is_answered_whole_and_nothing_else_is() {
    let checklist = checklist();
    let fits = |change: &dyn Fn(&mut NewPlaceVisit)| {
        let mut visit = visit(1, at(15, 20));
        change(&mut visit);
        code(complete(&visit, &checklist))
    };
    let range = Some(Code::ValueOutOfRange);
    assert_eq!(fits(&|_| ()), None);
    assert_eq!(fits(&|v| drop(v.answers.pop())), Some(Code::MissingAnswer));
    assert_eq!(fits(&|v| v.answers[0].item = "tariff".into()), range);
    assert_eq!(fits(&|v| v.leaflets = vec!["lottery".into()]), range);
    let version = |v: &mut NewPlaceVisit| v.checklist.as_mut().expect("one").version = 1;
    assert_eq!(fits(&version), range);
    let shut = outside(1, at(15, 20), PlaceOutcome::Closed);
    assert_eq!(code(complete(&shut, &checklist)), None);
}

#[test]
fn a_shop_is_due_a_month_after_its_check_and_sooner_when_something_was_wanting() {
    let born = born();
    assert_eq!(
        due(&read(&born)),
        day(10, 14),
        "a month after it was listed"
    );
    let after = |visit| due(&read(&record(&born, 1, visit)));
    assert_eq!(after(visit(1, at(15, 20))), day(10, 14));
    let mut wanting = visit(1, at(15, 20));
    wanting.answers[0].answer = CheckAnswer::Fail;
    assert_eq!(after(wanting.clone()), day(9, 21));
    wanting.next_due = day(9, 15);
    assert_eq!(after(wanting), day(9, 15), "as agreed");
    let outside = |outcome| after(outside(1, at(15, 20), outcome));
    assert_eq!(outside(PlaceOutcome::Closed), day(9, 17));
    assert_eq!(outside(PlaceOutcome::Refused), day(9, 21));
    assert_eq!(outside(PlaceOutcome::Gone), None);
}

#[test]
fn a_shut_door_brings_no_check_forward_and_a_place_that_comes_back_is_due_again() {
    let checked = record(&born(), 1, visit(1, at(9, 0)));
    let shut = record(&checked, 2, outside(2, at(18, 0), PlaceOutcome::Closed));
    assert_eq!(due(&read(&shut)), day(10, 14));
    let gone = record(&shut, 1, outside(3, at(19, 0), PlaceOutcome::Gone));
    assert_eq!(due(&read(&gone)), None);
    let back = record(&gone, 1, outside(4, at(20, 0), PlaceOutcome::Closed));
    assert_eq!(
        due(&read(&back)),
        day(9, 17),
        "what was checked is another shop's"
    );
}
