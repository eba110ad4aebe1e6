//! 原图: what the camera made, at its full size, for cases that are urgent. It is kept beside the photo from the moment that the
//! photo is taken, because nobody knows yet how urgent the case will be; the record that is saved decides, and what it does
//! not name goes. From then on it is a photo among photos: sealed, sent behind all others, with a receipt of its own, and
//! cleared by the same rule.
//!
//! Whoever looks at one says what for. That is an event of the case: it is written on this phone before the picture is shown,
//! also without a network, and travels as every record does. What lies here is shown from here, and what has gone or is a
//! colleague's comes from the centre, which knows of the opening before it sends anything. It is open for a quarter of an hour,
//! and a phone keeps no original that it did not take.
//!
//! Nothing of the camera's file survives in it but its pixels. A JPEG is copied without a word of its metadata and without
//! the loss of a pixel ([`gridwalk_core::jpeg::bare`]); how to turn it goes into the record. PNG and WebP are encoded once.
//! What a worker covers is covered in the original too, which is then encoded anew: there is no file without the veil.

use super::{
    album::closed,
    process::{self, LONG_EDGE},
    veil::{self, Region},
};
use crate::{
    Phone,
    delivery::receipt_of,
    error::{Answer, Failure},
    incidents,
    view::Receipt,
};
use gridwalk_core::{
    error::Code,
    ids::{Hash, IncidentId},
    incident::Severity,
    jpeg,
    photo::{self, Photo},
    sync::limits,
};
use image::metadata::Orientation;
use rusqlite::{Connection, OptionalExtension};

/// Of what has to be encoded: the eye sees no difference, and it is smaller than the camera's.
const QUALITIES: [u8; 2] = [92, 82];

/// The camera's picture without its metadata.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bare {
    /// JPEG as it lay in the file, no metadata.
    pub jpeg: Vec<u8>,
    /// How it has to be turned to stand upright, 1 to 8 as EXIF counts.
    pub turn: u8,
}

/// Of a camera's file; none when the photo shows all that is in it, and when there is none within the limits. It is asked for a
/// file of which the photo was made already.
pub fn bare(file: &[u8]) -> Option<Bare> {
    let (width, height, orientation) = process::measured(file).ok()?;
    if width.max(height) <= LONG_EDGE {
        return None;
    }
    let jpeg = match jpeg::inspect(file) {
        Ok(_) => jpeg::bare(file).or_else(|| encoded(file, &[], orientation).ok()),
        Err(_) => encoded(file, &[], orientation).ok(),
    };
    let turn = orientation.to_exif();
    jpeg.map(|jpeg| Bare { jpeg, turn })
}

/// The same with regions that nobody is to see.
pub(super) fn veiled(original: &Bare, veils: &[Region]) -> Answer<Bare> {
    let orientation = Orientation::from_exif(original.turn).unwrap_or(Orientation::NoTransforms);
    let jpeg = encoded(&original.jpeg, veils, orientation)?;
    let turn = original.turn;
    Ok(Bare { jpeg, turn })
}

fn encoded(file: &[u8], veils: &[Region], orientation: Orientation) -> Answer<Vec<u8>> {
    let (mut picture, _) = process::decode(file, None)?;
    let lying: Vec<Region> = veils
        .iter()
        .map(|region| as_it_lies(region, orientation))
        .collect();
    veil::draw(&mut picture, &lying);
    for quality in QUALITIES {
        let jpeg = process::encode(&picture, quality)?;
        if jpeg.len() <= limits::PHOTO {
            return Ok(jpeg);
        }
    }
    Err(Failure::new(Code::PhotoTooBig, "no original within limits"))
}

/// Where a region of the upright picture is in the one that lies.
fn as_it_lies(region: &Region, orientation: Orientation) -> Region {
    use Orientation as O;
    let Region {
        x,
        y,
        width,
        height,
    } = *region;
    let (right, low) = (1.0 - x - width, 1.0 - y - height);
    let (x, y, width, height) = match orientation {
        O::NoTransforms => (x, y, width, height),
        O::FlipHorizontal => (right, y, width, height),
        O::Rotate180 => (right, low, width, height),
        O::FlipVertical => (x, low, width, height),
        O::Rotate90FlipH => (y, x, height, width),
        O::Rotate90 => (y, right, height, width),
        O::Rotate270FlipH => (low, right, height, width),
        O::Rotate270 => (low, x, height, width),
    };
    Region {
        x,
        y,
        width,
        height,
    }
}

