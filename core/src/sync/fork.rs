//! What a phone lets go of. A registry that went back to an older backup may take another change under a number that it had
//! given away before: two copies of one phone wrote both. Whoever still holds the first would hold an actor with two
//! histories, and could not open the document. So the feed decides: of two changes with one number stays the one that stands
//! in it, and with the other goes everything that was built on it, as it does with what was refused.

use crate::{
    ids::Hash,
    scan::{ActorId, ChangeHeader},
};
use std::collections::HashSet;

/// A change that the phone holds as part of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holding {
    /// Its name.
    pub hash: Hash,
    /// Whose.
    pub actor: ActorId,
    /// Its number among that actor's.
    pub seq: u64,
    /// What it builds on.
    pub deps: Vec<Hash>,
    /// It stands in a feed that the phone reads, as far as the phone has read.
    pub stands: bool,
}

impl Holding {
    /// What a change says of itself, and whether it stands in a feed.
    pub fn new(header: ChangeHeader, stands: bool) -> Self {
        Self {
            hash: header.hash,
            actor: header.actor,
            seq: header.seq,
            deps: header.deps,
            stands,
        }
    }
}

/// Of the changes of one document those that go, in their order: what stands in no feed while another with its number does,
/// and what stands in no feed and builds on something that goes or that is `gone` already (refused, or let go before).
/// What stands in a feed never goes.
pub fn displaced(held: &[Holding], gone: impl IntoIterator<Item = Hash>) -> Vec<Hash> {
    let taken: HashSet<(ActorId, u64)> = held
        .iter()
        .filter(|change| change.stands)
        .map(|change| (change.actor, change.seq))
        .collect();
    let loose = || held.iter().filter(|change| !change.stands);
    let mut lost: HashSet<Hash> = gone.into_iter().collect();
    lost.extend(
        loose()
            .filter(|change| taken.contains(&(change.actor, change.seq)))
            .map(|change| change.hash),
    );
    loop {
        let before = lost.len();
        for change in loose() {
            if change.deps.iter().any(|dep| lost.contains(dep)) {
                lost.insert(change.hash);
            }
        }
        if lost.len() == before {
            break;
        }
    }
    loose()
        .map(|change| change.hash)
        .filter(|hash| lost.contains(hash))
        .collect()
}
