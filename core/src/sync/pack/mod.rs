//! A first sync is a file. The server packs a partition's published documents as they are at one position of its feed;
//! a phone that has nothing yet fetches the pack instead of reading the feed from 1, and reads on behind it.
//!
//! * [`Manifest`] — what the server signs: where in the feed the pack stands, and every frame by its hash.
//! * [`build`] — documents into frames, on the server, in the background.
//! * [`read`] — frames into documents, on the phone; a document is loaded later, when somebody looks or nobody waits.
//! * [`Order`] — where each change of a document stands in the feed, in a few bytes.
//!
//! A pack is only a quicker way to the same changes: whatever is wrong with it, the feed is still there.

pub mod build;
pub mod read;

mod order;

pub use order::Order;

use super::{
    limits,
    message::{Cursor, Digest, DocumentKind, Epoch, PackOffer},
    shape,
};
use crate::ids::{DocumentId, Hash};
use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{Decode, Encode};

/// What the server signs for: the signature is over this, a zero byte and the encoded manifest.
pub const PURPOSE: &str = "gridwalk pack 1";
/// The format written and read here.
pub const FORMAT: u32 = 1;

/// What the server vouches for.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct Manifest {
    /// [`FORMAT`]; a phone that does not know it reads the feed.
    #[n(0)]
    pub format: u32,
    /// The life of the store in which it was built.
    #[n(1)]
    pub epoch: Epoch,
    /// Partition, position and the feed's digest there: where the phone stands once it has everything.
    #[n(2)]
    pub cursor: Cursor,
    /// The part of that digest that belongs to changes of no document in here: of documents that were moved or erased.
    #[n(3)]
    pub rest: Digest,
    /// The files, most useful first.
    #[n(4)]
    pub files: Vec<PackFile>,
}

/// What the items of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct Content(#[n(0)] pub u16);

impl Content {
    /// [`read::IndexItem`]: enough of a document to find it, before it is here.
    pub const INDEX: Self = Self(0);
    /// [`read::PackedDocument`].
    pub const DOCUMENTS: Self = Self(1);
}

/// One file: immutable, named by the hash of its bytes.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PackFile {
    /// What it holds; a phone skips a content that it does not know.
    #[n(0)]
    pub content: Content,
    /// Of which kind; none when it holds several.
    #[n(1)]
    pub kind: Option<DocumentKind>,
    /// SHA-256 of the whole file: `GET /packs/{hash}`.
    #[n(2)]
    pub hash: Hash,
    /// Its frames, one behind the other.
    #[n(3)]
    pub frames: Vec<PackFrame>,
}

impl PackFile {
    /// Where frame `number` begins.
    pub fn offset(&self, number: usize) -> u64 {
        let before = self.frames.iter().take(number);
        before.map(|frame| u64::from(frame.packed)).sum()
    }
    /// Length of the file.
    pub fn bytes(&self) -> u64 {
        self.offset(self.frames.len())
    }
}

/// One zstd frame that needs no other to be read.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PackFrame {
    /// Its length in the file.
    #[n(0)]
    pub packed: u32,
    /// Its length unpacked.
    #[n(1)]
    pub raw: u32,
    /// SHA-256 of the packed bytes.
    #[n(2)]
    pub hash: Hash,
    /// How many items are in it.
    #[n(3)]
    pub items: u32,
}

/// Why a pack, or a part of it, is not used. The phone then reads the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PackError {
    /// Not signed by the server's key.
    #[error("the manifest is not signed by this server")]
    Signature,
    /// Not what it says it is, or over a limit.
    #[error("the pack is malformed: {0}")]
    Malformed(&'static str),
    /// A format of a newer server.
    #[error("the pack has a newer format")]
    Newer,
    /// The bytes of a frame are not those of the manifest.
    #[error("the frame has another hash")]
    Frame,
    /// The scanner refuses this document.
    #[error("document {0} is refused")]
    Document(DocumentId),
    /// What is in it does not add up to the digest.
    #[error("the digest is another")]
    Digest,
}

/// A manifest with its signature; `sign` has the server's key and is told the purpose and the bytes.
pub fn offer(manifest: &Manifest, sign: impl FnOnce(&str, &[u8]) -> [u8; 64]) -> PackOffer {
    let bytes = minicbor::to_vec(manifest).unwrap_or_default();
    let signature = sign(PURPOSE, &bytes);
    PackOffer {
        manifest: bytes.into(),
        signature: signature.to_vec().into(),
    }
}

/// The name of an offer: the hash of its manifest.
pub fn name(offer: &PackOffer) -> Hash {
    Hash::of(&offer.manifest)
}

/// The manifest in `offer`, if `key` signed it and nothing in it is beyond measure.
pub fn verify(key: &VerifyingKey, offer: &PackOffer) -> Result<Manifest, PackError> {
    let signature = Signature::from_slice(&offer.signature).map_err(|_| PackError::Signature)?;
    key.verify_strict(
        &[PURPOSE.as_bytes(), &[0], &offer.manifest].concat(),
        &signature,
    )
    .map_err(|_| PackError::Signature)?;
    let malformed = PackError::Malformed("manifest");
    if offer.manifest.len() > limits::PACK_MANIFEST || !shape::is_modest(&offer.manifest) {
        return Err(malformed);
    }
    let manifest: Manifest = minicbor::decode(&offer.manifest).map_err(|_| malformed)?;
    if manifest.format != FORMAT {
        return Err(PackError::Newer);
    }
    let frames = manifest.files.iter().flat_map(|file| &file.frames);
    for frame in frames {
        let fits = (1..=limits::PACK_FRAME_PACKED).contains(&(frame.packed as usize))
            && (1..=limits::PACK_FRAME_RAW).contains(&(frame.raw as usize));
        if !fits {
            return Err(PackError::Malformed("frame"));
        }
    }
    Ok(manifest)
}
