//! The phone reads an answer: everything that must be stored, worked out before anything moves. The plan is written in
//! one transaction together with its cursors, so a cut costs at most this page, and planning it twice does no harm.

use super::{
    event::Applied,
    message::{
        ChangeResult, Cursor, Digest, DocumentKind, Epoch, FeedRow, Partition, PartitionNews,
        ReferenceNews, RepairAnswer, Response, Watermark,
    },
    page::{Broken, Page},
    repair::Question,
};
use crate::{
    error::Code,
    ids::{DocumentId, Hash},
    scan::{ActorId, ChangeHeader},
    time::Timestamp,
};

/// What the phone knew when it asked, and can look up now.
pub trait Holdings {
    /// Failure of the phone's database.
    type Error;
    /// The change at `index` of this phone's envelope `number`; none when that was lost.
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Self::Error>;
    /// This phone's own change with that actor and sequence number, if the server has not accepted it yet.
    fn unaccepted(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<Hash>, Self::Error>;
    /// The digest of this feed up to `position`, which lies before the cursor, from the positions that the phone
    /// remembers; none when it does not remember them all.
    fn digest_at(
        &self,
        _partition: &Partition,
        _position: u64,
    ) -> Result<Option<Digest>, Self::Error> {
        Ok(None)
    }
}

/// What was said in this exchange.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Asked {
    /// `Request::epoch`.
    pub epoch: Option<Epoch>,
    /// `Request::cursors`.
    pub cursors: Vec<Cursor>,
    /// `Request::reference`.
    pub reference: u64,
    /// `Request::own_bytes`.
    pub own_bytes: bool,
    /// What `Request::repair` asked, if it was there.
    pub repair: Option<Question>,
    /// Hash of the envelope that was sent and of its changes, in order.
    pub upload: Option<(Hash, Vec<Hash>)>,
    /// The phone's clock when the answer came.
    pub received_at: Timestamp,
}

/// What to store, in one transaction.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Plan {
    /// The server's store has another life than the phone thought: store this epoch and compare ([`super::repair`]) what is
    /// held, acknowledged or not, with what the server has. Cursors below are already the new ones.
    pub new_epoch: Option<Epoch>,
    /// What became of own changes: of the uploaded ones, as the server says, and of those whose actor and number stand in
    /// the feed with other bytes (`ACTOR_FORKED`, seen from this side: the phone went back to an old copy of itself).
    pub receipts: Vec<(Hash, ChangeResult)>,
    /// Thumbnails and lines that are durable.
    pub blobs: Vec<Hash>,
    /// Other people's changes.
    pub changes: Vec<Arrived>,
    /// Where this phone's own changes came to stand in a feed.
    pub placed: Vec<Placed>,
    /// Changes that the scanner refuses: kept as bytes, never given to Automerge, shown to a person. They count in the
    /// digest, and block nothing.
    pub quarantined: Vec<Quarantined>,
    /// Documents that left a partition or were erased. Whatever this phone knows of them there from before that position
    /// is void. One that stands in no other partition is forgotten, but not before `more` is false: it may be on its
    /// way in another feed.
    pub departed: Vec<Departed>,
    /// Places of a feed where a change no longer stands: their names, because they count in the digest.
    pub vacated: Vec<Placed>,
    /// Rows of a newer server, kept for a newer app.
    pub unknown: Vec<(Partition, FeedRow)>,
    /// Where the phone stands afterwards: one for each partition that moved, restarted or appeared.
    pub cursors: Vec<Cursor>,
    /// Partitions whose feed is read again from its start: the changes stay, the positions stored for them are void.
    /// Forget those before storing the positions of this plan.
    pub reread: Vec<Partition>,
    /// Partitions of a new epoch that go on from an earlier position: the positions stored beyond it are void. Forget those
    /// before storing the positions of this plan.
    pub rewound: Vec<Cursor>,
    /// What the server says to the comparison.
    pub repair: Option<RepairAnswer>,
    /// Compare in the next exchange: the epoch is new, or a digest did not fit.
    pub compare: bool,
    /// What a verified backup has, in the epoch of this plan.
    pub watermarks: Vec<Watermark>,
    /// Blobs to bring again, if their bytes are here.
    pub wanted: Vec<Hash>,
    /// A page did not fit what this phone holds, so it sent a cursor back to the start by itself.
    pub restarted: bool,
    /// What `Request::own_bytes` must say from now on: true once a reference to an own change could not be resolved,
    /// until every feed has been read to its tip.
    pub own_bytes: bool,
    /// Partitions that this phone may not read any more.
    pub gone: Vec<Partition>,
    /// Reference rows and their new version.
    pub reference: ReferenceNews,
    /// How far the phone's clock is ahead of the server's; the half round trip is not subtracted.
    pub clock_ahead_ms: i64,
    /// The server has more.
    pub more: bool,
    /// Something in this answer moved a cursor, a receipt or the reference version. Without progress `more` would be
    /// an endless loop.
    pub progress: bool,
}

