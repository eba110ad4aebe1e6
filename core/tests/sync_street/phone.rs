//! A phone in a few maps: a disk that survives a crash, a session that does not. It does what the real one must do with
//! a plan, also when a change of its own is refused.

use super::{Dice, author, device, open, partition};
use ed25519_dalek::SigningKey;
use gridwalk_core::{
    error::Code,
    household::{self, HouseholdEdit},
    ids::{DeviceId, DocumentId, Hash, PersonId},
    scan::ActorId,
    sync::{
        actor,
        apply::{self, Asked, Holdings, Plan},
        envelope::{self, Sealed, Sender},
        event::{Applied, Outbox},
        message::*,
        session::Session,
    },
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

/// One change in the phone's log.
#[derive(Clone)]
pub struct Kept {
    pub hash: Hash,
    pub bytes: Vec<u8>,
    pub actor: ActorId,
    pub seq: u64,
    /// The incarnation in which this phone wrote it; none for other people's.
    pub own: Option<u64>,
    pub acknowledged: bool,
}

/// An edit, kept until its change is accepted.
#[derive(Clone)]
pub struct Edit {
    pub document: DocumentId,
    pub edit: HouseholdEdit,
    pub at: Timestamp,
    pub change: Hash,
}

/// What survives a crash.
#[derive(Clone, Default)]
pub struct Disk {
    pub epoch: Option<Epoch>,
    pub cursors: BTreeMap<Partition, Cursor>,
    pub log: BTreeMap<DocumentId, Vec<Kept>>,
    pub edits: Vec<Edit>,
    pub incarnations: BTreeMap<DocumentId, u64>,
    pub last_envelope: Option<(u64, Hash)>,
    pub envelopes: BTreeMap<u64, Vec<Hash>>,
    pub unanswered: Option<Sealed>,
    pub own_bytes: bool,
    pub reference: u64,
}

pub struct Phone {
    pub number: u64,
    pub key: SigningKey,
    pub disk: Disk,
    pub session: Session,
    /// What the request under way said.
    pub asked: Asked,
}

impl Holdings for Disk {
    type Error = Infallible;
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Infallible> {
        Ok(self
            .envelopes
            .get(&number)
            .and_then(|changes| changes.get(index as usize))
            .copied())
    }
    fn unaccepted(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<Hash>, Infallible> {
        let log = self.log.get(document).into_iter().flatten();
        let mut own = log.filter(|kept| kept.own.is_some() && !kept.acknowledged);
        Ok(own
            .find(|kept| kept.actor == *actor && kept.seq == seq)
            .map(|kept| kept.hash))
    }
}

impl Phone {
    pub fn new(number: u64, dice: u64) -> Self {
        Self {
            number,
            key: SigningKey::from_bytes(&[number as u8; 32]),
            disk: Disk::default(),
            session: Session::new(dice),
            asked: Asked::default(),
        }
    }

    pub fn device(&self) -> DeviceId {
        device(self.number)
    }

    pub fn create(&mut self, id: DocumentId, at: Timestamp) {
        let change = super::create(self.number, id, at).change;
        self.keep(
            id,
            change.hash,
            change.bytes,
            change.actor,
            change.seq,
            false,
        );
    }

    /// Applies an edit and keeps it; false when the rules refuse it (there already, say).
    pub fn edit(&mut self, id: DocumentId, edit: &HouseholdEdit, at: Timestamp) -> Option<Hash> {
        let document = open(id, self.disk.log.get(&id)?.iter().map(|kept| &kept.bytes));
        let incarnation = self.disk.incarnations.get(&id).copied().unwrap_or(0);
        let change = household::apply(document, edit, &author(self.number, id, incarnation, at))
            .ok()?
            .change;
        self.disk.edits.push(Edit {
            document: id,
            edit: edit.clone(),
            at,
            change: change.hash,
        });
        self.keep(
            id,
            change.hash,
            change.bytes,
            change.actor,
            change.seq,
            false,
        );
        Some(change.hash)
    }

    fn keep(
        &mut self,
        id: DocumentId,
        hash: Hash,
        bytes: Vec<u8>,
        writer: ActorId,
        seq: u64,
        acknowledged: bool,
    ) {
        let newest = self.disk.incarnations.get(&id).copied().unwrap_or(0);
        let own =
            (0..=newest + 3).find(|incarnation| actor(self.device(), id, *incarnation) == writer);
        self.disk.log.entry(id).or_default().push(Kept {
            hash,
            bytes,
            actor: writer,
            seq,
            own,
            acknowledged,
        });
    }

    /// Everything that waits to be acknowledged.
    pub fn waiting(&self) -> usize {
        let all = self.disk.log.values().flatten();
        all.filter(|kept| kept.own.is_some() && !kept.acknowledged)
            .count()
    }

    pub fn outbox(&mut self, limit: usize, now: Timestamp, dice: &mut Dice) -> Outbox {
        let (mut left, mut more) = (limit, false);
        let mut documents: Vec<DocumentChanges> = Vec::new();
        for (id, log) in &self.disk.log {
            for kept in log.iter().filter(|kept| !kept.acknowledged) {
                let Some(incarnation) = kept.own else {
                    continue;
                };
                if more || (kept.bytes.len() > left && !documents.is_empty()) {
                    more = true;
                    continue;
                }
                left = left.saturating_sub(kept.bytes.len());
                let bytes = kept.bytes.clone().into();
                match documents.last_mut() {
                    Some(group) if group.document == *id && group.incarnation == incarnation => {
                        group.changes.push(bytes)
                    }
                    _ => documents.push(DocumentChanges {
                        document: *id,
                        kind: DocumentKind::HOUSEHOLD,
                        partition: partition(1 + id.0.as_u128() as u64 % 2),
                        incarnation,
                        changes: vec![bytes],
                        author: None,
                    }),
                }
            }
        }
        if dice.percent(10) {
            documents
                .iter_mut()
                .for_each(|group| group.changes.reverse()); // children before parents
        }
        let again = self.disk.unanswered.take().filter(|_| dice.percent(50));
        let sealed = match again {
            Some(sealed) => Some(sealed),
            None if documents.is_empty() => None,
            None => {
                let sender = Sender {
                    device: self.device(),
                    worker: PersonId(super::uuid(1, self.number)),
                    previous: self.disk.last_envelope,
                    phone_clock: now,
                    clock_ahead_ms: 0,
                    app: "0.1.0".into(),
                };
                Some(envelope::seal(&self.key, &sender, documents, Vec::new()))
            }
        };
        if let Some(sealed) = &sealed {
            self.disk.last_envelope = Some((sealed.number, sealed.hash));
            self.disk
                .envelopes
                .insert(sealed.number, sealed.changes.clone());
        }
        self.disk.unanswered = sealed.clone();
        self.asked = Asked {
            epoch: self.disk.epoch,
            cursors: self.disk.cursors.values().copied().collect(),
            reference: self.disk.reference,
            own_bytes: self.disk.own_bytes,
            upload: sealed
                .as_ref()
                .map(|sealed| (sealed.hash, sealed.changes.clone())),
            received_at: now,
            repair: None,
        };
        Outbox {
            epoch: self.disk.epoch,
            cursors: self.asked.cursors.clone(),
            reference: self.disk.reference,
            upload: sealed.map(|sealed| sealed.upload),
            more,
            own_bytes: self.disk.own_bytes,
            packs: None,
            repair: None,
        }
    }

    /// Stores an answer; `promised` hears every hash that the server acknowledged.
    pub fn apply(
        &mut self,
        response: &Response,
        promised: &mut BTreeSet<Hash>,
    ) -> Result<Applied, Code> {
        let plan = apply::plan(&self.disk, &self.asked, response).map_err(|_| Code::ServerError)?;
        if let Some(epoch) = plan.new_epoch {
            self.disk.epoch = Some(epoch);
            let own = self
                .disk
                .log
                .values_mut()
                .flatten()
                .filter(|kept| kept.own.is_some());
            own.for_each(|kept| kept.acknowledged = false);
        }
        let broken = self.receipts(&plan, promised);
        let applied = plan.applied();
        for arrived in plan.changes {
            let log = self.disk.log.entry(arrived.document).or_default();
            if let Some(kept) = log.iter_mut().find(|kept| kept.hash == arrived.header.hash) {
                kept.acknowledged = true; // it is in the feed, so it is durable
                continue;
            }
            let (writer, seq) = (arrived.header.actor, arrived.header.seq);
            self.keep(
                arrived.document,
                arrived.header.hash,
                arrived.bytes,
                writer,
                seq,
                true,
            );
        }
        for placed in &plan.placed {
            self.acknowledge(&placed.hash);
        }
        for cursor in &plan.cursors {
            self.disk.cursors.insert(cursor.partition, *cursor);
        }
        self.disk.reference = plan.reference.version;
        self.disk.own_bytes = plan.own_bytes;
        if self.asked.upload.is_some() {
            self.disk.unanswered = None;
        }
        broken.into_iter().for_each(|id| self.rebuild(id));
        Ok(applied)
    }

    fn receipts(&mut self, plan: &Plan, promised: &mut BTreeSet<Hash>) -> BTreeSet<DocumentId> {
        let mut broken = BTreeSet::new();
        for (hash, result) in &plan.receipts {
            if result.acknowledged() {
                promised.insert(*hash);
                self.acknowledge(hash);
                continue;
            }
            let holds = |log: &&Vec<Kept>| {
                log.iter()
                    .any(|kept| kept.hash == *hash && !kept.acknowledged)
            };
            broken.extend(
                self.disk
                    .log
                    .iter()
                    .filter(|(_, log)| holds(log))
                    .map(|(id, _)| *id),
            );
        }
        broken.iter().for_each(|id| self.drop_unaccepted(*id));
        broken
    }

    fn acknowledge(&mut self, hash: &Hash) {
        let all = self.disk.log.values_mut().flatten();
        all.filter(|kept| kept.hash == *hash)
            .for_each(|kept| kept.acknowledged = true);
        self.disk.edits.retain(|edit| edit.change != *hash);
    }

    fn drop_unaccepted(&mut self, id: DocumentId) {
        self.disk
            .log
            .entry(id)
            .or_default()
            .retain(|kept| kept.own.is_none() || kept.acknowledged);
    }

    /// The document from what the server accepted, then the surviving edits again under a new actor.
    fn rebuild(&mut self, id: DocumentId) {
        *self.disk.incarnations.entry(id).or_default() += 1;
        let (again, others) = std::mem::take(&mut self.disk.edits)
            .into_iter()
            .partition(|edit| edit.document == id);
        self.disk.edits = others;
        let again: Vec<Edit> = again;
        for Edit { edit, at, .. } in again {
            self.edit(id, &edit, at); // refused when the accepted branch has it already
        }
    }
}
