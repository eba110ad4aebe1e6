//! What every store must promise: an answer means durable, a failed write leaves nothing, a full queue says so, positions
//! have no gaps and no reader skips one. Every promise is asked of SQLite, and of PostgreSQL where `scripts/postgres.sh`
//! has started one.

#[path = "field/database.rs"]
mod database;
#[path = "contract/glance.rs"]
mod glance;

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
        Connection, Fault, OptionalExtension, Store, audit,
        feed::{self, Reading},
        log::{self, Entry, Origin},
        next_count, params,
    },
};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{
    cell::RefCell,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
};
use uuid::Uuid;

/// Where a store is kept, so that it can be opened again.
struct Home {
    folder: tempfile::TempDir,
    postgres: Option<String>,
}

impl Home {
    fn file() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            postgres: None,
        }
    }

    /// None where there is no PostgreSQL, and says so.
    fn postgres() -> Option<Self> {
        let postgres = database::fresh();
        if postgres.is_none() {
            eprintln!(
                "skipped: {} names no PostgreSQL (scripts/postgres.sh)",
                database::ADDRESS
            );
        }
        Some(Self {
            postgres: Some(postgres?),
            ..Self::file()
        })
    }

    fn open(&self) -> Store {
        match &self.postgres {
            Some(url) => Store::connect(url, 8).expect("a store"),
            None => Store::open(&self.folder.path().join("registry.db"), 8).expect("a store"),
        }
    }
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $promise() {
                super::$promise(&super::Home::file());
            })*
        }
        mod postgres {
            $(#[test]
            fn $promise() {
                if let Some(home) = super::Home::postgres() {
                    super::$promise(&home);
                }
            })*
        }
    };
}

promises!(
    a_write_is_there_when_it_is_answered_and_after_reopening,
    a_write_that_fails_or_panics_leaves_nothing_and_the_others_of_its_group_stand,
    readers_see_one_moment_while_others_write,
    every_start_belongs_to_the_epoch_of_the_first,
    a_full_queue_says_so_at_once_and_what_waited_is_written,
    positions_are_gap_free_and_each_carries_the_running_digest,
    eight_writers_leave_no_gap_and_no_reader_skips_a_row,
    who_publishes_wakes_whoever_waits,
    what_was_written_down_of_people_is_never_changed,
    every_kind_of_value_comes_back_as_it_went,
    a_part_that_fails_leaves_nothing_and_the_rest_stands,
    what_is_asked_ahead_is_what_would_have_been_asked_one_by_one,
);

fn what_is_asked_ahead_is_what_would_have_been_asked_one_by_one(home: &Home) {
    glance::says_what_the_book_says(&home.open());
}

fn counted(store: &Store) -> i64 {
    let sum = "select cast(coalesce(sum(value), 0) as bigint) from counter";
    store
        .read_now(|connection| Ok(connection.query_row(sum, [], |row| row.get(0))?))
        .expect("a count")
}

fn a_write_is_there_when_it_is_answered_and_after_reopening(home: &Home) {
    let store = home.open();
    store
        .write_now(|connection| next_count(connection, "doors"))
        .expect("a write");
    assert_eq!(counted(&store), 1);
    drop(store);
    let store = home.open();
    assert_eq!(counted(&store), 1);
}

#[test]
fn the_disk_is_asked_for_full_safety() {
    let home = Home::file();
    let store = home.open();
    let (mode, level) = store
        .write_now(|connection| {
            let mode: String = connection.query_row("pragma journal_mode", [], |row| row.get(0))?;
            let level: i64 = connection.query_row("pragma synchronous", [], |row| row.get(0))?;
            Ok((mode, level))
        })
        .expect("pragmas");
    assert_eq!((mode.as_str(), level), ("wal", 2));
}

