//! What the registry and the blob folder hold, as sets of ids and hashes: the day's proof compares them with what the
//! phones recorded. Read from the tables that people read, not from the log.

use crate::{error::Result, state::AppState, store::Connection};
use gridwalk_core::ids::Hash;
use serde::Serialize;

/// Sorted ids and hashes as text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Holdings {
    /// 走访
    pub visits: Vec<String>,
    /// 流转记录
    pub incident_events: Vec<String>,
    /// 巡查
    pub patrols: Vec<String>,
    /// 点位记录
    pub checkpoint_hits: Vec<String>,
    /// Photos that records refer to and whose bytes are here and have their hash.
    pub photos: Vec<String>,
}

/// Reads them.
pub async fn read(state: &AppState) -> Result<Holdings> {
    let blobs = state.blobs.clone();
    state
        .store
        .read(move |connection| {
            let mut photos = ids(
                connection,
                "select distinct hash from photo where kind <> 'line' order by hash",
            )?;
            photos.retain(|name| {
                name.parse::<Hash>()
                    .is_ok_and(|hash| blobs.get(&hash).is_ok())
            });
            Ok(Holdings {
                visits: ids(connection, "select id from visit order by id")?,
                incident_events: ids(connection, "select id from incident_event order by id")?,
                patrols: ids(connection, "select id from patrol order by id")?,
                checkpoint_hits: ids(connection, "select id from checkpoint_hit order by id")?,
                photos,
            })
        })
        .await
}

fn ids(connection: &Connection, query: &'static str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
