//! Everybody at once at real servers: what it costs them, how long the phones wait, and whether everything that was
//! acknowledged is there.

use crate::{
    bot::{Bot, Evening},
    centre,
};
use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    cost::{Spent, children, peak_mib},
    keeps::Keeps,
    measure::Times,
    process::{Outcome, Server, free_port},
};
use gridwalk_server::{AppState, Config};
use serde_json::{Value, json};
use std::{
    collections::{BTreeSet, HashSet},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Barrier;

/// Merging is given up on after this long.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// The database of a PostgreSQL.
const DATABASE: &str = "load";
/// Servers that share one.
const SERVERS: usize = 2;

/// What it came to.
pub struct Rush {
    store: &'static str,
    servers: usize,
    phones: usize,
    acknowledged: usize,
    /// Acknowledged and not in the log.
    pub lost: usize,
    /// Server CPU until the last phone rested, merging and publishing left out.
    exchange: Duration,
    /// CPU of merging, publishing and projecting, until nothing waited any more.
    merging: Duration,
    /// From the last acknowledgement until everything was in its feed.
    lag: Duration,
    /// CPU of the database where it is a process of its own, for all of this.
    database: Option<Duration>,
    wall: Duration,
    exchanges: Times,
    until_arrived: Times,
    turned_away: usize,
    failures: usize,
    /// The largest of the servers.
    peak_mib: f64,
    merger_mib: f64,
}

/// What the servers have spent at one moment.
struct Bill {
    servers: Vec<Spent>,
    mergers: Duration,
    published: i64,
}

impl Bill {
    fn now(servers: &[Server], keeps: &Keeps, centre: &Path) -> Outcome<Self> {
        let mergers = servers.iter().map(|server| children(server.pid()));
        let mergers = mergers.collect::<Outcome<Vec<_>>>()?.concat();
        let published = "select count(*) from change where state = 'published'";
        Ok(Self {
            servers: servers
                .iter()
                .map(|server| Spent::by(server.pid()))
                .collect::<Outcome<_>>()?,
            mergers: mergers.iter().map(|pid| whole(*pid)).sum(),
            published: keeps.count(centre, DATABASE, published)?,
        })
    }

    fn since(&self, before: &Self) -> Duration {
        let pairs = self.servers.iter().zip(&before.servers);
        pairs.map(|(now, then)| now.since(then)).sum()
    }

    /// Of the threads that only merge.
    fn merging(&self, before: &Self) -> Duration {
        let pairs = self.servers.iter().zip(&before.servers);
        let ours = |name: &str| name.starts_with("merge");
        pairs.map(|(now, then)| now.of_threads(then, ours)).sum()
    }
}

fn whole(pid: u32) -> Duration {
    Spent::by(pid).map_or(Duration::ZERO, |spent| spent.since(&Spent::default()))
}

/// Builds the district, lets everybody in, waits until all is merged, and looks.
pub async fn run(centre: &Path, phones: usize, evening: Timestamp, keeps: &Keeps) -> Outcome<Rush> {
    eprintln!("{}: a district for {phones} phones …", keeps.name());
    if let Keeps::Cluster(cluster) = keeps {
        cluster.throw_away(DATABASE)?;
        cluster.make(DATABASE, None)?;
    }
    let mut config = Config::new(centre);
    config.postgres = keeps.url(DATABASE);
    let bots = tokio::task::spawn_blocking(move || -> Outcome<Vec<Bot>> {
        let state = AppState::open(config).map_err(|error| error.to_string())?;
        let kits = centre::found(&state, phones, evening)?;
        let dice = (1..).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        kits.into_iter()
            .zip(dice)
            .map(|(kit, dice)| Bot::ready(kit, dice, evening))
            .collect()
    })
    .await??;
    let count = match keeps {
        Keeps::File => 1,
        Keeps::Cluster(_) => SERVERS,
    };
    let servers = (0..count)
        .map(|_| Server::start_with(centre, free_port()?, &keeps.arguments(DATABASE)))
        .collect::<Outcome<Vec<_>>>()?;
    let gate = Arc::new(Barrier::new(phones + 1));
    let mut talks = tokio::task::JoinSet::new();
    for (bot, server) in bots.into_iter().zip(servers.iter().cycle()) {
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
    eprintln!("{}: all at once …", keeps.name());
    let before = Bill::now(&servers, keeps, centre)?;
    gate.wait().await;
    let began = Instant::now();
    let mut evenings = Vec::with_capacity(phones);
    while let Some(talk) = talks.join_next().await {
        evenings.push(talk??);
    }
    let wall = began.elapsed();
    let rested = Bill::now(&servers, keeps, centre)?;
    let lag = tokio::task::block_in_place(|| until_merged(keeps, centre))?;
    let merged = Bill::now(&servers, keeps, centre)?;
    let publishing = publishing(&before, &rested, &merged);
    let exchange = rested
        .since(&before)
        .saturating_sub(rested.merging(&before) + publishing);
    let merging = merged.since(&before).saturating_sub(exchange)
        + merged.mergers.saturating_sub(before.mergers);
    let (mut peak, mut merger_mib) = (0.0_f64, 0.0_f64);
    for server in &servers {
        peak = peak.max(peak_mib(server.pid())?);
        for merger in children(server.pid())? {
            // it may have ended since it was counted
            merger_mib = merger_mib.max(peak_mib(merger).unwrap_or(0.0));
        }
    }
    let database = match keeps {
        Keeps::File => None,
        Keeps::Cluster(cluster) => {
            let backends = cluster.backends(DATABASE)?;
            Some(backends.into_iter().map(whole).sum())
        }
    };
    drop(servers);

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
    // read from the store that the servers left, with nothing of their code
    let held: BTreeSet<String> = keeps.hashes(centre, DATABASE, "change")?;
    let lost = acknowledged.iter().filter(|name| !held.contains(*name));
    let all = |of: fn(&Evening) -> Vec<f64>| Times::new(evenings.iter().flat_map(of).collect());
    Ok(Rush {
        store: keeps.name(),
        servers: count,
        phones,
        lost: lost.count(),
        acknowledged: acknowledged.len(),
        exchange,
        merging,
        lag,
        database,
        wall,
        exchanges: all(|evening| evening.exchanges.clone()),
        until_arrived: all(|evening| vec![evening.until_arrived]),
        turned_away: evenings.iter().map(|evening| evening.turned_away).sum(),
        failures: evenings.iter().map(|evening| evening.failures).sum(),
        peak_mib: peak,
        merger_mib,
    })
}

/// What the store's writers spent on publishing while phones were there: they write for both, so it is reckoned from what
/// a change costs them when there is nothing else to do.
fn publishing(before: &Bill, rested: &Bill, merged: &Bill) -> Duration {
    let writing = merged.since(rested).saturating_sub(merged.merging(rested));
    let after = merged.published - rested.published;
    let during = rested.published - before.published;
    // too few to reckon from: then it counts as the exchange's
    if during <= 0 || after < during / 10 {
        return Duration::ZERO;
    }
    writing.mul_f64(during as f64 / after as f64)
}

fn until_merged(keeps: &Keeps, centre: &Path) -> Outcome<Duration> {
    let began = Instant::now();
    loop {
        let waiting = "select count(*) from change where state = 'logged'";
        let waiting = keeps.count(centre, DATABASE, waiting)?;
        if waiting == 0 {
            return Ok(began.elapsed());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("{waiting} changes are still not merged").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

impl Rush {
    /// For people.
    pub fn print(&self) {
        println!(
            "{} phones with {} changes each, all at once, {} and {} server process(es), no TLS",
            self.phones,
            centre::CHANGES,
            self.store,
            self.servers,
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
        if let Some(database) = self.database {
            println!(
                "  the database, for all of it      {:>9.2} s of CPU",
                database.as_secs_f64()
            );
        }
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

    /// For the last line.
    pub fn figures(&self) -> Value {
        json!({
            "phones": self.phones,
            "lost": self.lost,
            "server_cpu_s": crate::rounded(self.exchange.as_secs_f64(), 2),
            "p99_ms": crate::rounded(self.until_arrived.p99(), 0),
            "peak_rss_mb": crate::rounded(self.peak_mib, 0),
        })
    }
}
