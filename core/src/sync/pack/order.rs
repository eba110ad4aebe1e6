//! Where each change of a document stands in its feed. A position is a number of two or three bytes next to a name of
//! thirty-two, so only the positions travel: the reader works the names out of the document, puts them into the one
//! order that everybody computes alike, and lays the positions beside them.

use super::PackError;
use crate::ids::Hash;
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// The positions of a document's changes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Order {
    /// Ascending, each as its distance from the one before (the first from 0), in sevens of bits.
    #[n(0)]
    pub(super) positions: ByteVec,
    /// Which change of the canonical order stands at each of them; empty when they are in that order, as they are
    /// wherever nobody wrote at the same time.
    #[n(1)]
    pub(super) ranks: Vec<u32>,
}

impl Order {
    /// The positions of these changes: name, dependencies, position. None when they are not one closed history.
    pub fn of(changes: &[(Hash, Vec<Hash>, u64)]) -> Option<Self> {
        let graph: Vec<(Hash, &[Hash])> = changes
            .iter()
            .map(|(hash, deps, _)| (*hash, &deps[..]))
            .collect();
        let canonical = canonical(&graph)?;
        let mut rank_of = vec![0u32; changes.len()];
        for (rank, place) in canonical.iter().enumerate() {
            rank_of[*place] = rank as u32;
        }
        let mut placed: Vec<(u64, u32)> = changes
            .iter()
            .zip(&rank_of)
            .map(|((_, _, position), rank)| (*position, *rank))
            .collect();
        placed.sort_unstable();
        let mut positions = Vec::new();
        let mut last = 0;
        for (position, _) in &placed {
            seven(
                &mut positions,
                position.checked_sub(last).filter(|step| *step > 0)?,
            );
            last = *position;
        }
        let ranks: Vec<u32> = placed.into_iter().map(|(_, rank)| rank).collect();
        let in_order = ranks
            .iter()
            .enumerate()
            .all(|(at, rank)| at as u32 == *rank);
        Some(Self {
            positions: positions.into(),
            ranks: if in_order { Vec::new() } else { ranks },
        })
    }

    /// How many there are, if they are written as they should be and none lies beyond `tip`.
    pub fn count(&self, tip: u64) -> Result<usize, PackError> {
        let positions = self.positions()?;
        if positions.last().is_some_and(|last| *last > tip) {
            return Err(PackError::Malformed("a position beyond the pack's"));
        }
        if !self.ranks.is_empty() {
            let mut seen = vec![false; positions.len()];
            for rank in &self.ranks {
                match seen.get_mut(*rank as usize) {
                    Some(seen) if !*seen => *seen = true,
                    _ => return Err(PackError::Malformed("ranks")),
                }
            }
            if self.ranks.len() != positions.len() {
                return Err(PackError::Malformed("ranks"));
            }
        }
        Ok(positions.len())
    }

    /// For each position, ascending, which of `changes` stands there.
    pub fn place(&self, changes: &[(Hash, &[Hash])]) -> Result<Vec<(u64, usize)>, PackError> {
        let positions = self.positions()?;
        let canonical = canonical(changes).ok_or(PackError::Malformed("history"))?;
        if positions.len() != canonical.len() {
            return Err(PackError::Malformed("positions"));
        }
        positions
            .into_iter()
            .enumerate()
            .map(|(at, position)| {
                let rank = self.ranks.get(at).map_or(at, |rank| *rank as usize);
                let place = canonical.get(rank).ok_or(PackError::Malformed("ranks"))?;
                Ok((position, *place))
            })
            .collect()
    }

    fn positions(&self) -> Result<Vec<u64>, PackError> {
        const MALFORMED: PackError = PackError::Malformed("positions");
        let (mut positions, mut last, mut step, mut shift) = (Vec::new(), 0u64, 0u64, 0u32);
        for byte in self.positions.iter() {
            if shift > 56 {
                return Err(MALFORMED);
            }
            step |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                if step == 0 {
                    return Err(MALFORMED);
                }
                last = last.checked_add(step).ok_or(MALFORMED)?;
                positions.push(last);
                (step, shift) = (0, 0);
            }
        }
        if shift > 0 {
            return Err(MALFORMED);
        }
        Ok(positions)
    }
}

