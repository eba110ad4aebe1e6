//! Bytes from strangers: nothing reaches Automerge before it has been through here.
#![doc = include_str!("FORMAT.md")]

mod change;
mod columns;
mod document;
mod fitting;
mod leb;
mod lineage;
mod runs;
mod value;

use crate::error::Code;
use crate::ids::Hash;
use crate::sync::envelope::change_hash;

pub use document::{DocumentHeader, scan_document};
pub use lineage::{Admission, Lineage};

/// Sixteen random bytes: one writer's incarnation in one document.
pub type ActorId = [u8; 16];

/// What a change says of itself, after it was found in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeHeader {
    /// The change's name, computed from its bytes.
    pub hash: Hash,
    /// Who wrote it.
    pub actor: ActorId,
    /// The how-manieth change of this actor it is, from one.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// How many operations it holds.
    pub ops: u64,
    /// The writer's clock, in the writer's unit.
    pub time: i64,
    /// The changes that must come before it, ascending.
    pub deps: Vec<Hash>,
    /// Bytes of its message; nought when there is none.
    pub message_len: usize,
}

/// How much one change may hold. The defaults are the product's (`faults.md` §2.6); an edit must stay within them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole chunk.
    pub change_bytes: usize,
    /// Operations in one change.
    pub ops: u64,
    /// Replaced operations, summed over one change.
    pub preds: u64,
    /// Dependencies of one change.
    pub deps: u64,
    /// Actors that one change refers to, besides its author.
    pub actors: u64,
    /// The highest operation counter and sequence number.
    pub counter: u64,
    /// Distance of the writer's clock from 1970, in the writer's unit.
    pub time: u64,
    /// Bytes of a change's message.
    pub message_bytes: u64,
    /// Bytes of one map key.
    pub key_bytes: usize,
    /// Bytes of all values of one change.
    pub value_bytes: usize,
    /// Bytes behind the columns; the product writes none (no author footers).
    pub extra_bytes: usize,
    /// Objects within objects, counted from the root.
    pub depth: u32,
    /// Bytes of one document, saved without deflating.
    pub document_bytes: usize,
    /// Changes of one document.
    pub document_changes: usize,
    /// Operations of one document, over all its changes.
    pub document_ops: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            change_bytes: 512 * 1024,
            ops: 10_000,
            preds: 20_000,
            deps: 64,
            actors: 1_024,
            counter: 1 << 31,
            time: 1 << 53,
            message_bytes: 256,
            key_bytes: 256,
            value_bytes: 256 * 1024,
            extra_bytes: 0,
            depth: 32,
            document_bytes: 16 * 1024 * 1024,
            document_changes: 10_000,
            document_ops: 200_000,
        }
    }
}

/// Why bytes were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// More bytes than a change may have.
    #[error("the change is too big")]
    TooBig,
    /// The bytes end before the change does.
    #[error("the change is cut off")]
    Truncated,
    /// The checksum is not that of the bytes.
    #[error("the checksum is wrong")]
    Checksum,
    /// A chunk, but not of the type that is admitted here: document (0), change (1), deflated change (2), bundle (3) or
    /// something unknown.
    #[error("chunk type {0} is not admitted here")]
    WrongType(u8),
    /// More operations than a change may have, or claims to have.
    #[error("the change has too many operations")]
    TooManyOps,
    /// Well formed, but beyond one of the [`Limits`].
    #[error("the change exceeds the limit: {0}")]
    Limit(&'static str),
    /// Not what Automerge would have written.
    #[error("the change is malformed: {0}")]
    Malformed(&'static str),
    /// It refers to something that is not in its document's history.
    #[error("the change does not fit its document: {0} is not there")]
    Unfounded(&'static str),
    /// The same actor has another change with this sequence number (`design.md` §4).
    #[error("the actor has two histories")]
    Forked,
}

impl ScanError {
    /// The code that a screen can translate; the rest of the error is for the log.
    pub fn code(&self) -> Code {
        match self {
            Self::TooBig | Self::TooManyOps | Self::Limit(_) => Code::ChangeTooBig,
            Self::Forked => Code::ActorForked,
            Self::Unfounded(_)
            | Self::Truncated
            | Self::Checksum
            | Self::WrongType(_)
            | Self::Malformed(_) => Code::ChangeMalformed,
        }
    }
}

/// Looks at one complete, uncompressed change chunk and returns what it says of itself.
///
/// What passes is in the only spelling that Automerge would write, within `limits`, and consistent in itself. Whether
/// what it refers to exists, only its document's [`Lineage`] can tell.
pub fn scan_change(bytes: &[u8], limits: &Limits) -> Result<ChangeHeader, ScanError> {
    change::scan(bytes, limits).map(|scanned| scanned.header)
}

/// A change that was looked at: its name, and what the scanner found. Whoever is handed one need not hash or scan again,
/// and there is no way to have one without having looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    hash: Hash,
    found: Result<ChangeHeader, ScanError>,
}

impl Looked {
    /// Looks at the raw bytes of one change, within the product's limits.
    pub fn at(bytes: &[u8]) -> Self {
        Self::and_texts(bytes).0
    }

    /// The same, with every text that the change puts somewhere; none when the scanner refuses it.
    pub fn and_texts(bytes: &[u8]) -> (Self, Vec<&str>) {
        match change::scan(bytes, &Limits::default()) {
            Ok(scanned) => {
                let texts = scanned.columns.texts(scanned.header.ops);
                let looked = Self {
                    hash: scanned.header.hash,
                    found: Ok(scanned.header),
                };
                (looked, texts.unwrap_or_default())
            }
            Err(error) => {
                let looked = Self {
                    hash: change_hash(bytes),
                    found: Err(error),
                };
                (looked, Vec::new())
            }
        }
    }

    /// Its name.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// What it says of itself, or why it is refused.
    pub fn header(&self) -> Result<&ChangeHeader, ScanError> {
        self.found.as_ref().map_err(|error| *error)
    }
}

/// Every text that a change puts somewhere, in the order of its operations. Passes and refuses what [`scan_change`] does.
pub fn texts<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Vec<&'a str>, ScanError> {
    let scanned = change::scan(bytes, limits)?;
    scanned.columns.texts(scanned.header.ops)
}

#[cfg(test)]
mod tests;
