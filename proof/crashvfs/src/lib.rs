//! A disk under SQLite that forgets what was never synced.
//!
//! Killing a process cannot show whether a save is durable: the operating system keeps what it was given, and a program that never
//! syncs loses nothing. Only a power cut tells the two apart. Here files lie in memory, every write, sync and deletion is
//! written down ([`trace`]), and afterwards the power is cut at any place of that list, as often as one likes:
//!
//! ```text
//! product ── SQLite ── ffi ── Disk ──▶ Trace ──▶ survivor at point k ──▶ a Disk again ── SQLite ── product
//! ```
//!
//! [`install`] makes it the default of the process, so the product's own code opens its databases over it unchanged. A
//! folder has to be [`mount`]ed first; nothing else can be opened, so that no database slips past.
//!
//! **What a cut keeps** of a file: all that was synced, and any part of what was not, in any combination. A write may be
//! torn at 512 bytes or 4 KiB, and a torn piece may hold rubbish, but only inside the range that was written (what SQLite
//! calls powersafe overwrite and assumes on the phone as well). A new name or a deletion is durable when its folder was
//! synced, as SQLite does on Unix with the first sync of a journal; until then a cut keeps a beginning of them, in order.
//!
//! **Weaker levels.** [`Level`] changes the product's own `pragma synchronous` on its way to SQLite, in the memory of the
//! statement. What then happens is SQLite's own `NORMAL` or `OFF`, not a model of it.
//!
//! **Not in here**: files that the product writes without SQLite (sealed photos, blobs, the key); they sync for
//! themselves. Two processes; a fault of SQLite's shared memory.

mod disk;
mod ffi;
mod shm;
mod trace;

pub use disk::{Disk, Fault, Image, Level, Mounted, Operation, mount};
pub use ffi::install;
pub use trace::{Point, PointKind, Trace};
