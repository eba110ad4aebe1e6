//! An upload becomes durable: judged by core, written down, and only then answered.

use super::{
    super::planted::Planted,
    Server, Store, attribution,
    store::{Device, Logged, State},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash},
    scan::{ActorId, ChangeHeader},
    sync::{
        admit::{Admission, Ledger, Placement, Standing, Waiting, admit},
        envelope::{change_hash, envelope_hash, verify},
        event::Failure,
        message::{ChangeResult, DocumentChanges, Partition, Upload},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
};

/// What may lie in the evidence per device.
pub const QUARANTINE_ITEMS: usize = 5_000;

/// An upload whose signature fits, ready to be written.
pub struct Delivery {
    device: DeviceId,
    record: Device,
    number: u64,
    pub envelope: Hash,
    documents: Vec<DocumentChanges>,
    objections: BTreeMap<Hash, Code>,
}

/// What became of it.
#[derive(Clone, Default, Debug)]
pub struct Receipt {
    pub results: Vec<ChangeResult>,
    pub touched: Vec<DocumentId>,
}

impl Server {
    /// Checks what needs no store: the signature, who speaks, and in whose name.
    pub fn check(&self, device: DeviceId, upload: &Upload) -> Result<Delivery, Failure> {
        let refused = Failure::Refused;
        let record = self.disk.read().registry.get(&device);
        let record = record.ok_or(refused(Code::NotEnrolled))?.clone();
        let (envelope, _) = verify(&record.key, upload).map_err(|error| match error.code() {
            Code::BodyTooBig => Failure::TooBig,
            code => refused(code),
        })?;
        if envelope.device != device {
            return Err(refused(Code::SignatureBad));
        }
        if envelope.worker != record.worker {
            return Err(refused(Code::AuthorMismatch));
        }
        let all = upload.documents.iter().flat_map(|group| &group.changes);
        let blind = self.has_bug(Planted::NamesNotCompared);
        let objections = all
            .filter(|_| !blind)
            .filter_map(|bytes| {
                attribution::objection(bytes, record.worker, record.role)
                    .map(|code| (change_hash(bytes), code))
            })
            .collect();
        Ok(Delivery {
            device,
            record,
            number: envelope.number,
            envelope: envelope_hash(&upload.envelope),
            documents: upload.documents.clone(),
            objections,
        })
    }
}

impl Delivery {
    pub fn revoked(&self) -> bool {
        self.record.revoked
    }

    /// Writes it all down in the caller's transaction.
    pub fn write(&self, store: &mut Store) -> Receipt {
        store
            .envelopes
            .insert(self.device, (self.number, self.envelope));
        let may_write = |partition: &Partition| self.record.partitions.contains(partition);
        let honest: Vec<DocumentChanges> = self
            .documents
            .iter()
            .map(|group| {
                let mut group = group.clone();
                let objected = |bytes: &[u8]| self.objections.contains_key(&change_hash(bytes));
                group.changes.retain(|bytes| !objected(bytes));
                group
            })
            .collect();
        let mut judged = Vec::new();
        for batch in self.batches(store, honest) {
            let ledger = Objecting {
                store,
                objections: &self.objections,
            };
            let admission = admit(&ledger, self.device, &may_write, &batch)
                .unwrap_or_else(|never| match never {});
            self.record(store, &admission);
            judged.extend(admission.results());
        }
        let mut judged = judged.into_iter();
        let refused = |code: Code| ChangeResult::Refused {
            code: code.as_str().into(),
            follows: None,
        };
        let results = self
            .changes()
            .map(|(_, _, hash, _)| match self.objections.get(&hash) {
                Some(code) => refused(*code),
                None => judged.next().unwrap_or_else(|| refused(Code::Internal)),
            })
            .collect();
        let documents: BTreeSet<DocumentId> =
            self.documents.iter().map(|group| group.document).collect();
        let unmerged = store.unmerged();
        Receipt {
            results,
            touched: documents
                .into_iter()
                .filter(|document| unmerged.contains(document))
                .collect(),
        }
    }

    /// What is judged together: all of it; one by one only for a planted bug.
    fn batches(&self, store: &Store, honest: Vec<DocumentChanges>) -> Vec<Vec<DocumentChanges>> {
        if !store.has_bug(Planted::DescendantsHeld) {
            return vec![honest];
        }
        let alone = |group: &DocumentChanges, change: usize| DocumentChanges {
            changes: vec![group.changes[change].clone()],
            ..group.clone()
        };
        honest
            .iter()
            .flat_map(|group| (0..group.changes.len()).map(|change| vec![alone(group, change)]))
            .collect()
    }

    /// A revoked phone delivers here: kept unjudged, within a quota.
    pub fn quarantine(&self, store: &mut Store) -> Result<(), Failure> {
        if store.evidence_of.get(&self.device).copied().unwrap_or(0) >= QUARANTINE_ITEMS {
            return Err(Failure::Busy {
                retry_after_ms: None,
            });
        }
        for (_, document, hash, _) in self.changes() {
            store.keep_evidence(Code::DeviceRevoked, document, hash, self.device);
        }
        Ok(())
    }

    fn changes(&self) -> impl Iterator<Item = (u32, DocumentId, Hash, &[u8])> {
        let each = self.documents.iter().flat_map(|group| {
            let named = |bytes| (group.document, change_hash(bytes), bytes);
            group.changes.iter().map(move |bytes| named(&bytes[..]))
        });
        (0..)
            .zip(each)
            .map(|(place, (document, hash, bytes))| (place, document, hash, bytes))
    }

