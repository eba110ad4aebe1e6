//! Moving to a new phone with unsent work.

use gridwalk_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use specta::Type;

/// What is unsent on this phone, and whether another one has it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct MoveState {
    /// Records without a receipt.
    pub records: u32,
    /// Photos and voice notes without a receipt.
    pub photos: u32,
    /// What the centre refused: it does not travel.
    pub stuck: u32,
    /// When it was packed last.
    pub packed_at: Option<Timestamp>,
    /// Pictures that did not fit: this phone sends them itself.
    pub left_out: u32,
    /// Recorded since, and not in it.
    pub newer: u32,
    /// The new phone took it out: this one has been replaced.
    pub replaced_at: Option<Timestamp>,
}

/// What is handed to the new phone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Parcel {
    /// Typed on the new phone, and sent nobody.
    pub code: String,
    /// The text of the file.
    pub file: String,
    /// Records in it.
    pub records: u32,
    /// Pictures in it.
    pub photos: u32,
    /// Pictures that did not fit.
    pub left_out: u32,
}

/// What the new phone took out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Unpacked {
    /// Records that were new here.
    pub records: u32,
    /// Pictures that were new here.
    pub photos: u32,
    /// Typed on the old phone: then it knows.
    pub receipt: String,
}
