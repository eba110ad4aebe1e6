//! What lies ahead of a case: the ordinary way forward, step by step, so that whoever waits for a turn is told what comes
//! before it. Which stages a verb needs is asked of its guard and written down nowhere else.

use super::{IncidentEvent, IncidentState, state::Fold};
use crate::error::Code;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident: $($from:ident)|+ => $to:ident;)*) => {
        /// A step that takes a case forward.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(rename_all = "snake_case")]
        pub enum CaseStep { $($(#[$doc])* $name),* }
        impl CaseStep {
            /// Every step, for the tests that look for missing words.
            pub const ALL: &'static [CaseStep] = &[$(CaseStep::$name),*];
            /// From where, and to where it leads.
            pub(super) const fn way(self) -> (&'static [IncidentState], IncidentState) {
                match self {
                    $(Self::$name => (&[$(IncidentState::$from),+], IncidentState::$to)),*
                }
            }
        }
    };
}

steps! {
    /// 上报
    Submit: Draft => Reported;
    /// 现场处置
    SelfHandle: Draft => SelfHandled;
    /// 受理
    Accept: Reported => Accepted;
    /// 请人核实
    AskVerify: Reported => Verifying;
    /// 报核实结果
    VerifyResult: Verifying => Reported;
    /// 立案
    File: Accepted => Filed;
    /// 派遣
    Dispatch: Filed | Returned => Dispatched;
    /// 处置反馈
    Feedback: Dispatched | Handling => Feedback;
    /// 开始处置
    Start: Dispatched => Handling;
    /// 同意挂账
    Suspend: Handling => Suspended;
    /// 恢复处置
    Resume: Suspended => Handling;
    /// 送核查
    SendCheck: Feedback | SelfHandled => Checking;
}

/// When something that the present stage does not allow has its turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It comes; this is what has to happen next on the way there.
    After(CaseStep),
    /// It was possible once, and the case has gone on.
    Past,
    /// Neither: such a case never asks for it.
    Never,
}

impl Fold {
    /// When `event` has its turn on a case that went through the stages `before`. The shortest way there counts.
    pub(super) fn turn(&self, event: &IncidentEvent, before: &[IncidentState]) -> Turn {
        let fits = |stage| {
            let there = Self {
                state: stage,
                ..self.clone()
            };
            there.guard(event, &|_| true) != Err(Code::WrongState)
        };
        let mut seen = vec![self.state];
        let mut ways = VecDeque::from([(self.state, None)]);
        while let Some((stage, first)) = ways.pop_front() {
            for &step in CaseStep::ALL {
                let (from, to) = step.way();
                if !from.contains(&stage) || seen.contains(&to) {
                    continue;
                }
                let first = first.unwrap_or(step);
                if fits(to) {
                    return Turn::After(first);
                }
                seen.push(to);
                ways.push_back((to, Some(first)));
            }
        }
        if before.iter().any(|&stage| fits(stage)) {
            Turn::Past
        } else {
            Turn::Never
        }
    }
}
