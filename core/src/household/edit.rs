//! What people do to a household becomes one change, or a refusal.

use super::{
    Dwelling, DwellingAct, FieldChange, HouseholdEdit, NewMember, NewVisit, VisitOutcome, dwelling,
    member, rules,
};
use crate::{
    act::{Act, Role},
    amend,
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    field::Draft,
    form,
    ids::{DwellingEventId, HouseholdId, PersonId, VisitId},
    sync::message::DocumentKind,
    time::Timestamp,
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

// Acts on the dwelling and forms that were handed in stand among the amendments, answers and members' corrections among the
// fields: only a
// document's first change makes containers, and households listed by an older app have these six.
pub(super) use crate::amend::{AMENDMENTS, Amended, VISITS};

pub(super) const FIELDS: &str = "fields";
pub(super) const MEMBERS: &str = "members";
pub(super) const MEMBERS_LEFT: &str = "members_left";
pub(super) const NO_ENTRY: &str = "no_entry";

/// How long 不愿入户 stands after a refusal.
pub const NO_ENTRY_DAYS: u64 = 90;

/// A register's value with its source.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    /// Absent when it says that nobody knows.
    #[serde(default)]
    pub value: serde_json::Value,
    pub by: PersonId,
    pub at: Timestamp,
    #[serde(default)]
    pub visit: Option<VisitId>,
    /// A person chose it among several.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
}

/// 不愿入户 until that day; the latest day counts, whoever wrote it.
#[derive(Serialize, Deserialize)]
pub(super) struct NoEntry {
    pub by: PersonId,
    pub at: Timestamp,
    pub until: NaiveDate,
}

/// A household as the registry knows it; the only change that makes containers.
pub fn create(
    dwelling: &Dwelling,
    fields: &[FieldChange],
    members: &[NewMember],
    author: &Author,
) -> Result<Edited, Refusal> {
    begin(dwelling, None, fields, members, author)
}

/// A dwelling that somebody found at the door: one that was never listed, or a piece of one that was split, which takes
/// along what is still true of it.
pub fn add(
    dwelling: &Dwelling,
    part_of: Option<(DwellingEventId, HouseholdId)>,
    fields: &[FieldChange],
    members: &[NewMember],
    author: &Author,
) -> Result<Edited, Refusal> {
    dwelling::may(author.act.role)?;
    begin(dwelling, part_of, fields, members, author)
}

fn begin(
    dwelling: &Dwelling,
    part_of: Option<(DwellingEventId, HouseholdId)>,
    fields: &[FieldChange],
    members: &[NewMember],
    author: &Author,
) -> Result<Edited, Refusal> {
    rules::dwelling(dwelling)?;
    rules::fields(fields)?;
    for member in members {
        rules::member(member, &author.act)?;
    }
    document::create(
        dwelling.id.into(),
        DocumentKind::HOUSEHOLD,
        dwelling,
        &[FIELDS, MEMBERS, VISITS, AMENDMENTS, MEMBERS_LEFT, NO_ENTRY],
        author,
        |draft| {
            for field in fields {
                write_field(draft, field, &author.act, None, false)?;
            }
            for member in members {
                draft.fact(MEMBERS, &member.id, &author.act, member)?;
            }
            match part_of {
                None => Ok(()),
                Some((id, whole)) => {
                    let part = DwellingAct::PartOf { id, whole };
                    draft.fact(AMENDMENTS, &id, &author.act, &part)
                }
            }
        },
    )
}

