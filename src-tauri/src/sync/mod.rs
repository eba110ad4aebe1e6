//! Delivery. The rules are the session's in `core`; here are its hands: the database that holds outbox and cursors, the
//! HTTP that carries the bodies, and the task that waits.
//!
//! ```text
//! save ──wake──▶ driver ──Collect──▶ store (one transaction: page, envelope)
//!                   │  ──Send─────▶ link  (HTTP; every kind of trouble has a name)
//!                   └──Apply─────▶ store (one transaction: receipts, changes, cursors), then projections in batches
//! ```

mod cursors;
mod driver;
mod held;
mod leaving;
mod link;
mod poke;
mod repair;
mod store;
mod watermark;

pub(crate) use cursors::restart;
pub(crate) use driver::{Driver, forget_everything};
pub(crate) use leaving::{drafts_left, reconsider, sweep};
pub(crate) use link::{Link, Token, address, code, trouble};
pub(crate) use poke::listen;
pub(crate) use repair::{is_pending as is_comparing, offer};
pub(crate) use store::{APP, released, stored};
pub(crate) use watermark::{Safe, let_go, safe_photos};
