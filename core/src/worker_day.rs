//! One worker's day (工作日志): which tasks were acknowledged or done. One writer, one document a day.

use crate::{
    ids::{PersonId, TaskId, WorkerDayId},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a worker day is created with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct NewWorkerDay {
    /// The document.
    pub id: WorkerDayId,
    /// Whose.
    pub worker: PersonId,
    /// Which day, in Shanghai.
    pub date: NaiveDate,
}

/// What a worker does to the list of today.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WorkerDayEdit {
    /// The task was seen.
    AcknowledgeTask {
        /// Which.
        task: TaskId,
        /// When.
        at: Timestamp,
    },
    /// The task is done (a visit or a result settles it by itself; this is for the rest).
    CompleteTask {
        /// Which.
        task: TaskId,
        /// When.
        at: Timestamp,
        /// At most 500 characters.
        note: Option<String>,
    },
}

/// A worker's day as read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct WorkerDayView {
    /// What it was created with.
    pub created: NewWorkerDay,
    /// Tasks seen.
    pub acknowledged: Vec<TaskId>,
    /// Tasks done, with the time.
    pub completed: Vec<(TaskId, Timestamp)>,
    /// Items written by a newer app.
    pub unreadable: u32,
}
