//! The first sync as a file. What an exchange offers is fetched in a lane of its own, frame by frame; what arrives is
//! stored as it is and taken out later, a few documents at a time, so that nothing is loaded while the network is used.
//!
//! ```text
//! exchange ──offer──▶ shelf ──missing frames──▶ lane (GET with Range) ──▶ shelf: early rows, waiting documents
//!                                                                           │ all here: the cursor stands behind the pack
//!          log, positions, projections ◀── unpack (background, or as soon as somebody needs one) ◀┘
//! ```
//!
//! Whatever is wrong with a pack, its partition is read from the feed and nothing is lost.

mod lane;
mod shelf;
mod unpack;

pub(crate) use lane::{Lane, take_out};
pub(crate) use shelf::{SERVER_KEY, forget, forget_all, is_coming, offered, wish};
pub(crate) use unpack::{all_verified, waiting};
