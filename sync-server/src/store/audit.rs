//! Who did what when. If a row cannot be written, what it is about does not happen.

use crate::{
    error::Result,
    store::{Connection, params},
};
use gridwalk_core::time::Timestamp;

/// One row of the trail. Never holds a resident's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Person, device, or the login name that was tried.
    pub subject: String,
    /// `login`, `deny`, `export`, `open`, `act`, `user_reset`, `enrol`, `enrol_code`, `device_revoke`.
    pub action: &'static str,
    /// Which record, route or range.
    pub object: String,
    /// `done`, or the stable code of the refusal.
    pub result: String,
    /// Network address of whoever asked.
    pub address: String,
}

/// Adds a row.
pub fn add(connection: &Connection, entry: &Entry, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "insert into audit (at, subject, action, object, result, address) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![now.0, entry.subject, entry.action, entry.object, entry.result, entry.address])?;
    Ok(())
}
