//! The fold: an incident's state is what its events make of it, in order. Nothing here is stored.
//!
//! [`Fold::step`] consumes the state and hands back the next one, with what became of the event. An event whose guard
//! fails is kept as *not applied, because …*; it never stops the ones after it.

use super::{
    Applied, IncidentAction, IncidentEvent, IncidentState, NewIncident, Severity, role_may,
};
use crate::{
    act::{Act, Role},
    error::Code,
    ids::{DepartmentId, PersonId},
    photo::{Photo, PhotoStage},
    time::Timestamp,
};

/// Where an incident stands after some of its events.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    creator: PersonId,
    pub state: IncidentState,
    pub severity: Severity,
    pub owner: Option<DepartmentId>,
    pub co_departments: Vec<DepartmentId>,
    pub dispatched_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub checker: Option<PersonId>,
    pub rework_count: u32,
    pub photos: Vec<Photo>,
    /// Who gave feedback: they do not check their own work.
    handled_by: Vec<PersonId>,
    /// Photos that prove the present round; a new round asks for new ones.
    proof: Proof,
}

/// Which photos were added since the round began.
#[derive(Clone, Copy, Default, Debug)]
struct Proof {
    before: bool,
    after: bool,
    check: bool,
}

impl Proof {
    fn with(self, stage: PhotoStage) -> Self {
        match stage {
            PhotoStage::Before | PhotoStage::Checkpoint => Self {
                before: true,
                ..self
            },
            PhotoStage::After => Self {
                after: true,
                ..self
            },
            PhotoStage::Check => Self {
                check: true,
                ..self
            },
        }
    }
}

impl Fold {
    /// T1: a draft with the photos it was created with.
    pub fn begin(created: &NewIncident, reported: &Act, photos: Vec<Photo>) -> Self {
        let proof = photos
            .iter()
            .fold(Proof::default(), |proof, photo| proof.with(photo.stage));
        Self {
            creator: reported.by,
            state: IncidentState::Draft,
            severity: created.severity,
            owner: None,
            co_departments: Vec::new(),
            dispatched_at: None,
            ended_at: None,
            checker: None,
            rework_count: 0,
            photos,
            handled_by: Vec::new(),
            proof,
        }
    }

    /// The state after `event`, and its fate.
    pub fn step(self, event: &IncidentEvent) -> (Self, Applied) {
        match self.guard(event) {
            Ok(()) => {
                let next = self.apply(event);
                let state = next.state;
                (next, Applied::Yes { state })
            }
            Err(because) => (self, Applied::No { because }),
        }
    }

    /// Whether `event` may take effect now; the code says why not.
    pub fn guard(&self, event: &IncidentEvent) -> Result<(), Code> {
        use IncidentAction as A;
        use IncidentState as S;
        let by = event.act.by;
        if !role_may(event.act.role, &event.action) {
            return Err(Code::WrongRole);
        }
        match &event.action {
            A::Submit {
                without_photo_because: reason,
            } => {
                self.from(&[S::Draft])?;
                need(by == self.creator, Code::WrongRole)?;
                need(
                    self.proof.before || reason.as_deref().is_some_and(said),
                    Code::MissingPhoto,
                )
            }
            A::SelfHandle { measure } => {
                self.from(&[S::Draft])?;
                need(by == self.creator, Code::WrongRole)?;
                need(self.severity.level() >= 3, Code::SeverityTooHigh)?;
                need(self.proof.before, Code::MissingPhoto)?;
                need(self.proof.after, Code::MissingAfterPhoto)?;
                need(said(measure), Code::MissingReason)
            }
            A::ConfirmSelf => self.from(&[S::SelfHandled]),
            A::RejectSelf { reason } => self
                .from(&[S::SelfHandled])
                .and(need(said(reason), Code::MissingReason)),
            A::AskVerify { question } => self
                .from(&[S::Reported])
                .and(need(said(question), Code::MissingReason)),
            A::VerifyResult { .. } => self
                .from(&[S::Verifying])
                .and(need(self.proof.check, Code::MissingPhoto)),
            A::Accept => self.from(&[S::Reported]),
            A::Refuse { reason } => self
                .from(&[S::Reported, S::Accepted])
                .and(need(said(reason), Code::MissingReason)),
            A::File => self.from(&[S::Accepted]),
            A::Dispatch { .. } => self.from(&[S::Filed]),
            A::Feedback { measure, document } => {
                self.from(&[S::Dispatched, S::Handling])?;
                need(
                    event.department.is_some_and(|d| self.handles(d)),
                    Code::OutOfScope,
                )?;
                need(said(measure), Code::MissingReason)?;
                need(
                    self.proof.after || document.as_deref().is_some_and(said),
                    Code::MissingAfterPhoto,
                )
            }
            A::SendCheck { checker } => self
                .from(&[S::Feedback])
                .and(need(!self.handled_by.contains(checker), Code::SameChecker)),
            A::CheckPass => self
                .checking(by)
                .and(need(self.proof.check, Code::MissingPhoto)),
            A::CheckFail { reason } => self
                .checking(by)
                .and(need(said(reason), Code::MissingReason)),
            A::Cancel { reason } => self.guard_cancel(&event.act, reason),
            A::Comment { text } => need(said(text), Code::MissingReason),
            A::AddPhoto { .. } => Ok(()),
            A::SetSeverity { severity, reason } => {
                let lowers = severity.level() > self.severity.level();
                need(
                    !lowers || matches!(event.act.role, Role::Dispatcher | Role::DutyChief),
                    Code::WrongRole,
                )?;
                need(
                    !lowers || reason.as_deref().is_some_and(said),
                    Code::MissingReason,
                )
            }
        }
    }

