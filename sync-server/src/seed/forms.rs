//! The form that is due at noon, and what its doors answered the last time.

use super::same;
use crate::{
    error::Result,
    store::{Connection, reference},
};
use gridwalk_core::{
    form::{Campaign, FormTemplate},
    reference::ReferenceKind,
};
use gridwalk_fixtures::{Street, forms};

/// What is asked, and at which doors. The list of doors is for its grid only.
pub(super) fn rows(connection: &Connection, street: &Street) -> Result<()> {
    for told in forms::templates(street) {
        let row: FormTemplate = same(&told)?;
        reference::put(connection, ReferenceKind::Form, &row.row(), None, &row)?;
    }
    for told in forms::campaigns(street) {
        let row: Campaign = same(&told)?;
        let (id, grid) = (row.row(), Some(row.grid));
        reference::put(connection, ReferenceKind::Campaign, &id, grid, &row)?;
    }
    Ok(())
}