/// The original of a photo on this phone, as a record refers to it.
pub(crate) fn of(db: &Connection, photo: &Hash) -> Answer<Option<photo::Original>> {
    Ok(db
        .prepare_cached(
            "select original.hash, original.bytes, original.turn from photo
               join photo as original on original.hash = photo.original
             where photo.hash = ?1 and original.file is not null and original.turn is not null",
        )?
        .query_row([photo.0], |row| {
            Ok(photo::Original {
                hash: Hash(row.get(0)?),
                bytes: row.get(1)?,
                turn: row.get(2)?,
            })
        })
        .optional()?)
}

/// What a record of this severity says of a photo: with its original, or without. Whatever a screen handed in does not count.
pub(crate) fn named(db: &Connection, photo: &mut Photo, severity: Severity) -> Answer<()> {
    photo.original = match photo::keeps_original(severity) {
        true => of(db, &photo.hash)?,
        false => None,
    };
    Ok(())
}

impl Phone {
    /// An original that its worker opened with a reason ([`gridwalk_core::incident::IncidentAction::OpenOriginal`]): from this
    /// phone, or else from the centre. `FORBIDDEN` when it is not open, or not any more.
    pub async fn original_bytes(&self, case: IncidentId, hash: Hash) -> Answer<Vec<u8>> {
        let (worker, now) = (self.who()?.identity.worker.id, self.now());
        let (open, told) = self
            .off_the_loop(move |phone| {
                phone.database().read(|db| {
                    let view = incidents::view(db, case)?;
                    let open = view.original_open_until(&hash, worker, now).is_some();
                    let receipt = receipt_of(db, case.into(), &[], None)?;
                    Ok((open, receipt != Some(Receipt::Local)))
                })
            })
            .await?;
        if !open {
            return Err(closed());
        }
        if let Some(bytes) = self
            .off_the_loop(move |phone| phone.own_photo_bytes(hash))
            .await?
        {
            return Ok(bytes);
        }
        if !told {
            self.exchange().await;
        }
        Ok(self.fetch_blob(hash).await?.body)
    }
}

/// Whether this is an original of this phone's.
pub(crate) fn is_one(db: &Connection, hash: &Hash) -> Answer<bool> {
    Ok(db
        .prepare_cached("select 1 from photo where hash = ?1 and turn is not null")?
        .exists([hash.0])?)
}

/// Lets go of the originals that wait for a record and that no photo has any more.
pub(crate) fn let_go(db: &Connection) -> Answer<()> {
    const NOBODYS: &str = "turn is not null and standing = 'kept'
       and hash not in (select original from photo where original is not null)";
    db.execute(
        &format!(
            "insert into litter (file) select file from photo where {NOBODYS} and file is not null
             on conflict do nothing"
        ),
        [],
    )?;
    db.execute(&format!("delete from photo where {NOBODYS}"), [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, Rgb, RgbImage};

    #[test]
    fn a_region_is_found_again_however_the_picture_lies() {
        let region = Region {
            x: 0.5,
            y: 0.25,
            width: 0.25,
            height: 0.5,
        };
        for exif in 1..=8 {
            let turn = Orientation::from_exif(exif).unwrap();
            let (wide, high) = if exif < 5 { (80, 160) } else { (160, 80) };
            let mut lying = RgbImage::from_pixel(wide, high, Rgb([255; 3]));
            let there = as_it_lies(&region, turn);
            let span = |from: f64, length: f64, whole: u32| {
                let whole = f64::from(whole);
                (from * whole) as u32..((from + length) * whole) as u32
            };
            for x in span(there.x, there.width, wide) {
                for y in span(there.y, there.height, high) {
                    lying.put_pixel(x, y, Rgb([0; 3]));
                }
            }
            let mut upright = DynamicImage::ImageRgb8(lying);
            upright.apply_orientation(turn);
            let upright = upright.into_rgb8();
            assert_eq!(upright.dimensions(), (80, 160), "{exif}");
            for (x, y, pixel) in upright.enumerate_pixels() {
                let covered = (40..60).contains(&x) && (40..120).contains(&y);
                assert_eq!(pixel.0 == [0; 3], covered, "{exif}: {x}, {y}");
            }
        }
    }
}
