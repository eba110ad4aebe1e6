//! What leaves a phone: documents that moved away or were erased, and partitions that its worker no longer has. Nothing
//! leaves while the centre has not judged an act of it. Written after `src-tauri/src/sync/leaving.rs`.

use super::{super::planted::Planted, Held, Identity, Standing, Tables, tables::Fate};
use gridwalk_core::{
    ids::DocumentId,
    sync::{
        apply::Plan,
        message::{Digest, Partition},
    },
};
use std::rc::Rc;

/// Something of it has not been judged yet.
fn unsent(held: &Held) -> bool {
    let waits = |kept: &super::Kept| kept.own && kept.standing == Standing::Waiting;
    held.edits.iter().any(|edit| edit.fate == Fate::Waiting) || held.changes.iter().any(waits)
}

impl Tables {
    /// Takes down what the feeds say about departures, in the transaction that stores their rows.
    pub(super) fn departures(&mut self, plan: &Plan) {
        for departed in &plan.departed {
            if let Some(held) = self.held_mut(&departed.document) {
                for kept in &mut held.changes {
                    for place in &mut kept.placed {
                        place.departed |=
                            place.feed == departed.partition && place.position < departed.position;
                    }
                }
            }
            let erased = self.leaving.entry(departed.document).or_default();
            *erased |= departed.erased;
        }
    }

    /// Once every feed has been read to its tip: lets go of what has to go and may.
    pub(super) fn settle(&mut self, plan: &Plan, who: &Identity) {
        if plan.more && !who.has_bug(Planted::PurgedTooEarly) {
            return; // it may be on its way in another feed
        }
        let retire = !who.has_bug(Planted::ActorReusedAfterPurge);
        let leaving: Vec<(DocumentId, bool)> = self
            .leaving
            .iter()
            .map(|(id, erased)| (*id, *erased))
            .collect();
        for (id, erased) in leaving {
            let held = self.documents.get(&id);
            let stands = held.is_some_and(|held| self.stands(held));
            if stands && !erased {
                self.leaving.remove(&id);
            } else if held.is_none_or(|held| !unsent(held)) {
                if held.is_some_and(|held| !held.changes.is_empty()) {
                    self.let_go.push(id);
                }
                self.purge(&id, retire);
                self.leaving.remove(&id);
            }
        }
        for partition in &plan.gone {
            self.lose(partition, retire);
        }
        let strays = self.documents.iter().filter(|(_, held)| {
            !unsent(held) && !held.changes.is_empty() && !self.cursors.contains_key(&held.partition)
        });
        let strays: Vec<DocumentId> = strays.map(|(id, _)| *id).collect();
        strays.iter().for_each(|id| self.purge(id, retire));
    }

    /// Whether it still stands in a feed that this phone reads.
    fn stands(&self, held: &Held) -> bool {
        let mut places = held.changes.iter().flat_map(|kept| &kept.placed);
        places.any(|place| !place.departed && self.cursors.contains_key(&place.feed))
    }

    /// A partition that the worker no longer has. Its cursor stays as long as acts in it are unsent; it goes back to the start
    /// as soon as something left, because a worker who gets the partition back must be given that again.
    fn lose(&mut self, partition: &Partition, retire: bool) {
        let there = self
            .documents
            .iter()
            .filter(|(_, held)| held.partition == *partition);
        let (keep, go): (Vec<_>, Vec<_>) = there
            .map(|(id, held)| (*id, unsent(held)))
            .partition(|(_, unsent)| *unsent);
        let untouched = go
            .iter()
            .all(|(id, _)| self.documents[id].changes.is_empty());
        for (id, _) in go {
            self.purge(&id, retire);
        }
        if keep.is_empty() {
            self.cursors.remove(partition);
        } else if untouched {
            return;
        } else if let Some(cursor) = self.cursors.get_mut(partition) {
            (cursor.position, cursor.digest) = (0, Digest::EMPTY);
        }
        for held in self.documents.values_mut() {
            let mut places = held.changes.iter().flat_map(|kept| &kept.placed);
            if places.any(|place| place.feed == *partition) {
                for kept in &mut Rc::make_mut(held).changes {
                    kept.placed.retain(|place| place.feed != *partition);
                }
            }
        }
    }

    /// Everything about one document leaves, except edits that were refused: those stay as words.
    fn purge(&mut self, id: &DocumentId, retire: bool) {
        let Some(held) = self.documents.get_mut(id) else {
            return;
        };
        let held = Rc::make_mut(held);
        for kept in held.changes.drain(..) {
            Rc::make_mut(&mut self.homes).remove(&kept.hash);
            self.outbox.retain(|_, waiting| *waiting != kept.hash);
        }
        held.cache = None;
        held.incarnation += u64::from(retire);
    }
}
