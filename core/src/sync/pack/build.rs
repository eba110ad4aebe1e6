//! From documents to frames. Runs where nobody waits for it: the hardest level of zstd is bought once and saves every
//! phone of the grid the bytes.

use super::{
    Content, FORMAT, Manifest, Order, PackError, PackFile, PackFrame,
    read::{self, IndexItem, PackedDocument, Shelf},
};
use crate::{
    household::{FieldKey, HouseholdView, NewVisit},
    ids::{DocumentId, Hash, PersonId, VisitId},
    incident::IncidentView,
    registry::Projection,
    sync::{
        limits,
        message::{Cursor, Digest, DocumentKind, Epoch},
    },
    time::Timestamp,
};
use serde::Serialize;
use uuid::Uuid;

/// One published document as the store has it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Which.
    pub document: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// `Document::save` of exactly these changes.
    pub snapshot: Vec<u8>,
    /// Name, dependencies and position of each published change.
    pub changes: Vec<(Hash, Vec<Hash>, u64)>,
}

/// A partition at one position of its feed.
#[derive(Clone, Debug)]
pub struct Material {
    /// The life of the store.
    pub epoch: Epoch,
    /// Partition, position, digest.
    pub cursor: Cursor,
    /// The part of the digest that belongs to changes of none of these documents: those moved or were erased.
    pub rest: Digest,
    /// What helps to find a document before it is there.
    pub index: Vec<IndexItem>,
    /// Every document.
    pub documents: Vec<Source>,
}

/// A pack, ready to be stored.
pub struct Built {
    /// To be signed.
    pub manifest: Manifest,
    /// The bytes of `manifest.files`, in their order.
    pub files: Vec<Vec<u8>>,
}

/// Most useful first; what a newer app made comes last.
const KINDS: [Option<DocumentKind>; 6] = [
    Some(DocumentKind::HOUSEHOLD),
    Some(DocumentKind::INCIDENT),
    Some(DocumentKind::PLACE),
    Some(DocumentKind::CARE_PLAN),
    Some(DocumentKind::PATROL),
    Some(DocumentKind::WORKER_DAY),
];

/// How a frame is pressed and cut.
#[derive(Clone, Copy, Debug)]
pub struct Press {
    /// Level of zstd.
    pub level: i32,
    /// Raw bytes of a frame, about.
    pub frame: usize,
}

impl Default for Press {
    fn default() -> Self {
        Self {
            level: 19,
            frame: limits::PACK_FRAME,
        }
    }
}

/// Packs a partition, reads the pack back and compares it with the digest, so that nothing is signed that a phone would
/// refuse.
pub fn build(material: Material, press: Press) -> Result<Built, PackError> {
    let mut built = Built {
        manifest: Manifest {
            format: FORMAT,
            epoch: material.epoch,
            cursor: material.cursor,
            rest: material.rest,
            files: Vec::new(),
        },
        files: Vec::new(),
    };
    built.add(
        Content::INDEX,
        None,
        &material.index,
        |item| item.view.len(),
        |these| minicbor::to_vec(these),
        press,
    )?;
    let mut left = material.documents;
    // what has the same shape lies side by side; measured 3 to 4 % smaller than in the order of the feed
    left.sort_by_cached_key(|source| {
        (source.changes.len(), source.snapshot.len(), source.document)
    });
    for kind in KINDS.into_iter().chain([None]) {
        let (these, others) = left
            .into_iter()
            .partition::<Vec<_>, _>(|source| kind.is_none_or(|kind| kind == source.kind));
        left = others;
        let packed = these
            .into_iter()
            .map(|source| {
                let order =
                    Order::of(&source.changes).ok_or(PackError::Document(source.document))?;
                Ok(PackedDocument {
                    document: source.document,
                    kind: source.kind,
                    order,
                    snapshot: source.snapshot.into(),
                })
            })
            .collect::<Result<Vec<_>, PackError>>()?;
        built.add(
            Content::DOCUMENTS,
            kind,
            &packed,
            |item| item.snapshot.len(),
            |these| minicbor::to_vec(Shelf::of(these)),
            press,
        )?;
    }
    check(&built)?;
    Ok(built)
}

impl Built {
    fn add<T, E>(
        &mut self,
        content: Content,
        kind: Option<DocumentKind>,
        items: &[T],
        size: impl Fn(&T) -> usize,
        encode: impl Fn(&[T]) -> Result<Vec<u8>, E>,
        press: Press,
    ) -> Result<(), PackError> {
        if items.is_empty() {
            return Ok(());
        }
        let (mut bytes, mut frames) = (Vec::new(), Vec::new());
        let mut rest = items;
        while !rest.is_empty() {
            let mut raw = 0;
            let fits = rest.iter().take_while(|item| {
                raw += size(item);
                raw <= press.frame
            });
            let (these, others) = rest.split_at(fits.count().max(1));
            rest = others;
            let plain = encode(these).map_err(|_| PackError::Malformed("items"))?;
            let (frame, packed) = frame(&plain, these.len(), press.level)?;
            frames.push(frame);
            bytes.extend(packed);
        }
        self.manifest.files.push(PackFile {
            content,
            kind,
            hash: Hash::of(&bytes),
            frames,
        });
        self.files.push(bytes);
        Ok(())
    }
}

