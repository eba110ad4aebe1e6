//! Figures of one phone, never verdicts: what a save costs beside the smallest durable transaction, how long the list
//! takes, how long a photo takes, what an exchange weighs. The last line of standard output is one JSON object.
//!
//! Everything is the real thing: the phone's own library on its encrypted database, a real server process, the demo
//! street's doors. Data lie beside the programs, because `/tmp` may be memory and a memory has no fsync to wait for.

use gridwalk::{Phone, photo::process::process, ports::Ports};
use gridwalk_fixtures::photos;
use gridwalk_proof::{
    corner,
    doors::seed_centre,
    measure::Times,
    process::{Outcome, Server, free_port, run},
    save::{in_the_morning, saves, visit},
    wire::{Counted, Relay},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Saves that count, each at another door.
const SAVES: usize = 200;
/// Times a list is opened, each by a phone that was just started.
const OPENINGS: usize = 15;
const PHOTOS: usize = 9;
/// Documents that are changed before the exchange.
const CHANGED: usize = 40;

#[derive(Serialize)]
struct Figures {
    save_ratio: f64,
    list_500_ms: f64,
    list_1000_ms: f64,
    photo_12mp_ms: f64,
    exchange_40: Exchange,
}

#[derive(Serialize)]
struct Exchange {
    bytes: u64,
    requests: usize,
}

fn main() -> Outcome<()> {
    let beside = std::env::current_exe()?;
    let beside = beside.parent().ok_or("a program without a folder")?;
    let folder = tempfile::tempdir_in(beside)?;
    let at = |name: &str| folder.path().join(name);
    eprintln!("a centre with 1,000 doors …");
    let carriers = seed_centre(&at("centre"))?;
    let server = Server::start(&at("centre"), free_port()?)?;
    let relay = Relay::to(&server.address)?;
    for (phone, login) in [("of-500", &carriers.of_500), ("of-1000", &carriers.of_1000)] {
        eprintln!("{login} gets a phone …");
        enrol(&at(phone), &at("centre"), login, &relay.address)?;
    }

    println!(
        "{:<44}{:>9}{:>9}{:>9}{:>6}",
        "milliseconds", "floor", "median", "90 %", "n"
    );
    let saves = saves(&at("of-1000"), &at("raw.db"), SAVES)?;
    row("save a visit on the phone", &saves.phone);
    row("one raw SQLite FULL transaction", &saves.raw);
    let list_500 = list(&at("of-500"), 500)?;
    row("open the list of 500 households", &list_500);
    let list_1000 = list(&at("of-1000"), 1_000)?;
    row("open the list of 1,000 households", &list_1000);
    let photo = photo()?;
    row("photo of 12 MP to JPEG and thumbnail", &photo);
    println!();
    println!("a visit's change has {} bytes (median)", saves.bytes);
    let exchange = exchange(&at("of-500"), &relay)?;

    let figures = Figures {
        save_ratio: rounded(saves.phone.median() / saves.raw.median(), 2),
        list_500_ms: rounded(list_500.median(), 2),
        list_1000_ms: rounded(list_1000.median(), 2),
        photo_12mp_ms: rounded(photo.median(), 1),
        exchange_40: exchange,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn row(what: &str, times: &Times) {
    println!(
        "{what:<44}{:>9.2}{:>9.2}{:>9.2}{:>6}",
        times.floor(),
        times.median(),
        times.p90(),
        times.n()
    );
}

fn rounded(figure: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (figure * scale).round() / scale
}

/// A phone that belongs to this worker and has read everything that is theirs.
fn enrol(phone: &Path, centre: &Path, login: &str, address: &str) -> Outcome<()> {
    let centre = centre.to_string_lossy();
    let code = run(
        "gridwalk-server",
        &["device", "code", "--data", &centre, "--worker", login],
    )?;
    block_on(async {
        let phone = Phone::open(phone, Ports::of_this_machine(phone))?;
        phone.enrol(address.into(), code.trim().into()).await?;
        let state = phone.sync_once().await?;
        match state.error {
            None => Ok(()),
            Some(code) => Err(format!("the first sync: {code}").into()),
        }
    })
}

fn block_on<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(work)
}

/// The whole list as the window gets it: read, sorted, written as JSON.
fn list(phone: &Path, doors: usize) -> Outcome<Times> {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let (phone, _) = in_the_morning(phone)?;
        let (ms, shown) = Times::of(|| -> Outcome<(usize, String)> {
            let rows = phone.households(String::new())?;
            Ok((rows.len(), serde_json::to_string(&rows)?))
        });
        let (rows, json) = shown?;
        if rows != doors || json.is_empty() {
            return Err(format!("the list has {rows} rows, not {doors}").into());
        }
        times.push(ms);
    }
    Ok(Times::new(times))
}

fn photo() -> Outcome<Times> {
    let file = photos::photo(photos::Variant::Large);
    let mut times = Vec::new();
    for _ in 0..PHOTOS {
        let (ms, made) = Times::of(|| process(&file));
        made?;
        times.push(ms);
    }
    Ok(Times::new(times))
}

/// Forty households visited offline, then everything that a freshly started phone says until it rests.
fn exchange(data: &Path, relay: &Relay) -> Outcome<Exchange> {
    let (phone, watch) = in_the_morning(data)?;
    for door in corner::doors(&phone)?.into_iter().take(CHANGED) {
        visit(&phone, &watch, door)?;
    }
    drop(phone);
    let network = Arc::new(Counted::default());
    let ports = Ports {
        exchange: network.clone(),
        ..Ports::of_this_machine(data)
    };
    let (up_before, down_before) = relay.bytes();
    block_on(async {
        let phone = Phone::open(PathBuf::from(data), ports)?;
        let before = phone.sync_state()?.waiting_records;
        let state = phone.sync_once().await?;
        match (before as usize, state.waiting_records, state.error) {
            (CHANGED, 0, None) => Ok(()),
            _ => Err(format!("{before} records waited; afterwards {state:?}").into()),
        }
    })?;
    let (up, down) = relay.bytes();
    let (up, down) = (up - up_before, down - down_before);
    let calls = network.calls();
    let mut by_path: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &calls {
        *by_path.entry(call).or_default() += 1;
    }
    println!(
        "{CHANGED} changed documents: {up} bytes up, {down} bytes down, HTTP headers and the token included"
    );
    for (call, times) in by_path {
        println!("  {times} × {call}");
    }
    Ok(Exchange {
        bytes: up + down,
        requests: calls.len(),
    })
}
