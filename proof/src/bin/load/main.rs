//! An evening: every phone of a district comes back into the network at the same moment, each with forty changes, at a
//! real server process with its production limits. Then what one exchange costs in a small, a large and a huge store.
//! Figures, never verdicts, except that a change which was acknowledged and is not in the log is an error; the last line
//! of standard output is one JSON object.
//!
//! A bot is the client core itself: its session, its signed envelopes, the planning of every answer; what a phone keeps
//! in SQLite it keeps in memory. Outboxes, signatures, packed bodies and tokens exist before the clock starts, because the
//! three thousand phones that make them have processors of their own.
//!
//! `load [--phones N] [--growth N,N,…]`: households of the stores that are compared.

mod bot;
mod centre;
mod growth;
mod rush;

use gridwalk_core::time::Timestamp;
use gridwalk_fixtures::demo_day;
use gridwalk_proof::process::{Outcome, begin};
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
            "holdings" => return rush::print_holdings(&value),
            other => return Err(format!("{other}?").into()),
        }
    }
    // Beside the programs, because `/tmp` may be memory and a memory has no fsync to wait for.
    let beside = std::env::current_exe()?;
    let folder = tempfile::tempdir_in(beside.parent().ok_or("a program without a folder")?)?;
    let evening = Timestamp::from_shanghai(demo_day(), 18, 0).ok_or("no such evening")?;
    begin(evening);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let rush = runtime.block_on(rush::run(&folder.path().join("centre"), phones, evening))?;
    rush.print();
    let growth = growth::measure(&runtime, folder.path(), &sizes, evening)?;
    let figures = json!({
        "phones": phones,
        "lost": rush.lost,
        "server_cpu_s": rounded(rush.exchange.as_secs_f64(), 2),
        "p99_ms": rounded(rush.until_arrived.p99(), 0),
        "peak_rss_mb": rounded(rush.peak_mib, 0),
        "growth_ratio": growth.map(|ratio| rounded(ratio, 3)),
    });
    println!("{figures}");
    match rush.lost {
        0 => Ok(()),
        lost => Err(format!("{lost} acknowledged changes are not in the log").into()),
    }
}

fn rounded(figure: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (figure * scale).round() / scale
}
