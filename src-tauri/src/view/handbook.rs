//! What a worker looks up, and what was announced.

use super::Receipt;
use gridwalk_core::reference::Announcement;
use serde::{Deserialize, Serialize};
use specta::Type;

/// An announcement, and whether this worker has read it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct AnnouncementRow {
    /// As it was said.
    pub said: Announcement,
    /// The one receipt that the worker gives, and how far it has come; none until it was read.
    pub read: Option<Receipt>,
}