fn seven(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The one order in which everybody counts the changes of a document: causes first, of those that are ready the smallest
/// name. None when a cause is missing or a change is there twice.
fn canonical(changes: &[(Hash, &[Hash])]) -> Option<Vec<usize>> {
    let mut waits = Vec::with_capacity(changes.len());
    let mut frees: HashMap<Hash, Vec<usize>> = HashMap::with_capacity(changes.len());
    for (hash, _) in changes {
        if frees.insert(*hash, Vec::new()).is_some() {
            return None;
        }
    }
    for (place, (_, deps)) in changes.iter().enumerate() {
        for dep in *deps {
            frees.get_mut(dep)?.push(place);
        }
        waits.push(deps.len());
    }
    let ready = waits.iter().enumerate().filter(|(_, waits)| **waits == 0);
    let mut ready: BinaryHeap<_> = ready
        .map(|(place, _)| Reverse((changes[place].0, place)))
        .collect();
    let mut order = Vec::with_capacity(changes.len());
    while let Some(Reverse((hash, place))) = ready.pop() {
        order.push(place);
        for freed in frees.get(&hash).into_iter().flatten() {
            waits[*freed] -= 1;
            if waits[*freed] == 0 {
                ready.push(Reverse((changes[*freed].0, *freed)));
            }
        }
    }
    (order.len() == changes.len()).then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A history in which change `n` depends on some of those before it.
    fn history() -> impl Strategy<Value = Vec<(Hash, Vec<Hash>, u64)>> {
        let step = (any::<[u8; 32]>(), any::<u64>(), 1u64..200);
        prop::collection::vec(step, 1..30).prop_map(|steps| {
            let mut changes: Vec<(Hash, Vec<Hash>, u64)> = Vec::new();
            for (name, mask, step) in steps {
                let deps = changes.iter().enumerate();
                let deps = deps.filter(|(at, _)| mask >> (at % 64) & 1 == 1);
                let deps = deps.map(|(_, (hash, ..))| *hash).collect();
                let last = changes.last().map_or(0, |(_, _, position)| *position);
                changes.push((Hash(name), deps, last + step));
            }
            changes
        })
    }

    proptest! {
        #[test]
        fn every_change_finds_its_position_again(changes in history(), seed: u64) {
            let order = Order::of(&changes).expect("a history");
            prop_assert_eq!(order.count(u64::MAX), Ok(changes.len()));
            let mut shuffled = changes.clone();
            shuffled.sort_by_key(|(hash, ..)| Hash::of(&[&seed.to_le_bytes()[..], &hash.0].concat()));
            let graph: Vec<(Hash, &[Hash])> = shuffled.iter().map(|(hash, deps, _)| (*hash, &deps[..])).collect();
            let placed = order.place(&graph).expect("placed");
            for (position, place) in placed {
                prop_assert_eq!(shuffled[place].2, position);
            }
        }

        #[test]
        fn bytes_from_nowhere_are_refused_or_make_sense(positions: Vec<u8>, ranks in prop::collection::vec(0u32..9, 0..9)) {
            let order = Order { positions: positions.into(), ranks };
            if let Ok(count) = order.count(1 << 40) {
                prop_assert!(order.ranks.is_empty() || order.ranks.len() == count);
            }
        }
    }

    #[test]
    fn one_writer_after_another_costs_a_byte_or_two_each() {
        let names: Vec<Hash> = (0u8..9).map(|n| Hash([n; 32])).collect();
        let changes: Vec<_> = (0..9usize)
            .map(|n| {
                let before = n.checked_sub(1).map(|before| names[before]);
                (
                    names[n],
                    before.into_iter().collect(),
                    1_000 + 100 * n as u64,
                )
            })
            .collect();
        let order = Order::of(&changes).expect("a history");
        assert!(order.ranks.is_empty());
        assert_eq!(order.positions.len(), 10);
        assert_eq!(
            order.count(1_799),
            Err(PackError::Malformed("a position beyond the pack's"))
        );
    }

    #[test]
    fn a_history_with_a_hole_is_no_history() {
        let (one, other) = (Hash([1; 32]), Hash([2; 32]));
        assert_eq!(Order::of(&[(one, vec![other], 1)]), None);
        assert_eq!(Order::of(&[(one, vec![], 1), (one, vec![], 2)]), None);
        assert_eq!(
            Order::of(&[(one, vec![], 1), (other, vec![], 1)]),
            None,
            "one place, one change"
        );
    }
}
