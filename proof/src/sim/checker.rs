//! Knows only what was promised and what can be seen from outside: who was told that what is saved, and what each side
//! shows when everything is quiet. It shares no decision with phones and server.
//!
//! * **I1** what was acknowledged is in the server's log or its quarantine, and what a phone said is saved is in the
//!   registry, in the log, or shown on that phone with a reason;
//! * **I2** after quiet all phones in scope have equal heads and projections, equal to the registry's;
//! * **I3** no projection gives an entry to another than its signer;
//! * **I4** no phone holds documents outside its scope, and nobody but the cleared holds a care plan;
//! * **I7** ten minutes after the last fault everybody rests; **I8** nothing grows beyond its limit.

mod held;
mod let_go;
mod reading;

use super::{
    phone::{Phone, Standing},
    server::{Server, State, Store},
    street,
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash, PersonId},
    scan::ActorId,
    sync::{
        limits,
        message::{AccessClass, ChangeResult, Digest, DocumentKind},
    },
};
use reading::Library;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What a phone said is saved.
#[derive(Clone, Debug)]
struct Promise {
    phone: usize,
    document: DocumentId,
    record: Option<Uuid>,
    change: Hash,
    at: i64,
}

#[derive(Default)]
pub struct Checker {
    /// What the server said it has, and to whom it said so first.
    acknowledged: BTreeMap<(DocumentId, Hash), DeviceId>,
    promises: Vec<Promise>,
    /// Who really wrote a record.
    authors: BTreeMap<Uuid, PersonId>,
    /// What the server knew before it went back to a backup, and did not know then.
    dropped: BTreeSet<(DocumentId, Hash)>,
    /// The same of what it had turned away and kept as evidence: a held change whose number went to another meanwhile.
    evidence_dropped: BTreeSet<(DocumentId, Hash)>,
    /// What the server itself had published under which number before it went back. Whatever comes of that change, its
    /// number is spent: a phone may have read it.
    spent: BTreeMap<(DocumentId, ActorId, u64), Hash>,
    /// What merging refused.
    refused: BTreeSet<Hash>,
    /// What was erased.
    erased: BTreeSet<DocumentId>,
    /// Devices that owe nothing: what was acknowledged to them before a restore of the server may be gone.
    pub unreliable: BTreeSet<DeviceId>,
    /// Devices that were copied, went back, or mean harm, and everybody once the server went back: their numbers may be
    /// taken. Nobody else's ever are.
    pub may_fork: BTreeSet<DeviceId>,
    /// Somebody else's were.
    forked: Option<(DocumentId, DeviceId)>,
    /// When documents last moved, when a device's partitions last changed, and when the registry last went back.
    pub moved_at: BTreeMap<DocumentId, i64>,
    pub scope_at: BTreeMap<DeviceId, i64>,
    pub restored_at: Option<i64>,
    /// When a phone last got an answer to another question, which may know nothing of the other feed.
    pub misled_at: BTreeMap<usize, i64>,
    /// A phone let go of what it may read.
    let_go: Option<String>,
    /// Acknowledged, and nowhere.
    pub lost: u64,
    library: Library,
}

impl Checker {
    pub fn wrote(&mut self, record: Uuid, by: PersonId) {
        self.authors.entry(record).or_insert(by);
    }

    pub fn saved(
        &mut self,
        phone: usize,
        document: DocumentId,
        record: Option<Uuid>,
        change: Hash,
        at: i64,
    ) {
        self.promises.push(Promise {
            phone,
            document,
            record,
            change,
            at,
        });
    }

    /// The server answered; an error would have promised nothing.
    pub fn answered(
        &mut self,
        device: DeviceId,
        document: DocumentId,
        change: Hash,
        result: &ChangeResult,
    ) {
        if result.code() == Some(Code::ActorForked) && !self.may_fork.contains(&device) {
            self.forked.get_or_insert((document, device));
        }
        if result.acknowledged() {
            self.acknowledged
                .entry((document, change))
                .or_insert(device);
        }
    }

    /// The phone went back to a copy of that moment: what was saved since and never left is gone, and its owner knows.
    pub fn went_back(&mut self, phone: usize, to: i64) {
        self.promises
            .retain(|promise| promise.phone != phone || promise.at <= to);
    }

    /// This phone will never deliver again.
    pub fn released(&mut self, phone: usize) {
        self.promises.retain(|promise| promise.phone != phone);
    }

    /// It was erased at somebody's wish, and never comes back.
    pub fn erased(&mut self, document: DocumentId) {
        self.erased.insert(document);
    }

