//! What the log holds is merged here, and only what merged enters its feed. Written after
//! `sync-server/src/merge/merging.rs` and `hand.rs`.

use super::{super::planted::Planted, Server, Shelf, State, Store};
use gridwalk_core::{
    document::Document,
    ids::{DocumentId, Hash},
    registry::{Projection, project},
    scan::{Admission, Limits, Lineage},
};
use std::rc::Rc;

/// Changes of one document that may fail by themselves before the rest is put aside unseen.
const FAILURES: usize = 3;

/// What a merge led to.
pub struct Merged {
    pub document: DocumentId,
    revision: u64,
    snapshot: Rc<Document>,
    entering: Vec<Hash>,
    aside: Vec<Hash>,
}

/// Outcome of trying.
pub enum Outcome {
    Merged(Merged),
    Nothing,
    /// Nothing of it merges; the document goes to quarantine.
    Failed(String),
}

impl Server {
    /// Merges what waits of one document.
    pub fn merge(&self, id: DocumentId) -> Outcome {
        let Some(shelf) = self.disk.read().documents.get(&id) else {
            return Outcome::Nothing;
        };
        let waiting: Vec<Hash> = shelf
            .in_state(State::Logged)
            .into_iter()
            .map(|(hash, _)| *hash)
            .collect();
        if waiting.is_empty() || shelf.quarantined.is_some() || shelf.erased {
            return Outcome::Nothing;
        }
        if self.poisonous.contains(&id) {
            return Outcome::Failed("merging ended its worker".into());
        }
        match merge(id, shelf, &waiting) {
            Ok(merged) => Outcome::Merged(merged),
            Err(reason) => merge_apart(id, shelf, &waiting, reason),
        }
    }
}

fn merge(id: DocumentId, shelf: &Shelf, waiting: &[Hash]) -> Result<Merged, String> {
    let mut lineage = Lineage::new(Limits::default());
    let published = shelf.in_state(State::Published);
    for (_, logged) in &published {
        let _ = lineage.admit(&logged.bytes);
    }
    let (mut entering, mut aside) = (Vec::new(), Vec::new());
    for hash in waiting {
        match lineage.admit(&shelf.changes[hash].bytes) {
            Ok(Admission::New(_)) => entering.push(*hash),
            _ => aside.push(*hash),
        }
    }
    let mut document = match &shelf.snapshot {
        Some(snapshot) => (**snapshot).clone(),
        None => {
            let bytes = published.iter().map(|(_, logged)| &logged.bytes[..]);
            Document::from_changes(id, shelf.kind, bytes).map_err(|error| error.to_string())?
        }
    };
    let bytes = entering.iter().map(|hash| &shelf.changes[hash].bytes[..]);
    document
        .merge_changes(bytes)
        .map_err(|error| error.to_string())?;
    let mut order = shelf.positions();
    order.extend(
        (1..)
            .zip(&entering)
            .map(|(place, hash)| (*hash, (1 << 62) + place)),
    );
    let named = match project(&document, &order) {
        Projection::Household(view) => Some(view.id.into()),
        Projection::Incident(view) => Some(view.created.id.into()),
        Projection::Patrol(view) => Some(view.created.id.into()),
        _ => None,
    };
    if named.is_some_and(|named: DocumentId| named != id) {
        return Err("the document calls itself otherwise".into());
    }
    Ok(Merged {
        document: id,
        revision: shelf.revision,
        snapshot: Rc::new(document),
        entering,
        aside,
    })
}

/// Together they did not merge. One by one it shows which of them do.
fn merge_apart(id: DocumentId, shelf: &Shelf, waiting: &[Hash], mut reason: String) -> Outcome {
    let (mut good, mut aside, mut merged) = (Vec::new(), Vec::new(), None);
    for hash in waiting {
        if aside.len() >= FAILURES {
            aside.push(*hash);
            continue;
        }
        good.push(*hash);
        match merge(id, shelf, &good) {
            Ok(one) => merged = Some(one),
            Err(bad) => {
                good.pop();
                aside.push(*hash);
                reason = bad;
            }
        }
    }
    match merged {
        Some(mut merged) => {
            merged.aside.extend(aside);
            Outcome::Merged(merged)
        }
        None => Outcome::Failed(reason),
    }
}

impl Store {
    /// Publishes a merge. False when another was faster; then this one is void.
    pub fn publish_merged(&mut self, merged: &Merged) -> bool {
        let Some(shelf) = self.shelf_mut(&merged.document) else {
            return false;
        };
        if shelf.revision != merged.revision || shelf.quarantined.is_some() {
            return false;
        }
        shelf.revision += 1;
        shelf.attempts = 0;
        shelf.snapshot = Some(merged.snapshot.clone());
        for hash in &merged.aside {
            if let Some(logged) = shelf.changes.get_mut(hash) {
                logged.state = State::Quarantined;
            }
        }
        let early = self.has_bug(Planted::PublishBeforeMerge);
        for hash in &merged.entering {
            let shelf = self.shelf_mut(&merged.document);
            let logged = shelf.and_then(|shelf| shelf.changes.get_mut(hash));
            match logged.filter(|logged| early && logged.position.is_some()) {
                Some(logged) => logged.state = State::Published,
                None => self.publish(merged.document, *hash),
            }
        }
        true
    }

    /// Takes a document out of merging; its changes stay in the log.
    pub fn put_aside(&mut self, id: &DocumentId, reason: &str) {
        let Some(shelf) = self.shelf_mut(id) else {
            return;
        };
        shelf.quarantined = Some(reason.to_owned());
        for logged in shelf.changes.values_mut() {
            if logged.state == State::Logged {
                logged.state = State::Quarantined;
            }
        }
    }
}
