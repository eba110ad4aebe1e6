//! The one file: SQLite under SQLCipher. A commit that returned is on the disk (`synchronous=FULL`); one that failed
//! is never taken for clean again by this process.

use crate::{
    error::{Answer, Failure},
    ports::DatabaseKey,
};
use gridwalk_core::error::Code;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    path::Path,
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The file's name inside the data directory.
pub const FILE: &str = "gridwalk.db";

/// One writer, one reader; reading never waits for a write.
pub(crate) struct Database {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    /// A commit failed: what the file holds is unknown until it is opened again.
    doubtful: AtomicBool,
}

impl Database {
    /// Opens or makes the file. A wrong key is `STORAGE_BROKEN`, a schema of a newer app `NEWER_DATA`; both leave the
    /// file as it is.
    pub fn open(path: &Path, key: &DatabaseKey) -> Answer<Self> {
        let mut writer = connect(path, key)?;
        migrate(&mut writer)?;
        let reader = connect(path, key)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            doubtful: AtomicBool::new(false),
        })
    }

    /// Everything `act` does is one transaction: whole after this returns `Ok`, absent otherwise.
    pub fn write<T>(&self, act: impl FnOnce(&Connection) -> Answer<T>) -> Answer<T> {
        let mut writer = lock(&self.writer);
        if self.doubtful.load(Ordering::Acquire) {
            return Err(Failure::new(
                Code::StorageBroken,
                "a write failed; the app must be started again",
            ));
        }
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = act(&transaction)?;
        transaction.commit().inspect_err(|error| {
            // a full disk is answered before anything is half written; every other failure leaves doubt
            if error.sqlite_error_code() != Some(rusqlite::ErrorCode::DiskFull) {
                self.doubtful.store(true, Ordering::Release);
            }
        })?;
        Ok(done)
    }

    /// What was committed last, in one consistent view.
    pub fn read<T>(&self, look: impl FnOnce(&Connection) -> Answer<T>) -> Answer<T> {
        let mut reader = lock(&self.reader);
        let view = reader.transaction()?;
        look(&view)
    }
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // a panic inside rolled its transaction back; the connection is sound
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first connection of a process sets SQLCipher up, and SQLite does that after it has let go of its own lock: a second
/// thread that opens one meanwhile would be told that its key is no key.
fn set_up() {
    static DONE: Once = Once::new();
    DONE.call_once(|| drop(Connection::open_in_memory()));
}

