//! A household 户: its dwelling 房屋, its members and its visits 走访, in one document.
//!
//! Fields are `REG!` registers (two values at once are shown, never picked); visits are append-only facts.

mod change;
mod dwelling;
mod edit;
mod member;
mod rules;
mod view;
mod visit;

pub use crate::amend::Amendment;
pub use dwelling::{DwellingAct, DwellingEvent, Part, VoidReason, door_key, may_rearrange};
pub(crate) use edit::may_visit;
pub use edit::{NO_ENTRY_DAYS, add, apply, create};
pub use rules::{KNOCK_MINUTES, UNINVITED, quiet, too_often};
pub(crate) use rules::{distinct, out_of_range};
pub use view::view;
pub(crate) use visit::keep_known;

use crate::{
    form::{FormView, NewFormResponse},
    ids::{
        BuildingId, DwellingEventId, HouseholdId, IncidentId, MemberId, PersonId, TaskId, VisitId,
    },
    time::Timestamp,
    voice::VoiceNote,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),* }
    )*};
}
pub(crate) use words;

words! {
    /// How a visit ended 结果. Refusal is as valid as the rest.
    VisitOutcome { /// 见人
        Met, /// 电话联系
        Phoned, /// 未遇
        NotHome, /// 拒访
        Refused, /// 搬离
        MovedOut, /// 门牌不符
        WrongDoor }
    /// Why somebody went 走访类型.
    VisitKind { /// 日常走访
        Routine, /// 关爱探访
        Care, /// 专项
        Campaign, /// 回访
        FollowUp, /// 督导
        Supervision, /// 电话探访
        Phone }
    /// 用途
    DwellingUse { /// 自住
        OwnerOccupied, /// 出租
        Rented, /// 空置
        Vacant, /// 经营
        Business, /// 群租隐患
        Crowded }
    /// 居住状态
    Occupancy { /// 常住
        Resident, /// 偶住
        Occasional, /// 无人
        Empty, /// 已搬离
        Left }
    /// 方便时间
    PreferredTime { /// 上午
        Morning, /// 中午
        Noon, /// 下午
        Afternoon, /// 傍晚
        Evening, /// 周末
        Weekend }
    /// 联系方式
    ContactPreference { /// 上门
        Door, /// 电话
        Phone, /// 先约
        Appointment }
    /// A safety check at the door 安全检查项.
    SafetyItem { /// 燃气软管
        GasHose, /// 用电
        Wiring, /// 烟感
        SmokeAlarm, /// 疏散
        Exit }
    /// How that item was found.
    SafetyState { /// 正常
        Ok, /// 有隐患
        Hazard, /// 已整改
        Fixed, /// 没看到
        NotSeen }
    /// The fields a visit confirms or changes; the key of [`FieldChange`].
    FieldKey { /// 用途
        Use, /// 居住状态
        Occupancy, /// 居住人数
        HouseholdSize, /// 联系人
        ContactName, /// 联系电话
        ContactPhone, /// 方便时间
        PreferredTime, /// 联系方式
        ContactPreference, /// 燃气软管
        GasHose, /// 用电
        Wiring, /// 烟感
        SmokeAlarm, /// 疏散
        Exit, /// 备注
        Notes }
    /// The fields of somebody who lives here; the key of [`MemberChange`].
    MemberField { /// 称呼
        DisplayName, /// 出生年
        BirthYear, /// 关系
        Relation }
}

/// A new value for one field. Screens send what changed, never the whole record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum FieldChange {
    /// 用途
    Use(DwellingUse),
    /// 居住状态
    Occupancy(Occupancy),
    /// 居住人数, 0–20
    HouseholdSize(u8),
    /// 联系人, at most 40 characters
    ContactName(String),
    /// 联系电话: 5–20 digits, spaces, `+` or `-`
    ContactPhone(String),
    /// 方便时间
    PreferredTime(PreferredTime),
    /// 联系方式
    ContactPreference(ContactPreference),
    /// 燃气软管
    GasHose(SafetyState),
    /// 用电
    Wiring(SafetyState),
    /// 烟感
    SmokeAlarm(SafetyState),
    /// 疏散
    Exit(SafetyState),
    /// 备注, at most 500 characters, no citizen or phone numbers
    Notes(String),
}

/// One visit as the worker hands it in; a fact that never changes afterwards (amendments are facts of their own).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewVisit {
    /// Made by the phone before the form opens, so that saving twice is one visit.
    pub id: VisitId,
    /// 走访类型
    pub kind: VisitKind,
    /// 结果
    pub outcome: VisitOutcome,
    /// When the worker stood at the door.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What was different from last time.
    pub changes: Vec<FieldChange>,
    /// What was checked and found as before 没变化.
    pub confirmed: Vec<FieldKey>,
    /// 见面人数
    pub persons_met: Option<u8>,
    /// At most 1,000 characters, no citizen numbers.
    pub note: Option<String>,
    /// What was said instead of typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<VoiceNote>,
    /// The task that this visit settles.
    pub task: Option<TaskId>,
    /// Hazards reported on this visit.
    pub incidents: Vec<IncidentId>,
    /// 约定再访
    pub next_due: Option<NaiveDate>,
    /// 紧急关爱: lifts the quiet hours.
    pub care_emergency: bool,
}

/// A new member of the household; only what the door needs (`domain.md` §3.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewMember {
    /// Made by whoever adds the member.
    pub id: MemberId,
    /// 称呼 or name, at most 40 characters
    pub display_name: String,
    /// 出生年, never the date
    pub birth_year: Option<u16>,
    /// 关系, at most 20 characters: a code that every screen says in its language (`head`, `spouse`, `child`, `parent`,
    /// `grandchild`, `tenant`), or a word as somebody typed it
    pub relation: Option<String>,
}

