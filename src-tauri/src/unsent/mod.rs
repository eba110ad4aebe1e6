//! What has not reached the centre, as a file that a person can hand to their supervisor: for the day on which a phone has to be
//! given away, or something is refused and nobody knows why. Words of restricted documents stay on the phone; of those the
//! file says only that they are there.

use crate::{Phone, delivery::receipt, error::Answer, photo::voice, view::Receipt};
use gridwalk_core::{
    ids::{DeviceId, DocumentId, PersonId},
    sync::message::AccessClass,
    time::Timestamp,
};
use serde::Serialize;
use serde_json::Value;

/// The file.
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
}

impl Phone {
    /// Everything without a receipt of the centre, as JSON. Nothing changes by it.
    pub fn unsent(&self) -> Answer<String> {
        let who = self.who()?;
        let made_at = self.now();
        let (records, photos, voices) = self.database().read(|db| {
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
                    title: if restricted { String::new() } else { row.get(1)? },
                    at: Timestamp(row.get(2)?),
                    document: DocumentId(row.get(3)?),
                    code,
                    act: json(row.get(6)?),
                    value: words(row.get(7)?),
                    restricted,
                })
            })?;
            let records: Vec<Record> = rows.collect::<Result<_, _>>()?;
            let mut select = db.prepare_cached(
                "select hex(hash), taken_at, bytes from photo
                 where standing not in ('stored', 'kept') and (stage = ?1) = ?2 order by taken_at",
            )?;
            let mut blobs = |spoken: bool| -> Answer<Vec<Blob>> {
                let rows = select.query_map((voice::STAGE, spoken), |row| {
                    Ok(Blob {
                        sha256: row.get::<_, String>(0)?.to_lowercase(),
                        taken_at: Timestamp(row.get(1)?),
                        bytes: row.get(2)?,
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            };
            let (photos, voices) = (blobs(false)?, blobs(true)?);
            Ok((records, photos, voices))
        })?;
        let file = Unsent {
            made_at,
            worker: who.identity.worker.id,
            name: who.identity.worker.name.clone(),
            device: who.identity.device,
            records,
            photos,
            voices,
        };
        Ok(serde_json::to_string_pretty(&file)?)
    }
}
