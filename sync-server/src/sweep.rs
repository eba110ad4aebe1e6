//! What the centre promised not to keep: shared lines after their day, and uploads that nobody finished.

use crate::{
    error::Result,
    state::AppState,
    store::blob::{self, ExpiredLine},
};
use std::time::Duration;

/// An upload that was not continued for so long will not be.
const UPLOAD_LIVES_MS: i64 = 7 * 24 * 3_600_000;
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
    let now = state.now();
    let (lines, uploads) = state
        .store
        .write(move |connection| {
            let lines = blob::expire_lines(connection, now)?;
            let uploads = blob::stale_uploads(connection, now.plus_ms(-UPLOAD_LIVES_MS))?;
            for upload in &uploads {
                blob::end_upload(connection, upload)?;
            }
            Ok((lines, uploads))
        })
        .await?;
    let blobs = state.blobs.clone();
    let (swept_lines, swept_uploads) = (lines.len(), uploads.len());
    tokio::task::spawn_blocking(move || {
        for ExpiredLine(hash) in &lines {
            blobs.forget(hash)?;
        }
        uploads
            .iter()
            .try_for_each(|upload| blobs.drop_part(upload))
    })
    .await
    .map_err(|error| crate::error::Error::internal("sweeping", error))??;
    if swept_lines + swept_uploads > 0 {
        tracing::info!(swept_lines, swept_uploads, "swept");
    }
    Ok(())
}
