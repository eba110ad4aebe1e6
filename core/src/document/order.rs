//! In which order the changes of a document are read: causes first, then as the centre acknowledged them.

use super::Document;
use crate::ids::Hash;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// Where a change stands in its partition's feed.
pub trait FeedOrder {
    /// Its position; none when the server has not acknowledged it yet.
    fn position(&self, change: &Hash) -> Option<u64>;
}

impl<S: std::hash::BuildHasher> FeedOrder for HashMap<Hash, u64, S> {
    fn position(&self, change: &Hash) -> Option<u64> {
        self.get(change).copied()
    }
}

/// Nothing is acknowledged: causal order, then hash.
pub struct Unordered;

impl FeedOrder for Unordered {
    fn position(&self, _: &Hash) -> Option<u64> {
        None
    }
}

impl Document {
    /// Every change with its dependencies, causes first; nothing is decoded.
    pub(crate) fn lineage(&self) -> Vec<(Hash, Vec<Hash>)> {
        self.history
            .get_changes_meta(&[])
            .iter()
            .map(|meta| {
                (
                    Hash(meta.hash.0),
                    meta.deps.iter().map(|dep| Hash(dep.0)).collect(),
                )
            })
            .collect()
    }

    /// Every change with its place in the order of a fold: causes first; among the ready ones by feed position; those
    /// that are not acknowledged yet last, by hash. The same on every side that knows the same positions.
    pub fn fold_order(&self, feed: &dyn FeedOrder) -> HashMap<Hash, usize> {
        let metas = self.history.get_changes_meta(&[]);
        let mut waits: HashMap<Hash, usize> = HashMap::new();
        let mut frees: HashMap<Hash, Vec<Hash>> = HashMap::new();
        for meta in &metas {
            waits.insert(Hash(meta.hash.0), meta.deps.len());
            for dep in &meta.deps {
                frees
                    .entry(Hash(dep.0))
                    .or_default()
                    .push(Hash(meta.hash.0));
            }
        }
        let rank = |change: Hash| Reverse((feed.position(&change).unwrap_or(u64::MAX), change));
        let mut ready: BinaryHeap<_> = waits
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(change, _)| rank(*change))
            .collect();
        let mut order = HashMap::with_capacity(waits.len());
        while let Some(Reverse((_, change))) = ready.pop() {
            order.insert(change, order.len());
            for freed in frees.get(&change).into_iter().flatten() {
                if let Some(count) = waits.get_mut(freed) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(rank(*freed));
                    }
                }
            }
        }
        order
    }
}
