//! 走访报告: what a period's visits come to, and what the worker confirmed.

use super::Receipt;
use gridwalk_core::{
    time::Timestamp,
    visit_report::{Period, VisitFigures, VisitMaterial},
};
use serde::{Deserialize, Serialize};
use specta::Type;

/// One worker's report over one period.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct VisitReportPage {
    /// Whose.
    pub worker: String,
    /// `梧桐-03`; several are joined by a comma.
    pub grid_name: String,
    /// From the worker's own visits, as far as they are on this phone.
    pub material: VisitMaterial,
    /// As it was confirmed last.
    pub confirmed: Option<ConfirmedReport>,
    /// Other periods that were confirmed, the latest first; at most twelve.
    pub earlier: Vec<EarlierReport>,
}

/// A report that its worker stands by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct ConfirmedReport {
    /// As they were counted then.
    pub figures: VisitFigures,
    /// In the worker's words.
    pub narrative: String,
    /// When.
    pub at: Timestamp,
    /// How far it has come.
    pub receipt: Receipt,
}

/// A report of another period.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct EarlierReport {
    /// Which.
    pub period: Period,
    /// When it was confirmed last.
    pub at: Timestamp,
}
