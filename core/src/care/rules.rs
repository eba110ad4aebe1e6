//! What an edit of a care plan must satisfy. Each rule answers with the code that its screen translates.

use super::{
    CareEdit, CareView, ConsentScope, ConsentStanding, ConsentView, NewConsent, NewSupport,
    SupportKind,
};
use crate::{
    act::{Act, Role},
    error::{Code, Refusal},
    household::quiet,
    text,
    time::Timestamp,
};
use chrono::Days;
use std::collections::HashSet;

/// Nobody agrees for ever.
const LONGEST_CONSENT_DAYS: u64 = 731;
/// A clock that runs ahead by less is nobody's fault.
const CLOCKS_MS: i64 = 10 * 60_000;

/// Those who read the class of care plans, and nobody else.
pub(super) fn may_edit(role: Role) -> Result<(), Refusal> {
    match role {
        Role::Worker | Role::Lead | Role::Secretary => Ok(()),
        other => Err(wrong_role(other)),
    }
}

/// The registry's own hand brings what was there before.
pub(super) fn may_create(role: Role) -> Result<(), Refusal> {
    match role {
        Role::Steward => Ok(()),
        other => may_edit(other),
    }
}

fn wrong_role(role: Role) -> Refusal {
    Refusal::new(Code::WrongRole, format!("{role:?} has no care plans"))
}

/// Whether the plan is in a state in which this may be done.
pub(super) fn stands(now: &CareView, edit: &CareEdit, act: &Act) -> Result<(), Refusal> {
    let standing = now.consent.standing(act.recorded_at.local_date());
    if standing == ConsentStanding::Withdrawn {
        return match edit {
            CareEdit::GiveConsent(_) | CareEdit::Close { .. } | CareEdit::Reopen { .. } => Ok(()),
            CareEdit::WithdrawConsent { .. } => {
                Err(Refusal::new(Code::AlreadySo, "withdrawn already"))
            }
            _ => Err(Refusal::new(
                Code::ConsentWithdrawn,
                "the person does not want it any more",
            )),
        };
    }
    if now.closed.is_some() {
        return match edit {
            CareEdit::Reopen { .. } | CareEdit::WithdrawConsent { .. } | CareEdit::Open { .. } => {
                Ok(())
            }
            CareEdit::Close { .. } => Err(Refusal::new(Code::AlreadySo, "closed already")),
            _ => Err(Refusal::new(Code::CareClosed, "the plan was closed")),
        };
    }
    let Some(needed) = needs(edit) else {
        return Ok(());
    };
    match &now.consent {
        ConsentView::Given { scope, .. } if standing == ConsentStanding::Given => {
            if scope.contains(&needed) {
                return Ok(());
            }
            Err(Refusal::new(
                Code::ConsentScope,
                format!("{needed:?} was not agreed to"),
            ))
        }
        _ => Err(Refusal::new(
            Code::ConsentMissing,
            "nobody agreed, or not for this day",
        )),
    }
}

/// What the person must have agreed to.
fn needs(edit: &CareEdit) -> Option<ConsentScope> {
    match edit {
        CareEdit::LogSupport(support) => Some(match support.kind {
            SupportKind::Visit | SupportKind::Phone | SupportKind::Company => ConsentScope::Visits,
            _ => ConsentScope::Help,
        }),
        CareEdit::SetSafetyNote { .. } => Some(ConsentScope::Visits),
        CareEdit::AddNeed(_) | CareEdit::MarkNeed { .. } => Some(ConsentScope::Help),
        CareEdit::SetContact(_) => Some(ConsentScope::Contact),
        CareEdit::JoinTeam(_) => Some(ConsentScope::Team),
        _ => None,
    }
}

/// Whether what was typed may stand in its field.
pub(super) fn fits(edit: &CareEdit, act: &Act) -> Result<(), Refusal> {
    match edit {
        CareEdit::GiveConsent(consent) => consent_fits(consent, act),
        CareEdit::WithdrawConsent { reason } => {
            text::note(reason.as_deref().unwrap_or_default(), 200)
        }
        CareEdit::AddNeed(need) => {
            text::required(&need.detail, 200, Code::MissingWords)?;
            text::note(&need.detail, 200)
        }
        CareEdit::LogSupport(support) => support_fits(support, act),
        CareEdit::SetContact(contact) => {
            text::required(&contact.name, 40, Code::MissingWords)?;
            text::note(&contact.name, 40)?;
            text::phone(&contact.phone)
        }
        CareEdit::SetSafetyNote { note } => text::note(note, 200),
        CareEdit::JoinTeam(carer) => {
            text::required(&carer.name, 40, Code::MissingWords)?;
            text::note(&carer.name, 40)
        }
        CareEdit::Open { reason } | CareEdit::Close { reason } | CareEdit::Reopen { reason } => {
            text::required(reason, 200, Code::MissingReason)?;
            text::note(reason, 200)
        }
        CareEdit::SetLevel { .. }
        | CareEdit::AddType { .. }
        | CareEdit::RemoveType { .. }
        | CareEdit::MarkNeed { .. }
        | CareEdit::LeaveTeam { .. } => Ok(()),
    }
}

fn consent_fits(consent: &NewConsent, act: &Act) -> Result<(), Refusal> {
    text::required(&consent.witness, 40, Code::MissingWitness)?;
    text::note(&consent.witness, 40)?;
    let distinct: HashSet<_> = consent.scope.iter().collect();
    if distinct.is_empty() || distinct.len() != consent.scope.len() {
        return Err(out_of_range("a consent to nothing, or twice to the same"));
    }
    not_to_come(consent.given_at, act)?;
    let given = consent.given_at.local_date();
    let longest = given.checked_add_days(Days::new(LONGEST_CONSENT_DAYS));
    if consent.expires < given || longest.is_some_and(|last| consent.expires > last) {
        return Err(out_of_range(
            "a consent that ends before it begins, or never",
        ));
    }
    Ok(())
}

fn support_fits(support: &NewSupport, act: &Act) -> Result<(), Refusal> {
    not_to_come(support.at, act)?;
    if support.kind == SupportKind::Visit && !support.emergency && quiet(support.at) {
        return Err(Refusal::new(Code::QuietHours, "a knock in the quiet hours"));
    }
    let distinct: HashSet<_> = support.needs_done.iter().collect();
    if distinct.len() != support.needs_done.len() || distinct.len() > 20 {
        return Err(out_of_range("a need twice, or more than twenty"));
    }
    text::note(support.note.as_deref().unwrap_or_default(), 500)
}

fn not_to_come(at: Timestamp, act: &Act) -> Result<(), Refusal> {
    if at.since(act.recorded_at) <= CLOCKS_MS {
        return Ok(());
    }
    Err(out_of_range("in the future"))
}

pub(super) fn out_of_range(what: &str) -> Refusal {
    Refusal::new(Code::ValueOutOfRange, what)
}