/// One frame of these documents, by itself.
pub fn frame_of(
    documents: &[PackedDocument],
    level: i32,
) -> Result<(PackFrame, Vec<u8>), PackError> {
    let plain =
        minicbor::to_vec(Shelf::of(documents)).map_err(|_| PackError::Malformed("items"))?;
    frame(&plain, documents.len(), level)
}

fn frame(plain: &[u8], items: usize, level: i32) -> Result<(PackFrame, Vec<u8>), PackError> {
    let packed = zstd::bulk::compress(plain, level).map_err(|_| PackError::Malformed("zstd"))?;
    if plain.len() > limits::PACK_FRAME_RAW || packed.len() > limits::PACK_FRAME_PACKED {
        return Err(PackError::Malformed("frame"));
    }
    let frame = PackFrame {
        packed: packed.len() as u32,
        raw: plain.len() as u32,
        hash: Hash::of(&packed),
        items: items as u32,
    };
    Ok((frame, packed))
}

/// Reads a pack as a phone would.
fn check(built: &Built) -> Result<(), PackError> {
    let mut sum = Digest::EMPTY;
    for (file, bytes) in built.manifest.files.iter().zip(&built.files) {
        let mut at = 0;
        for frame in &file.frames {
            let packed = &bytes[at..at + frame.packed as usize];
            at += frame.packed as usize;
            if file.content == Content::INDEX {
                read::index(frame, packed)?;
                continue;
            }
            for document in read::documents(&built.manifest, file, frame, packed)? {
                let unpacked = read::unpack(&document)?;
                unpacked
                    .changes
                    .iter()
                    .for_each(|(_, change)| sum.add(&change.hash));
            }
        }
    }
    match read::adds_up(&built.manifest, &sum) {
        true => Ok(()),
        false => Err(PackError::Digest),
    }
}

/// What the index says of a document; none when it can wait. A household: who and where, and how the last visit ended.
/// An incident that somebody has to do something about: all but its history. Names that only the document needs are
/// nought, because random bytes do not pack.
pub fn index_item(projection: Projection) -> Option<IndexItem> {
    let (kind, view) = match projection {
        Projection::Household(view) => (DocumentKind::HOUSEHOLD, json(&door(view))),
        Projection::Incident(view) if view.ended_at.is_none() => {
            (DocumentKind::INCIDENT, json(&matter(view)))
        }
        _ => return None,
    };
    view.map(|view| IndexItem { kind, view })
}

fn json(view: &impl Serialize) -> Option<String> {
    serde_json::to_string(view).ok()
}

fn matter(mut view: IncidentView) -> IncidentView {
    view.events.clear();
    view.photos.clear();
    view.voices.clear();
    view
}

fn door(mut view: HouseholdView) -> HouseholdView {
    const LISTED: [FieldKey; 5] = [
        FieldKey::ContactName,
        FieldKey::ContactPhone,
        FieldKey::HouseholdSize,
        FieldKey::Use,
        FieldKey::Occupancy,
    ];
    view.fields.retain(|field| LISTED.contains(&field.field));
    for field in &mut view.fields {
        field.values.drain(..field.values.len().saturating_sub(1));
        for value in &mut field.values {
            value.by = PersonId(Uuid::nil());
            value.at = Timestamp(0);
            value.visit = None;
            value.confirmed_at = None;
        }
    }
    view.members.clear();
    view.events.clear();
    view.forms.clear();
    let last = view.visits.iter().map(|visit| visit.visit.ended_at).max();
    view.visits
        .retain(|visit| Some(visit.visit.ended_at) == last);
    view.visits.truncate(1);
    for visit in &mut view.visits {
        visit.recorded_at = visit.visit.ended_at;
        visit.amendments.clear();
        visit.visit = NewVisit {
            id: VisitId(Uuid::nil()),
            kind: visit.visit.kind,
            outcome: visit.visit.outcome,
            started_at: visit.visit.ended_at,
            ended_at: visit.visit.ended_at,
            changes: Vec::new(),
            confirmed: Vec::new(),
            persons_met: None,
            note: None,
            voice: None,
            task: None,
            incidents: Vec::new(),
            next_due: None,
            care_emergency: false,
        };
    }
    view
}
