//! The power is cut under the phone's and the server's SQLite at every sync of so many sessions. Fails when anything that
//! had been acknowledged is missing with `synchronous=FULL`, and when nothing is with `NORMAL` or `OFF`: then it saw nothing.
//! The last line of standard output is one JSON object.

use gridwalk_proof::{
    crash::{Plan, faults, run},
    process::Outcome,
};

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let sessions = match arguments.next() {
        Some(text) => text.parse()?,
        None => 3,
    };
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let plan = Plan {
        sessions,
        weaker_every: 6,
        seed,
    };
    let (figures, seen) = run(plan)?;
    eprintln!("{seen:#?}");
    let (struck, lost) = faults((sessions * 5).min(200), seed)?;
    eprintln!(
        "{struck} of {} faults struck; lost: {lost:#?}",
        (sessions * 5).min(200)
    );
    println!("{}", serde_json::to_string(&figures)?);
    if figures.lost_full > 0 || !lost.is_empty() {
        return Err("something that had been acknowledged was lost".into());
    }
    if figures.lost_normal == 0 || figures.lost_off == 0 {
        return Err("no loss was seen where there must be one: this proof is blind".into());
    }
    if struck == 0 {
        return Err("no fault struck".into());
    }
    Ok(())
}
