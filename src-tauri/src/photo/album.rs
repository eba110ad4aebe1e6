//! Photos on this phone: added before their record is saved, shown again from the sealed file, fetched from the centre
//! when a colleague took them.

use super::{
    lane,
    original::{self, Bare},
    process::{Marks, Processed, process, process_with},
    seal::SealKey,
    stamp::Stamp,
    veil::Region,
};
use crate::{
    Phone,
    database::Database,
    enrolment::Enrolment,
    error::{Answer, Failure},
    ports::{DatabaseKey, Reply},
    reference, sync,
};
use gridwalk_core::{
    error::Code,
    ids::{GridId, Hash},
    photo::{Photo, PhotoStage, Position},
    sync::event::Failure as Trouble,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{self, Write},
    path::Path,
};

/// Where sealed photos lie, inside the data directory.
pub(crate) const FOLDER: &str = "photos";
/// A thumbnail of a colleague is kept; a photo is only looked at.
const KEPT_FROM_OTHERS: usize = 64 * 1024;

/// What has to be free beside a picture that is kept: some dozen records, their index and their log.
const FREE_FOR_RECORDS: usize = 1024 * 1024;
/// A picture that nothing names is kept this long: a form may be open all day.
const FORSAKEN_MS: i64 = 24 * 60 * 60 * 1000;
/// The room is taken in such steps.
const FILLING: [u8; 16 * 1024] = [0xA5; 16 * 1024];

/// What a worker wants done to a photo before it is kept.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, Type)]
pub struct PhotoWishes {
    /// Regions that nobody is to see.
    #[serde(default)]
    pub veils: Vec<Region>,
    /// Print time, grid and case on it.
    #[serde(default)]
    pub stamp: Option<StampWish>,
}

/// What there is of the camera's own picture beside a photo.
enum Camera {
    /// Nothing that the photo does not show.
    Nothing,
    /// That of another photo on this phone.
    Of(Hash),
    /// This.
    New(Bare),
}

/// What goes on a stamp beside the time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct StampWish {
    /// The grid that its record lies in.
    pub grid: GridId,
    /// The case's number, where there is one.
    pub number: Option<String>,
}

impl Phone {
    /// Makes a camera's file small and bare, seals it, and keeps it until a record refers to it. The same picture twice
    /// is one photo. `PHOTO_TRUNCATED`, `PHOTO_UNSUPPORTED`, `PHOTO_TOO_BIG` say what is wrong with a file, `PHOTO_NO_ROOM`
    /// that the phone is full: there is room for records still.
    pub fn add_photo(
        &self,
        file: &[u8],
        stage: PhotoStage,
        taken_at: Timestamp,
        position: Option<Position>,
    ) -> Answer<Photo> {
        let made = process(file)?;
        let camera = original::bare(file).map_or(Camera::Nothing, Camera::New);
        self.keep(made, camera, stage, taken_at, position)
            .map_err(of_photo)
    }

    /// Another photo made of one that no record refers to yet, with what the worker marked on it. The one before stays until
    /// whoever shows it lets go of it ([`Phone::forget_photo`]): a phone that dies in between has one of the two.
    pub fn mark_photo(&self, hash: Hash, wishes: PhotoWishes) -> Answer<Photo> {
        let (stage, taken_at, position) = self.database().read(|db| {
            let row: Option<(String, i64, Option<String>)> = db
                .prepare_cached(
                    "select stage, taken_at, position from photo
                     where hash = ?1 and standing = 'kept' and document is null and stage <> 'voice'",
                )?
                .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            row.ok_or_else(|| Failure::new(Code::NotFound, "no photo that waits for its record"))
        })?;
        let stage: PhotoStage = serde_json::from_value(stage.into())?;
        let position = position
            .map(|position| serde_json::from_str(&position))
            .transpose()?;
        let bytes = self
            .own_photo_bytes(hash)?
            .ok_or_else(|| Failure::new(Code::NotFound, "the photo has no file"))?;
        let taken_at = Timestamp(taken_at);
        let camera = self.covered(hash, &wishes.veils)?;
        let made = process_with(&bytes, &self.marks(wishes, taken_at)?)?;
        self.keep(made, camera, stage, taken_at, position)
            .map_err(of_photo)
    }