/// Applies one edit. Facts are facts: a visit, member or amendment that is there already is refused
/// `ALREADY_RECORDED`, also with other words, so saving twice is one record.
pub fn apply(document: Document, edit: &HouseholdEdit, author: &Author) -> Result<Edited, Refusal> {
    let act = &author.act;
    if !may_visit(act.role) {
        return Err(Refusal::new(
            Code::WrongRole,
            format!("{:?} does not edit households", act.role),
        ));
    }
    match edit {
        HouseholdEdit::RecordVisit(visit) => {
            rules::visit(visit)?;
            document.absent(VISITS, &visit.id)?;
            document.edit(author, |draft| write_visit(draft, visit, act))
        }
        HouseholdEdit::AmendVisit { visit, note } => amend::amend(document, *visit, note, author),
        HouseholdEdit::ChangeField(field) => {
            field.check()?;
            document.edit(author, |draft| write_field(draft, field, act, None, false))
        }
        HouseholdEdit::ResolveConflict(field) => {
            field.check()?;
            document.edit(author, |draft| write_field(draft, field, act, None, true))
        }
        HouseholdEdit::AddMember(member) => {
            rules::member(member, act)?;
            document.absent(MEMBERS, &member.id)?;
            document.edit(author, |draft| draft.fact(MEMBERS, &member.id, act, member))
        }
        HouseholdEdit::CorrectMember { member, changes } => {
            document.present(MEMBERS, member)?;
            if document.absent(MEMBERS_LEFT, member).is_err() {
                return Err(Refusal::new(Code::NotFound, "who moved away is not listed"));
            }
            member::check(changes, act)?;
            document.edit(author, |draft| member::write(draft, *member, changes, act))
        }
        HouseholdEdit::MemberLeft { member } => {
            document.present(MEMBERS, member)?;
            document.absent(MEMBERS_LEFT, member)?;
            document.edit(author, |draft| {
                draft.fact(MEMBERS_LEFT, member, act, member)
            })
        }
        HouseholdEdit::VoidDwelling {
            event,
            reason,
            note,
            same_as,
        } => {
            dwelling::void(document.id().into(), *reason, note.as_deref(), *same_as)?;
            dwelling::may(act.role)?;
            document.absent(AMENDMENTS, event)?;
            dwelling::stands(&document)?;
            let done = DwellingAct::Void {
                id: *event,
                reason: *reason,
                note: note.clone(),
                same_as: *same_as,
            };
            document.edit(author, |draft| draft.fact(AMENDMENTS, event, act, &done))
        }
        HouseholdEdit::SplitDwelling { event, into } => {
            let whole = document
                .created::<Dwelling>()
                .ok_or_else(|| Refusal::new(Code::NotFound, "nobody can read what this is"))?;
            dwelling::parts(&whole, into)?;
            dwelling::may(act.role)?;
            document.absent(AMENDMENTS, event)?;
            dwelling::stands(&document)?;
            let done = DwellingAct::Split {
                id: *event,
                into: into.clone(),
            };
            document.edit(author, |draft| draft.fact(AMENDMENTS, event, act, &done))
        }
        HouseholdEdit::HandInForm(response) => {
            form::check(response)?;
            rules::fields(&response.changes)?;
            document.absent(AMENDMENTS, &response.id)?;
            document.edit(author, |draft| {
                form::write(draft, FIELDS, AMENDMENTS, response, act)?;
                let visit = response.visit;
                let mut changes = response.changes.iter();
                changes.try_for_each(|field| write_field(draft, field, act, visit, false))
            })
        }
        HouseholdEdit::TakeBackDwelling { event, events } => {
            dwelling::may(act.role)?;
            document.absent(AMENDMENTS, event)?;
            dwelling::may_be_taken_back(&document, events)?;
            let done = DwellingAct::TakeBack {
                id: *event,
                events: events.clone(),
            };
            document.edit(author, |draft| draft.fact(AMENDMENTS, event, act, &done))
        }
    }
}

/// Helpers see a chore card, not a household; desks and departments work on incidents.
pub(crate) fn may_visit(role: Role) -> bool {
    matches!(
        role,
        Role::Worker | Role::Lead | Role::Guide | Role::Secretary | Role::Steward
    )
}

fn write_visit(draft: &mut Draft<'_>, visit: &NewVisit, act: &Act) -> Result<(), Refusal> {
    draft.fact(VISITS, &visit.id, act, visit)?;
    for field in &visit.changes {
        write_field(draft, field, act, Some(visit.id), false)?;
    }
    if visit.outcome == VisitOutcome::Refused {
        let day = visit.ended_at.local_date();
        let until = day
            .checked_add_days(Days::new(NO_ENTRY_DAYS))
            .unwrap_or(day);
        let no_entry = NoEntry {
            by: act.by,
            at: act.recorded_at,
            until,
        };
        draft.insert(NO_ENTRY, &visit.id, &no_entry)?;
    }
    Ok(())
}

fn write_field(
    draft: &mut Draft<'_>,
    field: &FieldChange,
    act: &Act,
    visit: Option<VisitId>,
    settled: bool,
) -> Result<(), Refusal> {
    let written = Written {
        value: field.value()?,
        by: act.by,
        at: act.recorded_at,
        visit,
        settled,
    };
    draft.write(FIELDS, field.key().word(), &written)
}
