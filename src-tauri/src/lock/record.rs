//! What stands in `keys/lock.json`: written beside and renamed, so that a cut leaves the old PIN or the new one, never
//! neither. Nothing in it is a secret by itself.

use super::{
    back_off_ms,
    seal::{Kdf, Sealed},
};
use crate::{
    error::{Answer, Failure},
    keystore::{private_file, private_folder},
    view::Settings,
};
use gridwalk_core::{error::Code, ids::DeviceId, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

pub(super) const VERSION: u32 = 1;

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
    /// By the phone's own clock.
    pub last_wrong_at: Timestamp,
}

/// Whether the key is only to be had through the lock.
pub(crate) fn is_sealed(dir: &Path) -> bool {
    file(dir).exists() && !dir.join("keys").join("database.key").exists()
}

fn file(dir: &Path) -> PathBuf {
    dir.join("keys").join("lock.json")
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
        let folder = dir.join("keys");
        private_folder(&folder)?;
        let draft = folder.join("lock.json.new");
        match std::fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut out = private_file(&draft)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        out.sync_all()?;
        std::fs::rename(&draft, file(dir))?;
        Ok(File::open(&folder)?.sync_all()?)
    }

    /// After [`Record::wait_ms`] has looked at the clock.
    pub fn write_if_changed(&self, dir: &Path) -> Answer<()> {
        match Self::read(dir)? {
            Some(same) if same == *self => Ok(()),
            _ => self.write(dir),
        }
    }

    pub fn remove(dir: &Path) -> Answer<()> {
        match std::fs::remove_file(file(dir)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(File::open(dir.join("keys"))?.sync_all()?),
        }
    }

    /// How long nobody may try. A clock that was set back before the last wrong PIN starts the wait again: that never
    /// makes it shorter, and never longer than one whole wait.
    pub fn wait_ms(&mut self, now: Timestamp) -> i64 {
        let whole = back_off_ms(self.wrong);
        if whole > 0 && now < self.last_wrong_at {
            self.last_wrong_at = now;
        }
        (whole - now.since(self.last_wrong_at)).clamp(0, whole)
    }
}