fn a_write_that_fails_or_panics_leaves_nothing_and_the_others_of_its_group_stand(home: &Home) {
    let store = home.open();
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

fn readers_see_one_moment_while_others_write(home: &Home) {
    let store = home.open();
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

fn every_start_belongs_to_the_epoch_of_the_first(home: &Home) {
    let store = home.open();
    let first = store
        .read_now(gridwalk_server::store::epoch)
        .expect("an epoch");
    drop(store);
    let store = home.open();
    assert_eq!(
        store
            .read_now(gridwalk_server::store::epoch)
            .expect("an epoch"),
        first
    );
}

/// Positions have no gaps, in whatever order partitions are written, and every row carries the digest of all before it.
fn positions_are_gap_free_and_each_carries_the_running_digest(home: &Home) {
    let store = home.open();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(16));
    let (mut number, mut digests) = (0u64, [Digest::EMPTY; 3]);
    let mut tips = [0u64; 3];
    let cases = RefCell::new((&mut number, &mut digests, &mut tips));
    let grids = prop::collection::vec(0u128..3, 1..40);
    let told = runner.run(&grids, |grids| {
        let mut case = cases.borrow_mut();
        let (number, digests, tips) = &mut *case;
        let (first, written) = (**number, grids.clone());
        **number += grids.len() as u64;
        store
            .write_now(move |connection| {
                (first..)
                    .zip(&written)
                    .try_for_each(|(number, grid)| publish(connection, *grid, number))
            })
            .expect("published");
        for grid in 0..3usize {
            let rows = store
                .read_now(|connection| {
                    Reading(connection).rows(&partition(grid as u128), tips[grid], 100)
                })
                .expect("rows");
            let count = grids.iter().filter(|other| **other == grid as u128).count();
            prop_assert_eq!(rows.len(), count);
            for row in rows {
                tips[grid] += 1;
                digests[grid].add(&Hash::of(&row.bytes));
                prop_assert_eq!((row.position, row.digest), (tips[grid], digests[grid]));
            }
        }
        Ok(())
    });
    told.expect("every case");
}

/// Counted while it lives, also when it ends in a panic.
struct Writing<'a>(&'a AtomicUsize);

impl<'a> Writing<'a> {
    fn begin(running: &'a AtomicUsize) -> Self {
        running.fetch_add(1, SeqCst);
        Self(running)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Where other processes may write too, half of the writers are of another one.
fn eight_writers_leave_no_gap_and_no_reader_skips_a_row(home: &Home) {
    const EACH: u64 = 25;
    let store = home.open();
    let other = match home.postgres {
        Some(_) => home.open(),
        None => store.clone(),
    };
    let (begun, running) = (Barrier::new(9), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for writer in 0..8u64 {
            let store = if writer % 2 == 0 { &store } else { &other };
            let (begun, running) = (&begun, Writing::begin(&running));
            scope.spawn(move || {
                let _running = running;
                begun.wait();
                for round in 0..EACH {
                    let first = (writer * EACH + round) * 2;
                    store
                        .write_now(move |connection| {
                            // Two partitions, in either order, but locked in one.
                            feed::lock(connection, &[partition(1), partition(0)])?;
                            let grid = u128::from((writer + round) % 2);
                            publish_of(connection, writer, grid, first)?;
                            publish_of(connection, writer, 1 - grid, first + 1)
                        })
                        .expect("a write");
                }
            });
        }
        scope.spawn(|| {
            begun.wait();
            let mut seen = [0u64; 2];
            while running.load(SeqCst) > 0 {
                for (grid, seen) in seen.iter_mut().enumerate() {
                    let rows = store
                        .read_now(|connection| {
                            Reading(connection).rows(&partition(grid as u128), *seen, 1000)
                        })
                        .expect("rows");
                    for row in rows {
                        assert_eq!(row.position, *seen + 1, "a reader skipped a row");
                        *seen += 1;
                    }
                }
            }
        });
    });
    for grid in 0..2 {
        let rows = store
            .read_now(|connection| Reading(connection).rows(&partition(grid), 0, 1000))
            .expect("rows");
        let mut digest = Digest::EMPTY;
        for (place, row) in (1..).zip(&rows) {
            digest.add(&Hash::of(&row.bytes));
            assert_eq!((row.position, row.digest), (place, digest));
        }
        assert_eq!(rows.len() as u64, 8 * EACH);
    }
}

fn a_full_queue_says_so_at_once_and_what_waited_is_written(home: &Home) {
    let store = home.open();
    let (began, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let mut writes = Vec::new();
    for _ in 0..store.writers() {
        let (began, released) = (began.clone(), released.clone());
        let slow = store.begin_write(move |_| {
            let _ = began.send(());
            let _ = released.lock().expect("nobody panicked").recv();
            Ok(0)
        });
        writes.push(slow.expect("room"));
        begun.recv().expect("it has begun");
    }
    for _ in 0..8 {
        let waits = store.try_begin_write(|connection| next_count(connection, "waited"));
        writes.push(waits.expect("a place in the queue"));
    }
    let refused = store.try_begin_write(|connection| next_count(connection, "refused"));
    assert!(matches!(refused, Err(Error::Busy)));
    drop(release);
    for write in writes {
        write.wait().expect("a write");
    }
    assert_eq!(counted(&store), 8);
}

fn who_publishes_wakes_whoever_waits(home: &Home) {
    let store = home.open();
    let other = match home.postgres {
        Some(_) => home.open(),
        None => store.clone(),
    };
    let mut woken = other.published();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    // Until it listens nothing is heard, so it is told until it hears; a wake-up may be lost, a change may not.
    let (heard, hears) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            runtime.block_on(woken.changed()).expect("a store");
            heard.send(()).expect("somebody waits");
        });
        while hears.try_recv().is_err() {
            store
                .write_now(|connection| Ok(connection.announce()?))
                .expect("a write");
        }
    });
}

