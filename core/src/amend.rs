//! Words added to a visit after it was saved, at a door or at a place. They stand beside the visit, under an id made of
//! themselves; the visit stays as it was handed in.

use crate::{
    document::{Author, Document, Edited},
    error::{Code, Refusal},
    fact::Fact,
    field::Item,
    ids::{PersonId, VisitId},
    text,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a document keeps its visits.
pub(crate) const VISITS: &str = "visits";
/// Where it keeps what was put down after the fact.
pub(crate) const AMENDMENTS: &str = "amendments";

/// Words added to a visit after it was saved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Amendment {
    /// The words.
    pub note: String,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// An amendment as it stands in the document.
#[derive(Serialize, Deserialize)]
pub(crate) struct Amended {
    pub visit: VisitId,
    pub note: String,
}

/// Adds words to a visit that is there. Anybody who may record visits may; whoever did is named.
pub(crate) fn amend(
    document: Document,
    visit: VisitId,
    note: &str,
    author: &Author,
) -> Result<Edited, Refusal> {
    text::required(note, 1000, Code::MissingReason)?;
    text::note(note, 1000)?;
    document.present(VISITS, &visit)?;
    let act = &author.act;
    let amended = Amended {
        visit,
        note: note.to_owned(),
    };
    let name = format!("{} {} {note}", act.by, act.recorded_at);
    let id = Uuid::new_v5(&visit.0, name.as_bytes());
    document.absent(AMENDMENTS, &id)?;
    document.edit(author, |draft| draft.fact(AMENDMENTS, &id, act, &amended))
}

/// In the order in which they are read.
pub(crate) fn sort(words: &mut [Item<Fact<Amended>>]) {
    words.sort_by_key(|item| (item.value.act.recorded_at, item.key.clone()));
}

/// Those of one visit, of sorted ones.
pub(crate) fn of_visit(words: &[Item<Fact<Amended>>], visit: VisitId) -> Vec<Amendment> {
    words
        .iter()
        .filter(|item| item.value.item.visit == visit)
        .map(|item| Amendment {
            note: item.value.item.note.clone(),
            by: item.value.act.by,
            at: item.value.act.recorded_at,
        })
        .collect()
}
