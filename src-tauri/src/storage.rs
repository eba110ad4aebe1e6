//! 本机空间. Nothing goes that the centre could still lose, or that its task wants at hand: only pictures with a receipt that a
//! verified backup has as well, after the days that their task states.

use crate::{
    Phone, database,
    error::Answer,
    photo::voice,
    sync,
    view::{Pile, Storage},
};
use gridwalk_core::time::Timestamp;
use std::io::ErrorKind;

impl Phone {
    /// What the app takes of this phone, and what of it may go.
    pub fn storage(&self) -> Answer<Storage> {
        let now = self.now();
        let (only_here, arrived, safe) = self.database().read(|db| {
            let pile = |standing: &str| -> Answer<Pile> {
                Ok(db
                    .prepare_cached(&format!(
                        "select count(*) filter (where stage <> ?1), count(*) filter (where stage = ?1),
                           coalesce(sum(bytes), 0) from photo
                         where file is not null and standing {standing} 'stored'"
                    ))?
                    .query_row([voice::STAGE], |row| {
                        Ok(Pile {
                            count: row.get(0)?,
                            voices: row.get(1)?,
                            bytes: row.get(2)?,
                        })
                    })?)
            };
            Ok((pile("<>")?, pile("=")?, sync::safe_photos(db)?))
        })?;
        let (stays, goes): (Vec<_>, Vec<_>) = safe.iter().partition(|one| one.stays_until > now);
        let next = stays.iter().map(|one| one.stays_until).min();
        let (stays, may_go) = (pile_of(&stays), pile_of(&goes));
        Ok(Storage {
            records: self.bytes_of_records()?,
            only_here,
            awaiting_backup: Pile {
                count: arrived.count.saturating_sub(may_go.count + stays.count),
                voices: arrived.voices.saturating_sub(may_go.voices + stays.voices),
                bytes: arrived.bytes - may_go.bytes - stays.bytes,
            },
            stays,
            stays_until: next.map(Timestamp::local_date),
            may_go,
        })
    }

    /// Lets every picture go that may go; how many and how large they were. Thumbnails and records stay.
    pub fn free_storage(&self) -> Answer<Pile> {
        let gone = sync::let_go(self.database(), self.now(), |_| true)?;
        sync::sweep(self.dir(), self.database())?;
        Ok(pile_of(&gone.iter().collect::<Vec<_>>()))
    }

    /// The database and its log, as the disk has them.
    fn bytes_of_records(&self) -> Answer<f64> {
        let file = self.dir().join(database::FILE);
        let mut bytes = 0;
        for suffix in ["", "-wal"] {
            let mut name = file.clone().into_os_string();
            name.push(suffix);
            bytes += match std::fs::metadata(name) {
                Ok(found) => found.len(),
                Err(error) if error.kind() == ErrorKind::NotFound => 0,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(bytes as f64)
    }
}

fn pile_of(photos: &[&sync::Safe]) -> Pile {
    let of = |spoken: bool| {
        let these = photos.iter().filter(|photo| photo.is_voice == spoken);
        u32::try_from(these.count()).unwrap_or(u32::MAX)
    };
    Pile {
        count: of(false),
        voices: of(true),
        bytes: photos.iter().map(|photo| photo.bytes).sum(),
    }
}
