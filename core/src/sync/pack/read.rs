//! From bytes to documents. Everything is compared with the signed manifest first, inflating stops at what it says, and
//! no document goes on before the scanner has been through it.

use super::{Manifest, Order, PackError, PackFile, PackFrame};
use crate::{
    document::{Document, RawChange},
    ids::{DocumentId, Hash},
    scan::{self, Limits, Lineage},
    sync::{
        message::{Digest, DocumentKind},
        shape,
    },
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{collections::HashMap, io::Read};

/// Enough of a document to find it and to see what is to be done: JSON of its projection, shortened.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct IndexItem {
    /// Its kind.
    #[n(0)]
    pub kind: DocumentKind,
    /// The view of its kind in `core`, as JSON; it says which document it is of.
    #[n(1)]
    pub view: String,
}

/// One document, whole, as a phone keeps it until it is taken out.
#[derive(Clone, PartialEq, Debug, Encode, Decode)]
pub struct PackedDocument {
    /// Which.
    #[n(0)]
    pub document: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: DocumentKind,
    /// Where its changes stand in the feed.
    #[n(2)]
    pub order: Order,
    /// `Document::save`: uncompressed.
    #[n(3)]
    pub snapshot: ByteVec,
}

/// The documents of a frame as they travel: what is alike lies side by side, because that packs best.
#[derive(Encode, Decode)]
pub(super) struct Shelf {
    /// Where in its save each document's id is written, as text, counted from 1; 0 where it is not.
    #[n(0)]
    ids: Vec<u32>,
    /// The ids that are not.
    #[n(1)]
    strangers: Vec<DocumentId>,
    /// Kinds.
    #[n(2)]
    kinds: Vec<DocumentKind>,
    /// How many bytes of positions each has.
    #[n(3)]
    lengths: Vec<u32>,
    /// All positions, one document behind the other.
    #[n(4)]
    positions: ByteVec,
    /// For the few whose changes are not in canonical order: index and ranks.
    #[n(5)]
    ranks: Vec<(u32, Vec<u32>)>,
    /// The saves.
    #[n(6)]
    snapshots: Vec<ByteVec>,
}

/// An id as the documents write it.
const ID_TEXT: usize = 36;

impl Shelf {
    pub(super) fn of(documents: &[PackedDocument]) -> Self {
        let mut shelf = Self {
            ids: Vec::new(),
            strangers: Vec::new(),
            kinds: Vec::new(),
            lengths: Vec::new(),
            positions: Vec::new().into(),
            ranks: Vec::new(),
            snapshots: Vec::new(),
        };
        for (index, packed) in documents.iter().enumerate() {
            let text = packed.document.to_string();
            let mut windows = packed.snapshot.windows(ID_TEXT);
            let found = windows.position(|window| window == text.as_bytes());
            shelf.ids.push(found.map_or(0, |at| at as u32 + 1));
            if found.is_none() {
                shelf.strangers.push(packed.document);
            }
            shelf.kinds.push(packed.kind);
            shelf.lengths.push(packed.order.positions.len() as u32);
            shelf.positions.extend_from_slice(&packed.order.positions);
            if !packed.order.ranks.is_empty() {
                shelf.ranks.push((index as u32, packed.order.ranks.clone()));
            }
            shelf.snapshots.push(packed.snapshot.clone());
        }
        shelf
    }

    fn documents(self) -> Option<Vec<PackedDocument>> {
        let count = self.snapshots.len();
        let alike = [self.ids.len(), self.kinds.len(), self.lengths.len()];
        if alike != [count; 3] {
            return None;
        }
        let mut ranks: HashMap<u32, Vec<u32>> = self.ranks.into_iter().collect();
        let mut strangers = self.strangers.into_iter();
        let mut positions = &self.positions[..];
        let mut documents = Vec::with_capacity(count);
        for (index, snapshot) in self.snapshots.into_iter().enumerate() {
            let document = match self.ids[index] as usize {
                0 => strangers.next()?,
                at => {
                    let text = snapshot.get(at - 1..)?.get(..ID_TEXT)?;
                    std::str::from_utf8(text).ok()?.parse().ok()?
                }
            };
            let (own, behind) = positions.split_at_checked(self.lengths[index] as usize)?;
            positions = behind;
            documents.push(PackedDocument {
                document,
                kind: self.kinds[index],
                order: Order {
                    positions: own.to_vec().into(),
                    ranks: ranks.remove(&(index as u32)).unwrap_or_default(),
                },
                snapshot,
            });
        }
        let nothing_left = positions.is_empty() && ranks.is_empty() && strangers.next().is_none();
        nothing_left.then_some(documents)
    }
}

