//! One siege: an honest history with bent changes among it, through the [`Lineage`], and what was admitted through
//! Automerge, which has to survive it.

use automerge::transaction::Transactable;
use automerge::{AutoCommit, Automerge, Change, ROOT, ReadDoc};

use super::dice::Dice;
use super::{Admission, Limits, Lineage, ScanError};
use super::{forgery, history, hostile};

/// How one siege went.
#[derive(Default)]
pub struct Siege {
    /// Bent changes that were offered, and how many of them were admitted (a bent change may well be harmless).
    pub offered: usize,
    pub admitted: usize,
    /// Why the others were refused.
    pub refusals: Vec<ScanError>,
    /// All admitted changes, honest and bent, in order of admission.
    pub bytes: Vec<Vec<u8>>,
}

/// Offers a history and bent changes, all from one seed.
pub fn lay(seed: u64) -> Siege {
    let mut dice = Dice(seed);
    let steps = dice.below(40);
    let mut seen = history::changes(&mut dice, steps);
    let honest = seen.clone();
    let mut lineage = Lineage::new(Limits::default());
    let mut siege = Siege::default();
    let bent_before_rest = dice.one_in(2);
    let split = if bent_before_rest {
        dice.below(honest.len())
    } else {
        honest.len()
    };
    let (early, late) = honest.split_at(split);
    let offer = |siege: &mut Siege, lineage: &mut Lineage, bytes: &[u8]| {
        let admission = lineage.admit(bytes);
        if let Ok(Admission::New(_)) = admission {
            siege.bytes.push(bytes.to_vec());
        }
        admission
    };
    for change in early {
        let admission = offer(&mut siege, &mut lineage, change.raw_bytes());
        assert!(matches!(admission, Ok(Admission::New(_))), "{admission:?}");
    }
    for _ in 0..1 + dice.below(6) {
        let known = siege
            .bytes
            .iter()
            .map(|bytes| Change::from_bytes(bytes.clone()).expect("what was admitted parses"));
        let known: Vec<Change> = known.collect();
        let at = if dice.one_in(2) {
            split.min(seen.len() - 1)
        } else {
            dice.below(seen.len())
        };
        let bent = if known.is_empty() || dice.one_in(2) {
            hostile::bend(&seen, at, &mut dice)
        } else {
            forgery::graft(&known, &mut dice)
        };
        siege.offered += 1;
        match offer(&mut siege, &mut lineage, &bent) {
            Ok(Admission::New(_)) => {
                siege.admitted += 1;
                seen.push(Change::from_bytes(bent).expect("what was admitted parses"));
            }
            Ok(_) => {}
            Err(refusal) => siege.refusals.push(refusal),
        }
    }
    for change in late {
        // An honest change may be shut out by a bent one that took its sequence number, or wait for one that was.
        let _ = offer(&mut siege, &mut lineage, change.raw_bytes());
    }
    siege
}

/// Everything that the product does with a document, done to these changes. Panics unless all of it holds.
pub fn survive(bytes: &[Vec<u8>]) {
    let changes: Vec<Change> = bytes
        .iter()
        .map(|bytes| Change::from_bytes(bytes.clone()).expect("what was admitted parses"))
        .collect();
    let mut one_by_one = Automerge::new();
    for change in &changes {
        one_by_one
            .apply_changes([change.clone()])
            .expect("what was admitted applies");
    }
    let mut at_once = Automerge::new();
    at_once
        .apply_changes(changes.iter().rev().cloned())
        .expect("what was admitted applies in any order");
    let mut late_first = Automerge::new();
    let mut waiting: Vec<&Change> = changes.iter().collect();
    while let Some(at) = waiting.iter().rposition(|change| {
        change
            .deps()
            .iter()
            .all(|dep| late_first.get_change_by_hash(dep).is_some())
    }) {
        let change = waiting.remove(at).clone();
        late_first
            .apply_changes([change])
            .expect("what was admitted applies in any causal order");
    }
    assert!(waiting.is_empty());
    let heads = one_by_one.get_heads();
    assert_eq!(heads, late_first.get_heads());
    assert_eq!(heads, at_once.get_heads());
    let state = one_by_one.hydrate(None);
    assert!(state == at_once.hydrate(None));
    assert!(state == late_first.hydrate(None));
    for save in [one_by_one.save(), at_once.save_nocompress()] {
        let loaded = Automerge::load(&save).expect("what was saved loads");
        assert_eq!(heads, loaded.get_heads());
        assert!(state == loaded.hydrate(None));
        let mut kept: Vec<Vec<u8>> = loaded
            .get_changes(&[])
            .iter()
            .map(|change| change.raw_bytes().to_vec())
            .collect();
        let mut given = bytes.to_vec();
        kept.sort();
        given.sort();
        assert!(kept == given, "every change comes back byte for byte");
    }
    for key in one_by_one.keys(ROOT) {
        one_by_one
            .get_all(ROOT, key)
            .expect("conflicts can be read");
    }
    let mut edited = AutoCommit::load(&at_once.save()).expect("what was saved loads");
    edited
        .put(ROOT, "after", "the siege")
        .expect("the root takes a value");
    edited.save();
}