    /// T23: the creator until the desk accepts, the dispatcher from the queue.
    fn guard_cancel(&self, act: &Act, reason: &str) -> Result<(), Code> {
        use IncidentState as S;
        let dispatcher = matches!(act.role, Role::Dispatcher | Role::DutyChief);
        need(dispatcher || act.by == self.creator, Code::WrongRole)?;
        match self.state {
            S::Draft | S::Reported => need(said(reason), Code::MissingReason),
            S::NotFiled | S::Closed | S::Cancelled => Err(Code::WrongState),
            _ => Err(Code::CancelAfterAccept),
        }
    }

    fn checking(&self, by: PersonId) -> Result<(), Code> {
        self.from(&[IncidentState::Checking])
            .and(need(self.checker == Some(by), Code::WrongRole))
    }

    fn from(&self, states: &[IncidentState]) -> Result<(), Code> {
        need(states.contains(&self.state), Code::WrongState)
    }

    fn handles(&self, department: DepartmentId) -> bool {
        self.owner == Some(department) || self.co_departments.contains(&department)
    }

    /// The state after an event whose guard holds.
    fn apply(mut self, event: &IncidentEvent) -> Self {
        use IncidentAction as A;
        use IncidentState as S;
        let at = event.act.recorded_at;
        match &event.action {
            A::Submit { .. } | A::RejectSelf { .. } | A::VerifyResult { .. } => {
                self.state = S::Reported
            }
            A::SelfHandle { .. } => self.state = S::SelfHandled,
            A::AskVerify { .. } => {
                self.proof.check = false;
                self.state = S::Verifying;
            }
            A::Accept => self.state = S::Accepted,
            A::File => self.state = S::Filed,
            A::Dispatch {
                owner,
                co_departments,
            } => {
                self.owner = Some(*owner);
                self.co_departments = co_departments.clone();
                self.dispatched_at = Some(at);
                self.proof.after = false;
                self.state = S::Dispatched;
            }
            A::Feedback { .. } => {
                self.handled_by.push(event.act.by);
                self.state = S::Feedback;
            }
            A::SendCheck { checker } => {
                self.checker = Some(*checker);
                self.proof.check = false;
                self.state = S::Checking;
            }
            A::CheckFail { .. } => {
                self.rework_count += 1;
                self.checker = None;
                self.proof.after = false;
                self.state = S::Dispatched;
            }
            A::CheckPass | A::ConfirmSelf => self = self.end(S::Closed, at),
            A::Refuse { .. } => self = self.end(S::NotFiled, at),
            A::Cancel { .. } => self = self.end(S::Cancelled, at),
            A::Comment { .. } => {}
            A::AddPhoto { photo } => {
                self.proof = self.proof.with(photo.stage);
                if !self.photos.iter().any(|known| known.hash == photo.hash) {
                    self.photos.push(photo.clone());
                }
            }
            A::SetSeverity { severity, .. } => self.severity = *severity,
        }
        self
    }

    fn end(self, state: IncidentState, at: Timestamp) -> Self {
        Self {
            state,
            ended_at: Some(at),
            checker: None,
            ..self
        }
    }
}

/// Which of two events that did not know of each other stands when only one can: the lower rank, safety first
/// (`domain.md` §3.5.3). Events without a rank never compete.
pub(super) fn rank(action: &IncidentAction) -> Option<u8> {
    use IncidentAction as A;
    match action {
        A::CheckFail { .. } | A::RejectSelf { .. } => Some(1),
        A::Feedback { .. } => Some(4),
        A::Accept => Some(5),
        A::CheckPass | A::ConfirmSelf | A::Refuse { .. } => Some(6),
        A::Cancel { .. } => Some(7),
        _ => None,
    }
}

fn need(holds: bool, otherwise: Code) -> Result<(), Code> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Somebody wrote something other than blanks.
fn said(text: &str) -> bool {
    !text.trim().is_empty()
}
