//! Whether an original is open to somebody. The opening itself is an event of its case, with a reason (`open_original`): it is
//! read where everybody who works on the case reads it, in `incident_event` and in the case's story.

use crate::{
    error::{Error, Result},
    store::Connection,
};
use gridwalk_core::{
    ids::{Hash, PersonId},
    incident::IncidentView,
    time::Timestamp,
};

/// Whether a case that names this original says that this person looks at it now.
pub fn is_open(
    connection: &Connection,
    original: &Hash,
    by: PersonId,
    now: Timestamp,
) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "select incident.view from photo join incident on incident.id = photo.document
         where photo.hash = ?1 and photo.kind = 'original'",
    )?;
    let rows = statement.query_map([original.to_string()], |row| row.get::<_, String>(0))?;
    for view in rows {
        let view: IncidentView = serde_json::from_str(&view?)
            .map_err(|error| Error::internal("an incident's view", error))?;
        if view.original_open_until(original, by, now).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
