//! A seeded monkey at the typed door of the phone's library, in a process of its own that is killed at random: no panic, and
//! nothing that was acknowledged is gone. The ledger is kept here, outside of whatever is killed.
//!
//! `monkey STEPS [SEED]` plays so many steps; `monkey play DATA SEED STEPS` is the monkey. The same seed says the same words as
//! long as nobody kills it.

use gridwalk_core::time::Timestamp;
use gridwalk_proof::{
    corner, monkey,
    process::{Outcome, Server, begin, command, free_port, run},
};
use gridwalk_server::{Config, clock::Clock};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

/// A monkey is killed after so many steps, if it is not through before.
const LIFE: std::ops::Range<u64> = 20..800;
/// Steps of one monkey.
const MONKEY: u64 = 2_000;

/// The last line of standard output.
#[derive(Serialize, Default)]
struct Figures {
    steps: u64,
    kills: u64,
    acknowledged: usize,
    refused: u64,
    panics: u64,
    lost: usize,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["play", data, seed, steps] => monkey::play(Path::new(data), seed.parse()?, steps.parse()?),
        [steps] => drive(steps.parse()?, 1),
        [steps, seed] => drive(steps.parse()?, seed.parse()?),
        _ => Err("usage: monkey STEPS [SEED] | monkey play DATA SEED STEPS".into()),
    }
}

#[derive(Default)]
struct Ledger {
    said: BTreeSet<String>,
    codes: BTreeMap<String, u64>,
    figures: Figures,
}

fn drive(steps: u64, seed: u64) -> Outcome<()> {
    begin(corner::morning()?);
    let folder = tempfile::tempdir()?;
    let phone = folder.path().join("phone");
    enrol(folder.path(), &phone, corner::morning()?)?;
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut ledger = Ledger::default();
    let mut monkey = seed;
    while ledger.figures.steps < steps {
        monkey += 1;
        let left = (steps - ledger.figures.steps).min(MONKEY);
        let life = dice.random_range(LIFE);
        ledger.life(&phone, monkey, left, life)?;
        if monkey.is_multiple_of(20) {
            eprintln!(
                "{} steps, {} kills",
                ledger.figures.steps, ledger.figures.kills
            );
        }
    }
    // what the last one was told is looked for once more
    ledger.life(&phone, 0, 0, 1)?;
    for (code, times) in &ledger.codes {
        println!("{code:<28}{times:>9}");
    }
    ledger.figures.acknowledged = ledger.said.len();
    println!("{}", serde_json::to_string(&ledger.figures)?);
    match (ledger.figures.panics, ledger.figures.lost) {
        (0, 0) => Ok(()),
        _ => Err("a monkey found something".into()),
    }
}

impl Ledger {
    /// One process, ended with SIGKILL after `life` steps.
    fn life(&mut self, phone: &Path, seed: u64, steps: u64, life: u64) -> Outcome<()> {
        let mut child = command("monkey")?
            .arg("play")
            .arg(phone)
            .args([seed.to_string(), steps.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output);
        let (mut line, mut has, mut lived, mut told, mut done) =
            (String::new(), BTreeSet::new(), 0, false, false);
        // what a killed process wrote is still in the pipe; a line that it did not end was not said
        while matches!(lines.read_line(&mut line), Ok(1..)) && line.ends_with('\n') {
            let (word, rest) = line
                .trim_end()
                .split_once(' ')
                .unwrap_or((line.trim_end(), ""));
            if word != "has" && !told {
                told = true;
                self.compare(&has, seed);
            }
            match word {
                "has" => drop(has.insert(rest.to_owned())),
                "did" => drop(self.said.insert(rest.to_owned())),
                "step" => {
                    lived += 1;
                    self.figures.steps += 1;
                    let code = rest.rsplit_once(' ').map_or(rest, |(code, _)| code);
                    self.figures.refused += u64::from(code != "ok");
                    *self.codes.entry(code.to_owned()).or_default() += 1;
                    if lived == life && life < steps {
                        child.kill()?;
                        self.figures.kills += 1;
                    }
                }
                monkey::PANICKED => {
                    self.figures.panics += 1;
                    self.figures.steps += 1; // it goes on with another
                    eprintln!("seed {seed}: {}", line.trim_end());
                }
                "done" => done = true,
                _ => {}
            }
            line.clear();
        }
        let status = child.wait()?;
        if !done && lived < life && self.figures.panics == 0 {
            return Err(format!("monkey {seed} ended by itself: {status}").into());
        }
        Ok(())
    }

    /// What was acknowledged before is on the disk.
    fn compare(&mut self, has: &BTreeSet<String>, seed: u64) {
        for record in self.said.difference(has) {
            self.figures.lost += 1;
            eprintln!("before seed {seed}: {record} was acknowledged and is not there");
        }
        self.said.retain(|record| has.contains(record));
    }
}

/// A phone with thirty doors, their cases, patrols and plans.
fn enrol(folder: &Path, phone: &Path, now: Timestamp) -> Outcome<()> {
    let centre = folder.join("centre");
    let mut config = Config::new(&centre);
    config.clock = Clock::standing_at(now);
    let who = corner::seed_centre(config)?;
    corner::closed(&centre.join("registry.db"))?;
    let server = Server::start(&centre, free_port()?)?;
    let data = centre.to_string_lossy();
    let words = ["device", "code", "--data", &data, "--worker", &who.worker];
    let code = run("gridwalk-server", &words)?;
    let phone = phone.to_string_lossy();
    let (address, code) = (server.address.as_str(), code.trim());
    run(
        "gridwalk",
        &[
            "enrol", "--data", &phone, "--server", address, "--code", code,
        ],
    )?;
    run("gridwalk", &["sync", "--data", &phone])?;
    Ok(())
}
