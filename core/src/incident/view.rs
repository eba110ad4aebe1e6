//! What a screen or the registry sees of an incident.

use super::{Applied, Course, IncidentEvent, IncidentState, NewIncident, Severity};
use crate::{
    act::Act,
    ids::{DepartmentId, Hash, PersonId},
    photo::Photo,
    time::Timestamp,
    voice::VoiceNote,
};
use serde::{Deserialize, Serialize};

/// An event with its fate.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventView {
    /// The event.
    pub event: IncidentEvent,
    /// The change that carries it (its receipt is looked up by this).
    pub change: Hash,
    /// What became of it.
    pub applied: Applied,
}

/// Everything a screen or the registry needs of one incident.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentView {
    /// What it was created with.
    pub created: NewIncident,
    /// Who reported it, and when.
    pub reported: Act,
    /// Where the fold stands.
    pub state: IncidentState,
    /// The most urgent level that stands.
    pub severity: Severity,
    /// 主办, once dispatched.
    pub owner: Option<DepartmentId>,
    /// 协办
    pub co_departments: Vec<DepartmentId>,
    /// When it was last dispatched: the handling clock's start.
    pub dispatched_at: Option<Timestamp>,
    /// When it was closed, cancelled or refused.
    pub ended_at: Option<Timestamp>,
    /// Who checks, while checking.
    pub checker: Option<PersonId>,
    /// How often it came back from checking.
    pub rework_count: u32,
    /// Every photo, in the order of the fold, without doubles.
    pub photos: Vec<Photo>,
    /// Every voice note, in the order of the fold, without doubles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voices: Vec<VoiceNote>,
    /// Every event in fold order, oldest first.
    pub events: Vec<EventView>,
    /// Items written by a newer app.
    pub unreadable: u32,
    /// What else has come of it.
    #[serde(default, skip_serializing_if = "Course::is_empty")]
    pub course: Course,
}

impl IncidentView {
    /// Departments that have to do with it besides the owner: those that help, were called or were told.
    pub fn departments(&self) -> Vec<DepartmentId> {
        let called = self.course.calls.iter().flat_map(|call| &call.departments);
        let mut all: Vec<DepartmentId> =
            self.co_departments.iter().chain(called).copied().collect();
        all.sort();
        all.dedup();
        all
    }
}
