//! What must not come back with an old backup: erasures, revocations, scopes, and the lives of the store themselves. One
//! line each, on the disk before it is done, in a file that no backup has and no restore replaces. Put it on another disk
//! than the data: `--ledger`.
//!
//! Every line carries the hash of the line before, so that a missing or altered one shows, the last one as soon as another
//! follows.

use crate::{
    error::{Error, Result},
    state::AppState,
};
use chrono::NaiveDate;
use gridwalk_core::{
    ids::{DeviceId, DocumentId, GridId, Hash},
    reference::{Cover, Person},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// What is remembered.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A device was revoked.
    Revoked {
        /// Which.
        device: DeviceId,
    },
    /// A document was erased; its id never comes back.
    Erased {
        /// Which.
        document: DocumentId,
        /// Its kind, as on the wire.
        kind: u16,
        /// Where it lived.
        grid: GridId,
        /// Its access class.
        class: u8,
    },
    /// A document lives in another grid.
    Moved {
        /// Which.
        document: DocumentId,
        /// Where.
        to: GridId,
    },
    /// A person's grids are these from now on.
    Scope {
        /// As phones get it.
        person: Box<Person>,
        /// How the login names them.
        login: Option<String>,
        /// Days of a substitute's grids as lines of before say them; the person carries them by now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        days: Vec<(GridId, Days)>,
    },
    /// A life of the store began by a restore.
    Epoch {
        /// Its number.
        counter: u64,
    },
}

/// First and last day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Days {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

impl Days {
    /// Of that grid.
    pub fn of(self, grid: GridId) -> Cover {
        let Self { from, to } = self;
        Cover { grid, from, to }
    }
}

/// One line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Hash of the line before, as it stands there; of nothing before the first.
    pub previous: String,
    /// What.
    pub entry: Entry,
}

/// The file. Several processes of one machine may write to it.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger at this path; the file is made when something is first written.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line and answers when it is on the disk.
    pub fn append(&self, entry: Entry, at: Timestamp) -> Result<()> {
        let new = !self.path.exists();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        file.lock()?;
        let (length, last) = end(&mut file)?;
        // half a line is what a power cut left behind; it was never answered
        file.set_len(length)?;
        let line = Line {
            at,
            previous: Hash::of(last.as_bytes()).to_string(),
            entry,
        };
        let json =
            serde_json::to_string(&line).map_err(|error| Error::internal("ledger", error))?;
        file.write_all(format!("{json}\n").as_bytes())?;
        file.sync_all()?;
        if new && let Some(folder) = self.path.parent().filter(|folder| folder.is_dir()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Every line in order; none when there is no file. An altered, missing or foreign line is an error: what it said may
    /// be an erasure.
    pub fn read(&self) -> Result<Vec<Line>> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file?,
        };
        let (mut lines, mut before) = (Vec::new(), String::new());
        let mut reader = BufReader::new(file);
        for number in 1.. {
            let mut text = String::new();
            reader.read_line(&mut text)?;
            let Some(whole) = text.strip_suffix('\n') else {
                break; // the end, or half a line that was never answered
            };
            let line: Line = serde_json::from_str(whole).map_err(|error| {
                Error::Internal(format!("line {number} of the ledger: {error}"))
            })?;
            if line.previous != Hash::of(before.as_bytes()).to_string() {
                return Err(Error::Internal(format!(
                    "line {number} of the ledger does not follow the line before"
                )));
            }
            lines.push(line);
            before = whole.into();
        }
        Ok(lines)
    }
}

/// Writes a line into the server's ledger. Call it before what it says is done: a line too many is applied to no harm, one
/// too few brings back what is gone.
pub async fn remember(state: &AppState, entry: Entry) -> Result<()> {
    let (ledger, now) = (state.config.ledger(), state.now());
    tokio::task::spawn_blocking(move || ledger.append(entry, now))
        .await
        .map_err(|error| Error::internal("the ledger", error))?
}

/// Where the last whole line ends, and that line without its end.
fn end(file: &mut File) -> Result<(u64, String)> {
    file.seek(SeekFrom::Start(0))?;
    let mut all = String::new();
    file.read_to_string(&mut all)?;
    let whole = all.rfind('\n').map_or("", |end| &all[..=end]);
    let last = whole.lines().next_back().unwrap_or_default();
    Ok((whole.len() as u64, last.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn revoked(number: u128) -> Entry {
        Entry::Revoked {
            device: DeviceId(Uuid::from_u128(number)),
        }
    }

    fn ledger() -> (tempfile::TempDir, Ledger) {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::at(dir.path().join("ledger"));
        (dir, ledger)
    }

    #[test]
    fn lines_come_back_in_order_and_none_where_there_is_no_file() {
        let (_dir, ledger) = ledger();
        assert_eq!(ledger.read().expect("read"), []);
        for number in 1..=3 {
            ledger
                .append(revoked(number), Timestamp(5))
                .expect("written");
        }
        let entries: Vec<Entry> = ledger
            .read()
            .expect("read")
            .into_iter()
            .map(|line| line.entry)
            .collect();
        assert_eq!(entries, [revoked(1), revoked(2), revoked(3)]);
    }

    #[test]
    fn a_line_that_was_altered_or_taken_out_is_an_error() {
        let (_dir, ledger) = ledger();
        for number in 1..=3 {
            ledger
                .append(revoked(number), Timestamp(5))
                .expect("written");
        }
        let text = std::fs::read_to_string(ledger.path()).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        let without = format!("{}\n{}\n", lines[0], lines[2]);
        std::fs::write(ledger.path(), without).expect("written");
        assert!(ledger.read().is_err());
        let altered = text.replacen("000000000001", "000000000009", 1);
        assert_ne!(altered, text);
        std::fs::write(ledger.path(), altered).expect("written");
        assert!(ledger.read().is_err());
    }

    #[test]
    fn half_a_line_was_never_answered_and_the_next_one_takes_its_place() {
        let (_dir, ledger) = ledger();
        ledger.append(revoked(1), Timestamp(5)).expect("written");
        let text = std::fs::read_to_string(ledger.path()).expect("text");
        std::fs::write(ledger.path(), format!("{text}{{\"at\":7,\"prev")).expect("written");
        assert_eq!(ledger.read().expect("read").len(), 1);
        ledger.append(revoked(2), Timestamp(8)).expect("written");
        assert_eq!(ledger.read().expect("read").len(), 2);
    }
}
