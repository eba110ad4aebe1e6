//! What supervisors and dispatchers see: queries over the registry, shaped for the console's pages and for exports.
//! Reading only; what they do goes through [`crate::edit`].

pub mod export;
pub mod form;
pub mod incident;
pub mod openapi;
pub mod patrol;
pub mod place;
pub mod proposal;
pub mod quarantine;
pub mod range;
pub mod visit;

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension},
};
use gridwalk_core::reference::{Calendar, DeadlineRule};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Names of people by id, as colleagues know them.
pub fn people(connection: &Connection) -> Result<BTreeMap<String, String>> {
    names(connection, "select id, name from person")
}

/// Names of departments by id.
pub fn departments(connection: &Connection) -> Result<BTreeMap<String, String>> {
    names(connection, "select id, name from department")
}

fn names(connection: &Connection, query: &'static str) -> Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// All reference rows of one kind.
pub fn reference<T: DeserializeOwned>(connection: &Connection, kind: &str) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(
        "select json from reference where kind = ?1 and json is not null order by id",
    )?;
    let rows = statement.query_map([kind], |row| row.get::<_, String>(0))?;
    rows.map(|json| parsed(&json?)).collect()
}

/// One of them.
pub fn reference_row<T: DeserializeOwned>(
    connection: &Connection,
    kind: &str,
    id: &str,
) -> Result<Option<T>> {
    let json: Option<String> = connection
        .prepare_cached(
            "select json from reference where kind = ?1 and id = ?2 and json is not null",
        )?
        .query_row([kind, id], |row| row.get(0))
        .optional()?;
    json.map(|json| parsed(&json)).transpose()
}

/// A stored JSON text as its type.
pub fn parsed<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::internal("stored json", error))
}

/// An id that the registry stores as text.
pub fn id<T: std::str::FromStr<Err = uuid::Error>>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|error| Error::internal("a stored id", error))
}

/// What deadlines are reckoned with.
pub struct Clocks {
    /// The street's working calendar.
    pub calendar: Calendar,
    /// The limits.
    pub rules: Vec<DeadlineRule>,
}

/// The calendar and the rules in force; without a calendar there are no deadlines.
pub fn clocks(connection: &Connection) -> Result<Option<Clocks>> {
    let calendar = reference::<Calendar>(connection, "calendar")?
        .into_iter()
        .next_back();
    let rules = reference(connection, "deadline_rule")?;
    Ok(calendar.map(|calendar| Clocks { calendar, rules }))
}
