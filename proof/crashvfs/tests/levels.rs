//! SQLite alone over the disk, without the product: what each level promises is what is found after the cut.

use gridwalk_crashvfs::{Fault, Image, Level, Operation, Point, PointKind, Trace, install, mount};
use rusqlite::Connection;
use std::path::Path;

fn connect(folder: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(folder.join("a.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Sixty rows, each acknowledged, with a checkpoint now and then.
fn worked(level: Level) -> (Trace, Image) {
    install();
    let folder = tempfile::tempdir().unwrap();
    let disk = mount(folder.path(), Image::new(), level);
    let connection = connect(folder.path()).unwrap();
    let asked: i64 = connection
        .query_row("pragma synchronous", [], |row| row.get(0))
        .unwrap();
    let expected = match level {
        Level::AsAsked => 2,
        Level::Normal => 1,
        Level::Off => 0,
    };
    assert_eq!((asked, disk.asked("full")), (expected, 1));
    connection
        .execute_batch("create table t (n integer primary key, x blob)")
        .unwrap();
    for n in 1..=60 {
        connection
            .execute("insert into t values (?1, randomblob(3000))", [n])
            .unwrap();
        disk.acknowledge(n as u64);
        if n % 17 == 0 {
            connection
                .query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))
                .unwrap();
        }
    }
    drop(connection);
    (disk.trace(), disk.image())
}

/// Whether everything that was acknowledged before the point is there, in a sound database.
fn holds(point: &Point, image: Image) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let _disk = mount(folder.path(), image, Level::AsAsked);
    let look = || -> rusqlite::Result<bool> {
        let connection = connect(folder.path())?;
        let sound: String = connection.query_row("pragma integrity_check", [], |row| row.get(0))?;
        let Some(last) = point.acknowledged else {
            return Ok(sound == "ok");
        };
        let rows: i64 = connection.query_row(
            "select count(*) from t where n <= ?1 and length(x) = 3000",
            [last as i64],
            |row| row.get(0),
        )?;
        Ok(sound == "ok" && rows == last as i64)
    };
    look().unwrap_or(false)
}

fn lost(trace: &Trace, seeds: u64) -> usize {
    let points = trace.points();
    let cuts = (0..seeds).flat_map(|seed| trace.survivors(&points, seed).collect::<Vec<_>>());
    cuts.filter(|(point, image)| !holds(point, image.clone()))
        .count()
}

#[test]
fn nothing_acknowledged_is_lost_with_full_and_the_points_are_its_syncs() {
    let (trace, _) = worked(Level::AsAsked);
    let syncs = trace.points();
    let syncs = syncs.iter().filter(|p| p.kind == PointKind::Sync).count();
    assert!(syncs > 60, "{syncs} syncs");
    assert_eq!(lost(&trace, 3), 0);
}

#[test]
fn with_normal_the_last_rows_are_lost_and_with_off_the_database_too() {
    assert!(lost(&worked(Level::Normal).0, 1) > 20);
    assert!(lost(&worked(Level::Off).0, 1) > 40);
}

#[test]
fn the_same_seed_leaves_the_same_behind_and_another_seed_something_else() {
    let (trace, whole) = worked(Level::AsAsked);
    let points = trace.points();
    let of = |seed| -> Vec<Image> {
        trace
            .survivors(&points, seed)
            .map(|(_, image)| image)
            .collect()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
    // closed and checkpointed: the end is certain, whatever the seed
    assert_eq!(of(1).last().unwrap()["a.db"], whole["a.db"]);
}

#[test]
fn a_folder_without_a_disk_cannot_be_opened() {
    install();
    let folder = tempfile::tempdir().unwrap();
    assert!(connect(folder.path()).is_err());
}

#[test]
fn a_full_disk_and_failed_reads_writes_and_syncs_reach_the_program_as_errors() {
    install();
    let error = |operation| Fault::Error {
        operation,
        after: 0,
    };
    for (fault, code) in [
        (Fault::Full { after: 0 }, rusqlite::ErrorCode::DiskFull),
        (
            error(Operation::Write),
            rusqlite::ErrorCode::SystemIoFailure,
        ),
        (error(Operation::Sync), rusqlite::ErrorCode::SystemIoFailure),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let disk = mount(folder.path(), Image::new(), Level::AsAsked);
        let connection = connect(folder.path()).unwrap();
        connection
            .execute_batch("create table t (n integer primary key)")
            .unwrap();
        disk.fault(Some(fault));
        let refused = connection
            .execute("insert into t values (1)", [])
            .unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(code), "{fault:?}");
        assert_eq!(disk.fired(), 1, "{fault:?}");
    }
    // Without checksums SQLite takes the zeros behind a short read for data; the phone's SQLCipher does not.
    let read_fails = |fault| {
        let folder = tempfile::tempdir().unwrap();
        let disk = mount(folder.path(), Image::new(), Level::AsAsked);
        connect(folder.path())
            .unwrap()
            .execute_batch("create table t (n integer primary key); insert into t values (1)")
            .unwrap();
        let connection = connect(folder.path()).unwrap();
        disk.fault(Some(fault));
        let read = connection.query_row("select n from t", [], |row| row.get::<_, i64>(0));
        assert_eq!(disk.fired(), 1, "{fault:?}");
        read.is_err()
    };
    assert!(read_fails(error(Operation::Read)));
    read_fails(Fault::ShortRead { after: 0 });
}
