//! What a household's edits must satisfy. Each rule answers with the code that its screen translates.

use super::{Dwelling, FieldChange, NewMember, NewVisit, VisitKind, VisitOutcome};
use crate::{
    act::Act,
    error::{Code, Refusal},
    text,
    time::Timestamp,
};
use chrono::{Datelike, Timelike};

pub(super) fn dwelling(dwelling: &Dwelling) -> Result<(), Refusal> {
    text::plain(&dwelling.unit, 20)?;
    text::required(&dwelling.room, 20, Code::MissingPlace)
}

/// Each value fits its field, and no field comes twice.
pub(super) fn fields(fields: &[FieldChange]) -> Result<(), Refusal> {
    fields.iter().try_for_each(FieldChange::check)?;
    distinct(fields.iter().map(FieldChange::key))
}

pub(super) fn member(member: &NewMember, act: &Act) -> Result<(), Refusal> {
    member_name(&member.display_name)?;
    relation(member.relation.as_deref())?;
    birth_year(member.birth_year, act)
}

pub(super) fn member_name(name: &str) -> Result<(), Refusal> {
    text::required(name, 40, Code::ValueOutOfRange)
}

pub(super) fn relation(relation: Option<&str>) -> Result<(), Refusal> {
    text::plain(relation.unwrap_or_default(), 20)
}

/// Of somebody who lives and is born.
pub(super) fn birth_year(year: Option<u16>, act: &Act) -> Result<(), Refusal> {
    let this_year = act.recorded_at.local_date().year();
    match year {
        Some(year) if !(1880..=this_year).contains(&i32::from(year)) => {
            Err(out_of_range("birth year"))
        }
        _ => Ok(()),
    }
}

pub(super) fn visit(visit: &NewVisit) -> Result<(), Refusal> {
    if visit.ended_at < visit.started_at {
        return Err(out_of_range("the visit ends before it begins"));
    }
    if at_the_door(visit) && !visit.care_emergency && quiet(visit.started_at) {
        return Err(Refusal::new(
            Code::QuietHours,
            format!("a knock at {}", visit.started_at.shanghai().time()),
        ));
    }
    fields(&visit.changes)?;
    distinct(visit.confirmed.iter().copied())?;
    distinct(visit.incidents.iter().copied())?;
    if visit.incidents.len() > 20 || visit.persons_met.is_some_and(|met| met > 20) {
        return Err(out_of_range("more than twenty"));
    }
    if visit
        .next_due
        .is_some_and(|due| due < visit.started_at.local_date())
    {
        return Err(out_of_range("the next visit is before this one"));
    }
    text::note(visit.note.as_deref().unwrap_or_default(), 1000)
}

/// Every outcome but a call is a knock; a 电话探访 is a call whatever comes of it.
fn at_the_door(visit: &NewVisit) -> bool {
    visit.outcome != VisitOutcome::Phoned && visit.kind != VisitKind::Phone
}

/// Visits that nobody of the house asked for, in so many days (`domain.md` §3.4).
pub const UNINVITED: usize = 2;
const UNINVITED_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Whether another knock would be one too many: twice in 30 days is enough, care plans and calls apart.
pub fn too_often<'a>(visits: impl Iterator<Item = &'a NewVisit>, now: Timestamp) -> bool {
    let uninvited = |visit: &&NewVisit| {
        at_the_door(visit)
            && visit.kind != VisitKind::Care
            && !visit.care_emergency
            && (0..UNINVITED_MS).contains(&now.since(visit.ended_at))
    };
    visits.filter(uninvited).count() >= UNINVITED
}

/// From which minute of the day until which somebody may knock (`domain.md` §3.4).
pub const KNOCK_MINUTES: [u32; 2] = [8 * 60 + 30, 20 * 60 + 30];

/// Between 20:30 and 08:30 nobody knocks.
pub fn quiet(at: Timestamp) -> bool {
    let [from, until] = KNOCK_MINUTES;
    let minute = at.shanghai().hour() * 60 + at.shanghai().minute();
    !(from..until).contains(&minute)
}

pub(crate) fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        if !seen.insert(item) {
            return Err(out_of_range("the same twice"));
        }
    }
    Ok(())
}

pub(crate) fn out_of_range(what: &str) -> Refusal {
    Refusal::new(Code::ValueOutOfRange, what)
}
