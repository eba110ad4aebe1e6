//! Blobs by their hash: photos, thumbnails and shared lines, and the pieces of uploads under way. They lie in a folder or in
//! an S3 bucket; whoever keeps them there is asked for whole objects only. An object has its name only after its bytes are
//! durable, and is never changed under it.

mod bucket;
mod folder;

use crate::{
    config::Config,
    error::{Error, Result},
    state::random,
};
use gridwalk_core::ids::Hash;
use std::{fmt::Debug, path::Path, sync::Arc, time::SystemTime};

const WHOLE: &str = "whole";
const PARTS: &str = "parts";

/// Where objects lie. Keys are built here, never from text that somebody sent.
trait Shelf: Debug + Send + Sync {
    /// The bytes are durable under this key when it returns. The same again changes nothing.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()>;
    /// The bytes, if there are any.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>>;
    /// Whether something is there.
    fn has(&self, key: &str) -> Result<bool>;
    /// Nothing is there afterwards.
    fn remove(&self, key: &str) -> Result<()>;
    /// The last parts of all keys that begin with this word, with the shelf's own time of their last change.
    fn list(&self, under: &str) -> Result<Vec<(String, SystemTime)>>;
}

/// The blobs of one server, or of several that share a bucket.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<dyn Shelf>);

impl Blobs {
    /// Opens the folder, making it on first start.
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self(Arc::new(folder::Folder::open(folder)?)))
    }

    /// Where the operator said: the bucket, or else the folder in the data folder.
    pub fn of(config: &Config) -> Result<Self> {
        match &config.bucket {
            Some(url) => Ok(Self(Arc::new(bucket::Bucket::open(url)?))),
            None => Self::open(&config.blobs()),
        }
    }

    /// Makes these bytes durable under their hash, which is returned. Again is a no-op.
    pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
        let hash = Hash::of(bytes);
        self.0.put(&key(&hash), bytes)?;
        Ok(hash)
    }

    /// The bytes under this hash. What no longer has its hash is [`Error::Damaged`], never data.
    pub fn get(&self, hash: &Hash) -> Result<Vec<u8>> {
        let bytes = self.0.get(&key(hash))?.ok_or(Error::NotFound)?;
        if Hash::of(&bytes) != *hash {
            return Err(Error::Damaged(*hash));
        }
        Ok(bytes)
    }

    /// Whether something of this name is here. Where that cannot be found out at this moment, nothing is.
    pub fn has(&self, hash: &Hash) -> bool {
        self.0.has(&key(hash)).unwrap_or(false)
    }

    /// Every hash that has a file, sorted.
    pub fn all(&self) -> Result<Vec<Hash>> {
        Ok(self.ages()?.into_iter().map(|(hash, _)| hash).collect())
    }

    /// The same with when each was put there, by the clock of the folder or bucket.
    pub fn ages(&self) -> Result<Vec<(Hash, SystemTime)>> {
        let listed = self.0.list(WHOLE)?.into_iter();
        let mut hashes: Vec<(Hash, SystemTime)> = listed
            .filter_map(|(name, put)| Some((name.parse().ok()?, put)))
            .collect();
        hashes.sort();
        Ok(hashes)
    }

    /// Deletes the bytes under this hash.
    pub fn forget(&self, hash: &Hash) -> Result<()> {
        self.0.remove(&key(hash))
    }

    /// Makes a piece of an upload durable; answers with the name under which it is read. Until a row names it, it is a stray.
    pub fn put_piece(&self, upload: &str, bytes: &[u8]) -> Result<String> {
        let ours = upload.len() == 32
            && upload
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !ours {
            return Err(Error::NotFound);
        }
        let name = format!("{upload}-{}", hex::encode(random::<8>()?));
        self.0.put(&format!("{PARTS}/{name}"), bytes)?;
        Ok(name)
    }

    /// A piece that a row names.
    pub fn piece(&self, name: &str) -> Result<Vec<u8>> {
        self.0
            .get(&format!("{PARTS}/{name}"))?
            .ok_or(Error::NotFound)
    }

    /// Throws pieces away.
    pub fn drop_pieces<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Result<()> {
        names
            .into_iter()
            .try_for_each(|name| self.0.remove(&format!("{PARTS}/{name}")))
    }

    /// Names among the parts that nobody has written to since `then`, by the clock of the folder or bucket: pieces of uploads
    /// that rest, and what a crash left.
    pub fn parts_at_rest(&self, then: SystemTime) -> Result<Vec<String>> {
        let listed = self.0.list(PARTS)?.into_iter();
        let resting = listed.filter(|(_, modified)| *modified < then);
        Ok(resting.map(|(name, _)| name).collect())
    }
}

/// Built from a hash, never from text, so that no name can lead outside.
fn key(hash: &Hash) -> String {
    let name = hash.to_string();
    format!("{WHOLE}/{}/{name}", &name[..2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
        blobs.forget(&hash).expect("gone");
        blobs.forget(&hash).expect("gone already");
        assert!(matches!(blobs.get(&hash), Err(Error::NotFound)));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_never_data_until_its_bytes_come_again() {
        let (dir, blobs) = folder();
        let hash = blobs.put(b"a photo").expect("put");
        fs::write(dir.path().join(key(&hash)), b"a phot0").expect("damage");
        assert!(matches!(blobs.get(&hash), Err(Error::Damaged(_))));
        blobs.put(b"a photo").expect("put again");
        assert_eq!(blobs.get(&hash).expect("get"), b"a photo");
    }

    #[test]
    fn a_piece_is_read_under_the_name_that_it_was_given_and_no_other_upload_gets_one() {
        let (_dir, blobs) = folder();
        let upload = "ab".repeat(16);
        let first = blobs.put_piece(&upload, b"one").expect("a piece");
        let second = blobs.put_piece(&upload, b"one").expect("another");
        assert_ne!(first, second);
        assert_eq!(blobs.piece(&first).expect("bytes"), b"one");
        blobs.drop_pieces([&first]).expect("dropped");
        assert!(matches!(blobs.piece(&first), Err(Error::NotFound)));
        let long = "a".repeat(33);
        for id in [
            "",
            "..",
            "../registry.db",
            "%2e%2e",
            "A0000000000000000000000000000000",
            &long,
        ] {
            assert!(
                matches!(blobs.put_piece(id, b""), Err(Error::NotFound)),
                "{id}"
            );
        }
    }
}
