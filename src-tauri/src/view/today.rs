//! 今日: one flat list of what is due, in the order in which it is walked.

use super::{CareRow, HouseholdRow};
use chrono::NaiveDate;
use gridwalk_core::{
    ids::{PatrolId, PlanId},
    reference::Task,
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// The first tab.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Today {
    /// The day in Shanghai.
    pub date: NaiveDate,
    /// `梧桐-03`; several are joined by a comma.
    pub grid_name: String,
    /// Tasks past their day, not done.
    pub overdue: u32,
    /// Tasks due today, not done.
    pub due_today: u32,
    /// Incidents that came back to the worker, not done.
    pub returned: u32,
    /// Overdue first, then by building in walking order, top floor down.
    pub groups: Vec<TaskGroup>,
    /// 关爱: plans of which something is due today or was before, in walking order.
    pub care: Vec<CareRow>,
    /// Patrol plans of the worker's grids.
    pub plans: Vec<PlanSummary>,
    /// A patrol that is still running, also after the app was killed.
    pub running_patrol: Option<PatrolId>,
}

/// Why these rows stand together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum GroupHint {
    /// Past their day.
    Overdue,
    /// One building, 从上往下.
    Walking,
    /// Not at a household door.
    Elsewhere,
}

/// A heading with its rows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct TaskGroup {
    /// `听雨苑 3幢`; empty for overdue and elsewhere, which the screen names.
    pub title: String,
    /// Why they stand together.
    pub hint: GroupHint,
    /// The rows, those already done last.
    pub rows: Vec<TaskRow>,
}

/// One thing to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct TaskRow {
    /// As the centre assigned it.
    pub task: Task,
    /// The hero: the room, else empty.
    pub plate: String,
    /// 称呼 of the household, or the place in words.
    pub name: String,
    /// The door, when it is one of this phone's households.
    pub household: Option<HouseholdRow>,
    /// Days since anybody visited; none if nobody has.
    pub days_since_visit: Option<u32>,
    /// Days past the last day; 0 when in time.
    pub overdue_days: u32,
    /// A saved visit or result settled it.
    pub done: bool,
}

/// A patrol that can be started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlanSummary {
    /// The plan.
    pub id: PlanId,
    /// `听雨苑早班`
    pub name: String,
    /// How many points.
    pub checkpoints: u32,
}