    /// Merging could not do with these; no other phone may ever see them.
    pub fn did_not_merge(&mut self, changes: impl IntoIterator<Item = Hash>) {
        self.refused.extend(changes);
    }

    pub fn server_went_back(&mut self, before: &Store, after: &Store) {
        for (id, shelf) in &before.documents {
            let there = after.documents.get(id);
            for (hash, logged) in shelf.in_state(State::Published) {
                if !before.registry.contains_key(&logged.device) {
                    let number = (*id, logged.actor, logged.seq);
                    self.spent.entry(number).or_insert(*hash);
                }
            }
            for hash in shelf.changes.keys() {
                if there.is_none_or(|shelf| !shelf.changes.contains_key(hash)) {
                    self.dropped.insert((*id, *hash));
                }
            }
        }
        let evidence = before.evidence.keys();
        let gone = evidence.filter(|key| !after.evidence.contains_key(key));
        self.evidence_dropped.extend(gone);
    }

    /// Everything that must hold when all is quiet.
    pub fn at_rest(&mut self, phones: &[Phone], server: &Server) -> Result<(), String> {
        let store = server.disk.read();
        let logged = |id: &DocumentId, hash: &Hash| {
            let shelf = store.documents.get(id);
            shelf.is_some_and(|shelf| shelf.changes.contains_key(hash))
        };
        let missing: BTreeSet<(DocumentId, Hash)> = self
            .dropped
            .iter()
            .filter(|(id, hash)| !logged(id, hash))
            .copied()
            .collect();
        if let Some((document, device)) = self.forked {
            let what = street::document_name(&document);
            return Err(format!(
                "I2: {device} was never copied, and wrote two changes with one number in {what}"
            ));
        }
        if let Some(vanished) = &self.let_go {
            return Err(vanished.clone());
        }
        self.numbers_stay_spent(store)?;
        self.nothing_lost(phones, store, &missing)?;
        self.nothing_waits_for_ever(store, &missing)?;
        self.feeds_are_whole(store)?;
        let tainted: BTreeSet<DocumentId> = missing.iter().map(|(id, _)| *id).collect();
        self.promises_kept(phones, store, &tainted)?;
        self.registry_is_honest(store)?;
        for (number, phone) in phones.iter().enumerate() {
            self.phone_is_right(number, phone, store, &tainted)?;
        }
        Ok(())
    }

    /// I2: a number of an actor stands for one change in the log, and one of the server's own hand for ever.
    fn numbers_stay_spent(&self, store: &Store) -> Result<(), String> {
        for (id, shelf) in &store.documents {
            let mut taken: BTreeSet<(ActorId, u64)> = BTreeSet::new();
            for (hash, logged) in &shelf.changes {
                if logged.state != State::Held && !taken.insert((logged.actor, logged.seq)) {
                    return Err(format!(
                        "I2: the log has two changes with number {} of one actor in {}",
                        logged.seq,
                        street::document_name(id)
                    ));
                }
                let before = self.spent.get(&(*id, logged.actor, logged.seq));
                if before.is_some_and(|before| before != hash) {
                    return Err(format!(
                        "I2: number {} of the server in {} was another change before it went back",
                        logged.seq,
                        street::document_name(id)
                    ));
                }
            }
        }
        Ok(())
    }

    /// I1, the server's word.
    fn nothing_lost(
        &mut self,
        phones: &[Phone],
        store: &Store,
        missing: &BTreeSet<(DocumentId, Hash)>,
    ) -> Result<(), String> {
        let mut first = None;
        for ((document, hash), device) in &self.acknowledged {
            if store.has(hash) {
                continue;
            }
            let erased = self.erased.contains(document);
            // after a restore: nobody is left who could bring it again, or a new actor brings the same deed
            let known = store.registry.get(device);
            let key = (*document, *hash);
            let went = missing.contains(&key) || self.evidence_dropped.contains(&key);
            let brought_by_nobody = went
                && (self.unreliable.contains(device)
                    || known.is_none_or(|known| known.revoked)
                    || !phones
                        .iter()
                        .any(|phone| phone.who.device == *device && phone.vouches_for(hash)));
            if !erased && !brought_by_nobody {
                self.lost += 1;
                first.get_or_insert((*document, *hash));
            }
        }
        match first {
            None => Ok(()),
            Some((document, hash)) => Err(format!(
                "I1: {} changes were acknowledged and are nowhere, first {hash} of {}",
                self.lost,
                street::document_name(&document)
            )),
        }
    }

