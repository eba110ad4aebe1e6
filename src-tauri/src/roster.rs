//! Who shares this phone, as far as it may be known before anybody has opened anything.
//!
//! Each worker has a folder: a database under a key of its own, photos, lock, device and actors. Nothing in one opens anything
//! in another. The first worker's folder is the data folder itself, as it was before phones were shared: nothing is moved when a
//! second one comes, so no cut can leave half of a move. Later ones have `workers/<number>`; a number is never given twice while
//! somebody is here.
//!
//! `workers.json` is not encrypted, because it is read before any PIN. It says how many share the phone, and of each: a number;
//! a name only if its owner wanted that; how much was unsent when they last went away. A thief learns from it that so many
//! people work with this phone, as the folders say anyway; not who they are, whom they visit, or when. A colleague who chooses
//! learns what the other would tell them in person: "I have three things left to send". Nobody has to be named on a phone that
//! passes through many hands; a number is no shame either.
//!
//! Without that file, or with one that cannot be read, the folders say who is here: a name is lost then, no record.

use crate::{
    database,
    error::{Answer, Failure},
    keystore::{gone, put},
    photo::album,
};
use gridwalk_core::error::Code;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

const FILE: &str = "workers.json";
const FOLDER: &str = "workers";
const VERSION: u32 = 1;
/// Whose folder is the data folder itself.
pub(crate) const FIRST: u32 = 1;

/// Everybody on this phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Roster {
    version: u32,
    /// The number of whoever comes next.
    next: u32,
    /// Who was here last.
    pub last: u32,
    pub workers: Vec<Entry>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub number: u32,
    /// Only if they wanted it here.
    pub name: Option<String>,
    pub standing: Standing,
    /// What was unsent when they went away; none while nobody knows, because the app ended under them.
    pub waiting: Option<u32>,
}

/// How far somebody has come, or gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The folder is there; no code was accepted yet, or the app ended before that was written down.
    Coming,
    Here,
    /// Everything of theirs is being deleted.
    Leaving,
}

impl Entry {
    fn here(number: u32) -> Self {
        Self {
            number,
            name: None,
            standing: Standing::Here,
            waiting: None,
        }
    }
}

impl Roster {
    /// Who is here.
    pub fn read(root: &Path) -> Answer<Self> {
        let text = match std::fs::read(root.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return found(root),
            other => other?,
        };
        match serde_json::from_slice::<Self>(&text) {
            Ok(roster) if roster.version <= VERSION => Ok(roster),
            Ok(_) => Err(Failure::new(Code::NewerData, "a newer app's workers")),
            Err(error) => {
                tracing::error!(%error, "who is here cannot be read; the folders say it");
                found(root)
            }
        }
    }

    /// A phone on which nobody is any more is as new.
    pub fn write(&self, root: &Path) -> Answer<()> {
        if self.workers.is_empty() {
            gone(std::fs::remove_file(root.join(FILE)))?;
            return Ok(File::open(root)?.sync_all()?);
        }
        put(root, FILE, &serde_json::to_vec(self)?)
    }

    /// Where the files of this worker lie.
    pub fn dir(root: &Path, number: u32) -> PathBuf {
        match number {
            FIRST => root.to_owned(),
            _ => root.join(FOLDER).join(number.to_string()),
        }
    }

    pub fn is_shared(&self) -> bool {
        self.workers.len() > 1
    }

    pub fn of(&mut self, number: u32) -> Answer<&mut Entry> {
        let mut workers = self.workers.iter_mut();
        let found = workers.find(|entry| entry.number == number);
        found.ok_or_else(|| Failure::new(Code::NotFound, format!("nobody here is number {number}")))
    }

    /// Somebody begins to come; their number.
    pub fn comes(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        self.workers.push(Entry {
            standing: Standing::Coming,
            ..Entry::here(number)
        });
        number
    }

    /// Nothing of theirs is left.
    pub fn left(&mut self, number: u32) {
        self.workers.retain(|entry| entry.number != number);
        if self.last == number {
            self.last = self.workers.first().map_or(FIRST, |entry| entry.number);
        }
    }
}

