//! Who shares this phone, as far as anybody may know who has not opened it.

use super::Settings;
use serde::{Deserialize, Serialize};
use specta::Type;

/// Everybody on this phone, and whose turn it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct WorkersHere {
    /// Somebody has to say first who they are.
    pub choosing: bool,
    /// Whose turn it is, or was last. Nobody of the list while a new one enrols.
    pub current: u32,
    /// Whoever shares a phone has a PIN, and this one has none yet: nothing else is answered before.
    pub needs_pin: bool,
    /// In the order in which they came.
    pub workers: Vec<WorkerHere>,
    /// How the question looks: as it did for whoever was last.
    pub look: Option<Settings>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct WorkerHere {
    /// 1 for the first.
    pub number: u32,
    /// Only if they want to be chosen by name.
    pub name: Option<String>,
    /// Records and photos that were unsent when they went away; none while nobody knows.
    pub waiting: Option<u32>,
}
