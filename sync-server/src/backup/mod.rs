//! Backups: everything that is true, in one consistent view, while phones go on uploading; sealed to a key that the server
//! does not have; and the way back. The form does not depend on the store.
//!
//! ```text
//! DIR/backup-000007/log.sealed      the rows (dump.rs), packed and sealed (seal.rs)
//! DIR/backup-000007/manifest.json   written last: without it there is no backup
//! DIR/blobs/3f/3f…e1                photos, thumbnails and lines, each sealed by itself, only added
//! ```
//!
//! A backup counts for phones only after somebody with the private key has opened all of it ([`verify`]): then they learn
//! the positions that are in it and may let go of what they kept until then. What must not come back with an old backup
//! stands in the [`crate::ledger`].

pub mod seal;

mod dump;
mod restore;
mod tables;
mod verify;

pub use restore::{Restored, restore};
pub use tables::{PASSING, REMADE, REMADE_COLUMNS, TRUTH, Table};
pub use verify::{Verified, verify};

use crate::{
    blobs::Blobs,
    error::{Error, Result},
    state::AppState,
    store::life,
};
use gridwalk_core::{ids::Hash, sync::message::Epoch, time::Timestamp};
use seal::{Identity, Opening, Recipient, Sealing};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

/// What lies beside the sealed rows, readable by everybody; it names no person and no place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Form of the folder.
    pub form: u32,
    /// Number of the backup.
    pub number: u64,
    /// The life of the store that it is of: counter.
    pub epoch_counter: u64,
    /// And nonce; decimal text, because JSON numbers end at 2⁵³.
    pub epoch_nonce: String,
    /// When it began, by the server's clock. Photos that arrived before are in it.
    pub began_at: Timestamp,
    /// Whose key opens it.
    pub recipient: String,
    /// SHA-256 of `log.sealed`.
    pub log: String,
    /// Its bytes.
    pub log_bytes: u64,
    /// Blobs that the rows name and that were there.
    pub blobs: u64,
}

/// What a backup did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Made {
    /// Its number.
    pub number: u64,
    /// Rows written.
    pub rows: u64,
    /// Changes among them.
    pub changes: u64,
    /// Blobs that were added; the others were there from earlier backups.
    pub new_blobs: u64,
    /// All blobs.
    pub blobs: u64,
    /// Blobs that the server itself lacks or that are damaged there.
    pub missing: Vec<String>,
}

/// Makes a backup into `to`, which may hold earlier ones. The server may be running.
pub async fn make(state: &AppState, to: &Path, recipient: Recipient) -> Result<Made> {
    let now = state.now();
    // a life that was lost may have left backups there which this one does not know of
    let taken = taken(to)?;
    let number = state
        .store
        .write(move |connection| life::begin_backup(connection, taken, now))
        .await?;
    let (store, blobs, to) = (state.store.clone(), state.blobs.clone(), to.to_owned());
    let written = tokio::task::spawn_blocking(move || {
        let folder = folder_of(&to, number);
        fs::create_dir_all(&folder)?;
        let path = folder.join("log.sealed");
        // one view of the store: log, feeds and everything else belong together
        let view = store.read_now(|connection| {
            let file = BufWriter::new(File::create(&path)?);
            let sealing = Sealing::begin(file, &recipient, &log_name(number))?;
            let mut packing = zstd::stream::write::Encoder::new(sealing, 6)?;
            let counts = dump::write(connection, number, now, &mut packing)?;
            let file = packing.finish()?.finish()?;
            durable(file)?;
            let mut named = Vec::new();
            connection
                .prepare_cached("select hash from blob order by hash")?
                .each([], |row| {
                    named.push(row.get::<_, [u8; 32]>(0).map(Hash));
                    true
                })?;
            let named = named
                .into_iter()
                .collect::<std::result::Result<Vec<Hash>, _>>()?;
            let epoch = crate::store::epoch(connection)?;
            Ok((counts, named, life::tips(connection)?, epoch))
        })?;
        let (counts, named, tips, epoch) = view;
        let (mut new_blobs, mut missing) = (0, Vec::new());
        for hash in &named {
            match keep_blob(&to, &blobs, hash, &recipient) {
                Ok(true) => new_blobs += 1,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%hash, %error, "a blob is not in the backup");
                    missing.push(hash.to_string());
                }
            }
        }
        let (log, log_bytes) = hash_of_file(&path)?;
        let manifest = Manifest {
            form: 1,
            number,
            epoch_counter: epoch.counter,
            epoch_nonce: epoch.nonce.to_string(),
            began_at: now,
            recipient: recipient.to_string(),
            log: log.to_string(),
            log_bytes,
            blobs: (named.len() - missing.len()) as u64,
        };
        let manifest = write_manifest(&folder, &manifest)?;
        let made = Made {
            number,
            rows: counts.values().sum(),
            changes: counts.get("change").copied().unwrap_or(0),
            new_blobs,
            blobs: named.len() as u64,
            missing,
        };
        Ok::<_, Error>((made, manifest, tips))
    })
    .await
    .map_err(|error| Error::internal("backup", error))??;
    let (made, manifest, tips) = written;
    state
        .store
        .write(move |connection| life::complete_backup(connection, number, &manifest, &tips))
        .await?;
    Ok(made)
}