    /// The original for another photo that is made of this one. One that cannot be covered is not kept.
    fn covered(&self, hash: Hash, veils: &[Region]) -> Answer<Camera> {
        let Some(known) = self.database().read(|db| original::of(db, &hash))? else {
            return Ok(Camera::Nothing);
        };
        if veils.is_empty() {
            return Ok(Camera::Of(known.hash));
        }
        let Some(jpeg) = self.own_photo_bytes(known.hash)? else {
            return Ok(Camera::Nothing);
        };
        let turn = known.turn;
        Ok(match original::veiled(&Bare { jpeg, turn }, veils) {
            Ok(bare) => Camera::New(bare),
            Err(failure) => {
                tracing::warn!(%failure, "an original is not kept, because nothing can be covered in it");
                Camera::Nothing
            }
        })
    }

    /// Lets go of a photo or voice note that no record refers to, its thumbnail and its file. Any other stays.
    pub fn forget_photo(&self, hash: Hash) -> Answer<()> {
        self.database().write(|db| {
            db.prepare_cached(
                "insert into litter (file) select file from photo
                 where hash = ?1 and standing = 'kept' and document is null and file is not null
                 on conflict do nothing",
            )?
            .execute([hash.0])?;
            let thumbnail: Option<Vec<u8>> = db
                .prepare_cached(
                    "delete from photo where hash = ?1 and standing = 'kept' and document is null
                     returning thumbnail",
                )?
                .query_row([hash.0], |row| row.get(0))
                .optional()?;
            forget_thumbnail(db, thumbnail)?;
            original::let_go(db)
        })?;
        sync::sweep(self.dir(), self.database())
    }

    /// Removes the files of pictures that a saved record let go of. What stays because of a fault is swept later.
    pub(crate) fn sweep_pictures(&self) {
        if let Err(failure) = sync::sweep(self.dir(), self.database()) {
            tracing::warn!(%failure, "files of pictures are left for later");
        }
    }

    fn keep(
        &self,
        made: Processed,
        camera: Camera,
        stage: PhotoStage,
        taken_at: Timestamp,
        position: Option<Position>,
    ) -> Answer<Photo> {
        let photo = Photo {
            hash: Hash::of(&made.jpeg),
            thumbnail: Hash::of(&made.thumbnail),
            stage,
            taken_at,
            width: made.width,
            height: made.height,
            bytes: u32::try_from(made.jpeg.len()).map_err(Failure::internal)?,
            position,
            original: None, // its record decides
        };
        // The files first: a row never points to nothing, and a file without a row is swept.
        let place = self.lay(&photo.hash, &made.jpeg)?;
        let beside = match &camera {
            Camera::New(bare) => self.lay_beside(&photo.hash, bare),
            _ => None,
        };
        let original = match &camera {
            Camera::Of(hash) => Some(*hash),
            _ => beside.as_ref().map(|(hash, ..)| *hash),
        };
        let position = position
            .map(|position| serde_json::to_string(&position))
            .transpose()?;
        let now = self.now();
        self.database().write(|db| {
            db.prepare_cached(
                "insert into record_blob (hash, bytes, standing) values (?1, ?2, 'waiting') on conflict do nothing",
            )?
            .execute((photo.thumbnail.0, &made.thumbnail))?;
            db.prepare_cached(
                "insert into photo (hash, thumbnail, stage, taken_at, position, width, height, bytes, file, added_at, original, standing)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'kept') on conflict do nothing",
            )?
            .execute((
                photo.hash.0,
                photo.thumbnail.0,
                word(&photo.stage)?,
                taken_at.0,
                position,
                photo.width,
                photo.height,
                photo.bytes,
                place,
                now.0,
                original.map(|hash| hash.0),
            ))?;
            if let Some((hash, bare, place)) = &beside {
                // it has no thumbnail, and how large it is in pixels nobody asks
                db.prepare_cached(
                    "insert into photo (hash, thumbnail, stage, taken_at, width, height, bytes, file, added_at, turn, standing)
                     values (?1, ?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?7, 'kept') on conflict do nothing",
                )?
                .execute((
                    hash.0,
                    word(&photo.stage)?,
                    taken_at.0,
                    bare.jpeg.len() as u32,
                    place,
                    now.0,
                    bare.turn,
                ))?;
            }
            original::let_go(db)
        })?;
        Ok(photo)
    }

    /// Seals a picture and lays it where its row will say.
    pub(crate) fn lay(&self, hash: &Hash, jpeg: &[u8]) -> Answer<String> {
        let random = self.ports().dice.roll()?;
        let sealed = self.seal_key()?.seal(hash, jpeg, random)?;
        write_durably(&self.dir().join(FOLDER), &hash.to_string(), &sealed)?;
        Ok(format!("{FOLDER}/{hash}"))
    }