    /// I1, the phones' word.
    fn promises_kept(
        &mut self,
        phones: &[Phone],
        store: &Store,
        tainted: &BTreeSet<DocumentId>,
    ) -> Result<(), String> {
        let mut shown: BTreeMap<DocumentId, BTreeSet<Uuid>> = BTreeMap::new();
        for promise in &self.promises {
            let phone = &phones[promise.phone];
            let shelf = store.documents.get(&promise.document);
            let record = store.registry.get(&phone.who.device);
            if self.erased.contains(&promise.document) || record.is_some_and(|known| known.revoked)
            {
                continue;
            }
            let held = phone.disk.read().documents.get(&promise.document);
            let edit = held.and_then(|held| {
                let mut edits = held.edits.iter();
                edits.find(|edit| edit.was(promise.change))
            });
            if edit.is_some_and(|edit| edit.is_refused()) {
                continue; // shown to the person who wrote it, with the reason
            }
            let change = edit.map_or(promise.change, |edit| edit.change);
            let logged = shelf.and_then(|shelf| shelf.changes.get(&change));
            let waits = logged.is_some_and(|logged| logged.state != State::Published);
            // what left the phone with its document, and went with a backup afterwards, is nobody's any more
            let brought_by_nobody = tainted.contains(&promise.document)
                && held.is_none_or(|held| {
                    let mut own = held.changes.iter().filter(|kept| kept.own);
                    own.all(|kept| kept.hash != change)
                });
            if waits || brought_by_nobody || store.evidence_has(&change) {
                continue;
            }
            let Some(record) = promise.record else {
                if logged.is_some() {
                    continue;
                }
                return Err(format!(
                    "I1: what phone {} saved in {} is nowhere",
                    promise.phone + 1,
                    street::document_name(&promise.document)
                ));
            };
            let seen = match shown.entry(promise.document) {
                std::collections::btree_map::Entry::Occupied(seen) => seen.into_mut(),
                std::collections::btree_map::Entry::Vacant(empty) => {
                    let read = match shelf {
                        Some(shelf) => self.library.registry(promise.document, shelf)?.records(),
                        None => BTreeSet::new(),
                    };
                    empty.insert(read)
                }
            };
            if !seen.contains(&record) {
                return Err(format!(
                    "I1: record {record}, which phone {} saved in {}, is not in the registry",
                    promise.phone + 1,
                    street::document_name(&promise.document)
                ));
            }
        }
        Ok(())
    }

    /// I3 for the registry; and what was published merges from the log alone.
    fn registry_is_honest(&mut self, store: &Store) -> Result<(), String> {
        for (id, shelf) in &store.documents {
            if self.erased.contains(id) && !shelf.changes.is_empty() {
                let what = street::document_name(id);
                return Err(format!("I4: {what} was erased and is back"));
            }
            if shelf.in_state(State::Published).is_empty() {
                continue;
            }
            let read = self.library.registry(*id, shelf)?;
            self.signers(&read.signed, "the registry")?;
        }
        Ok(())
    }

    fn signers(&self, signed: &[(Uuid, PersonId)], who: &str) -> Result<(), String> {
        for (record, by) in signed {
            if let Some(author) = self.authors.get(record)
                && author != by
            {
                return Err(format!(
                    "I3: {who} gives record {record} to {by}, and {author} wrote it"
                ));
            }
        }
        Ok(())
    }

    /// Feeds have no gaps, their digests are sums, and nothing stands in them before what it builds on.
    fn feeds_are_whole(&self, store: &Store) -> Result<(), String> {
        for (partition, feed) in &store.feeds {
            let mut digest = Digest::EMPTY;
            for (index, row) in feed.iter().enumerate() {
                if let Some(hash) = &row.hash {
                    digest.add(hash);
                }
                let place = street::place(partition);
                if digest != row.digest {
                    return Err(format!("I2: the digest of {place} is wrong at {index}"));
                }
                let Some(hash) = row.standing() else {
                    continue;
                };
                if self.refused.contains(&hash) {
                    return Err(format!("I2: {place} has at {index} what does not merge"));
                }
                let shelf = store.documents.get(&row.document);
                let logged = shelf
                    .filter(|shelf| shelf.partition == *partition)
                    .and_then(|shelf| shelf.changes.get(&hash));
                if logged.is_none_or(|logged| logged.state != State::Published) {
                    return Err(format!(
                        "I2: {place} has at {index} what was never published"
                    ));
                }
            }
        }
        for (device, count) in &store.evidence_of {
            if *count > 5_000 {
                return Err(format!("I8: {count} items of {device} in quarantine"));
            }
        }
        Ok(())
    }

