//! The server judges an upload, change by change: what becomes durable truth, what waits, what is refused and why. One
//! bad change never blocks the rest of its batch.
//!
//! The rules, in order; the first that fits decides:
//!
//! 1. already stored → *had*;
//! 2. the document was erased → refused `ERASED`; it lies outside what the device may write → refused `OUT_OF_SCOPE`;
//! 3. the scanner refuses the bytes → refused `CHANGE_TOO_BIG` or `CHANGE_MALFORMED`;
//! 4. the actor is not the one of this device, document and incarnation → refused `AUTHOR_MISMATCH`; for changes of
//!    another device, offered again after a restore, it must be that device's, and the server must vouch for it;
//! 5. it builds on a change that was refused → refused with that one's code, and `follows` names it: whoever wrote it
//!    re-applies the edit under a new actor (holding it would be holding it for ever);
//! 6. its sequence number is taken by another change → refused `ACTOR_FORKED`;
//! 7. it builds on nothing, and the document has begun already → refused `ALREADY_RECORDED`: Automerge would show one of the
//!    two beginnings and hide the other, with everything that was ever put into it;
//! 8. a change that it builds on is not stored → *held*, durable and invisible until that one arrives;
//! 9. its sequence number leaves a gap although it builds on nothing missing → refused `CHANGE_MALFORMED`;
//! 10. otherwise → *stored*, and held changes that waited for it are looked at again.

use super::{
    actor::actor,
    limits,
    message::{ChangeResult, DocumentChanges, DocumentKind, Partition},
};
use crate::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash},
    scan::{ActorId, ChangeHeader, Looked},
};
use std::collections::{HashMap, VecDeque};

/// What the server's store already knows. Asked while judging; the store answers from the transaction that will hold the
/// outcome.
pub trait Ledger {
    /// Failure of the store.
    type Error;
    /// The catalogue's line about a document.
    fn placement(&self, document: &DocumentId) -> Result<Placement, Self::Error>;
    /// What became of a change of this document; none when it was never seen *in this document*.
    fn standing(
        &self,
        document: &DocumentId,
        change: &Hash,
    ) -> Result<Option<Standing>, Self::Error>;
    /// The highest sequence number stored (not held) for an actor, and its change.
    fn last(
        &self,
        document: &DocumentId,
        actor: &ActorId,
    ) -> Result<Option<(u64, Hash)>, Self::Error>;
    /// The changes of this document that are held.
    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>, Self::Error>;
    /// Whether a change of this document is stored (not held): then its beginning is.
    fn begun(&self, document: &DocumentId) -> Result<bool, Self::Error>;
    /// How many changes of this device are held, in all documents.
    fn held_by(&self, device: &DeviceId) -> Result<usize, Self::Error>;
    /// Whether others may bring what this device wrote: the server certified it, and its store was restored, so that it may
    /// have lost what it had acknowledged; or the one who brings it is another phone of the same worker.
    fn vouches_for(&self, _author: &DeviceId) -> Result<bool, Self::Error> {
        Ok(false)
    }
}

/// The catalogue's line about a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// Never seen: the upload says where it belongs.
    New,
    /// Known; the catalogue wins over what an upload says.
    In(Partition, DocumentKind),
    /// Erased; it never comes back.
    Erased,
}

/// What became of a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Durable, and in the feed or on its way there.
    Stored,
    /// Durable, waiting for another.
    Held,
    /// Refused with this code; kept as evidence.
    Refused(Code),
}

/// A held change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its name.
    pub hash: Hash,
    /// Its actor, checked when it came.
    pub actor: ActorId,
    /// Its number.
    pub seq: u64,
    /// What it builds on.
    pub deps: Vec<Hash>,
}

/// What to write down, and what to answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Admission {
    /// One per uploaded change, in the order of the upload.
    pub judged: Vec<Judged>,
    /// Changes that were held and now are not: stored or refused.
    pub released: Vec<Released>,
    /// Everything that becomes stored by this upload, uploaded or released, each after what it builds on: the order in
    /// which it enters the feed.
    pub entering: Vec<(DocumentId, Hash)>,
}

impl Admission {
    /// The results of the answer.
    pub fn results(&self) -> Vec<ChangeResult> {
        self.judged
            .iter()
            .map(|judged| judged.result.clone())
            .collect()
    }
}

/// One uploaded change and what became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Its document.
    pub document: DocumentId,
    /// The document's kind, as the catalogue says or will say.
    pub kind: DocumentKind,
    /// The document's partition, likewise.
    pub partition: Partition,
    /// Its name.
    pub hash: Hash,
    /// What it says of itself, when the scanner let it pass and was asked.
    pub header: Option<ChangeHeader>,
    /// The answer.
    pub result: ChangeResult,
}

/// A held change that was waiting for something in this upload.
#[derive(Clone, PartialEq, Debug)]
pub struct Released {
    /// Its document.
    pub document: DocumentId,
    /// Its name.
    pub hash: Hash,
    /// `Stored` or `Refused`.
    pub standing: Standing,
}

