//! A merged document becomes what the registry keeps of it. The server writes the rows; what they say is decided here.

use crate::{
    care::{self, CareView, NewCarePlan},
    document::{Document, FeedOrder},
    household::{self, Dwelling, HouseholdView},
    incident::{self, IncidentView},
    patrol::{self, NewPatrol, PatrolView},
    place::{self, PlaceView},
    sync::message::DocumentKind,
    worker_day::{self, NewWorkerDay, WorkerDayView},
};
use serde::{Deserialize, Serialize};

/// What a document says, by its kind.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant)] // one at a time, never in lists
pub enum Projection {
    /// 户
    Household(HouseholdView),
    /// 事件
    Incident(IncidentView),
    /// 巡查
    Patrol(PatrolView),
    /// 场所
    Place(PlaceView),
    /// 工作日志
    WorkerDay(WorkerDayView),
    /// 关爱对象: restricted, for the registry and for those who read its class
    Care(CareView),
    /// A kind of a newer app, or a document whose beginning nobody here can read. Kept and forwarded, not shown.
    Unknown,
}

/// Reads a document as its kind, without failing, whatever it holds. Incidents are folded in `feed` order.
pub fn project(document: &Document, feed: &dyn FeedOrder) -> Projection {
    match document.kind() {
        DocumentKind::HOUSEHOLD if document.created::<Dwelling>().is_some() => {
            Projection::Household(household::view(document))
        }
        DocumentKind::INCIDENT => {
            incident::view(document, feed).map_or(Projection::Unknown, Projection::Incident)
        }
        DocumentKind::PATROL if document.created::<NewPatrol>().is_some() => {
            Projection::Patrol(patrol::view(document))
        }
        DocumentKind::PLACE => place::view(document).map_or(Projection::Unknown, Projection::Place),
        DocumentKind::WORKER_DAY if document.created::<NewWorkerDay>().is_some() => {
            Projection::WorkerDay(worker_day::view(document))
        }
        DocumentKind::CARE_PLAN if document.created::<NewCarePlan>().is_some() => {
            Projection::Care(care::view(document))
        }
        _ => Projection::Unknown,
    }
}
