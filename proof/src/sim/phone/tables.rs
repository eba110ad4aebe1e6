//! The tables of a phone, and a deed written into them.

use super::{Deed, Identity};
use gridwalk_core::{
    act::Act,
    document::Document,
    error::{Code, Refusal},
    ids::{DocumentId, Hash},
    scan::ActorId,
    sync::message::{Cursor, DocumentKind, Epoch, Partition},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

/// What survives when the app is killed.
#[derive(Clone, Default)]
pub struct Tables {
    pub epoch: Option<Epoch>,
    pub cursors: BTreeMap<Partition, Cursor>,
    pub documents: BTreeMap<DocumentId, Rc<Held>>,
    /// Which document a change belongs to.
    pub homes: Rc<BTreeMap<Hash, DocumentId>>,
    /// Own changes without a receipt, in the order in which they leave.
    pub outbox: BTreeMap<u64, Hash>,
    pub envelopes: BTreeMap<u64, Rc<Signed>>,
    /// What the scanner refused.
    pub quarantine: BTreeSet<Hash>,
    pub reference: u64,
    pub own_bytes: bool,
    pub clock_ahead_ms: i64,
    /// Documents that were told to leave; true for those that were erased.
    pub leaving: BTreeMap<DocumentId, bool>,
    /// What it let go of with the last answer because that had left its feed; for the checker.
    pub let_go: Vec<DocumentId>,
    /// Only for planted bugs.
    pub trusting: bool,
    pub cleaned: BTreeSet<Hash>,
    /// Counts changes, edits and outbox rows.
    pub number: u64,
}

/// What this device signed.
#[derive(Clone, Debug)]
pub struct Signed {
    pub hash: Hash,
    pub bytes: Vec<u8>,
    pub signature: Vec<u8>,
    pub sent: Vec<Hash>,
    pub answered: bool,
}

/// A document with its log and the deeds that led to it.
#[derive(Clone)]
pub struct Held {
    pub kind: DocumentKind,
    pub partition: Partition,
    pub incarnation: u64,
    pub changes: Vec<Kept>,
    pub edits: Vec<Saved>,
    /// The document as it was last read; only a faster start.
    pub cache: Option<Rc<(Vec<Hash>, Document)>>,
}

/// One change in the log.
#[derive(Clone)]
pub struct Kept {
    pub hash: Hash,
    pub actor: ActorId,
    pub seq: u64,
    pub bytes: Rc<[u8]>,
    pub own: bool,
    pub incarnation: u64,
    pub standing: Standing,
    /// Its receipt said that the server holds it until something else comes: it has not been judged.
    pub held: bool,
    pub placed: Vec<Place>,
}

/// Where a change stands in a feed, or stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub feed: Partition,
    pub position: u64,
    /// Its document has left that feed since.
    pub departed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Own, without a receipt.
    Waiting,
    /// The server has it.
    Stored,
    /// Refused, or built on a refused one.
    Retired,
}

/// A deed, kept whole until the server accepted its change.
#[derive(Clone)]
pub struct Saved {
    pub number: u64,
    pub change: Hash,
    /// Under which it was saved first.
    pub first: Hash,
    pub deed: Rc<Deed>,
    pub act: Act,
    pub fate: Fate,
    pub tries: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Waiting,
    Stored,
    Refused(Code),
}

impl Saved {
    pub fn was(&self, change: Hash) -> bool {
        self.first == change
    }

    pub fn is_refused(&self) -> bool {
        matches!(self.fate, Fate::Refused(_))
    }

    pub fn is_waiting(&self) -> bool {
        self.fate == Fate::Waiting
    }
}

impl Held {
    fn new(kind: DocumentKind, partition: Partition) -> Self {
        Self {
            kind,
            partition,
            incarnation: 1,
            changes: Vec::new(),
            edits: Vec::new(),
            cache: None,
        }
    }

    /// The changes that make the document.
    pub fn living(&self) -> impl Iterator<Item = &Kept> {
        self.changes
            .iter()
            .filter(|kept| kept.standing != Standing::Retired)
    }

    pub fn positions(&self) -> HashMap<Hash, u64> {
        let first = |kept: &Kept| {
            let standing = kept.placed.iter().filter(|place| !place.departed);
            standing.map(|place| place.position).min()
        };
        self.changes
            .iter()
            .filter_map(|kept| Some((kept.hash, first(kept)?)))
            .collect()
    }

