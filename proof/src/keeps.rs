//! Where a centre keeps what it has, besides the folder of photos; looked at from outside, with nothing of its own code.

use crate::{cluster::Cluster, process::Outcome};
use gridwalk_core::ids::Hash;
use rusqlite::{Connection, OpenFlags};
use std::{collections::BTreeSet, path::Path, time::Duration};

/// One of the two stores.
pub enum Keeps {
    /// SQLite in its folder.
    File,
    /// A database of a PostgreSQL.
    Cluster(Cluster),
}

impl Keeps {
    /// The file, and a PostgreSQL where this environment has one.
    pub fn all() -> Vec<Self> {
        let cluster = Cluster::of_environment().map(Self::Cluster);
        std::iter::once(Self::File).chain(cluster).collect()
    }

    /// For people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File => "SQLite",
            Self::Cluster(_) => "PostgreSQL",
        }
    }

    /// The address of a database; a file needs none.
    pub fn url(&self, database: &str) -> Option<String> {
        match self {
            Self::File => None,
            Self::Cluster(cluster) => Some(cluster.url(database)),
        }
    }

    /// What every command of the server is told.
    pub fn arguments(&self, database: &str) -> Vec<String> {
        let url = self.url(database).into_iter();
        url.flat_map(|url| ["--database".to_owned(), url]).collect()
    }

    /// Hashes of a table.
    pub fn hashes(&self, centre: &Path, database: &str, table: &str) -> Outcome<BTreeSet<String>> {
        match self {
            Self::File => {
                let db = file(centre)?;
                let mut select = db.prepare(&format!("select hash from {table}"))?;
                let rows = select.query_map([], |row| Ok(Hash(row.get(0)?).to_string()))?;
                Ok(rows.collect::<Result<_, _>>()?)
            }
            Self::Cluster(cluster) => {
                let query = format!("select encode(hash, 'hex') from {table}");
                let rows = cluster.ask(database, &query)?;
                Ok(rows.lines().map(str::to_owned).collect())
            }
        }
    }

    /// One number.
    pub fn count(&self, centre: &Path, database: &str, query: &str) -> Outcome<i64> {
        match self {
            Self::File => Ok(file(centre)?.query_row(query, [], |row| row.get(0))?),
            Self::Cluster(cluster) => Ok(cluster.ask(database, query)?.trim().parse()?),
        }
    }
}

fn file(centre: &Path) -> Outcome<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = Connection::open_with_flags(centre.join("registry.db"), flags)?;
    db.busy_timeout(Duration::from_secs(10))?;
    Ok(db)
}
