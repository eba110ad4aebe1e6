//! What was answered on forms 采集表, by day and grid. What is personal (tier 2 and above) is not in a list: that there is an
//! answer is. A column whose form nobody here knows any more counts as personal.

use super::{Result, id, parsed, people, range::Window, reference};
use crate::{
    error::Error,
    store::{Connection, Row, params},
};
use gridwalk_core::{
    form::{FormTemplate, FormValue},
    ids::{GridId, HouseholdId},
    time::Timestamp,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most answers in one list; a longer one is an export.
const MOST: u32 = 4_000;
/// Above this a value is not shown in a list.
const LISTED_TIER: u8 = 1;

/// One value of a column, at one door.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FormAnswerLine {
    /// At whose door.
    pub household: HouseholdId,
    /// `听雨苑 3幢2单元502`
    pub door: String,
    /// Where.
    pub grid: GridId,
    /// `梧桐-03`
    pub grid_name: String,
    /// Which form.
    pub form: String,
    /// `低收入家庭信息核对`; none when the form was withdrawn.
    pub title_zh: Option<String>,
    /// The same in English.
    pub title_en: Option<String>,
    /// The version that was asked.
    pub version: u32,
    /// `2026-09`
    pub round: String,
    /// Its key.
    pub column: String,
    /// 栏目
    pub label_zh: Option<String>,
    /// The same in English.
    pub label_en: Option<String>,
    /// The answer; none when it is personal.
    pub value: Option<FormValue>,
    /// There is an answer, and a list does not show it.
    pub personal: bool,
    /// Nobody was asked; what was known stood.
    pub unchanged: bool,
    /// Two people said different things.
    pub differs: bool,
    /// Since when it is known.
    pub as_of: Timestamp,
    /// Who handed it in.
    pub by_name: String,
    /// When the phone wrote it down.
    pub recorded_at: Timestamp,
}

/// Answers that were written down in the window, newest first, door by door, at most 4,000.
pub fn list(connection: &Connection, window: &Window) -> Result<Vec<FormAnswerLine>> {
    let people = people(connection)?;
    let templates = templates(connection)?;
    let mut statement = connection.prepare_cached(format!(
        "select a.household, building.estate, building.number, household.unit, household.room, a.grid, grid.name, a.form,
           a.version, a.round, a.field, a.value, a.unchanged, a.differs, a.as_of, a.by_person, a.recorded_at
         from form_answer a join household on household.id = a.household
           left join building on building.id = household.building join grid on grid.id = a.grid
         where a.recorded_at >= ?1 and a.recorded_at < ?2 and {}
         order by a.recorded_at desc, a.household, a.form, a.version, a.round, a.field, a.value limit ?3",
        window.grids.hold("a.grid")
    ))?;
    let instant = |text: String| {
        text.parse()
            .map_err(|error| Error::internal("a stored instant", error))
    };
    let read = |row: &Row<'_>| {
        let part = |column: usize| {
            Ok::<_, Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default())
        };
        let (form, version): (String, u32) = (row.get(7)?, row.get(8)?);
        let key: String = row.get(10)?;
        let template = templates.get(&(form.clone(), version));
        let column =
            template.and_then(|template| template.columns.iter().find(|column| column.key == key));
        let personal = column.is_none_or(|column| column.tier > LISTED_TIER);
        Ok(FormAnswerLine {
            household: id(&row.get::<_, String>(0)?)?,
            door: format!("{} {}{}{}", part(1)?, part(2)?, part(3)?, part(4)?),
            grid: id(&row.get::<_, String>(5)?)?,
            grid_name: row.get(6)?,
            title_zh: template.map(|template| template.title_zh.clone()),
            title_en: template.map(|template| template.title_en.clone()),
            round: row.get(9)?,
            label_zh: column.map(|column| column.label_zh.clone()),
            label_en: column.map(|column| column.label_en.clone()),
            value: match personal {
                true => None,
                false => Some(parsed(&row.get::<_, String>(11)?)?),
            },
            personal,
            unchanged: row.get(12)?,
            differs: row.get(13)?,
            as_of: instant(row.get(14)?)?,
            by_name: people
                .get(&row.get::<_, String>(15)?)
                .cloned()
                .unwrap_or_default(),
            recorded_at: instant(row.get(16)?)?,
            form,
            version,
            column: key,
        })
    };
    statement
        .query_and_then(params![window.from, window.until, MOST], read)?
        .collect()
}

/// Every version that phones may have asked. One of a newer centre that this one cannot read shows no answer.
fn templates(connection: &Connection) -> Result<BTreeMap<(String, u32), FormTemplate>> {
    let rows: Vec<serde_json::Value> = reference(connection, "form")?;
    Ok(rows
        .into_iter()
        .filter_map(|row| serde_json::from_value::<FormTemplate>(row).ok())
        .map(|row| ((row.id.clone(), row.version), row))
        .collect())
}
