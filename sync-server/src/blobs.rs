//! The folder of blobs: one file per hash, never overwritten, and parts of uploads under way. A file has its name only
//! after its bytes and its directory entry are on the disk.

use crate::error::{Error, Result};
use gridwalk_core::ids::Hash;
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The folder.
#[derive(Clone, Debug)]
pub struct Blobs {
    whole: PathBuf,
    parts: PathBuf,
}

impl Blobs {
    /// Opens the folder, making it on first start.
    pub fn open(folder: &Path) -> Result<Self> {
        let blobs = Self {
            whole: folder.join("whole"),
            parts: folder.join("parts"),
        };
        fs::create_dir_all(&blobs.whole)?;
        fs::create_dir_all(&blobs.parts)?;
        // Every shelf from the first day: one that appears later is an entry to be made durable before each of its files.
        for shelf in 0..=u8::MAX {
            fs::create_dir_all(blobs.whole.join(format!("{shelf:02x}")))?;
        }
        File::open(&blobs.whole)?.sync_all()?;
        Ok(blobs)
    }

    /// Makes these bytes durable under their hash, which is returned. Again is a no-op.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = Hash::of(bytes);
        let path = self.path(&hash);
        if fs::read(&path).is_ok_and(|held| held == bytes) {
            // Whoever named it may have been killed, or may just be about to make the name durable.
            File::open(path.parent().unwrap_or(&self.whole))?.sync_all()?;
            return Ok(hash);
        }
        let part = self.parts.join(format!("in-{}", uuid::Uuid::now_v7()));
        let mut file = File::create_new(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.name(&part, &hash)?;
        Ok(hash)
    }

    /// The bytes under this hash. A file that no longer has its hash is an error, never data.
    pub fn get(&self, hash: &Hash) -> Result<Vec<u8>> {
        let bytes = match fs::read(self.path(hash)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NotFound);
            }
            Err(error) => return Err(error.into()),
        };
        if Hash::of(&bytes) != *hash {
            return Err(Error::Internal(format!("blob {hash} is damaged on disk")));
        }
        Ok(bytes)
    }

    /// Whether a file of this name is here.
    pub fn has(&self, hash: &Hash) -> bool {
        self.path(hash).exists()
    }

    /// Every hash that has a file, sorted.
    pub fn all(&self) -> Result<Vec<Hash>> {
        let mut hashes = Vec::new();
        for shelf in fs::read_dir(&self.whole)? {
            for file in fs::read_dir(shelf?.path())? {
                hashes.extend(
                    file?
                        .file_name()
                        .to_str()
                        .and_then(|name| name.parse::<Hash>().ok()),
                );
            }
        }
        hashes.sort();
        Ok(hashes)
    }

    /// Deletes the bytes under this hash.
    pub fn forget(&self, hash: &Hash) -> Result<()> {
        match fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// How much of an upload has arrived.
    pub fn part_length(&self, id: &str) -> Result<u64> {
        match fs::metadata(self.part(id)?) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens an upload's part at its end.
    pub fn open_part(&self, id: &str) -> Result<File> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.part(id)?)?;
        file.seek(SeekFrom::End(0))?;
        Ok(file)
    }

    /// The bytes of a part.
    pub fn read_part(&self, id: &str, most: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.part(id)?)?
            .take(most)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Gives a complete part its name. The caller has compared the hash.
    pub fn finish_part(&self, id: &str, hash: &Hash) -> Result<()> {
        let part = self.part(id)?;
        File::open(&part)?.sync_all()?;
        self.name(&part, hash)
    }

    /// Throws a part away.
    pub fn drop_part(&self, id: &str) -> Result<()> {
        match fs::remove_file(self.part(id)?) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Names of files among the parts that nobody has written to since `then`, by the clock of the file system: uploads
    /// that rest, and what a crash left of bytes on their way to [`Blobs::put`].
    pub fn parts_at_rest(&self, then: SystemTime) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for file in fs::read_dir(&self.parts)? {
            let file = file?;
            let modified = match file.metadata() {
                Ok(metadata) => metadata.modified()?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            if modified < then {
                names.extend(file.file_name().into_string());
            }
        }
        Ok(names)
    }

    /// Throws away a file that [`Blobs::parts_at_rest`] named.
    pub fn drop_stray(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.parts.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn name(&self, part: &Path, hash: &Hash) -> Result<()> {
        let path = self.path(hash);
        fs::rename(part, &path)?;
        File::open(path.parent().unwrap_or(&self.whole))?.sync_all()?;
        Ok(())
    }

    /// Built from a hash, never from text, so that no name can lead outside.
    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hash.to_string();
        self.whole.join(&name[..2]).join(name)
    }

    fn part(&self, id: &str) -> Result<PathBuf> {
        let ours = id.len() == 32
            && id
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !ours {
            return Err(Error::NotFound);
        }
        Ok(self.parts.join(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Blobs) {
        let dir = tempfile::tempdir().expect("a folder");
        let blobs = Blobs::open(dir.path()).expect("blobs");
        (dir, blobs)
    }

    #[test]
    fn bytes_come_back_under_their_hash() {
        let (_dir, blobs) = folder();
        let hash = blobs.put(b"a photo").expect("put");
        assert_eq!(blobs.put(b"a photo").expect("again"), hash);
        assert_eq!(blobs.get(&hash).expect("get"), b"a photo");
        assert_eq!(blobs.all().expect("all"), [hash]);
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_data() {
        let (_dir, blobs) = folder();
        let hash = blobs.put(b"a photo").expect("put");
        fs::write(blobs.path(&hash), b"a phot0").expect("damage");
        assert!(matches!(blobs.get(&hash), Err(Error::Internal(_))));
    }

    #[test]
    fn a_part_of_a_strange_name_does_not_exist() {
        let (_dir, blobs) = folder();
        let long = "a".repeat(33);
        for id in [
            "",
            "..",
            "../registry.db",
            "%2e%2e",
            "A0000000000000000000000000000000",
            &long,
        ] {
            assert!(matches!(blobs.open_part(id), Err(Error::NotFound)), "{id}");
        }
    }
}
