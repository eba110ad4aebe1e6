//! A document leaves a feed, by a move or because it was erased: the feed keeps its positions and its digests, readers of
//! before and after agree, and nobody who comes later sees a byte of it.

mod sync_street;

use gridwalk_core::{
    ids::{DocumentId, Hash},
    scan::ActorId,
    sync::{
        answer::{self, Feed, Older, StoredMark, StoredRow},
        apply::{self, Departed, Holdings, Plan},
        message::*,
    },
};
use std::convert::Infallible;
use sync_street::{at, create, device, door, partition};

struct Nothing;
impl Holdings for Nothing {
    type Error = Infallible;
    fn sent(&self, _: u64, _: u32) -> Result<Option<Hash>, Infallible> {
        Ok(None)
    }
    fn unaccepted(&self, _: &DocumentId, _: &ActorId, _: u64) -> Result<Option<Hash>, Infallible> {
        Ok(None)
    }
}

/// One feed, as a store keeps it.
#[derive(Clone, Default)]
struct OneFeed {
    rows: Vec<StoredRow>,
    marks: Vec<StoredMark>,
}

impl OneFeed {
    fn tip(&self) -> (u64, Digest) {
        let rows = self.rows.iter().map(|row| (row.position, row.digest));
        let marks = self.marks.iter().map(|mark| (mark.position, mark.digest));
        rows.chain(marks)
            .max_by_key(|(position, _)| *position)
            .unwrap_or((0, Digest::EMPTY))
    }

    fn publish(&mut self, n: u64, seconds: i64) {
        let change = create(1, door(n), at(seconds)).change;
        let (position, mut digest) = self.tip();
        digest.add(&change.hash);
        self.rows.push(StoredRow {
            position: position + 1,
            digest,
            document: door(n),
            kind: DocumentKind::HOUSEHOLD,
            bytes: change.bytes,
            from: None,
        });
    }

    fn depart(&mut self, n: u64, erased: bool) {
        let body = |change| match erased {
            true => FeedBody::Erased {
                document: door(n),
                change,
            },
            false => FeedBody::Left {
                document: door(n),
                change,
            },
        };
        let gone: Vec<StoredRow> = self
            .rows
            .extract_if(.., |row| row.document == door(n))
            .collect();
        self.marks.extend(gone.into_iter().map(|row| StoredMark {
            position: row.position,
            digest: row.digest,
            body: body(Some(gridwalk_core::sync::envelope::change_hash(&row.bytes))),
        }));
        let (position, digest) = self.tip();
        self.marks.push(StoredMark {
            position: position + 1,
            digest,
            body: body(None),
        });
        self.marks.sort_by_key(|mark| mark.position);
    }
}

impl Feed for OneFeed {
    type Error = Infallible;
    fn digest_at(&self, _: &Partition, position: u64) -> Result<Option<Digest>, Infallible> {
        let row = self.rows.iter().find(|row| row.position == position);
        let mark = self.marks.iter().find(|mark| mark.position == position);
        Ok(row.map(|row| row.digest).or(mark.map(|mark| mark.digest)))
    }
    fn rows(&self, _: &Partition, after: u64, limit: usize) -> Result<Vec<StoredRow>, Infallible> {
        let rows = self.rows.iter().filter(|row| row.position > after);
        Ok(rows.take(limit).cloned().collect())
    }
    fn marks(
        &self,
        _: &Partition,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredMark>, Infallible> {
        let marks = self.marks.iter().filter(|mark| mark.position > after);
        Ok(marks.take(limit).cloned().collect())
    }
}

/// Where a reader stands, and what it was told on its way.
struct Reader {
    cursor: Cursor,
    restarts: usize,
    changes: Vec<DocumentId>,
    departed: Vec<Departed>,
    /// It was made before documents could leave.
    old: bool,
}

impl Reader {
    fn new(old: bool) -> Self {
        let cursor = Cursor {
            partition: partition(1),
            position: 0,
            digest: Digest::EMPTY,
        };
        Self {
            cursor,
            restarts: 0,
            changes: Vec::new(),
            departed: Vec::new(),
            old,
        }
    }

    /// Pages of `budget` bytes until there is nothing more.
    fn read(&mut self, feed: &OneFeed, budget: usize) {
        loop {
            let asked = answer::Asked {
                device: device(1),
                own_bytes: false,
                cursor: Some(self.cursor),
                restart: false,
            };
            let mut left = budget;
            let Ok(news) = match self.old {
                true => answer::news(&Older(feed), partition(1), &asked, &mut left),
                false => answer::news(feed, partition(1), &asked, &mut left),
            };
            let Some(news) = news else { return };
            self.restarts += usize::from(news.restart);
            let plan = self.plan(news);
            assert!(!plan.restarted, "the page does not add up");
            assert!(plan.progress);
            self.cursor = plan.cursors[0];
            self.changes
                .extend(plan.changes.iter().map(|change| change.document));
            self.departed.extend(plan.departed);
        }
    }

