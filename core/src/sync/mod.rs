//! The sync session and its messages; see PROTOCOL.md.

pub mod message;