/// Judges the changes of one verified upload by `device`, which may write the partitions that `may_write` says.
pub fn admit<L: Ledger>(
    ledger: &L,
    device: DeviceId,
    may_write: &dyn Fn(&Partition) -> bool,
    documents: &[DocumentChanges],
) -> Result<Admission, L::Error> {
    let look = |group: &DocumentChanges| -> Vec<Looked> {
        group
            .changes
            .iter()
            .map(|bytes| Looked::at(bytes))
            .collect()
    };
    let looked: Vec<Vec<Looked>> = documents.iter().map(look).collect();
    let presented = documents
        .iter()
        .zip(&looked)
        .map(|(said, looked)| Presented {
            said,
            changes: looked.iter().collect(),
        });
    admit_looked(ledger, device, may_write, presented)
}

/// Changes of one document that somebody has looked at.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    /// What the upload says of their document.
    pub said: &'a DocumentChanges,
    /// Those of its changes that are to be judged, in their order.
    pub changes: Vec<&'a Looked>,
}

/// The same as [`admit`] for whoever has looked at the changes already.
pub fn admit_looked<'a, L: Ledger>(
    ledger: &L,
    device: DeviceId,
    may_write: &dyn Fn(&Partition) -> bool,
    documents: impl IntoIterator<Item = Presented<'a>>,
) -> Result<Admission, L::Error> {
    let mut bench = Bench {
        ledger,
        device,
        may_write,
        standing: HashMap::new(),
        last: HashMap::new(),
        begun: HashMap::new(),
        held: ledger.held_by(&device)?,
        admission: Admission::default(),
    };
    for group in documents {
        bench.group(group.said, &group.changes)?;
    }
    Ok(bench.admission)
}

type Place = (DocumentId, Hash);

/// The store as it will be once this upload is written.
struct Bench<'a, L: Ledger> {
    ledger: &'a L,
    device: DeviceId,
    may_write: &'a dyn Fn(&Partition) -> bool,
    standing: HashMap<Place, Standing>,
    last: HashMap<(DocumentId, ActorId), Option<(u64, Hash)>>,
    begun: HashMap<DocumentId, bool>,
    held: usize,
    admission: Admission,
}

enum Verdict {
    Store,
    Had,
    Hold(Vec<Hash>),
    Refuse(Code, Option<Hash>),
}

