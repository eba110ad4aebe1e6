//! A document's history as far as a new change can refer to it, so that a change which fits nothing is refused before
//! Automerge panics on it.
//!
//! Some lies cannot be seen in a change alone: an object that nobody made, an element of another list, a sequence number
//! with a gap. Automerge trusts all of them, and they bring down the process or a later `save`. A [`Lineage`] reads the
//! document's changes in causal order and knows, for each operation, in which object and slot it wrote.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::Hash;

use super::change::{self, Scanned};
use super::columns::{Action, Key, OpRef, Row};
use super::value::Value;
use super::{ActorId, ChangeHeader, Limits, ScanError};

/// An operation in the whole document: index of its actor, and its counter.
type OpId = (u32, u32);

/// What an operation wrote.
#[derive(Clone, Copy, PartialEq)]
enum Wrote {
    Map,
    List,
    Text,
    Value,
    /// Deletions and increments are never replaced by anybody.
    Nothing,
}

/// The register that an operation wrote to, within its object.
#[derive(Clone, Copy, PartialEq)]
enum Slot {
    Named(u32),
    Element(OpId),
}

#[derive(Clone, Copy)]
struct Operation {
    /// Sequence number of the change it came with.
    seq: u32,
    /// The object it wrote to; `None` is the root.
    object: Option<OpId>,
    slot: Slot,
    wrote: Wrote,
    /// How deep the object that it made lies below the root.
    depth: u32,
}

/// What is remembered of an admitted change.
struct Admitted {
    /// Per actor, how many of its changes are this one or before it.
    clock: Vec<u32>,
    /// The highest operation counter in it or before it.
    top: u64,
}

/// What became of a change that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It fits, and is part of the lineage from now on.
    New(ChangeHeader),
    /// It was part of the lineage already.
    Known(ChangeHeader),
    /// It is in order, but changes that it depends on are not here yet; offer it again after them.
    Held(ChangeHeader, Vec<Hash>),
}

/// The history of one document, change by change.
pub struct Lineage {
    limits: Limits,
    changes: BTreeMap<Hash, Admitted>,
    actors: BTreeMap<ActorId, u32>,
    /// Per actor, how many changes it has in all branches together.
    seqs: Vec<u32>,
    operations: BTreeMap<OpId, Operation>,
    names: BTreeMap<Box<str>, u32>,
}

impl Lineage {
    /// The history of a document that does not exist yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            changes: BTreeMap::new(),
            actors: BTreeMap::new(),
            seqs: Vec::new(),
            operations: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// Scans a change and adds it if it fits what was admitted before. A refused or held change leaves no trace.
    ///
    /// Changes of one document that were all [`Admission::New`], applied to Automerge in the order of their admission or
    /// any other causal order, do not make it panic, and the document that it saves can be loaded again.
    pub fn admit(&mut self, bytes: &[u8]) -> Result<Admission, ScanError> {
        let scanned = change::scan(bytes, &self.limits)?;
        let header = &scanned.header;
        if self.changes.contains_key(&header.hash) {
            return Ok(Admission::Known(scanned.header));
        }
        let missing: Vec<Hash> = header
            .deps
            .iter()
            .filter(|dep| !self.changes.contains_key(dep))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Ok(Admission::Held(scanned.header, missing));
        }
        let before = self.before(&header.deps);
        let author = self.next_of_its_author(header, &before)?;
        let fitting = Fitting::check(self, &scanned, author, &before)?;
        let (written, new_names) = (fitting.written, fitting.new_names);
        let names = new_names
            .into_iter()
            .map(|(name, id)| (Box::from(name), id));
        self.names.extend(names);
        let first = scanned.header.start_op as u32;
        self.operations
            .extend((first..).map(|counter| (author, counter)).zip(written));
        self.add(author, &scanned.header, before);
        Ok(Admission::New(scanned.header))
    }

    /// Admits changes that come in any order, and returns what is missing for those that are left over, ascending. The
    /// first refusal ends it.
    pub fn admit_all(
        &mut self,
        changes: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Vec<Hash>, ScanError> {
        let mut ready: Vec<_> = changes.into_iter().collect();
        // Offered from the front, so that what comes in order is scanned once.
        ready.reverse();
        let mut waiting: BTreeMap<Hash, Vec<_>> = BTreeMap::new();
        let mut held = BTreeMap::new();
        while let Some(bytes) = ready.pop() {
            match self.admit(bytes.as_ref())? {
                Admission::New(header) | Admission::Known(header) => {
                    held.remove(&header.hash);
                    ready.extend(waiting.remove(&header.hash).into_iter().flatten());
                }
                Admission::Held(header, missing) => {
                    waiting.entry(missing[0]).or_default().push(bytes);
                    held.insert(header.hash, missing);
                }
            }
        }
        let missing: BTreeSet<Hash> = held
            .values()
            .flatten()
            .filter(|hash| !held.contains_key(hash) && !self.changes.contains_key(hash))
            .copied()
            .collect();
        Ok(missing.into_iter().collect())
    }

    /// The union of everything that `deps` have seen.
    fn before(&self, deps: &[Hash]) -> Admitted {
        let mut union = Admitted {
            clock: vec![0; self.seqs.len()],
            top: 0,
        };
        for dep in deps.iter().filter_map(|dep| self.changes.get(dep)) {
            union.top = union.top.max(dep.top);
            for (seen, more) in union.clock.iter_mut().zip(&dep.clock) {
                *seen = (*seen).max(*more);
            }
        }
        union
    }

    /// The author's index, if this is exactly its next change and is numbered as Automerge numbers.
    fn next_of_its_author(
        &self,
        header: &ChangeHeader,
        before: &Admitted,
    ) -> Result<u32, ScanError> {
        let next = self.actors.len() as u32;
        let author = self.actors.get(&header.actor).copied().unwrap_or(next);
        let all = self.seqs.get(author as usize).copied().unwrap_or(0);
        let seen = before.clock.get(author as usize).copied().unwrap_or(0);
        if header.seq <= u64::from(all) {
            return Err(ScanError::Forked);
        }
        if header.seq != u64::from(seen) + 1 {
            return Err(ScanError::Unfounded("the author's change before it"));
        }
        if header.start_op != before.top + 1 {
            return Err(ScanError::Unfounded("the operations right before it"));
        }
        let crowded = author == next && u64::from(next) >= self.limits.actors
            || self.changes.len() >= self.limits.document_changes
            || self.operations.len() + header.ops as usize > self.limits.document_ops;
        if crowded {
            Err(ScanError::Limit("document"))
        } else {
            Ok(author)
        }
    }

    fn add(&mut self, author: u32, header: &ChangeHeader, mut before: Admitted) {
        let index = author as usize;
        self.actors.insert(header.actor, author);
        self.seqs.resize(self.seqs.len().max(index + 1), 0);
        before.clock.resize(self.seqs.len(), 0);
        self.seqs[index] = header.seq as u32;
        before.clock[index] = header.seq as u32;
        before.top += header.ops;
        self.changes.insert(header.hash, before);
    }
}

/// One change being held against the lineage.
struct Fitting<'l, 'b> {
    lineage: &'l Lineage,
    /// The change's actor table in the lineage's numbers.
    actors: Vec<u32>,
    clock: &'l [u32],
    header: &'b ChangeHeader,
    written: Vec<Operation>,
    new_names: BTreeMap<&'b str, u32>,
}

impl<'l, 'b> Fitting<'l, 'b> {
    fn check(
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
