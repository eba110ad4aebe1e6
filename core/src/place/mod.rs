//! A place 场所 (shop, site, school gate) with its visits and what was checked on them, in one document.
//!
//! Visits are append-only facts, owned by whoever went: two people who check one shop on one day leave two records.
//! What is asked stands in a [`Checklist`](crate::reference::Checklist) of the registry; a visit names the one it answers.

mod due;
mod edit;
mod rules;
mod view;

pub use due::due;
pub use edit::{apply, create};
pub use rules::complete;
pub use view::view;

use crate::{
    amend::Amendment,
    household::words,
    ids::{GridId, IncidentId, PersonId, PlaceId, VisitId},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// How a visit to a place ended. Nobody has to let anybody in.
    PlaceOutcome { /// 已检查
        Checked, /// 关门
        Closed, /// 拒查
        Refused, /// 搬走或停业
        Gone }
    /// What was found of one item 检查项.
    CheckAnswer { /// 合格
        Pass, /// 不合格
        Fail, /// 不适用
        NotApplicable }
}

/// What a place is created with, once, by the registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPlace {
    /// The document.
    pub id: PlaceId,
    /// Where.
    pub grid: GridId,
    /// 名称
    pub name: String,
    /// 类型 code, such as `nine_small`
    pub kind: String,
    /// 地址, in words; a registry of before says none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Which checklist was answered: questions change, answers do not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChecklistName {
    /// The kind of place that it is for.
    pub kind: String,
    /// Its version.
    pub version: u32,
}

/// One item of the checklist, answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answered {
    /// Code of the item.
    pub item: String,
    /// What was found.
    pub answer: CheckAnswer,
    /// At most 200 characters, no citizen or phone numbers.
    pub note: Option<String>,
}

/// One visit to a place as the worker hands it in; a fact that never changes afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewPlaceVisit {
    /// Made by the phone before the form opens, so that saving twice is one visit.
    pub id: VisitId,
    /// 结果
    pub outcome: PlaceOutcome,
    /// When the worker came.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What was asked; none when the registry has no checklist for such a place.
    pub checklist: Option<ChecklistName>,
    /// What was found, item by item; none unless it was checked.
    pub answers: Vec<Answered>,
    /// 宣传单: codes of the leaflets that were handed out.
    pub leaflets: Vec<String>,
    /// 企业诉求: what the business needs, at most 500 characters.
    pub request: Option<String>,
    /// At most 1,000 characters, no citizen numbers.
    pub note: Option<String>,
    /// Hazards and requests reported on this visit.
    pub incidents: Vec<IncidentId>,
    /// 约定再访; the rule decides when nobody says.
    pub next_due: Option<NaiveDate>,
}

impl NewPlaceVisit {
    /// How many items were found wanting.
    pub fn failed(&self) -> usize {
        let fails = |answered: &&Answered| answered.answer == CheckAnswer::Fail;
        self.answers.iter().filter(fails).count()
    }
}

/// What people do to a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // edits are made one at a time
pub enum PlaceEdit {
    /// 场所走访
    RecordVisit(NewPlaceVisit),
    /// Add words to a visit; the visit itself stays.
    AmendVisit {
        /// Which visit.
        visit: VisitId,
        /// At most 1,000 characters.
        note: String,
    },
}

/// A visit to a place as it is read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaceVisitView {
    /// What was handed in.
    pub visit: NewPlaceVisit,
    /// Who went.
    pub by: PersonId,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// Words added later.
    pub amendments: Vec<Amendment>,
}

/// Everything a screen or the registry needs of one place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaceView {
    /// What it was created with.
    pub created: NewPlace,
    /// Since when the registry knows it.
    pub since: Timestamp,
    /// Newest first, by `recorded_at`, then id.
    pub visits: Vec<PlaceVisitView>,
    /// Items written by a newer app that this one keeps but cannot show.
    pub unreadable: u32,
}
