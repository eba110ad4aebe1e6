//! The sync protocol without disk, clock, network or randomness. Both halves live here:
//!
//! | | phone | server |
//! |---|---|---|
//! | bytes | [`frame`], [`envelope::sign`] | [`frame`], [`envelope::verify`] |
//! | upload | [`session`] collects and sends | [`admit`] judges change by change |
//! | download | [`apply`] plans what to store | [`answer`] cuts pages from the feed |
//! | fork | [`fork::displaced`] says what goes | [`admit`] refuses the second |
//! | repair | [`repair::prints`], [`repair::differing`], [`repair::step`] | [`repair::answer`] |
//!
#![doc = include_str!("PROTOCOL.md")]

pub mod admit;
pub mod answer;
pub mod apply;
pub mod certificate;
pub mod dictionary;
pub mod digest;
pub mod effect;
pub mod envelope;
pub mod event;
pub mod fork;
pub mod frame;
pub mod limits;
pub mod message;
pub mod pack;
pub mod repair;
pub mod session;
pub mod version;

mod actor;
mod page;
mod shape;
mod unknown;

pub use actor::actor;
