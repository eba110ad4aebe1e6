//! An incident 事件: a list of events, and a state that is folded from them and never stored.

mod action;
mod again;
mod ahead;
mod contest;
mod course;
mod duplicate;
mod fold;
mod guard;
mod opening;
mod order;
mod record;
mod state;
mod step;
mod stepping;
#[cfg(test)]
mod tests;
mod view;

pub use action::{IncidentAction, role_may};
pub use ahead::{CaseStep, Turn};
pub use course::{
    Call, CallKind, Course, Dispute, DisputeRoute, DisputeStage, DisputeTier, OwnershipState,
    ReportedIn, Request, RequestKind, RequestOutcome, Satisfaction, Suspension,
};
pub use duplicate::{SAME_CASE_HOURS, SAME_CASE_M, same_case};
pub use record::{Standing, create, record, standing, view};
pub use step::{
    ANSWER_DAYS, ERRAND, MadeSafe, NOTICE_DAYS, Notice, Ownerless, Step, StepEnd, StepKind,
    StepOutcome,
};
pub use view::{EventView, IncidentView};

use crate::{
    act::Act,
    error::Code,
    household::words,
    ids::{DepartmentId, EventId, FindingId, GridId, HouseholdId, IncidentId, PatrolId},
    photo::Position,
};
use serde::{Deserialize, Serialize};

words! {
    /// 来源
    SourceChannel { /// 巡查
        Patrol, /// 走访
        Visit, /// 群众
        Resident, /// 12345
        Hotline, /// 部门
        Department, /// 上级
        Superior, /// 志愿者
        Volunteer }
    /// Stage of an incident (`domain.md` §3.5.3); folded, never stored.
    IncidentState { /// 草稿
        Draft, /// 已上报(待受理)
        Reported, /// 自行处置(待核)
        SelfHandled, /// 核实中
        Verifying, /// 已受理
        Accepted, /// 不予立案
        NotFiled, /// 立案
        Filed, /// 已派遣
        Dispatched, /// 处置中
        Handling, /// 退回
        Returned, /// 挂账
        Suspended, /// 处置反馈
        Feedback, /// 核查中
        Checking, /// 结案
        Closed, /// 已评价
        Evaluated, /// 并案
        Merged, /// 作废
        Cancelled }
}

impl IncidentState {
    /// Nothing is left to do about it.
    pub fn ended(self) -> bool {
        matches!(
            self,
            Self::Closed | Self::Evaluated | Self::NotFiled | Self::Merged | Self::Cancelled
        )
    }
    /// A department has it in its hands, and its clock is what everybody looks at.
    pub fn in_hand(self) -> bool {
        matches!(self, Self::Dispatched | Self::Handling | Self::Suspended)
    }
}

/// 紧急程度: 1 特急 (life in danger) … 4 一般. Only ever raised by a merge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct Severity(u8);

impl Severity {
    /// 1 to 4, else `VALUE_OUT_OF_RANGE`.
    pub fn new(level: u8) -> Result<Self, Code> {
        if (1..=4).contains(&level) {
            Ok(Self(level))
        } else {
            Err(Code::ValueOutOfRange)
        }
    }
    /// The number on the badge.
    pub fn level(self) -> u8 {
        self.0
    }
    /// The more urgent of the two.
    pub fn more_urgent(self, other: Self) -> Self {
        self.min(other)
    }
}
impl TryFrom<u8> for Severity {
    type Error = &'static str;
    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).map_err(|_| "severity is 1 to 4")
    }
}
impl From<Severity> for u8 {
    fn from(severity: Severity) -> u8 {
        severity.0
    }
}

/// Where it is, in words and as measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentPlace {
    /// As a colleague would say it, 1–120 characters.
    pub text: String,
    /// The household it concerns, if any.
    pub household: Option<HouseholdId>,
    /// Where the phone was.
    pub position: Option<Position>,
}

/// What an incident is created with (T1): a draft on one phone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewIncident {
    /// The document.
    pub id: IncidentId,
    /// The grid it happened in.
    pub grid: GridId,
    /// 本地编号, readable before the centre gives a case number: `梧桐-03-0914-002`.
    pub local_no: String,
    /// 来源
    pub source: SourceChannel,
    /// Category code such as `F01001`.
    pub category: String,
    /// How urgent the reporter thinks it is.
    pub severity: Severity,
    /// Where.
    pub place: IncidentPlace,
    /// What, at most 1,000 characters, no citizen numbers; may be empty when a photo says it.
    pub description: String,
    /// The patrol finding it came from.
    pub finding: Option<(PatrolId, FindingId)>,
}

/// One event as it stands in the document: an action in its frame. Facts, never edited.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IncidentEvent {
    /// Its key in the document.
    pub id: EventId,
    /// Who, when, in which role.
    pub act: Act,
    /// The department that a handler speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// What.
    pub action: IncidentAction,
}

/// What became of an event in the fold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Applied {
    /// It took effect and led here.
    Yes {
        /// The state after it.
        state: IncidentState,
    },
    /// 未生效, kept with its reason and shown to its author.
    No {
        /// Why.
        because: Code,
    },
}
