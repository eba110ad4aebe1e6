//! A care plan 关爱对象: one person who agreed to be looked after, in a document of their own that only the grid's worker,
//! lead and secretary read (`AccessClass::CARE`).
//!
//! Nothing that matters has an arbitrary winner: a withdrawn consent beats everything written without knowing of it, of two
//! levels set at once the more urgent counts until a person decides, and whoever reads the words says why.

mod due;
mod edit;
mod rules;
mod standing;
mod view;

pub use due::{CareDue, CareDueWhy, due, ending, frequency_days};
pub use edit::{apply, create};
pub use view::{view, without_words};

use crate::{
    household::words,
    ids::{CarePlanId, CarerId, ConsentId, HouseholdId, MemberId, NeedId, PersonId, SupportId},
    time::Timestamp,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

words! {
    /// 关爱类型
    CareType { /// 独居
        LivingAlone, /// 空巢
        EmptyNest, /// 留守老人
        LeftBehindElder, /// 失能
        Dependent, /// 重残
        Disabled, /// 困境儿童
        ChildInNeed, /// 计生特殊家庭
        BereavedParents, /// 低保
        LowIncome, /// 孕产
        Maternity, /// 临时困难
        Temporary }
    /// 级别, most urgent first.
    CareLevel { /// 一级 (高风险)
        First, /// 二级 (重点)
        Second, /// 三级 (一般)
        Third }
    /// What a consent covers 同意范围.
    ConsentScope { /// 上门探访, 电话问候
        Visits, /// 代办和帮扶
        Help, /// 联系紧急联系人
        Contact, /// 志愿者、结对人参与
        Team }
    /// How it was given.
    ConsentHow { /// 当面口头
        Spoken, /// 书面
        Written, /// 监护人代为同意
        Guardian }
    /// 需求类型
    NeedKind { /// 就医
        Medical, /// 代办
        Errand, /// 家务
        Housework, /// 餐食
        Meals, /// 维修
        Repair, /// 陪伴
        Company, /// 物资
        Supplies }
    /// 需求状态, least done first.
    NeedState { /// 待办
        Todo, /// 进行
        Doing, /// 完成
        Done }
    /// What was done for somebody 帮扶.
    SupportKind { /// 上门探访
        Visit, /// 电话问候
        Phone, /// 代办
        Errand, /// 家务
        Housework, /// 送餐
        Meals, /// 维修
        Repair, /// 陪伴
        Company, /// 送物资
        Supplies }
    /// Who helps.
    CarerRole { /// 志愿者
        Volunteer, /// 邻居
        Neighbour, /// 结对人
        Partner, /// 家人
        Family }
}

/// What a plan is created with (`IMM`). Types and level are edits, so that they can change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCarePlan {
    /// The document.
    pub id: CarePlanId,
    /// Where the person lives.
    pub household: HouseholdId,
    /// Who of the household; none when it is the only one, or nobody in particular.
    pub person: Option<MemberId>,
}

/// 同意: what somebody agreed to, before whom, and until when. A fact; a new one renews it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConsent {
    /// Made by the phone.
    pub id: ConsentId,
    /// What it covers; at least one.
    pub scope: Vec<ConsentScope>,
    /// How.
    pub how: ConsentHow,
    /// When it was given.
    pub given_at: Timestamp,
    /// 见证人, at most 40 characters
    pub witness: String,
    /// Last day on which it counts; at most two years after it was given.
    pub expires: NaiveDate,
}

/// 需求
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewNeed {
    /// Made by the phone.
    pub id: NeedId,
    /// Of what kind.
    pub kind: NeedKind,
    /// At most 200 characters; restricted.
    pub detail: String,
}

/// 帮扶记录: something was done. A fact that never changes afterwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSupport {
    /// Made by the phone before the form opens, so that saving twice is one record.
    pub id: SupportId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: SupportKind,
    /// 见到本人: the person was seen or heard.
    pub seen: bool,
    /// 一切如常: nothing was different.
    pub as_usual: bool,
    /// Needs that are done with it.
    pub needs_done: Vec<NeedId>,
    /// At most 500 characters; restricted.
    pub note: Option<String>,
    /// 紧急关爱: lifts the quiet hours.
    pub emergency: bool,
}

/// Somebody who helps 志愿者 / 结对人.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCarer {
    /// Made by the phone.
    pub id: CarerId,
    /// As the family calls them, at most 40 characters.
    pub name: String,
    /// As what.
    pub role: CarerRole,
}

/// 紧急联系人
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmergencyContact {
    /// `女儿`, at most 40 characters
    pub name: String,
    /// 5–20 digits, spaces, `+` or `-`
    pub phone: String,
}