/// Somebody else's change, scanned.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrived {
    /// Document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// Feed and position.
    pub placed: Placed,
    /// What it says of itself.
    pub header: ChangeHeader,
    /// Raw bytes.
    pub bytes: Vec<u8>,
}

/// A change's place in a feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The change.
    pub hash: Hash,
    /// Which feed.
    pub partition: Partition,
    /// Where.
    pub position: u64,
}

/// A document that left a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Departed {
    /// Document.
    pub document: DocumentId,
    /// Which feed says so.
    pub partition: Partition,
    /// Where it says so last.
    pub position: u64,
    /// It did not move, it was erased: it will not come back.
    pub erased: bool,
}

/// A change that the scanner refuses.
#[derive(Clone, PartialEq, Debug)]
pub struct Quarantined {
    /// Document.
    pub document: DocumentId,
    /// Feed and position.
    pub placed: Placed,
    /// Why.
    pub code: Code,
    /// Raw bytes.
    pub bytes: Vec<u8>,
}

/// An answer of which nothing may be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError<E> {
    /// Results for another upload, or too many or few of them, or a page that lies behind.
    #[error("the answer is not to what was sent")]
    Stray,
    /// A server older than the one this phone knows: a second one restored from the same backup, or a mistake.
    #[error("the server's store is older than the one this phone knows")]
    OlderEpoch,
    /// The phone's own database failed.
    #[error("the database failed")]
    Holdings(E),
}

impl Plan {
    /// What the session must hear once the plan is committed.
    pub fn applied(&self) -> Applied {
        Applied {
            more: self.more,
            restarted: self.restarted,
            new_epoch: self.new_epoch.is_some(),
            stalled: self.more && !self.progress,
        }
    }
}

/// Works out what `response` means for a phone that asked `asked`.
pub fn plan<H: Holdings>(
    holdings: &H,
    asked: &Asked,
    response: &Response,
) -> Result<Plan, PlanError<H::Error>> {
    let mut plan = Plan {
        receipts: receipts(asked, response).ok_or(PlanError::Stray)?,
        blobs: response.blobs.clone(),
        gone: response.gone.clone(),
        repair: response.repair.clone().filter(|_| asked.repair.is_some()),
        watermarks: response.watermarks.clone().unwrap_or_default(),
        wanted: response.wanted.clone().unwrap_or_default(),
        clock_ahead_ms: asked.received_at.since(response.server_time),
        ..Plan::default()
    };
    if asked.epoch != Some(response.epoch) {
        if asked
            .epoch
            .is_some_and(|known| response.epoch.counter < known.counter)
        {
            return Err(PlanError::OlderEpoch);
        }
        plan.new_epoch = Some(response.epoch);
    }
    let renewed = plan.new_epoch.is_some();
    for news in &response.partitions {
        let held = asked
            .cursors
            .iter()
            .find(|cursor| cursor.partition == news.partition);
        plan.partition(holdings, held.filter(|_| !renewed), news)?;
    }
    for cursor in asked.cursors.iter().filter(|_| renewed) {
        // a cursor of another life that the answer is silent about
        let told = response
            .partitions
            .iter()
            .any(|news| news.partition == cursor.partition);
        if !told && !response.gone.contains(&cursor.partition) {
            match seam(holdings, cursor, response).map_err(PlanError::Holdings)? {
                Some(seam) => plan.rewind(seam),
                None => plan.restart(cursor.partition),
            }
        }
    }
    let reread = |partition: &Partition| {
        let held = asked
            .cursors
            .iter()
            .find(|held| held.partition == *partition);
        held.is_some_and(|held| held.position > 0)
    };
    plan.compare = (renewed && asked.epoch.is_some()) || plan.reread.iter().any(reread);
    plan.progress |= plan.repair.is_some();
    // rows of a grid that this phone has only now may be older than the version it holds
    if renewed
        || response.reference.version != asked.reference
        || !response.reference.rows.is_empty()
    {
        plan.reference = response.reference.clone();
        plan.progress = true;
    } else {
        plan.reference.version = asked.reference;
    }
    plan.more |= response.reference.more;
    plan.own_bytes |= asked.own_bytes && plan.more;
    // to know now that own bytes are needed is a step, though nothing else of the page was stored
    plan.progress |= plan.own_bytes && !asked.own_bytes;
    plan.forks(holdings)?;
    plan.progress |= !plan.receipts.is_empty() || renewed;
    Ok(plan)
}

