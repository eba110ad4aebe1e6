//! What comes of an incident besides its stage: requests, calls, pauses, whose it is, how a quarrel went. All of it is
//! folded from the events, like the stage, and never stored.

use super::{Ownerless, Step};
use crate::{
    household::words,
    ids::{DepartmentId, EventId, IncidentId, PersonId},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// 回访: what a resident said.
    Satisfaction { /// 满意
        Satisfied, /// 基本满意
        Mostly, /// 不满意
        Dissatisfied, /// 未联系上
        NotReached }
    /// 权属
    OwnershipState { /// 已确权
        Known, /// 待确权
        Unclear, /// 无主
        Ownerless, /// 兜底
        Fallback }
    /// 矛盾纠纷 by how far it has come, least first.
    DisputeStage { /// 苗头
        Sprouting, /// 已发生
        Arisen, /// 激化
        Inflamed }
    /// 四级分诊, lowest first.
    DisputeTier { /// 网格首诊
        First, /// 村社坐诊
        Sitting, /// 街镇接诊
        Receiving, /// 区级会诊
        Joint }
    /// By which way a quarrel is settled.
    DisputeRoute { /// 信访
        Petition, /// 调解
        Mediation, /// 诉讼
        Litigation, /// 仲裁
        Arbitration, /// 咨询
        Consultation }
    /// What a handler asks for.
    RequestKind { /// 挂账
        Suspension, /// 延期
        Extension }
    /// Why departments were called.
    CallKind { /// 吹哨
        Whistle, /// 通报
        Notice }
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RequestOutcome {
    /// Nobody has decided yet.
    Waiting,
    /// 同意
    Granted {
        /// When.
        at: Timestamp,
    },
    /// 不同意
    Denied {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// The incident left the department's hands before anybody decided.
    Lapsed,
}

/// 申请
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Request {
    /// The event that asked.
    pub event: EventId,
    /// For what.
    pub kind: RequestKind,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub by: PersonId,
    /// What became of it.
    pub outcome: RequestOutcome,
}

/// A stretch in which the handling clock stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suspension {
    /// Since when.
    pub from: Timestamp,
    /// Until the agreed day, or earlier if somebody went on.
    pub to: Timestamp,
}

/// A department that answered a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportedIn {
    /// Which.
    pub department: DepartmentId,
    /// Who came.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A whistle or a notice, with who has answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// The event that called.
    pub event: EventId,
    /// Which of the two.
    pub kind: CallKind,
    /// Whom.
    pub departments: Vec<DepartmentId>,
    /// When.
    pub at: Timestamp,
    /// Who has answered, first first.
    pub answers: Vec<ReportedIn>,
}

/// 矛盾纠纷
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dispute {
    /// How far it has come, once somebody said so.
    pub stage: Option<DisputeStage>,
    /// How many parties, once somebody said so.
    pub parties: Option<u8>,
    /// When somebody looks again.
    pub follow_up: Option<NaiveDate>,
    /// The highest tier that it was brought to.
    pub tier: DisputeTier,
    /// Since when it is there, unless it began there.
    pub tier_since: Option<Timestamp>,
    /// By which way it was settled.
    pub route: Option<DisputeRoute>,
    /// Whether they agreed, once it was concluded.
    pub success: Option<bool>,
    /// Whether they keep to it, once somebody asked.
    pub fulfilled: Option<bool>,
}

impl Dispute {
    /// As every quarrel begins: in the grid.
    pub(super) fn begin() -> Self {
        Self {
            stage: None,
            parties: None,
            follow_up: None,
            tier: DisputeTier::First,
            tier_since: None,
            route: None,
            success: None,
            fulfilled: None,
        }
    }
}

/// What else has come of an incident.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Course {
    /// What handlers asked for, first first.
    pub requests: Vec<Request>,
    /// When the clock of this dispatch stood.
    pub suspensions: Vec<Suspension>,
    /// 延期 to this instant, once granted.
    pub extended_to: Option<Timestamp>,
    /// How often a department gave it back.
    pub return_count: u32,
    /// How often it was opened again.
    pub reopen_count: u32,
    /// 督办, 1 to 3.
    pub supervised: Option<u8>,
    /// Whistles and notices, first first.
    pub calls: Vec<Call>,
    /// What the resident said last.
    pub satisfaction: Option<Satisfaction>,
    /// The incident that it goes on as.
    pub merged_into: Option<IncidentId>,
    /// 权属, as the desk decided.
    pub ownership: Option<OwnershipState>,
    /// 权属, as somebody at the place thinks.
    pub ownership_proposed: Option<OwnershipState>,
    /// Only of quarrels.
    pub dispute: Option<Dispute>,
    /// 子任务: the milestones of an errand and the inquiries about a part, first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// 无主部件, once something was done about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownerless: Option<Ownerless>,
}

impl Course {
    /// Nothing else has come of it: most incidents, so it is not written out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// The request that an event made.
    pub fn request(&self, event: EventId) -> Option<&Request> {
        self.requests.iter().find(|request| request.event == event)
    }
    /// Whether such a request waits for an answer.
    pub fn waits(&self, kind: RequestKind) -> bool {
        let mut requests = self.requests.iter();
        requests.any(|request| request.kind == kind && request.outcome == RequestOutcome::Waiting)
    }
}
