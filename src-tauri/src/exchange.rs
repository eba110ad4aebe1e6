//! The network port over reqwest: rustls with ring, our own list of roots (the platform's verifier needs a Java object
//! that a headless phone does not have, tauri.md §5), no redirects, no cookies, no proxies from the environment.

use crate::ports::{Call, Exchange, NoReply, Replied, Reply};
use reqwest::{Certificate, Client, Method, Response, redirect};
use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// No answer of the centre is larger, besides photos, which have their own limit.
const LONGEST_REPLY: usize = 16 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(15);
const WHOLE_CALL: Duration = Duration::from_secs(120);
/// The centre says something more often than this, if only that it is there.
const SILENCE: Duration = Duration::from_secs(60);
/// A line is given up after so long, whatever comes over it.
const WHOLE_LINE: Duration = Duration::from_secs(3600);

/// Calls over the network. Keeps one connection pool per extra root.
#[derive(Default)]
pub struct HttpExchange {
    clients: Mutex<HashMap<Option<Arc<[u8]>>, Client>>,
}

impl HttpExchange {
    fn client(&self, extra_root: &Option<Arc<[u8]>>) -> Result<Client, NoReply> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(extra_root) {
            return Ok(client.clone());
        }
        let client = build(extra_root.as_deref()).map_err(|error| {
            tracing::error!(%error, "no network client");
            NoReply::WrongCertificate
        })?;
        clients.insert(extra_root.clone(), client.clone());
        Ok(client)
    }
}

fn build(extra_root: Option<&[u8]>) -> Result<Client, reqwest::Error> {
    // a second installation of the same provider is refused and harmless
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(der) = extra_root {
        roots.push(Certificate::from_der(der)?);
    }
    Client::builder()
        .tls_certs_only(roots)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(WHOLE_CALL)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("gridwalk/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Exchange for HttpExchange {
    fn call(&self, call: Call) -> Replied<'_> {
        Box::pin(async move {
            let (mut reply, mut response) = self.begin(call, WHOLE_CALL).await?;
            loop {
                let chunk = match response.chunk().await {
                    Ok(Some(chunk)) => chunk,
                    Ok(None) => break,
                    // of a piece of a file, what came before the cut is worth keeping; its length tells
                    Err(_) if reply.status == 206 && !reply.body.is_empty() => break,
                    Err(error) => return Err(why(error)),
                };
                keep(&mut reply, &chunk)?;
            }
            Ok(reply)
        })
    }

    fn listen<'a>(&'a self, call: Call, heard: &'a (dyn Fn(&[u8]) + Send + Sync)) -> Replied<'a> {
        Box::pin(async move {
            let (mut reply, mut response) = self.begin(call, WHOLE_LINE).await?;
            loop {
                let chunk = tokio::time::timeout(SILENCE, response.chunk())
                    .await
                    .map_err(|_| NoReply::Unreachable)?;
                match chunk.map_err(why)? {
                    None => return Ok(reply),
                    Some(chunk) if reply.status == 200 => heard(&chunk),
                    Some(chunk) => keep(&mut reply, &chunk)?,
                }
            }
        })
    }
}

impl HttpExchange {
    /// Sends it and waits for the head of the answer.
    async fn begin(&self, call: Call, whole: Duration) -> Result<(Reply, Response), NoReply> {
        let client = self.client(&call.extra_root)?;
        let method =
            Method::from_bytes(call.method.as_bytes()).map_err(|_| NoReply::Unreachable)?;
        let mut request = client
            .request(method, &call.url)
            .timeout(whole)
            .body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(why)?;
        let headers = response.headers().iter();
        let reply = Reply {
            status: response.status().as_u16(),
            headers: headers
                .filter_map(|(name, value)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                })
                .collect(),
            body: Vec::new(),
        };
        Ok((reply, response))
    }
}

fn keep(reply: &mut Reply, chunk: &[u8]) -> Result<(), NoReply> {
    if reply.body.len() + chunk.len() > LONGEST_REPLY {
        return Err(NoReply::TooBig);
    }
    reply.body.extend_from_slice(chunk);
    Ok(())
}

/// A certificate that is not the centre's is somebody else answering; everything else is no network.
fn why(error: reqwest::Error) -> NoReply {
    tracing::debug!(%error, "no reply");
    if speaks_of_tls(&error) {
        NoReply::WrongCertificate
    } else {
        NoReply::Unreachable
    }
}

/// An IO error hides what it wraps from `source`, and TLS under HTTP is wrapped more than once.
fn speaks_of_tls(error: &(dyn Error + 'static)) -> bool {
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    error.is::<rustls::Error>()
        || wrapped.is_some_and(|inner| speaks_of_tls(inner))
        || error.source().is_some_and(speaks_of_tls)
}
