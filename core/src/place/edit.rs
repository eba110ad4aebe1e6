//! What people do to a place becomes one change, or a refusal.

use super::{NewPlace, PlaceEdit, rules};
use crate::{
    amend::{self, AMENDMENTS, VISITS},
    document::{self, Author, Document, Edited},
    error::{Code, Refusal},
    household,
    sync::message::DocumentKind,
};

/// A place as the registry knows it. Whoever answers for the list of doors answers for that of places.
pub fn create(new: &NewPlace, author: &Author) -> Result<Edited, Refusal> {
    if !household::may_rearrange(author.act.role) {
        return Err(wrong_role(author, "lists no places"));
    }
    rules::place(new)?;
    // Made now, because only a document's first change makes containers. Fields have no writer yet.
    let containers = ["fields", VISITS, AMENDMENTS];
    document::create(
        new.id.into(),
        DocumentKind::PLACE,
        new,
        &containers,
        author,
        |_| Ok(()),
    )
}

/// Applies one edit. A visit that is there already is refused `ALREADY_RECORDED`, also with other words, so saving twice is
/// one record. A shop is open to everybody: no hour is too late for it.
pub fn apply(document: Document, edit: &PlaceEdit, author: &Author) -> Result<Edited, Refusal> {
    let act = &author.act;
    if !household::may_visit(act.role) {
        return Err(wrong_role(author, "does not visit places"));
    }
    match edit {
        PlaceEdit::RecordVisit(visit) => {
            rules::visit(visit)?;
            document.absent(VISITS, &visit.id)?;
            document.edit(author, |draft| draft.fact(VISITS, &visit.id, act, visit))
        }
        PlaceEdit::AmendVisit { visit, note } => amend::amend(document, *visit, note, author),
    }
}

fn wrong_role(author: &Author, what: &str) -> Refusal {
    Refusal::new(Code::WrongRole, format!("{:?} {what}", author.act.role))
}
