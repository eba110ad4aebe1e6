//! What happens at the door of 502, and what the registry reads afterwards.

mod staircase;

use gridwalk_core::{
    act::Role,
    error::Code,
    household::{self, FieldChange, FieldKey, HouseholdEdit, VisitKind, VisitOutcome, view},
    ids::{IncidentId, MemberId, VisitId},
    time::Timestamp,
};
use staircase::*;

fn phone(number: &str) -> FieldChange {
    FieldChange::ContactPhone(number.into())
}

fn values(document: &gridwalk_core::document::Document, key: FieldKey) -> Vec<FieldChange> {
    let view = view(document);
    let field = view.fields.iter().find(|field| field.field == key);
    field
        .into_iter()
        .flat_map(|field| &field.values)
        .map(|sourced| sourced.value.clone())
        .collect()
}

#[test]
fn a_new_household_reads_as_the_registry_made_it() {
    let view = view(&household().document);
    assert_eq!(
        (view.id, view.building),
        (dwelling().id, dwelling().building)
    );
    assert_eq!((view.unit.as_str(), view.room.as_str()), ("2单元", "502"));
    let keys: Vec<FieldKey> = view.fields.iter().map(|field| field.field).collect();
    assert_eq!(
        keys,
        [
            FieldKey::Use,
            FieldKey::HouseholdSize,
            FieldKey::ContactName,
            FieldKey::ContactPhone
        ]
    );
    assert_eq!(view.members[0].member, member(1, "王阿姨"));
    assert_eq!((view.unreadable, view.no_entry_until), (0, None));
    assert!(view.visits.is_empty());
}

#[test]
fn a_visit_is_read_back_as_it_was_handed_in() {
    let mut handed_in = visit(1, at(9, 10));
    handed_in.changes = vec![phone("142 0000 0002")];
    handed_in.note = Some("说下周女儿来".into());
    handed_in.incidents = vec![IncidentId(uuid(6, 1))];
    let document = record(&household().document, 1, handed_in.clone()).document;
    let view = view(&document);
    assert_eq!(view.visits.len(), 1);
    assert_eq!(view.visits[0].visit, handed_in);
    assert_eq!(view.visits[0].by, worker(1, at(0, 0)).act.by);
    assert_eq!(view.visits[0].recorded_at, handed_in.ended_at);
    let phone_field = &view.fields[3].values;
    assert_eq!(
        phone_field.len(),
        1,
        "the new number is written over the old one"
    );
    assert_eq!(phone_field[0].visit, Some(handed_in.id));
}

#[test]
fn a_visit_without_changes_is_one_operation_and_under_one_kilobyte() {
    let mut nothing_new = visit(1, at(9, 10));
    nothing_new.confirmed = FieldKey::ALL.to_vec();
    let change = record(&household().document, 1, nothing_new).change;
    let header = gridwalk_core::scan::scan_change(&change.bytes, &Default::default());
    assert_eq!(
        header.expect("our own change").ops,
        1,
        "one fact, one operation"
    );
    assert!(change.bytes.len() < 768, "{} bytes", change.bytes.len());
}

#[test]
fn two_visits_on_one_day_are_two_records_newest_first() {
    let born = household().document;
    let nine_ten = record(&born, 1, visit(1, at(9, 10))).document;
    let nine_forty = record(&born, 2, visit(2, at(9, 40))).document;
    for both in [
        merged(&nine_ten, &nine_forty),
        merged(&nine_forty, &nine_ten),
    ] {
        let ids: Vec<VisitId> = view(&both).visits.iter().map(|v| v.visit.id).collect();
        assert_eq!(ids, [visit(2, at(9, 40)).id, visit(1, at(9, 10)).id]);
    }
}

#[test]
fn two_numbers_written_at_once_both_stand_until_a_person_settles_it() {
    let born = household().document;
    let mut one = visit(1, at(9, 10));
    one.changes = vec![phone("142 0000 0002")];
    let mut two = visit(2, at(9, 40));
    two.changes = vec![phone("142 0000 0003")];
    let both = merged(
        &record(&born, 2, two).document,
        &record(&born, 1, one).document,
    );
    assert_eq!(
        values(&both, FieldKey::ContactPhone),
        [phone("142 0000 0002"), phone("142 0000 0003")]
    );
    let chosen = HouseholdEdit::ResolveConflict(phone("142 0000 0002"));
    let settled = apply(&both, &chosen, &worker(1, at(15, 0))).expect("settled");
    assert_eq!(
        values(&settled.document, FieldKey::ContactPhone),
        [phone("142 0000 0002")]
    );
}

