//! 采集表: a form of the list, its doors, and one door prefilled.

use super::{HouseholdRow, Receipt};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    form::{FormAnswer, FormName, FormTemplate, Prefilled},
    ids::{FormResponseId, HouseholdId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A form of this round, with how far it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FormRow {
    /// Which, in the version that is asked.
    pub form: FormName,
    /// 标题
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// 牵头部门
    pub office: String,
    /// The last day.
    pub due: NaiveDate,
    /// `12:00`, when it is due before the evening of that day.
    pub due_time: Option<String>,
    /// Days past that day; 0 when in time.
    pub overdue_days: u32,
    /// Due today, or overdue, and doors are left.
    pub due_now: bool,
    /// Doors of this phone.
    pub doors: u32,
    /// Of these, handed in.
    pub done: u32,
    /// The last day on which it may be asked is over.
    pub expired: bool,
}

/// One door of a form.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FormDoorRow {
    /// Which.
    pub household: HouseholdRow,
    /// Handed in.
    pub done: bool,
    /// By whom; empty when the phone does not know them.
    pub done_by: String,
    /// When.
    pub done_at: Option<Timestamp>,
    /// Columns that have to be asked there.
    pub asked: u32,
    /// Columns of which two people said different things.
    pub conflicts: u32,
    /// Something is half written here 草稿.
    pub draft: bool,
}

/// A form that is due and still asks at one door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FormHere {
    /// Which, in the version that is asked.
    pub form: FormName,
    /// 标题
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// Last day.
    pub due: NaiveDate,
    /// Days past it; 0 when in time.
    pub overdue_days: u32,
}

/// A form with its doors, in walking order, those that are left first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FormDetail {
    /// As in the list.
    pub row: FormRow,
    /// What is asked, why, and on what ground.
    pub template: FormTemplate,
    /// Its doors.
    pub doors: Vec<FormDoorRow>,
}

/// One door of a form, prefilled. Nothing is stored by opening it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FormDoor {
    /// Under which it is handed in, so that saving twice is done once.
    pub id: FormResponseId,
    /// As in the list.
    pub row: FormRow,
    /// What is asked.
    pub template: FormTemplate,
    /// Whose door.
    pub door: FormDoorRow,
    /// `听雨苑 3幢 2单元 502`
    pub address: String,
    /// Every column, in its order.
    pub columns: Vec<Prefilled>,
    /// How far what was handed in here has come; none while nothing was by this phone.
    pub receipt: Option<Receipt>,
    /// The centre did not take what was handed in here, and why.
    pub refused: Option<Code>,
    /// The next door of the way that is left.
    pub next: Option<HouseholdId>,
}

/// What the worker asked or corrected; everything else stands as it was known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FormInput {
    /// From [`FormDoor`].
    pub id: FormResponseId,
    /// What was asked.
    pub form: FormName,
    /// The columns that were asked or corrected.
    pub answers: Vec<FormAnswer>,
}
