//! The server's tables in a few maps, and what admission and answers ask of them.

use super::super::planted::Planted;
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    act::Role,
    document::Document,
    error::Code,
    ids::{DeviceId, DocumentId, Hash, PersonId},
    scan::{self, ActorId},
    sync::{
        admit::{Ledger, Placement, Standing, Waiting},
        answer::{Feed, StoredMark, StoredRow},
        message::{AccessClass, Digest, DocumentKind, Epoch, FeedBody, Partition},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    rc::Rc,
};

/// Everything that a backup holds.
#[derive(Clone)]
pub struct Store {
    pub epoch: Epoch,
    pub documents: BTreeMap<DocumentId, Rc<Shelf>>,
    pub feeds: BTreeMap<Partition, Rc<Vec<Row>>>,
    /// The device's last envelope, for the chain.
    pub envelopes: BTreeMap<DeviceId, (u64, Hash)>,
    pub evidence: Rc<BTreeMap<(DocumentId, Hash), Evidence>>,
    /// Per device, how many of its items lie there.
    pub evidence_of: BTreeMap<DeviceId, usize>,
    pub registry: Rc<BTreeMap<DeviceId, Device>>,
    pub reference: u64,
    pub sequence: u64,
    /// In a ledger beside the backup, like the registry.
    pub erasures: BTreeSet<DocumentId>,
    pub moves: Vec<Move>,
    pub planted: Option<Planted>,
    /// What phones could read when they first asked; only for a planted bug.
    pub remembered: BTreeMap<DeviceId, BTreeSet<Partition>>,
}

/// A line of the ledger: enough to do it again in a store that never had the document.
#[derive(Clone, Copy)]
pub struct Move {
    pub document: DocumentId,
    pub kind: DocumentKind,
    pub from: Partition,
    pub to: Partition,
}

/// A phone as the registry knows it.
#[derive(Clone, Debug)]
pub struct Device {
    pub worker: PersonId,
    pub role: Role,
    pub partitions: BTreeSet<Partition>,
    pub key: VerifyingKey,
    pub revoked: bool,
}

/// What was not taken.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// In the order in which they were given.
    pub codes: Vec<Code>,
}

/// A document with its log.
#[derive(Clone)]
pub struct Shelf {
    pub kind: DocumentKind,
    pub partition: Partition,
    pub erased: bool,
    pub quarantined: Option<String>,
    pub revision: u64,
    pub changes: BTreeMap<Hash, Logged>,
    /// The published document, a cache.
    pub snapshot: Option<Rc<Document>>,
    pub attempts: u32,
}

#[derive(Clone)]
pub struct Logged {
    pub sequence: u64,
    pub actor: ActorId,
    pub seq: u64,
    pub bytes: Rc<[u8]>,
    pub state: State,
    pub device: DeviceId,
    pub from: Option<(u64, u32)>,
    pub position: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Held,
    Logged,
    Published,
    Quarantined,
}

/// One position of a feed.
#[derive(Clone)]
pub struct Row {
    pub document: DocumentId,
    /// The change that stands here, or stood here.
    pub hash: Option<Hash>,
    pub digest: Digest,
    /// The document is not here any more; true when it was erased.
    pub left: Option<bool>,
}

impl Row {
    /// The change that still stands here.
    pub fn standing(&self) -> Option<Hash> {
        self.hash.filter(|_| self.left.is_none())
    }
}