#[test]
fn a_visit_saved_twice_is_one_visit_and_its_words_stay() {
    let first = visit(1, at(9, 10));
    let document = record(&household().document, 1, first.clone()).document;
    let mut other_words = first.clone();
    other_words.note = Some("换了说法".into());
    for again in [first.clone(), other_words] {
        let edit = HouseholdEdit::RecordVisit(again);
        let refused = apply(&document, &edit, &worker(1, at(9, 20)));
        assert_eq!(code(refused), Some(Code::AlreadyRecorded));
    }
    assert_eq!(view(&document).visits[0].visit, first);
}

#[test]
fn amendments_are_added_beside_the_visit_in_order() {
    let document = record(&household().document, 1, visit(1, at(9, 10))).document;
    let amend = |note: &str| HouseholdEdit::AmendVisit {
        visit: visit(1, at(9, 10)).id,
        note: note.into(),
    };
    let second = apply(&document, &amend("晚上又来电"), &worker(2, at(19, 0))).expect("second");
    let both = apply(&second.document, &amend("漏写一句"), &worker(1, at(11, 0))).expect("first");
    let again = apply(&both.document, &amend("漏写一句"), &worker(1, at(11, 0)));
    assert_eq!(code(again), Some(Code::AlreadyRecorded));
    let read = view(&both.document);
    let notes: Vec<&str> = read.visits[0]
        .amendments
        .iter()
        .map(|amendment| amendment.note.as_str())
        .collect();
    assert_eq!(notes, ["漏写一句", "晚上又来电"]);
    let unknown = HouseholdEdit::AmendVisit {
        visit: VisitId(uuid(2, 99)),
        note: "没有这次".into(),
    };
    assert_eq!(
        code(apply(&document, &unknown, &worker(1, at(11, 0)))),
        Some(Code::NotFound)
    );
}

#[test]
fn what_a_visit_confirmed_carries_its_date_and_nothing_else_does() {
    let mut nothing_new = visit(1, at(9, 10));
    nothing_new.confirmed = vec![FieldKey::ContactPhone];
    let document = record(&household().document, 1, nothing_new.clone()).document;
    let fields = view(&document).fields;
    let confirmed: Vec<_> = fields
        .iter()
        .map(|field| field.values[0].confirmed_at)
        .collect();
    assert_eq!(confirmed, [None, None, None, Some(nothing_new.ended_at)]);
}

#[test]
fn a_confirmation_made_without_knowing_of_a_newer_value_does_not_confirm_it() {
    let born = household().document;
    let mut newer = visit(1, at(9, 10));
    newer.changes = vec![phone("142 0000 0002")];
    let mut unaware = visit(2, at(9, 40));
    unaware.confirmed = vec![FieldKey::ContactPhone];
    let both = merged(
        &record(&born, 1, newer).document,
        &record(&born, 2, unaware).document,
    );
    assert_eq!(
        values(&both, FieldKey::ContactPhone),
        [phone("142 0000 0002")]
    );
    assert_eq!(view(&both).fields[3].values[0].confirmed_at, None);
}

#[test]
fn a_refusal_stands_ninety_days_and_no_merge_loses_it() {
    let born = household().document;
    let mut refused = visit(1, at(9, 10));
    refused.outcome = VisitOutcome::Refused;
    let refused = record(&born, 1, refused).document;
    let met = record(&born, 2, visit(2, at(9, 40))).document;
    let until = chrono::NaiveDate::from_ymd_opt(2026, 12, 13);
    assert_eq!(view(&merged(&met, &refused)).no_entry_until, until);
    let mut again = visit(3, at(10, 0).plus_ms(86_400_000));
    again.outcome = VisitOutcome::Refused;
    let again = record(&born, 3, again).document;
    assert_eq!(
        view(&merged(&again, &refused)).no_entry_until,
        until.and_then(|day| day.succ_opt()),
        "the later end counts"
    );
}

#[test]
fn nobody_knocks_between_half_past_eight_and_half_past_eight() {
    let born = household().document;
    let knock = |start: Timestamp, kind: VisitKind, outcome: VisitOutcome, emergency: bool| {
        let mut visit = visit(1, start);
        (visit.kind, visit.outcome, visit.care_emergency) = (kind, outcome, emergency);
        let author = worker(1, visit.ended_at);
        code(apply(&born, &HouseholdEdit::RecordVisit(visit), &author))
    };
    use {VisitKind::*, VisitOutcome::*};
    let quiet = Some(Code::QuietHours);
    for outcome in [Met, NotHome, VisitOutcome::Refused, MovedOut, WrongDoor] {
        assert_eq!(
            knock(at(20, 30), Routine, outcome, false),
            quiet,
            "{outcome:?}"
        );
    }
    assert_eq!(knock(at(8, 29), Care, Met, false), quiet);
    assert_eq!(knock(at(0, 0), Routine, Met, false), quiet);
    assert_eq!(knock(at(8, 30), Routine, Met, false), None);
    assert_eq!(knock(at(20, 29), Routine, Met, false), None);
    assert_eq!(knock(at(22, 0), Care, Met, true), None, "care emergency");
    assert_eq!(knock(at(22, 0), Routine, Phoned, false), None, "a call");
    assert_eq!(
        knock(at(22, 0), Phone, NotHome, false),
        None,
        "a call nobody took"
    );
}

