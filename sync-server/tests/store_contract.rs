//! What every store must promise: an answer means durable, a failed write leaves nothing, a full queue says so.

use gridwalk_core::{
    ids::{GridId, Hash},
    sync::{
        answer::Feed,
        message::{AccessClass, Digest, DocumentKind, Partition},
    },
    time::Timestamp,
};
use gridwalk_server::{
    error::Error,
    store::{
        Connection, Store,
        feed::{self, Reading},
        log::{self, Entry, Origin},
        next_count,
    },
};
use proptest::prelude::*;
use std::sync::mpsc;
use uuid::Uuid;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("registry.db"), 8).expect("a store");
    (folder, store)
}

fn counted(store: &Store) -> i64 {
    store
        .read_now(|connection| {
            Ok(
                connection.query_row("select coalesce(sum(value), 0) from counter", [], |row| {
                    row.get(0)
                })?,
            )
        })
        .expect("a count")
}

#[test]
fn a_write_is_there_when_it_is_answered_and_after_reopening() {
    let (folder, store) = store();
    store
        .write_now(|connection| next_count(connection, "doors"))
        .expect("a write");
    assert_eq!(counted(&store), 1);
    drop(store);
    let store = Store::open(&folder.path().join("registry.db"), 8).expect("the same store");
    assert_eq!(counted(&store), 1);
}

#[test]
fn the_disk_is_asked_for_full_safety() {
    let (_folder, store) = store();
    let (mode, level) = store
        .write_now(|connection| {
            let mode: String = connection.query_row("pragma journal_mode", [], |row| row.get(0))?;
            let level: i64 = connection.query_row("pragma synchronous", [], |row| row.get(0))?;
            Ok((mode, level))
        })
        .expect("pragmas");
    assert_eq!((mode.as_str(), level), ("wal", 2));
}

#[test]
fn a_write_that_fails_or_panics_leaves_nothing_and_the_others_of_its_group_stand() {
    let (_folder, store) = store();
    let (began, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    // While the first is under way the others gather, and are committed together.
    let first = store.begin_write(move |connection| {
        let _ = began.send(());
        let _ = released.recv();
        next_count(connection, "first")
    });
    begun.recv().expect("the first has begun");
    let failing = store.begin_write(|connection| {
        next_count(connection, "failing")?;
        Err::<(), _>(Error::NotFound)
    });
    let panicking = store.begin_write(|connection| {
        next_count(connection, "panicking")?;
        if counted_now(connection) > 0 {
            panic!("on purpose");
        }
        Ok(())
    });
    let last = store.begin_write(|connection| next_count(connection, "last"));
    drop(release);
    assert_eq!(first.expect("queued").wait().expect("the first"), 1);
    assert!(matches!(
        failing.expect("queued").wait(),
        Err(Error::NotFound)
    ));
    assert!(matches!(
        panicking.expect("queued").wait(),
        Err(Error::Internal(_))
    ));
    assert_eq!(last.expect("queued").wait().expect("the last"), 1);
    assert_eq!(counted(&store), 2);
}

fn counted_now(connection: &Connection) -> i64 {
    connection
        .query_row("select count(*) from counter", [], |row| row.get(0))
        .unwrap_or(1)
}

#[test]
fn readers_see_one_moment_while_others_write() {
    let (_folder, store) = store();
    let seen = store
        .read_now(|connection| {
            let before = counted_now(connection);
            store.write_now(|connection| next_count(connection, "meanwhile"))?;
            Ok((before, counted_now(connection)))
        })
        .expect("a view");
    assert_eq!(seen, (0, 0));
    assert_eq!(counted(&store), 1);
}

#[test]
fn every_start_belongs_to_the_epoch_of_the_first() {
    let (folder, store) = store();
    let first = store
        .read_now(gridwalk_server::store::epoch)
        .expect("an epoch");
    drop(store);
    let store = Store::open(&folder.path().join("registry.db"), 8).expect("the same store");
    assert_eq!(
        store
            .read_now(gridwalk_server::store::epoch)
            .expect("an epoch"),
        first
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    /// Positions have no gaps, in whatever order partitions are written, and every row carries the digest of all
    /// before it.
    #[test]
    fn positions_are_gap_free_and_each_carries_the_running_digest(grids in prop::collection::vec(0u128..3, 1..40)) {
        let (_folder, store) = store();
        let expected = grids.clone();
        store.write_now(move |connection| {
            for (number, grid) in (0u64..).zip(&grids) {
                publish(connection, *grid, number)?;
            }
            Ok(())
        }).expect("published");
        for grid in 0..3 {
            let rows = store.read_now(|connection| Reading(connection).rows(&partition(grid), 0, 100)).expect("rows");
            let count = expected.iter().filter(|other| **other == grid).count();
            prop_assert_eq!(rows.len(), count);
            let mut digest = Digest::EMPTY;
            for (place, row) in (1..).zip(&rows) {
                digest.add(&Hash::of(&row.bytes));
                prop_assert_eq!((row.position, row.digest), (place, digest));
            }
        }
    }
}

fn partition(grid: u128) -> Partition {
    Partition {
        grid: GridId(Uuid::from_u128(grid)),
        class: AccessClass::GENERAL,
    }
}

fn publish(connection: &Connection, grid: u128, number: u64) -> Result<(), Error> {
    let document = Uuid::from_u128(1000 + grid).into();
    let bytes = number.to_be_bytes();
    log::catalogue(
        connection,
        document,
        DocumentKind::HOUSEHOLD,
        partition(grid),
    )?;
    let entry = Entry {
        document,
        hash: Hash::of(&bytes),
        actor: [7; 16],
        seq: number + 1,
        bytes: &bytes,
    };
    let origin = Origin {
        device: Uuid::nil().into(),
        worker: Uuid::nil().into(),
        envelope: None,
        received_at: Timestamp(0),
        offered_by: None,
    };
    let sequence = log::append(connection, &entry, "logged", &origin)?;
    feed::publish(connection, partition(grid), sequence, &entry.hash)?;
    Ok(())
}