/// As the folders say; a folder without a database is nobody's.
fn found(root: &Path) -> Answer<Roster> {
    let mut numbers: Vec<u32> = match std::fs::read_dir(root.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
        Ok(folders) => folders
            .filter_map(|folder| folder.ok()?.file_name().to_str()?.parse().ok())
            .collect(),
    };
    numbers.push(FIRST);
    numbers.retain(|number| Roster::dir(root, *number).join(database::FILE).exists());
    numbers.sort_unstable();
    if numbers.is_empty() {
        numbers.push(FIRST);
    }
    Ok(Roster {
        version: VERSION,
        next: numbers.last().map_or(FIRST, |last| *last) + 1,
        last: numbers.first().copied().unwrap_or(FIRST),
        workers: numbers.into_iter().map(Entry::here).collect(),
    })
}

/// Deletes everything of this worker, after their key: what a cut leaves behind is noise by then. It may be asked again.
pub(crate) fn erase(root: &Path, number: u32) -> Answer<()> {
    let dir = Roster::dir(root, number);
    gone(std::fs::remove_dir_all(dir.join("keys")))?;
    if number != FIRST {
        return Ok(gone(std::fs::remove_dir_all(&dir))?);
    }
    // the others live below, and a window keeps files of its own beside
    gone(std::fs::remove_dir_all(dir.join(album::FOLDER)))?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        gone(std::fs::remove_file(
            dir.join(format!("{}{suffix}", database::FILE)),
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(roster: &Roster) -> Vec<u32> {
        roster.workers.iter().map(|entry| entry.number).collect()
    }

    fn has_a_database(root: &Path, number: u32) {
        let dir = Roster::dir(root, number);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join(database::FILE), b"sealed").unwrap();
    }

    #[test]
    fn a_phone_of_before_has_its_one_worker_where_they_were() {
        let root = tempfile::tempdir().unwrap();
        has_a_database(root.path(), FIRST);
        let roster = Roster::read(root.path()).unwrap();
        assert_eq!(numbers(&roster), [FIRST]);
        assert_eq!(Roster::dir(root.path(), FIRST), root.path());
        assert!(!roster.is_shared());
        assert!(
            !root.path().join(FILE).exists(),
            "and nothing is written for it"
        );
    }

    #[test]
    fn without_a_file_that_can_be_read_the_folders_say_who_is_here() {
        let root = tempfile::tempdir().unwrap();
        has_a_database(root.path(), FIRST);
        let mut roster = Roster::read(root.path()).unwrap();
        let second = roster.comes();
        roster.of(second).unwrap().standing = Standing::Here;
        has_a_database(root.path(), second);
        roster.write(root.path()).unwrap();
        assert_eq!(Roster::read(root.path()).unwrap(), roster);
        std::fs::create_dir_all(root.path().join(FOLDER).join("9")).unwrap();
        for torn in [&b"{\"version\":1,\"wor"[..], b"", b"\0\0\0"] {
            std::fs::write(root.path().join(FILE), torn).unwrap();
            let again = Roster::read(root.path()).unwrap();
            assert_eq!(numbers(&again), [FIRST, second]);
            assert_eq!(again.next, second + 1);
        }
    }

    #[test]
    fn of_somebody_who_leaves_nothing_stays_and_of_the_others_everything() {
        let root = tempfile::tempdir().unwrap();
        for number in [FIRST, 2, 3] {
            has_a_database(root.path(), number);
            let keys = Roster::dir(root.path(), number).join("keys");
            std::fs::create_dir_all(&keys).unwrap();
            std::fs::write(keys.join("database.key"), [7; 32]).unwrap();
        }
        let there = |number| {
            Roster::dir(root.path(), number)
                .join(database::FILE)
                .exists()
        };
        erase(root.path(), FIRST).unwrap();
        erase(root.path(), FIRST).unwrap();
        assert!(!root.path().join("keys").exists());
        assert!(!there(FIRST) && there(2) && there(3));
        erase(root.path(), 3).unwrap();
        assert!(!Roster::dir(root.path(), 3).exists());
        assert!(there(2));
    }
}
