//! Packs: a first sync as a file. Built here when nobody waits, offered by the exchange, fetched by range.
//!
//! A pack is built again when a fifth of its feed lies behind it. The one before it is kept for a day, because somebody
//! may be fetching it; what is superseded longer, and files that no pack names, are swept.

mod folder;
mod offer;

pub use folder::{Building, Folder};
pub use offer::{Offered, Offering};

use crate::{
    error::{Error, Result},
    state::AppState,
    store::pack,
};
use gridwalk_core::sync::{
    message::Partition,
    pack::{self as format, build},
};
use std::time::Duration;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(30);
/// A superseded pack is kept so long.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Builds what is due, every half minute, until the server stops. Not at once: a server that starts has others to serve.
pub async fn run(state: AppState) {
    let mut clock = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let state = state.clone();
        let built = tokio::task::spawn_blocking(move || build_due(&state)).await;
        match built {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "packs were put off"),
            Err(error) => tracing::error!(%error, "building packs ended badly"),
        }
    }
}

/// Builds every pack that is due, one after the other, and sweeps; how many were built. One that cannot be built is
/// logged and tried again at the next look; its partition is read from the feed meanwhile.
pub fn build_due(state: &AppState) -> Result<usize> {
    let least = state.config.pack_least;
    let due = state
        .store
        .read_now(move |connection| pack::due(connection, least))?;
    let mut built = 0;
    for partition in due {
        match build_one(state, partition) {
            Ok(true) => built += 1,
            Ok(false) => {}
            Err(error) => tracing::error!(grid = %partition.grid, %error, "no pack"),
        }
    }
    sweep(state)?;
    Ok(built)
}

fn build_one(state: &AppState, partition: Partition) -> Result<bool> {
    let material = state
        .store
        .read_now(move |connection| pack::material(connection, partition))?;
    let Some(material) = material else {
        return Ok(false);
    };
    // Documents that were merged before are loaded to check the pack; whatever happens, only the pack is lost.
    let built = std::panic::catch_unwind(|| build::build(material, build::Press::default()))
        .map_err(|_| Error::Internal("building a pack panicked".into()))?
        .map_err(|error| Error::internal("building a pack", error))?;
    // until its rows are there
    let building = state.packs.building()?;
    for (file, bytes) in built.manifest.files.iter().zip(&built.files) {
        building.put(&file.hash, bytes)?;
    }
    let offer = format::offer(&built.manifest, |purpose, bytes| {
        state.key.sign(purpose, bytes)
    });
    let (name, now, manifest) = (format::name(&offer), state.now(), built.manifest);
    let position = manifest.cursor.position;
    let added = state
        .store
        .write_now(move |connection| pack::add(connection, &manifest, &name, &offer, now))?;
    drop(building);
    tracing::info!(grid = %partition.grid, position, added, "a pack was built");
    Ok(added)
}

/// Rows first, files after them: a crash leaves a file without a row, which the next sweep finds. One that another server
/// is about to name is not touched.
fn sweep(state: &AppState) -> Result<()> {
    let before = state.now().plus_ms(-KEPT_MS);
    state
        .store
        .write_now(move |connection| pack::expire(connection, before))?;
    state.packs.sweep(|| state.store.read_now(pack::files))?;
    Ok(())
}
