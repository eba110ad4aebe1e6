//! A form 采集表: columns that an office asks of some doors, in a round. Most of them are held already, or were answered
//! before; a worker is asked only for those that are not.
//!
//! Answers stand in the household's document, because the doors are the subjects: one `REG!` register for each column,
//! under form, version and round. So two phones that fill one form merge column by column, and answers to an older version
//! stay under it. Handing in is a fact beside them.

mod answers;
mod prefill;
mod rules;
mod template;

pub use prefill::{Filled, FilledFrom, Prefilled, fill, prefill};
pub use rules::{complete, expired};
pub use template::{Campaign, Choice, Column, ColumnKind, FormTemplate, Held};

pub(crate) use answers::{FormHandedIn, is_answer, read, write};
pub(crate) use rules::check;

use crate::{
    household::FieldChange,
    ids::{FormResponseId, PersonId, VisitId},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Which form, in which version, in which round.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormName {
    /// `low_income_check`
    pub id: String,
    /// The version whose columns were asked.
    pub version: u32,
    /// `2026-09`
    pub round: String,
}

/// An answer, typed as its column is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum FormValue {
    /// In words.
    Text(String),
    /// How many.
    Number(u32),
    /// One of what the column offers, by its code.
    Choice(String),
    /// A day.
    Date(NaiveDate),
    /// 是 or 否
    YesNo(bool),
}

/// One column as it is handed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormAnswer {
    /// Its key.
    pub column: String,
    /// The answer.
    pub value: FormValue,
    /// 没变化: nobody was asked; what was known stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// Since when it is known, of what was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// A form as it is handed in for one door 已提交. Until then it is a draft of the phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFormResponse {
    /// Made by the phone before the form opens, so that saving twice is done once.
    pub id: FormResponseId,
    /// What was asked.
    pub form: FormName,
    /// Every column that has an answer.
    pub answers: Vec<FormAnswer>,
    /// What of it the household itself holds, and holds from now on.
    pub changes: Vec<FieldChange>,
    /// The visit on which it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<VisitId>,
}

/// One value of a column, with where it came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerSource {
    /// The value.
    pub value: FormValue,
    /// Nobody was asked; what was known stood.
    #[serde(default)]
    pub unchanged: bool,
    /// Since when it is known.
    pub as_of: Timestamp,
    /// Who handed it in.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A column with all the values that nobody has overruled: one, or more when people answered at the same time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerView {
    /// Its key.
    pub column: String,
    /// Newest last. A value that somebody only left as it was yields to one that somebody gave meanwhile.
    pub values: Vec<AnswerSource>,
}

/// That a form was handed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandedIn {
    /// Which act.
    pub id: FormResponseId,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// One form of a household in one version and round.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FormView {
    /// Which.
    pub form: FormName,
    /// By column.
    pub answers: Vec<AnswerView>,
    /// Newest first.
    pub handed_in: Vec<HandedIn>,
}

impl FormView {
    /// Columns of which two people said different things.
    pub fn conflicts(&self) -> usize {
        let differ = |answer: &&AnswerView| answer.values.len() > 1;
        self.answers.iter().filter(differ).count()
    }
}
