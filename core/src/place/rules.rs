//! What a visit to a place must satisfy. Each rule answers with the code that its screen translates.

use super::{Answered, NewPlace, NewPlaceVisit, PlaceOutcome};
use crate::{
    error::{Code, Refusal},
    household::{distinct, out_of_range},
    reference::Checklist,
    text,
};

/// Nobody asks more than this of a shopkeeper.
const ITEMS: usize = 40;
const LEAFLETS: usize = 10;
/// Of an item, a leaflet, a kind.
const CODE: usize = 32;

pub(super) fn place(new: &NewPlace) -> Result<(), Refusal> {
    text::required(&new.name, 60, Code::MissingPlace)?;
    text::required(&new.kind, CODE, Code::MissingCategory)?;
    text::note(new.address.as_deref().unwrap_or_default(), 60)
}

/// Whatever the checklist.
pub(super) fn visit(visit: &NewPlaceVisit) -> Result<(), Refusal> {
    if visit.ended_at < visit.started_at {
        return Err(out_of_range("the visit ends before it begins"));
    }
    let checked = visit.outcome == PlaceOutcome::Checked;
    match &visit.checklist {
        Some(name) => text::required(&name.kind, CODE, Code::ValueOutOfRange)?,
        None if !visit.answers.is_empty() => {
            return Err(out_of_range("answers to no checklist"));
        }
        None => {}
    }
    if !checked && !visit.answers.is_empty() {
        return Err(out_of_range("answers of a place that nobody looked at"));
    }
    if checked && visit.checklist.is_some() && visit.answers.is_empty() {
        return Err(Refusal::new(Code::MissingAnswer, "nothing was answered"));
    }
    if visit.answers.len() > ITEMS || visit.leaflets.len() > LEAFLETS || visit.incidents.len() > 20
    {
        return Err(out_of_range("too many"));
    }
    for Answered { item, note, .. } in &visit.answers {
        text::required(item, CODE, Code::ValueOutOfRange)?;
        text::note(note.as_deref().unwrap_or_default(), 200)?;
    }
    for leaflet in &visit.leaflets {
        text::required(leaflet, CODE, Code::ValueOutOfRange)?;
    }
    distinct(visit.answers.iter().map(|answered| &answered.item))?;
    distinct(visit.leaflets.iter())?;
    distinct(visit.incidents.iter())?;
    if visit
        .next_due
        .is_some_and(|due| due < visit.started_at.local_date())
    {
        return Err(out_of_range("the next visit is before this one"));
    }
    text::note(visit.request.as_deref().unwrap_or_default(), 500)?;
    text::note(visit.note.as_deref().unwrap_or_default(), 1000)
}

/// Whether a visit answers this checklist: every item once, and no other. Asked by whoever has the checklist at hand; a
/// document does not.
pub fn complete(visit: &NewPlaceVisit, checklist: &Checklist) -> Result<(), Refusal> {
    if visit.checklist.as_ref() != Some(&checklist.name()) {
        return Err(out_of_range("another checklist"));
    }
    let asked = |item: &str| checklist.items.iter().any(|known| known.id == item);
    if visit.answers.iter().any(|answered| !asked(&answered.item)) {
        return Err(out_of_range("an answer to what nobody asked"));
    }
    let known = |leaflet: &String| checklist.leaflets.iter().any(|one| one.id == *leaflet);
    if !visit.leaflets.iter().all(known) {
        return Err(out_of_range("a leaflet that nobody printed"));
    }
    let answered = |item: &str| visit.answers.iter().any(|given| given.item == item);
    let open = checklist.items.iter().filter(|item| !answered(&item.id));
    match (visit.outcome, open.count()) {
        (PlaceOutcome::Checked, open) if open > 0 => Err(Refusal::new(
            Code::MissingAnswer,
            format!("{open} items without an answer"),
        )),
        _ => Ok(()),
    }
}
