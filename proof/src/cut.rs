//! A line that breaks: a proxy between a phone and the centre that passes bytes until one of the two directions has
//! carried so many, ends both ends of that connection there, and passes everything from then on.

use crate::process::Outcome;
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the phone.
    Up,
    /// To the phone.
    Down,
}

/// How a connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// As if each side had said its last word: FIN.
    Quiet,
    /// As if a wire had been pulled out of a table: RST.
    Reset,
}

/// Where the line breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Counted in this direction, over all connections.
    pub way: Way,
    /// So many bytes still pass.
    pub after: u64,
    /// Both ends hear of it like this.
    pub end: End,
}

/// The proxy. Everything that it holds ends with it.
pub struct Line {
    /// `http://127.0.0.1:<port>`
    pub address: String,
    passed: Arc<Passed>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Passed {
    up: AtomicU64,
    down: AtomicU64,
    /// None: it will not break any more.
    cut: Mutex<Option<Cut>>,
}

impl Line {
    /// A line to the server at `to`, on a free port of the loopback, with at most one break in it.
    pub async fn to(to: SocketAddr, cut: Option<Cut>) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let passed = Arc::new(Passed {
            cut: Mutex::new(cut),
            ..Passed::default()
        });
        let counts = passed.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((phone, _)) = listener.accept().await {
                let counts = counts.clone();
                connections.spawn(async move {
                    if let Ok(centre) = TcpStream::connect(to).await {
                        // whole segments at once: delays are another proof's business
                        let _ = phone.set_nodelay(true).and(centre.set_nodelay(true));
                        carry(phone, centre, &counts).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            address,
            passed,
            accepting,
        })
    }

    /// How many bytes came, from the phone and to it; those that met the break are not counted.
    pub fn passed(&self) -> (u64, u64) {
        (
            self.passed.up.load(Ordering::Acquire),
            self.passed.down.load(Ordering::Acquire),
        )
    }

    /// Whether the break is still ahead.
    pub fn is_whole(&self) -> bool {
        self.passed.cut().is_some()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Passed {
    fn cut(&self) -> std::sync::MutexGuard<'_, Option<Cut>> {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many of these bytes may pass, and how the connection ends if not all.
    fn allow(&self, way: Way, bytes: usize) -> (usize, Option<End>) {
        let mut cut = self.cut();
        let count = match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        };
        let before = count.load(Ordering::Acquire);
        let here = cut.filter(|cut| cut.way == way);
        let left = here.map_or(u64::MAX, |cut| cut.after.saturating_sub(before));
        let allowed = bytes.min(usize::try_from(left).unwrap_or(usize::MAX));
        count.fetch_add(allowed as u64, Ordering::AcqRel);
        let end = here.filter(|_| allowed < bytes).map(|cut| cut.end);
        if end.is_some() {
            *cut = None;
        }
        (allowed, end)
    }
}

async fn carry(mut phone: TcpStream, mut centre: TcpStream, passed: &Passed) {
    let (mut up, mut down) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let (mut phone_speaks, mut centre_speaks) = (true, true);
    while phone_speaks || centre_speaks {
        let (way, read) = tokio::select! {
            read = phone.read(&mut up), if phone_speaks => (Way::Up, read),
            read = centre.read(&mut down), if centre_speaks => (Way::Down, read),
        };
        let (to, bytes, speaks) = match way {
            Way::Up => (&mut centre, &up, &mut phone_speaks),
            Way::Down => (&mut phone, &down, &mut centre_speaks),
        };
        let Ok(read @ 1..) = read else {
            *speaks = false;
            if read.is_err() || to.shutdown().await.is_err() {
                return;
            }
            continue;
        };
        let (allowed, end) = passed.allow(way, read);
        let written = to.write_all(&bytes[..allowed]).await;
        match end {
            Some(end) => return cut_off(phone, centre, end).await,
            None if written.is_err() => return,
            None => {}
        }
    }
}

async fn cut_off(mut phone: TcpStream, mut centre: TcpStream, end: End) {
    match end {
        End::Reset => {
            // Dropped with nothing to linger for: RST.
            let _ = phone.set_zero_linger().and(centre.set_zero_linger());
        }
        End::Quiet => {
            let _ = tokio::join!(phone.shutdown(), centre.shutdown());
            // A socket that is closed on bytes which nobody read says RST after all.
            let (mut unread, mut unsent) = (tokio::io::sink(), tokio::io::sink());
            let _ = tokio::join!(
                tokio::io::copy(&mut phone, &mut unread),
                tokio::io::copy(&mut centre, &mut unsent)
            );
        }
    }
}