impl<L: Ledger> Bench<'_, L> {
    fn group(&mut self, group: &DocumentChanges, changes: &[&Looked]) -> Result<(), L::Error> {
        let placement = self.ledger.placement(&group.document)?;
        let (partition, kind) = match placement {
            Placement::In(partition, kind) => (partition, kind),
            Placement::New | Placement::Erased => (group.partition, group.kind),
        };
        let barred = match placement {
            Placement::Erased => Some(Code::Erased),
            _ if !(self.may_write)(&partition) => Some(Code::OutOfScope),
            _ if !kind.belongs_in(partition.class) => Some(Code::OutOfScope),
            _ => None,
        };
        let author = group.author.unwrap_or(self.device);
        let barred = match barred {
            None if author != self.device && !self.ledger.vouches_for(&author)? => {
                Some(Code::AuthorMismatch)
            }
            barred => barred,
        };
        let actor = actor(author, group.document, group.incarnation);
        let mut waiting = self.ledger.held(&group.document)?;
        for looked in changes {
            let hash = looked.hash();
            let place = (group.document, hash);
            let (verdict, header) = match (self.standing(place)?, barred, looked.header()) {
                (Some(Standing::Stored), _, _) => (Verdict::Had, None),
                (_, Some(code), _) => (Verdict::Refuse(code, None), None),
                (_, _, Err(error)) => (Verdict::Refuse(error.code(), None), None),
                (_, _, Ok(header)) if header.actor != actor => (
                    Verdict::Refuse(Code::AuthorMismatch, None),
                    Some(header.clone()),
                ),
                (_, _, Ok(header)) => (
                    self.weigh(group.document, &Waiting::from(header))?,
                    Some(header.clone()),
                ),
            };
            let result = match verdict {
                Verdict::Had => ChangeResult::Had,
                Verdict::Store => {
                    if let Some(header) = &header {
                        self.store(group.document, &Waiting::from(header));
                    }
                    ChangeResult::Stored
                }
                Verdict::Hold(missing) => self.hold(place, missing, &header, &mut waiting),
                Verdict::Refuse(code, follows) => {
                    self.standing.insert(place, Standing::Refused(code));
                    ChangeResult::Refused {
                        code: code.as_str().into(),
                        follows,
                    }
                }
            };
            self.admission.judged.push(Judged {
                document: group.document,
                kind,
                partition,
                hash,
                header,
                result,
            });
        }
        self.release(group.document, waiting)
    }

    /// Rules 5 to 10 for one change.
    fn weigh(&mut self, document: DocumentId, change: &Waiting) -> Result<Verdict, L::Error> {
        let mut missing = Vec::new();
        for dep in &change.deps {
            match self.standing((document, *dep))? {
                Some(Standing::Refused(code)) => return Ok(Verdict::Refuse(code, Some(*dep))),
                Some(Standing::Stored) => {}
                Some(Standing::Held) | None => missing.push(*dep),
            }
        }
        let last = self.last(document, change.actor)?.map_or(0, |(seq, _)| seq);
        Ok(if change.seq <= last {
            Verdict::Refuse(Code::ActorForked, None)
        } else if change.deps.is_empty() && self.begun(document)? {
            Verdict::Refuse(Code::AlreadyRecorded, None)
        } else if !missing.is_empty() {
            Verdict::Hold(missing)
        } else if change.seq != last + 1 {
            Verdict::Refuse(Code::ChangeMalformed, None)
        } else {
            Verdict::Store
        })
    }

    fn hold(
        &mut self,
        place: Place,
        missing: Vec<Hash>,
        header: &Option<ChangeHeader>,
        waiting: &mut Vec<Waiting>,
    ) -> ChangeResult {
        let known = self.standing.get(&place) == Some(&Standing::Held);
        if !known && self.held >= limits::HELD_PER_DEVICE {
            return ChangeResult::Refused {
                code: Code::QueueFull.as_str().into(),
                follows: None,
            };
        }
        if !known {
            self.held += 1;
            self.standing.insert(place, Standing::Held);
            waiting.extend(header.as_ref().map(Waiting::from));
        }
        ChangeResult::Held { missing }
    }

    fn store(&mut self, document: DocumentId, change: &Waiting) {
        self.standing
            .insert((document, change.hash), Standing::Stored);
        self.last
            .insert((document, change.actor), Some((change.seq, change.hash)));
        self.begun.insert(document, true);
        self.admission.entering.push((document, change.hash));
    }

    /// Looks at the held changes of a document again until nothing moves.
    fn release(&mut self, document: DocumentId, waiting: Vec<Waiting>) -> Result<(), L::Error> {
        let mut queue: VecDeque<Waiting> = waiting.into();
        let mut untouched = 0;
        while untouched < queue.len() {
            let Some(change) = queue.pop_front() else {
                break;
            };
            let place = (document, change.hash);
            if self.standing(place)? != Some(Standing::Held) {
                untouched = 0;
                continue; // it came again in this very upload and was decided there
            }
            let mut follows = None;
            match self.weigh(document, &change)? {
                Verdict::Hold(_) | Verdict::Had => {
                    untouched += 1;
                    queue.push_back(change);
                    continue;
                }
                Verdict::Store => self.store(document, &change),
                Verdict::Refuse(code, because) => {
                    self.standing.insert(place, Standing::Refused(code));
                    follows = because;
                }
            }
            untouched = 0;
            self.settle(place, follows);
        }
        Ok(())
    }

    /// Writes down that a held change is decided: in its own verdict if this upload brought it, else as released.
    fn settle(&mut self, place: Place, follows: Option<Hash>) {
        let standing = self.standing[&place];
        let mut uploaded = false;
        for judged in &mut self.admission.judged {
            if (judged.document, judged.hash) == place
                && matches!(judged.result, ChangeResult::Held { .. })
            {
                uploaded = true;
                judged.result = match standing {
                    Standing::Refused(code) => ChangeResult::Refused {
                        code: code.as_str().into(),
                        follows,
                    },
                    Standing::Stored | Standing::Held => ChangeResult::Stored,
                };
            }
        }
        if !uploaded {
            self.admission.released.push(Released {
                document: place.0,
                hash: place.1,
                standing,
            });
        }
    }

    fn standing(&mut self, place: Place) -> Result<Option<Standing>, L::Error> {
        if let Some(standing) = self.standing.get(&place) {
            return Ok(Some(*standing));
        }
        let standing = self.ledger.standing(&place.0, &place.1)?;
        if let Some(standing) = standing {
            self.standing.insert(place, standing);
        }
        Ok(standing)
    }

    fn begun(&mut self, document: DocumentId) -> Result<bool, L::Error> {
        if let Some(begun) = self.begun.get(&document) {
            return Ok(*begun);
        }
        let begun = self.ledger.begun(&document)?;
        self.begun.insert(document, begun);
        Ok(begun)
    }

    fn last(
        &mut self,
        document: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, Hash)>, L::Error> {
        if let Some(last) = self.last.get(&(document, actor)) {
            return Ok(*last);
        }
        let last = self.ledger.last(&document, &actor)?;
        self.last.insert((document, actor), last);
        Ok(last)
    }
}

impl From<&ChangeHeader> for Waiting {
    fn from(header: &ChangeHeader) -> Self {
        Self {
            hash: header.hash,
            actor: header.actor,
            seq: header.seq,
            deps: header.deps.clone(),
        }
    }
}
