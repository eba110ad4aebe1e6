//! What the centre has to say about the photos afterwards: to a person at the console, and in its own table.

use crate::camera::{Shot, Taken};
use gridwalk_core::ids::Hash;
use gridwalk_proof::{holdings::Names, process::Outcome};
use std::{collections::HashMap, path::Path};
use tokio::runtime::Runtime;

/// A session of the console.
pub struct Console {
    client: reqwest::Client,
    address: String,
    cookie: String,
}

impl Console {
    pub fn open(runtime: &Runtime, address: &str, name: &str, password: &str) -> Outcome<Self> {
        let client = gridwalk_proof::browser()?;
        let login = serde_json::json!({"name": name, "password": password}).to_string();
        let asked = client
            .post(format!("{address}/api/login"))
            .header("x-gridwalk", "1")
            .header("content-type", "application/json")
            .body(login)
            .send();
        let answer = runtime.block_on(asked)?.error_for_status()?;
        let cookie = answer.headers().get("set-cookie").ok_or("no session")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(Self {
            client,
            address: address.to_owned(),
            cookie: cookie.to_owned(),
        })
    }

    /// The photos that the console shows with the bytes that their names promise, thumbnails too.
    pub fn photos(&self, runtime: &Runtime, shots: &[Shot]) -> Outcome<Names> {
        let mut shown = Names::new();
        for shot in shots {
            let whole = runtime.block_on(self.has(&shot.photo))?;
            let small = runtime.block_on(self.has(&shot.thumbnail))?;
            if whole && small {
                shown.insert(shot.photo.clone());
            }
        }
        Ok(shown)
    }

    async fn has(&self, name: &str) -> Outcome<bool> {
        let asked = self
            .client
            .get(format!("{}/api/registry/photos/{name}", self.address))
            .header("cookie", &self.cookie)
            .send();
        let answer = asked.await?;
        if !answer.status().is_success() {
            eprintln!("the console answers {} to {name}", answer.status());
            return Ok(false);
        }
        Ok(Hash::of(&answer.bytes().await?).to_string() == name)
    }
}

/// Urgent ones first, then small ones first: every photo in the order in which the centre wrote them down. One at a time is
/// under way, so that a neighbour in the table is a neighbour on the line. The cameras' own pictures came behind all of them.
pub fn came_in_order(data: &Path, took: &Taken) -> Outcome<()> {
    let db = rusqlite::Connection::open(data.join("registry.db"))?;
    let mut select = db.prepare("select hash from blob order by received_at, rowid")?;
    let names = select
        .query_map([], |row| Ok(Hash(row.get(0)?).to_string()))?
        .collect::<Result<Vec<_>, _>>()?;
    let by_name: HashMap<&str, &Shot> = took
        .shots
        .iter()
        .map(|shot| (shot.photo.as_str(), shot))
        .collect();
    let came: Vec<(u8, u64)> = names
        .iter()
        .filter_map(|name| by_name.get(name.as_str()))
        .map(|shot| (shot.severity, shot.bytes))
        .collect();
    for pair in came.windows(2) {
        if pair[1] < pair[0] {
            return Err(format!("{:?} came after {:?}", pair[1], pair[0]).into());
        }
    }
    let last = names
        .iter()
        .rposition(|name| by_name.contains_key(name.as_str()));
    for original in &took.originals {
        let came = names.iter().position(|name| *name == original.hash);
        if came < last {
            return Err("a camera's own picture came before a photo".into());
        }
    }
    Ok(())
}
