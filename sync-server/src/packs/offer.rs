//! What a phone that has nothing of a partition is offered instead of its feed.

use super::Folder;
use crate::{
    error::Result,
    state::AppState,
    store::{Connection, pack},
};
use ed25519_dalek::VerifyingKey;
use gridwalk_core::sync::{
    limits,
    message::{Epoch, PackOffer, PackWish, Partition},
    pack::Manifest,
};

/// The packs of this server.
pub struct Offering {
    key: VerifyingKey,
    packs: Folder,
}

/// Instead of a feed from its start.
pub enum Offered {
    /// This one.
    Pack(PackOffer),
    /// The phone is fetching one that is still here: nothing is said of its partition.
    UnderWay,
    /// The phone wants none, or none is ready.
    Feed,
}

impl Offering {
    /// What this server has.
    pub fn of(state: &AppState) -> Self {
        Self {
            key: state.key.public(),
            packs: state.packs.clone(),
        }
    }

    /// What manifests are signed with.
    pub fn key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// For whoever begins this partition.
    pub fn instead(
        &self,
        connection: &Connection,
        partition: Partition,
        epoch: Epoch,
        wish: Option<&PackWish>,
    ) -> Result<Offered> {
        let Some(wish) = wish.filter(|wish| !wish.refused.contains(&partition)) else {
            return Ok(Offered::Feed);
        };
        for name in wish.under_way.iter().take(limits::PACKS_UNDER_WAY) {
            if pack::partition_of(connection, name)? == Some(partition) {
                return Ok(Offered::UnderWay);
            }
        }
        let ready = pack::newest(connection, partition, epoch)?;
        Ok(match ready {
            Some(ready) if self.has(&ready.offer) => Offered::Pack(ready.offer),
            _ => Offered::Feed,
        })
    }

    /// Another process that shares the store may have built it elsewhere.
    fn has(&self, offer: &PackOffer) -> bool {
        minicbor::decode::<Manifest>(&offer.manifest)
            .is_ok_and(|manifest| manifest.files.iter().all(|file| self.packs.has(&file.hash)))
    }
}
