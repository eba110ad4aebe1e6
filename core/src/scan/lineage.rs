//! A document's history as far as a new change can refer to it, so that a change which fits nothing is refused before
//! Automerge panics on it.
//!
//! Some lies cannot be seen in a change alone: an object that nobody made, an element of another list, a sequence number
//! with a gap. Automerge trusts all of them, and they bring down the process or a later `save`. A [`Lineage`] reads the
//! document's changes in causal order and knows, for each operation, in which object and slot it wrote.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::Hash;

use super::change;
use super::fitting::Fitting;
use super::{ActorId, ChangeHeader, Limits, ScanError};

/// An operation in the whole document: index of its actor, and its counter.
pub(super) type OpId = (u32, u32);

/// What an operation wrote.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wrote {
    Map,
    List,
    Text,
    Value,
    /// Deletions and increments are never replaced by anybody.
    Nothing,
}

/// The register that an operation wrote to, within its object.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Slot {
    Named(u32),
    Element(OpId),
}

#[derive(Clone, Copy)]
pub(super) struct Operation {
    /// Sequence number of the change it came with.
    pub(super) seq: u32,
    /// The object it wrote to; `None` is the root.
    pub(super) object: Option<OpId>,
    pub(super) slot: Slot,
    pub(super) wrote: Wrote,
    /// How deep the object that it made lies below the root.
    pub(super) depth: u32,
}

/// What is remembered of an admitted change.
pub(super) struct Admitted {
    /// Per actor, how many of its changes are this one or before it.
    pub(super) clock: Vec<u32>,
    /// The highest operation counter in it or before it.
    pub(super) top: u64,
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
    pub(super) limits: Limits,
    changes: BTreeMap<Hash, Admitted>,
    pub(super) actors: BTreeMap<ActorId, u32>,
    /// Per actor, how many changes it has in all branches together.
    seqs: Vec<u32>,
    pub(super) operations: BTreeMap<OpId, Operation>,
    pub(super) names: BTreeMap<Box<str>, u32>,
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
