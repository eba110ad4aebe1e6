//! Killed at any moment. Two phones and a server, each a real process under load; one of them after the other is ended
//! with SIGKILL and started again, and everything that was acknowledged before must be there: on the phone what it said is
//! saved, at the centre every hash that it answered. The ledger is kept here, outside of whatever is killed; it is
//! written by what comes out of the phones' pipes.
//!
//! With `GRIDWALK_TEST_POSTGRES` (see `scripts/postgres.sh`) every second round keeps the centre in PostgreSQL, and the
//! database is one of those that are killed.
//!
//! `kill N [SEED]` kills N times; `kill phone DATA` is one of the phones.

use gridwalk_core::ids::Hash;
use gridwalk_proof::{
    corner,
    holdings::Holdings,
    keeps::Keeps,
    process::{Outcome, Server, begin, command, free_port, run},
    restless::{self, Word},
};
use gridwalk_server::{Config, blobs::Blobs, clock::Clock};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

/// Kills before both folders are made anew, so that documents stay as large as those of a real day.
const ROUND: usize = 12;
/// Acknowledgements between two kills.
const LOAD: std::ops::Range<u64> = 12..60;
/// A kill comes so long after the last of them, at most: in the middle of what follows.
const SOON: u64 = 30_000;
/// Nobody says anything for so long: something hangs.
const SILENCE: Duration = Duration::from_secs(60);

/// Whatever waits for merging when nobody works any more is merged by then.
const MERGED: Duration = Duration::from_secs(300);

/// The last line of standard output.
#[derive(Serialize, Default)]
struct Figures {
    kills: usize,
    acknowledged: usize,
    lost: usize,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["phone", data] => restless::live(Path::new(data)),
        [kills] => driver(kills.parse()?, std::process::id().into()),
        [kills, seed] => driver(kills.parse()?, seed.parse()?),
        _ => Err("usage: kill N [SEED] | kill phone DATA".into()),
    }
}

fn driver(kills: usize, seed: u64) -> Outcome<()> {
    begin(corner::morning()?);
    eprintln!("seed {seed}");
    let folder = tempfile::tempdir()?;
    let port = free_port()?;
    let keeps = Keeps::all();
    for (n, keeps) in keeps.iter().enumerate() {
        prepare(&folder.path().join(n.to_string()), port, keeps)?;
    }
    let mut dice = Dice(seed);
    let mut figures = Figures::default();
    let begun = Instant::now();
    // Where there are two stores, they take turns, and each has at least one.
    let round = ROUND.min(kills.div_ceil(keeps.len()));
    for n in (0..keeps.len()).cycle() {
        if figures.kills >= kills {
            break;
        }
        let now = folder.path().join("now");
        corner::copy(&folder.path().join(n.to_string()), &now)?;
        begin_round(&keeps[n])?;
        let mut world = World::open(&now, port, &keeps[n])?;
        for _ in 0..round.min(kills - figures.kills) {
            world.work(dice.within(LOAD))?;
            std::thread::sleep(Duration::from_micros(dice.within(0..SOON)));
            match dice.within(0..victims(&keeps[n])) {
                0 => world.kill_server()?,
                phone @ 1..=2 => world.kill_phone(phone as usize - 1)?,
                _ => world.crash_database()?,
            }
            figures.kills += 1;
        }
        world.settle()?;
        figures.acknowledged += world.acknowledged();
        figures.lost += world.lost.len();
        for (name, place) in world.lost.iter().take(12) {
            eprintln!("lost: {name} {place}");
        }
        drop(world);
        std::fs::remove_dir_all(&now)?;
        eprintln!(
            "{}: {} kills, {} acknowledged, {} lost, {:.0} s",
            keeps[n].name(),
            figures.kills,
            figures.acknowledged,
            figures.lost,
            begun.elapsed().as_secs_f64()
        );
    }
    println!("{}", serde_json::to_string(&figures)?);
    match figures.lost {
        0 => Ok(()),
        lost => Err(format!("{lost} acknowledged are lost").into()),
    }
}

/// The database of a round, and the one that it is a copy of.
const NOW: &str = "kill_now";
const BEFORE: &str = "kill_before";

/// The server, two phones, and a database where that is a process of its own.
fn victims(keeps: &Keeps) -> u64 {
    match keeps {
        Keeps::File => 3,
        Keeps::Cluster(_) => 4,
    }
}

/// A round begins: as it was before.
fn begin_round(keeps: &Keeps) -> Outcome<()> {
    if let Keeps::Cluster(cluster) = keeps {
        cluster.throw_away(NOW)?;
        cluster.make(NOW, Some(BEFORE))?;
    }
    Ok(())
}

