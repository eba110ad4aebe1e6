//! What was asked for: days and grids, never more than the asker may see.

use crate::{
    auth::scope::Scope,
    error::{Error, Result},
};
use chrono::{Days, NaiveDate};
use gridwalk_core::{error::Code, ids::GridId, time::Timestamp};
use serde::Deserialize;

/// Most days at once.
const DAYS: i64 = 400;

/// Days in Shanghai, both included, and one grid or all.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Range {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// One grid, or all that the asker may see.
    pub grid: Option<GridId>,
}

/// A range that was checked against a scope, as the registry's texts.
#[derive(Clone, Debug)]
pub struct Window {
    /// First instant, RFC 3339.
    pub from: String,
    /// First instant after it.
    pub until: String,
    /// Which grids.
    pub grids: Grids,
}

impl Range {
    /// Refused when it is turned around, too long, or names a grid outside the scope (which does not exist, then).
    pub fn within(&self, scope: &Scope) -> Result<Window> {
        let days = (self.to - self.from).num_days();
        if !(0..=DAYS).contains(&days) {
            return Err(Error::refused(
                Code::ValueOutOfRange,
                format!("from 1 to {DAYS} days"),
            ));
        }
        let midnight =
            |day: NaiveDate| Timestamp::from_shanghai(day, 0, 0).map(|at| at.to_string());
        let after = self.to.checked_add_days(Days::new(1)).and_then(midnight);
        let (Some(from), Some(until)) = (midnight(self.from), after) else {
            return Err(Error::refused(Code::ValueOutOfRange, "no such day"));
        };
        Ok(Window {
            from,
            until,
            grids: grids(scope, self.grid)?,
        })
    }
}

/// A list of grids, or nothing for the whole street.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grids(Option<Vec<GridId>>);

impl Grids {
    /// The condition of a query that `column` is one of them. Ids are written into the text, for want of a list parameter
    /// that both databases know; they are UUIDs by their type.
    pub fn hold(&self, column: &str) -> String {
        match self.0.as_deref() {
            None => "1 = 1".into(),
            Some([]) => "1 = 0".into(),
            Some(grids) => {
                let ids: Vec<String> = grids.iter().map(|grid| format!("'{grid}'")).collect();
                format!("{column} in ({})", ids.join(", "))
            }
        }
    }
}

/// One grid of the scope, or all of it.
pub fn grids(scope: &Scope, one: Option<GridId>) -> Result<Grids> {
    match (one, scope) {
        (Some(grid), scope) if scope.holds(&grid) => Ok(Grids(Some(vec![grid]))),
        (Some(_), _) => Err(Error::NotFound),
        (None, Scope::Street) => Ok(Grids(None)),
        (None, Scope::Grids(grids)) => Ok(Grids(Some(grids.clone()))),
    }
}
