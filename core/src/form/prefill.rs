//! What a form knows before anybody knocks: only columns that are empty, too old, or disputed are asked; the rest stands as
//! 没变化.

use super::{Column, ColumnKind, FormAnswer, FormTemplate, FormValue, Held};
use crate::{
    error::{Code, Refusal},
    household::{FieldChange, HouseholdView, words},
    time::Timestamp,
};
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use serde_json::Value;

words! {
    /// Where a prefilled value comes from.
    FilledFrom { /// 登记里有: the household's document holds it
        Held, /// 上次填过: somebody answered it, in whatever round or version
        Earlier, /// 没有
        Nothing }
}

/// A column as it stands before it is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Prefilled {
    /// Its key.
    pub column: String,
    /// What is known, also when it is asked again.
    pub value: Option<FormValue>,
    /// From where.
    pub from: FilledFrom,
    /// Since when it is known; none of what cannot grow old, such as an address.
    pub as_of: Option<Timestamp>,
    /// Somebody has to ask.
    pub asked: bool,
}

/// What is known of one column.
struct Known {
    value: FormValue,
    from: FilledFrom,
    as_of: Option<Timestamp>,
    /// Two people said different things.
    disputed: bool,
}

/// Every column of the template, in its order, as this household answers it on that day.
///
/// Answers are found by their key, whatever the version and round they were given under: a column that a new version still
/// asks is not asked again for that. A value that the column does not offer any more is.
pub fn prefill(
    template: &FormTemplate,
    view: &HouseholdView,
    address: &str,
    now: Timestamp,
) -> Vec<Prefilled> {
    let one = |column: &Column| {
        let known = [
            earlier(template, column, view),
            held(column, view, address, now),
        ];
        // what cannot grow old first, then what is known best; of two that are as old the household's own
        let known = known
            .into_iter()
            .flatten()
            .filter(|known| column.fits(&known.value))
            .max_by_key(|known| (known.as_of.is_none(), known.as_of));
        match known {
            None => Prefilled {
                column: column.key.clone(),
                value: None,
                from: FilledFrom::Nothing,
                as_of: None,
                asked: true,
            },
            Some(known) => Prefilled {
                column: column.key.clone(),
                asked: known.disputed || known.as_of.is_some_and(|at| old(column, at, now)),
                value: Some(known.value),
                from: known.from,
                as_of: known.as_of,
            },
        }
    };
    template.columns.iter().map(one).collect()
}

fn old(column: &Column, as_of: Timestamp, now: Timestamp) -> bool {
    (now.local_date() - as_of.local_date()).num_days() > i64::from(column.reuse_days)
}

fn held(column: &Column, view: &HouseholdView, address: &str, now: Timestamp) -> Option<Known> {
    let stands = |value, as_of| {
        Some(Known {
            value,
            from: FilledFrom::Held,
            as_of,
            disputed: false,
        })
    };
    match column.held()? {
        Held::Address if address.is_empty() => None,
        Held::Address => stands(FormValue::Text(address.to_owned()), None),
        Held::Residents => {
            let many = u32::try_from(view.members.len()).ok()?;
            stands(FormValue::Number(many), Some(since(view)?))
        }
        Held::Elderly => stands(aged(view, now, |age| age >= 60)?, since(view)),
        Held::Minors => stands(aged(view, now, |age| age < 18)?, since(view)),
        Held::Field(key) => {
            let field = view.fields.iter().find(|field| field.field == key)?;
            let newest = field.values.last()?;
            let as_of = newest
                .confirmed_at
                .map_or(newest.at, |at| at.max(newest.at));
            Some(Known {
                value: answer(column, newest.value.value().ok()?)?,
                from: FilledFrom::Held,
                as_of: Some(as_of),
                disputed: field.values.len() > 1,
            })
        }
    }
}

/// How many of those who are listed; none while the year of one of them is not known.
fn aged(view: &HouseholdView, now: Timestamp, which: impl Fn(i32) -> bool) -> Option<FormValue> {
    let this_year = now.local_date().year();
    let mut many = 0;
    for listed in &view.members {
        let age = this_year - i32::from(listed.member.birth_year?);
        many += u32::from(which(age));
    }
    (!view.members.is_empty()).then_some(FormValue::Number(many))
}

/// Since when the list of people is as it is, as far as it tells.
fn since(view: &HouseholdView) -> Option<Timestamp> {
    view.members.iter().map(|member| member.since).max()
}

/// A bare value of the household as an answer of the column's kind.
fn answer(column: &Column, value: Value) -> Option<FormValue> {
    match (column.kind, value) {
        (ColumnKind::Text, Value::String(words)) => Some(FormValue::Text(words)),
        (ColumnKind::Choice, Value::String(id)) => Some(FormValue::Choice(id)),
        (ColumnKind::Number, Value::Number(many)) => {
            Some(FormValue::Number(u32::try_from(many.as_u64()?).ok()?))
        }
        _ => None,
    }
}

fn earlier(template: &FormTemplate, column: &Column, view: &HouseholdView) -> Option<Known> {
    view.forms
        .iter()
        .filter(|form| form.form.id == template.id)
        .flat_map(|form| &form.answers)
        .filter(|answer| answer.column == column.key)
        .filter_map(|answer| Some((answer.values.last()?, answer.values.len() > 1)))
        .max_by_key(|(newest, _)| newest.at)
        .map(|(newest, disputed)| Known {
            value: newest.value.clone(),
            from: FilledFrom::Earlier,
            as_of: Some(newest.as_of),
            disputed,
        })
}

/// What is handed in, and what of it the household holds from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filled {
    /// Every column that has an answer.
    pub answers: Vec<FormAnswer>,
    /// What the household itself holds.
    pub changes: Vec<FieldChange>,
}

/// What the worker gave, and everything else as it was known. A column that is asked has no answer until somebody gives one:
/// what was known of it does not stand by itself.
pub fn fill(
    template: &FormTemplate,
    known: &[Prefilled],
    given: &[FormAnswer],
) -> Result<Filled, Refusal> {
    let mut filled = Filled {
        answers: Vec::new(),
        changes: Vec::new(),
    };
    for column in &template.columns {
        let mut all = given.iter();
        if let Some(said) = all.find(|answer| answer.column == column.key) {
            filled.answers.push(FormAnswer {
                unchanged: false,
                as_of: None,
                ..said.clone()
            });
            if let Some(key) = column.field() {
                let change = FieldChange::read(key, bare(&said.value));
                // a household of four hundred people, say
                filled.changes.push(change.ok_or_else(|| {
                    Refusal::new(Code::ValueOutOfRange, "the household cannot hold it")
                })?);
            }
            continue;
        }
        let mut known = known.iter();
        if let Some(before) = known.find(|before| before.column == column.key && !before.asked)
            && let Some(value) = &before.value
        {
            filled.answers.push(FormAnswer {
                column: column.key.clone(),
                value: value.clone(),
                unchanged: true,
                as_of: before.as_of,
            });
        }
    }
    // what nobody asks is handed on, and refused where the whole is looked at
    let asked = |key: &str| template.columns.iter().any(|column| column.key == key);
    let others = given.iter().filter(|answer| !asked(&answer.column));
    filled.answers.extend(others.cloned());
    Ok(filled)
}

fn bare(value: &FormValue) -> Value {
    match value {
        FormValue::Text(words) | FormValue::Choice(words) => words.clone().into(),
        FormValue::Number(many) => (*many).into(),
        FormValue::Date(day) => day.to_string().into(),
        FormValue::YesNo(yes) => (*yes).into(),
    }
}
