//! A feed is cut into pages by the server and read back by the phone.

mod sync_street;

use gridwalk_core::{
    document::RawChange,
    error::Code,
    ids::{DocumentId, Hash},
    scan::ActorId,
    sync::{
        self,
        answer::{self, StoredRow},
        apply::{self, Holdings, Plan, PlanError},
        envelope::change_hash,
        message::*,
    },
};
use std::convert::Infallible;
use sync_street::{at, create, device, door, partition, server::Server};

/// What the phone of these tests once sent: envelope 5. The last of it counts as not accepted yet.
struct Sent(Vec<Hash>);
impl Holdings for Sent {
    type Error = Infallible;
    fn sent(&self, number: u64, index: u32) -> Result<Option<Hash>, Infallible> {
        Ok(self.0.get(index as usize).copied().filter(|_| number == 5))
    }
    fn unaccepted(
        &self,
        document: &DocumentId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<Hash>, Infallible> {
        let here = *document == door(9) && *actor == sync::actor(device(1), door(9), 0) && seq == 1;
        Ok(self.0.last().copied().filter(|_| here))
    }
}

/// Ten households in the feed of grid 1; the third to fifth came from phone 1, in its envelope 5.
fn feed() -> (Server, Vec<RawChange>, Sent) {
    let mut server = Server::new();
    let changes: Vec<RawChange> = (1..=10)
        .map(|n| create(1, door(n), at(n as i64)).change)
        .collect();
    let mut digest = Digest::EMPTY;
    for (index, change) in changes.iter().enumerate() {
        digest.add(&change.hash);
        let own = (2..5)
            .contains(&index)
            .then(|| (device(1), 5, index as u32 - 2));
        server
            .feeds
            .entry(partition(1))
            .or_default()
            .push(StoredRow {
                position: index as u64 + 1,
                digest,
                document: door(index as u64 + 1),
                kind: DocumentKind::HOUSEHOLD,
                bytes: change.bytes.clone(),
                from: own,
            });
    }
    let sent = Sent(changes[2..5].iter().map(|change| change.hash).collect());
    (server, changes, sent)
}

fn start() -> Cursor {
    Cursor {
        partition: partition(1),
        position: 0,
        digest: Digest::EMPTY,
    }
}

fn asks(cursor: Option<Cursor>) -> answer::Asked {
    answer::Asked {
        device: device(1),
        own_bytes: false,
        cursor,
        restart: false,
    }
}

fn news(server: &Server, asked: answer::Asked, mut budget: usize) -> Option<PartitionNews> {
    let Ok(news) = answer::news(server, partition(1), &asked, &mut budget);
    news
}

fn response(partitions: Vec<PartitionNews>) -> Response {
    Response {
        protocol: PROTOCOL,
        epoch: Epoch {
            counter: 3,
            nonce: 1,
        },
        server_time: at(0),
        results: Vec::new(),
        partitions,
        reference: ReferenceNews::default(),
        blobs: Vec::new(),
        envelope: None,
        gone: Vec::new(),
        dictionaries: None,
        packs: None,
        repair: None,
        watermarks: None,
        wanted: None,
    }
}

fn asked(cursors: Vec<Cursor>) -> apply::Asked {
    apply::Asked {
        epoch: Some(Epoch {
            counter: 3,
            nonce: 1,
        }),
        cursors,
        received_at: at(1_500),
        ..Default::default()
    }
}

fn plan(sent: &Sent, cursors: Vec<Cursor>, partitions: Vec<PartitionNews>) -> Plan {
    apply::plan(sent, &asked(cursors), &response(partitions)).expect("a plan")
}

#[test]
fn a_whole_feed_arrives_with_own_changes_named_in_one_row() {
    let (server, changes, sent) = feed();
    let page = news(&server, asks(Some(start())), 1 << 20).expect("news");
    assert_eq!(page.rows.len(), 8);
    assert_eq!(
        page.rows[2].body,
        FeedBody::Own {
            envelope: 5,
            first: 0,
            count: 3
        }
    );
    assert_eq!(
        (
            page.rows[2].position,
            page.rows[2].last_position(),
            page.rows[3].position
        ),
        (3, 5, 6)
    );
    let tip = page.cursor;
    let plan = plan(&sent, vec![start()], vec![page]);
    assert_eq!(plan.cursors, [tip]);
    assert_eq!(plan.changes.len(), 7);
    assert_eq!(plan.changes[0].header.hash, changes[0].hash);
    assert_eq!(plan.changes[0].bytes, changes[0].bytes);
    let placed: Vec<_> = plan
        .placed
        .iter()
        .map(|placed| (placed.hash, placed.position))
        .collect();
    assert_eq!(
        placed,
        [
            (changes[2].hash, 3),
            (changes[3].hash, 4),
            (changes[4].hash, 5)
        ]
    );
    assert!(plan.progress && !plan.more && !plan.restarted && plan.reread.is_empty());
    assert_eq!(plan.clock_ahead_ms, 1_500);
}

#[test]
fn pages_of_any_size_join_to_the_same_feed() {
    let (server, changes, sent) = feed();
    for budget in [1, 300, 700, 2_000] {
        let (mut cursor, mut read) = (start(), 0);
        while let Some(page) = news(&server, asks(Some(cursor)), budget) {
            let plan = plan(&sent, vec![cursor], vec![page.clone()]);
            assert!(plan.progress, "every page moves");
            read += plan.changes.len() + plan.placed.len();
            cursor = page.cursor;
            if !page.more {
                break;
            }
        }
        assert_eq!(
            (cursor.position, read),
            (10, changes.len()),
            "budget {budget}"
        );
    }
}

#[test]
fn a_cursor_at_the_tip_hears_nothing() {
    let (server, ..) = feed();
    let tip = news(&server, asks(Some(start())), 1 << 20)
        .expect("news")
        .cursor;
    assert_eq!(news(&server, asks(Some(tip)), 1 << 20), None);
}

#[test]
fn a_partition_that_the_phone_did_not_name_is_told_even_when_it_is_empty() {
    let server = Server::new();
    let page = news(&server, asks(None), 1 << 20).expect("told");
    assert_eq!(
        (page.rows.len(), page.restart, page.cursor),
        (0, false, start())
    );
}

#[test]
fn a_cursor_with_a_wrong_digest_or_beyond_the_tip_or_of_another_epoch_starts_again() {
    let (server, _, sent) = feed();
    let wrong = Cursor {
        position: 4,
        ..start()
    };
    let beyond = Cursor {
        position: 40,
        ..start()
    };
    let at_zero = Cursor {
        digest: Digest([1; 32]),
        ..start()
    };
    let other_life = answer::Asked {
        restart: true,
        ..asks(Some(start()))
    };
    for asked in [
        asks(Some(wrong)),
        asks(Some(beyond)),
        asks(Some(at_zero)),
        other_life,
    ] {
        let page = news(&server, asked, 1 << 20).expect("news");
        assert!(page.restart);
        assert_eq!((page.rows[0].position, page.cursor.position), (1, 10));
        let plan = plan(&sent, vec![asked.cursor.expect("named")], vec![page]);
        assert_eq!(
            (plan.reread.as_slice(), plan.cursors[0].position),
            (&[partition(1)][..], 10)
        );
        assert!(!plan.restarted, "the server noticed by itself");
    }
}

#[test]
fn a_phone_that_lost_what_it_sent_asks_for_the_bytes() {
    let (server, changes, _) = feed();
    let page = news(&server, asks(Some(start())), 1 << 20).expect("news");
    let lost = plan(&Sent(Vec::new()), vec![start()], vec![page.clone()]);
    assert!(lost.own_bytes && lost.restarted && lost.more && lost.changes.is_empty());
    assert!(!lost.applied().stalled, "it is read again at once");
    assert_eq!(lost.cursors, [start()]);
    // a phone restored from a copy signs envelope 5 a second time and would resolve the first by the second
    let twice = plan(&Sent(vec![Hash([1; 32]); 3]), vec![start()], vec![page]);
    assert!(twice.own_bytes && twice.restarted);
    let bytes = news(
        &server,
        answer::Asked {
            own_bytes: true,
            ..asks(Some(start()))
        },
        1 << 20,
    )
    .expect("news");
    let found = plan(&Sent(Vec::new()), vec![start()], vec![bytes]);
    assert_eq!(found.changes.len(), changes.len());
}

#[test]
fn a_page_with_a_gap_a_double_or_a_missing_row_is_not_believed() {
    let (server, _, sent) = feed();
    let whole = news(&server, asks(Some(start())), 1 << 20).expect("news");
    let mut gap = whole.clone();
    gap.rows.remove(1);
    let mut double = whole.clone();
    double.rows.insert(1, whole.rows[0].clone());
    let mut short = whole.clone();
    short.rows.pop();
    let mut other = whole.clone();
    if let FeedBody::Change { bytes, .. } = &mut other.rows[0].body {
        bytes[40] ^= 1;
    }
    let mut endless = whole.clone();
    endless.rows[2].body = FeedBody::Own {
        envelope: 5,
        first: 0,
        count: u32::MAX,
    };
    for page in [gap, double, short, other, endless] {
        let plan = plan(&sent, vec![start()], vec![page]);
        assert!(plan.restarted && plan.changes.is_empty() && plan.placed.is_empty());
        assert!(!plan.applied().stalled, "it is read again at once");
        assert_eq!(plan.reread, [partition(1)]);
    }
}

#[test]
fn a_page_of_long_ago_is_a_stray() {
    let (server, _, sent) = feed();
    let old = news(&server, asks(Some(start())), 300).expect("news");
    let far = Cursor {
        position: 9,
        ..start()
    };
    let result = apply::plan(&sent, &asked(vec![far]), &response(vec![old]));
    assert_eq!(result, Err(PlanError::Stray));
}

#[test]
fn results_for_another_upload_acknowledge_nothing() {
    let (_, changes, sent) = feed();
    let (ours, theirs) = (Hash([1; 32]), Hash([2; 32]));
    let mut asked = asked(Vec::new());
    asked.upload = Some((ours, vec![changes[0].hash, changes[1].hash]));
    let answer = |envelope: Option<Hash>, results: Vec<ChangeResult>| Response {
        envelope,
        results,
        ..response(Vec::new())
    };
    let stored = vec![ChangeResult::Stored, ChangeResult::Had];
    for stray in [
        answer(Some(theirs), stored.clone()),
        answer(None, stored.clone()),
        answer(None, Vec::new()),
        answer(Some(ours), stored[..1].to_vec()),
    ] {
        assert_eq!(apply::plan(&sent, &asked, &stray), Err(PlanError::Stray));
    }
    let plan = apply::plan(&sent, &asked, &answer(Some(ours), stored)).expect("a plan");
    assert_eq!(
        plan.receipts,
        [
            (changes[0].hash, ChangeResult::Stored),
            (changes[1].hash, ChangeResult::Had)
        ]
    );
    asked.upload = None;
    assert_eq!(
        apply::plan(
            &sent,
            &asked,
            &answer(Some(ours), vec![ChangeResult::Stored])
        ),
        Err(PlanError::Stray)
    );
}

#[test]
fn a_change_that_the_scanner_refuses_is_kept_aside_and_blocks_nothing() {
    let (mut server, _, sent) = feed();
    let poison = b"not a change at all".to_vec();
    let rows = server.feeds.get_mut(&partition(1)).expect("a feed");
    let mut digest = rows[9].digest;
    digest.add(&change_hash(&poison));
    let row = StoredRow {
        position: 11,
        digest,
        bytes: poison.clone(),
        ..rows[9].clone()
    };
    rows.push(row);
    let page = news(&server, asks(Some(start())), 1 << 20).expect("news");
    let plan = plan(&sent, vec![start()], vec![page]);
    assert_eq!(
        (
            plan.cursors[0].position,
            plan.changes.len(),
            plan.quarantined.len()
        ),
        (11, 7, 1)
    );
    assert_eq!(
        (plan.quarantined[0].code, &plan.quarantined[0].bytes),
        (Code::ChangeMalformed, &poison)
    );
}

#[test]
fn another_epoch_makes_the_phone_offer_everything_again_and_an_older_one_is_refused() {
    let (server, _, sent) = feed();
    let held = Cursor {
        position: 4,
        digest: Digest([9; 32]),
        ..start()
    };
    let quiet = Cursor {
        partition: partition(2),
        position: 7,
        digest: Digest([8; 32]),
    };
    let restart = answer::Asked {
        restart: true,
        ..asks(Some(held))
    };
    let page = news(&server, restart, 1 << 20).expect("news");
    let mut asked = asked(vec![held, quiet]);
    asked.epoch = Some(Epoch {
        counter: 2,
        nonce: 1,
    });
    let plan = apply::plan(&sent, &asked, &response(vec![page])).expect("a plan");
    assert_eq!(
        plan.new_epoch,
        Some(Epoch {
            counter: 3,
            nonce: 1
        })
    );
    assert_eq!(
        plan.cursors.len(),
        2,
        "no cursor of the other life survives"
    );
    assert_eq!(
        (plan.cursors[0].position, plan.cursors[1].position),
        (10, 0)
    );
    assert!(plan.applied().new_epoch);
    asked.epoch = Some(Epoch {
        counter: 3,
        nonce: 9,
    });
    let twin = apply::plan(&sent, &asked, &response(Vec::new())).expect("a plan");
    assert!(twin.new_epoch.is_some(), "restored twice from one backup");
    asked.epoch = Some(Epoch {
        counter: 4,
        nonce: 1,
    });
    assert_eq!(
        apply::plan(&sent, &asked, &response(Vec::new())),
        Err(PlanError::OlderEpoch)
    );
}

#[test]
fn rows_of_a_newer_server_are_kept_and_counted_over() {
    let newer = FeedBody::Other {
        bytes: vec![0x82, 0x18, 0x63, 0x80].into(),
    };
    let page = PartitionNews {
        partition: partition(1),
        restart: false,
        rows: vec![FeedRow {
            position: 1,
            body: newer.clone(),
        }],
        cursor: Cursor {
            position: 1,
            ..start()
        },
        more: false,
    };
    let plan = plan(&Sent(Vec::new()), vec![start()], vec![page]);
    assert_eq!(
        plan.unknown,
        [(
            partition(1),
            FeedRow {
                position: 1,
                body: newer
            }
        )]
    );
    assert_eq!(plan.cursors[0].position, 1);
}

#[test]
fn more_without_any_progress_is_a_stall() {
    let (_, _, sent) = feed();
    let page = PartitionNews {
        partition: partition(1),
        restart: false,
        rows: Vec::new(),
        cursor: start(),
        more: true,
    };
    assert!(plan(&sent, vec![start()], vec![page]).applied().stalled);
}

#[test]
fn a_number_that_arrives_with_other_bytes_refuses_the_own_change_as_forked() {
    let (server, _, sent) = feed();
    let page = news(&server, asks(Some(start())), 1 << 20).expect("news");
    let plan = plan(&sent, vec![start()], vec![page]);
    let forked = ChangeResult::Refused {
        code: "ACTOR_FORKED".into(),
        follows: None,
    };
    assert_eq!(plan.receipts, [(sent.0[2], forked)]);
    assert_eq!(plan.changes.len(), 7, "and the page is stored as ever");
}

#[test]
fn bytes_of_own_changes_are_asked_for_until_the_tip_is_reached() {
    let (server, ..) = feed();
    let lost = Sent(Vec::new());
    let (mut cursor, mut pages) = (start(), 0);
    let mut asked = asked(Vec::new());
    asked.own_bytes = true;
    while asked.own_bytes {
        asked.cursors = vec![cursor];
        let page = news(
            &server,
            answer::Asked {
                own_bytes: true,
                ..asks(Some(cursor))
            },
            2_000,
        )
        .expect("news");
        let plan = apply::plan(&lost, &asked, &response(vec![page])).expect("a plan");
        assert_eq!(plan.own_bytes, plan.more);
        (asked.own_bytes, cursor, pages) = (plan.own_bytes, plan.cursors[0], pages + 1);
    }
    assert!(cursor.position == 10 && pages > 1);
}
