//! Phones and a registry in memory, as small as they can be: changes go up, are acknowledged at a position, come down.

pub mod ending;
pub mod play;

use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document, Edited, RawChange},
    ids::{DeviceId, DocumentId, Hash, PersonId},
    registry::{Projection, project},
    sync::{actor, message::DocumentKind},
    time::Timestamp,
};
use gridwalk_fixtures::street::Person;
use std::collections::{BTreeMap, HashMap, HashSet};

pub type Failure = String;

/// What one side holds: its documents, and the positions that it knows.
#[derive(Clone, Default)]
pub struct Side {
    pub documents: BTreeMap<DocumentId, Document>,
    pub positions: HashMap<Hash, u64>,
}

impl Side {
    pub fn document(&self, id: DocumentId) -> Result<&Document, Failure> {
        self.documents.get(&id).ok_or(format!("no document {id}"))
    }

    pub fn project(&self, id: DocumentId) -> Result<Projection, Failure> {
        Ok(project(self.document(id)?, &self.positions))
    }

    fn take(&mut self, row: &Row) -> Result<(), Failure> {
        let bytes = [&row.change.bytes];
        match self.documents.get_mut(&row.id) {
            Some(document) => document.merge_changes(bytes),
            None => Document::from_changes(row.id, row.kind, bytes)
                .map(|document| drop(self.documents.insert(row.id, document))),
        }
        .map_err(|error| error.to_string())
    }
}

/// A change on its way.
#[derive(Clone)]
pub struct Row {
    pub id: DocumentId,
    pub kind: DocumentKind,
    pub change: RawChange,
}

impl Row {
    pub fn of(edited: &Edited) -> Self {
        Self {
            id: edited.document.id(),
            kind: edited.document.kind(),
            change: edited.change.clone(),
        }
    }
}

/// The registry: what it acknowledged, in order.
#[derive(Clone, Default)]
pub struct Centre {
    pub side: Side,
    pub feed: Vec<Row>,
}

impl Centre {
    /// Acknowledges a change. The same change twice is acknowledged twice and stands once.
    pub fn receive(&mut self, row: &Row) -> Result<(), Failure> {
        self.side.take(row)?;
        let position = self.feed.len() as u64;
        if self.side.positions.contains_key(&row.change.hash) {
            return Ok(());
        }
        self.side.positions.insert(row.change.hash, position);
        self.feed.push(row.clone());
        Ok(())
    }
}

/// A phone and who carries it.
#[derive(Clone)]
pub struct Phone {
    pub carrier: Person,
    /// How far its clock is ahead.
    pub ahead_ms: i64,
    pub online: bool,
    pub side: Side,
    pub unsent: Vec<Row>,
    pub acknowledged: HashSet<(DocumentId, Hash)>,
    cursor: usize,
}

impl Phone {
    pub fn new(carrier: &Person) -> Self {
        Self {
            carrier: carrier.clone(),
            ahead_ms: 0,
            online: true,
            side: Side::default(),
            unsent: Vec::new(),
            acknowledged: HashSet::new(),
            cursor: 0,
        }
    }

    pub fn keep(&mut self, edited: Edited) {
        self.unsent.push(Row::of(&edited));
        self.side
            .documents
            .insert(edited.document.id(), edited.document);
    }

    /// Its carrier at `at`, as its clock has it.
    pub fn author(&self, document: DocumentId, at: Timestamp) -> Result<Author, Failure> {
        author(&self.carrier, document, at.plus_ms(self.ahead_ms))
    }

    /// One exchange. The first answer gets lost on the way, so everything is sent twice.
    pub fn exchange(&mut self, centre: &mut Centre) -> Result<(), Failure> {
        for row in self.unsent.iter().chain(&self.unsent) {
            centre.receive(row)?;
        }
        for row in self.unsent.drain(..) {
            self.acknowledged.insert((row.id, row.change.hash));
        }
        for (position, row) in centre.feed.iter().enumerate().skip(self.cursor) {
            self.side.take(row)?;
            self.side.positions.insert(row.change.hash, position as u64);
        }
        self.cursor = centre.feed.len();
        Ok(())
    }
}

/// `person` at `at`, with the actor of that device in that document.
pub fn author(person: &Person, document: DocumentId, at: Timestamp) -> Result<Author, Failure> {
    let device = DeviceId(person.device);
    let role: Role = serde_json::from_value(person.role.clone().into_owned().into())
        .map_err(|error| format!("{}: {error}", person.login))?;
    Ok(Author {
        actor: actor(device, document, 1),
        act: Act {
            by: PersonId(person.id),
            role,
            device,
            recorded_at: at,
            observed_at: None,
        },
    })
}
