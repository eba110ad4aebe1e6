//! One exchange of forty changes at a server whose store is small, large and huge, against appending the same rows to the
//! tables of that store by hand. A sync costs what changed, not what exists, when the ratio of the two stays.
//!
//! The households that are only there to make a store large are copies of real rows under ids of their own, written in
//! bulk: document, two changes with their feed rows, registry row.

use crate::{bot::Bot, centre};
use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    corner,
    cost::{self, Spent},
    measure::Times,
    process::{Outcome, Server, free_port},
};
use gridwalk_server::{AppState, Config};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, params};
use std::{path::Path, time::Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

/// The first phones find everything cold and do not count.
const WARM_UP: usize = 4;
/// Households of one copied grid.
const GRID: usize = 500;

/// Phones that exchange one after the other; few where a store is only to show that all this still runs.
fn phones(households: usize) -> usize {
    if households < 5_000 { 8 } else { 40 }
}

struct Costs {
    exchange_us: Times,
    append_us: Times,
    exchange_ms: Times,
    append_ms: Times,
    megabytes: u64,
}

impl Costs {
    fn ratio(&self) -> f64 {
        self.exchange_us.median() / self.append_us.median()
    }
}

/// The ratio in the largest store over the ratio in the smallest; none when nothing is to be compared.
pub fn measure(
    runtime: &Runtime,
    folder: &Path,
    sizes: &[usize],
    evening: Timestamp,
) -> Outcome<Option<f64>> {
    if sizes.is_empty() {
        return Ok(None);
    }
    println!(
        "\none exchange of {} changes, CPU of the server without merging, and the same rows appended by hand",
        centre::CHANGES
    );
    println!(
        "{:>12}{:>10}{:>14}{:>12}{:>9}{:>14}{:>12}",
        "households", "MB", "exchange µs", "append µs", "ratio", "exchange ms", "append ms"
    );
    let mut ratios = Vec::new();
    for households in sizes {
        let data = folder.join(format!("store-{households}"));
        let costs = of_store(runtime, &data, *households, evening)?;
        println!(
            "{households:>12}{:>10}{:>14.0}{:>12.0}{:>9.2}{:>14.1}{:>12.1}",
            costs.megabytes,
            costs.exchange_us.median(),
            costs.append_us.median(),
            costs.ratio(),
            costs.exchange_ms.median(),
            costs.append_ms.median()
        );
        ratios.push(costs.ratio());
        std::fs::remove_dir_all(&data)?;
    }
    Ok(ratios
        .last()
        .zip(ratios.first())
        .map(|(last, first)| last / first))
}

fn of_store(
    runtime: &Runtime,
    data: &Path,
    households: usize,
    evening: Timestamp,
) -> Outcome<Costs> {
    eprintln!("a store with {households} households …");
    let state = AppState::open(Config::new(data)).map_err(|error| error.to_string())?;
    let kits = centre::found(&state, phones(households), evening)?;
    drop(state);
    let database = Config::new(data).database();
    corner::closed(&database)?;
    let real: usize =
        Connection::open(&database)?
            .query_row("select count(*) from document", [], |row| row.get(0))?;
    copies(&database, households.saturating_sub(real))?;
    let bots: Vec<Bot> = (1..)
        .zip(kits)
        .map(|(dice, kit)| Bot::ready(kit, dice, evening))
        .collect::<Outcome<_>>()?;
    let server = Server::start(data, free_port()?)?;
    eprintln!("{} phones, one after the other …", bots.len());
    let (mut exchange_us, mut exchange_ms) = (Vec::new(), Vec::new());
    for bot in bots {
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()?;
        let spent = Spent::by(server.pid())?;
        let began = Instant::now();
        let met = runtime.block_on(bot.speak(&client, &server.address))?;
        exchange_ms.push(began.elapsed().as_secs_f64() * 1e3);
        if met.acknowledged.len() != centre::CHANGES {
            return Err("a phone did not get through".into());
        }
        let now = Spent::by(server.pid())?;
        let merging = now.of_threads(&spent, |name| name == "merger");
        exchange_us.push((now.since(&spent) - merging).as_secs_f64() * 1e6);
    }
    drop(server);
    let (append_us, append_ms) = by_hand(&database, phones(households))?;
    let counted = |times: Vec<f64>| Times::new(times.into_iter().skip(WARM_UP).collect());
    Ok(Costs {
        exchange_us: counted(exchange_us),
        exchange_ms: counted(exchange_ms),
        append_us: counted(append_us),
        append_ms: counted(append_ms),
        megabytes: std::fs::metadata(&database)?.len() / 1_000_000,
    })
}

/// How a row is copied: its columns, with some of them replaced by parameters.
fn copying(db: &Connection, table: &str, key: &str, replaced: &[&str]) -> Outcome<String> {
    let mut statement = db.prepare(&format!("select name from pragma_table_info('{table}')"))?;
    let columns: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let columns: Vec<&str> = columns
        .iter()
        .map(String::as_str)
        .filter(|name| *name != "sequence")
        .collect();
    let values: Vec<String> = columns
        .iter()
        .map(
            |name| match replaced.iter().position(|other| other == name) {
                Some(at) => format!("?{}", at + 2),
                None => (*name).to_owned(),
            },
        )
        .collect();
    Ok(format!(
        "insert into {table} ({}) select {} from {table} where {key} = ?1",
        columns.join(", "),
        values.join(", ")
    ))
}

fn copies(database: &Path, count: usize) -> Outcome<()> {
    let mut dice = ChaCha8Rng::seed_from_u64(count as u64);
    let mut db = Connection::open(database)?;
    // Nothing here is to be kept: what matters is how large it is when the server opens it. Names are random, so every index
    // is written all over: each of its pages once, at the end, out of a large cache.
    db.execute_batch(
        "pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off; pragma cache_size = -6000000",
    )?;
    let models: Vec<Uuid> = {
        let mut statement = db.prepare("select id from document limit 50")?;
        statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?
    };
    let [document, change, feed, household] = [
        copying(&db, "document", "id", &["id", "grid"])?,
        copying(&db, "change", "sequence", &["hash", "document", "actor"])?,
        copying(
            &db,
            "feed",
            "change",
            &["change", "grid", "position", "digest"],
        )?,
        copying(&db, "household", "id", &["id", "grid"])?,
    ];
    let mut done = 0;
    let batch = db.transaction()?;
    while done < count {
        if done % 50_000 == 0 {
            eprintln!("{done} of {count} are copied …");
        }
        let grid = Uuid::from_bytes(dice.random());
        let mut position = 0_i64;
        for n in done..count.min(done + GRID) {
            let (model, id) = (models[n % models.len()], Uuid::from_bytes(dice.random()));
            batch
                .prepare_cached(&document)?
                .execute(params![model, id, grid])?;
            batch.prepare_cached(&household)?.execute(params![
                model.to_string(),
                id.to_string(),
                grid.to_string()
            ])?;
            let changes: Vec<i64> = batch
                .prepare_cached(
                    "select sequence from change where document = ?1 order by sequence limit 2",
                )?
                .query_map([model], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for sequence in changes {
                position += 1;
                let (hash, actor, digest) = (
                    dice.random::<[u8; 32]>(),
                    dice.random::<[u8; 16]>(),
                    dice.random::<[u8; 32]>(),
                );
                batch
                    .prepare_cached(&change)?
                    .execute(params![sequence, hash, id, actor])?;
                let copy = batch.last_insert_rowid();
                batch
                    .prepare_cached(&feed)?
                    .execute(params![sequence, copy, grid, position, digest])?;
            }
        }
        batch
            .prepare_cached(
                "insert into partition (grid, class, tip, digest) values (?1, 0, ?2, ?3)",
            )?
            .execute(params![grid, position, dice.random::<[u8; 32]>()])?;
        done += GRID;
    }
    batch.commit()?;
    db.execute_batch("pragma journal_mode = wal")?;
    Ok(())
}

/// The same rows as an exchange leaves in the log and the feed, in one durable transaction each time.
fn by_hand(database: &Path, times: usize) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    let mut db = Connection::open(database)?;
    db.execute_batch("pragma synchronous = full; pragma foreign_keys = on")?;
    let change = copying(&db, "change", "sequence", &["hash", "actor"])?;
    let feed = copying(
        &db,
        "feed",
        "change",
        &["change", "grid", "position", "digest"],
    )?;
    let models: Vec<i64> = {
        let mut statement =
            db.prepare("select min(sequence) from change group by document limit ?1")?;
        statement
            .query_map([centre::CHANGES as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?
    };
    let (mut us, mut ms) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let (spent, began) = (cost::this_thread()?, Instant::now());
        let grid = Uuid::from_bytes(dice.random());
        let append = db.transaction()?;
        for (position, model) in (1_i64..).zip(&models) {
            let (hash, actor, digest) = (
                dice.random::<[u8; 32]>(),
                dice.random::<[u8; 16]>(),
                dice.random::<[u8; 32]>(),
            );
            append
                .prepare_cached(&change)?
                .execute(params![model, hash, actor])?;
            let copy = append.last_insert_rowid();
            append
                .prepare_cached(&feed)?
                .execute(params![model, copy, grid, position, digest])?;
        }
        append.commit()?;
        us.push((cost::this_thread()? - spent).as_secs_f64() * 1e6);
        ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok((us, ms))
}
