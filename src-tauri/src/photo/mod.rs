//! Photos and voice notes: from a camera's file to a small sealed JPEG, and on to the centre in a lane of their own.

pub(crate) mod again;
pub(crate) mod album;
pub(crate) mod camera;
pub(crate) mod lane;
pub(crate) mod looked;
pub mod original;
pub mod process;
pub(crate) mod queue;
mod scaled;
pub mod seal;
pub mod stamp;
pub mod veil;
pub(crate) mod voice;
