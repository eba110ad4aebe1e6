//! What people do to a care plan becomes one change, or a refusal.

use super::{CareEdit, CareLevel, CareType, CareView, NeedState, NewCarePlan, rules, view};
use crate::{
    act::Act,
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    field::Draft,
    ids::NeedId,
    sync::message::DocumentKind,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(super) const CONSENTS: &str = "consents";
pub(super) const NEEDS: &str = "needs";
pub(super) const NEED_STATES: &str = "need_states";
pub(super) const SUPPORT: &str = "support";
pub(super) const TEAM: &str = "team";
pub(super) const FIELDS: &str = "fields";
/// Levels, types, withdrawals, ends and readings: everything that is about others of its kind.
pub(super) const LOG: &str = "log";

pub(super) const CONTACT: &str = "contact";
pub(super) const SAFETY_NOTE: &str = "safety_note";

/// How far a need is, under its id.
#[derive(Serialize, Deserialize)]
pub(super) struct Marked {
    pub need: NeedId,
    pub state: NeedState,
}

/// A plan begins, before anybody agreed to it: consent is an edit of its own.
pub fn create(
    new: &NewCarePlan,
    types: &[CareType],
    level: CareLevel,
    author: &Author,
) -> Result<Edited, Refusal> {
    let act = &author.act;
    rules::may_create(act.role)?;
    let mut distinct = types.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.is_empty() || distinct.len() != types.len() {
        return Err(rules::out_of_range("no care type, or the same twice"));
    }
    let first = types
        .iter()
        .map(|&care_type| CareEdit::AddType { care_type })
        .chain([CareEdit::SetLevel { level }]);
    document::create(
        new.id.into(),
        DocumentKind::CARE_PLAN,
        new,
        &[CONSENTS, NEEDS, NEED_STATES, SUPPORT, TEAM, FIELDS, LOG],
        author,
        |draft| {
            first.into_iter().try_for_each(|entry| {
                let id = entry_id(new.id.0, &entry, act)?;
                draft.fact(LOG, &id, act, &entry)
            })
        },
    )
}

/// Applies one edit. What was recorded already is refused `ALREADY_RECORDED`; what the consent does not cover, or what was
/// withdrawn, with the code that says so.
pub fn apply(document: Document, edit: &CareEdit, author: &Author) -> Result<Edited, Refusal> {
    let act = &author.act;
    rules::may_edit(act.role)?;
    match edit {
        CareEdit::GiveConsent(consent) => document.absent(CONSENTS, &consent.id)?,
        CareEdit::AddNeed(need) => document.absent(NEEDS, &need.id)?,
        CareEdit::LogSupport(support) => document.absent(SUPPORT, &support.id)?,
        CareEdit::JoinTeam(carer) => document.absent(TEAM, &carer.id)?,
        _ => {}
    }
    let now = view(&document);
    rules::stands(&now, edit, act)?;
    rules::fits(edit, act)?;
    match edit {
        CareEdit::GiveConsent(consent) => document.edit(author, |draft| {
            draft.fact(CONSENTS, &consent.id, act, consent)
        }),
        CareEdit::AddNeed(need) => {
            document.edit(author, |draft| draft.fact(NEEDS, &need.id, act, need))
        }
        CareEdit::MarkNeed { need, state } => {
            document.present(NEEDS, need)?;
            let known = now.needs.iter().find(|known| known.need.id == *need);
            if known.is_some_and(|known| known.state == *state && !known.differs) {
                return Err(Refusal::new(Code::AlreadySo, "the need is so already"));
            }
            document.edit(author, |draft| mark(draft, *need, *state, act))
        }
        CareEdit::LogSupport(support) => {
            for need in &support.needs_done {
                document.present(NEEDS, need)?;
            }
            document.edit(author, |draft| {
                draft.fact(SUPPORT, &support.id, act, support)?;
                let mut done = support.needs_done.iter();
                done.try_for_each(|need| mark(draft, *need, NeedState::Done, act))
            })
        }
        CareEdit::SetContact(_) => {
            document.edit(author, |draft| draft.fact(FIELDS, &CONTACT, act, edit))
        }
        CareEdit::SetSafetyNote { .. } => {
            document.edit(author, |draft| draft.fact(FIELDS, &SAFETY_NOTE, act, edit))
        }
        CareEdit::JoinTeam(carer) => {
            document.edit(author, |draft| draft.fact(TEAM, &carer.id, act, carer))
        }
        _ => log(document, &now, edit, author),
    }
}

fn mark(draft: &mut Draft<'_>, need: NeedId, state: NeedState, act: &Act) -> Result<(), Refusal> {
    draft.fact(NEED_STATES, &need, act, &Marked { need, state })
}

/// Entries of the log, as far as they say something new.
fn log(
    document: Document,
    now: &CareView,
    edit: &CareEdit,
    author: &Author,
) -> Result<Edited, Refusal> {
    let already = match edit {
        CareEdit::SetLevel { level } => now.level.level == *level && !now.level.differs(),
        CareEdit::AddType { care_type } => now.types.contains(care_type),
        CareEdit::RemoveType { care_type } => !now.types.contains(care_type),
        CareEdit::LeaveTeam { carer } => {
            document.present(TEAM, carer)?;
            !now.team.iter().any(|known| known.id == *carer)
        }
        CareEdit::Close { .. } => now.closed.is_some(),
        CareEdit::Reopen { .. } => now.closed.is_none(),
        _ => false,
    };
    if already {
        return Err(Refusal::new(Code::AlreadySo, "it is so already"));
    }
    if matches!(edit, CareEdit::RemoveType { .. }) && now.types.len() == 1 {
        return Err(rules::out_of_range("no care type is left; close the plan"));
    }
    let id = entry_id(document.id().0, edit, &author.act)?;
    document.absent(LOG, &id)?;
    document.edit(author, |draft| draft.fact(LOG, &id, &author.act, edit))
}

/// The same entry of the same moment has the same id, so that saving twice is one.
fn entry_id(plan: Uuid, entry: &CareEdit, act: &Act) -> Result<Uuid, Refusal> {
    let words = serde_json::to_string(entry)
        .map_err(|error| Refusal::new(Code::Internal, error.to_string()))?;
    let name = format!("{words} {} {}", act.by, act.recorded_at);
    Ok(Uuid::new_v5(&plan, name.as_bytes()))
}