/// Two enrolled phones and a centre on a corner of the street, as nobody works yet.
fn prepare(before: &Path, port: u16, keeps: &Keeps) -> Outcome<()> {
    let centre = before.join("centre");
    let mut config = Config::new(&centre);
    config.clock = Clock::standing_at(corner::morning()?);
    if let Keeps::Cluster(cluster) = keeps {
        cluster.throw_away(BEFORE)?;
        cluster.make(BEFORE, None)?;
        config.postgres = Some(cluster.url(BEFORE));
    }
    let who = corner::seed_centre(config)?;
    corner::closed(&centre.join("registry.db"))?;
    let store = keeps.arguments(BEFORE);
    let server = Server::start_with(&centre, port, &store)?;
    let data = centre.to_string_lossy();
    for (name, login) in [("phone-0", &who.worker), ("phone-1", &who.lead)] {
        let words = ["device", "code", "--data", &data, "--worker", login];
        let code = run("gridwalk-server", &with(&words, &store))?;
        let phone = before.join(name);
        let phone = phone.to_string_lossy();
        let (address, code) = (server.address.as_str(), code.trim());
        let words = [
            "enrol", "--data", &phone, "--server", address, "--code", code,
        ];
        run("gridwalk", &words)?;
        run("gridwalk", &["sync", "--data", &phone])?;
    }
    Ok(())
}

fn with<'a>(words: &[&'a str], store: &'a [String]) -> Vec<&'a str> {
    let store = store.iter().map(String::as_str);
    words.iter().copied().chain(store).collect()
}

/// SplitMix64: the same seed, the same choices (the machine's own scheduling aside).
struct Dice(u64);

impl Dice {
    fn within(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (z ^ (z >> 31)) % (range.end - range.start)
    }
}

/// What one phone said, and that its process has ended.
type Heard = (usize, Option<Word>);

/// One round: three processes and the ledger.
struct World<'a> {
    folder: PathBuf,
    keeps: &'a Keeps,
    port: u16,
    server: Option<Server>,
    phones: [Restless; 2],
    say: Sender<Heard>,
    heard: Receiver<Heard>,
    /// Changes and blobs that the centre acknowledged, to either phone.
    centre: BTreeSet<(&'static str, String)>,
    /// Each once, with the place where it was missing first.
    lost: BTreeMap<String, String>,
}

/// A phone's process, and what it said is saved.
struct Restless {
    child: Child,
    input: ChildStdin,
    saved: BTreeSet<String>,
    /// What it said it has, since it was started.
    has: BTreeSet<String>,
    settled: bool,
}

impl Restless {
    fn start(data: &Path, number: usize, say: &Sender<Heard>) -> Outcome<Self> {
        let mut child = command("kill")?
            .arg("phone")
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let say = say.clone();
        std::thread::spawn(move || {
            // What a killed process wrote is still in the pipe; a line that it did not end was not said.
            let mut lines = BufReader::new(output);
            let mut line = String::new();
            while matches!(lines.read_line(&mut line), Ok(1..)) && line.ends_with('\n') {
                if let Ok(word) = line.trim_end().parse() {
                    let _ = say.send((number, Some(word)));
                }
                line.clear();
            }
            let _ = say.send((number, None));
        });
        Ok(Self {
            child,
            input,
            saved: BTreeSet::new(),
            has: BTreeSet::new(),
            settled: false,
        })
    }
}

impl Drop for Restless {
    fn drop(&mut self) {
        // Already gone is as good as ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<'a> World<'a> {
    fn open(folder: &Path, port: u16, keeps: &'a Keeps) -> Outcome<Self> {
        let store = keeps.arguments(NOW);
        let server = Server::start_with(&folder.join("centre"), port, &store)?;
        let (say, heard) = channel();
        let phone = |n: usize| Restless::start(&folder.join(format!("phone-{n}")), n, &say);
        let phones = [phone(0)?, phone(1)?];
        let mut world = Self {
            folder: folder.to_owned(),
            keeps,
            port,
            server: Some(server),
            phones,
            say,
            heard,
            centre: BTreeSet::new(),
            lost: BTreeMap::new(),
        };
        let mut ready = 0;
        while ready < 2 {
            ready += usize::from(world.hear()?.1 == Some(Word::Ready));
        }
        Ok(world)
    }

    fn acknowledged(&self) -> usize {
        let saved = self.phones.iter().map(|phone| phone.saved.len());
        self.centre.len() + saved.sum::<usize>()
    }

    /// The next word, entered into the ledger.
    fn hear(&mut self) -> Outcome<Heard> {
        let heard = self
            .heard
            .recv_timeout(SILENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => "nobody works any more",
                RecvTimeoutError::Disconnected => "nobody is left",
            })?;
        let phone = &mut self.phones[heard.0];
        match &heard.1 {
            Some(Word::Saved(id)) => drop(phone.saved.insert(id.clone())),
            Some(Word::Has(id)) => drop(phone.has.insert(id.clone())),
            Some(Word::Change(hash)) => drop(self.centre.insert(("change", hash.clone()))),
            Some(Word::Blob(hash)) => drop(self.centre.insert(("blob", hash.clone()))),
            Some(Word::Settled) => phone.settled = true,
            Some(Word::Ready) | None => {}
        }
        Ok(heard)
    }

