//! What an answer changes, in one transaction.

use super::{
    super::planted::Planted,
    Identity, Kept, Standing, Tables,
    rebuild::RefusedChange,
    tables::{Fate, Place},
};
use gridwalk_core::{
    error::Code,
    ids::{DocumentId, Hash},
    scan::ActorId,
    sync::{
        apply::{Asked, Holdings, Plan, plan},
        event::Applied,
        message::{ChangeResult, Epoch, Response},
    },
};
use std::{collections::BTreeMap, convert::Infallible, rc::Rc};

impl Holdings for Tables {
    type Error = Infallible;
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Infallible> {
        let signed = self.envelopes.get(&number);
        let sent = signed.and_then(|signed| signed.sent.get(index as usize).copied());
        // a change whose document was purged is as good as lost: its bytes are asked for
        Ok(sent.filter(|hash| self.trusting || self.kept(hash).is_some()))
    }
    fn unaccepted(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<Hash>, Infallible> {
        let held = self.documents.get(document);
        let mut changes = held.iter().flat_map(|held| &held.changes);
        Ok(changes
            .find(|kept| {
                kept.own
                    && kept.standing == Standing::Waiting
                    && kept.actor == *actor
                    && kept.seq == seq
            })
            .map(|kept| kept.hash))
    }
}

/// What storing an answer led to.
#[derive(Debug)]
pub enum Stored {
    /// The session goes on.
    All(Applied),
    /// The centre had no room for some of it.
    NoRoom,
}

impl Tables {
    pub fn apply(
        &mut self,
        who: &Identity,
        asked: &Asked,
        response: &Response,
    ) -> Result<Stored, Code> {
        self.let_go.clear();
        self.trusting = who.has_bug(Planted::OwnOfPurged);
        let mut response = std::borrow::Cow::Borrowed(response);
        if who.has_bug(Planted::AnyAnswer)
            && let Some((envelope, changes)) = &asked.upload
            && response.results.len() == changes.len()
        {
            response.to_mut().envelope = Some(*envelope);
        }
        let plan = plan(self, asked, &response).map_err(|_| Code::ServerError)?;
        if let Some(epoch) = plan.new_epoch {
            self.new_epoch(epoch, asked.epoch.is_some());
        }
        for partition in &plan.reread {
            for held in self.documents.values_mut() {
                let there = |kept: &Kept| kept.placed.iter().any(|place| place.feed == *partition);
                if held.changes.iter().any(there) {
                    for kept in &mut Rc::make_mut(held).changes {
                        kept.placed.retain(|place| place.feed != *partition);
                    }
                }
            }
        }
        self.arrived(&plan);
        let let_go = self.receipts(who, &plan, asked); // last: what is applied again is applied to what arrived
        for cursor in &plan.cursors {
            self.cursors.insert(cursor.partition, *cursor);
        }
        self.reference = plan.reference.version;
        self.clock_ahead_ms = plan.clock_ahead_ms;
        self.own_bytes = plan.own_bytes && !who.has_bug(Planted::OwnBytesForgotten);
        self.settle(&plan, who);
        if who.has_bug(Planted::CleanedUp) {
            self.clean_up();
        }
        if plan.receipts.iter().any(|(_, result)| no_room(result)) {
            return Ok(Stored::NoRoom);
        }
        let asked_after = self.ask_after_held(&plan, asked);
        let again = plan.receipts.iter().any(|(_, result)| {
            matches!(
                result,
                ChangeResult::Refused { .. } | ChangeResult::Held { .. }
            )
        });
        let applied = plan.applied();
        Ok(Stored::All(Applied {
            more: applied.more || (again || let_go || asked_after) && !self.outbox.is_empty(),
            ..applied
        }))
    }

    /// The server's store has another life: whatever this phone wrote is offered again, acknowledged or not.
    fn new_epoch(&mut self, epoch: Epoch, another: bool) {
        self.epoch = Some(epoch);
        if !another {
            return;
        }
        let held = self.documents.values();
        let own = held
            .flat_map(|held| &held.changes)
            .filter(|kept| kept.own && kept.standing == Standing::Stored);
        let again: Vec<Hash> = own.map(|kept| kept.hash).collect();
        let cleaned = std::mem::take(&mut self.cleaned);
        again
            .iter()
            .filter(|hash| !cleaned.contains(hash))
            .for_each(|hash| self.offer_again(hash));
    }

    fn arrived(&mut self, plan: &Plan) {
        for change in &plan.changes {
            let placed = Place {
                feed: change.placed.partition,
                position: change.placed.position,
                departed: false,
            };
            self.held(change.document, change.kind, change.placed.partition);
            let kept = Kept {
                hash: change.placed.hash,
                actor: change.header.actor,
                seq: change.header.seq,
                bytes: change.bytes.as_slice().into(),
                own: false,
                incarnation: 0,
                standing: Standing::Stored,
                held: false,
                placed: vec![placed],
            };
            if !self.keep(change.document, kept) {
                // what stands in a feed is durable, also when the answer that said so was lost
                self.stored(&change.placed.hash);
                self.released(&change.placed.hash);
            }
            self.place(&change.placed.hash, placed);
        }
        for placed in &plan.placed {
            let place = Place {
                feed: placed.partition,
                position: placed.position,
                departed: false,
            };
            self.place(&placed.hash, place);
            self.stored(&placed.hash);
            self.released(&placed.hash);
        }
        for change in &plan.quarantined {
            self.quarantine.insert(change.placed.hash);
        }
        self.departures(plan);
    }

