//! Whether an event may take effect: one guard for every transition of `domain.md` §3.5.3. The code says why not.

use super::{
    IncidentAction, IncidentEvent, IncidentState, OwnershipState, RequestKind, RequestOutcome,
    Satisfaction, role_may, state::Fold, stepping::at_desk,
};
use crate::{
    act::{Act, Role},
    error::Code,
    ids::{DepartmentId, EventId, PersonId},
    time::Timestamp,
};

/// T21: how long a closed incident can be opened again.
const REOPEN_MS: i64 = 30 * 24 * 3_600_000;

impl Fold {
    /// Whether `event` may take effect now. `knows` says which events its author knew of.
    pub fn guard(&self, event: &IncidentEvent, knows: &dyn Fn(usize) -> bool) -> Result<(), Code> {
        use IncidentAction as A;
        use IncidentState as S;
        let (by, at) = (event.act.by, event.act.recorded_at);
        if !role_may(event.act.role, &event.action) {
            return Err(Code::WrongRole);
        }
        if of_a_round(&event.action) {
            need(self.of_this_round(knows), Code::EarlierRound)?;
        }
        match &event.action {
            A::Submit {
                without_photo_because: reason,
            } => {
                self.from(&[S::Draft])?;
                need(by == self.creator, Code::WrongRole)?;
                need(
                    self.proof.before
                        || !self.voices.is_empty()
                        || reason.as_deref().is_some_and(said),
                    Code::MissingPhoto,
                )
            }
            A::SelfHandle { measure } => {
                self.guard_on_site(by, knows)?;
                need(said(measure), Code::MissingReason)
            }
            A::ConfirmSelf => self
                .from(&[S::SelfHandled])
                .and(self.guard_steps_ended(knows)),
            A::RejectSelf { reason } => self.from(&[S::SelfHandled]).and(because(reason)),
            A::AskVerify { question } => self.from(&[S::Reported]).and(because(question)),
            A::VerifyResult { note, .. } => self.from(&[S::Verifying]).and(need(
                self.proof.check || (self.errand && said(note)),
                Code::MissingPhoto,
            )),
            A::Accept => self.from(&[S::Reported]),
            A::Refuse { reason } => self.from(&[S::Reported, S::Accepted]).and(because(reason)),
            A::File => self.from(&[S::Accepted]),
            A::Dispatch { .. } => self.from(&[S::Filed, S::Returned]),
            A::Start => self
                .from(&[S::Dispatched])
                .and(self.handles(event.department, knows)),
            A::Return { reason } => {
                self.in_hand(at)?;
                self.handles(event.department, knows)?;
                because(reason)
            }
            A::Reassign {
                owner,
                co_departments,
                reason,
            } => {
                self.from(&[S::Dispatched, S::Handling, S::Suspended])?;
                let same = self.owner == Some(*owner) && self.co_departments == *co_departments;
                need(!same, Code::AlreadySo)?;
                because(reason)
            }
            A::RequestSuspension { until, reason } => {
                self.from(&[S::Handling])?;
                self.handles(event.department, knows)?;
                self.guard_request(RequestKind::Suspension, *until, at, reason)
            }
            A::RequestExtension { until, reason } => {
                self.from(&[S::Dispatched, S::Handling, S::Suspended])?;
                self.handles(event.department, knows)?;
                need(self.course.extended_to.is_none(), Code::ExtensionUsed)?;
                self.guard_request(RequestKind::Extension, *until, at, reason)
            }
            A::Grant { request } => self.guard_grant(*request),
            A::Deny { request, reason } => self.waiting(*request).map(drop).and(because(reason)),
            A::Resume => {
                self.from(&[S::Suspended])?;
                match event.act.role {
                    Role::Handler => self.handles(event.department, knows),
                    _ => Ok(()),
                }
            }
            A::Feedback { measure, document } => {
                self.in_hand(at)?;
                self.handles(event.department, knows)?;
                need(said(measure), Code::MissingReason)?;
                self.guard_steps_ended(knows)?;
                need(
                    self.errand || self.proof.after || document.as_deref().is_some_and(said),
                    Code::MissingAfterPhoto,
                )
            }
            A::SendCheck { checker } => self
                .from(&[S::Feedback, S::SelfHandled])
                .and(self.not_a_handler(*checker)),
            A::ChangeChecker { checker, reason } => {
                self.from(&[S::Checking])?;
                need(self.checker != Some(*checker), Code::AlreadySo)?;
                self.not_a_handler(*checker)?;
                because(reason)
            }
            A::CheckPass => self
                .checking(by, knows)
                .and(self.guard_steps_ended(knows))
                .and(need(self.errand || self.proof.check, Code::MissingPhoto)),
            A::CheckFail { reason } => self.checking(by, knows).and(because(reason)),
            A::Reopen { reason } => {
                self.from(&[S::Closed, S::Evaluated, S::Merged])?;
                let recent = self
                    .ended_at
                    .is_some_and(|ended| at.since(ended) <= REOPEN_MS);
                let unhappy = self.course.satisfaction == Some(Satisfaction::Dissatisfied);
                need(recent || unhappy, Code::ReopenTooLate)?;
                because(reason)
            }
            A::Merge { into } => {
                self.open()?;
                need(*into != self.id, Code::MergeIntoItself)
            }
            A::CallBack { .. } => self.from(&[S::Closed, S::Evaluated]),
            A::Evaluate { opinion } => self.from(&[S::Closed]).and(because(opinion)),
            A::Cancel { reason } => self.guard_cancel(&event.act, reason),
            A::Whistle {
                departments,
                reason,
            }
            | A::Notify {
                departments,
                reason,
            } => {
                need(self.state != S::Draft, Code::WrongState)?;
                need(!departments.is_empty(), Code::MissingDepartment)?;
                because(reason)
            }
            A::ReportIn { call, .. } => self.guard_report_in(*call, event.department),
            A::Supervise { level, reason } => {
                need(self.state != S::Draft, Code::WrongState)?;
                need((1..=3).contains(level), Code::ValueOutOfRange)?;
                need(self.course.supervised < Some(*level), Code::AlreadySo)?;
                because(reason)
            }
            A::Meeting { with, agreed } => {
                need(self.state != S::Draft, Code::WrongState)?;
                need(said(with) && said(agreed), Code::MissingReason)
            }
            A::Comment { text } => because(text),
            A::OpenOriginal { original, reason } => {
                let mut named = self.photos.iter().filter_map(|photo| photo.original);
                need(named.any(|known| known.hash == *original), Code::NotFound)?;
                because(reason)
            }
            A::AddPhoto { .. } | A::AddVoice { .. } => Ok(()),
            A::SetOwnership { ownership, .. } => {
                let registers = *ownership == OwnershipState::Fallback && at_desk(event.act.role);
                if registers && self.asks_around() {
                    return self.guard_fallback(event);
                }
                Ok(())
            }
            A::SetSeverity { severity, reason } => {
                let lowers = severity.level() > self.severity.level();
                let desk = matches!(event.act.role, Role::Dispatcher | Role::DutyChief);
                need(!lowers || desk, Code::WrongRole)?;
                need(
                    !lowers || reason.as_deref().is_some_and(said),
                    Code::MissingReason,
                )
            }
            A::RecordDispute { .. }
            | A::Escalate { .. }
            | A::ConcludeDispute { .. }
            | A::RecordFulfilment { .. } => self.guard_dispute(&event.action),
            A::AddStep { .. }
            | A::MoveStep { .. }
            | A::EndStep { .. }
            | A::AskOwner { .. }
            | A::MakeSafe { .. }
            | A::StartNotice { .. }
            | A::RegisterFallback { .. } => self.guard_step(event, knows),
        }
    }

