//! What has not reached the centre, as a file that a person can hand to their supervisor: for the day on which a phone has to be
//! given away, or something is refused and nobody knows why. It is a zip: `records.json`, and the photos and voice notes that it
//! names. Words of restricted documents stay on the phone; of those the file says only that they are there. Originals stay too:
//! whoever looks at one writes down what for.
//!
//! It is made piece by piece as it is taken away, one picture in memory at a time, so that nothing of it lies unsealed on the
//! phone, whatever ends the app meanwhile.

mod archive;

use crate::{
    Phone,
    delivery::receipt,
    error::Answer,
    photo::voice,
    view::{Receipt, UnsentFile},
};
use archive::Archive;
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash, PersonId},
    sync::message::AccessClass,
    time::Timestamp,
    voice::{self as sound, VoiceMedia},
};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;

/// So many bytes of pictures and recordings in one file: two days like the fullest (175 photos, about 60 MB), and what the
/// apps by which such a file is handed on still take. The oldest go first; what does not fit is named, and waits for its line
/// as before.
const MOST: u64 = 128 * 1024 * 1024;

/// `records.json`.
#[derive(Serialize)]
struct Unsent {
    made_at: Timestamp,
    worker: PersonId,
    name: String,
    device: DeviceId,
    records: Vec<Record>,
    photos: Vec<Blob>,
    voices: Vec<Blob>,
}

/// One act, as it was handed in.
#[derive(Serialize)]
struct Record {
    what: String,
    title: String,
    at: Timestamp,
    document: DocumentId,
    /// Waiting, or refused with this code.
    code: Option<String>,
    /// Whose and when.
    act: Option<Value>,
    /// What was done; none when it is restricted.
    value: Option<Value>,
    restricted: bool,
}

/// A picture or a voice note that lies on this phone only.
#[derive(Serialize)]
struct Blob {
    sha256: String,
    taken_at: Timestamp,
    bytes: u64,
    /// Under which name it lies in the file; none when it is not in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
    #[serde(skip)]
    hash: Hash,
}

/// Why a picture or a voice note is not in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum LeftOut {
    /// It is the camera's own picture.
    Original,
    /// Its record is restricted.
    Restricted,
    /// The file would be too large.
    TooMuch,
    /// Its bytes are not on this phone any more.
    Gone,
    /// Its bytes are damaged.
    Damaged,
}

/// A file that is being taken away.
pub(crate) struct Packing {
    archive: Archive,
    unsent: Unsent,
    /// How many photos and then voice notes were looked at.
    looked: usize,
}

impl Phone {
    /// Begins the file of everything without a receipt of the centre; [`Phone::unsent_piece`] hands it out. Nothing changes by
    /// it, and beginning again lets go of the one before.
    pub fn begin_unsent(&self) -> Answer<UnsentFile> {
        let who = self.who()?;
        let (records, mut photos, mut voices) = self
            .database()
            .read(|db| Ok((records(db)?, blobs(db, false)?, blobs(db, true)?)))?;
        fit(photos.iter_mut().chain(&mut voices), MOST);
        let inside = |blobs: &[Blob]| {
            let inside = blobs.iter().filter(|blob| blob.left_out.is_none());
            u32::try_from(inside.count()).unwrap_or(u32::MAX)
        };
        let (in_photos, in_voices) = (inside(&photos), inside(&voices));
        let all = u32::try_from(photos.len() + voices.len()).unwrap_or(u32::MAX);
        let unsent = Unsent {
            made_at: self.now(),
            worker: who.identity.worker.id,
            name: who.identity.worker.name.clone(),
            device: who.identity.device,
            records,
            photos,
            voices,
        };
        let file = UnsentFile {
            records: u32::try_from(unsent.records.len()).unwrap_or(u32::MAX),
            photos: in_photos,
            voices: in_voices,
            left_out: all - in_photos - in_voices,
        };
        *self.packing() = Some(Packing {
            archive: Archive::default(),
            unsent,
            looked: 0,
        });
        Ok(file)
    }

    /// The next piece: a picture or recording with what stands around it in the file, at the end everything else; then nothing.
    pub fn unsent_piece(&self) -> Answer<Vec<u8>> {
        let mut packing = self.packing();
        while let Some(now) = packing.as_mut() {
            let Some(hash) = now.next() else { break };
            let bytes = match self.own_photo_bytes(hash) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => {
                    now.leave_out(LeftOut::Gone);
                    continue;
                }
                Err(failure) if failure.code == Code::PhotoTruncated => {
                    now.leave_out(LeftOut::Damaged);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            return Ok(now.put(&bytes));
        }
        packing.take().map_or_else(|| Ok(Vec::new()), Packing::end)
    }
}

impl Packing {
    /// The next one that goes in.
    fn next(&mut self) -> Option<Hash> {
        loop {
            let blob = self.blob()?;
            if blob.left_out.is_none() {
                return Some(blob.hash);
            }
            self.looked += 1;
        }
    }

