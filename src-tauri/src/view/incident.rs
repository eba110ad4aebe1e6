//! 事件: my incidents, and one of them with its timeline.

use super::{PersonName, PhotoState, Receipt};
use chrono::NaiveDate;
use gridwalk_core::{
    error::Code,
    ids::{FindingId, GridId, Hash, IncidentId, PatrolId},
    incident::{CaseStep, IncidentEvent, IncidentState, IncidentView, Severity, SourceChannel},
    photo::Position,
    reference::{Category, DeadlineRule, Department, Seen},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;

/// One incident of a list.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct IncidentRow {
    /// The document.
    pub id: IncidentId,
    /// 本地编号
    pub local_no: String,
    /// Category code.
    pub category: String,
    /// 小类, as the phone's rows name it; the code when they do not.
    pub category_zh: String,
    /// The same in English.
    pub category_en: String,
    /// The level that stands.
    pub severity: Severity,
    /// Where the fold stands on this phone.
    pub state: IncidentState,
    /// Where, in words.
    pub place: String,
    /// Its grid.
    pub grid: GridId,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// This phone's worker reported it.
    pub mine: bool,
    /// A colleague's or own photo to show, if there is one.
    pub thumbnail: Option<Hash>,
    /// How many photos.
    pub photos: u32,
    /// When its clock runs out, once dispatched.
    pub due: Option<Timestamp>,
    /// That time has passed and it is still open.
    pub overdue: bool,
    /// The day on which somebody looks after its steps again.
    pub follow_day: Option<NaiveDate>,
    /// How far the least delivered of this phone's events on it has come.
    pub receipt: Receipt,
}

/// What can be done to an incident from a phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PossibleAct {
    /// T25 备注
    Comment,
    /// T25 补充照片
    AddPhoto,
    /// T23 作废
    Cancel,
    /// T7 核实结果
    VerifyResult,
    /// T19 and T20 核查
    Check,
    /// T4 and T5: confirm or send back what was handled on site.
    Confirm,
    /// T3, of a quarrel that was settled or an errand that was run.
    SelfHandle,
    /// T12 开始处置
    Start,
    /// T13 退回
    Return,
    /// T15 处置反馈
    Feedback,
    /// T16 申请挂账
    RequestSuspension,
    /// T16 恢复处置
    Resume,
    /// T17 申请延期
    RequestExtension,
    /// 报到
    ReportIn,
    /// T25 吹哨
    Whistle,
    /// T25 通报
    Notify,
    /// T25 协调会
    Meeting,
    /// T25 督办
    Supervise,
    /// 权属
    SetOwnership,
    /// 纠纷情况
    RecordDispute,
    /// 上一级
    Escalate,
    /// 纠纷结果
    ConcludeDispute,
    /// 履行
    RecordFulfilment,
    /// 代办: one more step.
    AddStep,
    /// 代办: a step lies elsewhere, or is done.
    EndStep,
    /// 权属征询: what somebody was told on site.
    TellAnswer,
    /// 先行处置
    MakeSafe,
    /// Raise the severity.
    Raise,
}

/// Something that whoever looks might expect to do, and why it is not possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Withheld {
    /// What.
    pub act: PossibleAct,
    /// Why not.
    pub because: Code,
    /// What has to happen next so that it becomes possible; none where nothing leads there.
    pub first: Option<CaseStep>,
}

/// The handling clock, as working time runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct WorkingClock {
    /// Milliseconds of working time that are left; negative once it is overdue.
    pub left_ms: f64,
    /// Milliseconds of working time that were used.
    pub used_ms: f64,
    /// The clock stands until then: the incident is suspended.
    pub stands_until: Option<Timestamp>,
    /// The rule behind it, for its sentence.
    pub rule: DeadlineRule,
}

/// An event that the centre did not take; kept here with its reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct RefusedEvent {
    /// As it was handed in; none when the creation itself was refused.
    pub event: Option<IncidentEvent>,
    /// Why.
    pub code: Code,
}

/// One incident with everything its screen shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct IncidentDetail {
    /// As in the list.
    pub row: IncidentRow,
    /// The fold.
    pub view: IncidentView,
    /// Names of everybody the view mentions.
    pub people: Vec<PersonName>,
    /// Departments that the view mentions.
    pub departments: Vec<Department>,
    /// Its category, when the phone has it.
    pub category: Option<Category>,
    /// Receipt of each event, by the hash of the change that carries it.
    pub event_receipts: BTreeMap<String, Receipt>,
    /// Where each photo is on its way, by its hash.
    pub photo_states: BTreeMap<String, PhotoState>,
    /// Receipt of each voice note, by its hash.
    pub voice_receipts: BTreeMap<String, Receipt>,
    /// Until when each original is open that this worker gave a reason for, by its hash.
    pub open_originals: BTreeMap<String, Timestamp>,
    /// Events that the centre refused.
    pub refused: Vec<RefusedEvent>,
    /// Offices that opened it, first first.
    pub seen: Vec<Seen>,
    /// The clock behind `row.due`; none once it has ended.
    pub clock: Option<WorkingClock>,
    /// What can be done from here, right now.
    pub possible: Vec<PossibleAct>,
    /// What cannot, and why not.
    pub withheld: Vec<Withheld>,
    /// Open cases that may be about the same thing: same kind, 30 m and a day apart at most.
    pub alike: Vec<NearbyIncident>,
}

/// A finding of a running patrol that becomes an incident.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct FindingOrigin {
    /// The patrol.
    pub patrol: PatrolId,
    /// The finding.
    pub finding: FindingId,
}

/// Where a hazard form starts from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct IncidentStart {
    /// 来源
    pub source: SourceChannel,
    /// The household the worker stands at, if any: gives the place.
    pub household: Option<gridwalk_core::ids::HouseholdId>,
    /// The finding it came from, if any.
    pub finding: Option<FindingOrigin>,
    /// Where the phone is, if it knows.
    pub position: Option<Position>,
}

/// How a hazard is handed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ReportHow {
    /// 上报 (T2)
    Submit {
        /// Stands in for a missing photo.
        without_photo_because: Option<String>,
    },
    /// 现场已处置 (T3)
    SelfHandle {
        /// What was done.
        measure: String,
    },
}

/// A case of the same kind close by: "就是这件".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct NearbyIncident {
    /// The case.
    pub row: IncidentRow,
    /// How far, when both know where they are.
    pub distance_m: Option<u32>,
    /// The day it was reported.
    pub date: NaiveDate,
}
