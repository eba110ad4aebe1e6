//! Every night rows and blobs are held against each other, both ways. A blob that a row promises and that is not here, or is
//! not whole, is asked for again from the phones that still have it, and raised in the console. A file without a row goes
//! when it is a month old, and never before; a row that no record names, with its file, when that has been so for a month.

use crate::{
    error::{Error, Result},
    state::AppState,
    store::{
        loss::{self, Kind, Scrubbed},
        unnamed,
    },
};
use gridwalk_core::{ids::Hash, time::Timestamp};
use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

/// A file without a row may belong to something that is just being restored.
const STRAY_LIVES: Duration = Duration::from_secs(30 * 24 * 3600);
/// Looked at again no sooner.
const EVERY_MS: i64 = 22 * 3_600_000;
/// Waited for the night no longer.
const LATEST_MS: i64 = 36 * 3_600_000;
/// The hours of the night, in Shanghai.
const NIGHT: std::ops::Range<u32> = 1..5;
/// Hashes that are compared in one night: one in so many. The whole store is read once a week.
const NIGHTS: u8 = 7;
/// Looked at between two looks at the clock.
const AT_ONCE: usize = 64;

/// Looks once an hour whether it is time, until the server stops.
pub async fn run(state: AppState) {
    let mut clock = tokio::time::interval(Duration::from_secs(3600));
    loop {
        clock.tick().await;
        let due = match state.store.read(loss::last_scrub).await {
            Ok(last) => is_due(last.map(|(at, _)| at), state.now()),
            Err(_) => false,
        };
        if !due {
            continue;
        }
        let night = (state.now().0 / 86_400_000).rem_euclid(i64::from(NIGHTS)) as u8;
        if let Err(error) = scrub(
            &state,
            |hash| hash.0[0] % NIGHTS == night,
            SystemTime::now(),
        )
        .await
        {
            tracing::error!(%error, "scrubbing was put off");
        }
    }
}

/// At night, and if there was none, then by day.
fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    use chrono::Timelike;
    let Some(last) = last else {
        return true;
    };
    let ago = now.since(last);
    ago > LATEST_MS || (ago > EVERY_MS && NIGHT.contains(&now.shanghai().hour()))
}

/// Looks at everything. That a blob is there is asked of each; its bytes are compared where `reads` says so. `today` is what
/// the clock of the folder or bucket says.
pub async fn scrub(
    state: &AppState,
    reads: impl Fn(&Hash) -> bool,
    today: SystemTime,
) -> Result<Scrubbed> {
    let blobs = state.blobs.clone();
    let listed = tokio::task::spawn_blocking(move || blobs.ages())
        .await
        .map_err(|error| Error::internal("listing blobs", error))??;
    // Rows after files: what arrives in between has a row and is not among the files, and is asked for by name below.
    let named: BTreeSet<Hash> = state
        .store
        .read(|connection| {
            let mut statement = connection.prepare_cached("select hash from blob")?;
            let rows = statement.query_map([], |row| row.get(0).map(Hash))?;
            Ok(rows.collect::<std::result::Result<_, _>>()?)
        })
        .await?;
    let there: BTreeSet<Hash> = listed.iter().map(|(hash, _)| *hash).collect();
    let mut seen = Scrubbed {
        blobs: named.len() as u64,
        ..Scrubbed::default()
    };
    let doubtful: Vec<Hash> = named
        .iter()
        .filter(|hash| !there.contains(hash) || reads(hash))
        .copied()
        .collect();
    for some in doubtful.chunks(AT_ONCE) {
        let (blobs, some) = (state.blobs.clone(), some.to_vec());
        let looked = tokio::task::spawn_blocking(move || {
            some.into_iter()
                .map(|hash| (hash, blobs.get(&hash).map(drop)))
                .collect::<Vec<_>>()
        })
        .await
        .map_err(|error| Error::internal("looking at blobs", error))?;
        for (hash, found) in looked {
            seen.losses += u64::from(judge(state, hash, &found).await?);
        }
    }
    let (strays, removed) = remove_strays(state, &listed, &named, today).await?;
    seen.strays = strays;
    seen.removed = removed;
    let forgotten = forget_unnamed(state).await?;
    let now = state.now();
    state
        .store
        .write(move |connection| loss::scrubbed(connection, seen, now))
        .await?;
    tracing::info!(?seen, forgotten, "scrubbed");
    Ok(seen)
}

