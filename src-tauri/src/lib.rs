//! The grid worker's phone. The library is the phone; its window is a feature.

#[cfg(feature = "window")]
pub mod shell;