fn folder_of(root: &Path, number: u64) -> PathBuf {
    root.join(format!("backup-{number:06}"))
}

/// The name that a log is sealed under, so that one cannot be put in another's place.
fn log_name(number: u64) -> String {
    format!("log {number}")
}

/// A backed-up blob's place.
fn place_of(root: &Path, hash: &Hash) -> PathBuf {
    let name = hash.to_string();
    root.join("blobs").join(&name[..2]).join(name)
}

/// Adds a blob; false when it was there. What is damaged here is not put into a backup.
fn keep_blob(root: &Path, blobs: &Blobs, hash: &Hash, recipient: &Recipient) -> Result<bool> {
    let place = place_of(root, hash);
    if place.exists() {
        return Ok(false);
    }
    let bytes = blobs.get(hash)?;
    let shelf = place.parent().unwrap_or(root);
    fs::create_dir_all(shelf)?;
    let part = place.with_extension("part");
    let mut sealing = Sealing::begin(
        BufWriter::new(File::create(&part)?),
        recipient,
        &hash.to_string(),
    )?;
    sealing.write_all(&bytes)?;
    durable(sealing.finish()?)?;
    fs::rename(&part, &place)?;
    File::open(shelf)?.sync_all()?;
    Ok(true)
}

/// A blob out of a backup, whole or not at all.
fn blob(root: &Path, hash: &Hash, identity: &Identity) -> Result<Vec<u8>> {
    let file = BufReader::new(File::open(place_of(root, hash))?);
    let mut bytes = Vec::new();
    Opening::begin(file, identity, &hash.to_string())?.read_to_end(&mut bytes)?;
    if Hash::of(&bytes) != *hash {
        return Err(Error::Internal(format!(
            "the blob {hash} of the backup is another one"
        )));
    }
    Ok(bytes)
}

fn durable(file: BufWriter<File>) -> Result<()> {
    let file = file
        .into_inner()
        .map_err(|error| Error::internal("backup", error.error()))?;
    file.sync_all()?;
    Ok(())
}

fn hash_of_file(path: &Path) -> Result<(Hash, u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut sha, mut buffer, mut length) = (Sha256::new(), vec![0; 64 * 1024], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((Hash(sha.finalize().into()), length));
        }
        sha.update(&buffer[..read]);
        length += read as u64;
    }
}

fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<Hash> {
    let bytes =
        serde_json::to_vec_pretty(manifest).map_err(|error| Error::internal("manifest", error))?;
    let part = folder.join("manifest.part");
    let mut file = File::create(&part)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&part, folder.join("manifest.json"))?;
    File::open(folder)?.sync_all()?;
    Ok(Hash::of(&bytes))
}

/// The manifest of a backup in `from` and its hash: of the newest complete one, unless a number is given.
pub fn manifest(from: &Path, number: Option<u64>) -> Result<(Manifest, Hash)> {
    let number = match number {
        Some(number) => number,
        None => newest(from)?.ok_or_else(|| {
            Error::Internal(format!("there is no complete backup in {}", from.display()))
        })?,
    };
    let bytes = fs::read(folder_of(from, number).join("manifest.json"))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| Error::internal("manifest", error))?;
    if manifest.form > 1 || manifest.number != number {
        return Err(Error::Internal(
            "the manifest is of another backup or of a newer program".into(),
        ));
    }
    Ok((manifest, Hash::of(&bytes)))
}

fn newest(from: &Path) -> Result<Option<u64>> {
    let mut complete = folders(from)?;
    complete.retain(|(_, folder)| folder.join("manifest.json").exists());
    Ok(complete.into_iter().map(|(number, _)| number).max())
}

/// The highest number that a folder has, complete or not; 0 when there is none.
fn taken(to: &Path) -> Result<u64> {
    if !to.exists() {
        return Ok(0);
    }
    let numbers = folders(to)?.into_iter().map(|(number, _)| number);
    Ok(numbers.max().unwrap_or(0))
}

fn folders(root: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix("backup-"))
            .and_then(|number| number.parse().ok());
        folders.extend(number.map(|number| (number, entry.path())));
    }
    Ok(folders)
}

impl Manifest {
    /// The life of the store that it is of.
    pub fn epoch(&self) -> Result<Epoch> {
        Ok(Epoch {
            counter: self.epoch_counter,
            nonce: self
                .epoch_nonce
                .parse()
                .map_err(|error| Error::internal("manifest", error))?,
        })
    }

    /// The rows, unpacked as they are read, after the sealed file was compared with what the manifest says.
    fn open(&self, from: &Path, identity: &Identity) -> Result<impl Read> {
        let path = folder_of(from, self.number).join("log.sealed");
        let (hash, bytes) = hash_of_file(&path)?;
        if hash.to_string() != self.log || bytes != self.log_bytes {
            return Err(Error::Internal(
                "the sealed rows are not those that the manifest names".into(),
            ));
        }
        let opening = Opening::begin(
            BufReader::new(File::open(path)?),
            identity,
            &log_name(self.number),
        )?;
        Ok(zstd::stream::read::Decoder::new(opening)?)
    }
}
