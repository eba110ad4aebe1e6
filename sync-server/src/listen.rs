//! Where the server listens, and how: beyond the loopback only with TLS of its own, or behind a proxy that ends TLS.

use crate::{
    config::{Config, Tls},
    error::{Error, Result},
};
use axum::Router;
use axum_server::{Handle, tls_rustls::RustlsConfig};
use std::net::{SocketAddr, TcpListener};
use tokio::task::JoinHandle;

/// Refuses to be heard in the clear.
pub fn check(config: &Config) -> Result<()> {
    if config.listen.ip().is_loopback() || config.behind_proxy || config.tls.is_some() {
        return Ok(());
    }
    Err(Error::Internal(format!(
        "refusing to listen on {} without TLS: give --tls-cert and --tls-key, or say --behind-proxy if a proxy ends TLS",
        config.listen
    )))
}

/// Binds and begins to serve; answers with the bound address.
pub async fn start(
    config: &Config,
    app: Router,
    handle: Handle<SocketAddr>,
) -> Result<(SocketAddr, JoinHandle<std::io::Result<()>>)> {
    check(config)?;
    let listener = TcpListener::bind(config.listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let task = match &config.tls {
        Some(tls) => {
            let server =
                axum_server::from_tcp_rustls(listener, certificate(tls).await?)?.handle(handle);
            tokio::spawn(server.serve(app))
        }
        None => tokio::spawn(axum_server::from_tcp(listener)?.handle(handle).serve(app)),
    };
    Ok((address, task))
}

async fn certificate(tls: &Tls) -> Result<RustlsConfig> {
    // The process may have installed it before (tests start several servers).
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
        .await
        .map_err(|error| Error::internal("the certificate or its key", error))
}