    fn place(&mut self, hash: &Hash, placed: Place) {
        let Some(kept) = self.kept_mut(hash) else {
            return;
        };
        if !kept.placed.contains(&placed) {
            kept.placed.push(placed);
        }
        // where a change stands, its document lives, also when it was created elsewhere
        let home = self.homes.get(hash).copied();
        if let Some(held) = home.and_then(|id| self.held_mut(&id)) {
            held.partition = placed.feed;
        }
    }

    /// It was refused once, and stands in a feed after all.
    fn released(&mut self, hash: &Hash) {
        let retired = self
            .kept(hash)
            .is_some_and(|(_, kept)| kept.standing == Standing::Retired);
        let home = self.homes.get(hash).copied().filter(|_| retired);
        let Some(held) = home.and_then(|id| self.held_mut(&id)) else {
            return;
        };
        for kept in held.changes.iter_mut().filter(|kept| kept.hash == *hash) {
            kept.standing = Standing::Stored;
        }
        for edit in held.edits.iter_mut().filter(|edit| edit.change == *hash) {
            edit.fate = Fate::Stored;
        }
        held.cache = None;
    }

    /// Whether the feed has another of something that was held.
    fn receipts(&mut self, who: &Identity, plan: &Plan, asked: &Asked) -> bool {
        let mut refused: BTreeMap<DocumentId, Vec<RefusedChange>> = BTreeMap::new();
        for (hash, result) in &plan.receipts {
            match result {
                ChangeResult::Stored | ChangeResult::Had => self.stored(hash),
                ChangeResult::Held { missing } => {
                    self.stored(hash);
                    if let Some(kept) = self.kept_mut(hash) {
                        kept.held = true;
                    }
                    missing.iter().for_each(|hash| self.offer_again(hash));
                }
                full if no_room(full) => {}
                ChangeResult::Refused { code, follows } => {
                    let code = Code::parse(code).unwrap_or(Code::ServerError);
                    if let Some((document, _)) = self.kept(hash) {
                        refused.entry(*document).or_default().push(RefusedChange {
                            hash: *hash,
                            code,
                            innocent: follows.is_some() || code == Code::ActorForked,
                        });
                    }
                }
                ChangeResult::Other { .. } => {}
            }
        }
        if let Some((envelope, _)) = &asked.upload {
            for signed in self.envelopes.values_mut() {
                if signed.hash == *envelope {
                    Rc::make_mut(signed).answered = true;
                }
            }
        }
        let mut torn = false;
        let arrived = plan.changes.iter().map(|change| &change.placed);
        for place in arrived.chain(&plan.placed) {
            if let Some(document) = self.torn_by(&place.hash) {
                refused.entry(document).or_default();
                torn = true;
            }
        }
        for (document, changes) in refused {
            self.rebuild(who, document, &changes);
        }
        torn
    }

    /// 已到中心.
    fn stored(&mut self, hash: &Hash) {
        let Some((id, kept)) = self.kept(hash) else {
            return;
        };
        let (id, waits) = (*id, kept.standing == Standing::Waiting);
        self.outbox.retain(|_, waiting| waiting != hash);
        let Some(held) = self.held_mut(&id) else {
            return;
        };
        for kept in held.changes.iter_mut().filter(|kept| kept.hash == *hash) {
            if waits {
                kept.standing = Standing::Stored;
            }
        }
        for edit in &mut held.edits {
            if edit.change == *hash && edit.fate == Fate::Waiting {
                edit.fate = Fate::Stored;
            }
        }
    }

    /// Once every feed has been read and nothing was left to send: own changes that the server held and that stand in no feed are
    /// offered again, because nobody tells this phone when they are turned away. Whether there are any. Their receipts come in an
    /// exchange that sends something, so a session asks once.
    fn ask_after_held(&mut self, plan: &Plan, asked: &Asked) -> bool {
        if plan.more || asked.upload.is_some() {
            return false;
        }
        let held: Vec<Hash> = self
            .documents
            .values()
            .flat_map(|held| &held.changes)
            .filter(|kept| kept.own && kept.held && kept.standing == Standing::Stored)
            .filter(|kept| kept.placed.iter().all(|place| place.departed))
            .map(|kept| kept.hash)
            .collect();
        held.iter().for_each(|hash| self.offer_again(hash));
        !held.is_empty()
    }

    /// The server misses an own change that it had acknowledged before: it waits for another receipt, and so does its
    /// deed, because a restored server may refuse what it once took.
    fn offer_again(&mut self, hash: &Hash) {
        let Some(kept) = self.kept_mut(hash) else {
            return;
        };
        if !kept.own || kept.standing == Standing::Retired {
            return;
        }
        kept.standing = Standing::Waiting;
        kept.held = false;
        let home = self.homes.get(hash).copied();
        let edits = home
            .and_then(|id| self.held_mut(&id))
            .map(|held| &mut held.edits);
        for edit in edits.into_iter().flatten() {
            if edit.change == *hash && edit.fate == Fate::Stored {
                edit.fate = Fate::Waiting;
            }
        }
        self.offer(*hash);
    }
}

impl Tables {
    /// The planted bug: what the server has is forgotten as something to offer again, backup or not.
    fn clean_up(&mut self) {
        let held = self.documents.values().flat_map(|held| &held.changes);
        let done = held.filter(|kept| kept.own && kept.standing == Standing::Stored);
        self.cleaned = done.map(|kept| kept.hash).collect();
    }
}

fn no_room(result: &ChangeResult) -> bool {
    matches!(result, ChangeResult::Refused { code, .. } if *code == Code::QueueFull.as_str())
}