impl Store {
    pub fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            documents: BTreeMap::new(),
            feeds: BTreeMap::new(),
            envelopes: BTreeMap::new(),
            evidence: Rc::default(),
            evidence_of: BTreeMap::new(),
            registry: Rc::default(),
            reference: 1,
            sequence: 0,
            erasures: BTreeSet::new(),
            moves: Vec::new(),
            planted: None,
            remembered: BTreeMap::new(),
        }
    }

    pub fn has_bug(&self, bug: Planted) -> bool {
        self.planted == Some(bug)
    }

    pub fn shelf_mut(&mut self, id: &DocumentId) -> Option<&mut Shelf> {
        self.documents.get_mut(id).map(Rc::make_mut)
    }

    /// Enters a document into the catalogue. One that is there stays where it is.
    pub fn catalogue(&mut self, id: DocumentId, kind: DocumentKind, mut partition: Partition) {
        if self.has_bug(Planted::CareInGeneral) {
            partition.class = AccessClass::GENERAL;
        }
        self.documents.entry(id).or_insert_with(|| {
            Rc::new(Shelf {
                kind,
                partition,
                erased: false,
                quarantined: None,
                revision: 0,
                changes: BTreeMap::new(),
                snapshot: None,
                attempts: 0,
            })
        });
    }

    pub fn append(&mut self, id: DocumentId, hash: Hash, mut logged: Logged) {
        self.sequence += 1;
        logged.sequence = self.sequence;
        if let Some(shelf) = self.shelf_mut(&id) {
            shelf.changes.insert(hash, logged);
        }
    }

    /// Gives a logged change the next position of its partition.
    pub fn publish(&mut self, id: DocumentId, hash: Hash) {
        let Some(partition) = self.documents.get(&id).map(|shelf| shelf.partition) else {
            return;
        };
        let feed = Rc::make_mut(self.feeds.entry(partition).or_default());
        let mut digest = feed.last().map_or(Digest::EMPTY, |row| row.digest);
        digest.add(&hash);
        feed.push(Row {
            document: id,
            hash: Some(hash),
            digest,
            left: None,
        });
        let position = feed.len() as u64;
        if let Some(logged) = self
            .shelf_mut(&id)
            .and_then(|shelf| shelf.changes.get_mut(&hash))
        {
            logged.state = State::Published;
            logged.position = Some(position);
        }
    }

    /// Takes a document out of its feed: marks in the places of its changes, and one more that says so.
    fn leave(&mut self, id: DocumentId, erased: bool) {
        let Some(partition) = self.documents.get(&id).map(|shelf| shelf.partition) else {
            return;
        };
        let feed = Rc::make_mut(self.feeds.entry(partition).or_default());
        for row in feed.iter_mut().filter(|row| row.document == id) {
            row.left = Some(erased);
        }
        let digest = feed.last().map_or(Digest::EMPTY, |row| row.digest);
        feed.push(Row {
            document: id,
            hash: None,
            digest,
            left: Some(erased),
        });
    }

    /// A document moves to another partition, with everything that was published of it.
    pub fn move_to(&mut self, id: DocumentId, to: Partition) {
        let Some(shelf) = self.documents.get(&id) else {
            return;
        };
        self.moves.push(Move {
            document: id,
            kind: shelf.kind,
            from: shelf.partition,
            to,
        });
        self.leave(id, false);
        let Some(shelf) = self.shelf_mut(&id) else {
            return;
        };
        shelf.partition = to;
        shelf.revision += 1;
        let published = shelf.in_state(State::Published);
        let names: Vec<Hash> = published.into_iter().map(|(hash, _)| *hash).collect();
        names.into_iter().for_each(|hash| self.publish(id, hash));
    }

    /// Does again what the ledger says of the time after the backup, also to documents that the backup never had: phones
    /// have them, and must hear where they went.
    pub fn catch_up(&mut self, before: &Self) {
        for line in before.moves.iter().skip(self.moves.len()) {
            self.catalogue(line.document, line.kind, line.from);
            self.move_to(line.document, line.to);
        }
        for id in &before.erasures {
            if let Some(shelf) = before.documents.get(id)
                && !self.erasures.contains(id)
            {
                self.catalogue(*id, shelf.kind, shelf.partition);
                self.erase(*id);
            }
        }
    }

    /// A document is gone for ever; only its id stays.
    pub fn erase(&mut self, id: DocumentId) {
        self.leave(id, true);
        let revives = self.has_bug(Planted::ErasedRevived);
        if let Some(shelf) = self.shelf_mut(&id) {
            shelf.changes.clear();
            shelf.snapshot = None;
            shelf.erased = !revives;
            shelf.quarantined = None;
            shelf.revision += 1;
        }
        Rc::make_mut(&mut self.evidence).retain(|(document, _), _| *document != id);
        self.erasures.insert(id);
    }

    pub fn keep_evidence(&mut self, code: Code, id: DocumentId, hash: Hash, device: DeviceId) {
        let kept = Rc::make_mut(&mut self.evidence)
            .entry((id, hash))
            .or_insert(Evidence { codes: Vec::new() });
        if !kept.codes.contains(&code) {
            kept.codes.push(code);
            *self.evidence_of.entry(device).or_default() += 1;
        }
    }

    /// Whether the bytes with this name are kept anywhere.
    pub fn has(&self, hash: &Hash) -> bool {
        self.documents
            .values()
            .any(|shelf| shelf.changes.contains_key(hash))
            || self.evidence_has(hash)
    }

    pub fn evidence_has(&self, hash: &Hash) -> bool {
        self.evidence.keys().any(|(_, kept)| kept == hash)
    }

    pub fn unmerged(&self) -> Vec<DocumentId> {
        let waits = |shelf: &Shelf| {
            let mut changes = shelf.changes.values();
            changes.any(|logged| logged.state == State::Logged)
        };
        self.documents
            .iter()
            .filter(|(_, shelf)| waits(shelf))
            .map(|(id, _)| *id)
            .collect()
    }
}

impl Shelf {
    /// The changes in that state, in the order of the log.
    pub fn in_state(&self, state: State) -> Vec<(&Hash, &Logged)> {
        let mut found: Vec<_> = self
            .changes
            .iter()
            .filter(|(_, logged)| logged.state == state)
            .collect();
        found.sort_unstable_by_key(|(_, logged)| logged.sequence);
        found
    }

    pub fn positions(&self) -> HashMap<Hash, u64> {
        self.changes
            .iter()
            .filter_map(|(hash, logged)| Some((*hash, logged.position?)))
            .collect()
    }
}

