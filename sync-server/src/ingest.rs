//! An upload becomes durable: judged by `core::sync::admit`, written down, and only then answered. Nothing is merged
//! here and no document is loaded; that is for `merge.rs`, and no acknowledgement waits for it.

use crate::{
    attribution::{self, Voice},
    auth::device::Phone,
    error::{Error, Result},
    store::{
        self, Connection, audit, blob, device, document,
        envelope::{self, Signed},
        glance::Glance,
        life,
        log::{self, Book, Entry, Origin},
        scope,
    },
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash, PersonId},
    scan::{ActorId, Looked},
    sync::{
        admit::{Admission, Ledger, Placement, Presented, Standing, Waiting, admit_looked},
        envelope::{Chain, envelope_hash, verify_by},
        message::{ChangeResult, Cursor, DocumentChanges, Epoch, Partition, Upload},
    },
    time::Timestamp,
};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet, hash_map},
};

/// What a revoked phone may still leave in quarantine.
const QUARANTINE_ITEMS: usize = 5_000;
const QUARANTINE_BYTES: usize = 64 * 1024 * 1024;

/// Certificates that one upload may bring.
const CERTIFICATES: usize = 256;

/// An upload whose signature fits, ready to be written.
#[derive(Debug)]
pub struct Delivery {
    phone: Phone,
    signed: Signed,
    documents: Vec<DocumentChanges>,
    /// The changes of all of them, each looked at once, in the order of the envelope.
    looked: Vec<Looked>,
    /// Changes of this phone that speak for somebody else, with the code that refuses them.
    objections: HashMap<Hash, Code>,
    /// Certificates of devices whose changes this phone brings, as it sent them.
    certificates: Vec<Vec<u8>>,
    /// Thumbnails and lines that are durable in the folder: hash, bytes, media type.
    blobs: Vec<(Hash, usize, &'static str)>,
    /// Where the phone stood when it sent this, and in which life of the store.
    stood: (Option<Epoch>, Vec<Cursor>),
    received_at: Timestamp,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Receipt {
    /// One per change, in the order of the envelope.
    pub results: Vec<ChangeResult>,
    /// Documents of the upload that have something to merge: from this upload, or from one whose merge was put off.
    pub touched: Vec<DocumentId>,
}

/// A revoked phone may deliver so much and no more.
pub fn quarantine_has_room(connection: &Connection, device: DeviceId) -> Result<()> {
    let (items, bytes) = log::evidence_of(connection, device)?;
    let blobs = blob::brought_since_revoked(connection, device)?;
    if items >= QUARANTINE_ITEMS || bytes + blobs >= QUARANTINE_BYTES {
        return Err(Error::TooMany(Code::QueueFull));
    }
    Ok(())
}

impl Delivery {
    /// Checks what needs no store: the signature, who speaks, how much, and in whose name.
    pub fn check(phone: Phone, upload: &Upload, received_at: Timestamp) -> Result<Self> {
        let (mut looked, mut texts) = (Vec::new(), Vec::new());
        let verified = verify_by(&phone.key, upload, |bytes| {
            let (seen, puts) = Looked::and_texts(bytes);
            let name = seen.hash();
            looked.push(seen);
            texts.push(puts);
            name
        });
        let (envelope, _) = verified.map_err(|error| match error.code() {
            Code::BodyMalformed => Error::Malformed(error.to_string()),
            Code::BodyTooBig => Error::TooBig(Code::BodyTooBig),
            code => Error::Forbidden(code, error.to_string()),
        })?;
        if envelope.device != phone.device {
            return Err(Error::Forbidden(
                Code::SignatureBad,
                "the envelope names another device".into(),
            ));
        }
        if envelope.worker != phone.worker {
            return Err(Error::Forbidden(
                Code::AuthorMismatch,
                "the envelope names another worker".into(),
            ));
        }
        let roles = [phone.role, phone.enrolled_as];
        let voice = Voice {
            worker: phone.worker,
            roles: &roles,
            office: Some(phone.department),
        };
        let groups = upload.documents.iter().flat_map(|group| {
            let changes = group.changes.iter();
            changes.map(move |_| group)
        });
        // What the scanner refuses has no texts here; admission refuses it by itself.
        let objections = groups
            .zip(looked.iter().zip(&texts))
            .filter(|(group, _)| group.author.is_none())
            .filter_map(|(group, (looked, texts))| {
                let begins = || looked.header().is_ok_and(|header| header.deps.is_empty());
                let code = attribution::objection_in(texts, voice).or_else(|| {
                    attribution::against_beginning(group.kind, texts).filter(|_| begins())
                })?;
                Some((looked.hash(), code))
            })
            .collect();
        Ok(Self {
            phone,
            signed: Signed {
                hash: envelope_hash(&upload.envelope),
                envelope,
                bytes: upload.envelope.to_vec(),
                signature: upload.signature.to_vec(),
            },
            documents: upload.documents.clone(),
            looked,
            objections,
            certificates: upload
                .certificates
                .iter()
                .flatten()
                .take(CERTIFICATES)
                .map(|bytes| bytes.to_vec())
                .collect(),
            blobs: Vec::new(),
            stood: (None, Vec::new()),
            received_at,
        })
    }

    /// Where the phone stood in its feeds when it sent this, and of which life of the store they are: what it could know
    /// of its own scope.
    pub fn of_a_phone_at(self, epoch: Option<Epoch>, cursors: Vec<Cursor>) -> Self {
        let stood = (epoch, cursors);
        Self { stood, ..self }
    }

    /// A thumbnail or line that came with it and is durable in the folder.
    pub fn brings(&mut self, hash: Hash, bytes: usize, media: &'static str) {
        self.blobs.push((hash, bytes, media));
    }

    /// Those, for the answer.
    pub fn blobs(&self) -> Vec<Hash> {
        self.blobs.iter().map(|(hash, ..)| *hash).collect()
    }

    /// The envelope that the answer names.
    pub fn envelope(&self) -> Hash {
        self.signed.hash
    }

    /// Writes it all down in the caller's transaction.
    pub fn write(&self, connection: &Connection) -> Result<Receipt> {
        let chain = envelope::keep(connection, &self.signed, self.received_at)?;
        if matches!(chain, Chain::Gap | Chain::Fork) {
            tracing::warn!(device = %self.phone.device, number = self.signed.envelope.number, ?chain, "envelope chain broken");
        }
        for (hash, bytes, media) in &self.blobs {
            blob::add(
                connection,
                hash,
                *bytes,
                media,
                Some(self.phone.device),
                self.received_at,
            )?;
        }
        document::lock(
            connection,
            self.documents.iter().map(|group| group.document),
        )?;
        let (epoch, cursors) = &self.stood;
        let cursors = match *epoch == Some(store::epoch(connection)?) {
            true => &cursors[..],
            false => &[],
        };
        let unaware = scope::unaware(connection, &self.phone, cursors, self.received_at)?;
        let may_write =
            |partition: &Partition| self.phone.reads(partition) || unaware.contains(partition);
        let hands = self.hands(connection)?;
        // What speaks for somebody else is not even shown to admission; what builds on it is refused with it.
        let mut looked = self.looked.iter();
        let honest = self.documents.iter().map(|said| {
            let changes = looked.by_ref().take(said.changes.len());
            let changes = changes.filter(|change| !hands.objections.contains_key(&change.hash()));
            let changes = changes.collect();
            Presented { said, changes }
        });
        let ledger = Objecting {
            book: Glance::at(connection, self.seen())?,
            connection,
            objections: &hands.objections,
            new: RefCell::default(),
            restored: life::was_restored(connection)?,
            worker: self.phone.worker,
        };
        let admission = admit_looked(&ledger, self.phone.device, &may_write, honest)?;
        self.record(connection, &admission, &hands, &ledger)?;
        self.audit_denials(connection, &admission, &hands)?;
        self.announce(connection, &admission, &hands)?;
        let mut judged = admission.results().into_iter();
        let results = self
            .changes()
            .map(|(_, _, hash, _)| match hands.objections.get(&hash) {
                Some(code) => ChangeResult::Refused {
                    code: code.as_str().into(),
                    follows: None,
                },
                None => judged.next().unwrap_or(ChangeResult::Refused {
                    code: Code::Internal.as_str().into(),
                    follows: None,
                }),
            })
            .collect();
        let entering = admission.entering.iter().map(|(document, _)| *document);
        let entering: BTreeSet<DocumentId> = entering.collect();
        let documents = self.documents.iter().map(|group| group.document);
        let mut touched = Vec::new();
        for document in documents.collect::<BTreeSet<_>>() {
            if entering.contains(&document) || document::is_unmerged(connection, document)? {
                touched.push(document);
            }
        }
        Ok(Receipt { results, touched })
    }

    /// A revoked phone delivers here: kept unjudged, for a person to look at, within a quota. Answers what became of each
    /// change.
    pub fn quarantine(&self, connection: &Connection) -> Result<Vec<ChangeResult>> {
        quarantine_has_room(connection, self.phone.device)?;
        envelope::keep(connection, &self.signed, self.received_at)?;
        for (hash, bytes, media) in &self.blobs {
            blob::add(
                connection,
                hash,
                *bytes,
                media,
                Some(self.phone.device),
                self.received_at,
            )?;
        }
        let mut results = Vec::new();
        for (place, group, hash, bytes) in self.changes() {
            let standing = Book(connection).standing(&group.document, &hash)?;
            if standing == Some(Standing::Stored) {
                results.push(ChangeResult::Had); // it arrived before the phone was lost
                continue;
            }
            let code = Code::DeviceRevoked.as_str();
            let erased = Book(connection).placement(&group.document)? == Placement::Erased;
            if !erased {
                log::keep_evidence(connection, code, group, &hash, bytes, &self.origin(place))?;
            }
            results.push(ChangeResult::Refused {
                code: code.into(),
                follows: None,
            });
        }
        Ok(results)
    }

    /// Changes in the order of the envelope: index, what is said of their document, name, bytes.
    fn changes(&self) -> impl Iterator<Item = (u32, &DocumentChanges, Hash, &[u8])> {
        let each = self.documents.iter().flat_map(|group| {
            let changes = group.changes.iter();
            changes.map(move |bytes| (group, &bytes[..]))
        });
        (0..)
            .zip(&self.looked)
            .zip(each)
            .map(|((place, looked), (group, bytes))| (place, group, looked.hash(), bytes))
    }

    /// Each change as it was looked at, with its document.
    fn seen(&self) -> impl Iterator<Item = (DocumentId, &Looked)> {
        let documents = self.documents.iter().flat_map(|group| {
            let changes = group.changes.iter();
            changes.map(|_| group.document)
        });
        documents.zip(&self.looked)
    }

    /// Where this phone's own changes come from.
    fn origin(&self, place: u32) -> Origin {
        Origin {
            device: self.phone.device,
            worker: self.phone.worker,
            envelope: Some((self.signed.hash, self.signed.envelope.number, place)),
            received_at: self.received_at,
            offered_by: None,
        }
    }

    /// The same for a change that may be another device's.
    fn origin_of(&self, place: u32, hash: &Hash, hands: &Hands) -> Origin {
        let own = self.origin(place);
        match hands.writers.get(hash) {
            None => own,
            Some((device, worker)) => Origin {
                device: *device,
                worker: *worker,
                offered_by: Some(self.phone.device),
                ..own
            },
        }
    }

    /// Who wrote what this phone brings for others, and whether they speak for themselves. Certificates are believed first,
    /// so that a device whose row was lost is known.
    fn hands(&self, connection: &Connection) -> Result<Hands> {
        let mut hands = Hands {
            objections: self.objections.clone(),
            writers: HashMap::new(),
        };
        for certificate in &self.certificates {
            if !device::recognise(connection, certificate)? {
                tracing::warn!(device = %self.phone.device, "a certificate of another server was shown");
            }
        }
        let mut known = HashMap::new();
        for (_, group, hash, bytes) in self.changes() {
            let Some(author) = group.author else { continue };
            if let hash_map::Entry::Vacant(unknown) = known.entry(author) {
                unknown.insert(device::writer(connection, author)?);
            }
            let Some(Some((worker, roles))) = known.get(&author) else {
                continue; // admission does not vouch for it
            };
            hands.writers.insert(hash, (author, *worker));
            let voice = Voice {
                worker: *worker,
                roles,
                // a colleague's was judged when it first came; of a worker's other phone this may be the first time
                office: (*worker == self.phone.worker).then_some(self.phone.department),
            };
            // a process of the server wrote in the name of whoever clicked
            if !worker.0.is_nil()
                && let Some(code) = attribution::objection(bytes, voice).or_else(|| {
                    let theirs = *worker == self.phone.worker;
                    theirs.then(|| attribution::against_beginning_of(group.kind, bytes))?
                })
            {
                hands.objections.insert(hash, code);
            }
        }
        Ok(hands)
    }

    /// Whoever reads these grids learns who wrote in them, and the trail says who brought what back.
    fn announce(
        &self,
        connection: &Connection,
        admission: &Admission,
        hands: &Hands,
    ) -> Result<()> {
        let mut wrote = BTreeSet::new();
        let mut recovered = 0;
        for judged in &admission.judged {
            if !matches!(
                judged.result,
                ChangeResult::Stored | ChangeResult::Held { .. }
            ) {
                continue;
            }
            let writer = hands.writers.get(&judged.hash).map(|(device, _)| *device);
            recovered += usize::from(writer.is_some());
            wrote.insert((writer.unwrap_or(self.phone.device), judged.partition.grid));
        }
        for (writer, grid) in wrote {
            device::announce(connection, writer, grid, self.received_at)?;
        }
        if recovered > 0 {
            let entry = audit::Entry {
                subject: self.phone.device.to_string(),
                action: "recover",
                object: format!(
                    "{recovered} changes of others, envelope {}",
                    self.signed.envelope.number
                ),
                result: "done".into(),
                address: String::new(),
            };
            audit::add(connection, &entry, self.received_at)?;
        }
        Ok(())
    }

    /// What was not taken is not lost either, within a quota. Of an erased document nothing is kept.
    fn keep_evidence(
        &self,
        connection: &Connection,
        place: u32,
        group: &DocumentChanges,
        hash: &Hash,
        bytes: &[u8],
        code: &str,
    ) -> Result<()> {
        tracing::warn!(device = %self.phone.device, document = %group.document, code, "a change was refused");
        let (items, size) = log::evidence_of(connection, self.phone.device)?;
        if code == Code::Erased.as_str() || items >= QUARANTINE_ITEMS || size >= QUARANTINE_BYTES {
            return Ok(());
        }
        log::keep_evidence(connection, code, group, hash, bytes, &self.origin(place))
    }

    /// Reaching beyond one's grids or speaking in another name is a denial, one row per upload and code.
    fn audit_denials(
        &self,
        connection: &Connection,
        admission: &Admission,
        hands: &Hands,
    ) -> Result<()> {
        let refused = admission
            .judged
            .iter()
            .filter_map(|judged| judged.result.code());
        let denied: BTreeSet<Code> = refused
            .chain(hands.objections.values().copied())
            .filter(|code| {
                let denials = [Code::OutOfScope, Code::AuthorMismatch, Code::WrongRole];
                denials.contains(code)
            })
            .collect();
        for code in denied {
            let entry = audit::Entry {
                subject: self.phone.device.to_string(),
                action: "deny",
                object: format!("envelope {}", self.signed.envelope.number),
                result: code.as_str().into(),
                address: String::new(),
            };
            audit::add(connection, &entry, self.received_at)?;
        }
        Ok(())
    }

    fn record(
        &self,
        connection: &Connection,
        admission: &Admission,
        hands: &Hands,
        ledger: &Objecting<'_>,
    ) -> Result<()> {
        let mut new = ledger.new.borrow_mut();
        let uploaded: HashMap<Hash, (u32, &DocumentChanges, &[u8])> = self
            .changes()
            .map(|(place, group, hash, bytes)| (hash, (place, group, bytes)))
            .collect();
        for (place, group, hash, bytes) in self.changes() {
            if let Some(code) = hands.objections.get(&hash) {
                self.keep_evidence(connection, place, group, &hash, bytes, code.as_str())?;
            }
        }
        let mut headers = HashMap::new();
        for judged in &admission.judged {
            let Some((place, group, bytes)) = uploaded.get(&judged.hash) else {
                continue;
            };
            match &judged.result {
                ChangeResult::Stored | ChangeResult::Held { .. } => {
                    if new.remove(&judged.document)
                        && !log::catalogue(
                            connection,
                            judged.document,
                            judged.kind,
                            judged.partition,
                        )?
                    {
                        // Another phone created it at this moment: judge again, beside what that one brought.
                        return Err(connection.overtaken());
                    }
                    let Some(header) = &judged.header else {
                        continue;
                    };
                    headers.insert(judged.hash, header);
                    let waits = matches!(judged.result, ChangeResult::Held { .. });
                    let held = || Book(connection).standing(&judged.document, &judged.hash);
                    if waits && held()? != Some(Standing::Held) {
                        let entry = Entry {
                            document: judged.document,
                            hash: judged.hash,
                            actor: header.actor,
                            seq: header.seq,
                            bytes,
                        };
                        log::append(
                            connection,
                            &entry,
                            "held",
                            &self.origin_of(*place, &judged.hash, hands),
                        )?;
                    }
                }
                ChangeResult::Refused { code, .. } => {
                    self.keep_evidence(connection, *place, group, &judged.hash, bytes, code)?;
                    log::drop_held(connection, &judged.hash, self.phone.device)?;
                }
                ChangeResult::Had | ChangeResult::Other { .. } => {}
            }
        }
        let mut held_in: HashMap<DocumentId, HashSet<Hash>> = HashMap::new();
        // Appended with one statement, each behind what was released before it: this is the order of the feed.
        let mut entries: Vec<(Entry<'_>, Origin)> = Vec::new();
        for (document, hash) in &admission.entering {
            if ledger.book.holds(document) && !held_in.contains_key(document) {
                let held = Book(connection).held(document)?;
                held_in.insert(*document, held.iter().map(|waiting| waiting.hash).collect());
            }
            let held = held_in
                .get(document)
                .is_some_and(|held| held.contains(hash));
            match (held, headers.get(hash), uploaded.get(hash)) {
                (true, ..) => {
                    log::append_all(connection, &std::mem::take(&mut entries))?;
                    log::release(connection, hash)?;
                }
                (false, Some(header), Some((place, _, bytes))) => {
                    let entry = Entry {
                        document: *document,
                        hash: *hash,
                        actor: header.actor,
                        seq: header.seq,
                        bytes,
                    };
                    entries.push((entry, self.origin_of(*place, hash, hands)));
                }
                _ => {
                    return Err(Error::Internal(format!(
                        "change {hash} enters and is nowhere"
                    )));
                }
            }
        }
        log::append_all(connection, &entries)?;
        for released in &admission.released {
            if let Standing::Refused(code) = released.standing {
                log::turn_away(connection, &released.hash, code)?;
            }
        }
        Ok(())
    }
}

/// Who wrote the changes of an upload.
struct Hands {
    /// Changes that speak for somebody else, with the code that refuses them.
    objections: HashMap<Hash, Code>,
    /// Changes of other devices, with whose they are.
    writers: HashMap<Hash, (DeviceId, PersonId)>,
}

/// The book, with the objections of this upload in it.
struct Objecting<'a> {
    book: Glance<'a>,
    connection: &'a Connection,
    objections: &'a HashMap<Hash, Code>,
    /// Documents that the catalogue did not have when it was asked.
    new: RefCell<BTreeSet<DocumentId>>,
    /// This store began again from a backup, so it may have lost what it had acknowledged.
    restored: bool,
    /// Whose phone brings it.
    worker: PersonId,
}

impl Ledger for Objecting<'_> {
    type Error = Error;
    fn placement(&self, document: &DocumentId) -> Result<Placement> {
        let placement = self.book.placement(document)?;
        if placement == Placement::New {
            self.new.borrow_mut().insert(*document);
        }
        Ok(placement)
    }
    fn standing(&self, document: &DocumentId, change: &Hash) -> Result<Option<Standing>> {
        match self.objections.get(change) {
            Some(code) => Ok(Some(Standing::Refused(*code))),
            None => self.book.standing(document, change),
        }
    }
    fn last(&self, document: &DocumentId, actor: &ActorId) -> Result<Option<(u64, Hash)>> {
        self.book.last(document, actor)
    }
    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>> {
        self.book.held(document)
    }
    fn begun(&self, document: &DocumentId) -> Result<bool> {
        self.book.begun(document)
    }
    fn held_by(&self, device: &DeviceId) -> Result<usize> {
        self.book.held_by(device)
    }
    fn vouches_for(&self, author: &DeviceId) -> Result<bool> {
        let writer = device::writer(self.connection, *author)?;
        // their own other phone: this one carries what that could not send
        Ok(writer.is_some_and(|(worker, _)| self.restored || worker == self.worker))
    }
}
