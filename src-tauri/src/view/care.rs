//! 关爱: what a list may say of a care plan, and the plan itself, whose words are there only while they are open.

use super::{HouseholdRow, Later, PersonName, Receipt};
use chrono::NaiveDate;
use gridwalk_core::{
    care::{
        CareDue, CareLevel, CareType, CareView, CarerRole, ConsentHow, ConsentScope,
        ConsentStanding, NeedKind, NeedState,
    },
    error::Code,
    ids::{CarePlanId, CarerId, HouseholdId, NeedId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use std::collections::BTreeMap;

/// A plan in a list: no type and no words, because a neighbour may look over the worker's shoulder.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct CareRow {
    /// The document.
    pub id: CarePlanId,
    /// Where the person lives.
    pub household_id: HouseholdId,
    /// The door, when it is one of this phone's households.
    pub household: Option<HouseholdRow>,
    /// The person, or the household's 称呼.
    pub name: String,
    /// The level that counts.
    pub level: CareLevel,
    /// People set different levels: the more urgent counts until somebody decides.
    pub level_differs: bool,
    /// Whether somebody agreed, today.
    pub standing: ConsentStanding,
    /// In how many days a consent ends that is to be renewed by then; none while its end is not near.
    pub consent_ends_in: Option<u32>,
    /// What is due next.
    pub due: Option<CareDue>,
    /// Days past that day; 0 when in time.
    pub overdue_days: u32,
    /// Due today, or overdue.
    pub due_now: bool,
    /// When the person was seen last, here or on a care visit.
    pub last_seen: Option<NaiveDate>,
    /// Days since then.
    pub days_since_seen: Option<u32>,
    /// Needs that are not done.
    pub needs_open: u32,
    /// It ended.
    pub closed: bool,
    /// Somebody helped after it was closed.
    pub reopen_asked: bool,
    /// 稍后
    pub later: Later,
}

/// An act that the centre did not take; kept here with its reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct RefusedCare {
    /// Which kind of act, as `CareEdit` names it.
    pub what: String,
    /// Why.
    pub code: Code,
}

/// One plan with everything its screen shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
pub struct CareDetail {
    /// As in the list.
    pub row: CareRow,
    /// The merged plan; without its words unless this worker has just opened them.
    pub view: CareView,
    /// Until when the words are open for this worker; none when they are not.
    pub open_until: Option<Timestamp>,
    /// There are words to open.
    pub has_words: bool,
    /// Days between two visits, from the level and the types.
    pub every_days: u32,
    /// Names of everybody the view mentions.
    pub people: Vec<PersonName>,
    /// Receipt of each support record, by its id.
    pub support_receipts: BTreeMap<String, Receipt>,
    /// Receipt of everything on this plan: the least delivered of this phone's acts.
    pub receipt: Receipt,
    /// Acts that the centre refused.
    pub refused: Vec<RefusedCare>,
    /// What to say before knocking, such as `QUIET_HOURS`.
    pub warnings: Vec<Code>,
}

/// A plan as the screen begins it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct CareStart {
    /// Where.
    pub household: HouseholdId,
    /// Who of it.
    pub person: Option<gridwalk_core::ids::MemberId>,
    /// At least one.
    pub types: Vec<CareType>,
    /// 级别
    pub level: CareLevel,
}

/// What a screen does to a plan; ids and times are the phone's to give. Support has a door of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CareInput {
    /// 同意, the first one or a renewal.
    GiveConsent {
        /// What it covers.
        scope: Vec<ConsentScope>,
        /// How.
        how: ConsentHow,
        /// 见证人
        witness: String,
        /// Last day.
        expires: NaiveDate,
    },
    /// 撤回同意
    WithdrawConsent {
        /// Why, if it was said.
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
    AddNeed {
        /// Of what kind.
        kind: NeedKind,
        /// In words.
        detail: String,
    },
    /// A need goes on, or is done.
    MarkNeed {
        /// Which.
        need: NeedId,
        /// How far.
        state: NeedState,
    },
    /// 紧急联系人
    SetContact {
        /// Who.
        name: String,
        /// Their number.
        phone: String,
    },
    /// 居家安全提示
    SetSafetyNote {
        /// In words.
        note: String,
    },
    /// Somebody joins the team.
    JoinTeam {
        /// As the family calls them.
        name: String,
        /// As what.
        role: CarerRole,
    },
    /// Somebody leaves it.
    LeaveTeam {
        /// Who.
        carer: CarerId,
    },
    /// Opens the words for a quarter of an hour.
    Open {
        /// Why.
        reason: String,
    },
    /// 结束
    Close {
        /// Why.
        reason: String,
    },
    /// 重新开始
    Reopen {
        /// Why.
        reason: String,
    },
}
