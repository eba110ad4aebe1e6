//! What all documents share: how one is loaded from changes, edited by exactly one change, and saved.
//!
//! Automerge stays behind this file and `field.rs`: nouns write items and registers, and read all their values.

mod causes;
mod order;

pub(crate) use causes::Causes;
pub use order::{FeedOrder, Unordered};

use crate::{
    act::Act,
    error::{Code, Refusal},
    field::Draft,
    ids::{DocumentId, Hash},
    scan::{self, ChangeHeader, ScanError},
    sync::message::DocumentKind,
};
use automerge::{
    ActorId, Automerge, AutomergeError, Change, ChangeHash, ReadDoc, transaction::CommitOptions,
};
use std::{
    collections::{HashMap, HashSet},
    fmt,
};

/// One Automerge document, with the id and kind under which it is kept.
///
/// It never holds a change whose dependencies it lacks: such a change is refused, not queued out of sight.
#[derive(Clone)]
pub struct Document {
    id: DocumentId,
    kind: DocumentKind,
    pub(crate) history: Automerge,
}

/// Who writes: sixteen bytes that no other incarnation uses (see `sync::actor`), and the frame of the act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// The writer's incarnation in this document.
    pub actor: [u8; 16],
    /// Who, when, with which device.
    pub act: Act,
}

/// One change as it is stored and sent: uncompressed bytes, named by their hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawChange {
    /// SHA-256 of the change.
    pub hash: Hash,
    /// The chunk, uncompressed.
    pub bytes: Vec<u8>,
    /// Who wrote it.
    pub actor: [u8; 16],
    /// The how-manieth change of this actor, from one.
    pub seq: u64,
    /// What must be there before it.
    pub deps: Vec<Hash>,
}

/// What an edit hands back: the document after it, and the one change that it made.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The document with the change in it.
    pub document: Document,
    /// The change to keep and to send.
    pub change: RawChange,
}

/// Why changes do not make a document. The document they were meant for is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LoadError {
    /// The scanner refused a change.
    #[error(transparent)]
    Refused(#[from] ScanError),
    /// These changes are needed first.
    #[error("{} changes are missing", .0.len())]
    MissingDependencies(Vec<Hash>),
    /// The same actor and sequence number are there with other bytes.
    #[error("the actor forked: {0}")]
    Forked(String),
    /// Automerge found the bytes wrong.
    #[error("automerge refused: {0}")]
    Automerge(String),
}

impl LoadError {
    /// The code that a screen can translate.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(error) => error.code(),
            Self::MissingDependencies(_) => Code::Internal,
            Self::Forked(_) => Code::ActorForked,
            Self::Automerge(_) => Code::ChangeMalformed,
        }
    }
}

impl From<AutomergeError> for LoadError {
    fn from(error: AutomergeError) -> Self {
        match error {
            AutomergeError::DuplicateSeqNumber(..) => Self::Forked(error.to_string()),
            other => Self::Automerge(other.to_string()),
        }
    }
}