impl Ledger for Store {
    type Error = Infallible;

    fn placement(&self, document: &DocumentId) -> Result<Placement, Infallible> {
        // the ledger of erasures is asked first: a backup may be older than the document
        if self.erasures.contains(document) && !self.has_bug(Planted::ErasedRevived) {
            return Ok(Placement::Erased);
        }
        Ok(match self.documents.get(document) {
            None => Placement::New,
            Some(shelf) if shelf.erased => Placement::Erased,
            Some(shelf) => Placement::In(shelf.partition, shelf.kind),
        })
    }

    fn standing(
        &self,
        document: &DocumentId,
        change: &Hash,
    ) -> Result<Option<Standing>, Infallible> {
        let logged = self
            .documents
            .get(document)
            .and_then(|shelf| shelf.changes.get(change));
        if let Some(logged) = logged {
            return Ok(Some(match logged.state {
                State::Held => Standing::Held,
                State::Logged | State::Published | State::Quarantined => Standing::Stored,
            }));
        }
        let codes = self
            .evidence
            .get(&(*document, *change))
            .filter(|_| !self.has_bug(Planted::DescendantsHeld));
        // what a revoked phone left was never judged
        let judged = codes
            .into_iter()
            .flat_map(|kept| kept.codes.iter().rev())
            .find(|code| **code != Code::DeviceRevoked);
        Ok(judged.map(|code| Standing::Refused(*code)))
    }

    fn last(
        &self,
        document: &DocumentId,
        actor: &ActorId,
    ) -> Result<Option<(u64, Hash)>, Infallible> {
        let shelf = self
            .documents
            .get(document)
            .filter(|_| !self.has_bug(Planted::ForkTaken));
        let changes = shelf.into_iter().flat_map(|shelf| &shelf.changes);
        Ok(changes
            .filter(|(_, logged)| logged.actor == *actor && logged.state != State::Held)
            .map(|(hash, logged)| (logged.seq, *hash))
            .max_by_key(|(seq, _)| *seq))
    }

    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>, Infallible> {
        let Some(shelf) = self.documents.get(document) else {
            return Ok(Vec::new());
        };
        if self.has_bug(Planted::HeldForEver) {
            return Ok(Vec::new());
        }
        let waiting = shelf
            .in_state(State::Held)
            .into_iter()
            .filter_map(|(_, logged)| scan::scan_change(&logged.bytes, &Default::default()).ok());
        Ok(waiting.map(|header| Waiting::from(&header)).collect())
    }

    fn begun(&self, document: &DocumentId) -> Result<bool, Infallible> {
        let shelf = self.documents.get(document);
        let mut changes = shelf.into_iter().flat_map(|shelf| shelf.changes.values());
        Ok(changes.any(|logged| logged.state != State::Held))
    }

    fn held_by(&self, device: &DeviceId) -> Result<usize, Infallible> {
        let all = self.documents.values().flat_map(|shelf| &shelf.changes);
        Ok(all
            .filter(|(_, logged)| logged.state == State::Held && logged.device == *device)
            .count())
    }
}

impl Feed for Store {
    type Error = Infallible;

    fn digest_at(
        &self,
        partition: &Partition,
        position: u64,
    ) -> Result<Option<Digest>, Infallible> {
        let index = usize::try_from(position)
            .unwrap_or(usize::MAX)
            .wrapping_sub(1);
        let feed = self.feeds.get(partition);
        Ok(feed.and_then(|feed| feed.get(index)).map(|row| row.digest))
    }

    fn rows(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredRow>, Infallible> {
        let Some(feed) = self.feeds.get(partition) else {
            return Ok(Vec::new());
        };
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let rows = (1..).zip(feed.iter()).skip(after);
        let stored = rows.filter_map(|(position, row)| {
            let shelf = self.documents.get(&row.document)?;
            let logged = shelf.changes.get(&row.standing()?)?;
            Some(StoredRow {
                position,
                digest: match self.has_bug(Planted::DigestAtTip) {
                    true => feed.last()?.digest,
                    false => row.digest,
                },
                document: row.document,
                kind: shelf.kind,
                bytes: logged.bytes.to_vec(),
                from: logged
                    .from
                    .map(|(number, place)| (logged.device, number, place)),
            })
        });
        Ok(stored.take(limit).collect())
    }

    fn marks(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredMark>, Infallible> {
        let feed = self.feeds.get(partition).map(|feed| feed.iter());
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let marks = (1..).zip(feed.into_iter().flatten()).skip(after);
        let stored = marks.filter_map(|(position, row)| {
            let (document, change) = (row.document, row.hash);
            Some(StoredMark {
                position,
                digest: row.digest,
                body: match row.left? {
                    true => FeedBody::Erased { document, change },
                    false => FeedBody::Left { document, change },
                },
            })
        });
        Ok(stored.take(limit).collect())
    }
}