/// Where a cursor of another life goes on: the server says up to where the two lives are the same, and this phone finds the
/// same digest there.
fn seam<H: Holdings>(
    holdings: &H,
    cursor: &Cursor,
    response: &Response,
) -> Result<Option<Cursor>, H::Error> {
    let seams = response.repair.iter().flat_map(|repair| &repair.seams);
    let mut here = seams.filter(|seam| seam.partition == cursor.partition);
    Ok(match here.next() {
        Some(seam) if seam == cursor => Some(*seam),
        Some(seam) if seam.position < cursor.position => {
            let ours = match seam.position {
                0 => Some(Digest::EMPTY),
                position => holdings.digest_at(&seam.partition, position)?,
            };
            (ours == Some(seam.digest)).then_some(*seam)
        }
        _ => None,
    })
}

fn receipts(asked: &Asked, response: &Response) -> Option<Vec<(Hash, ChangeResult)>> {
    match (&asked.upload, &response.envelope) {
        (None, None) => response.results.is_empty().then(Vec::new),
        (Some((envelope, hashes)), Some(answered))
            if envelope == answered && hashes.len() == response.results.len() =>
        {
            Some(
                hashes
                    .iter()
                    .copied()
                    .zip(response.results.iter().cloned())
                    .collect(),
            )
        }
        _ => None,
    }
}

impl Plan {
    fn partition<H: Holdings>(
        &mut self,
        holdings: &H,
        held: Option<&Cursor>,
        news: &PartitionNews,
    ) -> Result<(), PlanError<H::Error>> {
        let start = Cursor {
            partition: news.partition,
            position: 0,
            digest: Digest::EMPTY,
        };
        let from = held.filter(|_| !news.restart).copied().unwrap_or(start);
        if news.cursor.position < from.position {
            return Err(PlanError::Stray); // an answer to a question of long ago
        }
        self.more |= news.more;
        match Page::read(holdings, from, news).map_err(PlanError::Holdings)? {
            Ok(page) => {
                if news.restart {
                    self.reread.push(news.partition);
                }
                self.progress |= held != Some(&news.cursor);
                self.changes.extend(page.changes);
                self.placed.extend(page.placed);
                self.quarantined.extend(page.quarantined);
                self.departed.extend(page.departed);
                self.vacated.extend(page.vacated);
                self.unknown.extend(page.unknown);
                self.cursors.push(news.cursor);
            }
            Err(broken) => {
                self.own_bytes |= broken == Broken::OwnLost;
                self.restarted = true;
                // going back is a step too: it is the session that sees to it that it is not taken for ever
                self.progress = true;
                self.restart(news.partition);
            }
        }
        Ok(())
    }

    /// Own changes that cannot be accepted any more, because others arrived under their numbers.
    fn forks<H: Holdings>(&mut self, holdings: &H) -> Result<(), PlanError<H::Error>> {
        for change in &self.changes {
            let ChangeHeader {
                hash, actor, seq, ..
            } = &change.header;
            let mine = holdings
                .unaccepted(&change.document, actor, *seq)
                .map_err(PlanError::Holdings)?;
            let Some(mine) = mine.filter(|mine| mine != hash) else {
                continue;
            };
            if !self.receipts.iter().any(|(known, _)| *known == mine) {
                let code = Code::ActorForked.as_str().into();
                self.receipts.push((
                    mine,
                    ChangeResult::Refused {
                        code,
                        follows: None,
                    },
                ));
            }
        }
        Ok(())
    }

    fn rewind(&mut self, seam: Cursor) {
        self.rewound.push(seam);
        self.cursors.push(seam);
        self.more = true;
    }

    fn restart(&mut self, partition: Partition) {
        self.reread.push(partition);
        self.cursors.push(Cursor {
            partition,
            position: 0,
            digest: Digest::EMPTY,
        });
        self.more = true;
    }
}
