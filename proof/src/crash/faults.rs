//! Errors instead of a cut: a full disk, a failed read, write or sync, a short read, each at a random place of a session, on
//! either side. Acts and exchanges may fail; what did not fail is there in the end, and both sides start.

use super::{
    centre, phone,
    script::{self, Side, Worked},
    stage::Stage,
};
use crate::process::Outcome;
use gridwalk_crashvfs::{Fault, Image, Level, Operation, Point, Trace};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Runs so many sessions with a fault each; how many faults struck, and what was lost.
pub fn faults(sessions: u64, seed: u64) -> Outcome<(u64, Vec<String>)> {
    let stage = Stage::new()?;
    let mut struck = 0;
    let mut losses = Vec::new();
    for seed in seed..seed + sessions {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let side = if dice.random() {
            Side::Phone
        } else {
            Side::Server
        };
        let fault = draw(&mut dice, seed);
        let (worked, fired) = script::work_with(&stage, seed, Level::AsAsked, Some((side, fault)))
            .map_err(|error| format!("session {seed}, {side:?}, {fault:?}: {error}"))?;
        struck += u64::from(fired > 0);
        if let Err(loss) = ends_well(&stage, &worked, seed) {
            losses.push(format!("session {seed}, {side:?}, {fault:?}: {loss}"));
        }
    }
    Ok((struck, losses))
}

fn draw(dice: &mut ChaCha8Rng, seed: u64) -> Fault {
    let after = dice.random_range(20..600);
    match seed % 5 {
        0 => Fault::Full { after },
        1 => Fault::Error {
            operation: Operation::Write,
            after,
        },
        2 => Fault::Error {
            operation: Operation::Sync,
            after: after / 12,
        },
        3 => Fault::Error {
            operation: Operation::Read,
            after,
        },
        _ => Fault::ShortRead { after },
    }
}

/// The power is cut when all is over: what a failed sync was to keep is gone for good then.
fn ends_well(stage: &Stage, worked: &Worked, seed: u64) -> Outcome<()> {
    let looking = phone::Looking::new(stage, worked);
    at_the_end(&worked.phone, seed, |point, image| {
        looking.look(point, image)
    })?;
    let looking = centre::Looking::new(stage, worked);
    at_the_end(&worked.server, seed, |point, image| {
        looking.look(point, image)
    })
}

fn at_the_end(
    trace: &Trace,
    seed: u64,
    look: impl Fn(&Point, Image) -> Outcome<()>,
) -> Outcome<()> {
    let points: Vec<Point> = trace.points().pop().into_iter().collect();
    let mut survivors = trace.survivors(&points, seed);
    survivors.try_for_each(|(point, image)| look(&point, image))
}
