//! Trains the dictionary of `core/src/sync/dictionary`: `cargo run -p gridwalk-core --example dictionary [--check]`.
//! The same bytes on every run; with `--check` it compares instead of writing.
#![allow(clippy::disallowed_methods)] // a program, not the core

#[path = "../tests/grid/mod.rs"]
mod grid;

use std::{path::PathBuf, process::ExitCode};

/// zstd's own recommendation; more gains nothing on batches of this size.
const BYTES: usize = 112 * 1024;
/// The grid on which the dictionary is measured, and so not trained.
const MEASURED: &str = "梧桐-03";
/// Every how-manieth change: the trainer looks at no more than it needs.
const EVERY: usize = 5;

fn main() -> ExitCode {
    let world = grid::World::new();
    let grids = world
        .street
        .grids
        .iter()
        .filter(|grid| !grid.exclusive && grid.name != MEASURED);
    let changes: Vec<Vec<u8>> = grids
        .flat_map(|grid| world.documents(&grid.name))
        .flat_map(|told| told.changes)
        .map(|(_, change)| change.bytes)
        .enumerate()
        .filter(|(nth, _)| nth % EVERY == 0)
        .map(|(_, bytes)| bytes)
        .collect();
    eprintln!(
        "{} changes, {} bytes",
        changes.len(),
        changes.iter().map(Vec::len).sum::<usize>()
    );
    let trained = match zstd::dict::from_samples(&changes, BYTES) {
        Ok(trained) => trained,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/sync/dictionary/20261125.zdict");
    if std::env::args().any(|word| word == "--check") {
        let same = std::fs::read(&path).is_ok_and(|held| held == trained);
        eprintln!(
            "{}",
            if same {
                "the same bytes"
            } else {
                "other bytes"
            }
        );
        return if same {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    match std::fs::write(&path, &trained) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
