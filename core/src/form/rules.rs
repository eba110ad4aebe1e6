//! What a response must satisfy. Each rule answers with the code that its screen translates.

use super::{Column, FormTemplate, FormValue, NewFormResponse};
use crate::{
    error::{Code, Refusal},
    household::{FieldKey, distinct, out_of_range},
    text,
};
use chrono::NaiveDate;

/// Nobody asks more than this of one door.
const COLUMNS: usize = 60;
/// Of a form, a round, a column, a choice.
const CODE: usize = 40;
const TEXT: usize = 500;
const MOST: u32 = 1_000_000_000;

/// Whatever the template.
pub(crate) fn check(response: &NewFormResponse) -> Result<(), Refusal> {
    let form = &response.form;
    named(&form.id)?;
    named(&form.round)?;
    if response.answers.len() > COLUMNS {
        return Err(out_of_range("more columns than a form has"));
    }
    if response.answers.is_empty() {
        return Err(Refusal::new(Code::MissingAnswer, "nothing was answered"));
    }
    for answer in &response.answers {
        named(&answer.column)?;
        match &answer.value {
            FormValue::Text(words) => text::required(words, TEXT, Code::MissingAnswer)?,
            FormValue::Choice(id) => named(id)?,
            FormValue::Number(many) if *many > MOST => return Err(out_of_range("a number")),
            _ => {}
        }
    }
    distinct(response.answers.iter().map(|answer| &answer.column))
}

/// A code in a register's key: short, and without the sign that keeps its parts apart.
fn named(code: &str) -> Result<(), Refusal> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.');
    if code.is_empty() || code.len() > CODE || !code.chars().all(plain) {
        return Err(out_of_range("not a code"));
    }
    Ok(())
}

/// What the template asks: every required column is answered, and each answer is of its column's kind and on offer.
pub fn complete(response: &NewFormResponse, template: &FormTemplate) -> Result<(), Refusal> {
    for column in &template.columns {
        let mut given = response.answers.iter();
        match given.find(|answer| answer.column == column.key) {
            None if column.required => {
                return Err(Refusal::new(
                    Code::MissingAnswer,
                    format!("nothing in `{}`", column.key),
                ));
            }
            None => {}
            Some(answer) => fitting(column, &answer.value)?,
        }
    }
    let asked = |key: &str| template.columns.iter().any(|column| column.key == key);
    match response.answers.iter().find(|given| !asked(&given.column)) {
        Some(_) => Err(out_of_range("a column that is not asked")),
        None => Ok(()),
    }
}

fn fitting(column: &Column, value: &FormValue) -> Result<(), Refusal> {
    if !column.fits(value) {
        return Err(out_of_range("not of its column"));
    }
    match value {
        // a phone number has one column in which it may stand
        FormValue::Text(words) if column.field() != Some(FieldKey::ContactPhone) => {
            text::note(words, TEXT)
        }
        _ => Ok(()),
    }
}

/// Refuses to ask what nobody may ask any more.
pub fn expired(template: &FormTemplate, today: NaiveDate) -> Result<(), Refusal> {
    match template.valid_to {
        Some(last) if last < today => Err(Refusal::new(
            Code::FormExpired,
            format!("it was asked until {last}"),
        )),
        _ => Ok(()),
    }
}
