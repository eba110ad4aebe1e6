//! How answers stand in a household's document, and how they are read back.
//!
//! A register for each column, among the fields: only a document's first change makes containers, and households listed by
//! an older app have no other for registers. An app that knows no forms counts them as what it cannot show.
//!
//! ```text
//! lin   income: more ────┐   one column, one answer: hers. That somebody left a column as it was, without knowing of hers,
//! ge    all unchanged ───┘   says nothing about it
//!
//! lin   income: more ────┐
//! ge    income: less ────┘   both stand until somebody asks again
//! ```

use super::{AnswerSource, AnswerView, FormName, FormValue, FormView, HandedIn, NewFormResponse};
use crate::{
    act::Act,
    document::Document,
    error::Refusal,
    fact::Fact,
    field::{Draft, Item, Items},
    ids::{FormResponseId, Hash, PersonId, VisitId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const FIRST: &str = "form";

/// A register's value.
#[derive(Serialize, Deserialize)]
struct Written {
    value: FormValue,
    by: PersonId,
    at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unchanged: bool,
    #[serde(default)]
    as_of: Option<Timestamp>,
}

/// That a form was handed in, as it stands among the amendments.
#[derive(Serialize, Deserialize)]
pub(crate) struct FormHandedIn {
    pub response: FormResponseId,
    pub form: FormName,
    #[serde(default)]
    pub visit: Option<VisitId>,
}

/// The register of a column.
pub(super) fn key(form: &FormName, column: &str) -> String {
    let FormName { id, version, round } = form;
    format!("{FIRST}/{id}/{version}/{round}/{column}")
}

fn parse(key: &str) -> Option<(FormName, String)> {
    let parts: Vec<&str> = key.split('/').collect();
    let [FIRST, id, version, round, column] = parts[..] else {
        return None;
    };
    let form = FormName {
        id: id.to_owned(),
        version: version.parse().ok()?,
        round: round.to_owned(),
    };
    Some((form, column.to_owned()))
}

/// Whether a register is an answer to a form, and none of the household's own fields.
pub(crate) fn is_answer(key: &str) -> bool {
    parse(key).is_some()
}

/// Writes a response that was checked: its answers over every value that its author has seen, and the act beside them.
pub(crate) fn write(
    draft: &mut Draft<'_>,
    fields: &str,
    amendments: &str,
    response: &NewFormResponse,
    act: &Act,
) -> Result<(), Refusal> {
    for answer in &response.answers {
        let written = Written {
            value: answer.value.clone(),
            by: act.by,
            at: act.recorded_at,
            unchanged: answer.unchanged,
            as_of: answer.as_of.filter(|_| answer.unchanged),
        };
        draft.write(fields, &key(&response.form, &answer.column), &written)?;
    }
    let handed_in = FormHandedIn {
        response: response.id,
        form: response.form.clone(),
        visit: response.visit,
    };
    draft.fact(amendments, &response.id, act, &handed_in)
}

/// Every form of a household, by its name.
pub(crate) fn read(
    document: &Document,
    fields: &str,
    handed_in: Vec<Item<Fact<FormHandedIn>>>,
    unreadable: &mut u32,
) -> Vec<FormView> {
    let mut forms: BTreeMap<FormName, BTreeMap<String, Vec<(Hash, AnswerSource)>>> =
        BTreeMap::new();
    // what is no answer belongs to the household's own fields, which count what they cannot read by themselves
    let registers: Items<serde_json::Value> = document.items(fields);
    for register in registers.read {
        let Some((form, column)) = parse(&register.key) else {
            continue;
        };
        let Ok(written) = serde_json::from_value::<Written>(register.value) else {
            *unreadable += 1;
            continue;
        };
        let source = AnswerSource {
            value: written.value,
            unchanged: written.unchanged,
            as_of: written.as_of.unwrap_or(written.at),
            by: written.by,
            at: written.at,
        };
        let columns = forms.entry(form).or_default();
        let values = columns.entry(column).or_default();
        values.push((register.change, source));
    }
    let mut acts: BTreeMap<FormName, Vec<HandedIn>> = BTreeMap::new();
    for item in handed_in {
        let Fact { act, item: done } = item.value;
        if item.key != done.response.to_string() {
            *unreadable += 1;
            continue;
        }
        forms.entry(done.form.clone()).or_default();
        acts.entry(done.form).or_default().push(HandedIn {
            id: done.response,
            by: act.by,
            at: act.recorded_at,
        });
    }
    forms
        .into_iter()
        .map(|(form, columns)| {
            let mut handed_in = acts.remove(&form).unwrap_or_default();
            handed_in.sort_by_key(|done| std::cmp::Reverse((done.at, done.id)));
            FormView {
                answers: columns
                    .into_iter()
                    .map(|(column, values)| AnswerView {
                        column,
                        values: standing(values),
                    })
                    .collect(),
                handed_in,
                form,
            }
        })
        .collect()
}

/// Of values written without knowing of each other: those that somebody gave, each once; when nobody gave any, what was left
/// as it was.
fn standing(mut values: Vec<(Hash, AnswerSource)>) -> Vec<AnswerSource> {
    if values.iter().any(|(_, source)| !source.unchanged) {
        values.retain(|(_, source)| !source.unchanged);
    }
    values.sort_by_key(|(change, source)| (source.at, *change));
    let mut apart: Vec<AnswerSource> = Vec::new();
    for (_, source) in values.into_iter().rev() {
        if apart.iter().all(|newer| newer.value != source.value) {
            apart.push(source);
        }
    }
    apart.reverse();
    apart
}
