//! The phone reads one page of one feed and believes it whole or not at all: no gap, no double, and the digest that was
//! promised at its end.

use super::{
    apply::{Arrived, Departed, Holdings, Placed, Quarantined},
    envelope::change_hash,
    message::{Cursor, DocumentKind, FeedBody, FeedRow, Partition, PartitionNews},
};
use crate::{ids::DocumentId, scan};

/// The rows of one partition, read to their end.
#[derive(Default)]
pub(super) struct Page {
    pub changes: Vec<Arrived>,
    pub placed: Vec<Placed>,
    pub quarantined: Vec<Quarantined>,
    pub departed: Vec<Departed>,
    pub vacated: Vec<Placed>,
    pub unknown: Vec<(Partition, FeedRow)>,
}

/// Why the rows of a page cannot be believed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// Positions leave a gap, or the digest at the end is another.
    Feed,
    /// This phone no longer knows what it sent.
    OwnLost,
}

impl Page {
    pub(super) fn read<H: Holdings>(
        holdings: &H,
        from: Cursor,
        news: &PartitionNews,
    ) -> Result<Result<Self, Broken>, H::Error> {
        let mut page = Self::default();
        let mut own = false;
        let Cursor {
            partition,
            mut position,
            mut digest,
        } = from;
        for row in &news.rows {
            if position.checked_add(1) != Some(row.position)
                || row.last_position() > news.cursor.position
            {
                return Ok(Err(Broken::Feed)); // also bounds what a long run of own changes can cost
            }
            match &row.body {
                FeedBody::Change {
                    document,
                    kind,
                    bytes,
                } => {
                    let hash = change_hash(bytes);
                    digest.add(&hash);
                    page.change(
                        *document,
                        *kind,
                        Placed {
                            hash,
                            partition,
                            position: row.position,
                        },
                        bytes,
                    );
                }
                FeedBody::Own {
                    envelope,
                    first,
                    count,
                } => {
                    own = true;
                    for step in 0..(*count).max(1) {
                        let index = first.saturating_add(step);
                        let Some(hash) = holdings.sent(*envelope, index)? else {
                            return Ok(Err(Broken::OwnLost));
                        };
                        digest.add(&hash);
                        page.placed.push(Placed {
                            hash,
                            partition,
                            position: row.position + u64::from(step),
                        });
                    }
                }
                FeedBody::Left { document, change } | FeedBody::Erased { document, change } => {
                    // the change that stood here was published, and counts as long as the feed lives
                    if let Some(change) = change {
                        digest.add(change);
                        page.vacated.push(Placed {
                            hash: *change,
                            partition,
                            position: row.position,
                        });
                    }
                    page.departs(Departed {
                        document: *document,
                        partition,
                        position: row.position,
                        erased: matches!(row.body, FeedBody::Erased { .. }),
                    });
                }
                FeedBody::Other { .. } => page.unknown.push((partition, row.clone())),
            }
            position = row.last_position();
        }
        let fits = (Cursor {
            partition,
            position,
            digest,
        }) == news.cursor;
        Ok(match fits {
            true => Ok(page),
            // a phone restored from a copy signs envelope numbers a second time, and resolves the first by the second
            false if own => Err(Broken::OwnLost),
            false => Err(Broken::Feed),
        })
    }

    /// The last word about a document decides; a page has many rows of one that left.
    fn departs(&mut self, departed: Departed) {
        let known = self
            .departed
            .iter_mut()
            .find(|known| known.document == departed.document);
        match known {
            Some(known) => *known = departed,
            None => self.departed.push(departed),
        }
    }

    fn change(&mut self, document: DocumentId, kind: DocumentKind, placed: Placed, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        match scan::scan_change(&bytes, &Default::default()) {
            Ok(header) => self.changes.push(Arrived {
                document,
                kind,
                placed,
                header,
                bytes,
            }),
            Err(error) => self.quarantined.push(Quarantined {
                document,
                placed,
                code: error.code(),
                bytes,
            }),
        }
    }
}