    /// The original beside its photo. Where there is no room for both, the photo is what counts.
    fn lay_beside<'a>(&self, photo: &Hash, bare: &'a Bare) -> Option<(Hash, &'a Bare, String)> {
        let hash = Hash::of(&bare.jpeg);
        if hash == *photo {
            return None;
        }
        match self.lay(&hash, &bare.jpeg) {
            Ok(place) => Some((hash, bare, place)),
            Err(failure) => {
                tracing::warn!(%failure, "there is no room for an original; its photo is kept");
                None
            }
        }
    }

    fn marks(&self, wishes: PhotoWishes, taken_at: Timestamp) -> Answer<Marks> {
        let stamp = match wishes.stamp {
            None => None,
            Some(case) => {
                let grid = self.database().read(|db| reference::grid(db, case.grid))?;
                Some(Stamp {
                    taken_at,
                    grid: grid.map(|grid| grid.name).unwrap_or_default(),
                    case: case.number,
                })
            }
        };
        Ok(Marks {
            veils: wishes.veils,
            stamp,
        })
    }

    /// The bytes of a photo or thumbnail: from this phone, or else from the centre. `NOT_FOUND` when neither has them.
    /// An original is `FORBIDDEN` here, open or not: [`Phone::original_bytes`] asks what for.
    pub async fn photo_bytes(&self, hash: Hash) -> Answer<Vec<u8>> {
        let restricted = self
            .off_the_loop(move |phone| phone.database().read(|db| original::is_one(db, &hash)))
            .await?;
        if restricted {
            return Err(closed());
        }
        if let Some(bytes) = self
            .off_the_loop(move |phone| phone.own_photo_bytes(hash))
            .await?
        {
            return Ok(bytes);
        }
        if let Some(bytes) = self.looked().get(&hash) {
            return Ok(bytes);
        }
        let reply = self.fetch_blob(hash).await?;
        if reply.header("cache-control") == Some("no-store") {
            return Err(closed()); // a colleague's original, which the centre has open for this worker
        }
        let bytes = reply.body;
        let kept = bytes.clone();
        if bytes.len() > KEPT_FROM_OTHERS {
            self.looked().keep(hash, kept);
        } else {
            self.off_the_loop(move |phone| {
                phone.database().write(|db| {
                    db.prepare_cached(
                        "insert into record_blob (hash, bytes, standing) values (?1, ?2, 'stored') on conflict do nothing",
                    )?
                    .execute((hash.0, kept))?;
                    Ok(())
                })
            })
            .await?;
        }
        Ok(bytes)
    }

    /// A blob as the centre has it. A token that ended since somebody used it is renewed, once.
    pub(super) async fn fetch_blob(&self, hash: Hash) -> Answer<Reply> {
        let who = self.who()?;
        let token = self.token(&who).await?;
        let reply = match self.ask_for_blob(&who, &token, hash).await {
            Err(Trouble::TokenExpired) => {
                self.forget_token(&token);
                let token = self.token(&who).await?;
                self.ask_for_blob(&who, &token, hash).await?
            }
            answer => answer?,
        };
        match Hash::of(&reply.body) == hash {
            true => Ok(reply),
            false => Err(Failure::new(
                Code::BlobHashMismatch,
                "the centre sent other bytes",
            )),
        }
    }

    async fn ask_for_blob(
        &self,
        who: &Enrolment,
        token: &str,
        hash: Hash,
    ) -> Result<Reply, Trouble> {
        let headers = BTreeMap::from([("authorization", format!("Bearer {token}"))]);
        let place = format!("/blobs/{hash}");
        let link = self.link(who);
        lane::good(link.call("GET", &place, headers, Vec::new()).await?)
    }

    /// The bytes as they lie on this phone, if they do.
    pub(crate) fn own_photo_bytes(&self, hash: Hash) -> Answer<Option<Vec<u8>>> {
        let (small, file) = self.database().read(|db| {
            let small: Option<Vec<u8>> = db
                .prepare_cached("select bytes from record_blob where hash = ?1")?
                .query_row([hash.0], |row| row.get(0))
                .optional()?;
            let file: Option<Option<String>> = db
                .prepare_cached("select file from photo where hash = ?1")?
                .query_row([hash.0], |row| row.get(0))
                .optional()?;
            Ok((small, file.flatten()))
        })?;
        match (small, file) {
            (Some(bytes), _) => Ok(Some(bytes)),
            (None, Some(file)) => {
                let sealed = match std::fs::read(self.dir().join(file)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    sealed => sealed?,
                };
                let opened = self.seal_key()?.open(&hash, &sealed);
                let damaged = |failure: Failure| Failure::new(Code::PhotoTruncated, failure.detail);
                opened.map(Some).map_err(damaged)
            }
            (None, None) => Ok(None),
        }
    }

    pub(super) fn seal_key(&self) -> Answer<SealKey> {
        let DatabaseKey(key) = self.ports().keystore.key(&*self.ports().dice)?;
        Ok(SealKey::from_database_key(&key))
    }
}