    fn keep_evidence(&self, store: &mut Store, document: DocumentId, hash: Hash, code: Code) {
        let items = store.evidence_of.get(&self.device).copied().unwrap_or(0);
        if code != Code::Erased && items < QUARANTINE_ITEMS {
            store.keep_evidence(code, document, hash, self.device);
        }
    }

    fn logged(&self, header: &ChangeHeader, place: u32, bytes: &[u8], state: State) -> Logged {
        Logged {
            sequence: 0,
            actor: header.actor,
            seq: header.seq,
            bytes: bytes.into(),
            state,
            device: self.device,
            from: Some((self.number, place)),
            position: None,
        }
    }

    fn record(&self, store: &mut Store, admission: &Admission) {
        let uploaded: HashMap<Hash, (u32, &[u8])> = self
            .changes()
            .map(|(place, _, hash, bytes)| (hash, (place, bytes)))
            .collect();
        for (_, document, hash, _) in self.changes() {
            if let Some(code) = self.objections.get(&hash) {
                self.keep_evidence(store, document, hash, *code);
            }
        }
        let mut headers = HashMap::new();
        for judged in &admission.judged {
            let Some((place, bytes)) = uploaded.get(&judged.hash) else {
                continue;
            };
            let (document, hash) = (judged.document, judged.hash);
            match &judged.result {
                ChangeResult::Stored | ChangeResult::Held { .. } => {
                    store.catalogue(document, judged.kind, judged.partition);
                    let Some(header) = &judged.header else {
                        continue;
                    };
                    headers.insert(hash, header);
                    let waits = matches!(judged.result, ChangeResult::Held { .. });
                    if waits && known(store, &document, &hash) != Some(Standing::Held) {
                        let logged = self.logged(header, *place, bytes, State::Held);
                        store.append(document, hash, logged);
                    }
                }
                ChangeResult::Refused { code, .. } => {
                    let code = Code::parse(code).unwrap_or(Code::Internal);
                    self.keep_evidence(store, document, hash, code);
                    drop_held(store, &document, &hash, Some(self.device));
                }
                ChangeResult::Had | ChangeResult::Other { .. } => {}
            }
        }
        for (document, hash) in &admission.entering {
            let held = known(store, document, hash) == Some(Standing::Held);
            match (held, headers.get(hash), uploaded.get(hash)) {
                (true, ..) => {
                    store.sequence += 1;
                    let sequence = store.sequence;
                    let shelf = store.shelf_mut(document);
                    if let Some(logged) = shelf.and_then(|shelf| shelf.changes.get_mut(hash)) {
                        logged.state = State::Logged;
                        logged.sequence = sequence; // it stands behind what it waited for
                    }
                }
                (false, Some(header), Some((place, bytes))) => {
                    let logged = self.logged(header, *place, bytes, State::Logged);
                    store.append(*document, *hash, logged);
                    if store.has_bug(Planted::PublishBeforeMerge) {
                        store.publish(*document, *hash);
                        if let Some(logged) = store
                            .shelf_mut(document)
                            .and_then(|shelf| shelf.changes.get_mut(hash))
                        {
                            logged.state = State::Logged;
                        }
                    }
                }
                _ => {}
            }
        }
        for released in &admission.released {
            if let Standing::Refused(code) = released.standing {
                store.keep_evidence(code, released.document, released.hash, self.device);
                drop_held(store, &released.document, &released.hash, None);
            }
        }
    }
}

fn known(store: &Store, document: &DocumentId, hash: &Hash) -> Option<Standing> {
    let shelf = store.documents.get(document)?;
    let held = shelf.changes.get(hash)?.state == State::Held;
    Some(match held {
        true => Standing::Held,
        false => Standing::Stored,
    })
}

fn drop_held(store: &mut Store, document: &DocumentId, hash: &Hash, of: Option<DeviceId>) {
    if let Some(shelf) = store.shelf_mut(document) {
        shelf.changes.retain(|known, logged| {
            known != hash
                || logged.state != State::Held
                || of.is_some_and(|device| device != logged.device)
        });
    }
}

/// The store, with the objections of this upload in it.
struct Objecting<'a> {
    store: &'a Store,
    objections: &'a BTreeMap<Hash, Code>,
}

impl Ledger for Objecting<'_> {
    type Error = Infallible;
    fn placement(&self, document: &DocumentId) -> Result<Placement, Infallible> {
        self.store.placement(document)
    }
    fn standing(
        &self,
        document: &DocumentId,
        change: &Hash,
    ) -> Result<Option<Standing>, Infallible> {
        match self.objections.get(change) {
            Some(code) => Ok(Some(Standing::Refused(*code))),
            None => self.store.standing(document, change),
        }
    }
    fn last(
        &self,
        document: &DocumentId,
        actor: &ActorId,
    ) -> Result<Option<(u64, Hash)>, Infallible> {
        self.store.last(document, actor)
    }
    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>, Infallible> {
        self.store.held(document)
    }
    fn begun(&self, document: &DocumentId) -> Result<bool, Infallible> {
        self.store.begun(document)
    }
    fn held_by(&self, device: &DeviceId) -> Result<usize, Infallible> {
        self.store.held_by(device)
    }
}

impl Delivery {
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Document and name of every change, in the order of the envelope.
    pub fn names(&self) -> Vec<(DocumentId, Hash)> {
        self.changes()
            .map(|(_, document, hash, _)| (document, hash))
            .collect()
    }
}
