//! A monkey at the phone's typed door: any command with any words, most of them what a person could have meant, some of
//! them what nobody would. It may refuse whatever it likes, in words; it may never panic, and what it answered with an
//! acknowledged record is still there after the process was killed.

mod banana;
mod door;

use crate::{corner, process::Outcome, watch::Watch};
use banana::Banana;
use gridwalk::{
    Phone,
    ports::{Call, Exchange, NoReply, Ports, Replied},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

/// The line that says that a command panicked.
pub const PANICKED: &str = "panicked";

/// A monkey's phone is in a stairwell.
struct NoNetwork;

impl Exchange for NoNetwork {
    fn call(&self, _: Call) -> Replied<'_> {
        Box::pin(async { Err(NoReply::Unreachable) })
    }
}

/// Plays `steps` steps from `seed` on the phone in `data`, and tells what happened on standard output, a line each:
/// `has <record>` for everything that was there, then `did <record>` after each act that was acknowledged, `step <code> <command>`
/// after every step, `panicked <command and words>`, and `done`.
pub fn play(data: &Path, seed: u64, steps: u64) -> Outcome<()> {
    let watch = Arc::new(Watch::at(corner::morning()?));
    let ports = Ports {
        clock: watch.clone(),
        exchange: Arc::new(NoNetwork),
        ..Ports::of_this_machine(data)
    };
    let phone = Phone::open(data, ports)?;
    let mut known = recorded(&phone)?;
    for record in &known {
        println!("has {record}");
    }
    std::panic::set_hook(Box::new(|_| ())); // told below, with the words that did it
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut banana = Banana::new(&phone)?;
    for _ in 0..steps {
        skew(&watch, &mut dice)?;
        let (command, words) = banana.next(&mut dice);
        let answer = catch_unwind(AssertUnwindSafe(|| door::call(&phone, &command, &words)));
        let Ok(answer) = answer else {
            println!("{PANICKED} {command} {words}");
            return Err(format!("{command} panicked").into());
        };
        match answer {
            Ok(told) => {
                banana.learn(&command, &words, &told);
                let now = recorded(&phone)?;
                for record in now.difference(&known) {
                    println!("did {record}");
                }
                if matches!(command.as_str(), "save_visit" | "save_place_visit")
                    && let Some(id) = words["visit"]["id"].as_str()
                {
                    println!("did {id}");
                }
                known = now;
                println!("step ok {command}");
            }
            Err(code) => println!("step {code} {command}"),
        }
    }
    println!("done");
    Ok(())
}

/// Time passes; now and then a phone shows another hour, or another decade.
fn skew(watch: &Watch, dice: &mut ChaCha8Rng) -> Outcome<()> {
    match dice.random_range(0..1_000) {
        0 => watch.minutes_pass(20 * 365 * 24 * 60),
        1 => watch.minutes_pass(-20 * 365 * 24 * 60),
        2..12 => watch.minutes_pass(dice.random_range(-600..600)),
        12..30 => watch.set(corner::morning()?),
        30..200 => watch.minutes_pass(dice.random_range(0..20)),
        _ => {}
    }
    Ok(())
}

/// Every record that the phone says it holds.
fn recorded(phone: &Phone) -> Outcome<BTreeSet<String>> {
    let held = phone.holdings()?.recorded;
    let visits = held.visits.into_iter().chain(held.place_visits);
    let records = visits.chain(held.incident_events);
    let patrols = held.patrols.into_iter().chain(held.checkpoint_hits);
    Ok(records.chain(patrols).collect())
}

/// Strings by the key under which they stood: what a person could have meant.
type Words = BTreeMap<String, Vec<Value>>;
