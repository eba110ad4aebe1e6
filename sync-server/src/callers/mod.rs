//! Who calls, and what one caller may cost the others: time (`line.rs` for answers that nobody reads, `pace.rs` for
//! requests that do not come to an end), places (here), and requests a minute (`rate.rs`).
//!
//! A connection is a **stranger** until a request on it proves who is there. Strangers of one address have few places; the
//! next one waits for a place, it is not turned away, because a whole office may stand behind one address and come back
//! into the network at the same moment. A phone that has proved itself leaves the strangers and counts among the
//! connections of its own device.

mod line;
mod pace;
mod rate;

pub use line::Line;
pub use pace::{Pace, json_in_time};

use crate::error::{Error, Result};
use axum::{extract::ConnectInfo, http::request::Parts};
use axum_server::accept::Accept;
use gridwalk_core::{error::Code, ids::DeviceId};
use rate::Rate;
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};

/// What callers are held to (`faults.md` §2.6). Tests make it small.
#[derive(Clone, Copy, Debug)]
pub struct Courtesy {
    /// Until the first bytes, and then each head of a request, have come. A connection that rests is closed after it too.
    pub head: Duration,
    /// Nothing of a body comes, or nothing of an answer is taken, for so long.
    pub idle: Duration,
    /// Bytes a second, after `idle`, that a body must come with and an answer be taken with.
    pub rate: u64,
    /// A body, however fast.
    pub whole: Duration,
    /// Connections of strangers from one address.
    pub strangers: usize,
    /// Connections of one device.
    pub per_device: usize,
    /// Requests of one device in a minute.
    pub per_device_minute: u32,
    /// Enrolments and logins from one address in a minute.
    pub knocks_minute: u32,
    /// Work cards that one address has looked up in a minute.
    pub cards_minute: u32,
}

impl Default for Courtesy {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            rate: 1024,
            whole: Duration::from_secs(120),
            strangers: 64,
            per_device: 4,
            per_device_minute: 600,
            knocks_minute: 60,
            cards_minute: 60,
        }
    }
}

/// Everybody who calls at this moment; cheap to clone.
#[derive(Clone)]
pub struct Callers(Arc<Inner>);

struct Inner {
    courtesy: Courtesy,
    /// A proxy before us has everybody behind its own address, and limits of its own.
    behind_proxy: bool,
    connections: Mutex<HashMap<SocketAddr, Weak<Caller>>>,
    connected: watch::Sender<usize>,
    strangers: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
    devices: Mutex<HashMap<DeviceId, usize>>,
    requests: Rate<DeviceId>,
    knocks: Rate<IpAddr>,
    cards: Rate<IpAddr>,
}

impl Callers {
    /// Nobody yet.
    pub fn new(courtesy: Courtesy, behind_proxy: bool) -> Self {
        Self(Arc::new(Inner {
            courtesy,
            behind_proxy,
            connections: Mutex::default(),
            connected: watch::Sender::new(0),
            strangers: Mutex::default(),
            devices: Mutex::default(),
            requests: Rate::new(courtesy.per_device_minute),
            knocks: Rate::new(courtesy.knocks_minute),
            cards: Rate::new(courtesy.cards_minute),
        }))
    }

    /// What they are held to.
    pub fn courtesy(&self) -> Courtesy {
        self.0.courtesy
    }

    /// How many connections there are at this moment.
    pub fn connected(&self) -> usize {
        *self.0.connected.borrow()
    }

    /// The same, told whenever somebody comes or goes.
    pub fn follow(&self) -> watch::Receiver<usize> {
        self.0.connected.subscribe()
    }

    /// A new connection, once there is a place for it; none if that takes too long.
    async fn welcome(&self, from: SocketAddr) -> Option<Arc<Caller>> {
        let mut place = None;
        if !self.0.behind_proxy {
            let most = self.0.courtesy.strangers;
            let places = {
                let mut strangers = lock(&self.0.strangers);
                let places = strangers.entry(from.ip());
                let places = places.or_insert_with(|| Arc::new(Semaphore::new(most)));
                places.clone()
            };
            let waited = tokio::time::timeout(self.0.courtesy.head, places.acquire_owned());
            place = Some(waited.await.ok()?.ok()?);
        }
        let caller = Arc::new(Caller {
            callers: self.clone(),
            from,
            who: Mutex::new(Who::Stranger(place)),
        });
        let mut connections = lock(&self.0.connections);
        connections.insert(from, Arc::downgrade(&caller));
        self.0.connected.send_replace(connections.len());
        drop(connections);
        Some(caller)
    }