    /// The document as the log has it; none when nothing of it is left.
    pub fn load(&mut self, id: DocumentId) -> Result<Option<Document>, Refusal> {
        let names: Vec<Hash> = self.living().map(|kept| kept.hash).collect();
        if names.is_empty() {
            return Ok(None);
        }
        let refused = |error: gridwalk_core::document::LoadError| {
            Refusal::new(error.code(), format!("document {id}: {error}"))
        };
        let document = match self.cache.as_deref() {
            Some((known, document)) if *known == names => return Ok(Some(document.clone())),
            Some((known, document)) if names.starts_with(known) => {
                let mut document = document.clone();
                let later = self.living().skip(known.len()).map(|kept| &kept.bytes[..]);
                document.merge_changes(later).map_err(refused)?;
                document
            }
            _ => {
                let all = self.living().map(|kept| &kept.bytes[..]);
                Document::from_changes(id, self.kind, all).map_err(refused)?
            }
        };
        self.cache = Some(Rc::new((names, document.clone())));
        Ok(Some(document))
    }
}

impl Tables {
    pub fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The document's row, made if it is new.
    pub fn held(&mut self, id: DocumentId, kind: DocumentKind, at: Partition) -> &mut Held {
        let held = self
            .documents
            .entry(id)
            .or_insert_with(|| Rc::new(Held::new(kind, at)));
        Rc::make_mut(held)
    }

    pub fn held_mut(&mut self, id: &DocumentId) -> Option<&mut Held> {
        self.documents.get_mut(id).map(Rc::make_mut)
    }

    pub fn kept(&self, hash: &Hash) -> Option<(&DocumentId, &Kept)> {
        let id = self.homes.get(hash)?;
        let held = self.documents.get(id)?;
        held.changes
            .iter()
            .find(|kept| kept.hash == *hash)
            .map(|kept| (id, kept))
    }

    pub fn kept_mut(&mut self, hash: &Hash) -> Option<&mut Kept> {
        let id = *self.homes.get(hash)?;
        self.kept(hash)?; // no copy for nothing
        let held = self.held_mut(&id)?;
        held.changes.iter_mut().find(|kept| kept.hash == *hash)
    }

    /// Writes a change into the log unless it is there; true when it is new.
    pub fn keep(&mut self, id: DocumentId, kept: Kept) -> bool {
        if self.kept(&kept.hash).is_some() {
            return false;
        }
        let Some(held) = self.documents.get_mut(&id) else {
            return false;
        };
        Rc::make_mut(&mut self.homes).insert(kept.hash, id);
        Rc::make_mut(held).changes.push(kept);
        true
    }

    pub fn offer(&mut self, hash: Hash) {
        if !self.outbox.values().any(|waiting| *waiting == hash) {
            let number = self.next();
            self.outbox.insert(number, hash);
        }
    }

    /// Records deeds on one document: log, edit and outbox, all or nothing.
    pub fn record(
        &mut self,
        who: &Identity,
        id: DocumentId,
        partition: Partition,
        deeds: &[Rc<Deed>],
        act: &Act,
    ) -> Result<Vec<Hash>, Refusal> {
        let mut saved = Vec::new();
        for deed in deeds {
            let loaded = match self.held_mut(&id) {
                Some(held) => held.load(id)?,
                None => None,
            };
            if loaded.is_none() && !deed.begins() {
                return Err(Refusal::new(Code::NotFound, "no such document here"));
            }
            let held = self.held(id, deed.kind(), partition);
            let (incarnation, feed) = (held.incarnation, held.positions());
            let edited = deed.apply(loaded, &who.author(id, incarnation, act), &feed)?;
            let change = &edited.change;
            saved.push(change.hash);
            self.append(id, incarnation, change);
            let number = self.next();
            let held = self.held(id, deed.kind(), partition);
            held.edits.push(Saved {
                number,
                change: change.hash,
                first: change.hash,
                deed: deed.clone(),
                act: act.clone(),
                fate: Fate::Waiting,
                tries: 1,
            });
            let names = held.living().map(|kept| kept.hash).collect();
            held.cache = Some(Rc::new((names, edited.document)));
        }
        Ok(saved)
    }

    /// An own change goes into the log and into the outbox.
    pub fn append(
        &mut self,
        id: DocumentId,
        incarnation: u64,
        change: &gridwalk_core::document::RawChange,
    ) {
        let new = self.keep(
            id,
            Kept {
                hash: change.hash,
                actor: change.actor,
                seq: change.seq,
                bytes: change.bytes.as_slice().into(),
                own: true,
                incarnation,
                standing: Standing::Waiting,
                held: false,
                placed: Vec::new(),
            },
        );
        if new {
            self.offer(change.hash);
        }
    }
}
