//! A server in a few maps: it verifies, admits, stores and answers with the code that the real one runs.

use super::partition;
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    ids::{DeviceId, DocumentId, Hash},
    scan::ActorId,
    sync::{
        admit::{self, Admission, Ledger, Placement, Standing, Waiting},
        answer::{self, Asked, Feed, StoredRow},
        envelope,
        event::Failure,
        frame::{self, Effort},
        message::*,
        repair::{self, Archive},
    },
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

#[derive(Clone)]
pub struct Logged {
    pub bytes: Vec<u8>,
    pub standing: Standing,
    pub waiting: Option<Waiting>,
    pub from: (DeviceId, u64, u32),
}

#[derive(Clone)]
pub struct Server {
    pub epoch: Epoch,
    pub keys: HashMap<DeviceId, VerifyingKey>,
    pub catalogue: BTreeMap<DocumentId, (Partition, DocumentKind)>,
    pub log: BTreeMap<DocumentId, BTreeMap<Hash, Logged>>,
    pub last: HashMap<(DocumentId, ActorId), (u64, Hash)>,
    pub feeds: BTreeMap<Partition, Vec<StoredRow>>,
    /// A planted bug: acknowledge this share of changes, in percent, and forget them.
    pub forgetful: u64,
    pub uploads: u64,
    /// Devices whose changes others may bring: this server was restored and has their certificates.
    pub vouched: Vec<DeviceId>,
}

impl Server {
    pub fn new() -> Self {
        Self {
            epoch: Epoch {
                counter: 1,
                nonce: 7,
            },
            keys: HashMap::new(),
            catalogue: BTreeMap::new(),
            log: BTreeMap::new(),
            last: HashMap::new(),
            feeds: (1..=2).map(|grid| (partition(grid), Vec::new())).collect(),
            forgetful: 0,
            uploads: 0,
            vouched: Vec::new(),
        }
    }

    pub fn stored(&self, document: &DocumentId) -> Vec<&Vec<u8>> {
        let changes = self
            .log
            .get(document)
            .into_iter()
            .flat_map(BTreeMap::values);
        changes
            .filter(|logged| logged.standing == Standing::Stored)
            .map(|logged| &logged.bytes)
            .collect()
    }

    pub fn has(&self, change: &Hash) -> bool {
        let mut all = self.log.values().filter_map(|changes| changes.get(change));
        all.any(|logged| logged.standing == Standing::Stored)
    }

    /// One exchange, from body to body.
    pub fn exchange(
        &mut self,
        device: DeviceId,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let request: Request =
            frame::decode(body).map_err(|error| Failure::Refused(error.code()))?;
        let mut response = Response {
            protocol: PROTOCOL,
            epoch: self.epoch,
            server_time: now,
            results: Vec::new(),
            partitions: Vec::new(),
            reference: ReferenceNews {
                version: 1,
                ..ReferenceNews::default()
            },
            blobs: Vec::new(),
            envelope: None,
            gone: Vec::new(),
            dictionaries: None,
            packs: None,
            repair: None,
            watermarks: None,
            wanted: None,
        };
        if let Some(upload) = &request.upload {
            let (envelope, _) = envelope::verify(&self.keys[&device], upload)
                .map_err(|error| Failure::Refused(error.code()))?;
            let admission = admit::admit(self, device, &|_| true, &upload.documents)
                .unwrap_or_else(|never| match never {});
            self.write(device, &envelope, upload, &admission);
            response.results = admission.results();
            response.envelope = Some(envelope::envelope_hash(&upload.envelope));
        }
        let mut budget = request.page_bytes.min(2_000) as usize; // small pages, so that there are many
        let partitions: Vec<Partition> = self.feeds.keys().copied().collect();
        for partition in partitions {
            let asked = Asked {
                device,
                own_bytes: request.own_bytes,
                cursor: request
                    .cursors
                    .iter()
                    .find(|cursor| cursor.partition == partition)
                    .copied(),
                restart: request.epoch.is_some_and(|epoch| epoch != self.epoch),
            };
            let news = answer::news(self, partition, &asked, &mut budget)
                .unwrap_or_else(|never| match never {});
            response.partitions.extend(news);
        }
        if let Some(repair) = &request.repair {
            let answer = repair::answer(self, &|_| true, repair);
            response.repair = Some(answer.unwrap_or_else(|never| match never {}));
        }
        frame::encode(&response, Effort::Fast).map_err(|_| Failure::Server)
    }

