//! The server cuts its feeds into the pages of an answer. Nothing is filtered and no document is loaded: a page is rows
//! after a position, and every row remembers the digest that the feed had after it.

use super::message::{Cursor, Digest, DocumentKind, FeedBody, FeedRow, Partition, PartitionNews};
use crate::ids::{DeviceId, DocumentId, Hash};

/// Feeds as the store keeps them.
pub trait Feed {
    /// Failure of the store.
    type Error;
    /// The running digest after `position`; none beyond the tip. (After 0 it is [`Digest::EMPTY`]; nobody asks.)
    fn digest_at(
        &self,
        partition: &Partition,
        position: u64,
    ) -> Result<Option<Digest>, Self::Error>;
    /// At most `limit` rows after `after`, in order.
    fn rows(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredRow>, Self::Error>;
    /// At most `limit` marks after `after`, in order: the positions between the rows, where no change stands (any more).
    /// A feed from which nothing ever left has none.
    fn marks(
        &self,
        _partition: &Partition,
        _after: u64,
        _limit: usize,
    ) -> Result<Vec<StoredMark>, Self::Error> {
        Ok(Vec::new())
    }
}

/// A position of a feed without a change.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredMark {
    /// Position; gap-free together with the rows.
    pub position: u64,
    /// Running digest after it.
    pub digest: Digest,
    /// What it says.
    pub body: FeedBody,
}

/// A feed as phones of before [`V2026_11_25`](super::version::V2026_11_25) read it: they count nothing where a change no
/// longer stands, so for them every digest is without those. One that had read such a change begins again, once.
pub struct Older<'a, F>(pub &'a F);

impl<F: Feed> Older<'_, F> {
    /// What such a phone has not counted, behind each position at which that grows.
    fn uncounted(&self, partition: &Partition) -> Result<Vec<(u64, Digest)>, F::Error> {
        let mut sum = Digest::EMPTY;
        let mut sums = vec![(0, sum)];
        for mark in self.0.marks(partition, 0, usize::MAX)? {
            if let FeedBody::Left {
                change: Some(change),
                ..
            }
            | FeedBody::Erased {
                change: Some(change),
                ..
            } = &mark.body
            {
                sum.add(change);
                sums.push((mark.position, sum));
            }
        }
        Ok(sums)
    }
}

/// `digest` at `position` without what `sums` says of the positions up to there.
fn without(sums: &[(u64, Digest)], position: u64, digest: Digest) -> Digest {
    let behind = sums.partition_point(|(from, _)| *from <= position);
    let mut digest = digest;
    digest.remove(&Hash(sums[behind - 1].1.0));
    digest
}

impl<F: Feed> Feed for Older<'_, F> {
    type Error = F::Error;
    fn digest_at(
        &self,
        partition: &Partition,
        position: u64,
    ) -> Result<Option<Digest>, Self::Error> {
        let Some(digest) = self.0.digest_at(partition, position)? else {
            return Ok(None);
        };
        Ok(Some(without(&self.uncounted(partition)?, position, digest)))
    }
    fn rows(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredRow>, Self::Error> {
        let sums = self.uncounted(partition)?;
        let mut rows = self.0.rows(partition, after, limit)?;
        for row in &mut rows {
            row.digest = without(&sums, row.position, row.digest);
        }
        Ok(rows)
    }
    fn marks(
        &self,
        partition: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredMark>, Self::Error> {
        let sums = self.uncounted(partition)?;
        let mut marks = self.0.marks(partition, after, limit)?;
        for mark in &mut marks {
            mark.digest = without(&sums, mark.position, mark.digest);
        }
        Ok(marks)
    }
}

/// One change in a feed.
#[derive(Clone, PartialEq, Debug)]
pub struct StoredRow {
    /// Gap-free from 1.
    pub position: u64,
    /// Running digest after this row.
    pub digest: Digest,
    /// Document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: DocumentKind,
    /// Raw change.
    pub bytes: Vec<u8>,
    /// The device, envelope number and index that brought it; none for the server's own changes.
    pub from: Option<(DeviceId, u64, u32)>,
}

/// What one device asks of one feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Who asks.
    pub device: DeviceId,
    /// It wants the bytes of its own changes.
    pub own_bytes: bool,
    /// Where it stands; none when it did not name the partition, or named it in another epoch (see `restart`).
    pub cursor: Option<Cursor>,
    /// Say that a cursor held elsewhere is void: the phone's epoch is not this one.
    pub restart: bool,
}