/// A document with its changes taken out.
pub struct Unpacked {
    /// Loaded.
    pub document: Document,
    /// Every change with its position, ascending.
    pub changes: Vec<(u64, RawChange)>,
}

/// The items of an index frame.
pub fn index(frame: &PackFrame, packed: &[u8]) -> Result<Vec<IndexItem>, PackError> {
    let items: Vec<IndexItem> = message(frame, packed)?;
    counted(items, frame)
}

/// The documents of a frame, scanned.
pub fn documents(
    manifest: &Manifest,
    file: &PackFile,
    frame: &PackFrame,
    packed: &[u8],
) -> Result<Vec<PackedDocument>, PackError> {
    let shelf: Shelf = message(frame, packed)?;
    let documents = shelf.documents().ok_or(PackError::Malformed("items"))?;
    let documents = counted(documents, frame)?;
    for document in &documents {
        let header = scan::scan_document(&document.snapshot, &Limits::default())
            .map_err(|_| PackError::Document(document.document))?;
        if document.order.count(manifest.cursor.position)? != header.changes {
            return Err(PackError::Malformed("positions"));
        }
        if file.kind.is_some_and(|kind| kind != document.kind) {
            return Err(PackError::Malformed("kind"));
        }
    }
    Ok(documents)
}

/// Loads one document and takes its changes out, each scanned and held against the others. Automerge is behind this:
/// whoever calls it catches a panic.
pub fn unpack(packed: &PackedDocument) -> Result<Unpacked, PackError> {
    let refused = PackError::Document(packed.document);
    let nothing = [] as [&[u8]; 0];
    let mut document =
        Document::from_snapshot(packed.document, packed.kind, &packed.snapshot, nothing)
            .map_err(|_| refused)?;
    let changes = document.changes();
    let mut lineage = Lineage::new(Limits::default());
    let missing = lineage.admit_all(changes.iter().map(|change| &change.bytes));
    if !missing.map_err(|_| refused)?.is_empty() {
        return Err(refused);
    }
    let graph: Vec<(Hash, &[Hash])> = changes
        .iter()
        .map(|change| (change.hash, &change.deps[..]))
        .collect();
    let placed = packed.order.place(&graph)?;
    let mut changes: Vec<Option<RawChange>> = changes.into_iter().map(Some).collect();
    let changes = placed
        .into_iter()
        .filter_map(|(position, place)| Some((position, changes.get_mut(place)?.take()?)))
        .collect();
    Ok(Unpacked { document, changes })
}

/// Whether what was taken out adds up to what the server signed.
pub fn adds_up(manifest: &Manifest, changes: &Digest) -> bool {
    let mut sum = *changes;
    sum.add(&Hash(manifest.rest.0));
    sum == manifest.cursor.digest
}

fn counted<T>(items: Vec<T>, frame: &PackFrame) -> Result<Vec<T>, PackError> {
    match items.len() == frame.items as usize {
        true => Ok(items),
        false => Err(PackError::Malformed("items")),
    }
}

fn message<T: for<'b> Decode<'b, ()>>(frame: &PackFrame, packed: &[u8]) -> Result<T, PackError> {
    if packed.len() != frame.packed as usize || Hash::of(packed) != frame.hash {
        return Err(PackError::Frame);
    }
    let plain = inflate(packed, frame.raw as usize)?;
    if !shape::is_modest(&plain) {
        return Err(PackError::Malformed("frame"));
    }
    minicbor::decode(&plain).map_err(|_| PackError::Malformed("items"))
}

/// Exactly `raw` bytes, one frame, nothing behind it.
fn inflate(packed: &[u8], raw: usize) -> Result<Vec<u8>, PackError> {
    let malformed = |_| PackError::Malformed("zstd");
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)
        .map_err(malformed)?
        .single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(malformed)?;
    let mut plain = Vec::new();
    let limited = decoder.by_ref().take(raw as u64 + 1);
    { limited }.read_to_end(&mut plain).map_err(malformed)?;
    if plain.len() != raw || !decoder.finish().is_empty() {
        return Err(PackError::Malformed("length"));
    }
    Ok(plain)
}

/// A frame holds one document of 16 MiB or many of a few kilobytes.
const WINDOW_LOG: u32 = 24;
