//! Sync beside its peers, in one run: the same grid through the same slow link for the real phone library against a real
//! server process, for automerge-repo, for PouchDB, and for the floors below which nobody comes. Figures, never verdicts;
//! the last line of standard output is one JSON object.
//!
//! * Bytes are those of TCP at the phone's end of the link: bodies, headers and frames as they were sent, no TLS. Ours go
//!   over one HTTP/2 connection that is open already, as TLS would have negotiated it.
//! * Walls are from the first byte that left the phone to the last that reached it.
//! * `bench-sync [--documents N] [--peers FOLDER]`: without `--peers` only our own side and the floors.

mod ours;
mod peers;
mod table;

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::demo_day;
use gridwalk_proof::{
    grid::{FULL, Size},
    process::{Outcome, begin},
};
use std::path::PathBuf;

/// The seed of every measured grid.
const SEED: u64 = 42;

fn main() -> Outcome<()> {
    let (mut size, mut peers_in) = (FULL, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .ok_or("usage: bench-sync [--documents N] [--peers FOLDER]")?;
        match argument.as_str() {
            "--documents" => size = part(value.parse()?),
            "--peers" => peers_in = Some(PathBuf::from(value)),
            other => return Err(format!("{other}?").into()),
        }
    }
    // Beside the programs, because `/tmp` may be memory and a memory has no fsync to wait for.
    let beside = std::env::current_exe()?;
    let folder = tempfile::tempdir_in(beside.parent().ok_or("a program without a folder")?)?;
    let nine = Timestamp::from_shanghai(demo_day(), 9, 0).ok_or("no such morning")?;
    begin(nine);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ours = runtime.block_on(ours::measure(folder.path(), SEED, nine, size))?;
    let peers = match peers_in {
        Some(programs) => {
            runtime.block_on(peers::measure(&programs, folder.path(), &ours.story))?
        }
        None => Vec::new(),
    };
    table::print(&ours, &peers);
    println!("{}", serde_json::to_string(&table::figures(&ours, &peers))?);
    Ok(())
}

/// About so many documents, in the proportion of the whole grid.
fn part(documents: usize) -> Size {
    let households = (documents * 10 / 18).max(4);
    Size {
        households,
        visits: FULL.visits,
        incidents: (documents / 3).max(6),
        patrols: (documents / 10).max(2),
    }
}