fn what_was_written_down_of_people_is_never_changed(home: &Home) {
    let store = home.open();
    let entry = audit::Entry {
        subject: "somebody".into(),
        action: "login",
        object: "console".into(),
        result: "done".into(),
        address: "here".into(),
    };
    store
        .write_now(move |connection| audit::add(connection, &entry, Timestamp(1)))
        .expect("a row");
    for touch in ["update audit set subject = 'nobody'", "delete from audit"] {
        let touched = store.write_now(move |connection| Ok(connection.execute(touch, [])?));
        let refusal = touched.expect_err("it is never changed").to_string();
        assert!(refusal.contains("audit rows are never"), "{refusal}");
    }
}

fn every_kind_of_value_comes_back_as_it_went(home: &Home) {
    let store = home.open();
    let (id, hash) = (Uuid::from_u128(7), [9u8; 32]);
    store
        .write_now(move |connection| {
            connection.execute(
                "insert into enrol_code (id, secret_hash, worker, made_at, expires_at, used_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
                params!["梧桐", hash, id, -1i64, i64::MAX, None::<i64>],
            )?;
            connection.execute(
                "insert into building (id, grid, estate, number, storeys, walking_order, lon, lat)
                 select ?1, id, '', '', ?2, 0, ?3, ?4 from grid where id = ?1",
                params!["nowhere", true, 120.5f64, 30u32],
            )?;
            Ok(())
        })
        .expect("rows");
    let read = store.read_now(|connection| {
        let whole = connection.query_row(
            "select id, secret_hash, worker, made_at, expires_at, used_at, used_at is null, tries from enrol_code",
            [],
            |row| {
                assert_eq!(row.columns(), 8);
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, [u8; 32]>(1)?,
                    row.get::<_, Uuid>(2)?,
                    (row.get::<_, i64>(3)?, row.get::<_, i64>(4)?),
                    row.get::<_, Option<i64>>(5)?,
                    row.get::<_, bool>(6)?,
                    row.get::<_, u8>(7)?,
                ))
            },
        )?;
        let missing = connection
            .query_row("select id from enrol_code where id = ?1", ["x"], |row| row.get::<_, String>(0))
            .optional()?;
        assert_eq!(missing, None);
        let wrong = connection.query_row("select id from enrol_code", [], |row| row.get::<_, i64>(0));
        assert!(matches!(wrong, Err(Fault::Failed(_))));
        Ok(whole)
    });
    let whole = ("梧桐".to_owned(), hash, id, (-1, i64::MAX), None, true, 0);
    assert_eq!(read.expect("the row"), whole);
}

