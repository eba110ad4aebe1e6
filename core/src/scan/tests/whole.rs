//! Whole documents: every one that Automerge saves for histories like ours passes, and whatever passes, Automerge
//! survives.

use automerge::{Automerge, Change};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::dice::Dice;
use super::{Limits, Lineage, ScanError, history, hostile};
use crate::ids::Hash;
use crate::scan::scan_document;

fn saved(changes: &[Change]) -> Vec<u8> {
    let mut doc = Automerge::new();
    doc.apply_changes(changes.iter().cloned())
        .expect("honest changes apply");
    doc.save_nocompress()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_document_that_automerge_saves_is_accepted(seed: u64, steps in 0usize..120) {
        let changes = history::changes(&mut Dice(seed), steps);
        let bytes = saved(&changes);
        let header = match scan_document(&bytes, &Limits::default()) {
            Ok(header) => header,
            Err(refusal) => return Err(TestCaseError::fail(format!("{refusal}: {bytes:02x?}"))),
        };
        let mut heads: Vec<Hash> = Automerge::load(&bytes).expect("it loads").get_heads().iter().map(|head| Hash(head.0)).collect();
        heads.sort();
        prop_assert_eq!(header.heads, heads);
        prop_assert_eq!(header.changes, changes.len());
        prop_assert_eq!(header.ops, changes.iter().map(|change| change.len() as u64).sum::<u64>());
    }
}

#[test]
fn anything_but_an_uncompressed_document_is_refused() {
    let changes = history::changes(&mut Dice(7), 400);
    let bytes = saved(&changes);
    let limits = Limits::default();
    scan_document(&bytes, &limits).expect("the document itself");
    let refusal = |bytes: &[u8]| scan_document(bytes, &limits).expect_err("refused");
    assert_eq!(refusal(changes[0].raw_bytes()), ScanError::WrongType(1));
    let doc = Automerge::load(&bytes).expect("it loads");
    let deflated = doc.save();
    assert_ne!(deflated, bytes, "some column is long enough to be deflated");
    assert_eq!(refusal(&deflated), ScanError::Malformed("deflated column"));
    refusal(&[&bytes[..], &bytes[..]].concat());
    refusal(&doc.save_after(&[changes[0].hash()]));
    for length in 0..bytes.len() {
        refusal(&bytes[..length]);
    }
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << (at % 8);
        refusal(&bent);
    }
    // too large, and more of anything than a document may have
    for tight in [
        Limits {
            document_bytes: bytes.len() - 1,
            ..limits
        },
        Limits {
            document_ops: 20,
            ..limits
        },
        Limits {
            document_changes: 3,
            ..limits
        },
        Limits {
            actors: 1,
            ..limits
        },
        Limits { time: 1, ..limits },
        Limits { depth: 1, ..limits },
        Limits {
            counter: 20,
            ..limits
        },
    ] {
        scan_document(&bytes, &tight).expect_err("over a limit");
    }
}

#[test]
fn a_run_that_claims_a_billion_rows_costs_nothing() {
    let bytes = saved(&history::changes(&mut Dice(3), 20));
    for (table, specs) in [
        (0, &super::super::document::HISTORY[..]),
        (1, &super::super::document::OPERATIONS[..]),
    ] {
        for spec in specs {
            let mut parts = hostile::document_parts(hostile::body(&bytes));
            let column = parts.tables[table]
                .iter_mut()
                .find(|(known, _)| known == spec);
            let Some((_, data)) = column else { continue };
            let mut bomb = Vec::new();
            hostile::signed(&mut bomb, 1 << 40);
            bomb.push(0);
            data.splice(0..0, bomb);
            let sealed = hostile::seal_document(&parts.join());
            scan_document(&sealed, &Limits::default()).expect_err("a bomb");
        }
    }
}

/// Everything that a phone does with a document out of a pack.
fn survive(bytes: &[u8]) -> Option<usize> {
    let loaded = Automerge::load(bytes).ok()?;
    let changes: Vec<Vec<u8>> = loaded
        .get_changes(&[])
        .iter()
        .map(|change| change.raw_bytes().to_vec())
        .collect();
    let mut lineage = Lineage::new(Limits::default());
    if lineage.admit_all(&changes) != Ok(vec![]) {
        return None;
    }
    super::siege::survive(&changes);
    Some(changes.len())
}

#[test]
fn what_passes_the_scanner_does_not_bring_automerge_down() {
    let (mut passed, mut loaded, mut refused) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut dice = Dice(seed);
        let steps = dice.below(40);
        let bytes = saved(&history::changes(&mut dice, steps));
        let donor = saved(&history::changes(&mut dice, 20));
        let bent = hostile::bend_document(&bytes, &donor, &mut dice);
        match scan_document(&bent, &Limits::default()) {
            Ok(_) => {
                passed += 1;
                let outcome = catch_unwind(AssertUnwindSafe(|| survive(&bent)));
                let outcome =
                    outcome.unwrap_or_else(|_| panic!("seed {seed} brings it down: {bent:02x?}"));
                loaded += usize::from(outcome.is_some());
            }
            Err(_) => refused += 1,
        }
    }
    // A scanner that refuses everything would pass the test above, and one that lets everything pass too.
    assert!(
        passed > 100,
        "only {passed} passed, {loaded} of them loaded"
    );
    assert!(refused > 1_000, "only {refused} were refused");
}
