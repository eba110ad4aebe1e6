//! What a stranger says is a change: first through our scanner, and what that passes through Automerge, which would not
//! survive the rest.

use super::{bounds::within, documents, weave};
use crate::process::Outcome;
use gridwalk_core::{
    document::{Document, Unordered},
    ids::DocumentId,
    registry::project,
    scan::{Admission, Limits, Lineage, scan_change},
    sync::message::DocumentKind,
};
use uuid::Uuid;

/// What the issue promises of everything that the scanner passes.
const MS: u64 = 200;
const MIB: u64 = 64;

/// Any bytes, and the same bytes as a body under a checksum that fits: the answer comes at once and costs nothing.
pub fn chunk_scanner(bytes: &[u8]) {
    let limits = Limits::default();
    let whole = weave::chunk(bytes);
    for bytes in [bytes, &whole] {
        let header = within(50, 8, || scan_change(bytes, &limits));
        let Ok(header) = header else { continue };
        assert!(header.ops <= limits.ops && header.seq > 0 && header.start_op > 0);
        // what is in order is a change to its lineage too, or waits for another
        let admitted = Lineage::new(limits).admit(bytes);
        match admitted {
            Ok(Admission::New(same) | Admission::Held(same, _)) => assert_eq!(same, header),
            Ok(Admission::Known(_)) => panic!("nothing is known yet"),
            Err(_) => {}
        }
    }
}

/// The document that these changes make, as far as the scanner passes them.
fn passed(bytes: &[u8]) -> Option<(DocumentKind, Vec<Vec<u8>>)> {
    let (kind, changes) = weave::weave(bytes);
    let mut lineage = Lineage::new(Limits::default());
    let passed: Vec<Vec<u8>> = changes
        .into_iter()
        .filter(|change| matches!(lineage.admit(change), Ok(Admission::New(_))))
        .collect();
    (!passed.is_empty()).then_some((kind, passed))
}

/// What the scanner passes loads in time, saves, and loads again as the same document.
pub fn scanner_then_automerge(bytes: &[u8]) {
    let Some((kind, changes)) = passed(bytes) else {
        return;
    };
    let id = DocumentId(Uuid::nil());
    let mut document = within(MS, MIB, || Document::from_changes(id, kind, &changes))
        .expect("what the scanner passes loads");
    let save = within(MS, MIB, || document.save());
    let none: [&[u8]; 0] = [];
    let mut again = within(MS, MIB, || Document::from_snapshot(id, kind, &save, none))
        .expect("what was saved loads");
    assert_eq!(document.heads(), again.heads());
    let mut kept: Vec<Vec<u8>> = again
        .changes()
        .into_iter()
        .map(|change| change.bytes)
        .collect();
    let mut given = changes;
    kept.sort_unstable();
    given.sort_unstable();
    assert!(kept == given, "every change comes back byte for byte");
}

/// Any document can be shown, whatever kind it says it is, and what is shown can be sent.
pub fn projection_any_doc(bytes: &[u8]) {
    let Some((_, changes)) = passed(bytes) else {
        return;
    };
    for kind in 1..=6 {
        let document =
            Document::from_changes(DocumentId(Uuid::nil()), DocumentKind(kind), &changes)
                .expect("what the scanner passes loads");
        let shown = within(2 * MS, MIB, || project(&document, &Unordered));
        assert_eq!(shown, project(&document, &Unordered), "twice the same");
        serde_json::to_vec(&shown).expect("what is shown can be written");
    }
}

/// Bodies and whole changes of the street.
pub fn chunks() -> Outcome<Vec<Vec<u8>>> {
    let all = documents()?.iter().flat_map(|(_, changes)| changes);
    let bodies = all.clone().filter_map(|change| weave::body(change));
    Ok(bodies
        .map(<[u8]>::to_vec)
        .chain(all.take(20).cloned())
        .collect())
}

/// Documents of the street as programs.
pub fn woven() -> Outcome<Vec<Vec<u8>>> {
    let documents = documents()?.iter();
    Ok(documents
        .filter_map(|(kind, changes)| weave::unpick(*kind, changes))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_was_unpicked_is_woven_again_byte_for_byte() {
        let mut woven = 0;
        for (kind, changes) in documents().unwrap() {
            let Some(program) = weave::unpick(*kind, changes) else {
                continue;
            };
            assert_eq!(weave::weave(&program), (*kind, changes.clone()));
            assert_eq!(passed(&program).unwrap().1.len(), changes.len());
            woven += 1;
        }
        assert!(woven > 20, "{woven} documents");
    }
}
