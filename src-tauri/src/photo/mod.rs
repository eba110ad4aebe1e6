//! Photos on the phone: made small and bare, then sealed at rest.

pub mod process;
pub(crate) mod queue;
pub mod seal;
