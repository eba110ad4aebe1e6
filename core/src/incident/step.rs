//! 子任务: the steps of a case, each followed to its own end. Two uses of one thing: the milestones of an errand 代办, and the
//! inquiries 权属征询 about a part 部件 that nobody owns, with what surrounds those (made safe, put on notice, registered).
//!
//! **Days.** The answer to an inquiry is due after 3 days and a notice runs for 15 (`domain.md` §3.5.5). Both are calendar days:
//! the paper says 天 here and 工作日 elsewhere, an open manhole does not wait for Monday, and so the fold needs no calendar of
//! holidays. The day on which it begins is not counted, and the last day is counted whole (民法典 §201, §203).

use super::{IncidentState, IncidentView, OwnershipState};
use crate::{
    household::words,
    ids::{DepartmentId, EventId, PersonId},
    time::Timestamp,
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// 代办: the kind of case that is followed step by step, and ended in words instead of photos.
pub const ERRAND: &str = "E06001";
/// 部件 categories begin with it.
pub(super) const PART: char = 'P';
/// An answer to an inquiry is due after so many days.
pub const ANSWER_DAYS: u64 = 3;
/// 公示 lasts so many days.
pub const NOTICE_DAYS: u64 = 15;

words! {
    /// 子任务
    StepKind { /// 代办的一步
        Milestone, /// 权属征询
        Inquiry }
    /// How a step ended.
    StepOutcome { /// 办好了
        Done, /// 不用办了
        NotNeeded, /// 是他们的
        Ours, /// 不是他们的
        NotOurs, /// 逾期未答
        NoAnswer }
}

impl StepOutcome {
    /// The kind of step that ends like this.
    pub fn kind(self) -> StepKind {
        match self {
            Self::Done | Self::NotNeeded => StepKind::Milestone,
            Self::Ours | Self::NotOurs | Self::NoAnswer => StepKind::Inquiry,
        }
    }
    /// Of two that did not know of each other the higher stands: what was done was done, and an owner who was found is not lost.
    pub(super) fn weight(self) -> u8 {
        match self {
            Self::NotNeeded | Self::NoAnswer => 0,
            Self::NotOurs => 1,
            Self::Done | Self::Ours => 2,
        }
    }
}

/// How a step ended, in whose words, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepEnd {
    /// How.
    pub outcome: StepOutcome,
    /// In words; may be empty.
    pub note: String,
    /// Who says so.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// 子任务: one milestone of an errand, or one inquiry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// The event that added it, by which others name it.
    pub event: EventId,
    /// Which of the two.
    pub kind: StepKind,
    /// What is to be done, or what was asked.
    pub what: String,
    /// With whom or where it lies now; of an inquiry whom it was sent to.
    pub lies_with: String,
    /// The wanted day, or the last day of the answer.
    pub due: Option<NaiveDate>,
    /// Who added it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// How it ended, once it has.
    pub end: Option<StepEnd>,
    /// What somebody was told on site, until the desk decides.
    pub proposed: Option<StepEnd>,
}

impl Step {
    /// Its last day is over, and it has not ended.
    pub fn overdue(&self, today: NaiveDate) -> bool {
        self.end.is_none() && self.due.is_some_and(|due| due < today)
    }
}

/// 先行处置: the place was made safe, for the time being or for good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeSafe {
    /// Which unit did it; none when somebody of the grid did.
    pub unit: Option<DepartmentId>,
    /// What was done.
    pub measure: String,
    /// Who says so.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// 公示
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Since when.
    pub at: Timestamp,
    /// Its last day; from the next one on the part can be registered.
    pub until: NaiveDate,
    /// Where it can be read.
    pub place: String,
}

/// 无主部件: what was done about a part that nobody owns, besides asking around.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ownerless {
    /// How it was made safe, first first.
    pub made_safe: Vec<MadeSafe>,
    /// The notice that runs or ran.
    pub notice: Option<Notice>,
    /// 兜底单位, once registered.
    pub fallback: Option<DepartmentId>,
}

/// The last of so many days after the one of `at`.
pub(super) fn last_day(at: Timestamp, days: u64) -> NaiveDate {
    let begun = at.local_date();
    begun.checked_add_days(Days::new(days)).unwrap_or(begun)
}

impl IncidentView {
    /// 代办: a case that goes step by step and ends in words.
    pub fn is_errand(&self) -> bool {
        self.created.category == ERRAND
    }

    /// The day on which somebody looks after its steps again: of an errand the next wanted one; of a part whose owner is asked
    /// for the last day of the next answer or of the notice, else the day since which the notice could hang. None when nothing of
    /// it is left, which for a part may be long after the case was closed.
    pub fn follow_day(&self) -> Option<NaiveDate> {
        let course = &self.course;
        let left = course.steps.iter().filter(|step| step.end.is_none());
        let next = left.filter_map(|step| step.due).min();
        if self.is_errand() {
            return next.filter(|_| !self.state.ended());
        }
        let asked_for = matches!(
            course.ownership,
            Some(OwnershipState::Unclear | OwnershipState::Ownerless)
        );
        let gone = matches!(
            self.state,
            IncidentState::NotFiled | IncidentState::Merged | IncidentState::Cancelled
        );
        if !asked_for || gone {
            return None;
        }
        let notice = course.ownerless.as_ref().and_then(|o| o.notice.as_ref());
        let answered = course.steps.iter().filter_map(|step| step.end.as_ref());
        next.or(notice.map(|notice| notice.until))
            .or(answered.map(|end| end.at.local_date()).max())
    }
}
