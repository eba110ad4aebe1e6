//! What goes over the wire, seen from outside: a relay on loopback counts bytes, a port around the phone's own counts
//! requests. Neither changes anything.

use crate::process::Outcome;
use gridwalk::{
    HttpExchange,
    ports::{Call, Exchange, NoReply, Replied, Reply},
};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// A relay to one address. It lives as long as the process.
pub struct Relay {
    /// `http://127.0.0.1:<port>`
    pub address: String,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Relay {
    /// Listens on a free port of the loopback and passes on to `to` (`http://host:port`).
    pub fn to(to: &str) -> Outcome<Self> {
        let to = to
            .strip_prefix("http://")
            .ok_or("the relay speaks plain HTTP only")?
            .to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let relay = Self {
            address: format!("http://{}", listener.local_addr()?),
            up: Arc::default(),
            down: Arc::default(),
        };
        let (up, down) = (relay.up.clone(), relay.down.clone());
        thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                let Ok(centre) = TcpStream::connect(&to) else {
                    continue; // the phone sees its connection closed, as with any dead server
                };
                // whole segments at once, or the relay would add the delays that it is to leave out
                let _ = phone.set_nodelay(true).and(centre.set_nodelay(true));
                let (Ok(from_phone), Ok(from_centre)) = (phone.try_clone(), centre.try_clone())
                else {
                    continue;
                };
                let (up, down) = (up.clone(), down.clone());
                thread::spawn(move || pass(from_phone, centre, &up));
                thread::spawn(move || pass(from_centre, phone, &down));
            }
        });
        Ok(relay)
    }

    /// Bytes of HTTP so far: from the phone, and to it.
    pub fn bytes(&self) -> (u64, u64) {
        (
            self.up.load(Ordering::Acquire),
            self.down.load(Ordering::Acquire),
        )
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        // counted before it is passed on: whoever has the last answer finds the count complete
        count.fetch_add(read as u64, Ordering::AcqRel);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The phone's own network port, with a list of what was asked.
#[derive(Default)]
pub struct Counted {
    network: HttpExchange,
    calls: Mutex<Vec<String>>,
}

impl Counted {
    /// `POST /sync` …, in order.
    pub fn calls(&self) -> Vec<String> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Exchange for Counted {
    fn call(&self, call: Call) -> Replied<'_> {
        let path = call.url.splitn(4, '/').nth(3).unwrap_or_default();
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(format!("{} /{path}", call.method));
        self.network.call(call)
    }
}

/// The phone's network port as TLS would negotiate it, without TLS: one HTTP/2 connection that stays open. Remembers the
/// last call, so that it can be asked again.
pub struct Warm {
    client: reqwest::Client,
    calls: Mutex<Vec<Call>>,
}

impl Warm {
    /// A port that has no connection yet.
    pub fn new() -> Outcome<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .http2_prior_knowledge()
            .no_proxy()
            .user_agent(concat!("gridwalk/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            client,
            calls: Mutex::default(),
        })
    }

    /// What was asked since the last time this was asked.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts calls back that were taken.
    pub fn remember(&self, calls: Vec<Call>) {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(calls);
    }

    /// One call, as it is.
    pub async fn send(&self, call: Call) -> Result<Reply, NoReply> {
        let method = reqwest::Method::from_bytes(call.method.as_bytes());
        let method = method.map_err(|_| NoReply::Unreachable)?;
        let mut request = self.client.request(method, &call.url).body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|_| NoReply::Unreachable)?;
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().into();
        Ok(Reply {
            status: answer.status().as_u16(),
            headers: answer
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: answer
                .bytes()
                .await
                .map_err(|_| NoReply::Unreachable)?
                .to_vec(),
        })
    }
}

impl Exchange for Warm {
    fn call(&self, call: Call) -> Replied<'_> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(call.clone());
        Box::pin(self.send(call))
    }
}
