//! Who works where, changed by a person: into the ledger first, because a restore must not give back what somebody lost,
//! then into the registry.

use crate::{
    error::{Error, Result},
    ledger::{self, remember},
    state::AppState,
    store::{
        Connection,
        audit::{self, Entry},
        person::{self, Cover},
        reference,
    },
};
use gridwalk_core::{ids::GridId, reference::Person};

/// What changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Has the grid from now on, for good or for some days.
    Assign(Cover),
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
    let (person, days) = state
        .store
        .read(move |connection| changed(connection, &name, grid, change))
        .await?;
    let scope = ledger::Entry::Scope {
        person: Box::new(person),
        login: Some(login.clone()),
        days,
    };
    remember(state, scope).await?;
    state
        .store
        .write(move |connection| {
            let (person, _) = changed(connection, &login, grid, change)?;
            reference::reassign(connection, &person, None, now)?;
            if let Change::Assign(cover) = change {
                person::limit_grid(connection, person.id, grid, cover)?;
            }
            audit::add(connection, &entry, now)
        })
        .await
}

/// The person as they will be, with the days of their grids.
fn changed(
    connection: &Connection,
    login: &str,
    grid: GridId,
    change: Change,
) -> Result<(Person, Vec<(GridId, Cover)>)> {
    let id = person::by_login(connection, login)?.ok_or(Error::NotFound)?;
    let mut person = person::by_id(connection, id)?.ok_or(Error::NotFound)?;
    let mut days = person::covers(connection, id)?;
    days.retain(|(limited, _)| *limited != grid);
    person.grids.retain(|had| *had != grid);
    if let Change::Assign(cover) = change {
        person.grids.push(grid);
        if cover != Cover::default() {
            days.push((grid, cover));
        }
    }
    Ok((person, days))
}