    fn write(
        &mut self,
        device: DeviceId,
        envelope: &Envelope,
        upload: &Upload,
        admission: &Admission,
    ) {
        self.uploads += 1;
        let raw = upload.documents.iter().flat_map(|group| &group.changes);
        for (index, (judged, bytes)) in admission.judged.iter().zip(raw).enumerate() {
            let standing = match &judged.result {
                ChangeResult::Stored => Standing::Stored,
                ChangeResult::Held { .. } => Standing::Held,
                ChangeResult::Refused { .. } => {
                    Standing::Refused(judged.result.code().expect("our own code"))
                }
                ChangeResult::Had | ChangeResult::Other { .. } => continue,
            };
            if self.forgetful > 0 && self.uploads.is_multiple_of(self.forgetful) {
                continue;
            }
            self.catalogue
                .entry(judged.document)
                .or_insert((judged.partition, judged.kind));
            self.log.entry(judged.document).or_default().insert(
                judged.hash,
                Logged {
                    bytes: bytes.to_vec(),
                    standing,
                    waiting: judged.header.as_ref().map(Waiting::from),
                    from: (device, envelope.number, index as u32),
                },
            );
        }
        for released in &admission.released {
            if let Some(logged) = self
                .log
                .get_mut(&released.document)
                .and_then(|log| log.get_mut(&released.hash))
            {
                logged.standing = released.standing;
            }
        }
        for (document, hash) in &admission.entering {
            let Some(logged) = self.log.get(document).and_then(|log| log.get(hash)) else {
                continue;
            };
            let (partition, kind) = self.catalogue[document];
            let feed = self.feeds.entry(partition).or_default();
            let mut digest = feed.last().map_or(Digest::EMPTY, |row| row.digest);
            digest.add(hash);
            feed.push(StoredRow {
                position: feed.len() as u64 + 1,
                digest,
                document: *document,
                kind,
                bytes: logged.bytes.clone(),
                from: Some(logged.from),
            });
            let waiting = logged
                .waiting
                .as_ref()
                .expect("stored changes were scanned");
            self.last
                .insert((*document, waiting.actor), (waiting.seq, *hash));
        }
    }
}

impl Ledger for Server {
    type Error = Infallible;
    fn placement(&self, document: &DocumentId) -> Result<Placement, Infallible> {
        Ok(self
            .catalogue
            .get(document)
            .map_or(Placement::New, |(partition, kind)| {
                Placement::In(*partition, *kind)
            }))
    }
    fn standing(
        &self,
        document: &DocumentId,
        change: &Hash,
    ) -> Result<Option<Standing>, Infallible> {
        Ok(self
            .log
            .get(document)
            .and_then(|log| log.get(change))
            .map(|logged| logged.standing))
    }
    fn last(
        &self,
        document: &DocumentId,
        actor: &ActorId,
    ) -> Result<Option<(u64, Hash)>, Infallible> {
        Ok(self.last.get(&(*document, *actor)).copied())
    }
    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>, Infallible> {
        let all = self
            .log
            .get(document)
            .into_iter()
            .flat_map(BTreeMap::values);
        Ok(all
            .filter(|logged| logged.standing == Standing::Held)
            .filter_map(|logged| logged.waiting.clone())
            .collect())
    }
    fn begun(&self, document: &DocumentId) -> Result<bool, Infallible> {
        Ok(!self.stored(document).is_empty())
    }
    fn vouches_for(&self, author: &DeviceId) -> Result<bool, Infallible> {
        Ok(self.vouched.contains(author))
    }
    fn held_by(&self, device: &DeviceId) -> Result<usize, Infallible> {
        let all = self.log.values().flat_map(BTreeMap::values);
        Ok(all
            .filter(|logged| logged.standing == Standing::Held && logged.from.0 == *device)
            .count())
    }
}

impl Feed for Server {
    type Error = Infallible;
    fn digest_at(
        &self,
        partition: &Partition,
        position: u64,
    ) -> Result<Option<Digest>, Infallible> {
        let row = (position as usize)
            .checked_sub(1)
            .and_then(|index| self.feeds[partition].get(index));
        Ok(row.map(|row| row.digest))
    }
    fn rows(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredRow>, Infallible> {
        Ok(self.feeds[partition]
            .iter()
            .skip(after as usize)
            .take(limit)
            .cloned()
            .collect())
    }
}

impl Archive for Server {
    type Error = Infallible;
    fn documents(&self, partition: &Partition) -> Result<Vec<(DocumentId, Digest)>, Infallible> {
        let here = self.log.iter().filter(|(document, _)| {
            self.catalogue.get(document).map(|(place, _)| place) == Some(partition)
        });
        Ok(here
            .map(|(document, log)| {
                let durable = log
                    .iter()
                    .filter(|(_, logged)| !matches!(logged.standing, Standing::Refused(_)));
                (*document, Digest::of(durable.map(|(hash, _)| hash)))
            })
            .collect())
    }
    fn partition(&self, document: &DocumentId) -> Result<Option<Partition>, Infallible> {
        Ok(self.catalogue.get(document).map(|(place, _)| *place))
    }
    fn clock(&self, document: &DocumentId) -> Result<Vec<(ActorId, u64)>, Infallible> {
        let last = self.last.iter().filter(|((of, _), _)| of == document);
        Ok(last.map(|((_, actor), (seq, _))| (*actor, *seq)).collect())
    }
    fn has(&self, document: &DocumentId, change: &Hash) -> Result<bool, Infallible> {
        Ok(self
            .log
            .get(document)
            .and_then(|log| log.get(change))
            .is_some_and(|logged| !matches!(logged.standing, Standing::Refused(_))))
    }
}
