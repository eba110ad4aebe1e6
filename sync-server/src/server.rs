//! Starting and stopping. A server is a value that tests start on port 0 and drop.

use crate::{
    config::Config,
    error::{Error, Result},
    routes,
    state::AppState,
};
use std::net::SocketAddr;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A server that is listening. Dropping it stops accepting; [`Running::stop`] waits for what is under way.
pub struct Running {
    address: SocketAddr,
    state: AppState,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Opens the data folder and begins to listen. Answers as soon as connections are accepted.
pub async fn serve(config: Config) -> Result<Running> {
    if !config.listen.ip().is_loopback() && !config.behind_proxy {
        return Err(Error::Internal(format!(
            "refusing to listen on {} without TLS: give a certificate, or say --behind-proxy if a proxy ends TLS",
            config.listen
        )));
    }
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    let state = AppState::open(config)?;
    state.merger.recover();
    let app = routes::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                let _ = stopped.changed().await;
            })
            .await
    });
    Ok(Running {
        address,
        state,
        stop,
        task,
    })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// What to put before a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
    /// Its parts, for tests and for the command line in the same process.
    pub fn state(&self) -> &AppState {
        &self.state
    }
    /// Stops accepting, lets requests under way finish (at most 20 s), and ends.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(true);
        match tokio::time::timeout(std::time::Duration::from_secs(20), self.task).await {
            Ok(Ok(ended)) => Ok(ended?),
            Ok(Err(error)) => Err(Error::internal("server task", error)),
            // Uploads resume and exchanges repeat: cutting them off loses nothing.
            Err(_) => Ok(()),
        }
    }
}
