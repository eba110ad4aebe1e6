//! What the centre promised not to keep: shared lines after their day, and uploads that nobody finished. And what a crash
//! left between two steps: uploads that are all here are ended first, files that belong to nothing go after a day.

use crate::{
    arrival, departure,
    error::{Error, Result},
    state::AppState,
    store::blob::{self, ExpiredLine},
};
use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

/// A file among the parts that belongs to nothing for so long will not belong to anything.
const STRAY_LIVES: Duration = Duration::from_secs(24 * 3600);
/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(3600);

/// Sweeps now and every hour, until the server stops.
pub async fn run(state: AppState) {
    let mut clock = tokio::time::interval(EVERY);
    loop {
        clock.tick().await;
        if let Err(error) = sweep(&state).await {
            tracing::error!(%error, "sweeping was put off");
        }
    }
}

/// One sweep. A file goes only after its row: a crash between the two leaves a file without a row, which the next
/// upload of the same bytes takes over, never a row without its file.
pub async fn sweep(state: &AppState) -> Result<()> {
    departure::remove_blobs(state).await?;
    let left = end_uploads(state).await?;
    let now = state.now();
    let (lines, uploads) = state
        .store
        .write(move |connection| {
            let lines = blob::expire_lines(connection, now)?;
            let mut uploads = blob::stale_uploads(connection, now)?;
            uploads.retain(|upload| !left.contains(upload));
            let mut pieces = Vec::new();
            for upload in &uploads {
                pieces.extend(blob::end_upload(connection, upload)?);
            }
            Ok((lines, (uploads, pieces)))
        })
        .await?;
    let blobs = state.blobs.clone();
    let (uploads, pieces) = uploads;
    let (swept_lines, swept_uploads) = (lines.len(), uploads.len());
    tokio::task::spawn_blocking(move || {
        for ExpiredLine(hash) in &lines {
            blobs.forget(hash)?;
        }
        blobs.drop_pieces(&pieces)
    })
    .await
    .map_err(|error| Error::internal("sweeping", error))??;
    let swept_strays = drop_strays(state).await?;
    if swept_lines + swept_uploads + swept_strays > 0 {
        tracing::info!(swept_lines, swept_uploads, swept_strays, "swept");
    }
    Ok(())
}

/// Ends what is all here, so that the week's end does not take it: its phone may have hung up behind the last byte.
/// Answers what could not be looked at.
async fn end_uploads(state: &AppState) -> Result<HashSet<String>> {
    let mut left = HashSet::new();
    for upload in state.store.read(blob::uploads).await? {
        if let Err(error) = arrival::look(state, &upload).await {
            // Its turn, its disk or the full queue: the next sweep looks again.
            tracing::warn!(%error, upload = upload.id, "an upload was left as it is");
            left.insert(upload.id);
        }
    }
    Ok(left)
}

/// A piece has its file before its row, so a file without a row is one that is just being written or what a crash left.
async fn drop_strays(state: &AppState) -> Result<usize> {
    let Some(then) = SystemTime::now().checked_sub(STRAY_LIVES) else {
        return Ok(0);
    };
    let blobs = state.blobs.clone();
    let listed = tokio::task::spawn_blocking(move || blobs.parts_at_rest(then));
    let mut strays = listed
        .await
        .map_err(|error| Error::internal("looking for strays", error))??;
    let pieces = state.store.read(blob::all_pieces).await?;
    let known: HashSet<String> = pieces.into_iter().collect();
    strays.retain(|name| !known.contains(name));
    let (blobs, count) = (state.blobs.clone(), strays.len());
    tokio::task::spawn_blocking(move || blobs.drop_pieces(&strays))
        .await
        .map_err(|error| Error::internal("dropping strays", error))??;
    Ok(count)
}
