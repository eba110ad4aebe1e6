//! Somebody with an enrolled phone, a valid token and a signature that fits, who means harm.

use super::{
    super::{
        deed::{self, Deed},
        fault::Fault,
        phone::Identity,
        street,
    },
    Asker, Happening, World,
};
use gridwalk_core::{
    act::Act,
    document::{Author, Document, Unordered},
    ids::{DocumentId, Hash},
    sync::{
        actor, envelope,
        frame::{self, Effort},
        message::{Cursor, Digest, DocumentChanges, DocumentKind, PROTOCOL, Partition, Request},
    },
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const HARM: [Fault; 8] = [
    Fault::ForgedActor,
    Fault::ForgedAuthor,
    Fault::Fork,
    Fault::Flood,
    Fault::Malformed,
    Fault::Bomb,
    Fault::WrongPartition,
    Fault::SecondBeginning,
];

/// What it keeps between two attacks.
pub struct Stranger {
    who: Identity,
    last: Option<(u64, Hash)>,
    incarnation: u64,
}

/// A document that it can see.
struct Prey {
    id: DocumentId,
    kind: DocumentKind,
    partition: Partition,
    document: Document,
}

impl Stranger {
    pub fn new(who: Identity) -> Self {
        Self {
            who,
            last: None,
            incarnation: 0,
        }
    }
}

impl World {
    pub(super) fn harm(&mut self, stranger: usize) {
        let Some(prey) = self.prey(stranger) else {
            return;
        };
        let fault = HARM[self.dice.below(HARM.len())];
        let mine = &mut self.strangers[stranger];
        mine.incarnation += 1;
        let (who, incarnation) = (mine.who.clone(), mine.incarnation);
        let act = deed::act(who.worker, who.role, who.device, street::at(self.now));
        let mut group = DocumentChanges {
            document: prey.id,
            kind: prey.kind,
            partition: prey.partition,
            incarnation,
            changes: Vec::new(),
            author: None,
        };
        let author = Author {
            actor: actor(who.device, prey.id, incarnation),
            act,
        };
        let changes = match fault {
            Fault::ForgedActor => {
                let victim = street::device(1 + self.dice.below(self.phones.len()) as u64);
                let forged = Author {
                    actor: actor(victim, prey.id, incarnation),
                    ..author
                };
                self.edits(&prey, &forged, 1, 0)
            }
            Fault::ForgedAuthor => {
                let victim = 1 + self.dice.below(self.phones.len()) as u64;
                let forged = Author {
                    act: Act {
                        by: street::person(victim),
                        ..author.act.clone()
                    },
                    ..author
                };
                self.edits(&prey, &forged, 1, 0)
            }
            Fault::Fork => {
                let mut both = self.edits(&prey, &author, 1, 0);
                both.extend(self.edits(&prey, &author, 1, 0));
                both
            }
            Fault::Flood => {
                let many = 2 + self.dice.below(12);
                self.edits(&prey, &author, many, 1)
            }
            Fault::Malformed => {
                let mut bytes = self.edits(&prey, &author, 1, 0).pop().unwrap_or_default();
                let at = self.dice.below(bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.dice.below(8);
                }
                vec![bytes]
            }
            Fault::Bomb => vec![bomb(author.actor)],
            Fault::WrongPartition => self.trespass(&who, &mut group),
            _ => self.second_beginning(&prey, &author),
        };
        if changes.is_empty() {
            return;
        }
        group.changes = changes.into_iter().map(Into::into).collect();
        self.tally.count(fault);
        self.trace.tell(self.now, || {
            format!(
                "a stranger sends {} to {}",
                fault.word(),
                street::document_name(&group.document)
            )
        });
        self.attack(stranger, group);
    }

    /// A published document of its own partitions.
    fn prey(&mut self, stranger: usize) -> Option<Prey> {
        let store = self.server.disk.read();
        let mine = store.registry.get(&self.strangers[stranger].who.device)?;
        let seen: Vec<DocumentId> = store
            .documents
            .iter()
            .filter(|(_, shelf)| mine.partitions.contains(&shelf.partition))
            .filter(|(_, shelf)| shelf.snapshot.is_some())
            .map(|(id, _)| *id)
            .collect();
        let id = *self.dice.pick(&seen)?;
        let shelf = store.documents.get(&id)?;
        Some(Prey {
            id,
            kind: shelf.kind,
            partition: shelf.partition,
            document: (**shelf.snapshot.as_ref()?).clone(),
        })
    }

    /// `count` edits, one on top of the other, less the first `hidden` of them.
    fn edits(&mut self, prey: &Prey, author: &Author, count: usize, hidden: usize) -> Vec<Vec<u8>> {
        let mut document = prey.document.clone();
        let mut changes = Vec::new();
        for place in 0..count {
            let number = self.record_id();
            let act = &author.act;
            let (deed, record): (Deed, Uuid) = match prey.kind {
                DocumentKind::INCIDENT => {
                    let text = format!("恶意{number}");
                    let action = gridwalk_core::incident::IncidentAction::Comment { text };
                    let event = deed::event(number, act, action);
                    (Deed::Incident(event), street::uuid(12, number))
                }
                DocumentKind::PATROL => {
                    let hit = deed::hit(number, 1, act.recorded_at);
                    (Deed::Patrol(hit), street::uuid(14, number))
                }
                _ => {
                    let visit = deed::visit(number, act.recorded_at, None);
                    (Deed::Household(visit), street::uuid(2, number))
                }
            };
            let Ok(edited) = deed.apply(Some(document.clone()), author, &Unordered) else {
                break;
            };
            // who holds the pen, whatever the words say
            let writer = 200; // the first stranger; there is never more than one
            self.checker.wrote(record, street::person(writer));
            if place >= hidden {
                changes.push(edited.change.bytes);
            }
            document = edited.document;
        }
        changes
    }

    /// A new document where it may not write, or a care plan where everybody reads.
    fn trespass(&mut self, who: &Identity, group: &mut DocumentChanges) -> Vec<Vec<u8>> {
        let id = DocumentId(street::uuid(3, 900_000 + self.record_id()));
        let registry = &self.server.disk.read().registry;
        let Some(mine) = registry.get(&who.device) else {
            return Vec::new();
        };
        let elsewhere = (1..=4)
            .flat_map(|grid| [street::general(grid), street::care(grid)])
            .filter(|partition| !mine.partitions.contains(partition));
        let elsewhere: Vec<Partition> = elsewhere.collect();
        if self.dice.percent(50)
            && let Some(partition) = self.dice.pick(&elsewhere)
        {
            group.partition = *partition;
            group.kind = DocumentKind::HOUSEHOLD;
        } else {
            group.kind = DocumentKind::CARE_PLAN;
        }
        group.document = id;
        let author = Author {
            actor: actor(who.device, id, group.incarnation),
            act: deed::act(who.worker, who.role, who.device, street::at(self.now)),
        };
        gridwalk_core::household::create(&deed::dwelling(id), &[], &[], &author)
            .map(|edited| vec![edited.change.bytes])
            .unwrap_or_default()
    }

    /// The document once more from nothing: Automerge would hide one of the two beginnings, with everything in it.
    fn second_beginning(&mut self, prey: &Prey, author: &Author) -> Vec<Vec<u8>> {
        let deed = match prey.kind {
            DocumentKind::INCIDENT => {
                Deed::BeginIncident(deed::incident(prey.id, prey.partition.grid))
            }
            DocumentKind::PATROL => Deed::BeginPatrol(deed::patrol(
                prey.id,
                prey.partition.grid,
                author.act.recorded_at,
            )),
            _ => Deed::BeginCare(deed::dwelling(prey.id)),
        };
        deed.apply(None, author, &Unordered)
            .map(|edited| vec![edited.change.bytes])
            .unwrap_or_default()
    }

    fn attack(&mut self, stranger: usize, group: DocumentChanges) {
        let mine = &self.strangers[stranger];
        let sender = envelope::Sender {
            device: mine.who.device,
            worker: mine.who.person(),
            previous: mine.last,
            phone_clock: street::at(self.now),
            clock_ahead_ms: 0,
            app: "sim".into(),
        };
        let cursor = Cursor {
            partition: group.partition,
            position: 0,
            digest: Digest::EMPTY,
        };
        let device = mine.who.device;
        let sealed = envelope::seal(&mine.who.key, &sender, vec![group], Vec::new());
        self.strangers[stranger].last = Some((sealed.number, sealed.hash));
        let request = Request {
            protocol: PROTOCOL,
            epoch: Some(self.server.disk.read().epoch),
            cursors: vec![cursor],
            reference: 0,
            upload: Some(sealed.upload),
            page_bytes: 1_000,
            own_bytes: false,
            dictionaries: None,
            packs: None,
            repair: None,
        };
        let token = Some(self.token());
        if let Ok(body) = frame::encode(&request, Effort::Fast) {
            self.trace.mix(&body);
            self.after(50, Happening::Request(Asker::Nobody, device, token, body));
        }
    }
}

/// A well-formed chunk of a few bytes that claims two thousand million operations.
fn bomb(actor: [u8; 16]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend(actor);
    body.extend([1, 1, 0, 0, 0]); // sequence, first operation, time, no message, no other actors
    body.extend([1, 0x42, 6]); // one column: what the operations do
    body.extend([0xff, 0xff, 0xff, 0xff, 0x07, 1]); // a run of them, all alike
    let mut chunk = vec![1];
    let mut length = body.len();
    while length > 0x7f {
        chunk.push(length as u8 | 0x80);
        length >>= 7;
    }
    chunk.push(length as u8);
    chunk.extend(&body);
    let sum = Sha256::digest(&chunk);
    [&[0x85, 0x6f, 0x4a, 0x83], &sum[..4], &chunk].concat()
}
