//! Documents read from their changes alone, each set of changes once.

use super::super::{
    phone::Held,
    server::{Shelf, State},
    street,
};
use gridwalk_core::{
    document::Document,
    household,
    ids::{DocumentId, Hash, PersonId},
    registry::{Projection, project},
    sync::message::DocumentKind,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};
use uuid::Uuid;

/// What a document says.
pub struct Reading {
    pub heads: Vec<Hash>,
    pub projection: Projection,
    /// Records, and to whom they are given.
    pub signed: Vec<(Uuid, PersonId)>,
    named: Vec<Uuid>,
}

impl Reading {
    pub fn records(&self) -> BTreeSet<Uuid> {
        let signed = self.signed.iter().map(|(record, _)| *record);
        signed.chain(self.named.iter().copied()).collect()
    }
}

#[derive(Default)]
pub struct Library(BTreeMap<Hash, Rc<Reading>>);

impl Library {
    pub fn registry(&mut self, id: DocumentId, shelf: &Shelf) -> Result<Rc<Reading>, String> {
        let published = shelf.in_state(State::Published);
        let changes = published
            .iter()
            .map(|(hash, logged)| (**hash, &logged.bytes[..]))
            .collect();
        self.read(id, shelf.kind, changes, &shelf.positions())
    }

    pub fn phone(&mut self, id: DocumentId, held: &Held) -> Result<Rc<Reading>, String> {
        let changes = held
            .living()
            .map(|kept| (kept.hash, &kept.bytes[..]))
            .collect();
        self.read(id, held.kind, changes, &held.positions())
    }

    fn read(
        &mut self,
        id: DocumentId,
        kind: DocumentKind,
        mut changes: Vec<(Hash, &[u8])>,
        positions: &HashMap<Hash, u64>,
    ) -> Result<Rc<Reading>, String> {
        changes.sort_unstable();
        let mut key = id.as_bytes().to_vec();
        for (hash, _) in &changes {
            key.extend(hash.0);
            if kind == DocumentKind::INCIDENT {
                let position = positions.get(hash).copied().unwrap_or(u64::MAX);
                key.extend(position.to_le_bytes());
            }
        }
        let key = Hash::of(&key);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let document = Document::from_changes(id, kind, changes.iter().map(|(_, bytes)| bytes))
            .map_err(|error| {
                format!("I2: {} cannot be read: {error}", street::document_name(&id))
            })?;
        let read = Rc::new(read(&document, positions));
        self.0.insert(key, read.clone());
        Ok(read)
    }
}

fn read(document: &Document, positions: &HashMap<Hash, u64>) -> Reading {
    let projection = match document.kind() {
        // a care plan of the simulator is written like a household
        DocumentKind::CARE_PLAN => Projection::Household(household::view(document)),
        _ => project(document, positions),
    };
    let (mut signed, mut named) = (Vec::new(), Vec::new());
    match &projection {
        Projection::Household(view) => {
            signed.extend(view.visits.iter().map(|visit| (visit.visit.id.0, visit.by)));
            named.extend(view.members.iter().map(|member| member.member.id.0));
            named.push(view.id.0);
        }
        Projection::Incident(view) => {
            signed.push((view.created.id.0, view.reported.by));
            let events = view.events.iter().map(|event| &event.event);
            signed.extend(events.map(|event| (event.id.0, event.act.by)));
        }
        Projection::Patrol(view) => {
            signed.push((view.created.id.0, view.leader));
            signed.extend(view.hits.iter().map(|hit| (hit.hit.id.0, hit.by)));
        }
        _ => {}
    }
    Reading {
        heads: document.heads(),
        projection,
        signed,
        named,
    }
}