fn a_part_that_fails_leaves_nothing_and_the_rest_stands(home: &Home) {
    let store = home.open();
    store
        .write_now(|connection| {
            next_count(connection, "before")?;
            let failed = connection.savepoint(|connection| {
                next_count(connection, "part")?;
                connection.execute("insert into counter (name, value) values ('before', 7)", [])?;
                Ok::<_, Error>(())
            });
            assert!(failed.is_err());
            next_count(connection, "after")
        })
        .expect("the rest");
    assert_eq!(counted(&store), 2);
}

/// What only a database with several writers can do wrong.
mod several_writers {
    use super::*;

    #[test]
    fn a_database_that_would_lose_what_it_acknowledged_is_refused() {
        let Some(home) = Home::postgres() else { return };
        let url = home.postgres.as_deref().expect("an address");
        drop(home.open());
        let unsafe_url = format!("{url}%20-csynchronous_commit%3Doff");
        let refusal = match Store::connect(&unsafe_url, 8) {
            Ok(_) => panic!("it was opened"),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains("DATABASE_NOT_DURABLE"), "{refusal}");
        assert!(refusal.contains("synchronous_commit"), "{refusal}");
    }

    #[test]
    fn two_writes_that_wait_for_each_other_are_both_written() {
        let Some(home) = Home::postgres() else { return };
        let store = home.open();
        let both = Arc::new(Barrier::new(2));
        let crossing = |first: &'static str, second: &'static str| {
            let (both, mut met) = (both.clone(), false);
            store.begin_write(move |connection| {
                next_count(connection, first)?;
                if !std::mem::replace(&mut met, true) {
                    both.wait();
                }
                next_count(connection, second)
            })
        };
        let writes = [crossing("a", "b"), crossing("b", "a")];
        for write in writes {
            write.expect("room").wait().expect("a write");
        }
        assert_eq!(counted(&store), 4);
    }

    #[test]
    fn a_write_whose_connection_is_cut_before_its_commit_is_run_again() {
        let Some(home) = Home::postgres() else { return };
        let store = home.open();
        let mut runs = 0;
        let counted_runs = store.write_now(move |connection| {
            runs += 1;
            next_count(connection, "doors")?;
            if runs == 1 {
                // The database ends this connection, and says so or not.
                let _ = connection.execute("select pg_terminate_backend(pg_backend_pid())", []);
            }
            Ok(runs)
        });
        assert_eq!(counted_runs.expect("a write"), 2);
        assert_eq!(counted(&store), 1);
    }

    #[test]
    fn a_write_that_goes_on_after_a_failed_statement_is_never_called_durable() {
        let Some(home) = Home::postgres() else { return };
        let store = home.open();
        let lied = store.write_now(|connection| {
            next_count(connection, "doors")?;
            let _ = connection.execute("select 1 / 0", []);
            Ok(())
        });
        assert!(lied.is_err());
        assert_eq!(counted(&store), 0);
    }

    #[test]
    fn a_row_that_two_make_at_once_is_found_by_the_second() {
        let Some(home) = Home::postgres() else { return };
        let store = home.open();
        let (inserted, waits) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let first = store.begin_write(move |connection| {
            connection.execute("insert into counter (name, value) values ('one', 1)", [])?;
            let _ = inserted.send(());
            let _ = released.recv();
            Ok(())
        });
        waits.recv().expect("the first has inserted");
        let second = store.begin_write(move |connection| {
            let there = connection
                .prepare_cached("select 1 from counter where name = 'one'")?
                .exists([])?;
            if !there {
                connection.execute("insert into counter (name, value) values ('one', 1)", [])?;
            }
            Ok(there)
        });
        drop(release);
        first.expect("room").wait().expect("the first");
        second
            .expect("room")
            .wait()
            .expect("the second, at its second look");
        assert_eq!(counted(&store), 1);
    }
}

fn partition(grid: u128) -> Partition {
    Partition {
        grid: GridId(Uuid::from_u128(grid)),
        class: AccessClass::GENERAL,
    }
}

fn publish(connection: &Connection, grid: u128, number: u64) -> Result<(), Error> {
    publish_of(connection, 0, grid, number)
}

fn publish_of(connection: &Connection, writer: u64, grid: u128, number: u64) -> Result<(), Error> {
    let document = Uuid::from_u128(1000 + u128::from(writer) * 10 + grid).into();
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
