//! What stands in `keys/lock.json`: written beside and renamed, so that a cut leaves the old PIN or the new one, never
//! neither. Nothing in it is a secret by itself.

use super::{
    back_off_ms,
    seal::{Kdf, Sealed},
};
use crate::{
    error::{Answer, Failure},
    keystore::{gone, put},
    view::Settings,
};
use gridwalk_core::{error::Code, ids::DeviceId, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

pub(super) const VERSION: u32 = 1;
const FILE: &str = "lock.json";

/// The lock of one phone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub version: u32,
    pub kdf: Kdf,
    /// Hex.
    pub salt: String,
    /// The database's key under the PIN; none after ten wrong ones.
    pub by_pin: Option<Sealed>,
    /// The same under what the centre keeps.
    pub by_centre: Sealed,
    /// Whom to ask for that.
    pub device: DeviceId,
    pub server: String,
    pub extra_root: Option<String>,
    /// How the lock screen looks: its words are wanted before anything can be read.
    pub look: Settings,
    pub wrong: u32,
    /// By the phone's own clock: what an app of before reads, which knows no other.
    pub last_wrong_at: Timestamp,
    /// How long the machine had been running; none when an older app counted.
    #[serde(default)]
    pub last_wrong_run: Option<i64>,
}

/// Whether the key is only to be had through the lock.
pub(crate) fn is_sealed(dir: &Path) -> bool {
    file(dir).exists() && !dir.join("keys").join("database.key").exists()
}

/// Whether somebody has to open it, sealed or not.
pub(crate) fn has_pin(dir: &Path) -> bool {
    file(dir).exists()
}

fn file(dir: &Path) -> PathBuf {
    dir.join("keys").join(FILE)
}

impl Record {
    /// None when this phone has no PIN.
    pub fn read(dir: &Path) -> Answer<Option<Self>> {
        let text = match std::fs::read_to_string(file(dir)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let record: Self = serde_json::from_str(&text)
            .map_err(|error| Failure::new(Code::StorageBroken, format!("the lock: {error}")))?;
        if record.version > VERSION {
            return Err(Failure::new(Code::NewerData, "a newer app's lock"));
        }
        Ok(Some(record))
    }

    pub fn write(&self, dir: &Path) -> Answer<()> {
        put(&dir.join("keys"), FILE, &serde_json::to_vec(self)?)
    }

    /// After [`Record::wait_ms`] has looked at the clock.
    pub fn write_if_changed(&self, dir: &Path) -> Answer<()> {
        match Self::read(dir)? {
            Some(same) if same == *self => Ok(()),
            _ => self.write(dir),
        }
    }

    pub fn remove(dir: &Path) -> Answer<()> {
        gone(std::fs::remove_file(file(dir)))?;
        Ok(File::open(dir.join("keys"))?.sync_all()?)
    }

    /// How long nobody may try, by how long the machine has been running: what has certainly passed since the last wrong PIN
    /// counts, whatever the clock shows. A machine that was started again since has been on for less; then it counts from
    /// its start, so the wait is never longer than one whole one.
    pub fn wait_ms(&mut self, running_ms: i64) -> i64 {
        let whole = back_off_ms(self.wrong);
        if whole == 0 {
            return 0;
        }
        let since = match self.last_wrong_run {
            Some(at) if at <= running_ms => running_ms.saturating_sub(at),
            Some(_) => {
                self.last_wrong_run = Some(0);
                running_ms
            }
            // an older app counted, by a clock that anybody can set
            None => {
                self.last_wrong_run = Some(running_ms);
                0
            }
        };
        whole.saturating_sub(since).clamp(0, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::seal;
    use crate::ports::SystemDice;

    const MINUTE: i64 = 60_000;

    /// After five wrong PINs: four minutes.
    fn waiting(last_wrong_run: Option<i64>) -> Record {
        Record {
            version: VERSION,
            kdf: Kdf {
                memory_kib: 8,
                passes: 1,
            },
            salt: String::new(),
            by_pin: None,
            by_centre: seal::seal(&[1; 32], &[2; 32], &SystemDice).unwrap(),
            device: DeviceId(uuid::Uuid::nil()),
            server: String::new(),
            extra_root: None,
            look: Settings::default(),
            wrong: 5,
            last_wrong_at: Timestamp(0),
            last_wrong_run,
        }
    }

    #[test]
    fn what_the_machine_ran_since_the_wrong_pin_is_what_counts() {
        let mut record = waiting(Some(100 * MINUTE));
        assert_eq!(record.wait_ms(100 * MINUTE), 4 * MINUTE);
        assert_eq!(record.wait_ms(103 * MINUTE), MINUTE);
        assert_eq!(record.wait_ms(104 * MINUTE), 0);
        assert_eq!(record.wait_ms(i64::MAX), 0);
    }

    #[test]
    fn a_machine_that_was_started_again_waits_from_its_start_and_not_again_when_it_has_run_as_long_as_before()
     {
        let mut record = waiting(Some(3 * MINUTE));
        assert_eq!(record.wait_ms(MINUTE), 3 * MINUTE);
        assert_eq!(
            record.wait_ms(3 * MINUTE),
            MINUTE,
            "it goes on, it does not begin again"
        );
        assert_eq!(record.wait_ms(4 * MINUTE), 0);
    }

    #[test]
    fn a_wait_that_an_older_app_began_is_waited_once_as_a_whole() {
        let mut record = waiting(None);
        assert_eq!(record.wait_ms(500 * MINUTE), 4 * MINUTE);
        assert_eq!(record.wait_ms(504 * MINUTE), 0);
        let older = serde_json::to_value(waiting(Some(7))).unwrap();
        let mut older = older.as_object().unwrap().clone();
        older.remove("last_wrong_run");
        let read: Record = serde_json::from_value(older.into()).unwrap();
        assert_eq!((read.wrong, read.last_wrong_run), (5, None));
    }
}
