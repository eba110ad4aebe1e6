//! Cutting the power under the phone's and the server's SQLite: scripted sessions of the real libraries over
//! [`gridwalk_crashvfs`], then a cut at every sync and every acknowledgement, and a look at what is still there.
//!
//! ```text
//! stage ──copy──▶ session: a phone works and delivers to a server, both over their own disk
//!                   │ phone's trace, what the phone said is saved     │ server's trace, what its answers acknowledged
//!                   ▼                                                 ▼
//!                 cut at point k, reopened by the phone's own code    cut at point k, reopened by the server's own code
//! ```
//!
//! The same sessions run three times: as the product asks (`synchronous=FULL`), and with the pragma changed on its way to
//! `NORMAL` and `OFF`. The last two must lose something, or the proof could not see a loss in the first.

mod centre;
mod faults;
mod phone;
mod script;
mod stage;

pub use faults::faults;
pub use stage::{Resting, log_of_a_session, log_of_a_street};

use crate::process::Outcome;
use gridwalk_crashvfs::{Image, Level, Point, Trace};
use serde::Serialize;
use stage::Stage;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// How much to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Scripted sessions.
    pub sessions: u64,
    /// Every so manieth point of a session that runs with a weaker level; 1 is every point.
    pub weaker_every: usize,
    /// The first session's seed.
    pub seed: u64,
}

/// The last line of standard output.
#[derive(Clone, Default, Serialize, Debug)]
pub struct Figures {
    /// Cuts with `synchronous=FULL`.
    pub points: u64,
    /// Of those, how many lost something that had been acknowledged.
    pub lost_full: u64,
    /// Cuts with `NORMAL` that did.
    pub lost_normal: u64,
    /// Cuts with `OFF` that did.
    pub lost_off: u64,
}

/// What a run has seen besides, for people.
#[derive(Clone, Default, Debug)]
pub struct Seen {
    /// Those of the phone among the points.
    pub points_phone: u64,
    /// Those that were syncs.
    pub syncs: u64,
    /// Cuts with `NORMAL`.
    pub points_normal: u64,
    /// Cuts with `OFF`.
    pub points_off: u64,
    /// What phones said is saved.
    pub saved: u64,
    /// Changes that servers acknowledged.
    pub acknowledged: u64,
    /// The first losses with `FULL`, in words.
    pub losses: Vec<String>,
}

/// Runs all sessions with all levels.
pub fn run(plan: Plan) -> Outcome<(Figures, Seen)> {
    let stage = Stage::new()?;
    let all = Mutex::new((Figures::default(), Seen::default()));
    let next = AtomicU64::new(0);
    let work = || -> Outcome<()> {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= plan.sessions {
                return Ok(());
            }
            for level in [Level::AsAsked, Level::Normal, Level::Off] {
                session(&stage, plan, plan.seed + n, level, &all)
                    .map_err(|error| format!("session {n}, {level:?}: {error}"))?;
            }
            if (n + 1).is_multiple_of(10) {
                eprintln!("{} sessions", n + 1);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err("a session panicked".into()))
        })
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// One session with one level, and all its cuts.
fn session(
    stage: &Stage,
    plan: Plan,
    seed: u64,
    level: Level,
    all: &Mutex<(Figures, Seen)>,
) -> Outcome<()> {
    let worked = script::work(stage, seed, level)?;
    let every = if level == Level::AsAsked {
        1
    } else {
        plan.weaker_every.max(1)
    };
    let mut figures = Figures::default();
    let mut seen = Seen::default();
    let mut judge = |phone: bool, point: &Point, verdict: Outcome<()>| {
        match level {
            Level::AsAsked => {
                figures.points += 1;
                seen.points_phone += u64::from(phone);
                seen.syncs += u64::from(point.kind == gridwalk_crashvfs::PointKind::Sync);
            }
            Level::Normal => seen.points_normal += 1,
            Level::Off => seen.points_off += 1,
        }
        let Err(loss) = verdict else { return };
        match level {
            Level::AsAsked => {
                figures.lost_full += 1;
                let whose = if phone { "phone" } else { "server" };
                seen.losses
                    .push(format!("session {seed}, {whose}, {point:?}: {loss}"));
            }
            Level::Normal => figures.lost_normal += 1,
            Level::Off => figures.lost_off += 1,
        }
    };
    let looking = phone::Looking::new(stage, &worked);
    cuts(&worked.phone, seed, every, |point, image| {
        judge(true, point, looking.look(point, image));
    });
    let looking = centre::Looking::new(stage, &worked);
    cuts(&worked.server, seed, every, |point, image| {
        judge(false, point, looking.look(point, image));
    });
    if level == Level::AsAsked {
        seen.saved = worked.saved.len() as u64;
        seen.acknowledged = worked
            .acknowledged
            .iter()
            .map(|hashes| hashes.len() as u64)
            .sum();
    }
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.0.add(&figures);
    all.1.add(seen);
    Ok(())
}

fn cuts(trace: &Trace, seed: u64, every: usize, mut look: impl FnMut(&Point, Image)) {
    let points: Vec<Point> = trace.points().into_iter().step_by(every).collect();
    for (point, image) in trace.survivors(&points, seed) {
        look(&point, image);
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.points += other.points;
        self.lost_full += other.lost_full;
        self.lost_normal += other.lost_normal;
        self.lost_off += other.lost_off;
    }
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.points_phone += other.points_phone;
        self.syncs += other.syncs;
        self.points_normal += other.points_normal;
        self.points_off += other.points_off;
        self.saved += other.saved;
        self.acknowledged += other.acknowledged;
        self.losses.extend(other.losses);
        self.losses.truncate(20);
    }
}

/// How many of the promises were made up to this point: acknowledgement `n` is promise `n`.
fn promised<'a, T>(promises: &'a [T], point: &Point) -> &'a [T] {
    let count = point.acknowledged.map_or(0, |last| last as usize + 1);
    &promises[..count.min(promises.len())]
}
