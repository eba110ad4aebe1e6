//! All at once: what it costs the server, how long a phone waits, and whether everything that was acknowledged is there.

use crate::{
    bot::{Bot, Evening},
    centre,
};
use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    cost::{Spent, children, peak_mib},
    measure::Times,
    process::{Outcome, Server, free_port},
};
use gridwalk_server::{AppState, Config};
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::HashSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Barrier;

/// Merging is given up on after this long.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// What it came to.
pub struct Rush {
    phones: usize,
    acknowledged: usize,
    pub lost: usize,
    /// Server CPU until the last phone rested, merging left out.
    pub exchange: Duration,
    /// CPU of merging, publishing and projecting, until nothing waited any more.
    merging: Duration,
    /// From the last acknowledgement until everything was in its feed.
    lag: Duration,
    wall: Duration,
    exchanges: Times,
    pub until_arrived: Times,
    turned_away: usize,
    failures: usize,
    pub peak_mib: f64,
    merger_mib: f64,
}

/// Builds the district, lets everybody in, waits until all is merged, and looks.
pub async fn run(centre: &Path, phones: usize, evening: Timestamp) -> Outcome<Rush> {
    eprintln!("a district for {phones} phones …");
    let data = centre.to_owned();
    let bots = tokio::task::spawn_blocking(move || -> Outcome<Vec<Bot>> {
        let state = AppState::open(Config::new(&data)).map_err(|error| error.to_string())?;
        let kits = centre::found(&state, phones, evening)?;
        let dice = (1..).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        kits.into_iter()
            .zip(dice)
            .map(|(kit, dice)| Bot::ready(kit, dice, evening))
            .collect()
    })
    .await??;
    let server = Server::start(centre, free_port()?)?;
    let gate = Arc::new(Barrier::new(phones + 1));
    let mut talks = tokio::task::JoinSet::new();
    for bot in bots {
        // connections of its own, as every phone has them
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()?;
        let (gate, address) = (gate.clone(), server.address.clone());
        talks.spawn(async move {
            gate.wait().await;
            bot.speak(&client, &address).await
        });
    }
    eprintln!("all at once …");
    let spent = Spent::by(server.pid())?;
    gate.wait().await;
    let began = Instant::now();
    let mut evenings = Vec::with_capacity(phones);
    while let Some(talk) = talks.join_next().await {
        evenings.push(talk??);
    }
    let wall = began.elapsed();
    let rested = Spent::by(server.pid())?;
    let mergers = children(server.pid())?;
    let database = Config::new(centre).database();
    let watched = database.clone();
    let lag = tokio::task::spawn_blocking(move || until_merged(&watched)).await??;
    let merged = Spent::by(server.pid())?;
    let of_children = |pids: &[u32]| -> Duration {
        pids.iter()
            .filter_map(|pid| Spent::by(*pid).ok())
            .map(|spent| spent.since(&Spent::default()))
            .sum()
    };
    let in_server = rested.of_threads(&spent, |name| name == "merger") + merged.since(&rested);
    let peak = peak_mib(server.pid())?;
    let merger_mib = mergers
        .iter()
        .filter_map(|pid| peak_mib(*pid).ok())
        .fold(0.0, f64::max);
    let merging = in_server + of_children(&mergers);
    drop(server);

    let acknowledged: HashSet<String> = evenings
        .iter()
        .flat_map(|evening| &evening.acknowledged)
        .map(ToString::to_string)
        .collect();
    if acknowledged.len() != phones * centre::CHANGES {
        return Err(format!(
            "only {} of {} changes were acknowledged",
            acknowledged.len(),
            phones * centre::CHANGES
        )
        .into());
    }
    let all = |of: fn(&Evening) -> Vec<f64>| Times::new(evenings.iter().flat_map(of).collect());
    Ok(Rush {
        phones,
        lost: lost(&database, &acknowledged)?,
        acknowledged: acknowledged.len(),
        exchange: rested
            .since(&spent)
            .saturating_sub(rested.of_threads(&spent, |name| name == "merger")),
        merging,
        lag,
        wall,
        exchanges: all(|evening| evening.exchanges.clone()),
        until_arrived: all(|evening| vec![evening.until_arrived]),
        turned_away: evenings.iter().map(|evening| evening.turned_away).sum(),
        failures: evenings.iter().map(|evening| evening.failures).sum(),
        peak_mib: peak,
        merger_mib,
    })
}

fn until_merged(database: &Path) -> Outcome<Duration> {
    let began = Instant::now();
    let store = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    loop {
        let waiting: bool = store.query_row(
            "select exists (select 1 from change where state = 'logged')",
            [],
            |row| row.get(0),
        )?;
        if !waiting {
            return Ok(began.elapsed());
        }
        if began.elapsed() > PATIENCE {
            let left: i64 = store.query_row(
                "select count(*) from change where state = 'logged'",
                [],
                |row| row.get(0),
            )?;
            eprintln!("{left} changes are still not merged");
            return Ok(PATIENCE);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Acknowledged names that the log has not; read by another process from the store that the server left.
fn lost(database: &Path, acknowledged: &HashSet<String>) -> Outcome<usize> {
    let this = std::env::current_exe()?;
    let output = std::process::Command::new(this)
        .arg("holdings")
        .arg(database)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let held = String::from_utf8(output.stdout)?;
    let held: HashSet<&str> = held.lines().collect();
    Ok(acknowledged
        .iter()
        .filter(|name| !held.contains(name.as_str()))
        .count())
}

/// `load holdings FILE`: every name in the log.
pub fn print_holdings(database: &str) -> Outcome<()> {
    let store = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = store.prepare("select lower(hex(hash)) from change")?;
    let mut rows = statement.query([])?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    while let Some(row) = rows.next()? {
        use std::io::Write;
        writeln!(out, "{}", row.get::<_, String>(0)?)?;
    }
    Ok(())
}

impl Rush {
    /// For people.
    pub fn print(&self) {
        println!(
            "{} phones with {} changes each, all at once, SQLite, no TLS",
            self.phones,
            centre::CHANGES
        );
        println!(
            "  acknowledged {}, lost {}, asked to come later {} times, other failures {}",
            self.acknowledged, self.lost, self.turned_away, self.failures
        );
        println!(
            "  until the last phone rested      {:>9.2} s",
            self.wall.as_secs_f64()
        );
        println!(
            "  server CPU of the exchanges      {:>9.2} s",
            self.exchange.as_secs_f64()
        );
        println!(
            "  merging and projection, apart    {:>9.2} s of CPU, done {:.2} s after the last phone rested",
            self.merging.as_secs_f64(),
            self.lag.as_secs_f64()
        );
        println!(
            "  an exchange                      {:>9.0} ms median, {:.0} ms p99",
            self.exchanges.median(),
            self.exchanges.p99()
        );
        println!(
            "  until everything has arrived     {:>9.0} ms median, {:.0} ms p99",
            self.until_arrived.median(),
            self.until_arrived.p99()
        );
        println!(
            "  most memory                      {:>9.0} MB, the merging process {:.0} MB",
            self.peak_mib, self.merger_mib
        );
    }
}
