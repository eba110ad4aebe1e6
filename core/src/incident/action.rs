//! What people do to an incident, as values; and which role may try what.

use super::{
    Severity,
    course::{DisputeRoute, DisputeStage, DisputeTier, OwnershipState, Satisfaction},
    step::StepOutcome,
};
use crate::{
    act::Role,
    ids::{DepartmentId, EventId, Hash, IncidentId, PersonId},
    photo::Photo,
    time::Timestamp,
    voice::VoiceNote,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

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
    /// T25 语音备注
    AddVoice {
        /// Which.
        voice: VoiceNote,
    },
    /// 看原图: the camera's own picture of a photo is looked at ([`super::IncidentView::original_open_until`]). Nothing changes by
    /// it; the case keeps who, when and what for.
    OpenOriginal {
        /// Which original.
        original: Hash,
        /// What for.
        reason: String,
    },
    /// Raise (anyone) or lower (dispatcher, with a reason) the severity.
    SetSeverity {
        /// The new level.
        severity: Severity,
        /// Needed to lower it.
        reason: Option<String>,
    },
    /// T12 开始处置
    Start,
    /// T13 退回: not ours, or not possible. The second time it escalates by itself.
    Return {
        /// Why.
        reason: String,
    },
    /// Another department takes over while it is being handled; the clock runs on.
    Reassign {
        /// 主办
        owner: DepartmentId,
        /// 协办
        co_departments: Vec<DepartmentId>,
        /// Why.
        reason: String,
    },
    /// T16 申请挂账: the clock would stand until then.
    RequestSuspension {
        /// Until when.
        until: Timestamp,
        /// What is waited for.
        reason: String,
    },
    /// T17 申请延期
    RequestExtension {
        /// The deadline that is asked for.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// 同意 a request.
    Grant {
        /// The event that asked.
        request: EventId,
    },
    /// 不同意 a request.
    Deny {
        /// The event that asked.
        request: EventId,
        /// Why not.
        reason: String,
    },
    /// T16 恢复处置, before the agreed day or on it.
    Resume,
    /// Somebody else checks. Whoever was to check and did not know yet may still answer.
    ChangeChecker {
        /// Who checks now; never who handled.
        checker: PersonId,
        /// Why.
        reason: String,
    },
    /// T21 重开: within thirty days, or whenever a resident was not content.
    Reopen {
        /// Why.
        reason: String,
    },
    /// T22 并案: it goes on as another incident.
    Merge {
        /// Which.
        into: IncidentId,
    },
    /// 回访: the last one counts.
    CallBack {
        /// What the resident said.
        satisfaction: Satisfaction,
        /// In whose words.
        note: String,
    },
    /// T24 综合评价
    Evaluate {
        /// What there is to learn.
        opinion: String,
    },
    /// T25 吹哨: departments are asked to come and report in.
    Whistle {
        /// Who.
        departments: Vec<DepartmentId>,
        /// What for.
        reason: String,
    },
    /// T25 通报: units that have to know.
    Notify {
        /// Who.
        departments: Vec<DepartmentId>,
        /// What.
        reason: String,
    },
    /// 报到 to a whistle, or 收到 of a notice.
    ReportIn {
        /// The event that called.
        call: EventId,
        /// What they say.
        note: String,
    },
    /// T25 督办: only ever raised.
    Supervise {
        /// 1 (street) to 3 (city).
        level: u8,
        /// Why.
        reason: String,
    },
    /// T25 协调会
    Meeting {
        /// Who sat together.
        with: String,
        /// What they agreed.
        agreed: String,
    },
    /// 权属: the desk decides, everybody else proposes.
    SetOwnership {
        /// Whose it is.
        ownership: OwnershipState,
        /// How that is known.
        note: String,
    },
    /// 矛盾纠纷: how far it has come, and when somebody looks again.
    RecordDispute {
        /// 苗头, 已发生 or 激化.
        stage: DisputeStage,
        /// How many parties.
        parties: u8,
        /// When somebody looks again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follow_up: Option<NaiveDate>,
    },
    /// 矛盾纠纷: one tier up, with the reason.
    Escalate {
        /// Where to.
        tier: DisputeTier,
        /// Why.
        reason: String,
    },
    /// 矛盾纠纷: how it ended.
    ConcludeDispute {
        /// By which way.
        route: DisputeRoute,
        /// They agreed.
        success: bool,
        /// In words.
        outcome: String,
    },
    /// 矛盾纠纷: whether they keep to what they agreed.
    RecordFulfilment {
        /// They do.
        fulfilled: bool,
        /// In words.
        note: String,
    },
    /// 代办: one more step on the way.
    AddStep {
        /// What is to be done.
        what: String,
        /// With whom or where it lies; may be empty.
        lies_with: String,
        /// The wanted day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wanted: Option<NaiveDate>,
    },
    /// 代办: a step lies with somebody else now, or is wanted another day.
    MoveStep {
        /// The event that added it.
        step: EventId,
        /// With whom or where it lies now.
        lies_with: String,
        /// The wanted day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wanted: Option<NaiveDate>,
    },
    /// A step of an errand is done, or an inquiry is answered: of the latter the desk decides, everybody else proposes.
    EndStep {
        /// The event that added it.
        step: EventId,
        /// How.
        outcome: StepOutcome,
        /// In words; may be empty.
        note: String,
    },
    /// 权属征询: somebody is asked whether it is theirs. The answer is due after [`super::ANSWER_DAYS`].
    AskOwner {
        /// Whom: water, power, telecom or another.
        addressee: String,
        /// What was asked; may be empty.
        note: String,
    },
    /// 先行处置: made safe before anybody knows whose it is.
    MakeSafe {
        /// The unit that did it (兜底单位, as a rule); the handler's own when left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<DepartmentId>,
        /// What was done.
        measure: String,
    },
    /// 公示: for [`super::NOTICE_DAYS`] anybody may say that it is theirs.
    StartNotice {
        /// Where it can be read.
        place: String,
    },
    /// 登记为兜底: nobody came, and a unit takes care of it from now on.
    RegisterFallback {
        /// 兜底单位
        unit: DepartmentId,
        /// In words; may be empty.
        note: String,
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
            | A::Cancel { reason }
            | A::Return { reason }
            | A::Reassign { reason, .. }
            | A::RequestSuspension { reason, .. }
            | A::RequestExtension { reason, .. }
            | A::Deny { reason, .. }
            | A::ChangeChecker { reason, .. }
            | A::Reopen { reason }
            | A::Whistle { reason, .. }
            | A::Notify { reason, .. }
            | A::Supervise { reason, .. }
            | A::OpenOriginal { reason, .. }
            | A::Escalate { reason, .. } => vec![("reason", reason, 500)],
            A::Evaluate { opinion } => vec![("opinion", opinion, 500)],
            A::Meeting { with, agreed } => vec![("with", with, 200), ("agreed", agreed, 1_000)],
            A::ConcludeDispute { outcome, .. } => vec![("outcome", outcome, 500)],
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
            A::VerifyResult { note, .. }
            | A::CallBack { note, .. }
            | A::ReportIn { note, .. }
            | A::SetOwnership { note, .. }
            | A::EndStep { note, .. }
            | A::RegisterFallback { note, .. }
            | A::RecordFulfilment { note, .. } => vec![("note", note, 500)],
            A::AddStep {
                what, lies_with, ..
            } => vec![("what", what, 200), ("lies_with", lies_with, 100)],
            A::MoveStep { lies_with, .. } => vec![("lies_with", lies_with, 100)],
            A::AskOwner { addressee, note } => {
                vec![("addressee", addressee, 60), ("note", note, 500)]
            }
            A::MakeSafe { measure, .. } => vec![("measure", measure, 500)],
            A::StartNotice { place } => vec![("place", place, 120)],
            A::Comment { text } => vec![("text", text, 1_000)],
            A::ConfirmSelf
            | A::Accept
            | A::File
            | A::Dispatch { .. }
            | A::SendCheck { .. }
            | A::CheckPass
            | A::AddPhoto { .. }
            | A::AddVoice { .. }
            | A::Start
            | A::Grant { .. }
            | A::Resume
            | A::Merge { .. }
            | A::RecordDispute { .. } => Vec::new(),
        }
    }
}

