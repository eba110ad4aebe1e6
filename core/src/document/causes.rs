//! Who knew of what: the history on which each event of a document was written.

use crate::ids::Hash;
use std::collections::HashMap;

/// Which events knew of which: the history that each event was written on.
pub(crate) struct Causes {
    /// For every event, the events that came before it in the author's eyes.
    known: Vec<Vec<bool>>,
}

impl Causes {
    /// From the change that carries each event, and every change's dependencies in causal order.
    pub fn new(carriers: &[Hash], history: &[(Hash, Vec<Hash>)]) -> Self {
        let events = carriers.len();
        let mut carried: HashMap<Hash, Vec<usize>> = HashMap::new();
        for (event, change) in carriers.iter().enumerate() {
            carried.entry(*change).or_default().push(event);
        }
        // `seen[change]`: events in that change's past, itself included.
        let mut seen: HashMap<Hash, Vec<bool>> = HashMap::new();
        for (change, dependencies) in history {
            let mut past = vec![false; events];
            for before in dependencies.iter().filter_map(|hash| seen.get(hash)) {
                past.iter_mut()
                    .zip(before)
                    .for_each(|(mine, theirs)| *mine |= theirs);
            }
            for event in carried.get(change).into_iter().flatten() {
                past[*event] = true;
            }
            seen.insert(*change, past);
        }
        let known = carriers
            .iter()
            .enumerate()
            .map(|(event, change)| {
                let mut past = seen
                    .get(change)
                    .cloned()
                    .unwrap_or_else(|| vec![false; events]);
                // Events of one change have no order among themselves but their rank.
                for sibling in carried.get(change).into_iter().flatten() {
                    past[*sibling] = false;
                }
                past[event] = false;
                past
            })
            .collect();
        Self { known }
    }

    /// Neither author knew of the other's event.
    pub fn concurrent(&self, a: usize, b: usize) -> bool {
        a != b && !self.known[a][b] && !self.known[b][a]
    }

    /// The author of `event` knew of `other`.
    pub fn knew(&self, event: usize, other: usize) -> bool {
        self.known
            .get(event)
            .and_then(|known| known.get(other))
            .is_some_and(|known| *known)
    }

    /// All events, each after those it knew of, and otherwise by rank.
    pub fn sort<R: Ord + Copy>(&self, ranks: &[R]) -> Vec<usize> {
        let mut left: Vec<usize> = (0..ranks.len()).collect();
        left.sort_by_key(|event| ranks[*event]);
        let mut placed = vec![false; ranks.len()];
        let mut order = Vec::with_capacity(ranks.len());
        while !left.is_empty() {
            // The history is acyclic, so an event without unplaced causes exists; the fallback only guards the loop.
            let ready = |event: &usize| {
                self.known[*event]
                    .iter()
                    .zip(&placed)
                    .all(|(cause, done)| !cause || *done)
            };
            let next = left.iter().position(ready).unwrap_or(0);
            let event = left.remove(next);
            placed[event] = true;
            order.push(event);
        }
        order
    }
}
