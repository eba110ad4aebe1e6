//! Two sides that should hold the same find out what one of them lost: the server after a restore, the phone after one of
//! its own, either of them for any other reason. Compared are not changes but documents, 8 bytes each.
//!
//! ```text
//! phone   seed, per document print(seed, document, sum of its change names)        8 KB for a thousand documents
//! server  prints that fit none of mine · my documents that no print fits, each with (actor → highest number)
//! phone   uploads what has a higher number, its own and other people's; the feed brings what it lacks
//! ```
//!
//! A document that differs although no number does is a fork or a gap: only for those all names travel. Documents are not
//! numbered in an agreed order, because the two sides need not know the same ones.

use super::message::{
    Difference, Digest, DocumentClock, FullDifference, FullList, Partition, Prints, Repair,
    RepairAnswer,
};
use crate::{
    ids::{DocumentId, Hash},
    scan::ActorId,
};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};

/// Bytes of a fingerprint. Two of a thousand documents look alike by chance once in 10¹³ repairs, and the next seed tells
/// them apart.
const PRINT: usize = 8;
const NAME: usize = 32;
const ACTOR: usize = 16;
const ENTRY: usize = ACTOR + 8;

/// A fingerprint.
type Print = [u8; PRINT];

/// What a document with exactly these changes looks like under `seed`.
pub fn print(seed: u64, document: &DocumentId, changes: &Digest) -> Print {
    let hash = Sha256::new()
        .chain_update(b"gridwalk repair 1\0")
        .chain_update(seed.to_be_bytes())
        .chain_update(document.as_bytes())
        .chain_update(changes.0)
        .finalize();
    let mut print = [0; PRINT];
    print.copy_from_slice(&hash[..PRINT]);
    print
}

/// The phone's question about one partition: a print for each document that it holds, in this order.
pub fn prints(seed: u64, partition: Partition, documents: &[(DocumentId, Digest)]) -> Prints {
    let prints: Vec<u8> = documents
        .iter()
        .flat_map(|(document, changes)| print(seed, document, changes))
        .collect();
    Prints {
        partition,
        prints: prints.into(),
    }
}

/// The phone's question about one document, with all its changes in this order.
pub fn full(document: DocumentId, changes: &[Hash]) -> FullList {
    FullList {
        document,
        changes: changes
            .iter()
            .flat_map(|hash| hash.0)
            .collect::<Vec<u8>>()
            .into(),
    }
}

/// What a phone remembers of its question, to understand the answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// Per partition its documents in the order of their prints.
    pub partitions: Vec<(Partition, Vec<DocumentId>)>,
    /// Documents whose names all travel, in their order.
    pub full: Vec<(DocumentId, Vec<Hash>)>,
}

/// The phone's whole question under `seed`: what it holds, with the sum of each document's changes, and the documents of
/// which all names travel.
pub fn ask(
    seed: u64,
    held: &[(Partition, Vec<(DocumentId, Digest)>)],
    all_names: Vec<(DocumentId, Vec<Hash>)>,
) -> (Repair, Question) {
    let repair = Repair {
        seed,
        partitions: held
            .iter()
            .map(|(partition, documents)| prints(seed, *partition, documents))
            .collect(),
        full: all_names
            .iter()
            .map(|(document, changes)| full(*document, changes))
            .collect(),
    };
    let ids = |documents: &[(DocumentId, Digest)]| documents.iter().map(|(id, _)| *id).collect();
    let question = Question {
        partitions: held
            .iter()
            .map(|(partition, documents)| (*partition, ids(documents)))
            .collect(),
        full: all_names,
    };
    (repair, question)
}

/// What the server durably has, asked in one view of its store.
pub trait Archive {
    /// Failure of the store.
    type Error;
    /// Every document of the partition with the sum of its durable changes, held ones too.
    fn documents(&self, partition: &Partition) -> Result<Vec<(DocumentId, Digest)>, Self::Error>;
    /// Where a document lives; none when there is none, or none any more.
    fn partition(&self, document: &DocumentId) -> Result<Option<Partition>, Self::Error>;
    /// Per actor of a document the highest number stored, not held.
    fn clock(&self, document: &DocumentId) -> Result<Vec<(ActorId, u64)>, Self::Error>;
    /// Whether this change of the document is durable.
    fn has(&self, document: &DocumentId, change: &Hash) -> Result<bool, Self::Error>;
}

