//! A care plan as it is read. Reads any document without failing; what it does not understand it counts.

use super::{
    CareEdit, CareMark, CareView, ConsentView, ContactView, NeedState, NeedView, NewCarePlan,
    NewCarer, NewConsent, NewNeed, NewSupport, OpenView, SafetyNoteView, SupportView,
    edit::{CONSENTS, FIELDS, LOG, Marked, NEED_STATES, NEEDS, SUPPORT, TEAM},
    standing::Standing,
};
use crate::{
    document::Document,
    fact::Fact,
    field::{Item, Items},
    ids::{HouseholdId, NeedId, PersonId},
    time::Timestamp,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Everything a screen or the registry needs. The same on every side that has the same changes.
pub fn view(document: &Document) -> CareView {
    let mut unreadable = 0;
    let log: Items<Fact<CareEdit>> = document.items(LOG);
    unreadable += log.unreadable;
    let consents = document.facts::<NewConsent>(CONSENTS, |consent| consent.id.0, &mut unreadable);
    let support = document.facts::<NewSupport>(SUPPORT, |done| done.id.0, &mut unreadable);
    let standing = Standing::new(document, log.read, consents, support);
    let created = document.created_act();
    let closed = standing.closed();
    let mut view = CareView {
        created: document.created().unwrap_or_else(|| NewCarePlan {
            id: document.id().into(),
            household: HouseholdId(Uuid::nil()),
            person: None,
        }),
        begun: created.map_or(
            CareMark {
                by: PersonId(Uuid::nil()),
                at: Timestamp::default(),
            },
            |act| CareMark {
                by: act.by,
                at: act.recorded_at,
            },
        ),
        types: standing.types(),
        level: standing.level(),
        consent: standing.consent(),
        needs: needs(document, &mut unreadable),
        support: supported(&standing),
        contacts: Vec::new(),
        safety_notes: Vec::new(),
        team: team(document, &standing, &mut unreadable),
        opens: standing
            .opens()
            .into_iter()
            .rev()
            .map(|(act, reason)| OpenView {
                reason: reason.clone(),
                by: act.by,
                at: act.recorded_at,
            })
            .collect(),
        last_seen: None,
        reopen_asked: closed.as_ref().is_some_and(|(_, helped)| *helped),
        closed: closed.map(|(closed, _)| closed),
        unreadable,
    };
    view.last_seen = view
        .support
        .iter()
        .filter(|done| done.support.seen && !done.overruled)
        .map(|done| done.support.at)
        .max();
    read_fields(document, &mut view);
    if matches!(view.consent, ConsentView::Withdrawn { .. }) {
        // Nobody reads on what somebody took back. The document keeps it until the plan is erased.
        view = without_words(view);
    }
    view
}

/// What may stand in a list, or in a table that others read than those of its class: no details, notes, contacts and names.
pub fn without_words(mut view: CareView) -> CareView {
    view.needs
        .iter_mut()
        .for_each(|need| need.need.detail.clear());
    view.support
        .iter_mut()
        .for_each(|done| done.support.note = None);
    view.contacts.clear();
    view.safety_notes.clear();
    view.team.clear();
    view
}

fn needs(document: &Document, unreadable: &mut u32) -> Vec<NeedView> {
    let marks = document.facts::<Marked>(NEED_STATES, |marked| marked.need.0, unreadable);
    let mut states: HashMap<NeedId, Vec<NeedState>> = HashMap::new();
    for mark in marks {
        let marked = mark.value.item;
        states.entry(marked.need).or_default().push(marked.state);
    }
    let mut needs = document.facts::<NewNeed>(NEEDS, |need| need.id.0, unreadable);
    needs.sort_by_key(|item| (item.value.act.recorded_at, item.value.item.id, item.change));
    let read = needs.into_iter().map(|item| {
        let states = states
            .get(&item.value.item.id)
            .map_or(&[][..], Vec::as_slice);
        let state = states.iter().min().copied().unwrap_or(NeedState::Todo);
        NeedView {
            differs: states.iter().any(|other| *other != state),
            state,
            by: item.value.act.by,
            at: item.value.act.recorded_at,
            need: item.value.item,
        }
    });
    read.collect()
}

fn supported(standing: &Standing) -> Vec<SupportView> {
    let mut done: Vec<SupportView> = standing
        .support()
        .into_iter()
        .map(|(item, overruled)| SupportView {
            support: item.value.item.clone(),
            by: item.value.act.by,
            recorded_at: item.value.act.recorded_at,
            overruled,
        })
        .collect();
    done.sort_by_key(|done| std::cmp::Reverse((done.recorded_at, done.support.id)));
    done
}

fn team(document: &Document, standing: &Standing, unreadable: &mut u32) -> Vec<NewCarer> {
    let left = standing.left();
    let mut team = document.facts::<NewCarer>(TEAM, |carer| carer.id.0, unreadable);
    team.sort_by_key(|item| (item.value.act.recorded_at, item.value.item.id, item.change));
    team.into_iter()
        .map(|item| item.value.item)
        .filter(|carer| !left.contains(&carer.id.0))
        .collect()
}

fn read_fields(document: &Document, view: &mut CareView) {
    let fields: Items<Fact<CareEdit>> = document.items(FIELDS);
    view.unreadable += fields.unreadable;
    let mut values: Vec<Item<Fact<CareEdit>>> = fields.read;
    values.sort_by_key(|item| (item.value.act.recorded_at, item.change));
    for item in values {
        let (by, at) = (item.value.act.by, item.value.act.recorded_at);
        match item.value.item {
            CareEdit::SetContact(contact) => view.contacts.push(ContactView { contact, by, at }),
            CareEdit::SetSafetyNote { note } if note.trim().is_empty() => {}
            CareEdit::SetSafetyNote { note } => {
                view.safety_notes.push(SafetyNoteView { note, by, at });
            }
            _ => view.unreadable += 1,
        }
    }
}