    /// Whoever is at the other end of the connection that this request came over; none where no listener of ours is.
    fn caller(&self, parts: &Parts) -> Option<Arc<Caller>> {
        let ConnectInfo(from) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        lock(&self.0.connections).get(from)?.upgrade()
    }

    /// Somebody has logged in at a browser: the connection is no stranger's any more.
    pub fn know(&self, parts: &Parts) {
        if let Some(caller) = self.caller(parts)
            && let Who::Stranger(place) = &mut *lock(&caller.who)
        {
            drop(place.take());
        }
    }

    /// This phone has proved itself in a request: it is no stranger any more, and counts as itself.
    pub fn admit(&self, parts: &Parts, device: DeviceId) -> Result<()> {
        self.0.requests.take(device)?;
        self.caller(parts)
            .map_or(Ok(()), |caller| caller.is(device))
    }

    /// Somebody without a token tries to become somebody.
    pub fn knock(&self, from: IpAddr) -> Result<()> {
        if self.0.behind_proxy {
            return Ok(());
        }
        self.0.knocks.take(from)
    }

    /// Somebody whom nobody knows asks about a work card.
    pub fn look_up(&self, from: IpAddr) -> Result<()> {
        if self.0.behind_proxy {
            return Ok(());
        }
        self.0.cards.take(from)
    }
}

/// One connection's place, until it ends.
pub struct Caller {
    callers: Callers,
    from: SocketAddr,
    who: Mutex<Who>,
}

enum Who {
    /// With a place among the strangers, unless somebody has logged in or a proxy counts.
    Stranger(Option<OwnedSemaphorePermit>),
    Device(DeviceId),
}

impl Caller {
    fn is(&self, device: DeviceId) -> Result<()> {
        let mut who = lock(&self.who);
        match *who {
            Who::Device(known) if known == device => return Ok(()),
            Who::Device(other) => self.callers.leave(other), // a proxy's connection carries many
            Who::Stranger(_) => {}
        }
        *who = Who::Stranger(None);
        let mut devices = lock(&self.callers.0.devices);
        let connections = devices.entry(device).or_default();
        if *connections >= self.callers.0.courtesy.per_device && !self.callers.0.behind_proxy {
            return Err(Error::TooMany(Code::ServerBusy));
        }
        *connections += 1;
        *who = Who::Device(device);
        Ok(())
    }
}

impl Callers {
    fn leave(&self, device: DeviceId) {
        let mut devices = lock(&self.0.devices);
        if let Some(connections) = devices.get_mut(&device) {
            *connections -= 1;
            if *connections == 0 {
                devices.remove(&device);
            }
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let who = std::mem::replace(&mut *lock(&self.who), Who::Stranger(None));
        if let Who::Device(device) = &who {
            self.callers.leave(*device);
        }
        drop(who);
        let mut connections = lock(&self.callers.0.connections);
        connections.remove(&self.from);
        self.callers.0.connected.send_replace(connections.len());
        drop(connections);
        let most = self.callers.0.courtesy.strangers;
        let mut strangers = lock(&self.callers.0.strangers);
        let nobody = |places: &Arc<Semaphore>| {
            Arc::strong_count(places) == 1 && places.available_permits() == most
        };
        if strangers.get(&self.from.ip()).is_some_and(nobody) {
            strangers.remove(&self.from.ip());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens the door to a connection: a place first, then TLS if there is any, then the line that is listened to.
#[derive(Clone)]
pub struct Door<A> {
    inner: A,
    callers: Callers,
}

impl<A> Door<A> {
    /// Before this acceptor.
    pub fn before(inner: A, callers: Callers) -> Self {
        Self { inner, callers }
    }
}

impl<A, S> Accept<TcpStream, S> for Door<A>
where
    A: Accept<TcpStream, S> + Clone + Send + Sync + 'static,
    A::Stream: AsyncRead + AsyncWrite + Unpin + Send,
    A::Service: Send,
    A::Future: Send,
    S: Send + 'static,
{
    type Stream = Line<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (inner, callers) = (self.inner.clone(), self.callers.clone());
        Box::pin(async move {
            let caller = callers.welcome(stream.peer_addr()?).await;
            let caller = caller.ok_or(io::ErrorKind::ConnectionRefused)?;
            let (stream, service) = inner.accept(stream, service).await?;
            Ok((Line::new(stream, callers.courtesy(), caller), service))
        })
    }
}
