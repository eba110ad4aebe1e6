//! A phone: the tables of the real one in a few maps, its session, and what is different about its clock and its owner.
//! What it does with an outbox, an answer and a refusal is written after `src-tauri/src/sync/store.rs` and
//! `src-tauri/src/documents/rebuild.rs`; the protocol itself is core's own.

mod apply;
mod collect;
mod leaving;
mod rebuild;
mod tables;

pub use apply::Stored;
pub use tables::{Held, Kept, Standing, Tables};

use super::{deed::Deed, disk::Disk, planted::Planted, street};
use ed25519_dalek::SigningKey;
use gridwalk_core::{
    act::{Act, Role},
    document::Author,
    error::Refusal,
    ids::{DeviceId, DocumentId, Hash, PersonId},
    sync::{actor, apply::Asked, message::Partition, session::Session},
    time::Timestamp,
};
use std::rc::Rc;

/// Whose hand writes on it.
#[derive(Clone, Debug)]
pub struct Identity {
    pub device: DeviceId,
    pub worker: u64,
    pub role: Role,
    pub key: SigningKey,
    pub planted: Option<Planted>,
}

impl Identity {
    pub fn has_bug(&self, bug: Planted) -> bool {
        self.planted == Some(bug)
    }

    pub fn person(&self) -> PersonId {
        street::person(self.worker)
    }

    pub fn author(&self, document: DocumentId, incarnation: u64, act: &Act) -> Author {
        Author {
            actor: actor(self.device, document, incarnation),
            act: act.clone(),
        }
    }
}

/// One phone.
pub struct Phone {
    pub who: Identity,
    pub disk: Disk<Tables>,
    pub session: Session,
    /// What the request under way asked.
    pub asked: Asked,
    /// Its clock's offset to true time.
    pub skew: i64,
    /// Grows when it is killed; what was on its way to an earlier life arrives nowhere.
    pub life: u64,
    pub token: Option<u64>,
    /// It came to rest since the last fault.
    pub rested: bool,
    /// When a copy of it was made that it may go back to.
    pub copied_at: i64,
    /// It was told that it is revoked.
    pub refused: bool,
}

impl Phone {
    pub fn new(who: Identity, dice: u64, skew: i64) -> Self {
        Self {
            who,
            disk: Disk::new(Tables::default()),
            session: Session::new(dice),
            asked: Asked::default(),
            skew,
            life: 0,
            token: None,
            rested: false,
            copied_at: 0,
            refused: false,
        }
    }

    /// What its clock shows, and what it writes down: the clock less its measured offset.
    pub fn clock(&self, now: i64) -> Timestamp {
        street::at(now + self.skew)
    }

    pub fn recorded(&self, now: i64) -> Timestamp {
        self.clock(now).plus_ms(-self.disk.read().clock_ahead_ms)
    }

    pub fn act(&self, now: i64) -> Act {
        Act {
            by: self.who.person(),
            role: self.who.role,
            device: self.who.device,
            recorded_at: self.recorded(now),
            observed_at: None,
        }
    }

    /// Whether it holds this change of its own as part of a document: then the server must have it.
    pub fn vouches_for(&self, hash: &Hash) -> bool {
        let kept = self.disk.read().kept(hash);
        kept.is_some_and(|(_, kept)| kept.own && kept.standing != Standing::Retired)
    }

    /// Saves deeds in one transaction; the change names of what was saved. Nothing is promised before the disk is synced.
    pub fn save(
        &mut self,
        document: DocumentId,
        partition: Partition,
        deeds: &[Rc<Deed>],
        act: &Act,
    ) -> Result<Vec<Hash>, Refusal> {
        let who = self.who.clone();
        self.disk
            .write(|tables| tables.record(&who, document, partition, deeds, act))
    }
}
