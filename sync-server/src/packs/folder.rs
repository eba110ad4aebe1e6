//! The folder of packs: immutable files named by their hash, read in pieces. A piece is not compared with its hash here:
//! the phone compares every frame with the signed manifest, and a damaged file only costs it the quicker way.

use crate::error::{Error, Result};
use gridwalk_core::ids::Hash;
use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

/// The folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Opens it, making it on first start.
    pub fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Makes a file durable under its hash. Again is a no-op.
    pub fn put(&self, hash: &Hash, bytes: &[u8]) -> Result<()> {
        let path = self.path(hash);
        if path.exists() {
            return Ok(());
        }
        let part = self.0.join(format!("in-{}", uuid::Uuid::now_v7()));
        let mut file = File::create_new(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        File::open(&self.0)?.sync_all()?;
        Ok(())
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

    /// Every file.
    pub fn all(&self) -> Result<Vec<Hash>> {
        let mut hashes = Vec::new();
        for file in fs::read_dir(&self.0)? {
            let name = file?.file_name();
            let name = name.to_string_lossy();
            hashes.extend(name.parse::<Hash>().ok());
        }
        Ok(hashes)
    }

    /// Deletes a file.
    pub fn forget(&self, hash: &Hash) -> Result<()> {
        match fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Built from a hash, never from text.
    fn path(&self, hash: &Hash) -> PathBuf {
        self.0.join(hash.to_string())
    }
}