const ROWS_AT_ONCE: usize = 128;
/// What a row costs beside its bytes, roughly.
const ROW_BYTES: usize = 28;
/// What a mark costs, roughly: two names.
const MARK_BYTES: usize = 64;

/// The news of `partition` for `asked`, taking what it uses from `budget` (bytes left in this answer); none when there
/// are none, which is itself an answer: the digest fits and nothing follows it.
pub fn news<F: Feed>(
    feed: &F,
    partition: Partition,
    asked: &Asked,
    budget: &mut usize,
) -> Result<Option<PartitionNews>, F::Error> {
    let held = asked.cursor.filter(|_| !asked.restart);
    let fits = match held {
        Some(cursor) if cursor.position > 0 => {
            feed.digest_at(&partition, cursor.position)? == Some(cursor.digest)
        }
        Some(cursor) => cursor.digest == Digest::EMPTY,
        None => true,
    };
    let restart = asked.restart || !fits;
    let start = Cursor {
        partition,
        position: 0,
        digest: Digest::EMPTY,
    };
    let mut news = PartitionNews {
        partition,
        restart,
        rows: Vec::new(),
        cursor: held.filter(|_| fits).unwrap_or(start),
        more: false,
    };
    loop {
        let after = news.cursor.position;
        let rows = feed.rows(&partition, after, ROWS_AT_ONCE)?;
        let marks = feed.marks(&partition, after, ROWS_AT_ONCE)?;
        let mut stored: Vec<Stored> = rows.into_iter().map(Stored::Row).collect();
        stored.extend(marks.into_iter().map(Stored::Mark));
        // both are in order and together without a gap, so these are the next ones
        stored.sort_by_key(Stored::position);
        stored.truncate(ROWS_AT_ONCE);
        let last = stored.len() < ROWS_AT_ONCE;
        for row in stored {
            let taken = match row {
                Stored::Row(row) => news.take(row, asked, budget),
                Stored::Mark(mark) => news.take_mark(mark, budget),
            };
            if !taken {
                news.more = true;
                return Ok(Some(news));
            }
        }
        if last {
            break;
        }
    }
    let quiet = news.rows.is_empty() && !news.restart && asked.cursor.is_some();
    Ok((!quiet).then_some(news))
}

enum Stored {
    Row(StoredRow),
    Mark(StoredMark),
}

impl Stored {
    fn position(&self) -> u64 {
        match self {
            Self::Row(row) => row.position,
            Self::Mark(mark) => mark.position,
        }
    }
}

impl PartitionNews {
    /// Appends a row without a change, on the same terms as [`PartitionNews::take`].
    fn take_mark(&mut self, mark: StoredMark, budget: &mut usize) -> bool {
        if *budget == 0 || (MARK_BYTES > *budget && !self.rows.is_empty()) {
            return false;
        }
        *budget = budget.saturating_sub(MARK_BYTES);
        self.cursor.position = mark.position;
        self.cursor.digest = mark.digest;
        self.rows.push(FeedRow {
            position: mark.position,
            body: mark.body,
        });
        true
    }

    /// Appends a row, or answers false when the budget is used up. A budget that nobody touched yet takes any row, so
    /// that a change larger than a page still travels.
    fn take(&mut self, row: StoredRow, asked: &Asked, budget: &mut usize) -> bool {
        let own = match row.from {
            Some((device, envelope, index)) if device == asked.device && !asked.own_bytes => {
                Some((envelope, index))
            }
            _ => None,
        };
        let cost = ROW_BYTES + own.map_or(row.bytes.len(), |_| 0);
        if *budget == 0 || (cost > *budget && !self.rows.is_empty()) {
            return false;
        }
        self.cursor.position = row.position;
        self.cursor.digest = row.digest;
        if let (
            Some((envelope, index)),
            Some(FeedRow {
                body:
                    FeedBody::Own {
                        envelope: run,
                        first,
                        count,
                    },
                ..
            }),
        ) = (own, self.rows.last_mut())
            && *run == envelope
            && first.checked_add(*count) == Some(index)
        {
            *count += 1;
            return true;
        }
        *budget = budget.saturating_sub(cost);
        let body = match own {
            Some((envelope, first)) => FeedBody::Own {
                envelope,
                first,
                count: 1,
            },
            None => FeedBody::Change {
                document: row.document,
                kind: row.kind,
                bytes: row.bytes.into(),
            },
        };
        self.rows.push(FeedRow {
            position: row.position,
            body,
        });
        true
    }
}
