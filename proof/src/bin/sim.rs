//! `sim`: plays seeds, one after the other, and says what did not hold.
//!
//! `SEEDS` seeds from `FROM` on; `SEED` plays a single one and tells its story; `PLANTED=1` looks how soon each planted
//! bug is found, `PLANTED=name` tells the story of one.

#[path = "../sim/mod.rs"]
mod sim;

use sim::{Fault, Outcome, Planted, Tally, play};
use std::{collections::BTreeMap, process::ExitCode};

/// A run of at least so many seeds must have met every kind of fault.
const ENOUGH: u64 = 500;
/// Stories told of a run that fails often.
const STORIES: usize = 3;
/// A planted bug that is not found in so many seeds is not found.
const PATIENCE: u64 = 10_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn main() -> ExitCode {
    match std::env::var("PLANTED") {
        Ok(which) if !which.is_empty() => plant(&which),
        _ => run(),
    }
}

fn run() -> ExitCode {
    let (from, seeds) = match number("SEED") {
        Some(seed) => (seed, 1),
        None => (
            number("FROM").unwrap_or(1),
            number("SEEDS").unwrap_or(ENOUGH),
        ),
    };
    let telling = number("SEED").is_some();
    let (mut tally, mut device_ms, mut lost) = (Tally::default(), 0, 0);
    let mut failed: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let (mut violations, mut stories) = (0, 0);
    for seed in from..from.saturating_add(seeds) {
        let outcome = play(seed, None, telling);
        tally.add(&outcome.tally);
        device_ms += outcome.device_ms;
        lost += outcome.lost;
        if let Some(violation) = &outcome.violation {
            violations += 1;
            let kind = violation.split(':').next().unwrap_or_default();
            failed.entry(kind.to_owned()).or_default().push(seed);
            eprintln!("seed {seed}: {violation}");
        }
        if telling || outcome.violation.is_some() && stories < STORIES {
            stories += 1;
            tell(&outcome, None);
        }
    }
    let mut never = Vec::new();
    for fault in Fault::ALL {
        println!("{:>9}  {}", tally.of(*fault), fault.word());
        if tally.of(*fault) == 0 {
            never.push(fault.word());
        }
    }
    let blind = seeds >= ENOUGH && !never.is_empty();
    if blind {
        println!("never came about: {}", never.join(", "));
    }
    for (kind, seeds) in failed {
        println!("{kind} in {} seeds, first {}", seeds.len(), seeds[0]);
    }
    println!(
        "{{\"seeds\":{seeds},\"device_hours\":{},\"violations\":{violations},\"lost\":{lost}}}",
        device_ms / 3_600_000
    );
    match violations == 0 && !blind {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// How soon each planted bug is found. Seeds that fail without it do not count.
fn plant(which: &str) -> ExitCode {
    let from = number("FROM").unwrap_or(1);
    let most = number("SEEDS").unwrap_or(PATIENCE);
    let (mut found, mut planted, mut worst) = (0, 0, 0);
    for bug in Planted::ALL {
        let name = format!("{bug:?}");
        if which != "1" && which != name {
            continue;
        }
        planted += 1;
        let sees = |seed: &u64| {
            play(*seed, Some(*bug), false).violation.is_some()
                && play(*seed, None, false).violation.is_none()
        };
        match (from..from.saturating_add(most)).find(sees) {
            Some(seed) => {
                found += 1;
                worst = worst.max(seed - from + 1);
                let outcome = play(seed, Some(*bug), which == name);
                println!(
                    "seed {seed:>5} finds {name}: {}\n            {}",
                    bug.word(),
                    outcome.violation.as_deref().unwrap_or_default()
                );
                if which == name {
                    tell(&outcome, Some(*bug));
                }
            }
            None => println!("      nobody finds {name}: {}", bug.word()),
        }
    }
    println!("{{\"planted\":{planted},\"found\":{found},\"worst_seed\":{worst}}}");
    match found == planted {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The story of a seed, step by step, and how to hear it again.
fn tell(outcome: &Outcome, bug: Option<Planted>) {
    let story = match outcome.tale.is_empty() {
        true => play(outcome.seed, bug, true).tale,
        false => outcome.tale.clone(),
    };
    for line in story {
        println!("  {line}");
    }
    match &outcome.violation {
        Some(violation) => println!(
            "seed {}: {violation}\n  again: make sim SEED={}",
            outcome.seed, outcome.seed
        ),
        None => println!("seed {}: all held, trace {:x}", outcome.seed, outcome.trace),
    }
}
