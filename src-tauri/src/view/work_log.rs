//! 工作日志: what the day's records say, and what the worker confirmed.

use super::Receipt;
use chrono::NaiveDate;
use gridwalk_core::{time::Timestamp, work_log::LogLine};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One worker's log of one day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct WorkLog {
    /// The day in Shanghai.
    pub date: NaiveDate,
    /// Whose.
    pub worker: String,
    /// `梧桐-03`; several are joined by a comma.
    pub grid_name: String,
    /// From the worker's own records of the day.
    pub lines: Vec<LogLine>,
    /// As it was confirmed last.
    pub confirmed: Option<ConfirmedLog>,
}

/// A log that its worker stands by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct ConfirmedLog {
    /// In the worker's words.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// How far it has come.
    pub receipt: Receipt,
}
