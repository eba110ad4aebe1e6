//! Tools that prove the product and are never part of it: they start the real binaries on loopback, let them work,
//! and compare what each side holds.

pub mod holdings;
pub mod process;
