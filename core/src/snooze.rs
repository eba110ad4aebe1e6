//! 稍后: something that is due waits for another day, at most twice, with a reason. It is a note to oneself on one phone
//! and not an act: nothing travels, the day on which it was due stays what it was, and whatever is done there settles it.

use crate::{
    care::CareLevel,
    error::{Code, Refusal},
    household::words,
    reference::TaskKind,
    text,
};
use serde::{Deserialize, Serialize};

/// How often one thing waits before it is done, refused or given to somebody else.
pub const MOST: u32 = 2;
/// The longest reason in own words.
const LONGEST: usize = 100;

words! {
    /// Why it waits.
    SnoozeReason { /// 约了改天
        Agreed, /// 对方这会儿不方便
        Inconvenient, /// 先办急的
        MoreUrgent, /// 天气不好
        Weather, /// In own words.
        Other }
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Something that the centre assigned.
    Task {
        /// Of which kind.
        kind: TaskKind,
        /// It belongs to an incident.
        of_incident: bool,
    },
    /// 关爱
    Care {
        /// The level that counts.
        level: CareLevel,
        /// Past its day.
        overdue: bool,
    },
    /// 巡查 by a plan.
    Patrol {
        /// Days until it would be due anew.
        every: u32,
    },
}

impl Due {
    /// Days that it may wait at a time; none when it may not wait at all.
    pub fn longest(self) -> Option<u32> {
        match self {
            // the working clock of the case runs, and the desk waits for the answer
            Self::Task {
                of_incident: true, ..
            }
            | Self::Task {
                kind: TaskKind::Verify | TaskKind::Returned,
                ..
            } => None,
            // once a week, and that has passed
            Self::Care {
                level: CareLevel::First,
                overdue: true,
            } => None,
            Self::Care {
                level: CareLevel::First,
                ..
            } => Some(1),
            Self::Care { .. }
            | Self::Task {
                kind: TaskKind::Care,
                ..
            } => Some(3),
            Self::Task { .. } => Some(7),
            Self::Patrol { every } => Some(every.clamp(1, 7)),
        }
    }

    /// Why it may not wait for the `earlier + 1`th time; none when it may.
    pub fn refused(self, earlier: u32) -> Option<Code> {
        match self.longest() {
            None => Some(Code::CannotWait),
            Some(_) if earlier >= MOST => Some(Code::SnoozedTwice),
            Some(_) => None,
        }
    }

    /// Whether it may wait so many days, having waited `earlier` times, for this reason.
    pub fn may_wait(
        self,
        days: u32,
        earlier: u32,
        reason: SnoozeReason,
        words: Option<&str>,
    ) -> Result<(), Refusal> {
        if let Some(code) = self.refused(earlier) {
            return Err(Refusal::new(code, format!("{self:?}, {earlier} times")));
        }
        if !(1..=self.longest().unwrap_or_default()).contains(&days) {
            let detail = format!("{self:?} does not wait {days} days");
            return Err(Refusal::new(Code::ValueOutOfRange, detail));
        }
        let words = words.unwrap_or_default();
        if reason == SnoozeReason::Other {
            text::required(words, LONGEST, Code::MissingReason)?;
        }
        text::note(words, LONGEST)
    }
}
