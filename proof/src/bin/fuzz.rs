//! Throws mutated bytes at everything that reads bytes from strangers, without an instrument. The last line of standard
//! output is one JSON object.
//!
//! `fuzz RUNS [SEED]` · `fuzz seeds FOLDER` writes the seeds for the instrumented runs · `fuzz targets` names them ·
//! `fuzz replay TARGET FILE…` runs single inputs

use gridwalk_proof::{
    fuzz::{TARGETS, Target, mutate},
    process::Outcome,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{panic::catch_unwind, path::Path};

#[derive(Serialize)]
struct Figures {
    targets: usize,
    runs: u64,
    crashes: u64,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["targets"] => {
            for target in TARGETS {
                println!("{}", target.name);
            }
            Ok(())
        }
        ["seeds", folder] => write_seeds(Path::new(folder)),
        ["replay", name, files @ ..] => replay(name, files),
        [runs] => fuzz(runs.parse()?, 1),
        [runs, seed] => fuzz(runs.parse()?, seed.parse()?),
        _ => Err("usage: fuzz RUNS [SEED] | seeds FOLDER | targets | replay TARGET FILE…".into()),
    }
}

fn fuzz(runs: u64, seed: u64) -> Outcome<()> {
    let mut figures = Figures {
        targets: TARGETS.len(),
        runs: 0,
        crashes: 0,
    };
    for target in TARGETS {
        let began = std::time::Instant::now();
        let seeds = (target.seeds)()?;
        if seeds.is_empty() {
            return Err(format!("{} has no seeds", target.name).into());
        }
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let mutations = (0..runs / target.cost).map(|_| mutate::mutated(&seeds, &mut dice));
        for bytes in seeds.iter().cloned().chain(mutations) {
            figures.runs += 1;
            if catch_unwind(|| (target.run)(&bytes)).is_err() {
                figures.crashes += 1;
                keep(target, &bytes)?;
            }
        }
        eprintln!("{:24} {:6.1} s", target.name, began.elapsed().as_secs_f64());
    }
    println!("{}", serde_json::to_string(&figures)?);
    if figures.crashes > 0 {
        return Err("something panicked; its bytes are in artifacts/fuzz".into());
    }
    Ok(())
}

/// Where a person can replay it; never in the repository.
fn keep(target: &Target, bytes: &[u8]) -> Outcome<()> {
    let folder = Path::new("artifacts/fuzz").join(target.name);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(gridwalk_core::ids::Hash::of(bytes).to_string());
    std::fs::write(&file, bytes)?;
    eprintln!("kept {}", file.display());
    Ok(())
}

fn write_seeds(folder: &Path) -> Outcome<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for bytes in (target.seeds)()? {
            let name = gridwalk_core::ids::Hash::of(&bytes).to_string();
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

fn replay(name: &str, files: &[&str]) -> Outcome<()> {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.ok_or("no such target")?;
    for file in files {
        (target.run)(&std::fs::read(file)?);
    }
    Ok(())
}