    fn plan(&self, mut news: PartitionNews) -> Plan {
        if self.old {
            for row in &mut news.rows {
                if matches!(row.body, FeedBody::Left { .. } | FeedBody::Erased { .. }) {
                    let bytes = minicbor::to_vec(&row.body).expect("encoded").into();
                    row.body = FeedBody::Other { bytes };
                }
            }
        }
        let asked = apply::Asked {
            epoch: Some(EPOCH),
            cursors: vec![self.cursor],
            ..apply::Asked::default()
        };
        let response = Response {
            protocol: PROTOCOL,
            epoch: EPOCH,
            server_time: at(0),
            results: Vec::new(),
            partitions: vec![news],
            reference: ReferenceNews::default(),
            blobs: Vec::new(),
            envelope: None,
            gone: Vec::new(),
            dictionaries: None,
            packs: None,
            repair: None,
            watermarks: None,
            wanted: None,
        };
        apply::plan(&Nothing, &asked, &response).expect("a plan")
    }
}

const EPOCH: Epoch = Epoch {
    counter: 1,
    nonce: 7,
};

/// Ten doors, of which the fourth was published twice.
fn street() -> OneFeed {
    let mut feed = OneFeed::default();
    (1..=9).for_each(|n| feed.publish(n, n as i64));
    feed.publish(4, 400);
    feed
}

#[test]
fn whoever_read_it_before_and_whoever_comes_later_have_the_same_digest_at_every_position() {
    for (erased, budget) in [(false, 1 << 20), (true, 1 << 20), (false, 1), (true, 700)] {
        let mut feed = street();
        let mut before = Reader::new(false);
        before.read(&feed, budget);
        feed.depart(4, erased);
        feed.publish(10, 10);
        let mut later = Reader::new(false);
        before.read(&feed, budget);
        later.read(&feed, budget);
        assert_eq!((before.restarts, later.restarts), (0, 0));
        assert_eq!(before.cursor, later.cursor);
        assert_eq!(
            (before.cursor.position, before.cursor.digest),
            feed.tip(),
            "budget {budget}"
        );
        assert!(before.changes.contains(&door(4)));
        assert!(!later.changes.contains(&door(4)), "not a byte of it");
        for reader in [&before, &later] {
            let last = reader.departed.last().expect("told");
            let told = (last.document, last.position, last.erased);
            assert_eq!(told, (door(4), 11, erased));
        }
    }
}

#[test]
fn a_phone_half_way_goes_on_where_it_stood() {
    let mut feed = street();
    let mut half = Reader::new(false);
    let whole = feed.clone();
    let early = OneFeed {
        rows: whole.rows[..6].to_vec(),
        marks: Vec::new(),
    };
    half.read(&early, 1 << 20);
    feed.depart(4, false);
    half.read(&feed, 1 << 20);
    assert_eq!(half.restarts, 0);
    assert_eq!((half.cursor.position, half.cursor.digest), feed.tip());
    let read: Vec<_> = half.changes.iter().filter(|id| **id == door(4)).collect();
    assert_eq!(read.len(), 1, "its second change left before it was read");
}

#[test]
fn a_document_that_comes_back_stands_behind_its_marks() {
    let mut feed = street();
    feed.depart(4, false);
    feed.publish(4, 401);
    let mut later = Reader::new(false);
    later.read(&feed, 1 << 20);
    assert_eq!(later.changes.last(), Some(&door(4)));
    let told = later.departed.last().expect("told");
    assert!(told.position < later.cursor.position);
}

#[test]
fn a_phone_of_before_skips_a_position_each_and_agrees() {
    let mut feed = street();
    feed.depart(4, true);
    let mut old = Reader::new(true);
    old.read(&feed, 700);
    assert_eq!(old.restarts, 0);
    assert_eq!(old.cursor.position, 11);
    assert_ne!(old.cursor.digest, feed.tip().1, "it counts fewer");
    feed.publish(10, 10);
    old.read(&feed, 700);
    assert_eq!(old.restarts, 0);
    assert_eq!(old.changes.last(), Some(&door(10)));
    assert!(!old.changes.contains(&door(4)));
}

#[test]
fn a_phone_of_before_that_had_read_it_begins_again_once() {
    let mut feed = street();
    let mut old = Reader::new(true);
    old.read(&feed, 1 << 20);
    feed.depart(4, false);
    old.read(&feed, 1 << 20);
    assert_eq!(old.restarts, 1);
    feed.publish(10, 10);
    old.read(&feed, 1 << 20);
    assert_eq!(old.restarts, 1);
    assert_eq!(old.cursor.position, 12);
}

#[test]
fn a_care_plan_and_the_care_class_belong_together_and_nothing_else_does() {
    let kinds = [1, 2, 3, 4, 5, 99].map(DocumentKind);
    assert!(
        kinds
            .iter()
            .all(|kind| kind.belongs_in(AccessClass::GENERAL))
    );
    assert!(kinds.iter().all(|kind| !kind.belongs_in(AccessClass::CARE)));
    assert!(DocumentKind::CARE_PLAN.belongs_in(AccessClass::CARE));
    assert!(!DocumentKind::CARE_PLAN.belongs_in(AccessClass::GENERAL));
}
