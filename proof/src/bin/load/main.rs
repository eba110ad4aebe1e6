//! An evening: every phone of a district comes back into the network at the same moment, each with forty changes, at a
//! real server process with its production limits. Then what one exchange costs in a small, a large and a huge store.
//! Figures, never verdicts, except that a change which was acknowledged and is not in the log is an error; the last line
//! of standard output is one JSON object.
//!
//! A bot is the client core itself: its session, its signed envelopes, the planning of every answer; what a phone keeps
//! in SQLite it keeps in memory. Outboxes, signatures, packed bodies and tokens exist before the clock starts, because the
//! three thousand phones that make them have processors of their own.
//!
//! `load [--phones N] [--growth N,N,…]`: households of the stores that are compared. With `GRIDWALK_TEST_POSTGRES` (see
//! `scripts/postgres.sh`) the same evening follows on PostgreSQL, with two servers that share it.

mod bot;
mod centre;
mod growth;
mod rush;

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::demo_day;
use gridwalk_proof::{
    keeps::Keeps,
    process::{Outcome, begin},
};
use serde_json::json;

fn main() -> Outcome<()> {
    let (mut phones, mut sizes) = (3_038, vec![5_000, 50_000, 350_000]);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments
            .next()
            .ok_or("usage: load [--phones N] [--growth N,N,…]")?;
        match argument.as_str() {
            "--phones" => phones = value.parse()?,
            "--growth" => {
                sizes = value
                    .split(',')
                    .filter(|size| !size.is_empty())
                    .map(str::parse)
                    .collect::<Result<_, _>>()?
            }
            other => return Err(format!("{other}?").into()),
        }
    }
    // Beside the programs, because `/tmp` may be memory and a memory has no fsync to wait for.
    let beside = std::env::current_exe()?;
    let folder = tempfile::tempdir_in(beside.parent().ok_or("a program without a folder")?)?;
    let evening = Timestamp::from_shanghai(demo_day(), 18, 0).ok_or("no such evening")?;
    begin(evening);
    // a client asks for one, also where it speaks in the clear
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut rushes = Vec::new();
    for (n, keeps) in Keeps::all().iter().enumerate() {
        let centre = folder.path().join(format!("centre-{n}"));
        let rush = runtime.block_on(rush::run(&centre, phones, evening, keeps))?;
        rush.print();
        rushes.push(rush);
        std::fs::remove_dir_all(&centre)?;
    }
    let growth = growth::measure(&runtime, folder.path(), &sizes, evening)?;
    let lost: usize = rushes.iter().map(|rush| rush.lost).sum();
    let mut stores = rushes.iter().map(rush::Rush::figures);
    let mut figures = stores.next().ok_or("no store")?;
    figures["lost"] = lost.into();
    figures["growth_ratio"] = json!(growth.map(|ratio| rounded(ratio, 3)));
    if let Some(postgres) = stores.next() {
        figures["postgres"] = postgres;
    }
    println!("{figures}");
    match lost {
        0 => Ok(()),
        lost => Err(format!("{lost} acknowledged changes are not in the log").into()),
    }
}

fn rounded(figure: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (figure * scale).round() / scale
}
