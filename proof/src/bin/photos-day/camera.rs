//! Photos of mixed kinds, taken on the demo street with no network: JPEG, PNG and WebP, upright and lying down, with and
//! without a place in their EXIF, from small to large, in hazards of every severity; an urgent one now and then
//! larger than what is kept, so that the camera's own picture goes too, and words spoken to every ninth hazard.

use gridwalk::{
    Phone,
    ports::Ports,
    view::{IncidentStart, ReportHow},
};
use gridwalk_core::{
    ids::IncidentId,
    incident::{IncidentAction, Severity, SourceChannel},
    photo::{Photo, PhotoStage},
};
use gridwalk_fixtures::{
    photos::{PLACE, SCENES, exif, scene},
    voice::{Recorded, webm},
};
use gridwalk_proof::process::Outcome;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops::FilterType};
use serde::{Deserialize, Serialize};
use std::{io::Cursor, path::Path};

/// Photos of one hazard.
const TOGETHER: usize = 3;

/// One photo as its record refers to it.
#[derive(Serialize, Deserialize)]
pub struct Shot {
    pub photo: String,
    pub thumbnail: String,
    pub bytes: u64,
    pub thumbnail_bytes: u64,
    pub severity: u8,
}

impl Shot {
    /// What has to reach the centre.
    pub fn weight(&self) -> u64 {
        self.bytes + self.thumbnail_bytes
    }
}

/// What goes with the photos: a camera's own picture or a voice note.
#[derive(Serialize, Deserialize)]
pub struct Beside {
    pub hash: String,
    pub bytes: u64,
}

/// A day's work.
#[derive(Serialize, Deserialize)]
pub struct Taken {
    pub shots: Vec<Shot>,
    pub originals: Vec<Beside>,
    pub voices: Vec<Beside>,
}

impl Taken {
    /// What has to reach the centre.
    pub fn weight(&self) -> u64 {
        let beside = self.originals.iter().chain(&self.voices);
        self.shots.iter().map(Shot::weight).sum::<u64>() + beside.map(|one| one.bytes).sum::<u64>()
    }
}

/// Takes so many different photos and reports a hazard for every three.
#[tokio::main(flavor = "current_thread")]
pub async fn take(data: &Path, taken: usize) -> Outcome<Taken> {
    let phone = Phone::open(data, Ports::of_this_machine(data))?;
    let scenes: Vec<RgbImage> = SCENES
        .iter()
        .map(|name| Ok(image::load_from_memory(&scene(name))?.into_rgb8()))
        .collect::<Outcome<_>>()?;
    let (mut shots, mut originals, mut voices) = (Vec::new(), Vec::new(), Vec::new());
    while shots.len() < taken {
        let count = TOGETHER.min(taken - shots.len());
        let mut photos = Vec::new();
        for n in shots.len()..shots.len() + count {
            let file = file(&scenes[n % scenes.len()], n)?;
            photos.push(phone.add_photo(&file, PhotoStage::Before, phone.now(), None)?);
        }
        // 4, 3, 2, 1, 4, …: the most urgent is taken last
        let severity = 4 - (shots.len() / TOGETHER % 4) as u8;
        let hazard = report(&phone, severity, photos)?;
        if (shots.len() / TOGETHER).is_multiple_of(9) {
            voices.push(speak(&phone, hazard, shots.len() as u32)?);
        }
        // as the case has them: whether a camera's own picture goes is decided there
        for photo in &phone.incident(hazard)?.view.photos {
            originals.extend(photo.original.map(|original| Beside {
                hash: original.hash.to_string(),
                bytes: original.bytes.into(),
            }));
            shots.push(shot(&phone, photo, severity).await?);
        }
    }
    Ok(Taken {
        shots,
        originals,
        voices,
    })
}

/// Twenty seconds of somebody speaking.
fn speak(phone: &Phone, hazard: IncidentId, seed: u32) -> Outcome<Beside> {
    let said = webm(Recorded {
        ms: 20_000,
        telltale: true,
        seed,
    });
    let voice = phone.add_voice(&said, phone.now())?;
    let (hash, bytes) = (voice.hash.to_string(), voice.bytes.into());
    phone.act_on_incident(hazard, IncidentAction::AddVoice { voice })?;
    Ok(Beside { hash, bytes })
}

async fn shot(phone: &Phone, photo: &Photo, severity: u8) -> Outcome<Shot> {
    Ok(Shot {
        photo: photo.hash.to_string(),
        thumbnail: photo.thumbnail.to_string(),
        bytes: photo.bytes.into(),
        thumbnail_bytes: phone.photo_bytes(photo.thumbnail).await?.len() as u64,
        severity,
    })
}

fn report(phone: &Phone, severity: u8, photos: Vec<Photo>) -> Outcome<IncidentId> {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start)?;
    new.category = "F01001".into();
    new.severity = Severity::new(severity).map_err(|code| code.to_string())?;
    new.place.text = "3幢2单元三楼到四楼楼道".into();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    Ok(phone.report_incident(new, photos, how)?.row.id)
}

/// The `n`th file: a scene of its own size, with a band that no other has.
fn file(scene: &RgbImage, n: usize) -> Outcome<Vec<u8>> {
    // the tenth of every 24 belongs to a hazard of severity 1
    let width = match n % 24 {
        9 => 2400,
        _ => [1600, 1200, 800, 1400, 1000][n % 5],
    };
    let mut picture = DynamicImage::ImageRgb8(scene.clone())
        .resize(width, width, FilterType::Triangle)
        .into_rgb8();
    for bit in 0..16u32 {
        let ink = if n >> bit & 1 == 1 { 250 } else { 5 };
        for (x, y) in (0..24).flat_map(|x| (0..24).map(move |y| (bit * 24 + x, y))) {
            picture.put_pixel(x, y, Rgb([ink, ink / 2, 255 - ink]));
        }
    }
    let format = match n % 11 {
        3 => ImageFormat::Png,
        7 => ImageFormat::WebP,
        _ => ImageFormat::Jpeg,
    };
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format)?;
    let bytes = bytes.into_inner();
    Ok(match (format, n % 4) {
        (ImageFormat::Jpeg, 1) => exif::insert(&bytes, &exif::segment(6, Some(PLACE))),
        _ => bytes,
    })
}
