//! A folder: one file per object. A file has its name only after its bytes and its directory entry are on the disk.

use super::{PARTS, Shelf, WHOLE};
use crate::error::Result;
use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn open(folder: &Path) -> Result<Self> {
        let whole = folder.join(WHOLE);
        fs::create_dir_all(folder.join(PARTS))?;
        // Every shelf from the first day: one that appears later is an entry to be made durable before each of its files.
        for shelf in 0..=u8::MAX {
            fs::create_dir_all(whole.join(format!("{shelf:02x}")))?;
        }
        File::open(&whole)?.sync_all()?;
        Ok(Self(folder.to_owned()))
    }
}

impl Shelf for Folder {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let path = self.0.join(key);
        let entry = path.parent().unwrap_or(&self.0);
        if fs::read(&path).is_ok_and(|held| held == bytes) {
            // Whoever named it may have been killed, or may just be about to make the name durable.
            File::open(entry)?.sync_all()?;
            // As young as anything that was brought today: whoever removes what is old and nobody's leaves it alone.
            File::options()
                .write(true)
                .open(&path)?
                .set_modified(SystemTime::now())?;
            return Ok(());
        }
        let part = self
            .0
            .join(PARTS)
            .join(format!("in-{}", uuid::Uuid::now_v7()));
        let mut file = File::create_new(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(part, &path)?;
        File::open(entry)?.sync_all()?;
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(key)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn has(&self, key: &str) -> Result<bool> {
        Ok(self.0.join(key).try_exists()?)
    }

    fn remove(&self, key: &str) -> Result<()> {
        match fs::remove_file(self.0.join(key)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn list(&self, under: &str) -> Result<Vec<(String, SystemTime)>> {
        let mut listed = Vec::new();
        let mut folders = vec![self.0.join(under)];
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder)? {
                let file = file?;
                let seen = match file.metadata() {
                    Ok(seen) => seen,
                    // it went while we were looking
                    Err(error) if error.kind() == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error.into()),
                };
                if seen.is_dir() {
                    folders.push(file.path());
                } else if let Ok(name) = file.file_name().into_string() {
                    listed.push((name, seen.modified()?));
                }
            }
        }
        Ok(listed)
    }
}
