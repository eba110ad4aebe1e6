//! The line between the phone and the centre: everything passes, until the story stops it after so many bytes. It does not
//! break then; it stands still, as a train in a tunnel does, for as long as the story looks.

use gridwalk_proof::process::Outcome;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// As many as ever come.
const ENDLESS: u64 = u64::MAX;

/// One way to one centre, whether that listens or not.
pub struct Line {
    /// What a phone calls.
    pub address: String,
    /// Bytes from phones that may still pass.
    left: watch::Sender<u64>,
    carried: Arc<AtomicU64>,
}

impl Line {
    /// Listens on a free port of the loopback and passes on to `centre` (`host:port`).
    pub async fn to(centre: String) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let line = Self {
            address: format!("http://{}", listener.local_addr()?),
            left: watch::Sender::new(ENDLESS),
            carried: Arc::default(),
        };
        let (left, carried) = (line.left.clone(), line.carried.clone());
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                let Ok(there) = TcpStream::connect(&centre).await else {
                    continue; // the phone sees its connection closed, as with any dead server
                };
                let _ = phone.set_nodelay(true).and(there.set_nodelay(true));
                let (from_phone, mut to_phone) = phone.into_split();
                let (mut from_centre, to_centre) = there.into_split();
                tokio::spawn(up(from_phone, to_centre, left.clone(), carried.clone()));
                tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_centre, &mut to_phone).await;
                });
            }
        });
        Ok(line)
    }

    /// So many more bytes pass to the centre, and then none.
    pub fn stops_after(&self, bytes: u64) {
        self.left.send_replace(bytes);
    }

    /// Waits until no more may pass: whoever still sends stands still.
    pub async fn spent(&self) -> Outcome<()> {
        self.left.subscribe().wait_for(|left| *left == 0).await?;
        Ok(())
    }

    /// Everything passes again.
    pub fn flows(&self) {
        self.left.send_replace(ENDLESS);
    }

    /// Bytes that passed to the centre since the last look.
    pub fn carried(&self) -> u64 {
        self.carried.swap(0, Ordering::AcqRel)
    }
}

async fn up(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    left: watch::Sender<u64>,
    carried: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let mut waiting = &buffer[..read];
        while !waiting.is_empty() {
            if left.subscribe().wait_for(|left| *left > 0).await.is_err() {
                return;
            }
            let mut passes = 0;
            left.send_modify(|left| {
                passes = waiting
                    .len()
                    .min(usize::try_from(*left).unwrap_or(usize::MAX));
                if *left != ENDLESS {
                    *left -= passes as u64;
                }
            });
            let (now, later) = waiting.split_at(passes);
            if to.write_all(now).await.is_err() {
                return;
            }
            carried.fetch_add(now.len() as u64, Ordering::AcqRel);
            waiting = later;
        }
    }
    let _ = to.shutdown().await;
}
