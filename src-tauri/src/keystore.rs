//! The key of the database, where the operating system has no key store: a file in the data directory's own `keys/`
//! folder that only its owner can read. A file that others can read is refused, not repaired in silence.

use crate::{
    error::{Answer, Failure},
    ports::{DatabaseKey, Dice, Keystore},
};
use gridwalk_core::error::Code;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// A key in a file.
pub struct FileKeystore {
    folder: PathBuf,
}

impl FileKeystore {
    /// The key of the phone whose data live in `dir`.
    pub fn in_data_dir(dir: &Path) -> Self {
        Self {
            folder: dir.join("keys"),
        }
    }
    fn file(&self) -> PathBuf {
        self.folder.join("database.key")
    }
    /// 32 bytes that are made on first use.
    fn secret(&self, name: &str, dice: &dyn Dice) -> Answer<[u8; 32]> {
        let path = self.folder.join(name);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                put(&self.folder, name, &dice.roll::<32>()?)?;
                File::open(&path)?
            }
            other => other?,
        };
        only_its_owner(&file)?;
        let mut key = Vec::new();
        Read::by_ref(&mut file).take(33).read_to_end(&mut key)?;
        key.try_into().map_err(|key: Vec<u8>| {
            Failure::new(
                Code::StorageBroken,
                format!("the key file has {} bytes, not 32", key.len()),
            )
        })
    }
}

/// Written beside and renamed, so that a cut leaves the whole file, or the one before or none. Nobody else writes it
/// meanwhile: for the key, the data directory's lock is held by then (hard links, which would not need it, are forbidden to
/// Android apps).
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Answer<()> {
    private_folder(folder)?;
    let draft = folder.join(format!("{name}.new"));
    gone(std::fs::remove_file(&draft))?;
    let mut file = private_file(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, folder.join(name))?;
    Ok(File::open(folder)?.sync_all()?)
}

/// Whether a file was there does not matter.
pub(crate) fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Keystore for FileKeystore {
    fn key(&self, dice: &dyn Dice) -> Answer<DatabaseKey> {
        // a new key beside a lock would be the key of nothing
        if !self.file().exists() && self.folder.join("lock.json").exists() {
            return Err(Failure::new(Code::Locked, "the key is sealed by a PIN"));
        }
        self.secret("database.key", dice).map(DatabaseKey)
    }
    fn machine(&self, dice: &dyn Dice) -> Answer<[u8; 32]> {
        self.secret("machine.key", dice)
    }
    fn keep_key(&self, key: &DatabaseKey) -> Answer<()> {
        put(&self.folder, "database.key", &key.0)
    }
    fn forget_key(&self) -> Answer<()> {
        // written over first: a file system that forgets nothing keeps zeros, where it lets us write in place at all
        match OpenOptions::new().write(true).open(self.file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(mut file) => {
                file.write_all(&[0; 32])?;
                file.sync_all()?;
            }
        }
        gone(std::fs::remove_file(self.file()))?;
        Ok(File::open(&self.folder)?.sync_all()?)
    }
}

#[cfg(unix)]
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(unix)]
fn only_its_owner(file: &File) -> Answer<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Failure::new(
            Code::StorageBroken,
            format!("the key file can be read by others (mode {mode:o}); it must be 600"),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn only_its_owner(_: &File) -> Answer<()> {
    Ok(()) // the profile folder's access list is the owner's
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SystemDice;

    /// What every key store must do, whoever keeps the key.
    fn keeps_one_key(store: &dyn Keystore, again: &dyn Keystore, other: &dyn Keystore) {
        let key = store.key(&SystemDice).unwrap();
        assert_eq!(
            store.key(&SystemDice).unwrap(),
            key,
            "the same on every call"
        );
        assert_eq!(
            again.key(&SystemDice).unwrap(),
            key,
            "the same after a restart"
        );
        assert_ne!(
            other.key(&SystemDice).unwrap(),
            key,
            "another for another phone"
        );
        assert_ne!(key.0, [0; 32]);
        assert!(!format!("{key:?}").contains(&hex::encode(key.0)));
    }

    #[test]
    fn a_file_keystore_keeps_one_key() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        keeps_one_key(
            &FileKeystore::in_data_dir(here.path()),
            &FileKeystore::in_data_dir(here.path()),
            &FileKeystore::in_data_dir(there.path()),
        );
        let files = std::fs::read_dir(here.path().join("keys")).unwrap().count();
        assert_eq!(files, 1, "nothing is left over");
    }

    #[test]
    #[cfg(unix)]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let here = tempfile::tempdir().unwrap();
        let store = FileKeystore::in_data_dir(here.path());
        store.key(&SystemDice).unwrap();
        let mode = std::fs::metadata(store.file())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(store.file(), PermissionsExt::from_mode(0o640)).unwrap();
        assert_eq!(
            store.key(&SystemDice).unwrap_err().code,
            Code::StorageBroken
        );
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        let here = tempfile::tempdir().unwrap();
        let store = FileKeystore::in_data_dir(here.path());
        private_folder(&store.folder).unwrap();
        private_file(&store.file())
            .unwrap()
            .write_all(&[7; 31])
            .unwrap();
        assert_eq!(
            store.key(&SystemDice).unwrap_err().code,
            Code::StorageBroken
        );
    }
}
