//! Where the server listens, and how: beyond the loopback only with TLS of its own, or behind a proxy that ends TLS.

use crate::{
    callers::Door,
    config::{Config, Tls},
    error::{Error, Result},
    state::AppState,
};
use axum::Router;
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use hyper_util::rt::TokioTimer;
use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};
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

/// Streams of one HTTP/2 connection at once; a phone needs two.
const STREAMS: u32 = 16;
/// The head of a request, all its fields together.
const HEAD: usize = 64 * 1024;
/// A connection that says nothing between requests is asked this often whether it is there.
const STILL_THERE: Duration = Duration::from_secs(20);

/// Binds and begins to serve; answers with the bound address.
pub async fn start(
    state: &AppState,
    app: Router,
    handle: Handle<SocketAddr>,
) -> Result<(SocketAddr, JoinHandle<std::io::Result<()>>)> {
    let config = &state.config;
    check(config)?;
    let listener = TcpListener::bind(config.listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let task = match &config.tls {
        Some(tls) => {
            let server = axum_server::from_tcp_rustls(listener, certificate(tls).await?)?;
            tokio::spawn(courteous(server, state).handle(handle).serve(app))
        }
        None => {
            let server = axum_server::from_tcp(listener)?;
            tokio::spawn(courteous(server, state).handle(handle).serve(app))
        }
    };
    Ok((address, task))
}

/// With a place for each connection, and an end for each that says nothing.
fn courteous<A>(
    mut server: Server<SocketAddr, A>,
    state: &AppState,
) -> Server<SocketAddr, Door<A>> {
    let courtesy = state.config.courtesy;
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(courtesy.head)
        .max_buf_size(HEAD);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .keep_alive_interval(STILL_THERE)
        .keep_alive_timeout(courtesy.head);
    let callers = state.callers.clone();
    server.map(|inner| Door::before(inner, callers))
}

async fn certificate(tls: &Tls) -> Result<RustlsConfig> {
    // The process may have installed it before (tests start several servers).
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
        .await
        .map_err(|error| Error::internal("the certificate or its key", error))
}
