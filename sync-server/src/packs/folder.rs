//! The folder of packs: immutable files named by their hash, read in pieces. A piece is not compared with its hash here:
//! the phone compares every frame with the signed manifest, and a damaged file only costs it the quicker way.
//!
//! Several servers may share the folder. A file that no row names yet looks like rubbish, so whoever builds owns a lock
//! from the first byte until its rows are committed, and nobody sweeps meanwhile. The operating system lets go of the lock
//! of a server that died, and what it left half written is swept by the next one.

use crate::error::{Error, Result};
use gridwalk_core::ids::Hash;
use std::{
    fs::{self, File, TryLockError},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

/// How the name of a file begins that is still being written.
const HALF: &str = "in-";

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens it, making it on first start.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Begins to put files here. Waits for a sweep that is under way; several may build at once.
    pub fn building(&self) -> Result<Building<'_>> {
        let lock = self.lock()?;
        lock.lock_shared()?;
        Ok(Building {
            folder: self,
            _lock: lock,
        })
    }

    /// Deletes what neither `named` names nor a server still writes; how many files. Nothing while somebody builds: then
    /// a later sweep does it.
    pub fn sweep(&self, named: impl FnOnce() -> Result<Vec<Hash>>) -> Result<usize> {
        let lock = self.lock()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(0),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        // asked only now: whoever built has committed what it names
        let named = named()?;
        let mut swept = 0;
        for file in fs::read_dir(&self.0)? {
            let file = file?;
            let name = file.file_name();
            let name = name.to_string_lossy();
            let rubbish = match name.parse::<Hash>() {
                Ok(hash) => !named.contains(&hash),
                Err(_) => name.starts_with(HALF),
            };
            if rubbish {
                fs::remove_file(file.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn lock(&self) -> Result<File> {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        Ok(options.open(self.0.join("lock"))?)
    }

    /// Whether this machine has it.
    pub fn has(&self, hash: &Hash) -> bool {
        self.path(hash).exists()
    }

    /// How long a file is; `NotFound` when it is not here.
    pub fn length(&self, hash: &Hash) -> Result<u64> {
        match fs::metadata(self.path(hash)) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::NotFound),
            Err(error) => Err(error.into()),
        }
    }

    /// A piece of a file.
    pub fn piece(&self, hash: &Hash, range: Range<u64>) -> Result<Vec<u8>> {
        let mut file = match File::open(self.path(hash)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NotFound),
            Err(error) => return Err(error.into()),
        };
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Built from a hash, never from text.
    fn path(&self, hash: &Hash) -> PathBuf {
        self.0.join(hash.to_string())
    }
}

/// Held while a pack is built, until its rows are committed: its files are nobody's rubbish.
pub struct Building<'a> {
    folder: &'a Folder,
    _lock: File,
}

impl Building<'_> {
    /// Makes a file durable under its hash. Again is a no-op.
    pub fn put(&self, hash: &Hash, bytes: &[u8]) -> Result<()> {
        let path = self.folder.path(hash);
        if path.exists() {
            return Ok(());
        }
        let part = self
            .folder
            .0
            .join(format!("{HALF}{}", uuid::Uuid::now_v7()));
        let mut file = File::create_new(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        File::open(&self.folder.0)?.sync_all()?;
        Ok(())
    }
}
