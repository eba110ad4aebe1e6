//! What the operator decides, in one value. There is no configuration file and no default password.

use crate::{callers::Courtesy, clock::Clock, ledger::Ledger};
use std::{net::SocketAddr, path::PathBuf};

/// A certificate chain and its key, as PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Chain, the server's own first.
    pub certificate: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// How to run one server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that holds everything: `registry.db`, unless there is another database, `blobs/` and `packs/`. Made on first start.
    pub data: PathBuf,
    /// A PostgreSQL database instead of the folder's own file: `postgres://user@host/name`.
    pub postgres: Option<String>,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// A proxy in front of us ends TLS: listening beyond loopback is then allowed without a certificate.
    pub behind_proxy: bool,
    /// TLS of our own.
    pub tls: Option<Tls>,
    /// Folder of the built console, if it is to be served.
    pub console: Option<PathBuf>,
    /// How many writes may wait for the disk before new ones are turned away with `SERVER_BUSY`.
    pub queue: usize,
    /// This program, to merge in processes of its own; without it merging happens in a thread.
    pub merge_program: Option<PathBuf>,
    /// Bytes of memory that one merging process may use.
    pub merge_memory: u64,
    /// What callers are held to.
    pub courtesy: Courtesy,
    /// What must not come back with an old backup is also written here; `ledger.log` in the data folder unless said
    /// otherwise. It belongs on another disk.
    pub ledger: Option<PathBuf>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Photos lie in this bucket instead of the data folder: `s3://bucket/prefix`. Keys, region and endpoint come from the
    /// environment, as every S3 program reads them (`AWS_ACCESS_KEY_ID`, …).
    pub bucket: Option<String>,
    /// Bytes of photos that the records of one grid may name before uploads for it are answered `STORAGE_FULL`.
    pub grid_quota: u64,
    /// A feed of fewer rows is read row by row: it fits an answer or two.
    pub pack_least: u64,
}

impl Config {
    /// A server for one folder, on a free port of the loopback.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            postgres: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            behind_proxy: false,
            tls: None,
            console: None,
            queue: 256,
            merge_program: None,
            merge_memory: 512 * 1024 * 1024,
            courtesy: Courtesy::default(),
            ledger: None,
            clock: Clock::system(),
            bucket: None,
            grid_quota: 200 * 1024 * 1024 * 1024,
            pack_least: 1_000,
        }
    }
    /// Browsers reach us over TLS, ours or a proxy's.
    pub fn secure(&self) -> bool {
        self.tls.is_some() || self.behind_proxy
    }
    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.data.join("registry.db")
    }
    /// The folder of packs; all of it can be built again.
    pub fn packs(&self) -> PathBuf {
        self.data.join("packs")
    }
    /// Lies here from a restore's beginning to its end.
    pub fn restoring(&self) -> PathBuf {
        self.data.join("restoring")
    }
    /// The ledger outside backups.
    pub fn ledger(&self) -> Ledger {
        let inside = || self.data.join("ledger.log");
        Ledger::at(self.ledger.clone().unwrap_or_else(inside))
    }
    /// The folder of photos, thumbnails and lines.
    pub fn blobs(&self) -> PathBuf {
        self.data.join("blobs")
    }
}
