//! 今日: one flat list of what is due, in the order in which it is walked.

use super::{CareRow, FormRow, HouseholdRow, IncidentRow, PlaceRow};
use chrono::{NaiveDate, NaiveTime};
use gridwalk_core::{
    error::Code,
    ids::{CarePlanId, FindingId, PatrolId, PlanId, TaskId},
    patrol::FindingState,
    reference::{Frequency, Task},
    snooze::SnoozeReason,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

/// The first tab.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct Today {
    /// The day in Shanghai.
    pub date: NaiveDate,
    /// `梧桐-03`; several are joined by a comma.
    pub grid_name: String,
    /// Tasks past their day, not done; those that wait are in none of these figures.
    pub overdue: u32,
    /// Tasks due today, not done.
    pub due_today: u32,
    /// Of these, cases that came back to the worker, whenever that was.
    pub returned: u32,
    /// Overdue first, then by building in walking order, top floor down; what waits for another day last.
    pub groups: Vec<TaskGroup>,
    /// 关爱: plans of which something is due today or was before, in walking order.
    pub care: Vec<CareRow>,
    /// 稍后: plans of which something is due that waits for another day.
    pub care_later: Vec<CareRow>,
    /// 场所: places to look at today or before, those that wait longest first.
    pub places: Vec<PlaceRow>,
    /// 采集表: forms that are due today or were before, with doors left.
    pub forms: Vec<FormRow>,
    /// 巡: patrol plans of the worker's grids, those that are due first. What waits or is not due comes last.
    pub plans: Vec<PlanSummary>,
    /// 晨会: what was found since the last working day.
    pub found: FoundSince,
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
    /// 稍后: waits for another day.
    Later,
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
    /// 稍后
    pub later: Later,
}

/// 稍后: how often something waited, and whether it may.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Later {
    /// How often.
    pub times: u32,
    /// The day on which it stands in the list again, while that is ahead.
    pub until: Option<NaiveDate>,
    /// Why, the last time.
    pub reason: Option<SnoozeReason>,
    /// Why, in own words.
    pub words: Option<String>,
    /// Days that it may wait (once more); 0 when it may not.
    pub days: u32,
    /// Why it may not.
    pub refused: Option<Code>,
}

/// What waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SnoozeSubject {
    /// A task.
    Task {
        /// Which.
        id: TaskId,
    },
    /// 关爱
    Care {
        /// Of which plan.
        id: CarePlanId,
    },
    /// 巡查
    Patrol {
        /// By which plan.
        id: PlanId,
    },
}

impl SnoozeSubject {
    /// The id alone; no task has that of a plan, and no plan that of another kind.
    pub fn id(self) -> Uuid {
        match self {
            Self::Task { id } => id.0,
            Self::Care { id } => id.0,
            Self::Patrol { id } => id.0,
        }
    }
}

/// 稍后
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct SnoozeInput {
    /// What waits.
    pub subject: SnoozeSubject,
    /// How many days.
    pub days: u32,
    /// Why.
    pub reason: SnoozeReason,
    /// In own words.
    pub words: Option<String>,
}

/// A patrol that can be started, and when it is to be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlanSummary {
    /// The plan.
    pub id: PlanId,
    /// `听雨苑早班`
    pub name: String,
    /// How many points.
    pub checkpoints: u32,
    /// 频次; a plan without one is walked when somebody wants to.
    pub frequency: Option<Frequency>,
    /// 时段
    pub window: Option<(NaiveTime, NaiveTime)>,
    /// When it was walked last, by whomever.
    pub last: Option<PlanWalk>,
    /// Who has set out on it today and is not back.
    pub under_way: Option<PlanWalk>,
    /// What of it is due today or was before.
    pub due: Option<PlanDue>,
}

/// A plan was walked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlanWalk {
    /// When it began.
    pub at: Timestamp,
    /// Who; none when this phone does not know the name.
    pub by: Option<String>,
    /// It was the worker of this phone.
    pub myself: bool,
}

/// 晨会: what was found in the grids of this worker, by whomever.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct FoundSince {
    /// The last working day before today; what was found on it and after it is here, until midnight.
    pub since: NaiveDate,
    /// 上报, the most urgent first.
    pub reports: Vec<IncidentRow>,
    /// 发现 of patrols that were not reported, the newest first.
    pub findings: Vec<FoundOnPatrol>,
}

/// Something that was seen on a patrol.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FoundOnPatrol {
    /// Which.
    pub id: FindingId,
    /// On which patrol.
    pub patrol: PatrolId,
    /// 小类; the code when the phone's rows do not name it.
    pub category_zh: String,
    /// The same in English.
    pub category_en: String,
    /// What was done about it.
    pub state: FindingState,
    /// In words.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who; none when this phone does not know the name.
    pub by: Option<String>,
}

/// 巡: a plan is due.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct PlanDue {
    /// Last day.
    pub day: NaiveDate,
    /// Days past it; 0 when in time.
    pub overdue_days: u32,
    /// Past its day, or past the hours of it.
    pub late: bool,
    /// How often it was walked in the day or week that counts.
    pub done: u32,
    /// How often it is asked for there.
    pub asked: u32,
    /// 稍后
    pub later: Later,
}