fn forget_thumbnail(db: &Connection, thumbnail: Option<Vec<u8>>) -> Answer<()> {
    db.prepare_cached(
        "delete from record_blob where hash = ?1 and hash not in (select blob from change_blob)
           and hash not in (select thumbnail from photo)",
    )?
    .execute([thumbnail])?;
    Ok(())
}

/// Lets go of what was photographed or spoken a day ago and longer, that no record and nothing half written names: whoever made
/// it went another way, or the app ended between a picture and what was covered in it. Files without a row are swept.
pub(crate) fn forsake(db: &Connection, now: Timestamp) -> Answer<()> {
    let thumbnails: Vec<Vec<u8>> = db
        .prepare(
            "delete from photo where standing = 'kept' and document is null and turn is null and added_at < ?1
               and not exists (select 1 from draft where instr(json, lower(hex(hash))) > 0)
             returning thumbnail",
        )?
        .query_map([now.plus_ms(-FORSAKEN_MS).0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for thumbnail in thumbnails {
        forget_thumbnail(db, Some(thumbnail))?;
    }
    original::let_go(db)
}

/// Removes what a crash left behind between a sealed file and its row; how many files. Call it before anybody adds
/// photos: a file whose row is about to be written looks the same.
pub(crate) fn sweep(dir: &Path, database: &Database) -> Answer<usize> {
    let files = match std::fs::read_dir(dir.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        files => files?,
    };
    let known: HashSet<String> = database.read(|db| {
        let mut select = db.prepare("select file from photo where file is not null")?;
        let files = select.query_map([], |row| row.get(0))?;
        Ok(files.collect::<Result<_, _>>()?)
    })?;
    let mut swept = 0;
    for file in files {
        let file = file?;
        let place = format!("{FOLDER}/{}", file.file_name().to_string_lossy());
        if !known.contains(&place) && file.file_type()?.is_file() {
            std::fs::remove_file(file.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

pub(super) fn closed() -> Failure {
    Failure::new(Code::Forbidden, "an original is opened with a reason")
}

/// The word under which a value of a closed list is stored.
fn word(stage: &PhotoStage) -> Answer<String> {
    match serde_json::to_value(stage)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(Failure::internal(other)),
    }
}

/// Bytes and name are on the disk when this returns; a crash leaves the whole file or none under that name. A picture never
/// takes the room that the next records need: where none would be left, nothing is left of it.
pub(super) fn write_durably(folder: &Path, name: &str, bytes: &[u8]) -> Answer<()> {
    std::fs::create_dir_all(folder)?;
    let [part, room] = ["part", "room"].map(|end| folder.join(format!("{name}.{end}")));
    let written = write_whole(&part, bytes).and_then(|()| fill(&room));
    let emptied = match std::fs::remove_file(&room) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    if let Err(error) = written.and(emptied) {
        // whatever it was, the room it took is worth more than the remains
        let _ = std::fs::remove_file(&part);
        return Err(error.into());
    }
    std::fs::rename(&part, folder.join(name))?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn write_whole(part: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(part)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Takes as much room as has to stay free beside a picture, for a moment: the disk is asked in the one way that it always
/// answers truly.
fn fill(room: &Path) -> io::Result<()> {
    let mut file = File::create(room)?;
    for _ in 0..FREE_FOR_RECORDS / FILLING.len() {
        file.write_all(&FILLING)?;
    }
    Ok(())
}

/// A full disk, told of a photo: the record is not in danger.
fn of_photo(failure: Failure) -> Failure {
    match failure.code {
        Code::StorageFull => Failure::new(Code::PhotoNoRoom, failure.detail),
        _ => failure,
    }
}
