//! 本机空间: what the app takes of this phone, and what of it may go.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use specta::Type;

/// So many photos and voice notes of such a size.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Pile {
    /// How many photos, originals among them.
    pub count: u32,
    /// How many voice notes.
    pub voices: u32,
    /// Bytes in all.
    pub bytes: f64,
}

/// The whole page. Every photo and voice note whose bytes lie here is in one of the four piles.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Storage {
    /// Bytes of the records: documents, edits, drafts, thumbnails.
    pub records: f64,
    /// Without a receipt of the centre, or of a record that is not saved yet: they stay, whatever happens.
    pub only_here: Pile,
    /// At the centre, and not yet in a verified backup of it: they stay until they are.
    pub awaiting_backup: Pile,
    /// Safe at the centre, and kept at hand for the days that their task states.
    pub stays: Pile,
    /// The day on which the first of those may go; none if there are none.
    pub stays_until: Option<NaiveDate>,
    /// At the centre and in a verified backup, and their days are over: they may go, and are fetched again when somebody looks at them.
    pub may_go: Pile,
}
