//! A day of many phones and one server on one thread, out of one number. The protocol, the documents, the scanner and the
//! session are core's own; disks, network, clocks, people and bad luck are made up here, and the same seed always makes
//! the same day.
//!
//! ```text
//! world/     time, and everything that goes wrong        checker    what was promised, and whether it held
//! phone/     the phone's tables, a session                fault      the kinds of bad luck, counted
//! server/    the server's tables, one exchange in steps   weather    how deep and how bad a seed is
//! ```

mod checker;
mod deed;
mod dice;
mod disk;
mod fault;
mod phone;
mod planted;
mod server;
mod street;
#[cfg(test)]
mod tests;
mod trace;
mod weather;
mod world;

pub use fault::{Fault, Tally};
pub use planted::Planted;
use world::World;

/// What became of one seed.
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// What did not hold.
    pub violation: Option<String>,
    /// Acknowledged changes that are nowhere.
    pub lost: u64,
    /// Phones times virtual milliseconds.
    pub device_ms: i64,
    /// How often each kind of fault came about.
    pub tally: Tally,
    /// The same for the same seed.
    pub trace: u64,
    /// The story, if it was asked for.
    pub tale: Vec<String>,
}

/// Plays one seed, with a planted bug if there is one.
pub fn play(seed: u64, planted: Option<Planted>, telling: bool) -> Outcome {
    let mut world = World::new(seed, planted, telling);
    let violation = world.run().err();
    Outcome {
        seed,
        violation,
        lost: world.checker.lost,
        device_ms: world.device_ms(),
        trace: world.trace.hash(),
        tale: world.trace.tale.take().unwrap_or_default(),
        tally: world.tally,
    }
}