fn connect(path: &Path, key: &DatabaseKey) -> Answer<Connection> {
    set_up();
    let connection = unlocked(path, &key.salted())
        // made by an app that still let the file choose its salt
        .or_else(|_| unlocked(path, &key.raw()))
        .map_err(|error| {
            Failure::new(
                Code::StorageBroken,
                format!("the database does not open with this key: {error}"),
            )
        })?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?; // SQLCipher does not encrypt temporary files
    connection.pragma_update(None, "secure_delete", true)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn unlocked(path: &Path, key: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // a wrong key is an answer of ours, not a page of the library's own words on standard error
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    // a raw key: 256,000 rounds of derivation would only slow the start down
    connection.pragma_update(None, "key", key)?;
    connection.query_row("select count(*) from sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Answer<()> {
    // A number below one that a phone already has would be left out with a line in a log nobody reads: the next migration
    // takes the next number, whatever landed first. Gaps are fine.
    let runner = embedded::migrations::runner()
        .set_grouped(true)
        .set_abort_missing(false);
    let newest = runner.get_migrations().iter().map(|m| m.version()).max();
    let broken = |error: refinery::Error| Failure::new(Code::StorageBroken, error.to_string());
    let held: Option<i64> = connection
        .query_row(
            "select count(*) from sqlite_master where name = 'refinery_schema_history'",
            [],
            |row| row.get::<_, bool>(0),
        )?
        .then(|| {
            connection.query_row(
                "select max(version) from refinery_schema_history",
                [],
                |row| row.get(0),
            )
        })
        .transpose()?
        .flatten();
    if held > newest.map(i64::from) {
        return Err(Failure::new(
            Code::NewerData,
            format!("the data have schema {held:?}, this app knows {newest:?}"),
        ));
    }
    runner.run(connection).map_err(broken)?;
    Ok(())
}

/// A small fact of this phone; one that this app cannot read is an error, not absent.
pub(crate) fn fact<T: DeserializeOwned>(db: &Connection, name: &str) -> Answer<Option<T>> {
    let json: Option<String> = db
        .prepare_cached("select value from fact where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// Writes a small fact.
pub(crate) fn set_fact(db: &Connection, name: &str, value: &impl Serialize) -> Answer<()> {
    db.prepare_cached(
        "insert into fact (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value",
    )?
    .execute((name, serde_json::to_string(value)?))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: DatabaseKey = DatabaseKey([7; 32]);

    #[test]
    fn the_file_shows_neither_its_format_nor_its_words_and_opens_with_its_key_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let database = Database::open(&path, &KEY).unwrap();
        database
            .write(|db| set_fact(db, "planted", &"502李阿姨说燃气软管硬了"))
            .unwrap();
        let wal = std::fs::read(dir.path().join("gridwalk.db-wal")).unwrap();
        assert!(!contains(&wal, "燃气软管".as_bytes()));
        drop(database);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"));
        assert!(!contains(&bytes, "燃气软管".as_bytes()));
        assert!(!contains(&bytes, b"create table"));

        let wrong = Database::open(&path, &DatabaseKey([8; 32])).err().unwrap();
        assert_eq!(wrong.code, Code::StorageBroken);
        let again = Database::open(&path, &KEY).unwrap();
        let words: Option<String> = again.read(|db| fact(db, "planted")).unwrap();
        assert_eq!(words.as_deref(), Some("502李阿姨说燃气软管硬了"));
    }

    #[test]
    fn a_schema_of_a_newer_app_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let database = Database::open(&path, &KEY).unwrap();
        database
            .write(|db| {
                db.execute_batch(
                    "insert into refinery_schema_history (version, name, applied_on, checksum)
                     values (99, 'from the future', '2030-01-01T00:00:00Z', '1')",
                )?;
                set_fact(db, "kept", &1)
            })
            .unwrap();
        drop(database);
        assert_eq!(
            Database::open(&path, &KEY).err().unwrap().code,
            Code::NewerData
        );
        let raw = connect(&path, &KEY).unwrap();
        assert_eq!(fact::<i32>(&raw, "kept").unwrap(), Some(1));
    }

    #[test]
    fn nothing_of_a_write_that_failed_half_way_remains() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join(FILE), &KEY).unwrap();
        let failed = database.write(|db| {
            set_fact(db, "half", &1)?;
            Err::<(), _>(Failure::internal("cut"))
        });
        assert!(failed.is_err());
        assert_eq!(database.read(|db| fact::<i32>(db, "half")).unwrap(), None);
    }

    #[test]
    fn rubbish_where_a_cut_checkpoint_wrote_page_one_costs_nothing_that_the_log_has() {
        let (dir, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = Database::open(&dir.path().join(FILE), &KEY).unwrap();
        database
            .write(|db| {
                // a new table changes page one
                db.execute_batch("create table one_more (n integer) strict")?;
                set_fact(db, "kept", &1)
            })
            .unwrap();
        let log = dir.path().join("gridwalk.db-wal");
        std::fs::copy(log, cut.path().join("gridwalk.db-wal")).unwrap();
        let mut bytes = std::fs::read(dir.path().join(FILE)).unwrap();
        bytes[..512].fill(0xA5);
        std::fs::write(cut.path().join(FILE), bytes).unwrap();
        let again = Database::open(&cut.path().join(FILE), &KEY).unwrap();
        assert_eq!(again.read(|db| fact(db, "kept")).unwrap(), Some(1));
    }

    #[test]
    fn a_file_that_chose_its_own_salt_opens_as_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        set_up();
        let db = unlocked(&path, &KEY.raw()).unwrap();
        db.execute_batch("create table fact (name text primary key, value text not null); insert into fact values ('kept', '1')")
            .unwrap();
        drop(db);
        let again = connect(&path, &KEY).unwrap();
        assert_eq!(fact::<i32>(&again, "kept").unwrap(), Some(1));
    }

    fn contains(hay: &[u8], needle: &[u8]) -> bool {
        hay.windows(needle.len()).any(|window| window == needle)
    }
}