/// The server's answer to a phone that may read what `may_read` says. Seams are for the caller to add.
pub fn answer<A: Archive>(
    archive: &A,
    may_read: &dyn Fn(&Partition) -> bool,
    repair: &Repair,
) -> Result<RepairAnswer, A::Error> {
    let mut answer = RepairAnswer::default();
    let mut seen = HashSet::new();
    for asked in &repair.partitions {
        // twice the same costs twice the work and says nothing new
        if may_read(&asked.partition) && seen.insert(asked.partition) {
            let difference = compare(archive, repair.seed, asked)?;
            answer.partitions.push(difference);
        }
    }
    for list in &repair.full {
        let here = archive.partition(&list.document)?;
        if !here.is_none_or(|partition| may_read(&partition)) {
            continue;
        }
        let mut lacking = Vec::new();
        for (place, name) in (0..).zip(list.changes.chunks_exact(NAME)) {
            let mut hash = [0; NAME];
            hash.copy_from_slice(name);
            if !archive.has(&list.document, &Hash(hash))? {
                lacking.push(place);
            }
        }
        answer.full.push(FullDifference {
            document: list.document,
            lacking,
        });
    }
    Ok(answer)
}

fn compare<A: Archive>(archive: &A, seed: u64, asked: &Prints) -> Result<Difference, A::Error> {
    let theirs: Vec<&[u8]> = asked.prints.chunks_exact(PRINT).collect();
    let named: HashSet<&[u8]> = theirs.iter().copied().collect();
    let (mut fitting, mut documents) = (HashSet::new(), Vec::new());
    for (document, changes) in archive.documents(&asked.partition)? {
        let print = print(seed, &document, &changes);
        if named.contains(&print[..]) {
            fitting.insert(print);
            continue;
        }
        let clock = archive.clock(&document)?;
        documents.push(DocumentClock {
            document,
            clock: encode(&clock),
        });
    }
    let unmatched = (0..)
        .zip(theirs)
        .filter(|(_, print)| !fitting.contains(*print))
        .map(|(place, _)| place)
        .collect();
    Ok(Difference {
        partition: asked.partition,
        unmatched,
        documents,
    })
}

fn encode(clock: &[(ActorId, u64)]) -> minicbor::bytes::ByteVec {
    let entries = clock
        .iter()
        .flat_map(|(actor, seq)| actor.iter().copied().chain(seq.to_be_bytes()));
    entries.collect::<Vec<u8>>().into()
}

/// Per actor the highest number on the server.
pub type Clock = HashMap<ActorId, u64>;

fn decode(bytes: &[u8]) -> Clock {
    let entries = bytes.chunks_exact(ENTRY);
    entries
        .map(|entry| {
            let (mut actor, mut seq) = ([0; ACTOR], [0; 8]);
            actor.copy_from_slice(&entry[..ACTOR]);
            seq.copy_from_slice(&entry[ACTOR..]);
            (actor, u64::from_be_bytes(seq))
        })
        .collect()
}

/// Documents of the phone that differ, by the answer to `asked` (the documents in the order of their prints), each with what
/// the server has of it; an empty clock when it has nothing.
pub fn differing(asked: &[DocumentId], difference: &Difference) -> Vec<(DocumentId, Clock)> {
    let mut clocks: HashMap<DocumentId, Clock> = difference
        .documents
        .iter()
        .map(|document| (document.document, decode(&document.clock)))
        .collect();
    let unmatched = difference.unmatched.iter();
    unmatched
        .filter_map(|place| asked.get(*place as usize))
        .map(|document| (*document, clocks.remove(document).unwrap_or_default()))
        .collect()
}

/// A change that the phone holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Its name.
    pub hash: Hash,
    /// Whose.
    pub actor: ActorId,
    /// Its number among that actor's.
    pub seq: u64,
}

/// What a phone does about a document that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The server lacks these: offer them, in this order.
    Offer(Vec<Hash>),
    /// The phone lacks some: the feed will bring them.
    Behind,
    /// No number differs and yet the changes do: send all names.
    Compare,
}

/// Decides by numbers alone. `held` is everything that the phone has of the document and the server once had, causes first.
pub fn step(held: &[Holding], clock: &Clock) -> Step {
    let mut ours = Clock::new();
    for change in held {
        let last = ours.entry(change.actor).or_default();
        *last = change.seq.max(*last);
    }
    let theirs = |actor: &ActorId| clock.get(actor).copied().unwrap_or(0);
    let offered: Vec<Hash> = held
        .iter()
        .filter(|change| change.seq > theirs(&change.actor))
        .map(|change| change.hash)
        .collect();
    let behind = clock
        .iter()
        .any(|(actor, seq)| *seq > ours.get(actor).copied().unwrap_or(0));
    match (offered.is_empty(), behind) {
        (false, _) => Step::Offer(offered),
        (true, true) => Step::Behind,
        (true, false) => Step::Compare,
    }
}

/// The changes of a full list that the server lacks.
pub fn lacking(asked: &[Hash], difference: &FullDifference) -> Vec<Hash> {
    let places = difference.lacking.iter();
    places
        .filter_map(|place| asked.get(*place as usize))
        .copied()
        .collect()
}
