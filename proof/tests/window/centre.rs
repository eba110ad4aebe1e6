//! The centre of the demo street as a process that the story opens and closes: its port stays, its network comes and goes.

use gridwalk_fixtures::demo_day;
use gridwalk_proof::{
    holdings::Holdings,
    process::{Outcome, Server, free_port, run},
};
use std::path::{Path, PathBuf};

/// One data folder and one port.
pub struct Centre {
    data: PathBuf,
    port: u16,
    server: Option<Server>,
}

impl Centre {
    /// The demo street on its own day, not yet listening.
    pub fn seeded(data: &Path) -> Outcome<Self> {
        let centre = Self {
            data: data.to_owned(),
            port: free_port()?,
            server: None,
        };
        centre.ask(&["seed", "--today", &demo_day().to_string()])?;
        Ok(centre)
    }

    /// From now on phones reach it.
    pub fn open(&mut self) -> Outcome<()> {
        self.server = Some(Server::start(&self.data, self.port)?);
        Ok(())
    }

    /// From now on they do not.
    pub fn close(&mut self) {
        self.server = None;
    }

    /// Where it listens, when it does.
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The bytes of a photo as they lie on its disk.
    pub fn photo(&self, hash: &str) -> Outcome<Vec<u8>> {
        let shelf = hash.get(..2).ok_or("no hash")?;
        let whole = self.data.join("blobs").join("whole");
        Ok(std::fs::read(whole.join(shelf).join(hash))?)
    }

    /// A one-time code for that worker.
    pub fn enrolment_code(&self, worker: &str) -> Outcome<String> {
        let code = self.ask(&["device", "code", "--worker", worker])?;
        Ok(code.trim().to_owned())
    }

    /// Read from the store by a process of its own.
    pub fn holdings(&self) -> Outcome<Holdings> {
        Ok(serde_json::from_str(&self.ask(&["holdings"])?)?)
    }

    fn ask(&self, arguments: &[&str]) -> Outcome<String> {
        let data = self.data.to_string_lossy();
        let all: Vec<&str> = arguments.iter().copied().chain(["--data", &data]).collect();
        run("gridwalk-server", &all)
    }
}
