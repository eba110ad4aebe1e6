//! What the scanner must accept (everything that Automerge writes for documents like ours), and what it must not let
//! through (anything that Automerge does not survive).

use automerge::legacy::OpType;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{AutoCommit, AutomergeError, Change, ObjType, ROOT, ScalarValue};
use proptest::prelude::*;

use crate::ids::Hash;

use super::{Admission, Limits, Lineage, ScanError, scan_change, texts};
use dice::Dice;

mod dice;
mod forgery;
mod history;
mod hostile;
mod refusals;
mod siege;
mod whole;

fn assert_reads_like_automerge(change: &Change) {
    let header = match scan_change(change.raw_bytes(), &Limits::default()) {
        Ok(header) => header,
        Err(refusal) => panic!("{refusal}: {:02x?}", change.raw_bytes()),
    };
    assert_eq!(header.hash.0, change.hash().0);
    assert_eq!(&header.actor[..], change.actor_id().to_bytes());
    assert_eq!(header.seq, change.seq());
    assert_eq!(header.start_op, change.start_op().get());
    assert_eq!(header.ops, change.len() as u64);
    assert_eq!(header.time, change.timestamp());
    let deps: Vec<_> = change.deps().iter().map(|dep| Hash(dep.0)).collect();
    assert_eq!(header.deps, deps);
    assert_eq!(header.message_len, change.message().map_or(0, str::len));
    let decoded = change.decode();
    let written = decoded.operations.iter().filter_map(|op| match &op.action {
        OpType::Put(ScalarValue::Str(text)) => Some(text.as_str()),
        _ => None,
    });
    let read = texts(change.raw_bytes(), &Limits::default());
    assert_eq!(read.as_deref(), Ok(&*written.collect::<Vec<_>>()));
}

/// The bytes of the worked example: in each line, the pairs of hex digits before the first word.
fn worked_example() -> Vec<u8> {
    let text = include_str!("../FORMAT.md")
        .split("```")
        .nth(1)
        .expect("FORMAT.md begins with an example");
    let lines = text.lines().skip(1);
    lines
        .flat_map(|line| {
            line.split("   ")
                .next()
                .unwrap_or_default()
                .split_whitespace()
        })
        .map(|pair| u8::from_str_radix(pair, 16).expect("a pair of hex digits"))
        .collect()
}

#[test]
fn the_worked_example_is_what_automerge_writes() -> Result<(), AutomergeError> {
    let mut doc = AutoCommit::new().with_actor([0x11; 16].into());
    doc.put_object(ROOT, "visits", ObjType::Map)?;
    doc.put(ROOT, "room", "501")?;
    doc.put(ROOT, "room", "502")?;
    doc.commit_with(
        CommitOptions::default()
            .with_message("建档")
            .with_time(1_790_000_000),
    );
    let changes = doc.get_changes(&[]);
    assert_eq!(worked_example(), changes[0].raw_bytes());
    assert_reads_like_automerge(&changes[0]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_change_that_automerge_writes_is_accepted(seed: u64, steps in 0usize..120) {
        let changes = history::changes(&mut Dice(seed), steps);
        let mut lineage = Lineage::new(Limits::default());
        for change in &changes {
            assert_reads_like_automerge(change);
            let admission = lineage.admit(change.raw_bytes());
            prop_assert!(matches!(admission, Ok(Admission::New(_))), "{:?}", admission);
        }
    }
}

#[test]
fn changes_are_admitted_in_whatever_order_they_arrive() {
    for seed in 0..50 {
        let mut dice = Dice(seed);
        let mut changes = history::changes(&mut dice, 60);
        let count = changes.len();
        for at in 0..count {
            changes.swap(at, dice.below(count));
        }
        let bytes = |changes: &[Change]| -> Vec<Vec<u8>> {
            changes
                .iter()
                .map(|change| change.raw_bytes().to_vec())
                .collect()
        };
        let mut lineage = Lineage::new(Limits::default());
        assert_eq!(lineage.admit_all(bytes(&changes)), Ok(vec![]));
        assert!(
            changes
                .iter()
                .all(|change| matches!(lineage.admit(change.raw_bytes()), Ok(Admission::Known(_))))
        );
        let gone = changes.swap_remove(dice.below(count));
        let depended_on = changes
            .iter()
            .any(|change| change.deps().contains(&gone.hash()));
        let expected = if depended_on {
            vec![Hash(gone.hash().0)]
        } else {
            vec![]
        };
        assert_eq!(
            Lineage::new(Limits::default()).admit_all(bytes(&changes)),
            Ok(expected)
        );
    }
}

#[test]
fn scanner_then_automerge() {
    let mut admitted = 0;
    for seed in 0..1_000 {
        let siege = siege::lay(seed);
        siege::survive(&siege.bytes);
        admitted += siege.admitted;
    }
    // A scanner that refuses everything would pass the test above.
    assert!(admitted > 100, "only {admitted} bent changes were harmless");
}