/// The bytes of a blob that a row promises. Whoever finds out by reading that it is lost has that written down.
pub async fn read(state: &AppState, hash: Hash) -> Result<Vec<u8>> {
    let blobs = state.blobs.clone();
    let found = tokio::task::spawn_blocking(move || blobs.get(&hash))
        .await
        .map_err(|error| Error::internal("reading a blob", error))?;
    let (found, bytes) = match found {
        Ok(bytes) => (Ok(()), bytes),
        Err(error) => (Err(error), Vec::new()),
    };
    if judge(state, hash, &found).await? {
        return Err(Error::Damaged(hash));
    }
    found.map(|()| bytes)
}

/// Whether a blob that a row promises is here as promised. One that is not is written down; where nobody can say at this moment,
/// that is an error.
pub async fn is_whole(state: &AppState, hash: Hash) -> Result<bool> {
    match read(state, hash).await {
        Ok(_) => Ok(true),
        Err(Error::Damaged(_) | Error::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Blobs that no record has named for a month go, row and file: a photo may come before its record, and not for ever.
async fn forget_unnamed(state: &AppState) -> Result<u64> {
    let now = state.now();
    let seen = state
        .store
        .read(move |connection| unnamed::look(connection, now))
        .await?;
    let over = seen.over.clone();
    state
        .store
        .write(move |connection| unnamed::note(connection, &seen, now))
        .await?;
    let mut forgotten = 0;
    for hash in over {
        let forget = state
            .store
            .write(move |connection| unnamed::forget(connection, &hash, now));
        // The row first: what a crash leaves is a stray of that age.
        if forget.await? {
            remove_stray(state, hash).await?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

/// Writes down what was found of a blob that a row promises; true when it is lost.
async fn judge(state: &AppState, hash: Hash, found: &Result<()>) -> Result<bool> {
    let kind = match found {
        Err(Error::NotFound) => Kind::Missing,
        Err(Error::Damaged(_)) => Kind::Damaged,
        // whole, or nobody can say at this moment
        _ => return Ok(false),
    };
    let now = state.now();
    let lost = state.store.write(move |connection| {
        let promised = connection
            .prepare_cached("select 1 from blob where hash = ?1")?
            .exists([hash.0])?;
        if promised && loss::note(connection, &hash, kind, now)? {
            tracing::error!(%hash, ?kind, "a blob is lost; it is asked for again");
        }
        Ok(promised)
    });
    lost.await
}

async fn remove_strays(
    state: &AppState,
    listed: &[(Hash, SystemTime)],
    named: &BTreeSet<Hash>,
    today: SystemTime,
) -> Result<(u64, u64)> {
    let (mut strays, mut removed) = (0, 0);
    for (hash, put) in listed.iter().filter(|(hash, _)| !named.contains(hash)) {
        strays += 1;
        if today
            .duration_since(*put)
            .is_ok_and(|age| age > STRAY_LIVES)
        {
            removed += u64::from(remove_stray(state, *hash).await?);
        }
    }
    Ok((strays, removed))
}

/// Unless it got its row meanwhile.
async fn remove_stray(state: &AppState, hash: Hash) -> Result<bool> {
    let has_row = move |connection: &crate::store::Connection| {
        Ok(connection
            .prepare_cached("select 1 from blob where hash = ?1")?
            .exists([hash.0])?)
    };
    if state.store.read(has_row).await? {
        return Ok(false);
    }
    let blobs = state.blobs.clone();
    tokio::task::spawn_blocking(move || blobs.forget(&hash))
        .await
        .map_err(|error| Error::internal("removing a stray", error))??;
    // It came at this very moment: then its phone has not let go of it, and is asked for it.
    if state.store.read(has_row).await? {
        judge(state, hash, &Err(Error::NotFound)).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_in_the_night_and_by_day_only_when_a_night_was_missed() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 14).unwrap();
        let at = |hour| Timestamp::from_shanghai(day, hour, 0).unwrap();
        let hours_ago = |now: Timestamp, hours: i64| Some(now.plus_ms(-hours * 3_600_000));
        assert!(is_due(None, at(15)), "there was none");
        assert!(is_due(hours_ago(at(3), 24), at(3)));
        assert!(!is_due(hours_ago(at(3), 1), at(3)), "there was one tonight");
        assert!(
            !is_due(hours_ago(at(15), 24), at(15)),
            "it waits for the night"
        );
        assert!(
            is_due(hours_ago(at(15), 37), at(15)),
            "it waited long enough"
        );
    }
}
