//! What is known of a photo 照片 without its bytes. The bytes are a blob named by its hash.

use crate::{household::words, ids::Hash, time::Timestamp};
use serde::{Deserialize, Serialize};

words! {
    /// At which stage a photo was taken.
    PhotoStage { /// 处置前
        Before, /// 处置后
        After, /// 核查
        Check, /// 点位
        Checkpoint }
}

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
}
