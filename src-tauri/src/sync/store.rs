//! The session's memory: what to say next, and what an answer changed. Each is one transaction.

use crate::{
    database::{fact, set_fact},
    documents::{self, Identity, RefusedChange},
    error::{Answer, Failure},
    pack, parcel,
    photo::again,
    reference,
    sync::{cursors, held, leaving, repair, watermark},
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, GridId, Hash},
    scan::ActorId,
    sync::{
        apply::{self, Asked, Holdings, Plan, PlanError},
        envelope::{self, Sealed, Sender},
        event::{Applied, Outbox},
        limits,
        message::{
            AccessClass, ChangeResult, Digest, DocumentChanges, DocumentKind, Epoch, FeedRow,
            Partition, Response, Upload,
        },
    },
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The app's version, as it signs.
pub(crate) const APP: &str = concat!("gridwalk ", env!("CARGO_PKG_VERSION"));

#[derive(Serialize, Deserialize)]
struct KnownEpoch {
    counter: u64,
    nonce: u64,
}

/// Dictionaries that the centre said it reads.
pub(super) const DICTIONARIES: &str = "dictionaries";

/// Reads cursors and the next page of the outbox, and signs it; and what the centre said it can unpack.
pub(super) fn collect(
    db: &Connection,
    who: &Identity,
    limit: usize,
    phone_clock: Timestamp,
    seed: u64,
) -> Answer<(Outbox, Asked, Vec<u32>)> {
    let epoch: Option<KnownEpoch> = fact(db, "epoch")?;
    let epoch = epoch.map(|epoch| Epoch {
        counter: epoch.counter,
        nonce: epoch.nonce,
    });
    let cursors = cursors::held(db)?;
    let reference = fact(db, "reference_version")?.unwrap_or(0);
    let own_bytes = fact(db, "own_bytes")?.unwrap_or(false);
    let sealed = match again(db, limit)? {
        Some(sealed) => Some(sealed),
        None => next(db, who, limit, phone_clock)?,
    };
    let more = match &sealed {
        None => false,
        Some(sealed) => {
            let waiting: usize =
                db.query_row("select count(*) from outbox", [], |row| row.get(0))?;
            waiting > sealed.changes.len()
        }
    };
    let (compare, question) = repair::ask(db, seed)?.unzip();
    let asked = Asked {
        epoch,
        cursors: cursors.clone(),
        reference,
        own_bytes,
        upload: sealed
            .as_ref()
            .map(|sealed| (sealed.hash, sealed.changes.clone())),
        received_at: Timestamp::default(),
        repair: question,
    };
    let outbox = Outbox {
        epoch,
        cursors,
        reference,
        upload: sealed.map(|sealed| sealed.upload),
        more,
        own_bytes,
        packs: pack::wish(db)?,
        repair: compare,
    };
    Ok((outbox, asked, fact(db, DICTIONARIES)?.unwrap_or_default()))
}

