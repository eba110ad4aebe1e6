//! The server cuts its feeds into the pages of an answer. Nothing is filtered and no document is loaded: a page is rows
//! after a position, and every row remembers the digest that the feed had after it.

use super::message::{Cursor, Digest, DocumentKind, FeedBody, FeedRow, Partition, PartitionNews};
use crate::ids::{DeviceId, DocumentId};

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
        let stored = feed.rows(&partition, news.cursor.position, ROWS_AT_ONCE)?;
        let last = stored.len() < ROWS_AT_ONCE;
        for row in stored {
            if !news.take(row, asked, budget) {
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

impl PartitionNews {
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
