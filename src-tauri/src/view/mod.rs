//! What a screen is told: plain values, written by Rust, read by TypeScript. A screen computes nothing that
//! matters from them; what it may show, it is given.

mod care;
mod delivery;
mod form;
mod handbook;
mod household;
mod incident;
mod map;
mod moving;
mod patrol;
mod place;
mod proposal;
mod search;
mod sharing;
mod status;
mod storage;
mod today;
mod visit_report;
mod work_card;
mod work_log;

pub use care::*;
pub use delivery::*;
pub use form::*;
pub use handbook::*;
pub use household::*;
pub use incident::*;
pub use map::*;
pub use moving::*;
pub use patrol::*;
pub use place::*;
pub use proposal::*;
pub use search::*;
pub use sharing::*;
pub use status::*;
pub use storage::*;
pub use today::*;
pub use visit_report::*;
pub use work_card::*;
pub use work_log::*;
