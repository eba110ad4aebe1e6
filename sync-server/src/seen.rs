//! 部门已看: the first time that an office opens an incident, the people who reported it are told so, by the name of the
//! office, never of a person.

use crate::{
    console::{departments, parsed},
    error::Result,
    state::AppState,
    store::{OptionalExtension, reference},
};
use gridwalk_core::{
    act::Role,
    ids::{GridId, IncidentId},
    reference::{Person, ReferenceKind, Seen},
};

/// Notes the first opening per incident and office as a reference row, which travels to the phones of the grid.
pub async fn opened(state: &AppState, person: &Person, incident: IncidentId) -> Result<()> {
    if !matches!(
        person.role,
        Role::Dispatcher | Role::DutyChief | Role::Handler
    ) {
        return Ok(());
    }
    let (department, now) = (person.department, state.now());
    let key = format!(
        "{incident}:{}",
        department.map_or_else(|| "desk".into(), |id| id.to_string())
    );
    let known = key.clone();
    let seen = state
        .store
        .read(move |connection| {
            let mut statement = connection
                .prepare_cached("select 1 from reference where kind = 'seen' and id = ?1")?;
            Ok(statement.exists([&known])?)
        })
        .await?;
    if seen {
        return Ok(());
    }
    state
        .store
        .write(move |connection| {
            let office = match department {
                Some(id) => departments(connection)?
                    .remove(&id.to_string())
                    .unwrap_or_default(),
                None => "街道指挥中心".into(),
            };
            let grid: Option<String> = connection
                .query_row(
                    "select grid from incident where id = ?1",
                    [incident.to_string()],
                    |row| row.get(0),
                )
                .optional()?;
            let grid: Option<GridId> = grid
                .map(|grid| parsed(&format!("\"{grid}\"")))
                .transpose()?;
            reference::put(
                connection,
                ReferenceKind::Seen,
                &key,
                grid,
                &Seen {
                    incident,
                    office,
                    at: now,
                },
            )
        })
        .await
}
