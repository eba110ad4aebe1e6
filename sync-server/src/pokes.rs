//! Who has to hear that something is new. One task looks at the tips of all feeds while anybody listens: at once when the
//! store says that this process, or another one on the same PostgreSQL, has made something visible; and twice a second
//! where the command line may write to the same file and nobody says so. It looks at a few rows and opens no document.

use crate::{
    error::Result,
    state::AppState,
    store::{Connection, OptionalExtension},
};
use gridwalk_core::{
    ids::GridId,
    sync::message::{AccessClass, Partition},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use uuid::Uuid;

/// Between two looks when nobody said anything, where not everybody says it.
const EVERY: Duration = Duration::from_millis(500);
/// The same where everybody does.
const SELDOM: Duration = Duration::from_secs(60);

/// How far everything has come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tips {
    feeds: HashMap<Partition, u64>,
    /// Newest version of the reference rows that everybody reads.
    common: u64,
    /// And of those of one grid.
    grids: HashMap<GridId, u64>,
    /// Up to here they have been looked at.
    seen: u64,
}

impl Tips {
    /// What a reader of these partitions would notice.
    pub fn of(&self, partitions: &[Partition]) -> Vec<u64> {
        let feed = |partition: &Partition| self.feeds.get(partition).copied().unwrap_or(0);
        let rows = |grid: &GridId| self.grids.get(grid).copied().unwrap_or(0);
        let grids: HashSet<GridId> = partitions.iter().map(|partition| partition.grid).collect();
        let rows = grids.iter().map(rows).max().unwrap_or(0);
        let mut noticed = vec![self.common, rows];
        noticed.extend(partitions.iter().map(feed));
        noticed
    }

    fn look(mut self, connection: &Connection) -> Result<Self> {
        self.feeds = connection
            .prepare_cached("select grid, class, tip from partition")?
            .query_map([], |row| {
                let partition = Partition {
                    grid: GridId(row.get::<_, Uuid>(0)?),
                    class: AccessClass(row.get(1)?),
                };
                Ok((partition, row.get(2)?))
            })?
            .collect::<std::result::Result<_, _>>()?;
        let version: u64 = connection
            .prepare_cached("select value from counter where name = 'reference'")?
            .query_row([], |row| row.get(0))
            .optional()?
            .unwrap_or(0);
        if version == self.seen {
            return Ok(self);
        }
        let moved = connection
            .prepare_cached(
                "select grid, max(version) from reference where version > ?1 group by grid",
            )?
            .query_map([self.seen], |row| {
                Ok((row.get::<_, Option<Uuid>>(0)?, row.get::<_, u64>(1)?))
            })?
            .collect::<std::result::Result<Vec<_>, _>>()?;
        for (grid, version) in moved {
            match grid {
                Some(grid) => {
                    self.grids.insert(GridId(grid), version);
                }
                None => self.common = version,
            }
        }
        self.seen = version;
        Ok(self)
    }
}

/// The news that something is new.
pub struct Pokes {
    /// None once the server stops: everybody who listens hangs up.
    tips: watch::Sender<Option<Arc<Tips>>>,
}

impl Default for Pokes {
    fn default() -> Self {
        Self {
            tips: watch::Sender::new(Some(Arc::default())),
        }
    }
}

impl Pokes {
    /// Follows the tips.
    pub fn listen(&self) -> watch::Receiver<Option<Arc<Tips>>> {
        self.tips.subscribe()
    }

    /// Nobody will hear anything more.
    pub fn end(&self) {
        self.tips.send_replace(None);
    }
}

/// Looks, for as long as the server runs.
pub async fn run(state: AppState) {
    let mut published = state.store.published();
    let every = match state.store.hears_others() {
        true => SELDOM,
        false => EVERY,
    };
    loop {
        tokio::select! {
            said = published.changed() => if said.is_err() { return },
            () = tokio::time::sleep(every) => {}
        }
        if state.pokes.tips.receiver_count() == 0 {
            continue;
        }
        if let Err(error) = look(&state).await {
            tracing::warn!(%error, "the tips could not be looked at");
        }
    }
}

/// Looks once, and tells everybody who listens if something moved. Whoever begins to listen looks first.
pub async fn look(state: &AppState) -> Result<()> {
    let Some(before) = state.pokes.tips.borrow().clone() else {
        return Ok(());
    };
    let tips = Tips::clone(&before);
    let now = state
        .store
        .read(move |connection| tips.look(connection))
        .await?;
    if now != *before {
        let now = Arc::new(now);
        state
            .pokes
            .tips
            .send_if_modified(|tips| tips.is_some() && tips.replace(now).is_some());
    }
    Ok(())
}
