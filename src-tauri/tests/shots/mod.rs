//! Photos of the demo street as a worker takes them, the hazards that they are taken for, and how far they have come.
#![allow(dead_code)]

use gridwalk::{
    Phone,
    view::{IncidentStart, Receipt, ReportHow},
};
use gridwalk_core::{
    ids::{Hash, IncidentId},
    incident::{Severity, SourceChannel},
    photo::{Photo, PhotoStage},
};
use gridwalk_fixtures::photos::{Variant, photo};
use image::ImageFormat;
use std::io::Cursor;

use crate::centre::NINE;

/// One PATCH of the phone.
pub const PIECE: usize = 128 * 1024;

pub fn taken(phone: &Phone, variant: Variant) -> Photo {
    added(phone, &photo(variant))
}

/// Nothing but noise: three pieces on the way.
pub fn large(phone: &Phone) -> Photo {
    let mut n = 0x9e37_79b9_u32;
    let picture = image::RgbImage::from_fn(1000, 800, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [r, g, b, _] = n.to_be_bytes();
        image::Rgb([r, g, b])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Jpeg).unwrap();
    let shot = added(phone, &file.into_inner());
    assert!(shot.bytes as usize > 2 * PIECE, "{} bytes", shot.bytes);
    shot
}

pub fn added(phone: &Phone, file: &[u8]) -> Photo {
    let added = phone.add_photo(file, PhotoStage::Before, NINE, None);
    added.unwrap()
}

/// A hazard with these photos; they may leave from now on.
pub fn report(phone: &Phone, photos: Vec<Photo>) -> IncidentId {
    report_at(phone, photos, 3)
}

pub fn report_at(phone: &Phone, photos: Vec<Photo>, severity: u8) -> IncidentId {
    report_as(phone, photos, severity, "F01001")
}

pub fn report_as(phone: &Phone, photos: Vec<Photo>, severity: u8, category: &str) -> IncidentId {
    let start = IncidentStart {
        source: SourceChannel::Patrol,
        household: None,
        finding: None,
        position: None,
    };
    let mut new = phone.begin_incident(start).unwrap();
    new.category = category.into();
    new.severity = Severity::new(severity).unwrap();
    let how = ReportHow::Submit {
        without_photo_because: None,
    };
    phone.report_incident(new, photos, how).unwrap().row.id
}

pub fn receipt(phone: &Phone, hash: Hash) -> Receipt {
    let items = phone.sync_page().unwrap().items;
    let item = items.iter().find(|item| item.id == hash.to_string());
    item.expect("the photo is on the page").receipt.clone()
}