/// Whether a role may try an action at all; guards decide whether it applies.
pub fn role_may(role: Role, action: &IncidentAction) -> bool {
    use IncidentAction as A;
    use Role as R;
    match action {
        A::Submit { .. }
        | A::Comment { .. }
        | A::AddPhoto { .. }
        | A::AddVoice { .. }
        | A::OpenOriginal { .. }
        | A::Cancel { .. }
        | A::SetSeverity { .. }
        | A::Meeting { .. } => true,
        A::SelfHandle { .. } => matches!(role, R::Worker | R::Lead),
        A::ConfirmSelf => matches!(role, R::Lead | R::Secretary),
        A::RejectSelf { .. } => matches!(role, R::Lead | R::Dispatcher),
        A::VerifyResult { .. } => matches!(role, R::Worker | R::Lead | R::Checker),
        A::AskVerify { .. }
        | A::Accept
        | A::Refuse { .. }
        | A::File
        | A::Dispatch { .. }
        | A::Reassign { .. }
        | A::SendCheck { .. }
        | A::Merge { .. } => matches!(role, R::Dispatcher | R::DutyChief),
        A::Start
        | A::Return { .. }
        | A::Feedback { .. }
        | A::RequestSuspension { .. }
        | A::RequestExtension { .. }
        | A::ReportIn { .. } => matches!(role, R::Handler),
        A::Resume => matches!(role, R::Handler | R::Dispatcher | R::DutyChief),
        A::Grant { .. } | A::Deny { .. } => matches!(role, R::DutyChief),
        A::ChangeChecker { .. } => matches!(role, R::Lead | R::Dispatcher | R::DutyChief),
        A::Reopen { .. } => matches!(role, R::Secretary | R::DutyChief),
        A::CallBack { .. } => matches!(role, R::Callback | R::Dispatcher | R::DutyChief),
        A::Evaluate { .. } => matches!(role, R::Callback | R::Auditor),
        A::Whistle { .. } | A::Notify { .. } => matches!(
            role,
            R::Worker | R::Lead | R::Secretary | R::Dispatcher | R::DutyChief
        ),
        A::Supervise { .. } => matches!(role, R::Secretary | R::DutyChief | R::Auditor),
        A::SetOwnership { .. } => matches!(
            role,
            R::Worker | R::Lead | R::Handler | R::Dispatcher | R::DutyChief
        ),
        A::RecordDispute { .. }
        | A::Escalate { .. }
        | A::ConcludeDispute { .. }
        | A::RecordFulfilment { .. } => matches!(
            role,
            R::Worker | R::Lead | R::Secretary | R::Dispatcher | R::DutyChief
        ),
        A::AddStep { .. } | A::MoveStep { .. } | A::EndStep { .. } => matches!(
            role,
            R::Worker | R::Lead | R::Secretary | R::Handler | R::Dispatcher | R::DutyChief
        ),
        A::MakeSafe { .. } => matches!(
            role,
            R::Worker | R::Lead | R::Handler | R::Dispatcher | R::DutyChief
        ),
        A::AskOwner { .. } | A::StartNotice { .. } | A::RegisterFallback { .. } => {
            matches!(role, R::Dispatcher | R::DutyChief)
        }
        A::CheckPass | A::CheckFail { .. } => matches!(role, R::Checker | R::Worker | R::Lead),
    }
}