    /// Until so much more is acknowledged. A phone that ends by itself is a failure.
    fn work(&mut self, more: u64) -> Outcome<()> {
        let enough = self.acknowledged() + usize::try_from(more)?;
        while self.acknowledged() < enough {
            if let (number, None) = self.hear()? {
                return Err(format!("phone {number} ended by itself").into());
            }
        }
        Ok(())
    }

    fn kill_phone(&mut self, number: usize) -> Outcome<()> {
        self.phones[number].child.kill()?;
        self.phones[number].child.wait()?;
        while self.hear()? != (number, None) {}
        let data = self.folder.join(format!("phone-{number}"));
        let again = Restless::start(&data, number, &self.say)?;
        let gone = std::mem::replace(&mut self.phones[number], again);
        self.phones[number].saved.clone_from(&gone.saved);
        while self.hear()? != (number, Some(Word::Ready)) {}
        self.check_phone(number, &gone.saved);
        Ok(())
    }

    /// What it had said before it was killed is on its disk.
    fn check_phone(&mut self, number: usize, said: &BTreeSet<String>) {
        for id in said.difference(&self.phones[number].has) {
            let place = self.lost.entry(id.clone());
            place.or_insert_with(|| format!("was saved on phone {number}"));
        }
    }

    fn kill_server(&mut self) -> Outcome<()> {
        drop(self.server.take());
        let store = self.keeps.arguments(NOW);
        let data = self.folder.join("centre");
        self.server = Some(Server::start_with(&data, self.port, &store)?);
        self.check_centre()
    }

    /// The server lives on, and with it what it has been asked meanwhile.
    fn crash_database(&mut self) -> Outcome<()> {
        if let Keeps::Cluster(cluster) = self.keeps {
            cluster.crash(NOW)?;
        }
        self.check_centre()
    }

    /// Every hash that it answered is in its log or folder, read from outside with nothing of its own code.
    fn check_centre(&mut self) -> Outcome<()> {
        let centre = self.folder.join("centre");
        let changes = self.keeps.hashes(&centre, NOW, "change")?;
        let blobs = self.keeps.hashes(&centre, NOW, "blob")?;
        let files = Blobs::open(&centre.join("blobs")).map_err(|error| error.to_string())?;
        for (kind, hash) in &self.centre {
            let here = match *kind {
                "change" => changes.contains(hash),
                _ => blobs.contains(hash) && files.get(&hash.parse::<Hash>()?).is_ok(),
            };
            if !here {
                let place = self.lost.entry(hash.clone());
                place.or_insert_with(|| format!("is a {kind} that was at the centre"));
            }
        }
        Ok(())
    }

    /// An acknowledgement does not wait for merging; in the end everything is merged, though nobody asks any more.
    fn until_merged(&self, centre: &Path) -> Outcome<()> {
        let begun = Instant::now();
        let waiting = "select count(*) from change where state = 'logged'";
        while self.keeps.count(centre, NOW, waiting)? > 0 {
            if begun.elapsed() > MERGED {
                return Err("changes that were acknowledged are never merged".into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Both phones stop working and deliver what they have; then everything is looked for once more, and what was saved
    /// must have come to the registry.
    fn settle(&mut self) -> Outcome<()> {
        for phone in &mut self.phones {
            phone.input.write_all(b"enough\n")?;
        }
        let mut ended = 0;
        while ended < 2 {
            ended += usize::from(self.hear()?.1.is_none());
        }
        if !self.phones.iter().all(|phone| phone.settled) {
            return Err("a phone ended before everything had its receipt".into());
        }
        self.check_centre()?;
        let data = self.folder.join("centre");
        self.until_merged(&data)?;
        let data = data.to_string_lossy();
        let store = self.keeps.arguments(NOW);
        let words = with(&["holdings", "--data", &data], &store);
        let held: Holdings = serde_json::from_str(&run("gridwalk-server", &words)?)?;
        for (number, phone) in self.phones.iter().enumerate() {
            for id in &phone.saved {
                let mut nouns = held.rows().into_iter();
                if !nouns.any(|(_, names)| names.contains(id)) {
                    let place = self.lost.entry(id.clone());
                    place.or_insert_with(|| {
                        format!("was saved on phone {number} and is not in the registry")
                    });
                }
            }
        }
        Ok(())
    }
}
