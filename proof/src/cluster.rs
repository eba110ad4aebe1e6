//! A PostgreSQL that `scripts/postgres.sh` started for us: databases in it are made, copied, asked and thrown away with
//! `psql`, from outside, with nothing of the server's own code.

use crate::process::Outcome;
use std::{path::Path, process::Command, time::Duration};

/// Names the address of a database that is nobody's.
const ADDRESS: &str = "GRIDWALK_TEST_POSTGRES";

/// The cluster.
#[derive(Clone)]
pub struct Cluster {
    /// Up to the slash before a database's name.
    address: String,
    /// The database that is nobody's.
    idle: String,
}

impl Cluster {
    /// The one of this environment, if there is one.
    pub fn of_environment() -> Option<Self> {
        let url = std::env::var(ADDRESS).ok()?;
        let (address, idle) = url.rsplit_once('/')?;
        Some(Self {
            address: address.to_owned(),
            idle: idle.to_owned(),
        })
    }

    /// Where a database is.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.address)
    }

    /// What the database answers, a row a line.
    pub fn ask(&self, database: &str, query: &str) -> Outcome<String> {
        let url = self.url(database);
        let psql = [
            "-X",
            "-A",
            "-t",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            query,
            &url,
        ];
        let output = Command::new("psql").args(psql).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// An empty database, or a copy of another one.
    pub fn make(&self, database: &str, like: Option<&str>) -> Outcome<()> {
        if let Some(like) = like {
            self.end_connections(like)?;
        }
        let like = like.unwrap_or("template0");
        self.ask(
            &self.idle,
            &format!("create database {database} template {like}"),
        )?;
        Ok(())
    }

    /// Gone, whoever is connected.
    pub fn throw_away(&self, database: &str) -> Outcome<()> {
        let query = format!("drop database if exists {database} with (force)");
        self.ask(&self.idle, &query)?;
        Ok(())
    }

    /// The processes that work on this database at this moment.
    pub fn backends(&self, database: &str) -> Outcome<Vec<u32>> {
        let query = format!("select pid from pg_stat_activity where datname = '{database}'");
        let pids = self.ask(&self.idle, &query)?;
        Ok(pids.lines().map(str::parse).collect::<Result<_, _>>()?)
    }

    fn end_connections(&self, database: &str) -> Outcome<()> {
        let query = format!(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{database}'"
        );
        self.ask(&self.idle, &query)?;
        Ok(())
    }

    /// Kills, with SIGKILL, a process that works on this database. The others end with it, and PostgreSQL recovers from
    /// its log as after a crash; answers when it answers again.
    pub fn crash(&self, database: &str) -> Outcome<()> {
        let query = format!(
            "select pid from pg_stat_activity where datname = '{database}'
             order by state = 'active' desc, random() limit 1"
        );
        // after a crash nobody may have come back yet
        let pid: u32 = patiently("nobody works on the database", || {
            self.ask(&self.idle, &query).ok()?.trim().parse().ok()
        })?;
        let killed = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status()?;
        if !killed.success() {
            return Err(format!("{pid} could not be killed").into());
        }
        // until PostgreSQL has noticed it would still answer
        let process = format!("/proc/{pid}");
        patiently("PostgreSQL does not notice", || {
            (!Path::new(&process).exists()).then_some(())
        })?;
        patiently("PostgreSQL does not come back", || {
            self.ask(&self.idle, "select 1").ok().map(drop)
        })
    }
}

/// Looks every now and then, for half a minute.
fn patiently<T>(what: &str, look: impl Fn() -> Option<T>) -> Outcome<T> {
    for _ in 0..600 {
        if let Some(seen) = look() {
            return Ok(seen);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(what.into())
}
