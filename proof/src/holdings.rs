//! What one side holds, as sets of ids and hashes, so that two sides can be compared without trusting either.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Ids and hashes, each as text.
pub type Names = BTreeSet<String>;

/// What a store says it holds.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holdings {
    /// 走访
    pub visits: Names,
    /// 流转记录
    pub incident_events: Names,
    /// 巡查
    pub patrols: Names,
    /// 点位记录
    pub checkpoint_hits: Names,
    /// 照片, by the SHA-256 of their bytes
    pub photos: Names,
}

/// How many of each: the figures of the day's last line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Counts {
    visits: usize,
    incident_events: usize,
    patrols: usize,
    checkpoint_hits: usize,
    photos: usize,
}

impl Holdings {
    /// The five sets with their names, in the order of the table.
    pub fn rows(&self) -> [(&'static str, &Names); 5] {
        [
            ("visits", &self.visits),
            ("incident_events", &self.incident_events),
            ("patrols", &self.patrols),
            ("checkpoint_hits", &self.checkpoint_hits),
            ("photos", &self.photos),
        ]
    }

    fn map(&self, other: &Self, join: impl Fn(&Names, &Names) -> Names) -> Self {
        Self {
            visits: join(&self.visits, &other.visits),
            incident_events: join(&self.incident_events, &other.incident_events),
            patrols: join(&self.patrols, &other.patrols),
            checkpoint_hits: join(&self.checkpoint_hits, &other.checkpoint_hits),
            photos: join(&self.photos, &other.photos),
        }
    }

    /// What either holds.
    pub fn union(&self, other: &Self) -> Self {
        self.map(other, |a, b| a | b)
    }

    /// What this one holds and `other` does not.
    pub fn without(&self, other: &Self) -> Self {
        self.map(other, |a, b| a - b)
    }

    /// How many of each.
    pub fn counts(&self) -> Counts {
        Counts {
            visits: self.visits.len(),
            incident_events: self.incident_events.len(),
            patrols: self.patrols.len(),
            checkpoint_hits: self.checkpoint_hits.len(),
            photos: self.photos.len(),
        }
    }
}