#[test]
fn a_form_that_cannot_be_true_is_refused_with_its_code() {
    let born = household().document;
    let refused = |change: &dyn Fn(&mut household::NewVisit)| {
        let mut visit = visit(1, at(9, 10));
        change(&mut visit);
        code(apply(
            &born,
            &HouseholdEdit::RecordVisit(visit),
            &worker(1, at(9, 20)),
        ))
    };
    let range = Some(Code::ValueOutOfRange);
    assert_eq!(refused(&|_| ()), None);
    assert_eq!(refused(&|v| v.ended_at = v.started_at.plus_ms(-1)), range);
    assert_eq!(
        refused(&|v| v.changes = vec![FieldChange::HouseholdSize(21)]),
        range
    );
    assert_eq!(
        refused(&|v| v.changes = vec![FieldChange::HouseholdSize(20)]),
        None
    );
    assert_eq!(refused(&|v| v.changes = vec![phone("打给女儿")]), range);
    assert_eq!(
        refused(&|v| v.changes = vec![phone("12345"), phone("12346")]),
        range
    );
    assert_eq!(refused(&|v| v.persons_met = Some(21)), range);
    assert_eq!(
        refused(&|v| v.next_due = chrono::NaiveDate::from_ymd_opt(2026, 9, 13)),
        range
    );
    let long = |count| Some("长".repeat(count));
    assert_eq!(refused(&|v| v.note = long(1000)), None);
    assert_eq!(refused(&|v| v.note = long(1001)), Some(Code::TextTooLong));
    let id = "身份证 999901 19490315 0013";
    assert_eq!(
        refused(&|v| v.note = Some(id.into())),
        Some(Code::TextLooksLikeId)
    );
    let notes = |words: &str| vec![FieldChange::Notes(words.into())];
    assert_eq!(
        refused(&|v| v.changes = notes(id)),
        Some(Code::TextLooksLikeId)
    );
    assert_eq!(
        refused(&|v| v.changes = notes("女儿电话 142-0000-0009")),
        Some(Code::TextLooksLikePhone)
    );
    assert_eq!(
        refused(&|v| v.changes = notes(&"长".repeat(501))),
        Some(Code::TextTooLong)
    );
    let name = FieldChange::ContactName("名".repeat(41));
    assert_eq!(
        refused(&|v| v.changes = vec![name.clone()]),
        Some(Code::TextTooLong)
    );
}

#[test]
fn members_come_and_go_as_facts() {
    let born = household().document;
    let add = HouseholdEdit::AddMember(member(2, "小王"));
    let two = apply(&born, &add, &worker(1, at(9, 0)))
        .expect("moved in")
        .document;
    assert_eq!(
        code(apply(&two, &add, &worker(1, at(9, 0)))),
        Some(Code::AlreadyRecorded)
    );
    let leave = HouseholdEdit::MemberLeft {
        member: member(1, "").id,
    };
    let left = apply(&two, &leave, &worker(1, at(9, 1)))
        .expect("moved out")
        .document;
    let names: Vec<String> = view(&left)
        .members
        .iter()
        .map(|member| member.member.display_name.clone())
        .collect();
    assert_eq!(names, ["小王"]);
    assert_eq!(
        code(apply(&left, &leave, &worker(1, at(9, 2)))),
        Some(Code::AlreadyRecorded)
    );
    let nobody = HouseholdEdit::MemberLeft {
        member: MemberId(uuid(5, 77)),
    };
    assert_eq!(
        code(apply(&born, &nobody, &worker(1, at(9, 2)))),
        Some(Code::NotFound)
    );
    let mut unborn = member(3, "小小王");
    unborn.birth_year = Some(2027);
    assert_eq!(
        code(apply(
            &born,
            &HouseholdEdit::AddMember(unborn),
            &worker(1, at(9, 2))
        )),
        Some(Code::ValueOutOfRange)
    );
}

#[test]
fn a_helper_does_not_edit_households() {
    let mut helper = worker(1, at(9, 20));
    helper.act.role = Role::Helper;
    let edit = HouseholdEdit::RecordVisit(visit(1, at(9, 10)));
    assert_eq!(
        code(apply(&household().document, &edit, &helper)),
        Some(Code::WrongRole)
    );
}