/// A new value for one field of somebody who lives here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum MemberChange {
    /// 称呼 or name, at most 40 characters
    DisplayName(String),
    /// 出生年; none: nobody knows
    BirthYear(Option<u16>),
    /// 关系, at most 20 characters: a code that every screen says in its language (`head`, `spouse`, `child`, `parent`,
    /// `grandchild`, `tenant`), or a word as somebody typed it
    Relation(Option<String>),
}

/// What people do to a household.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // edits are made one at a time
pub enum HouseholdEdit {
    /// Log a visit with the fields that it changed or confirmed.
    RecordVisit(NewVisit),
    /// Add words to a visit; the visit itself stays.
    AmendVisit {
        /// Which visit.
        visit: VisitId,
        /// At most 1,000 characters.
        note: String,
    },
    /// Correct one field outside a visit.
    ChangeField(FieldChange),
    /// Settle a conflict: the chosen value is written over both.
    ResolveConflict(FieldChange),
    /// Somebody moved in.
    AddMember(NewMember),
    /// What is listed of somebody was wrong, or is not so any more.
    CorrectMember {
        /// Who.
        member: MemberId,
        /// What is different; one field or more.
        changes: Vec<MemberChange>,
    },
    /// Somebody moved out.
    MemberLeft {
        /// Who.
        member: MemberId,
    },
    /// 注销: no dwelling any more, or never one. Its history stays.
    VoidDwelling {
        /// Made by the phone, so that doing it twice is done once.
        event: DwellingEventId,
        /// Why.
        reason: VoidReason,
        /// At most 200 characters.
        note: Option<String>,
        /// The dwelling that stands for it.
        same_as: Option<HouseholdId>,
    },
    /// 拆分: 502 becomes 502A and 502B, whose documents begin with [`add`].
    SplitDwelling {
        /// Made by the phone.
        event: DwellingEventId,
        /// Two or more.
        into: Vec<Part>,
    },
    /// 恢复: these acts are taken back, by name.
    TakeBackDwelling {
        /// Made by the phone.
        event: DwellingEventId,
        /// What whoever takes it back has seen.
        events: Vec<DwellingEventId>,
    },
    /// 填表: hand in a form about this door.
    HandInForm(NewFormResponse),
}

/// What a household is created with, once (`IMM`): a wrong door is made void and listed anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dwelling {
    /// The document.
    pub id: HouseholdId,
    /// 幢
    pub building: BuildingId,
    /// 单元, as written on the door; may be empty
    pub unit: String,
    /// 室, as written on the door (`负1-02`, `东户`)
    pub room: String,
}

/// One value of a register, with where it came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sourced {
    /// The value, typed by its field.
    pub value: FieldChange,
    /// Who wrote it.
    pub by: PersonId,
    /// When it was written down.
    pub at: Timestamp,
    /// The visit on which it was learnt.
    pub visit: Option<VisitId>,
    /// Last time somebody checked it and found it as before.
    pub confirmed_at: Option<Timestamp>,
}

/// A field with all the values that nobody has overruled: one, or more when people wrote at the same time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldView {
    /// Which field.
    pub field: FieldKey,
    /// One value, or a conflict; ordered by time, newest last.
    pub values: Vec<Sourced>,
}

/// A visit as it is read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitView {
    /// What was handed in.
    pub visit: NewVisit,
    /// Who went.
    pub by: PersonId,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// Words added later.
    pub amendments: Vec<Amendment>,
}

/// A member as read back; those who left are not listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// What was entered, put right: the newest value of each field.
    pub member: NewMember,
    /// Since when we know.
    pub since: Timestamp,
    /// Fields that were put right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<MemberFieldView>,
}

/// A field of a member that somebody put right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberFieldView {
    /// Which.
    pub field: MemberField,
    /// What was entered at first.
    pub entered: MemberChange,
    /// One value, or several that were written at the same time; newest last.
    pub values: Vec<MemberValue>,
}

/// One value of it, with where it came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberValue {
    /// The value, typed by its field.
    pub value: MemberChange,
    /// Who wrote it.
    pub by: PersonId,
    /// When it was written down.
    pub at: Timestamp,
}

/// Everything a screen or the registry needs of one household.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HouseholdView {
    /// The document.
    pub id: HouseholdId,
    /// 幢
    pub building: BuildingId,
    /// 单元
    pub unit: String,
    /// 室
    pub room: String,
    /// Fields that have at least one value, in the order of [`FieldKey`].
    pub fields: Vec<FieldView>,
    /// 不愿入户 until that day, if a refusal stands (it outlives every merge).
    pub no_entry_until: Option<NaiveDate>,
    /// Members who live here.
    pub members: Vec<MemberView>,
    /// Newest first, by `recorded_at`, then id.
    pub visits: Vec<VisitView>,
    /// 已注销: an act that made it void stands. It leaves the lists and keeps its history.
    #[serde(default)]
    pub void: bool,
    /// The dwelling that it was a piece of.
    #[serde(default)]
    pub part_of: Option<HouseholdId>,
    /// What was done to the dwelling, newest first, also what was taken back.
    #[serde(default)]
    pub events: Vec<DwellingEvent>,
    /// Forms that were answered here, by name; every version apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<FormView>,
    /// Items written by a newer app that this one keeps but cannot show.
    pub unreadable: u32,
}
