//! Valid documents to begin with: a part of the demo street with its ninety days, as the server's log holds them.

use crate::{crash, process::Outcome};
use gridwalk_core::sync::message::DocumentKind;
use std::{collections::BTreeMap, sync::OnceLock};

/// A document's kind and its changes, in the order of the log.
pub type Changes = (DocumentKind, Vec<Vec<u8>>);

/// Of each kind so many, those with most changes first; a longer document is left out.
const OF_A_KIND: usize = 8;
const LONGEST: usize = 60;
/// Enough for every kind of document.
const DOORS: usize = 30;

static DOCUMENTS: OnceLock<Vec<Changes>> = OnceLock::new();

/// Made once.
pub fn documents() -> Outcome<&'static [Changes]> {
    if let Some(made) = DOCUMENTS.get() {
        return Ok(made);
    }
    let mut kinds: BTreeMap<u16, Vec<Vec<Vec<u8>>>> = BTreeMap::new();
    for (kind, changes) in crash::log_of_a_street(DOORS)? {
        if changes.len() <= LONGEST {
            kinds.entry(kind.0).or_default().push(changes);
        }
    }
    let mut all = Vec::new();
    for (kind, mut of_it) in kinds {
        of_it.sort_by_key(|changes| std::cmp::Reverse(changes.len()));
        let few = of_it.into_iter().take(OF_A_KIND);
        all.extend(few.map(|changes| (DocumentKind(kind), changes)));
    }
    Ok(DOCUMENTS.get_or_init(|| all))
}
