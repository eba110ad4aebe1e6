//! 走访报告: what a period's visits come to, in figures that nobody edits, and what its writer may begin the words with. A pure
//! function of the records; the words around the values belong to the screens.

use crate::{
    error::{Code, Refusal},
    household::VisitOutcome,
    ids::{HouseholdId, PlaceId},
    place::PlaceOutcome,
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// A leap year.
const LONGEST_DAYS: i64 = 366;

/// From a day to a day, both in it, in Shanghai.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last one.
    pub until: NaiveDate,
}

impl Period {
    /// `VALUE_OUT_OF_RANGE` when it ends before it begins, or is longer than a year.
    pub fn checked(self) -> Result<Self, Refusal> {
        let days = (self.until - self.from).num_days() + 1;
        if (1..=LONGEST_DAYS).contains(&days) {
            return Ok(self);
        }
        Err(Refusal::new(
            Code::ValueOutOfRange,
            format!("a period of {days} days"),
        ))
    }

    /// Whether a moment falls into it.
    pub fn holds(self, at: Timestamp) -> bool {
        (self.from..=self.until).contains(&at.local_date())
    }
}

/// One visit to a door, by the worker whose report it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Door {
    /// At which.
    pub household: HouseholdId,
    /// `听雨苑 3幢`
    pub building: String,
    /// `2单元 502`
    pub door: String,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: VisitOutcome,
    /// How many fields were put right.
    pub changed: u32,
    /// What was written, and what was added to that later.
    pub notes: Vec<String>,
}

/// One visit to a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shop {
    /// To which.
    pub place: PlaceId,
    /// `小满便利店`
    pub name: String,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: PlaceOutcome,
    /// Items that were found wanting.
    pub failed: u32,
    /// What was written, and what was added to that later.
    pub notes: Vec<String>,
}

/// The figures of a period. Counted, never typed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VisitFigures {
    /// Of which days.
    pub period: Period,
    /// Doors in the ledger when they were counted.
    pub ledger: u32,
    /// Days with a visit.
    pub days: u32,
    /// Visits to doors.
    pub visits: u32,
    /// Doors that were visited.
    pub doors: u32,
    /// Of these, doors where somebody was met or spoken to on the phone.
    pub reached: u32,
    /// How the visits ended, most frequent first.
    pub outcomes: Vec<(VisitOutcome, u32)>,
    /// Fields that were put right.
    pub changed: u32,
    /// The same by building, in the order of their names.
    pub buildings: Vec<BuildingFigures>,
    /// Places that were visited.
    pub places: u32,
    /// Visits to them.
    pub place_visits: u32,
    /// Items that were found wanting there.
    pub failed: u32,
}

/// One building's part of the figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct BuildingFigures {
    /// `听雨苑 3幢`
    pub building: String,
    /// Visits.
    pub visits: u32,
    /// Doors that were visited.
    pub doors: u32,
    /// Doors where somebody was met or spoken to on the phone.
    pub reached: u32,
}

/// Something written down on the way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Noted {
    /// On which day.
    pub date: NaiveDate,
    /// `听雨苑 3幢 2单元 502`, or the place's name.
    pub place: String,
    /// As it was written.
    pub note: String,
}

/// What a report is written from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VisitMaterial {
    /// What stands.
    pub figures: VisitFigures,
    /// What was written down, in the order of time.
    pub noted: Vec<Noted>,
    /// Doors where nobody opened, however often they were visited. In the order of their names.
    pub unopened: Vec<String>,
}

/// Puts a period's visits together, whatever their order. Those outside the period do not count.
pub fn compose(period: Period, ledger: u32, doors: &[Door], shops: &[Shop]) -> VisitMaterial {
    let doors: Vec<&Door> = doors.iter().filter(|door| period.holds(door.at)).collect();
    let shops: Vec<&Shop> = shops.iter().filter(|shop| period.holds(shop.at)).collect();
    let days: BTreeSet<NaiveDate> = doors
        .iter()
        .map(|door| door.at)
        .chain(shops.iter().map(|shop| shop.at))
        .map(Timestamp::local_date)
        .collect();
    let mut buildings: BTreeMap<&str, Vec<&Door>> = BTreeMap::new();
    for door in &doors {
        buildings.entry(&door.building).or_default().push(door);
    }
    let figures = VisitFigures {
        period,
        ledger,
        days: many(days.len()),
        visits: many(doors.len()),
        doors: distinct(&doors),
        reached: distinct(&reached(&doors)),
        outcomes: outcomes(&doors),
        changed: doors
            .iter()
            .fold(0, |sum, door| sum.saturating_add(door.changed)),
        buildings: buildings
            .into_iter()
            .map(|(building, doors)| BuildingFigures {
                building: building.to_owned(),
                visits: many(doors.len()),
                doors: distinct(&doors),
                reached: distinct(&reached(&doors)),
            })
            .collect(),
        places: many(
            shops
                .iter()
                .map(|shop| shop.place)
                .collect::<BTreeSet<_>>()
                .len(),
        ),
        place_visits: many(shops.len()),
        failed: shops
            .iter()
            .fold(0, |sum, shop| sum.saturating_add(shop.failed)),
    };
    VisitMaterial {
        figures,
        noted: noted(&doors, &shops),
        unopened: unopened(&doors),
    }
}

fn many(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn distinct(doors: &[&Door]) -> u32 {
    many(
        doors
            .iter()
            .map(|door| door.household)
            .collect::<BTreeSet<_>>()
            .len(),
    )
}

fn reached<'a>(doors: &[&'a Door]) -> Vec<&'a Door> {
    let spoke = |door: &&&Door| matches!(door.outcome, VisitOutcome::Met | VisitOutcome::Phoned);
    doors.iter().filter(spoke).copied().collect()
}

fn outcomes(doors: &[&Door]) -> Vec<(VisitOutcome, u32)> {
    let mut counts: BTreeMap<VisitOutcome, u32> = BTreeMap::new();
    for door in doors {
        *counts.entry(door.outcome).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(outcome, many)| (Reverse(*many), *outcome));
    counts
}

fn called(door: &Door) -> String {
    format!("{} {}", door.building, door.door).trim().to_owned()
}

fn noted(doors: &[&Door], shops: &[&Shop]) -> Vec<Noted> {
    let doors = doors
        .iter()
        .map(|door| (door.at, called(door), &door.notes));
    let shops = shops
        .iter()
        .map(|shop| (shop.at, shop.name.clone(), &shop.notes));
    let mut all: Vec<_> = doors.chain(shops).collect();
    all.sort();
    all.into_iter()
        .flat_map(|(at, place, notes)| {
            notes
                .iter()
                .map(|note| note.trim())
                .filter(|note| !note.is_empty())
                .map(move |note| Noted {
                    date: at.local_date(),
                    place: place.clone(),
                    note: note.to_owned(),
                })
        })
        .collect()
}

fn unopened(doors: &[&Door]) -> Vec<String> {
    let mut shut: BTreeMap<HouseholdId, Option<String>> = BTreeMap::new();
    for door in doors {
        let name = shut
            .entry(door.household)
            .or_insert_with(|| Some(called(door)));
        if door.outcome != VisitOutcome::NotHome {
            *name = None;
        }
    }
    let mut names: Vec<String> = shut.into_values().flatten().collect();
    names.sort();
    names
}