/// What people do to a care plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // edits are made one at a time
pub enum CareEdit {
    /// 同意, the first one or a renewal.
    GiveConsent(NewConsent),
    /// 撤回同意: it counts against everything that was written without knowing of it. Also a no to the first question.
    WithdrawConsent {
        /// At most 200 characters.
        reason: Option<String>,
    },
    /// 定级; settles a difference too.
    SetLevel {
        /// Which.
        level: CareLevel,
    },
    /// A care type applies.
    AddType {
        /// Which.
        care_type: CareType,
    },
    /// It does not apply any more.
    RemoveType {
        /// Which.
        care_type: CareType,
    },
    /// 需求
    AddNeed(NewNeed),
    /// A need goes on, or is done.
    MarkNeed {
        /// Which.
        need: NeedId,
        /// How far.
        state: NeedState,
    },
    /// 帮扶记录
    LogSupport(NewSupport),
    /// 紧急联系人
    SetContact(EmergencyContact),
    /// 居家安全提示, at most 200 characters; restricted
    SetSafetyNote {
        /// The words.
        note: String,
    },
    /// Somebody joins the team.
    JoinTeam(NewCarer),
    /// Somebody leaves it.
    LeaveTeam {
        /// Who.
        carer: CarerId,
    },
    /// The restricted words were opened; kept for whoever asks who read them.
    Open {
        /// At most 200 characters.
        reason: String,
    },
    /// 结束
    Close {
        /// At most 200 characters.
        reason: String,
    },
    /// 重新开始
    Reopen {
        /// At most 200 characters.
        reason: String,
    },
}

/// Who did something in a plan, and when it was written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CareMark {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// 级别 as it counts: the most urgent of what nobody has overruled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LevelView {
    /// What counts.
    pub level: CareLevel,
    /// One value, or a difference that somebody has to settle; oldest first.
    pub values: Vec<LevelValue>,
}

impl LevelView {
    /// People set different levels without knowing of each other.
    pub fn differs(&self) -> bool {
        self.values.iter().any(|value| value.level != self.level)
    }
}

/// One value of the level, with where it came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LevelValue {
    /// Which.
    pub level: CareLevel,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// Whether somebody agreed, as the document says; only a calendar knows whether it has expired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ConsentView {
    /// Nobody asked yet, or there was no answer.
    Pending,
    /// It was given. Of two given at once the narrower scope and the earlier day count.
    Given {
        /// What it covers.
        scope: Vec<ConsentScope>,
        /// Last day.
        expires: NaiveDate,
        /// The latest of the consents that stand.
        latest: NewConsent,
        /// Who wrote that down.
        by: PersonId,
    },
    /// 已撤回
    Withdrawn {
        /// Who wrote it down.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// Why, if it was said.
        reason: Option<String>,
    },
}

/// Whether a plan may be worked on today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentStanding {
    /// Nobody asked yet.
    Pending,
    /// It counts.
    Given,
    /// Its last day is over.
    Expired,
    /// It was withdrawn.
    Withdrawn,
}

impl ConsentView {
    /// Whether it counts on that day.
    pub fn standing(&self, today: NaiveDate) -> ConsentStanding {
        match self {
            Self::Pending => ConsentStanding::Pending,
            Self::Given { expires, .. } if *expires < today => ConsentStanding::Expired,
            Self::Given { .. } => ConsentStanding::Given,
            Self::Withdrawn { .. } => ConsentStanding::Withdrawn,
        }
    }
}

/// A need as read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NeedView {
    /// What was entered; its words are empty once the consent was withdrawn.
    pub need: NewNeed,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Of states marked at once the least done.
    pub state: NeedState,
    /// Several states were marked at once.
    pub differs: bool,
}

/// A support record as read back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SupportView {
    /// What was recorded; without its words once the consent was withdrawn.
    pub support: NewSupport,
    /// Who.
    pub by: PersonId,
    /// When it was written down.
    pub recorded_at: Timestamp,
    /// It was written without knowing that the consent had been withdrawn: it is kept, and counts for nothing.
    pub overruled: bool,
}

/// One reading of the restricted words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenView {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// One value of a register with where it came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactView {
    /// Who to call.
    pub contact: EmergencyContact,
    /// Who wrote it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// The safety note with where it came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SafetyNoteView {
    /// The words.
    pub note: String,
    /// Who wrote it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// How a plan ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosedView {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// Everything a screen or the registry needs of one care plan. Once the consent is withdrawn it has no words: no details,
/// notes, contacts or names of helpers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CareView {
    /// What it was created with.
    pub created: NewCarePlan,
    /// By whom, and when.
    pub begun: CareMark,
    /// Types that apply.
    pub types: Vec<CareType>,
    /// 级别
    pub level: LevelView,
    /// 同意
    pub consent: ConsentView,
    /// Oldest first.
    pub needs: Vec<NeedView>,
    /// Newest first.
    pub support: Vec<SupportView>,
    /// One value, or several that somebody has to settle; oldest first.
    pub contacts: Vec<ContactView>,
    /// One value, or several; oldest first.
    pub safety_notes: Vec<SafetyNoteView>,
    /// Who helps.
    pub team: Vec<NewCarer>,
    /// Who read the words, newest first.
    pub opens: Vec<OpenView>,
    /// 最近见到: the last support at which the person was seen.
    pub last_seen: Option<Timestamp>,
    /// 结束, unless somebody reopened it or found it more urgent meanwhile.
    pub closed: Option<ClosedView>,
    /// Somebody helped without knowing that the plan was closed: 要重新开始吗?
    pub reopen_asked: bool,
    /// Items written by a newer app.
    pub unreadable: u32,
}
