//! What an office asks: a template, one row for each version, and the doors of a round. Forms are data, not releases.

use super::{FormName, FormValue};
use crate::{
    household::{FieldKey, words},
    ids::{GridId, HouseholdId, PageId},
};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What a column holds. There is none for a citizen number, a picture of a paper or a card: those are asked nowhere.
    ColumnKind { /// 文字
        Text, /// 数字
        Number, /// 选一项
        Choice, /// 日期
        Date, /// 是/否
        YesNo }
}

/// 采集表: what is asked, by which office, on what ground. A changed form is a new version; the rows of those before stay,
/// because doors answered them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FormTemplate {
    /// Its code, the same in every version: `low_income_check`.
    pub id: String,
    /// Grows with every change; the highest is asked.
    pub version: u32,
    /// 标题
    pub title_zh: String,
    /// The same in English.
    pub title_en: String,
    /// 牵头部门
    pub office: String,
    /// 职责事项: the page that says whose duty it is.
    pub duty: Option<PageId>,
    /// 依据
    pub legal_basis_zh: String,
    /// The same in English.
    pub legal_basis_en: String,
    /// 用途
    pub purpose_zh: String,
    /// The same in English.
    pub purpose_en: String,
    /// The last day on which anybody may be asked; none: until it is withdrawn.
    pub valid_to: Option<NaiveDate>,
    /// What is asked, in its order.
    pub columns: Vec<Column>,
}

/// One column, in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Column {
    /// Its key, the same in every version that asks it.
    pub key: String,
    /// 栏目
    pub label_zh: String,
    /// The same in English.
    pub label_en: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// It cannot be left empty.
    pub required: bool,
    /// What can be chosen.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// A word of [`Held`]: what the phone holds already is not asked again. An app that does not know the word asks.
    #[serde(default)]
    pub prefill_from: Option<String>,
    /// After how many days what is known is asked again.
    pub reuse_days: u32,
    /// 1 may stand in lists; 2 and above are personal, and lists say only that they are there.
    pub tier: u8,
}

/// Something that can be chosen, in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Choice {
    /// Its code.
    pub id: String,
    /// In words.
    pub name_zh: String,
    /// The same in English.
    pub name_en: String,
}

/// A round 一轮 of a form in one grid, with its doors. The list of doors is frozen: how many of them are done says how far
/// it is, and nobody is asked to find more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Campaign {
    /// Which form.
    pub form: String,
    /// `2026-09`
    pub round: String,
    /// Where.
    pub grid: GridId,
    /// The last day.
    pub due: NaiveDate,
    /// Before this time of that day.
    pub due_time: Option<NaiveTime>,
    /// At which doors.
    pub households: Vec<HouseholdId>,
}

/// What a household's document holds already, under the word that a column names it by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// 地址
    Address,
    /// 登记的人数: those who are listed by name.
    Residents,
    /// 60岁以上人数, when the year of birth of each is known.
    Elderly,
    /// 未成年人数, when the year of birth of each is known.
    Minors,
    /// A field of the household.
    Field(FieldKey),
}

impl Held {
    /// What the word means; none to an app that is older than the form.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "address" => Some(Self::Address),
            "residents" => Some(Self::Residents),
            "elderly" => Some(Self::Elderly),
            "minors" => Some(Self::Minors),
            _ => FieldKey::ALL
                .iter()
                .copied()
                .find(|key| key.word() == word)
                .map(Self::Field),
        }
    }
}

impl Column {
    /// Where it is prefilled from.
    pub fn held(&self) -> Option<Held> {
        Held::parse(self.prefill_from.as_deref()?)
    }

    /// The field of the household that it is, and that an answer writes.
    pub fn field(&self) -> Option<FieldKey> {
        match self.held()? {
            Held::Field(key) => Some(key),
            _ => None,
        }
    }

    /// Whether a value is of its kind and on offer.
    pub fn fits(&self, value: &FormValue) -> bool {
        match (self.kind, value) {
            (ColumnKind::Text, FormValue::Text(_))
            | (ColumnKind::Number, FormValue::Number(_))
            | (ColumnKind::Date, FormValue::Date(_))
            | (ColumnKind::YesNo, FormValue::YesNo(_)) => true,
            (ColumnKind::Choice, FormValue::Choice(id)) => {
                self.choices.iter().any(|choice| choice.id == *id)
            }
            _ => false,
        }
    }
}

impl FormTemplate {
    /// The id of its row: one for each version.
    pub fn row(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// How a response of that round names it.
    pub fn name(&self, round: &str) -> FormName {
        FormName {
            id: self.id.clone(),
            version: self.version,
            round: round.to_owned(),
        }
    }

    /// 重复栏目: columns that ask what the household holds under that very name, and do not take it from there; and columns
    /// that take the same from there twice. An office is told before anybody is asked.
    pub fn duplicates(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let twice = |column: &&Column| match &column.prefill_from {
            Some(word) => !seen.insert(word.clone()),
            None => Held::parse(&column.key).is_some(),
        };
        self.columns
            .iter()
            .filter(twice)
            .map(|column| column.key.as_str())
            .collect()
    }
}

impl Campaign {
    /// The id of its row.
    pub fn row(&self) -> String {
        format!("{}/{}/{}", self.form, self.round, self.grid)
    }
}
