//! A link as phones have it: every byte takes half a round trip, and all connections share one rate in each direction.
//! What leaves is counted and timed on the phone's side, so that every engine is measured with the same clock.

use crate::process::Outcome;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        watch,
    },
    time::{Instant, sleep_until},
};

/// One pull at the socket: small enough that a turn of the line lasts a few milliseconds.
const PIECE: usize = 1_448;

/// How slow.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// There and back.
    pub round_trip: Duration,
    /// In each direction, for all connections together.
    pub bits_per_second: u64,
}

/// The pace at which the peers were measured.
pub const PHONE: Pace = Pace {
    round_trip: Duration::from_millis(300),
    bits_per_second: 1_000_000,
};

/// Bytes and times since the last look.
#[derive(Clone, Copy, Default, Debug)]
pub struct Passed {
    /// From the phone.
    pub up: u64,
    /// Of those, what reached the other end before a cut.
    pub arrived: u64,
    /// To the phone.
    pub down: u64,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Passed {
    /// From the first byte that left the phone to the last that reached it.
    pub fn wall(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        }
    }
    /// This and what passed after it.
    pub fn and(self, later: Self) -> Self {
        Self {
            up: self.up + later.up,
            arrived: self.arrived + later.arrived,
            down: self.down + later.down,
            first: self.first.or(later.first),
            last: later.last.or(self.last),
        }
    }
    /// Both ways.
    pub fn bytes(&self) -> u64 {
        self.up + self.down
    }
}

/// A slow way to one address. It lives as long as the runtime on which it was opened.
pub struct Radio {
    /// `127.0.0.1:<port>`
    pub address: String,
    passed: Arc<Mutex<Passed>>,
    cuts: watch::Sender<()>,
}

/// One direction: when its line is free again.
type Line = Arc<Mutex<Option<Instant>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Radio {
    /// Listens on a free port of the loopback and passes on to `to` (`host:port`).
    pub async fn to(to: &str, pace: Pace) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let radio = Self {
            address: listener.local_addr()?.to_string(),
            passed: Arc::default(),
            cuts: watch::Sender::new(()),
        };
        let (to, passed) = (to.to_owned(), radio.passed.clone());
        let cuts = radio.cuts.clone();
        let (up, down) = (Line::default(), Line::default());
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                let Ok(centre) = TcpStream::connect(&to).await else {
                    continue; // the phone sees its connection closed, as with any dead server
                };
                // whole segments at once, or the kernel would add delays of its own
                let _ = phone.set_nodelay(true).and(centre.set_nodelay(true));
                let (from_phone, to_phone) = phone.into_split();
                let (from_centre, to_centre) = centre.into_split();
                pass(
                    from_phone,
                    to_centre,
                    Way::Up,
                    pace,
                    up.clone(),
                    passed.clone(),
                    cuts.subscribe(),
                );
                pass(
                    from_centre,
                    to_phone,
                    Way::Down,
                    pace,
                    down.clone(),
                    passed.clone(),
                    cuts.subscribe(),
                );
            }
        });
        Ok(radio)
    }

    /// What passed since the last time this was asked.
    pub fn take(&self) -> Passed {
        std::mem::take(&mut *lock(&self.passed))
    }

    /// What passed so far; it goes on counting.
    pub fn passed(&self) -> Passed {
        *lock(&self.passed)
    }

    /// Breaks every connection at this moment. What is on the air is lost; who calls again gets through.
    pub fn cut(&self) {
        self.cuts.send_replace(());
    }
}

fn pass(
    mut from: OwnedReadHalf,
    to: OwnedWriteHalf,
    way: Way,
    pace: Pace,
    line: Line,
    passed: Arc<Mutex<Passed>>,
    mut cut: watch::Receiver<()>,
) {
    let (arriving, arrivals) = unbounded_channel();
    let seen = passed.clone();
    let mut cut_there = cut.clone();
    tokio::spawn(async move {
        let mut buffer = [0; PIECE];
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read,
                _ = cut.changed() => return,
            };
            let Ok(read @ 1..) = read else { return };
            let now = Instant::now();
            if way == Way::Up {
                let mut seen = lock(&seen);
                seen.up += read as u64;
                seen.first.get_or_insert(now);
            }
            let sent = {
                let mut free = lock(&line);
                let begins = free.map_or(now, |free| free.max(now));
                let takes = read as u64 * 8 * 1_000_000 / pace.bits_per_second;
                *free.insert(begins + Duration::from_micros(takes))
            };
            if arriving
                .send((sent + pace.round_trip / 2, buffer[..read].to_vec()))
                .is_err()
            {
                return;
            }
            sleep_until(sent).await; // nothing is read ahead of the line, so the sender feels its rate
        }
    });
    tokio::spawn(async move {
        tokio::select! {
            () = deliver(arrivals, to, way, passed) => {}
            _ = cut_there.changed() => {}
        }
    });
}

async fn deliver(
    mut arrivals: UnboundedReceiver<(Instant, Vec<u8>)>,
    mut to: OwnedWriteHalf,
    way: Way,
    passed: Arc<Mutex<Passed>>,
) {
    while let Some((due, piece)) = arrivals.recv().await {
        sleep_until(due).await;
        if way == Way::Down {
            // counted before it is passed on: whoever has the last byte finds the count complete
            let mut passed = lock(&passed);
            passed.down += piece.len() as u64;
            passed.last = Some(Instant::now());
        }
        if to.write_all(&piece).await.is_err() {
            return;
        }
        if way == Way::Up {
            lock(&passed).arrived += piece.len() as u64;
        }
    }
    let _ = to.shutdown().await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
