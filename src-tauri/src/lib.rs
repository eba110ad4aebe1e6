//! The phone app: gives the core a disk, a clock, a camera and a network. The library is the whole phone; its
//! window is a feature, so that the same phone runs headless in tests, bots and the scripted day.

mod app;
mod asked;
mod brief;
mod care;
pub mod cli;
mod closing;
#[cfg(feature = "window")]
pub mod commands;
mod database;
mod delivery;
#[cfg(feature = "window")]
mod dialler;
mod documents;
mod dwellings;
mod enrolment;
mod error;
mod exchange;
mod forms;
mod handbook;
mod households;
mod incidents;
mod keystore;
mod lock;
mod map;
mod pack;
mod parcel;
mod patrols;
pub mod photo;
mod places;
pub mod ports;
mod power;
mod projection;
mod proposals;
mod recorder;
mod reference;
mod reminders;
mod roster;
mod rounds;
mod search;
mod settings;
#[cfg(feature = "window")]
pub mod shell;
mod snooze;
mod storage;
mod sync;
mod today;
mod track;
mod unsent;
pub mod view;
mod visit_report;
mod visits;
mod work_card;
mod work_log;

pub use app::Phone;
#[cfg(feature = "window")]
pub use commands::Desk;
pub use delivery::{HeldAndArrived, Holdings};
pub use error::{Answer, Failure};
pub use exchange::HttpExchange;
pub use keystore::FileKeystore;
pub use lock::Gate;
pub use photo::album::{PhotoWishes, StampWish};
