//! A centre that goes back to an older copy of itself: a shorter feed, another epoch. It compares as `sync-server` does,
//! with the core's own half.

use super::{Centre, Entry, GRID, LIN_XIAO, NINE, State};
use ed25519_dalek::{Signer, SigningKey};
use gridwalk_core::{
    act::{Act, Role},
    document::{Author, Document},
    household,
    ids::{DeviceId, DocumentId, GridId, Hash, HouseholdId},
    reference::Device,
    scan::{ActorId, scan_change},
    sync::{
        self,
        certificate::{self, Certificate},
        message::{
            AccessClass, Cursor, Digest, DocumentKind, Epoch, Partition, RepairAnswer, Request,
        },
        repair::{self, Archive},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};
use uuid::Uuid;

/// A colleague's phone, which the centre certified.
pub const COLLEAGUE: DeviceId = DeviceId(Uuid::from_u128(0x602));

impl Centre {
    /// Only the first `keep` changes are left, under an epoch of that number.
    pub fn goes_back_to(&self, keep: usize, counter: u64) {
        let mut state = self.state();
        state.feed.truncate(keep);
        state.epoch = Epoch { counter, nonce: 7 };
        state.seam = Some(keep);
    }

    /// The centre says who the colleague's phone is, and publishes what it wrote in this household.
    pub fn colleague_edits(&self, household: HouseholdId, edit: &household::HouseholdEdit) -> Hash {
        let said = Certificate {
            device: COLLEAGUE,
            worker: Some(LIN_XIAO),
            role: "worker".into(),
            key: [5; 32].into(),
            enrolled_at: NINE,
        };
        let bytes = certificate::issue(&said, |bytes| {
            let message = [certificate::PURPOSE.as_bytes(), &[0], bytes].concat();
            SigningKey::from_bytes(&[1; 32]).sign(&message).to_bytes()
        });
        let row = Device {
            device: COLLEAGUE,
            grid: GRID,
            certificate: hex::encode(bytes),
        };
        self.say("device", format!("{COLLEAGUE}@{GRID}"), &row);
        let id = DocumentId::from(household);
        let author = Author {
            actor: sync::actor(COLLEAGUE, id, 3),
            act: Act {
                by: LIN_XIAO,
                role: Role::Worker,
                device: COLLEAGUE,
                recorded_at: NINE,
                observed_at: None,
            },
        };
        let before = Document::from_changes(id, DocumentKind::HOUSEHOLD, self.changes(id)).unwrap();
        let change = household::apply(before, edit, &author).unwrap().change;
        self.publish(id, DocumentKind::HOUSEHOLD, change.bytes);
        change.hash
    }

    /// Every change that it holds.
    pub fn names(&self) -> BTreeSet<Hash> {
        self.state().feed.iter().map(|entry| entry.hash).collect()
    }
}

impl State {
    /// What it says to a phone of another epoch, and to a comparison.
    pub(super) fn compare(&mut self, request: &Request) -> Option<RepairAnswer> {
        let mut answer = request.repair.as_ref().map(|asked| {
            let Ok(answer) = repair::answer(&Feed(&self.feed), &|_| true, asked);
            self.compared += 1;
            answer
        });
        if let (true, Some(seam)) = (self.is_of_another_life(request), self.seam) {
            let kept = self.feed.iter().take(seam).filter(|entry| !entry.says_so);
            let kept = kept.map(|entry| &entry.hash);
            let cursor = Cursor {
                partition: general(GRID),
                position: seam as u64,
                digest: Digest::of(kept),
            };
            answer.get_or_insert_default().seams.push(cursor);
        }
        answer
    }

    pub(super) fn is_of_another_life(&self, request: &Request) -> bool {
        request.epoch.is_some_and(|epoch| epoch != self.epoch)
    }
}

pub fn general(grid: GridId) -> Partition {
    Partition {
        grid,
        class: AccessClass::GENERAL,
    }
}

struct Feed<'a>(&'a [Entry]);

impl Archive for Feed<'_> {
    type Error = Infallible;
    fn documents(&self, _: &Partition) -> Result<Vec<(DocumentId, Digest)>, Infallible> {
        let mut all: BTreeMap<DocumentId, Digest> = BTreeMap::new();
        for entry in self.0.iter().filter(|entry| entry.departed.is_none()) {
            all.entry(entry.document).or_default().add(&entry.hash);
        }
        Ok(all.into_iter().collect())
    }
    fn partition(&self, document: &DocumentId) -> Result<Option<Partition>, Infallible> {
        let mut stand = self.0.iter().filter(|entry| entry.departed.is_none());
        let known = stand.any(|entry| entry.document == *document);
        Ok(known.then_some(general(GRID)))
    }
    fn clock(&self, document: &DocumentId) -> Result<Vec<(ActorId, u64)>, Infallible> {
        let mut clock: BTreeMap<ActorId, u64> = BTreeMap::new();
        let stand = self.0.iter().filter(|entry| entry.departed.is_none());
        for entry in stand.filter(|entry| entry.document == *document) {
            let header = scan_change(&entry.bytes, &Default::default()).unwrap();
            let last = clock.entry(header.actor).or_default();
            *last = header.seq.max(*last);
        }
        Ok(clock.into_iter().collect())
    }
    fn has(&self, _: &DocumentId, change: &Hash) -> Result<bool, Infallible> {
        Ok(self.0.iter().any(|entry| entry.hash == *change))
    }
}
