//! The phone app: gives the core a disk, a clock, a camera and a network. The library is the whole phone; its
//! window is a feature, so that the same phone runs headless in tests, bots and the scripted day.

mod app;
#[cfg(feature = "window")]
pub mod commands;
mod error;
pub mod photo;
#[cfg(feature = "window")]
pub mod shell;
pub mod view;

pub use app::Phone;
pub use error::{Answer, Failure};
