//! An incident 事件: a list of events, and a state that is folded from them and never stored.

mod fold;
mod order;
mod record;
mod state;
#[cfg(test)]
mod tests;

pub use record::{create, record, view};

use crate::{
    act::{Act, Role},
    error::Code,
    household::words,
    ids::{
        DepartmentId, EventId, FindingId, GridId, Hash, HouseholdId, IncidentId, PatrolId, PersonId,
    },
    photo::{Photo, Position},
    time::Timestamp,
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
        Handling, /// 处置反馈
        Feedback, /// 核查中
        Checking, /// 结案
        Closed, /// 作废
        Cancelled }
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

/// What people do to an incident. Numbers T… are the transitions of `domain.md` §3.5.3.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IncidentAction {
    /// T2 上报; a reason stands in for a missing photo.
    Submit {
        /// Why there is no photo.
        without_photo_because: Option<String>,
    },
    /// T3 现场处置: before and after photo are on the incident.
    SelfHandle {
        /// What was done.
        measure: String,
    },
    /// T4 确认自行处置
    ConfirmSelf,
    /// T5 退回自行处置
    RejectSelf {
        /// Why.
        reason: String,
    },
    /// T6 要求核实
    AskVerify {
        /// What to look at.
        question: String,
    },
    /// T7 核实结果
    VerifyResult {
        /// Was it so?
        genuine: bool,
        /// What was seen.
        note: String,
    },
    /// T8 受理
    Accept,
    /// T9 不予立案
    Refuse {
        /// Told to the reporter.
        reason: String,
    },
    /// T10 立案
    File,
    /// T11 派遣: the handling clock starts here.
    Dispatch {
        /// 主办
        owner: DepartmentId,
        /// 协办
        co_departments: Vec<DepartmentId>,
    },
    /// T15 处置反馈
    Feedback {
        /// What was done.
        measure: String,
        /// Stands in for an after-photo (a work order number, say).
        document: Option<String>,
    },
    /// T18 送核查
    SendCheck {
        /// Who checks; never who handled.
        checker: PersonId,
    },
    /// T19 核查通过
    CheckPass,
    /// T20 核查不通过: rework, back to dispatched.
    CheckFail {
        /// What is still wrong.
        reason: String,
    },
    /// T23 作废
    Cancel {
        /// Why.
        reason: String,
    },
    /// T25 备注
    Comment {
        /// The words.
        text: String,
    },
    /// T25 补充照片
    AddPhoto {
        /// Which.
        photo: Photo,
    },
    /// Raise (anyone) or lower (dispatcher, with a reason) the severity.
    SetSeverity {
        /// The new level.
        severity: Severity,
        /// Needed to lower it.
        reason: Option<String>,
    },
}

impl IncidentAction {
    /// The words a person typed, with the name of the field and the most characters it holds.
    pub fn words(&self) -> Vec<(&'static str, &str, usize)> {
        use IncidentAction as A;
        match self {
            A::Submit {
                without_photo_because: reason,
            }
            | A::SetSeverity { reason, .. } => reason
                .iter()
                .map(|reason| ("reason", reason.as_str(), 500))
                .collect(),
            A::RejectSelf { reason }
            | A::Refuse { reason }
            | A::CheckFail { reason }
            | A::Cancel { reason } => {
                vec![("reason", reason, 500)]
            }
            A::SelfHandle { measure } => vec![("measure", measure, 500)],
            A::Feedback { measure, document } => {
                let document = document
                    .iter()
                    .map(|document| ("document", document.as_str(), 200));
                std::iter::once(("measure", measure.as_str(), 500))
                    .chain(document)
                    .collect()
            }
            A::AskVerify { question } => vec![("question", question, 500)],
            A::VerifyResult { note, .. } => vec![("note", note, 500)],
            A::Comment { text } => vec![("text", text, 1_000)],
            A::ConfirmSelf
            | A::Accept
            | A::File
            | A::Dispatch { .. }
            | A::SendCheck { .. }
            | A::CheckPass
            | A::AddPhoto { .. } => Vec::new(),
        }
    }
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
    /// Every event in fold order, oldest first.
    pub events: Vec<EventView>,
    /// Items written by a newer app.
    pub unreadable: u32,
}

/// Whether a role may try an action at all; guards decide whether it applies.
pub fn role_may(role: Role, action: &IncidentAction) -> bool {
    use IncidentAction as A;
    use Role as R;
    match action {
        A::Submit { .. }
        | A::Comment { .. }
        | A::AddPhoto { .. }
        | A::Cancel { .. }
        | A::SetSeverity { .. } => true,
        A::SelfHandle { .. } => matches!(role, R::Worker | R::Lead),
        A::ConfirmSelf => matches!(role, R::Lead | R::Secretary),
        A::RejectSelf { .. } => matches!(role, R::Lead | R::Dispatcher),
        A::VerifyResult { .. } => matches!(role, R::Worker | R::Lead | R::Checker),
        A::AskVerify { .. }
        | A::Accept
        | A::Refuse { .. }
        | A::File
        | A::Dispatch { .. }
        | A::SendCheck { .. } => {
            matches!(role, R::Dispatcher | R::DutyChief)
        }
        A::Feedback { .. } => matches!(role, R::Handler),
        A::CheckPass | A::CheckFail { .. } => matches!(role, R::Checker | R::Worker | R::Lead),
    }
}
