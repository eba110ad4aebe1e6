//! The news for one phone, read from the store.

use super::{super::planted::Planted, Server, ingest::Receipt};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, Hash},
    sync::{
        answer::{Asked, news},
        event::Failure,
        limits,
        message::{ReferenceNews, Request, Response},
        version,
    },
    time::Timestamp,
};

impl Server {
    pub fn answer(
        &self,
        device: DeviceId,
        request: &Request,
        receipt: &Receipt,
        envelope: Option<Hash>,
        now: Timestamp,
    ) -> Result<Response, Failure> {
        let refused = Failure::Refused;
        let protocol = version::common(request.protocol).ok_or(refused(Code::ProtocolUnknown))?;
        let store = self.disk.read();
        let record = store.registry.get(&device);
        let record = record.ok_or(refused(Code::NotEnrolled))?;
        if record.revoked && !self.has_bug(Planted::RevokedServed) {
            return Err(refused(Code::DeviceRevoked));
        }
        let other_life = request.epoch.is_some_and(|held| held != store.epoch);
        let mut budget = request
            .page_bytes
            .min(limits::ANSWER_PAGE_MOST)
            .min(self.page) as usize;
        let readable = store
            .remembered
            .get(&device)
            .filter(|_| self.has_bug(Planted::ScopeOfYesterday))
            .unwrap_or(&record.partitions);
        let mut partitions = Vec::new();
        for partition in readable {
            let cursor = request
                .cursors
                .iter()
                .find(|cursor| cursor.partition == *partition);
            let asked = Asked {
                device,
                own_bytes: request.own_bytes,
                cursor: cursor.copied(),
                restart: other_life && cursor.is_some(),
            };
            let told =
                news(store, *partition, &asked, &mut budget).unwrap_or_else(|never| match never {});
            partitions.extend(told);
        }
        let gone = request
            .cursors
            .iter()
            .map(|cursor| cursor.partition)
            .filter(|named| !readable.contains(named))
            .collect();
        Ok(Response {
            protocol,
            epoch: store.epoch,
            server_time: now,
            results: receipt.results.clone(),
            partitions,
            reference: ReferenceNews {
                version: store.reference,
                ..ReferenceNews::default()
            },
            blobs: Vec::new(),
            envelope,
            gone,
            dictionaries: None,
            packs: None,
            repair: None,
            watermarks: None,
            wanted: None,
        })
    }
}
