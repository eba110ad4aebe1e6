//! A household as it is read: every value that nobody has overruled, every visit, and what follows from them.
//! Reads any document without failing; what it does not understand it counts.

use super::{
    Dwelling, DwellingAct, FieldChange, FieldKey, FieldView, HouseholdView, MemberView, NewMember,
    Sourced, VisitView,
    dwelling::Standing,
    edit::{
        AMENDMENTS, Amended, FIELDS, MEMBERS, MEMBERS_LEFT, NO_ENTRY, NoEntry, VISITS, Written,
    },
    member,
    visit::KnownVisit,
};
use crate::{
    amend,
    document::Document,
    fact::Fact,
    field::{Item, Items},
    form::{self, FormHandedIn},
    ids::{BuildingId, MemberId},
    time::Timestamp,
};
use serde::Deserialize;
use std::collections::HashSet;
use uuid::Uuid;

/// Everything a screen or the registry needs. The same on every side that has the same changes.
///
/// Two clones of one phone may have written different words under one visit id; then both are listed.
pub fn view(document: &Document) -> HouseholdView {
    let mut unreadable = 0;
    let visits = document.facts::<KnownVisit>(VISITS, |visit| visit.0.id.0, &mut unreadable);
    let fields = fields(document, &visits, &mut unreadable);
    let no_entry: Items<NoEntry> = document.items(NO_ENTRY);
    unreadable += no_entry.unreadable;
    let members = members(document, &mut unreadable);
    let (words, acts, handed_in) = added(document, &mut unreadable);
    let visits = with_amendments(visits, words);
    let forms = form::read(document, FIELDS, handed_in, &mut unreadable);
    let standing = Standing::of(acts);
    unreadable += standing.ignored;
    let dwelling = document.created::<Dwelling>();
    let (building, unit, room) = dwelling.map_or_else(
        || (BuildingId(Uuid::nil()), String::new(), String::new()),
        |dwelling| (dwelling.building, dwelling.unit, dwelling.room),
    );
    HouseholdView {
        id: document.id().into(),
        building,
        unit,
        room,
        fields,
        no_entry_until: no_entry.read.iter().map(|item| item.value.until).max(),
        members,
        visits,
        void: standing.void,
        part_of: standing.part_of,
        events: standing.events,
        forms,
        unreadable,
    }
}

fn fields(
    document: &Document,
    visits: &[Item<Fact<KnownVisit>>],
    unreadable: &mut u32,
) -> Vec<FieldView> {
    let registers: Items<Written> = document.items(FIELDS);
    *unreadable += registers.unreadable;
    let mut read = Vec::new();
    for register in registers.read {
        if form::is_answer(&register.key) || member::is_members(&register.key) {
            continue;
        }
        let key = FieldKey::ALL
            .iter()
            .copied()
            .find(|key| key.word() == register.key);
        let value = key.and_then(|key| FieldChange::read(key, register.value.value.clone()));
        match key.zip(value) {
            Some((key, value)) => {
                let sourced = Sourced {
                    confirmed_at: confirmed_at(document, key, &register, visits),
                    value,
                    by: register.value.by,
                    at: register.value.at,
                    visit: register.value.visit,
                };
                read.push((key, register.change, sourced));
            }
            None => *unreadable += 1,
        }
    }
    read.sort_by_key(|(key, change, sourced)| (*key, sourced.at, *change));
    let mut fields: Vec<FieldView> = Vec::new();
    for (field, _, sourced) in read {
        match fields.last_mut().filter(|last| last.field == field) {
            Some(last) => last.values.push(sourced),
            None => fields.push(FieldView {
                field,
                values: vec![sourced],
            }),
        }
    }
    fields
}

/// The last visit whose worker had this very value before the eyes and ticked it. A confirmation made without knowing
/// of a newer value says nothing about it, however late it was.
fn confirmed_at(
    document: &Document,
    key: FieldKey,
    register: &Item<Written>,
    visits: &[Item<Fact<KnownVisit>>],
) -> Option<Timestamp> {
    let mut ticked: Vec<_> = visits
        .iter()
        .filter(|visit| visit.value.item.0.confirmed.contains(&key))
        .collect();
    ticked.sort_by_key(|visit| std::cmp::Reverse(visit.value.item.0.ended_at));
    ticked
        .iter()
        .find(|visit| {
            document
                .operations_at(FIELDS, key.word(), &visit.change)
                .contains(&register.operation)
        })
        .map(|visit| visit.value.item.0.ended_at)
}

fn members(document: &Document, unreadable: &mut u32) -> Vec<MemberView> {
    let members = document.facts::<NewMember>(MEMBERS, |member| member.id.0, unreadable);
    let left = document.facts::<MemberId>(MEMBERS_LEFT, |member| member.0, unreadable);
    let left: HashSet<&String> = left.iter().map(|item| &item.key).collect();
    let mut corrections = member::corrections(document, unreadable);
    let mut here: Vec<MemberView> = members
        .iter()
        .filter(|item| !left.contains(&item.key))
        .map(|item| {
            let (member, corrected) =
                member::put_right(&item.value.item, &mut corrections, unreadable);
            MemberView {
                member,
                since: item.value.act.recorded_at,
                corrected,
            }
        })
        .collect();
    here.sort_by_key(|member| (member.since, member.member.id));
    here
}

/// What is put down after the fact: words to a visit, an act on the dwelling, or a form that was handed in.
#[derive(Deserialize)]
#[serde(untagged)]
enum Added {
    Words(Amended),
    Act(DwellingAct),
    Form(FormHandedIn),
}

type Facts<T> = Vec<Item<Fact<T>>>;

/// Words to visits, acts on the dwelling, and forms that were handed in.
pub(super) fn added(
    document: &Document,
    unreadable: &mut u32,
) -> (Facts<Amended>, Facts<DwellingAct>, Facts<FormHandedIn>) {
    let all: Items<Fact<Added>> = document.items(AMENDMENTS);
    *unreadable += all.unreadable;
    let (mut words, mut acts, mut forms) = (Vec::new(), Vec::new(), Vec::new());
    for item in all.read {
        let Item {
            key,
            change,
            operation,
            value: Fact { act, item: added },
        } = item;
        match added {
            Added::Words(item) => words.push(Item {
                key,
                change,
                operation,
                value: Fact { act, item },
            }),
            Added::Act(item) => acts.push(Item {
                key,
                change,
                operation,
                value: Fact { act, item },
            }),
            Added::Form(item) => forms.push(Item {
                key,
                change,
                operation,
                value: Fact { act, item },
            }),
        }
    }
    (words, acts, forms)
}

fn with_amendments(
    visits: Vec<Item<Fact<KnownVisit>>>,
    mut amended: Facts<Amended>,
) -> Vec<VisitView> {
    amend::sort(&mut amended);
    let mut read: Vec<VisitView> = visits
        .into_iter()
        .map(|item| VisitView {
            amendments: amend::of_visit(&amended, item.value.item.0.id),
            by: item.value.act.by,
            recorded_at: item.value.act.recorded_at,
            visit: item.value.item.0,
        })
        .collect();
    read.sort_by_key(|visit| std::cmp::Reverse((visit.recorded_at, visit.visit.id)));
    read
}
