//! One change held against the history of its document: does everything that it refers to exist, and fit?

use std::collections::BTreeMap;

use super::change::Scanned;
use super::columns::{Action, Key, OpRef, Row};
use super::lineage::{Admitted, Lineage, OpId, Operation, Slot, Wrote};
use super::value::Value;
use super::{ChangeHeader, ScanError};

/// One change being held against the lineage.
pub(super) struct Fitting<'l, 'b> {
    lineage: &'l Lineage,
    /// The change's actor table in the lineage's numbers.
    actors: Vec<u32>,
    clock: &'l [u32],
    header: &'b ChangeHeader,
    /// What its operations wrote, in order.
    pub(super) written: Vec<Operation>,
    /// Map keys that the document did not have before, already numbered.
    pub(super) new_names: BTreeMap<&'b str, u32>,
}

impl<'l, 'b> Fitting<'l, 'b> {
    pub(super) fn check(
        lineage: &'l Lineage,
        scanned: &'b Scanned<'b>,
        author: u32,
        before: &'l Admitted,
    ) -> Result<Self, ScanError> {
        let mut actors = vec![author];
        for other in &scanned.other_actors {
            let known = lineage.actors.get(other).copied();
            actors.push(known.ok_or(ScanError::Unfounded("an actor that it names"))?);
        }
        let written = Vec::with_capacity(scanned.header.ops as usize);
        let mut fitting = Self {
            lineage,
            actors,
            clock: &before.clock,
            header: &scanned.header,
            written,
            new_names: BTreeMap::new(),
        };
        scanned
            .columns
            .visit(&lineage.limits, |row, preds| fitting.row(row, preds))?;
        Ok(fitting)
    }

    fn row(&mut self, row: Row<'b>, preds: &[OpRef]) -> Result<(), ScanError> {
        let this = (
            self.actors[0],
            self.header.start_op as u32 + self.written.len() as u32,
        );
        let (object, inside, depth) = match row.object {
            None => (None, Wrote::Map, 0),
            Some(object) => {
                let (id, made) = self.find(object)?;
                (Some(id), made.wrote, made.depth)
            }
        };
        let slot = match (inside, row.key) {
            (Wrote::Map, Key::Named(name)) => Slot::Named(self.name(name)),
            (Wrote::List | Wrote::Text, Key::Head) => Slot::Element(this),
            (Wrote::List | Wrote::Text, Key::Element(element)) => {
                let (id, element) = self.find(element)?;
                if element.object != object || element.slot != Slot::Element(id) {
                    return Err(ScanError::Unfounded("the element it stands at"));
                }
                Slot::Element(if row.insert { this } else { id })
            }
            _ => return Err(ScanError::Unfounded("the object it writes to")),
        };
        for pred in preds {
            let (_, replaced) = self.find(*pred)?;
            if replaced.object != object
                || replaced.slot != slot
                || replaced.wrote == Wrote::Nothing
            {
                return Err(ScanError::Unfounded("the operation it replaces"));
            }
        }
        let wrote = match row.action {
            Action::MakeMap => Wrote::Map,
            Action::MakeList => Wrote::List,
            Action::MakeText => Wrote::Text,
            Action::Put => Wrote::Value,
            Action::Delete | Action::Increment => Wrote::Nothing,
        };
        // Text holds strings; objects in text are an experiment of Automerge's that the product does not take part in.
        if inside == Wrote::Text && wrote != Wrote::Nothing && row.value != Value::Text {
            return Err(ScanError::Malformed("text of something else than text"));
        }
        // Readers of nested objects recurse; a stack overflow cannot be caught.
        if depth >= self.lineage.limits.depth {
            return Err(ScanError::Limit("depth"));
        }
        self.written.push(Operation {
            seq: self.header.seq as u32,
            object,
            slot,
            wrote,
            depth: depth + 1,
        });
        Ok(())
    }

    /// The operation that the change names, if the change can have seen it.
    fn find(&self, target: OpRef) -> Result<(OpId, Operation), ScanError> {
        const UNFOUNDED: ScanError = ScanError::Unfounded("an operation that it names");
        let actor = *self.actors.get(target.actor as usize).ok_or(UNFOUNDED)?;
        let id = (actor, target.counter);
        let own = u64::from(target.counter)
            .checked_sub(self.header.start_op)
            .filter(|_| target.actor == 0);
        let found = match own {
            Some(index) => self.written.get(index as usize),
            None => self
                .lineage
                .operations
                .get(&id)
                .filter(|found| self.clock.get(actor as usize) >= Some(&found.seq)),
        };
        found.map(|found| (id, *found)).ok_or(UNFOUNDED)
    }

    /// The number of a map key; a key that is new to the document is numbered behind the others.
    fn name(&mut self, name: &'b str) -> u32 {
        let known = self.lineage.names.get(name).copied();
        let next = (self.lineage.names.len() + self.new_names.len()) as u32;
        known.unwrap_or_else(|| *self.new_names.entry(name).or_insert(next))
    }
}
