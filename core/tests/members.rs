//! Who lives behind 502 is entered once; what was entered wrong is put right beside it, and no merge picks a winner.

mod staircase;

use gridwalk_core::{
    document::Document,
    error::Code,
    household::{HouseholdEdit, MemberChange, MemberField, MemberView, view},
    ids::MemberId,
};
use staircase::*;

fn correct(changes: Vec<MemberChange>) -> HouseholdEdit {
    HouseholdEdit::CorrectMember {
        member: member(1, "").id,
        changes,
    }
}

fn name(name: &str) -> MemberChange {
    MemberChange::DisplayName(name.into())
}

fn first(document: &Document) -> MemberView {
    view(document).members.remove(0)
}

fn corrected(document: &Document, number: u8, minute: u32, changes: Vec<MemberChange>) -> Document {
    apply(document, &correct(changes), &worker(number, at(9, minute)))
        .expect("a correction")
        .document
}

#[test]
fn a_name_a_year_and_a_relation_are_put_right_and_what_was_entered_is_still_known() {
    let entered = member(1, "王阿姨");
    let changes = vec![
        name("王奶奶"),
        MemberChange::BirthYear(Some(1941)),
        MemberChange::Relation(Some("head".into())),
    ];
    let document = corrected(&household().document, 1, 5, changes);
    let now = first(&document);
    assert_eq!(now.member.id, entered.id);
    assert_eq!(now.member.display_name, "王奶奶");
    assert_eq!(now.member.birth_year, Some(1941));
    assert_eq!(now.member.relation.as_deref(), Some("head"));
    let fields: Vec<MemberField> = now.corrected.iter().map(|field| field.field).collect();
    assert_eq!(
        fields,
        [
            MemberField::DisplayName,
            MemberField::BirthYear,
            MemberField::Relation
        ]
    );
    assert_eq!(now.corrected[0].entered, name("王阿姨"));
    assert_eq!(now.corrected[0].values[0].at, at(9, 5));
    assert_eq!(view(&document).unreadable, 0);
    assert_eq!(view(&document).fields, view(&household().document).fields);
}

#[test]
fn a_year_that_nobody_knows_is_taken_away() {
    let known = corrected(
        &household().document,
        1,
        1,
        vec![MemberChange::BirthYear(Some(1941))],
    );
    let unknown = corrected(
        &known,
        1,
        2,
        vec![MemberChange::BirthYear(None), MemberChange::Relation(None)],
    );
    let now = first(&unknown);
    assert_eq!((now.member.birth_year, now.member.relation), (None, None));
    assert_eq!(now.corrected[0].values.len(), 1);
    assert_eq!(view(&unknown).unreadable, 0);
}

#[test]
fn two_who_put_the_same_name_right_are_both_heard_and_another_field_is_nobodys_loss() {
    let born = household().document;
    let one = corrected(&born, 1, 1, vec![name("王奶奶")]);
    let other = corrected(
        &born,
        2,
        2,
        vec![name("汪阿姨"), MemberChange::BirthYear(Some(1950))],
    );
    for both in [merged(&one, &other), merged(&other, &one)] {
        let now = first(&both);
        let said: Vec<&MemberChange> = now.corrected[0].values.iter().map(|v| &v.value).collect();
        assert_eq!(said, [&name("王奶奶"), &name("汪阿姨")], "newest last");
        assert_eq!(now.member.display_name, "汪阿姨");
        assert_eq!(now.member.birth_year, Some(1950));
        let settled = corrected(&both, 1, 3, vec![name("王奶奶")]);
        let now = first(&settled);
        assert_eq!(now.corrected[0].values.len(), 1);
        assert_eq!(now.member.display_name, "王奶奶");
    }
}

#[test]
fn somebody_who_moved_away_meanwhile_stays_away() {
    let born = household().document;
    let leave = HouseholdEdit::MemberLeft {
        member: member(1, "").id,
    };
    let left = apply(&born, &leave, &worker(2, at(9, 1))).expect("moved out");
    let right = corrected(&born, 1, 2, vec![name("王奶奶")]);
    let both = merged(&left.document, &right);
    assert!(view(&both).members.is_empty());
    assert_eq!(view(&both).unreadable, 0);
    let late = apply(&both, &correct(vec![name("王奶奶")]), &worker(1, at(9, 3)));
    assert_eq!(code(late), Some(Code::NotFound));
}

#[test]
fn what_does_not_fit_is_refused_and_nobody_is_made_up() {
    let born = household().document;
    let refused =
        |changes: Vec<MemberChange>| code(apply(&born, &correct(changes), &worker(1, at(9, 1))));
    assert_eq!(refused(Vec::new()), Some(Code::AlreadySo));
    assert_eq!(refused(vec![name(" ")]), Some(Code::ValueOutOfRange));
    assert_eq!(
        refused(vec![name(&"名".repeat(41))]),
        Some(Code::TextTooLong)
    );
    let year = |year| vec![MemberChange::BirthYear(Some(year))];
    assert_eq!(refused(year(1879)), Some(Code::ValueOutOfRange));
    assert_eq!(refused(year(2027)), Some(Code::ValueOutOfRange));
    let twice = vec![name("王奶奶"), name("汪阿姨")];
    assert_eq!(refused(twice), Some(Code::ValueOutOfRange));
    let nobody = HouseholdEdit::CorrectMember {
        member: MemberId(uuid(5, 77)),
        changes: vec![name("王奶奶")],
    };
    let made_up = apply(&born, &nobody, &worker(1, at(9, 1)));
    assert_eq!(code(made_up), Some(Code::NotFound));
}
