//! Who works where, changed by a person: into the ledger first, because a restore must not give back what somebody lost,
//! then into the registry.

use crate::{
    error::{Error, Result},
    ledger::{self, remember},
    state::AppState,
    store::{
        Connection,
        audit::{self, Entry},
        person, reference,
    },
};
use chrono::NaiveDate;
use gridwalk_core::{
    ids::GridId,
    reference::{Cover, Person},
};

/// What changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Has the grid from now on, for good or for some days.
    Assign {
        /// First day, when it is not today.
        from: Option<NaiveDate>,
        /// Last day, when there is one.
        to: Option<NaiveDate>,
    },
    /// Has it no longer. What their phone saved before it hears of this is still taken.
    Release,
}

/// Changes one grid of whoever logs in with this name; `entry` goes into the trail.
pub async fn change(
    state: &AppState,
    login: &str,
    grid: GridId,
    change: Change,
    entry: Entry,
) -> Result<()> {
    let now = state.now();
    let login = login.to_owned();
    let name = login.clone();
    let person = state
        .store
        .read(move |connection| changed(connection, &name, grid, change))
        .await?;
    let scope = ledger::Entry::Scope {
        person: Box::new(person),
        login: Some(login.clone()),
        days: Vec::new(),
    };
    remember(state, scope).await?;
    state
        .store
        .write(move |connection| {
            let person = changed(connection, &login, grid, change)?;
            reference::reassign(connection, &person, None, now)?;
            audit::add(connection, &entry, now)
        })
        .await
}

/// The person as they will be.
fn changed(connection: &Connection, login: &str, grid: GridId, change: Change) -> Result<Person> {
    let id = person::by_login(connection, login)?.ok_or(Error::NotFound)?;
    let mut person = person::by_id(connection, id)?.ok_or(Error::NotFound)?;
    person.covers.retain(|cover| cover.grid != grid);
    person.grids.retain(|had| *had != grid);
    if let Change::Assign { from, to } = change {
        person.grids.push(grid);
        if from.is_some() || to.is_some() {
            person.covers.push(Cover { grid, from, to });
        }
    }
    Ok(person)
}
