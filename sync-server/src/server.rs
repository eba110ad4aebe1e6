//! Starting and stopping. A server is a value that tests start on port 0 and drop.

use crate::{
    config::Config,
    error::{Error, Result},
    listen, packs, pokes, routes, scrub,
    state::AppState,
    sweep,
};
use axum_server::Handle;
use std::{net::SocketAddr, time::Duration};
use tokio::task::JoinHandle;

/// Requests under way have this long to finish when the server stops.
const FAREWELL: Duration = Duration::from_secs(20);

/// A server that is listening. Dropping it ends it at once; [`Running::stop`] waits for what is under way.
pub struct Running {
    address: SocketAddr,
    state: AppState,
    handle: Handle<SocketAddr>,
    task: JoinHandle<std::io::Result<()>>,
    sweeper: JoinHandle<()>,
    poker: JoinHandle<()>,
    packer: JoinHandle<()>,
    scrubber: JoinHandle<()>,
}

/// Opens the data folder and begins to listen. Answers as soon as connections are accepted.
pub async fn serve(config: Config) -> Result<Running> {
    listen::check(&config)?;
    if config.restoring().exists() {
        return Err(Error::Internal(
            "a restore into this folder did not come to its end; empty it and begin again".into(),
        ));
    }
    let state = AppState::open(config)?;
    state.merger.recover();
    let handle = Handle::new();
    let (address, task) =
        listen::start(&state, routes::router(state.clone()), handle.clone()).await?;
    let sweeper = tokio::spawn(sweep::run(state.clone()));
    let poker = tokio::spawn(pokes::run(state.clone()));
    let packer = tokio::spawn(packs::run(state.clone()));
    let scrubber = tokio::spawn(scrub::run(state.clone()));
    Ok(Running {
        address,
        state,
        handle,
        task,
        sweeper,
        poker,
        packer,
        scrubber,
    })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// What to put before a path.
    pub fn url(&self) -> String {
        let scheme = if self.state.config.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }
    /// Its parts, for tests and for the command line in the same process.
    pub fn state(&self) -> &AppState {
        &self.state
    }
    /// Stops accepting, lets requests under way finish (at most 20 s), and ends. Uploads resume and exchanges repeat, so
    /// whatever is cut off then loses nothing.
    pub async fn stop(mut self) -> Result<()> {
        self.state.pokes.end();
        self.handle.graceful_shutdown(Some(FAREWELL));
        (&mut self.task)
            .await
            .map_err(|error| Error::internal("server task", error))??;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.state.pokes.end();
        self.handle.shutdown();
        self.sweeper.abort();
        self.poker.abort();
        self.packer.abort();
        self.scrubber.abort();
    }
}