/// The last upload, as it was signed, if nobody answered it and it still fits.
fn again(db: &Connection, limit: usize) -> Answer<Option<Sealed>> {
    type Row = (u64, [u8; 32], Vec<u8>, Vec<u8>);
    let row: Option<Row> = db
        .prepare_cached(
            "select number, hash, bytes, signature from envelope
             where answered = 0 order by number desc limit 1",
        )?
        .query_row([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((number, hash, envelope, signature)) = row else {
        return Ok(None);
    };
    let hashes: Vec<Hash> = db
        .prepare_cached("select hash from sent where envelope = ?1 order by place")?
        .query_map([number], |row| Ok(Hash(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    let mut page = Page::default();
    for hash in &hashes {
        let Some(waiting) = waiting(db, hash)? else {
            return Ok(None); // settled meanwhile: a new envelope says what is left
        };
        page.add(db, *hash, waiting)?;
    }
    if page.bytes > limit && hashes.len() > 1 {
        return Ok(None);
    }
    let (documents, blobs) = page.into_parts();
    let certificates = repair::certificates(db, authors(&documents))?;
    Ok(Some(Sealed {
        number,
        hash: Hash(hash),
        changes: envelope::hashes(&documents),
        upload: Upload {
            envelope: envelope.into(),
            signature: signature.into(),
            documents,
            blobs: blobs.into_iter().map(Into::into).collect(),
            certificates,
        },
    }))
}

/// A new envelope around the oldest changes of the outbox.
fn next(
    db: &Connection,
    who: &Identity,
    limit: usize,
    phone_clock: Timestamp,
) -> Answer<Option<Sealed>> {
    let mut page = Page::default();
    let queue: Vec<Hash> = db
        .prepare_cached("select hash from outbox order by number limit ?1")?
        .query_map([limits::UPLOAD_CHANGES], |row| Ok(Hash(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    for hash in queue {
        let Some(waiting) = waiting(db, &hash)? else {
            // its document left this phone meanwhile, or it has its receipt
            db.prepare_cached("delete from outbox where hash = ?1")?
                .execute([hash.0])?;
            continue;
        };
        let weight = waiting.bytes.len() + page.weight_of_blobs(db, &hash)?;
        let full = page.bytes + weight > limit || page.blobs.len() + 4 > limits::UPLOAD_BLOBS;
        if full && page.bytes > 0 {
            break;
        }
        page.add(db, hash, waiting)?;
    }
    if page.documents.is_empty() {
        return Ok(None);
    }
    let previous = db
        .prepare_cached("select number, hash from envelope order by number desc limit 1")?
        .query_row([], |row| Ok((row.get(0)?, Hash(row.get(1)?))))
        .optional()?;
    let sender = Sender {
        device: who.device,
        worker: who.worker.id,
        previous,
        phone_clock,
        clock_ahead_ms: fact(db, "clock_ahead_ms")?.unwrap_or(0),
        app: APP.to_owned(),
    };
    let (documents, blobs) = page.into_parts();
    let certificates = repair::certificates(db, authors(&documents))?;
    let mut sealed = envelope::seal(&who.signing_key, &sender, documents, blobs);
    sealed.upload.certificates = certificates;
    // an older envelope that nobody answered will not be sent again as it was
    db.execute("update envelope set answered = 1 where answered = 0", [])?;
    db.prepare_cached(
        "insert into envelope (number, hash, bytes, signature) values (?1, ?2, ?3, ?4)",
    )?
    .execute((
        sealed.number,
        sealed.hash.0,
        &sealed.upload.envelope[..],
        &sealed.upload.signature[..],
    ))?;
    for (place, hash) in sealed.changes.iter().enumerate() {
        db.prepare_cached("insert into sent (envelope, place, hash) values (?1, ?2, ?3)")?
            .execute((sealed.number, place, hash.0))?;
    }
    Ok(Some(sealed))
}

fn authors(documents: &[DocumentChanges]) -> impl Iterator<Item = DeviceId> {
    documents.iter().filter_map(|group| group.author)
}

/// A change that may be sent: an own one without a receipt, or somebody else's that the centre lost.
struct Waiting {
    document: DocumentId,
    kind: DocumentKind,
    partition: Partition,
    /// The device that wrote it, if that is not this phone.
    author: Option<DeviceId>,
    incarnation: u64,
    bytes: Vec<u8>,
}

fn waiting(db: &Connection, hash: &Hash) -> Answer<Option<Waiting>> {
    Ok(db
        .prepare_cached(
            "select change.document, document.kind, document.grid, document.class,
                    coalesce(outbox.incarnation, change.incarnation), change.bytes, outbox.author
             from change join document on document.id = change.document join outbox on outbox.hash = change.hash
             where change.hash = ?1 and (outbox.author is not null or change.own and change.standing = 'waiting')",
        )?
        .query_row([hash.0], |row| {
            Ok(Waiting {
                document: DocumentId(row.get(0)?),
                kind: DocumentKind(row.get(1)?),
                partition: Partition {
                    grid: GridId(row.get(2)?),
                    class: AccessClass(row.get(3)?),
                },
                incarnation: row.get(4)?,
                bytes: row.get(5)?,
                author: row.get::<_, Option<uuid::Uuid>>(6)?.map(DeviceId),
            })
        })
        .optional()?)
}

/// A page in the making: changes grouped by document and actor, in the order in which they were written.
#[derive(Default)]
struct Page {
    documents: Vec<DocumentChanges>,
    places: HashMap<(DocumentId, Option<DeviceId>, u64), usize>,
    blobs: BTreeMap<Hash, Vec<u8>>,
    bytes: usize,
}

impl Page {
    fn add(&mut self, db: &Connection, hash: Hash, waiting: Waiting) -> Answer<()> {
        self.bytes += waiting.bytes.len();
        for (blob, bytes) in blobs_of(db, &hash)? {
            if !self.blobs.contains_key(&blob) {
                self.bytes += bytes.len();
                self.blobs.insert(blob, bytes);
            }
        }
        let place = *self
            .places
            .entry((waiting.document, waiting.author, waiting.incarnation))
            .or_insert_with(|| {
                self.documents.push(DocumentChanges {
                    document: waiting.document,
                    kind: waiting.kind,
                    partition: waiting.partition,
                    incarnation: waiting.incarnation,
                    changes: Vec::new(),
                    author: waiting.author,
                });
                self.documents.len() - 1
            });
        self.documents[place].changes.push(waiting.bytes.into());
        Ok(())
    }

    fn weight_of_blobs(&self, db: &Connection, change: &Hash) -> Answer<usize> {
        Ok(blobs_of(db, change)?
            .iter()
            .filter(|(blob, _)| !self.blobs.contains_key(blob))
            .map(|(_, bytes)| bytes.len())
            .sum())
    }

    fn into_parts(self) -> (Vec<DocumentChanges>, Vec<Vec<u8>>) {
        (self.documents, self.blobs.into_values().collect())
    }
}

fn blobs_of(db: &Connection, change: &Hash) -> Answer<Vec<(Hash, Vec<u8>)>> {
    let mut select = db.prepare_cached(
        "select record_blob.hash, record_blob.bytes from change_blob
         join record_blob on record_blob.hash = change_blob.blob
         where change_blob.change = ?1 and record_blob.standing = 'waiting'",
    )?;
    let rows = select.query_map([change.0], |row| Ok((Hash(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

struct SentBefore<'a>(&'a Connection);

impl Holdings for SentBefore<'_> {
    type Error = Failure;
    fn sent(&self, number: u64, index: u32) -> Answer<Option<Hash>> {
        Ok(self
            .0
            // a change whose document was purged is as good as lost: its bytes are asked for
            .prepare_cached(
                "select hash from sent where envelope = ?1 and place = ?2
                 and exists (select 1 from change where change.hash = sent.hash)",
            )?
            .query_row((number, index), |row| Ok(Hash(row.get(0)?)))
            .optional()?)
    }
    fn unaccepted(&self, document: &DocumentId, actor: &ActorId, seq: u64) -> Answer<Option<Hash>> {
        Ok(self
            .0
            .prepare_cached(
                "select hash from change
                 where document = ?1 and actor = ?2 and seq = ?3 and own and standing = 'waiting'",
            )?
            .query_row((document.0, actor, seq), |row| Ok(Hash(row.get(0)?)))
            .optional()?)
    }
    fn digest_at(&self, partition: &Partition, position: u64) -> Answer<Option<Digest>> {
        repair::digest_at(self.0, partition, position).map(Some)
    }
}

/// What storing an answer led to.
pub(super) enum Stored {
    /// The session goes on.
    All(Applied),
    /// The centre had no room for some of it: that waits where it is, and so does the session.
    NoRoom,
}

/// Stores an answer. Planning it twice, or after a cut, does no harm.
pub(super) fn apply(
    db: &Connection,
    who: &Identity,
    asked: &Asked,
    response: &Response,
) -> Answer<Stored> {
    let plan = apply::plan(&SentBefore(db), asked, response).map_err(|error| match error {
        PlanError::Holdings(failure) => failure,
        PlanError::OlderEpoch => Failure::new(Code::ServerRolledBack, error.to_string()),
        other => Failure::new(Code::ServerError, other.to_string()),
    })?;
    let elsewhere = cursors::elsewhere(db, asked)?;
    if let Some(epoch) = plan.new_epoch {
        new_epoch(db, epoch, asked.epoch.is_some())?;
        for cursor in &asked.cursors {
            pack::forget(db, &cursor.partition, false)?; // packs belong to a life of the store
        }
    }
    for partition in &plan.gone {
        pack::forget(db, partition, true)?;
    }
    for departed in &plan.departed {
        pack::waiting(db, departed.document)?; // or it would come back out of its pack
    }
    repair::settle(db, who, asked.repair.as_ref(), &plan)?;
    plan.rewound
        .iter()
        .try_for_each(|to| repair::rewind(db, to))?;
    for partition in &plan.reread {
        db.prepare_cached("delete from placed where grid = ?1 and class = ?2")?
            .execute((partition.grid.0, partition.class.0))?;
    }
    for blob in &plan.blobs {
        db.prepare_cached("update record_blob set standing = 'stored' where hash = ?1")?
            .execute([blob.0])?;
    }
    arrived(db, &plan, asked.received_at)?;
    let let_go = receipts(db, who, &plan, asked)?; // last: what is applied again is applied to what arrived
    for cursor in &plan.cursors {
        if !elsewhere.contains(&cursor.partition) {
            cursors::put(db, cursor)?;
        }
    }
    reference::store(db, &plan.reference)?;
    set_fact(db, "reference_version", &plan.reference.version)?;
    set_fact(db, "clock_ahead_ms", &plan.clock_ahead_ms)?;
    set_fact(db, "own_bytes", &plan.own_bytes)?;
    watermark::store(db, &plan.watermarks)?;
    again::bring(db, &plan.wanted)?;
    // before anything leaves: it may be in what is offered
    let refused = match &response.packs {
        Some(news) => pack::offered(db, news, asked.received_at)?,
        None => false,
    };
    if elsewhere.is_empty() {
        leaving::settle(db, &plan, asked.received_at)?; // else a feed is not read to its tip
    }
    let known: Vec<u32> = fact(db, DICTIONARIES)?.unwrap_or_default();
    if let Some(dictionaries) = response
        .dictionaries
        .as_ref()
        .filter(|said| **said != known)
    {
        set_fact(db, DICTIONARIES, dictionaries)?;
    }
    if plan.receipts.iter().any(|(_, result)| no_room(result)) {
        return Ok(Stored::NoRoom); // going on at once would send the same page again, for ever
    }
    // what survived a refusal or was let go of, and what the server misses, leaves at once
    let again = plan.receipts.iter().any(|(_, result)| {
        matches!(
            result,
            ChangeResult::Refused { .. } | ChangeResult::Held { .. }
        )
    });
    let asked_after = held::ask_after(db, who, &plan, asked)?;
    let waiting: bool =
        db.query_row("select exists (select 1 from outbox)", [], |row| row.get(0))?;
    // a revoked phone asks on until it is turned away: then it knows that everything has arrived
    let revoked = plan.receipts.iter().any(|(_, result)| {
        matches!(result, ChangeResult::Refused { code, .. } if *code == Code::DeviceRevoked.as_str())
    });
    let applied = plan.applied();
    // and so does a question, or what the centre turned out to lack
    let lost = repair::is_due(db)? || plan.repair.is_some() && waiting;
    Ok(Stored::All(Applied {
        more: applied.more
            || (again || let_go || asked_after) && waiting
            || revoked
            || refused
            || lost,
        ..applied
    }))
}

/// Not a judgement of the change: the centre holds too many that wait for others, and will have room again.
fn no_room(result: &ChangeResult) -> bool {
    matches!(result, ChangeResult::Refused { code, .. } if *code == Code::QueueFull.as_str())
}

/// The server's store has another life.
fn new_epoch(db: &Connection, epoch: Epoch, another: bool) -> Answer<()> {
    let known = KnownEpoch {
        counter: epoch.counter,
        nonce: epoch.nonce,
    };
    set_fact(db, "epoch", &known)?;
    if another {
        repair::new_epoch(db, epoch)?;
    }
    Ok(())
}

/// Whether the feed has another of something that was held.
fn receipts(db: &Connection, who: &Identity, plan: &Plan, asked: &Asked) -> Answer<bool> {
    let mut refused: BTreeMap<DocumentId, Vec<RefusedChange>> = BTreeMap::new();
    for (hash, result) in &plan.receipts {
        match result {
            ChangeResult::Stored | ChangeResult::Had => stored(db, hash, asked.received_at)?,
            ChangeResult::Held { missing } => {
                stored(db, hash, asked.received_at)?;
                held::remember(db, hash)?;
                offer_missing(db, who, hash, missing)?;
            }
            full if no_room(full) => {}
            ChangeResult::Refused { code, .. } if *code == Code::DeviceRevoked.as_str() => {
                quarantined(db, hash)?;
            }
            ChangeResult::Refused { code, .. }
                if is_of_another(db, hash)? && !parcel::carries(db, hash)? =>
            {
                tracing::warn!(change = %hash, code, "the centre does not take back what a colleague wrote");
                db.prepare_cached("delete from outbox where hash = ?1")?
                    .execute([hash.0])?;
            }
            ChangeResult::Refused { code, follows } => {
                let code = Code::parse(code).unwrap_or(Code::ServerError);
                let document: Option<DocumentId> = db
                    .prepare_cached("select document from change where hash = ?1")?
                    .query_row([hash.0], |row| Ok(DocumentId(row.get(0)?)))
                    .optional()?;
                if let Some(document) = document {
                    tracing::warn!(%document, %code, "the centre refused a change");
                    let carried = parcel::let_go(db, hash)?;
                    refused.entry(document).or_default().push(RefusedChange {
                        hash: *hash,
                        code,
                        // what another phone of this worker wrote may be refused for that alone
                        innocent: follows.is_some()
                            || code == Code::ActorForked
                            || carried && code == Code::AuthorMismatch,
                    });
                }
            }
            // a newer server's word is no acknowledgement: it stays in the outbox
            ChangeResult::Other { .. } => {}
        }
    }
    if let Some((envelope, _)) = &asked.upload {
        db.prepare_cached("update envelope set answered = 1 where hash = ?1")?
            .execute([envelope.0])?;
    }
    let mut torn = false;
    let arrived = plan.changes.iter().map(|change| &change.placed);
    for place in arrived.chain(&plan.placed) {
        if let Some(document) = documents::torn_by(db, &place.hash)? {
            refused.entry(document).or_default();
            torn = true;
        }
    }
    refused
        .iter()
        .try_for_each(|(document, changes)| documents::rebuild(db, who, *document, changes))?;
    Ok(torn)
}

/// 已到中心.
pub(crate) fn stored(db: &Connection, hash: &Hash, at: Timestamp) -> Answer<()> {
    db.prepare_cached(
        "update change set standing = 'stored' where hash = ?1 and standing = 'waiting'",
    )?
    .execute([hash.0])?;
    db.prepare_cached("delete from outbox where hash = ?1")?
        .execute([hash.0])?;
    db.prepare_cached(
        // the value stays until a verified backup has it: a restored centre may refuse what it once took
        "update edit set standing = 'stored', arrived_at = ?2 where change = ?1 and standing = 'waiting'",
    )?
    .execute((hash.0, at.0))?;
    Ok(())
}

/// It was refused once, and a person at the centre let it in after all: it is part of the document again.
pub(crate) fn released(db: &Connection, hash: &Hash, at: Timestamp) -> Answer<()> {
    let released = db
        .prepare_cached(
            "update change set standing = 'stored' where hash = ?1 and standing = 'retired'",
        )?
        .execute([hash.0])?;
    if released == 0 {
        return Ok(());
    }
    db.prepare_cached(
        "update edit set standing = 'stored', value = null, code = null, arrived_at = ?2 where change = ?1",
    )?
    .execute((hash.0, at.0))?;
    db.prepare_cached(
        "update document set stale = 1, snapshot = null where id = (select document from change where hash = ?1)",
    )?
    .execute([hash.0])?;
    db.prepare_cached(
        "update change set snapshotted = 0 where document = (select document from change where hash = ?1)",
    )?
    .execute([hash.0])?;
    Ok(())
}

/// The centre keeps it for a person to look at, because this phone was revoked. There is nothing to apply again; its words
/// have arrived and leave this phone.
fn quarantined(db: &Connection, hash: &Hash) -> Answer<()> {
    db.prepare_cached("update change set standing = 'retired' where hash = ?1")?
        .execute([hash.0])?;
    db.prepare_cached("delete from outbox where hash = ?1")?
        .execute([hash.0])?;
    db.prepare_cached(
        "update edit set standing = 'refused', code = ?2, value = null where change = ?1 and standing = 'waiting'",
    )?
    .execute((hash.0, Code::DeviceRevoked.as_str()))?;
    Ok(())
}

/// The server misses what a change builds on: it had acknowledged that before, or it was lost on the way.
fn offer_missing(db: &Connection, who: &Identity, held: &Hash, missing: &[Hash]) -> Answer<()> {
    let document: Option<DocumentId> = db
        .prepare_cached("select document from change where hash = ?1")?
        .query_row([held.0], |row| Ok(DocumentId(row.get(0)?)))
        .optional()?;
    document.map_or(Ok(()), |document| repair::offer(db, who, document, missing))
}

/// It lies in the outbox for somebody else.
fn is_of_another(db: &Connection, hash: &Hash) -> Answer<bool> {
    Ok(db
        .prepare_cached("select 1 from outbox where hash = ?1 and author is not null")?
        .exists([hash.0])?)
}

fn arrived(db: &Connection, plan: &Plan, at: Timestamp) -> Answer<()> {
    let mut touched = HashSet::new();
    for change in &plan.changes {
        documents::add_document(db, change.document, change.kind, change.placed.partition)?;
        let new = db
            .prepare_cached(
                "insert into change (hash, document, actor, seq, bytes, own, standing)
             values (?1, ?2, ?3, ?4, ?5, 0, 'stored') on conflict do nothing",
            )?
            .execute((
                change.placed.hash.0,
                change.document.0,
                change.header.actor,
                change.header.seq,
                &change.bytes,
            ))?;
        if new == 0 {
            // what stands in a feed is durable, also when the answer that said so was lost
            stored(db, &change.placed.hash, at)?;
            released(db, &change.placed.hash, at)?;
        }
        touched.insert(change.document);
    }
    let own = plan.placed.iter();
    for placed in own.chain(plan.changes.iter().map(|change| &change.placed)) {
        db.prepare_cached(
            "insert or replace into placed (grid, class, position, hash) values (?1, ?2, ?3, ?4)",
        )?
        .execute((
            placed.partition.grid.0,
            placed.partition.class.0,
            placed.position,
            placed.hash.0,
        ))?;
        // where a change stands, its document lives, also when it was created elsewhere
        db.prepare_cached(
            "update document set grid = ?1, class = ?2 where (grid <> ?1 or class <> ?2)
             and id = (select document from change where hash = ?3)",
        )?
        .execute((
            placed.partition.grid.0,
            placed.partition.class.0,
            placed.hash.0,
        ))?;
    }
    for placed in &plan.placed {
        stored(db, &placed.hash, at)?;
        released(db, &placed.hash, at)?;
        // its place decides the order of a fold
        db.prepare_cached(
            "update document set stale = 1 where kind = ?2 and stale = 0
             and id = (select document from change where hash = ?1)",
        )?
        .execute((placed.hash.0, DocumentKind::INCIDENT.0))?;
    }
    for document in touched {
        db.prepare_cached("update document set stale = 1 where id = ?1")?
            .execute([document.0])?;
    }
    for change in &plan.quarantined {
        tracing::warn!(document = %change.document, code = %change.code, "a downloaded change was refused");
        db.prepare_cached(
            "insert into quarantine (hash, document, code, bytes) values (?1, ?2, ?3, ?4) on conflict do nothing",
        )?
        .execute((change.placed.hash.0, change.document.0, change.code.as_str(), &change.bytes))?;
    }
    for (partition, row) in &plan.unknown {
        keep_unknown(db, partition, row)?;
    }
    leaving::told(db, plan)
}

pub(super) fn keep_unknown(db: &Connection, partition: &Partition, row: &FeedRow) -> Answer<()> {
    let bytes = minicbor::to_vec(row).map_err(Failure::internal)?;
    db.prepare_cached(
        "insert or replace into unknown_row (grid, class, position, bytes) values (?1, ?2, ?3, ?4)",
    )?
    .execute((partition.grid.0, partition.class.0, row.position, bytes))?;
    Ok(())
}
