//! 场所: a row of the list, and one place with its history.

use super::{PersonName, Receipt, VisitedToday};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::PlaceId,
    place::{NewPlaceVisit, PlaceOutcome, PlaceView},
    reference::Checklist,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;

/// One place of the list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlaceRow {
    /// The document.
    pub id: PlaceId,
    /// 名称
    pub name: String,
    /// 类型 code, such as `shop`; a screen has words for those it knows.
    pub kind: String,
    /// Where, in words.
    pub address: Option<String>,
    /// When somebody last went.
    pub last_visit_at: Option<Timestamp>,
    /// How that ended.
    pub last_outcome: Option<PlaceOutcome>,
    /// Items that were found wanting then.
    pub last_failed: u32,
    /// Whole days in Shanghai since then.
    pub days_since: Option<u32>,
    /// Last day of the next visit; none once it is gone.
    pub due: Option<NaiveDate>,
    /// Days past that day; 0 when in time.
    pub overdue_days: u32,
    /// Due today, or overdue.
    pub due_now: bool,
}

/// A visit that the centre did not take; kept here with its reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RefusedPlaceVisit {
    /// As it was handed in.
    pub visit: NewPlaceVisit,
    /// Why.
    pub code: Code,
}

/// One place with everything its screens show.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct PlaceDetail {
    /// As in the list.
    pub row: PlaceRow,
    /// The merged document.
    pub view: PlaceView,
    /// Names of everybody the view mentions.
    pub people: Vec<PersonName>,
    /// Receipt of each visit of `view`, by visit id.
    pub visit_receipts: BTreeMap<String, Receipt>,
    /// The least delivered of the words that were added.
    pub receipt: Receipt,
    /// Visits that the centre refused.
    pub refused: Vec<RefusedPlaceVisit>,
    /// What is asked today; none when the registry asks nothing of such a place.
    pub checklist: Option<Checklist>,
    /// Every checklist that a visit of `view` answered, for its words.
    pub answered: Vec<Checklist>,
    /// Somebody was here today.
    pub visited_today: Option<VisitedToday>,
}