    /// T3: nothing urgent, with a photo before and one after. A quarrel that was settled needs no photo of anybody. An errand
    /// needs none either, is ended by whoever ran it, and until a department has begun with it.
    fn guard_on_site(&self, by: PersonId, knows: &dyn Fn(usize) -> bool) -> Result<(), Code> {
        use IncidentState as S;
        if self.errand {
            self.from(&[
                S::Draft,
                S::Reported,
                S::Verifying,
                S::Accepted,
                S::Filed,
                S::Dispatched,
                S::Returned,
            ])?;
            need(self.severity.level() >= 3, Code::SeverityTooHigh)?;
            return self.guard_steps_ended(knows);
        }
        need(by == self.creator, Code::WrongRole)?;
        let settled = self
            .course
            .dispute
            .as_ref()
            .map(|d| d.success == Some(true));
        if settled == Some(true) {
            return self.from(&[S::Draft, S::Reported]);
        }
        let quarrels = settled.is_some();
        need(!quarrels || self.state != S::Reported, Code::NotSettled)?;
        self.from(&[S::Draft])?;
        need(self.severity.level() >= 3, Code::SeverityTooHigh)?;
        let lacks = |code| if quarrels { Code::NotSettled } else { code };
        need(self.proof.before, lacks(Code::MissingPhoto))?;
        need(self.proof.after, lacks(Code::MissingAfterPhoto))
    }

    /// T23: the creator until the desk accepts, the dispatcher from the queue.
    fn guard_cancel(&self, act: &Act, reason: &str) -> Result<(), Code> {
        use IncidentState as S;
        let dispatcher = matches!(act.role, Role::Dispatcher | Role::DutyChief);
        need(dispatcher || act.by == self.creator, Code::WrongRole)?;
        match self.state {
            S::Draft | S::Reported => because(reason),
            state if state.ended() => Err(Code::WrongState),
            _ => Err(Code::CancelAfterAccept),
        }
    }

    fn guard_request(
        &self,
        kind: RequestKind,
        until: Timestamp,
        at: Timestamp,
        reason: &str,
    ) -> Result<(), Code> {
        need(until > at, Code::ValueOutOfRange)?;
        need(!self.course.waits(kind), Code::AlreadyAsked)?;
        because(reason)
    }