    fn phone_is_right(
        &mut self,
        number: usize,
        phone: &Phone,
        store: &Store,
        tainted: &BTreeSet<DocumentId>,
    ) -> Result<(), String> {
        let name = format!("phone {}", number + 1);
        let Some(record) = store.registry.get(&phone.who.device) else {
            return Ok(());
        };
        if record.revoked {
            return match phone.refused {
                true => Ok(()),
                false => Err(format!("I7: {name} was revoked and does not know it")),
            };
        }
        if !phone.rested {
            return Err(format!("I7: {name} does not come to rest"));
        }
        let tables = phone.disk.read();
        if tables.outbox.len() > limits::HELD_PER_DEVICE {
            return Err(format!(
                "I8: {name} has {} changes waiting",
                tables.outbox.len()
            ));
        }
        if let Some(hash) = tables.outbox.values().next() {
            return Err(format!("I7: {name} still waits for a receipt of {hash}"));
        }
        for (id, held) in &tables.documents {
            if held.changes.is_empty() {
                continue;
            }
            let what = street::document_name(id);
            // whatever happened to the registry, a person must be able to open it
            if held.living().next().is_some() {
                let own = self.library.phone(*id, held);
                let own = own.map_err(|error| format!("{error}, on {name}"))?;
                self.signers(&own.signed, &name)?;
            }
            if self.erased.contains(id) && !held.edits.iter().any(|edit| edit.is_waiting()) {
                return Err(format!("I4: {name} still holds {what}, which was erased"));
            }
            let care =
                held.kind == DocumentKind::CARE_PLAN || held.partition.class == AccessClass::CARE;
            let cleared = |class| record.partitions.iter().any(|held| held.class == class);
            let owed = held.edits.iter().any(|edit| edit.is_waiting());
            if care && !cleared(AccessClass::CARE) && !owed {
                return Err(format!("I4: {name} holds {what} without clearance"));
            }
            let home = store.documents.get(id).map(|shelf| shelf.partition);
            let home = home.unwrap_or(held.partition);
            if !record.partitions.contains(&home) && !owed && !tainted.contains(id) {
                return Err(format!("I4: {name} still holds {what}, out of its scope"));
            }
        }
        for (id, shelf) in &store.documents {
            if !record.partitions.contains(&shelf.partition) {
                continue;
            }
            let what = street::document_name(id);
            let published = shelf.in_state(State::Published);
            let held = tables.documents.get(id);
            if tainted.contains(id) {
                // it may have more than a registry that went back, and never less
                let kept = |hash: &Hash| {
                    let mut changes = held.iter().flat_map(|held| &held.changes);
                    changes.any(|kept| kept.hash == *hash)
                };
                if let Some((hash, _)) = published.iter().find(|(hash, _)| !kept(hash)) {
                    return Err(format!("I2: of {what} {name} lacks {hash}"));
                }
                continue;
            }
            let mut mine: BTreeSet<Hash> = held
                .into_iter()
                .flat_map(|held| &held.changes)
                .filter(|kept| kept.standing != Standing::Retired)
                .map(|kept| kept.hash)
                .collect();
            // durable, and seen by nobody but its writer until a person has looked
            let before = mine.len();
            mine.retain(|hash| {
                let logged = shelf.changes.get(hash);
                logged.is_none_or(|logged| logged.state == State::Published)
            });
            if mine.len() < before {
                continue;
            }
            let theirs: BTreeSet<Hash> = published.iter().map(|(hash, _)| **hash).collect();
            if mine != theirs {
                let few = theirs.difference(&mine).count();
                let many = mine.difference(&theirs).count();
                return Err(format!(
                    "I2: of {what} {name} lacks {few} changes and has {many} that the registry has not"
                ));
            }
            let Some(held) = held.filter(|_| !theirs.is_empty()) else {
                continue;
            };
            let registry = self.library.registry(*id, shelf)?;
            let own = self.library.phone(*id, held)?;
            if own.heads != registry.heads {
                return Err(format!(
                    "I2: {name} has other heads of {what} than the registry"
                ));
            }
            if own.projection != registry.projection {
                return Err(format!(
                    "I2: {name} shows {what} otherwise than the registry"
                ));
            }
            self.signers(&own.signed, &name)?;
        }
        Ok(())
    }
}
