//! What a resident may scan.

use gridwalk_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use specta::Type;

/// 电子工作证: the code that says who carries this phone. Name, role and grid are on the screen already (`PhoneStatus`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct WorkCard {
    /// What the code to be scanned holds: the centre's page with the signed part behind the hash.
    pub address: String,
    /// When it ends, by the phone's corrected clock.
    pub until: Timestamp,
}