    fn blob(&mut self) -> Option<&mut Blob> {
        let Unsent { photos, voices, .. } = &mut self.unsent;
        photos.iter_mut().chain(voices).nth(self.looked)
    }

    fn leave_out(&mut self, why: LeftOut) {
        if let Some(blob) = self.blob() {
            blob.left_out = Some(why);
        }
        self.looked += 1;
    }

    fn put(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(blob) = self.blob() else {
            return Vec::new();
        };
        let (taken_at, name) = (blob.taken_at, name(blob, bytes));
        blob.file = Some(name.clone());
        self.looked += 1;
        self.archive.entry(name, taken_at, bytes)
    }

    fn end(mut self) -> Answer<Vec<u8>> {
        let json = serde_json::to_vec_pretty(&self.unsent)?;
        let made_at = self.unsent.made_at;
        let mut last = self.archive.entry("records.json".into(), made_at, &json);
        last.extend(self.archive.end());
        Ok(last)
    }
}

/// `photos/20260914-0932-1a2b3c4d5e6f.jpg`: when it was taken, and the beginning of its hash.
fn name(blob: &Blob, bytes: &[u8]) -> String {
    let (folder, end) = match sound::inspect(bytes).map(|recording| recording.media) {
        Ok(VoiceMedia::Webm) => ("voices", "webm"),
        Ok(VoiceMedia::Mp4) => ("voices", "m4a"),
        Err(_) => ("photos", "jpg"),
    };
    let taken = blob.taken_at.shanghai().format("%Y%m%d-%H%M");
    format!("{folder}/{taken}-{}.{end}", &blob.sha256[..12])
}

/// Leaves out what comes after `most` bytes.
fn fit<'a>(blobs: impl Iterator<Item = &'a mut Blob>, most: u64) {
    let mut bytes = 0;
    for blob in blobs.filter(|blob| blob.left_out.is_none()) {
        if bytes + blob.bytes > most {
            blob.left_out = Some(LeftOut::TooMuch);
        } else {
            bytes += blob.bytes;
        }
    }
}

fn records(db: &Connection) -> Answer<Vec<Record>> {
    let mut select = db.prepare_cached(
        "select edit.noun, edit.title, edit.at, edit.document, edit.standing, edit.code, edit.act, edit.value,
           coalesce(document.class, 0)
         from edit left join document on document.id = edit.document
         where edit.standing <> 'stored' order by edit.number",
    )?;
    let rows = select.query_map([], |row| {
        let standing: String = row.get(4)?;
        let code = match receipt(&standing, row.get(5)?) {
            Receipt::Refused { code } => Some(code.as_str().to_owned()),
            _ => None,
        };
        let restricted = AccessClass(row.get(8)?) != AccessClass::GENERAL;
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let words = |text: Option<String>| json(text).filter(|_| !restricted);
        Ok(Record {
            what: row.get(0)?,
            title: if restricted {
                String::new()
            } else {
                row.get(1)?
            },
            at: Timestamp(row.get(2)?),
            document: DocumentId(row.get(3)?),
            code,
            act: json(row.get(6)?),
            value: words(row.get(7)?),
            restricted,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Photos, or else voice notes; oldest first.
fn blobs(db: &Connection, spoken: bool) -> Answer<Vec<Blob>> {
    let mut select = db.prepare_cached(
        "select photo.hash, taken_at, bytes, coalesce(document.class, 0),
           photo.hash in (select original from photo where original is not null)
         from photo left join document on document.id = photo.document
         where standing not in ('stored', 'kept') and (stage = ?1) = ?2 order by taken_at, photo.hash",
    )?;
    let rows = select.query_map((voice::STAGE, spoken), |row| {
        let hash = Hash(row.get(0)?);
        let restricted = AccessClass(row.get(3)?) != AccessClass::GENERAL;
        let left_out = match row.get(4)? {
            true => Some(LeftOut::Original),
            false => restricted.then_some(LeftOut::Restricted),
        };
        Ok(Blob {
            sha256: hash.to_string(),
            taken_at: Timestamp(row.get(1)?),
            bytes: row.get(2)?,
            file: None,
            left_out,
            hash,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(bytes: u64, left_out: Option<LeftOut>) -> Blob {
        let hash = Hash([bytes as u8; 32]);
        Blob {
            sha256: hash.to_string(),
            taken_at: Timestamp(0),
            bytes,
            file: None,
            left_out,
            hash,
        }
    }

    #[test]
    fn what_does_not_fit_is_named_and_what_is_smaller_still_goes_along() {
        let original = Some(LeftOut::Original);
        let mut blobs = [
            blob(60, None),
            blob(90, original),
            blob(50, None),
            blob(40, None),
        ];
        fit(blobs.iter_mut(), 100);
        let out = blobs.map(|blob| blob.left_out);
        assert_eq!(out, [None, original, Some(LeftOut::TooMuch), None]);
    }
}
