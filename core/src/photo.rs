//! What is known of a photo 照片 without its bytes. The bytes are a blob named by its hash.

use crate::{household::words, ids::Hash, incident::Severity, time::Timestamp};
use serde::{Deserialize, Serialize};

words! {
    /// At which stage a photo was taken.
    PhotoStage { /// 处置前
        Before, /// 处置后
        After, /// 核查
        Check, /// 点位
        Checkpoint }
}

/// For so many days after its arrival a photo stays on the phone that took it, whatever a backup has: the next round at that
/// spot is made with it in hand. A category may state its own ([`crate::reference::Category::photo_days`]).
pub const DAYS_ON_PHONE: u16 = 7;

/// A position as measured: WGS-84, never converted before the map layer.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
    /// Radius in metres within which the fix lies with 68 %.
    pub accuracy_m: f64,
    /// When the fix was taken.
    pub fixed_at: Timestamp,
    /// The phone says that the fix was made up.
    #[serde(default)]
    pub mock: bool,
}

/// A photo as its record refers to it. Both hashes name blobs; the thumbnail travels with the record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Photo {
    /// SHA-256 of the stored JPEG.
    pub hash: Hash,
    /// SHA-256 of the thumbnail, at most 12 KB.
    pub thumbnail: Hash,
    /// Why it was taken.
    pub stage: PhotoStage,
    /// When.
    pub taken_at: Timestamp,
    /// Pixels after orientation.
    pub width: u32,
    /// Pixels after orientation.
    pub height: u32,
    /// Size of the stored JPEG.
    pub bytes: u32,
    /// Where the phone was, as measured, with its accuracy; none where it had no fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The camera's own picture, where the case was urgent when the photo was attached ([`keeps_original`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Original>,
}

/// 原图: the camera's picture at its full size, with nothing but its pixels ([`crate::jpeg::bare`]). It is a blob like the photo
/// and travels behind all of them.
///
/// Originals are the one class of photos that is restricted. Every other photo is made for whoever works on its record: small,
/// with what nobody is to see covered. None is taken inside a home: a visit has words and a voice note, a care plan has words
/// that are opened with a reason, and neither has photos. An original shows more than the work needs every day, so it is opened
/// with a reason ([`crate::incident::IncidentAction::OpenOriginal`]), for a quarter of an hour, on a phone as at a desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Original {
    /// SHA-256 of the JPEG.
    pub hash: Hash,
    /// Size of the JPEG.
    pub bytes: u32,
    /// How it has to be turned to stand upright, 1 to 8 as EXIF counts. The file itself does not say it any more.
    pub turn: u8,
}

/// Whether photos that are attached to a case of this severity bring their originals: 特急 and 紧急. What the record named
/// stays named: a case that is found less urgent later keeps the originals that it has, and one that becomes urgent has them
/// of the photos attached from then on.
pub fn keeps_original(severity: Severity) -> bool {
    severity.level() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_most_urgent_levels_bring_originals() {
        let keeps = [1, 2, 3, 4].map(|level| Severity::new(level).is_ok_and(keeps_original));
        assert_eq!(keeps, [true, true, false, false]);
    }
}
