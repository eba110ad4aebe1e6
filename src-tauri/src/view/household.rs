//! 住户: a row of the list, and one household with its history.

use super::{CareRow, FormHere, IncidentRow, PersonName, Receipt};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    household::{HouseholdView, NewVisit, VisitOutcome, VoidReason},
    ids::{BuildingId, HouseholdId},
    reference::Task,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;

/// One door of the list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct HouseholdRow {
    /// The document.
    pub id: HouseholdId,
    /// 幢
    pub building: BuildingId,
    /// `听雨苑 3幢`
    pub building_name: String,
    /// 单元, as written on the door
    pub unit: String,
    /// 室, as written on the door
    pub room: String,
    /// Guessed from the room; none when it cannot be told (`东户`).
    pub floor: Option<i32>,
    /// 称呼: the contact's name as far as a list may show it; empty when unknown.
    pub name: String,
    /// 居住人数
    pub size: Option<u8>,
    /// `142****0123`; empty when unknown.
    pub phone_masked: String,
    /// When somebody last went.
    pub last_visit_at: Option<Timestamp>,
    /// How that ended.
    pub last_outcome: Option<VisitOutcome>,
    /// Whole days in Shanghai since then.
    pub days_since: Option<u32>,
    /// 不愿入户 until that day.
    pub no_entry_until: Option<NaiveDate>,
    /// 空置
    pub vacant: bool,
    /// Fields with two values at once.
    pub conflicts: u32,
    /// A task of this door is due today or overdue.
    pub due: bool,
    /// 已注销: in no list, except of those that are.
    pub void: bool,
}

/// A colleague, or the worker, was at this door today.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct VisitedToday {
    /// Name of whoever went.
    pub by: String,
    /// It was this phone's worker.
    pub myself: bool,
    /// When.
    pub at: Timestamp,
}

/// A visit that the centre did not take; kept here with its reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct RefusedVisit {
    /// As it was handed in.
    pub visit: NewVisit,
    /// Why.
    pub code: Code,
}

/// One household with everything its screen shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct HouseholdDetail {
    /// As in the list.
    pub row: HouseholdRow,
    /// The merged document; full names and numbers are shown one at a time.
    pub view: HouseholdView,
    /// Names of everybody the view mentions.
    pub people: Vec<PersonName>,
    /// Receipt of each visit of `view`, by visit id.
    pub visit_receipts: BTreeMap<String, Receipt>,
    /// Receipt of each voice note of a visit, by its hash.
    pub voice_receipts: BTreeMap<String, Receipt>,
    /// Receipt of everything else on this household: the least delivered of its edits.
    pub receipt: Receipt,
    /// Visits that the centre refused.
    pub refused: Vec<RefusedVisit>,
    /// Open tasks of this door; the visit that its last one named is one of them once that day has come.
    pub tasks: Vec<Task>,
    /// Forms that are due here and not handed in.
    pub forms: Vec<FormHere>,
    /// Care plans of this door, as far as this phone may read them.
    pub care: Vec<CareRow>,
    /// Incidents that name this household.
    pub incidents: Vec<IncidentRow>,
    /// Somebody was here today.
    pub visited_today: Option<VisitedToday>,
    /// What to say before knocking, such as `QUIET_HOURS`.
    pub warnings: Vec<Code>,
    /// Other doors of the same address that stand: somebody has to say which of them is the one.
    pub same_door: Vec<HouseholdRow>,
    /// Doors that this one's history names: its pieces, what it was a piece of, what stands for it.
    pub related: Vec<HouseholdRow>,
}

/// A building in which a door can be added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct BuildingChoice {
    /// Which.
    pub id: BuildingId,
    /// `听雨苑 3幢`
    pub name: String,
    /// 单元 of the doors that are listed, in their order; a new one can be typed.
    pub units: Vec<String>,
}

/// A door that is not listed yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewDoor {
    /// 幢
    pub building: BuildingId,
    /// 单元, as written on the door; may be empty
    pub unit: String,
    /// 室, as written on the door
    pub room: String,
    /// The worker saw that such an address is listed, and adds it all the same.
    pub even_so: bool,
}

/// How a door is split.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct SplitInto {
    /// 室 of each piece, as written on the doors; two or more.
    pub rooms: Vec<String>,
    /// Which of them keeps the people who live there, counted from nought.
    pub stays: Option<u32>,
    /// The worker saw that one of these addresses is listed, and goes on all the same.
    pub even_so: bool,
}

/// Why a door is made void.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct VoidInput {
    /// Why.
    pub reason: VoidReason,
    /// In words, at most 200 characters.
    pub note: Option<String>,
    /// The door that stands for it, of a duplicate or a merger.
    pub same_as: Option<HouseholdId>,
}