    fn guard_grant(&self, request: EventId) -> Result<(), Code> {
        use IncidentState as S;
        match self.waiting(request)? {
            RequestKind::Suspension => self.from(&[S::Handling]),
            RequestKind::Extension => {
                self.from(&[S::Dispatched, S::Handling, S::Suspended])?;
                need(self.course.extended_to.is_none(), Code::ExtensionUsed)
            }
        }
    }

    /// What a request that waits for an answer asks for.
    fn waiting(&self, request: EventId) -> Result<RequestKind, Code> {
        let request = self.course.request(request).ok_or(Code::NotFound)?;
        need(
            request.outcome == RequestOutcome::Waiting,
            Code::AlreadyDecided,
        )?;
        Ok(request.kind)
    }

    fn guard_report_in(&self, call: EventId, department: Option<DepartmentId>) -> Result<(), Code> {
        let mut calls = self.course.calls.iter();
        let call = calls
            .find(|known| known.event == call)
            .ok_or(Code::NotFound)?;
        let department = department.filter(|d| call.departments.contains(d));
        let department = department.ok_or(Code::OutOfScope)?;
        let mut answers = call.answers.iter();
        need(
            !answers.any(|answer| answer.department == department),
            Code::AlreadySo,
        )
    }

    fn guard_dispute(&self, action: &IncidentAction) -> Result<(), Code> {
        use IncidentAction as A;
        use IncidentState as S;
        let dispute = self.course.dispute.as_ref().ok_or(Code::NotADispute)?;
        match action {
            A::RecordDispute { parties, .. } => {
                need(!self.state.ended(), Code::WrongState)?;
                need((2..=99).contains(parties), Code::ValueOutOfRange)
            }
            A::Escalate { tier, reason } => {
                self.open()?;
                need(*tier > dispute.tier, Code::AlreadySo)?;
                because(reason)
            }
            A::ConcludeDispute { outcome, .. } => {
                need(self.state != S::Cancelled, Code::WrongState)?;
                because(outcome)
            }
            _ => need(dispute.success == Some(true), Code::NotSettled),
        }
    }

    /// Whose check it is: the named person's, and of whoever was named before and did not know better.
    fn checking(&self, by: PersonId, knows: &dyn Fn(usize) -> bool) -> Result<(), Code> {
        self.from(&[IncidentState::Checking])?;
        let mut former = self.former_checkers.iter();
        let unaware = former.any(|(person, change)| *person == by && !knows(*change));
        need(self.checker == Some(by) || unaware, Code::WrongRole)
    }

    fn from(&self, states: &[IncidentState]) -> Result<(), Code> {
        need(states.contains(&self.state), Code::WrongState)
    }

    /// Handed in, and not at its end.
    pub(super) fn open(&self) -> Result<(), Code> {
        let open = self.state != IncidentState::Draft && !self.state.ended();
        need(open, Code::WrongState)
    }

    /// A department has it and its clock runs; a suspension whose day has come needs no separate word.
    fn in_hand(&self, at: Timestamp) -> Result<(), Code> {
        use IncidentState as S;
        let mut pauses = self.course.suspensions.iter();
        let over = self.state == S::Suspended && pauses.all(|pause| pause.to <= at);
        need(
            over || matches!(self.state, S::Dispatched | S::Handling),
            Code::WrongState,
        )
    }

    /// A department that has it, or had it this round and did not know that it was taken away.
    fn handles(
        &self,
        department: Option<DepartmentId>,
        knows: &dyn Fn(usize) -> bool,
    ) -> Result<(), Code> {
        let department = department.ok_or(Code::OutOfScope)?;
        let mut former = self.former_departments.iter();
        let unaware = former.any(|(before, change)| *before == department && !knows(*change));
        let theirs =
            self.owner == Some(department) || self.co_departments.contains(&department) || unaware;
        need(theirs, Code::OutOfScope)
    }

    fn not_a_handler(&self, checker: PersonId) -> Result<(), Code> {
        need(!self.handled_by.contains(&checker), Code::SameChecker)
    }
}

/// Actions that answer the present round: an author who did not know how it began means an earlier one.
fn of_a_round(action: &IncidentAction) -> bool {
    use IncidentAction as A;
    matches!(
        action,
        A::VerifyResult { .. }
            | A::Start
            | A::Return { .. }
            | A::Feedback { .. }
            | A::RequestSuspension { .. }
            | A::RequestExtension { .. }
            | A::CheckPass
            | A::CheckFail { .. }
    )
}

pub(super) fn need(holds: bool, otherwise: Code) -> Result<(), Code> {
    if holds { Ok(()) } else { Err(otherwise) }
}

pub(super) fn because(words: &str) -> Result<(), Code> {
    need(said(words), Code::MissingReason)
}

/// Somebody wrote something other than blanks.
pub(super) fn said(text: &str) -> bool {
    !text.trim().is_empty()
}