impl Document {
    /// A document from its changes, in any order, doubles allowed. Each is scanned before Automerge sees it.
    pub fn from_changes(
        id: DocumentId,
        kind: DocumentKind,
        changes: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, LoadError> {
        let mut document = Self::empty(id, kind);
        document.merge_changes(changes)?;
        Ok(document)
    }

    /// A document from bytes that [`Document::save`] wrote on this machine (or that the server signed), and later changes.
    pub fn from_snapshot(
        id: DocumentId,
        kind: DocumentKind,
        snapshot: &[u8],
        later: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, LoadError> {
        let history = Automerge::load(snapshot)?;
        let missing = history.get_missing_deps(&[]);
        if !missing.is_empty() {
            return Err(LoadError::MissingDependencies(
                missing.into_iter().map(Hash::from).collect(),
            ));
        }
        let mut document = Self { id, kind, history };
        document.merge_changes(later)?;
        Ok(document)
    }

    /// Adds changes, in any order, doubles allowed. All or nothing.
    pub fn merge_changes(
        &mut self,
        changes: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<(), LoadError> {
        let mut incoming = HashMap::new();
        for bytes in changes {
            let (header, change) = scanned(bytes.as_ref())?;
            if !self.has(&header.hash) {
                incoming.insert(header.hash, (header, change));
            }
        }
        if incoming.is_empty() {
            return Ok(());
        }
        // Automerge would answer Ok to an orphan and keep it invisible; so it never gets one.
        let mut missing: Vec<Hash> = incoming
            .values()
            .flat_map(|(header, _)| &header.deps)
            .filter(|dep| !incoming.contains_key(dep) && !self.has(dep))
            .copied()
            .collect();
        if !missing.is_empty() {
            missing.sort_unstable();
            missing.dedup();
            return Err(LoadError::MissingDependencies(missing));
        }
        // A change may be in order by itself and name what is not in this document; Automerge panics on it.
        let mut lineage = scan::Lineage::new(scan::Limits::default());
        let here = self.history.get_changes(&[]);
        lineage.admit_all(here.iter().map(Change::raw_bytes))?;
        let mut offered: Vec<&Change> = incoming.values().map(|(_, change)| change).collect();
        offered.sort_unstable_by_key(|change| change.hash());
        lineage.admit_all(offered.into_iter().map(Change::raw_bytes))?;
        let names: Vec<Hash> = incoming.keys().copied().collect();
        let mut batch: Vec<Change> = incoming.into_values().map(|(_, change)| change).collect();
        // Sorted so that the same bytes always meet the same error.
        batch.sort_unstable_by_key(Change::hash);
        let mut merged = self.history.clone();
        merged.apply_changes(batch)?;
        let names: Vec<ChangeHash> = names.iter().map(|name| ChangeHash(name.0)).collect();
        if !merged.get_missing_deps(&names).is_empty() {
            return Err(LoadError::Automerge(
                "a change was accepted but is not visible".into(),
            ));
        }
        self.history = merged;
        Ok(())
    }

    /// The whole document, uncompressed, for [`Document::from_snapshot`].
    pub fn save(&mut self) -> Vec<u8> {
        self.history.save_nocompress()
    }

    /// Every change, dependencies first.
    pub fn changes(&mut self) -> Vec<RawChange> {
        self.history.get_changes(&[]).iter().map(raw).collect()
    }

    /// Under which id it is kept.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// What it is kept as.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The changes that no other depends on, ascending.
    pub fn heads(&self) -> Vec<Hash> {
        let mut heads: Vec<Hash> = self.history.get_heads().iter().map(|h| Hash(h.0)).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether this change is in the document.
    pub fn has(&self, change: &Hash) -> bool {
        // Nothing is ever queued, so only the asked-for change can be missing.
        self.history
            .get_missing_deps(&[ChangeHash(change.0)])
            .is_empty()
    }

    pub(crate) fn empty(id: DocumentId, kind: DocumentKind) -> Self {
        let history = Automerge::new();
        Self { id, kind, history }
    }

    /// One edit, one change. The same document, author and words always give the same bytes.
    pub(crate) fn edit(
        mut self,
        author: &Author,
        write: impl FnOnce(&mut Draft<'_>) -> Result<(), Refusal>,
    ) -> Result<Edited, Refusal> {
        self.history.set_actor(ActorId::from(author.actor));
        let mut draft = Draft::new(self.history.transaction());
        write(&mut draft)?;
        // Automerge's own unit is the second.
        let seconds = author.act.recorded_at.0.div_euclid(1000);
        let (hash, _) = draft
            .finish()
            .commit_with(CommitOptions::default().with_time(seconds));
        let change = hash
            .and_then(|hash| self.history.get_change_by_hash(&hash))
            .ok_or_else(|| Refusal::new(Code::Internal, "the edit wrote nothing"))?;
        Ok(Edited {
            change: raw(&change),
            document: self,
        })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Document({:?}, {}, {:?})",
            self.kind,
            self.id,
            self.heads()
        )
    }
}

/// The only door from bytes to Automerge.
fn scanned(bytes: &[u8]) -> Result<(ChangeHeader, Change), LoadError> {
    let header = scan::scan_change(bytes, &scan::Limits::default())?;
    let change =
        Change::try_from(bytes).map_err(|error| LoadError::Automerge(error.to_string()))?;
    Ok((header, change))
}

fn raw(change: &Change) -> RawChange {
    let mut actor = [0; 16];
    // Only an unscanned snapshot could hold an actor of another length.
    for (slot, byte) in actor.iter_mut().zip(change.actor_id().to_bytes()) {
        *slot = *byte;
    }
    RawChange {
        hash: Hash(change.hash().0),
        bytes: change.raw_bytes().to_vec(),
        actor,
        seq: change.seq(),
        deps: change.deps().iter().map(|dep| Hash(dep.0)).collect(),
    }
}

/// Every kind's first change makes all its containers, so that two phones never create the same one twice
/// (Automerge would hide one of the two, with everything in it).
pub(crate) fn create(
    id: DocumentId,
    kind: DocumentKind,
    created: &impl serde::Serialize,
    containers: &[&str],
    author: &Author,
    write: impl FnOnce(&mut Draft<'_>) -> Result<(), Refusal>,
) -> Result<Edited, Refusal> {
    debug_assert_eq!(
        containers.iter().collect::<HashSet<_>>().len(),
        containers.len()
    );
    Document::empty(id, kind).edit(author, |draft| {
        draft.begin(id, kind, created, &author.act, containers)?;
        write(draft)
    })
}

#[cfg(test)]
mod tests;
