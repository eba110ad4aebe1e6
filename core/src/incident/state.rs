//! The fold: an incident's state is what its events make of it, in order. Nothing here is stored.
//!
//! [`Fold::step`] consumes the state and hands back the next one, with what became of the event. An event whose guard
//! fails is kept as *not applied, because …*; it never stops the ones after it.

use super::{
    Applied, Call, CallKind, Course, Dispute, IncidentAction, IncidentEvent, IncidentState,
    NewIncident, ReportedIn, Request, RequestKind, RequestOutcome, Severity, Suspension,
    step::{ERRAND, PART},
    stepping::{Marks, at_desk},
};
use crate::{
    act::Act,
    ids::{DepartmentId, EventId, IncidentId, PersonId},
    photo::{Photo, PhotoStage},
    time::Timestamp,
    voice::VoiceNote,
};

/// Where an incident stands after some of its events.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) id: IncidentId,
    pub(super) creator: PersonId,
    pub state: IncidentState,
    pub severity: Severity,
    pub owner: Option<DepartmentId>,
    pub co_departments: Vec<DepartmentId>,
    pub dispatched_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub checker: Option<PersonId>,
    pub rework_count: u32,
    pub photos: Vec<Photo>,
    pub voices: Vec<VoiceNote>,
    pub course: Course,
    /// Who gave feedback or handled it on site: they do not check their own work.
    pub(super) handled_by: Vec<PersonId>,
    /// Photos that prove the present round; a new round asks for new ones.
    pub(super) proof: Proof,
    /// The event (by its index) that began the present round: dispatched, sent to be checked, given back, opened again.
    /// Whoever did not know of it speaks of an earlier one.
    pub(super) round: Option<usize>,
    /// Who was to check this round, and the event that put somebody else in their place.
    pub(super) former_checkers: Vec<(PersonId, usize)>,
    /// Who had it this round, and the event that gave it to somebody else.
    pub(super) former_departments: Vec<(DepartmentId, usize)>,
    /// 代办: ended in words, and not before its steps are.
    pub(super) errand: bool,
    /// 部件
    pub(super) part: bool,
    /// Which events speak of each step of the course, in its order.
    pub(super) marks: Vec<Marks>,
}

/// Which photos were added since the round began.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Proof {
    pub before: bool,
    pub after: bool,
    pub check: bool,
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
        let dispute = created.category.starts_with('D').then(Dispute::begin);
        Self {
            id: created.id,
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
            voices: Vec::new(),
            course: Course {
                dispute,
                ..Course::default()
            },
            handled_by: Vec::new(),
            proof,
            round: None,
            former_checkers: Vec::new(),
            former_departments: Vec::new(),
            errand: created.category == ERRAND,
            part: created.category.starts_with(PART),
            marks: Vec::new(),
        }
    }

    /// The state after `event`, which is number `this`, and its fate. `knows` says which events its author knew of.
    pub fn step(
        self,
        event: &IncidentEvent,
        this: usize,
        knows: &dyn Fn(usize) -> bool,
    ) -> (Self, Applied) {
        match self.guard(event, knows) {
            Ok(()) => {
                let next = self.apply(event, this, knows);
                let state = next.state;
                (next, Applied::Yes { state })
            }
            Err(because) => (self, Applied::No { because }),
        }
    }

    /// The author of an event knew how the present round began.
    pub(super) fn of_this_round(&self, knows: &dyn Fn(usize) -> bool) -> bool {
        self.round.is_none_or(knows)
    }

    /// The state after an event whose guard holds.
    pub(super) fn apply(
        mut self,
        event: &IncidentEvent,
        this: usize,
        knows: &dyn Fn(usize) -> bool,
    ) -> Self {
        use IncidentAction as A;
        use IncidentState as S;
        let at = event.act.recorded_at;
        match &event.action {
            A::Submit { .. } | A::RejectSelf { .. } | A::VerifyResult { .. } => {
                self.state = S::Reported
            }
            A::SelfHandle { .. } => {
                self.handled_by.push(event.act.by);
                self.state = S::SelfHandled;
            }
            A::AskVerify { .. } => {
                self.proof.check = false;
                self.round = Some(this);
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
                self = self.begin_handling(this);
                self.start_clock(at);
            }
            A::Start => self.state = S::Handling,
            A::Return { .. } => {
                self.course.return_count += 1;
                if self.course.return_count >= 2 {
                    self.course.supervised = self.course.supervised.max(Some(1));
                }
                self.state = S::Returned;
            }
            A::Reassign {
                owner,
                co_departments,
                ..
            } => {
                let before = self.owner.into_iter().chain(self.co_departments.drain(..));
                self.former_departments
                    .extend(before.map(|department| (department, this)));
                self.owner = Some(*owner);
                self.co_departments = co_departments.clone();
            }
            A::RequestSuspension { until, reason } => {
                self.ask(event, RequestKind::Suspension, *until, reason)
            }
            A::RequestExtension { until, reason } => {
                self.ask(event, RequestKind::Extension, *until, reason)
            }
            A::Grant { request } => self.grant(*request, at),
            A::Deny { request, reason } => {
                let reason = reason.clone();
                self.answer(*request, RequestOutcome::Denied { at, reason });
            }
            A::Resume => {
                if let Some(last) = self.course.suspensions.last_mut() {
                    last.to = last.to.min(at.max(last.from));
                }
                self.state = S::Handling;
            }
            A::Feedback { .. } => {
                self.handled_by.push(event.act.by);
                self.state = S::Feedback;
            }
            A::SendCheck { checker } => {
                self.checker = Some(*checker);
                self.former_checkers.clear();
                self.proof.check = false;
                self.round = Some(this);
                self.state = S::Checking;
            }
            A::ChangeChecker { checker, .. } => {
                let before = self.checker.replace(*checker);
                self.former_checkers
                    .extend(before.map(|person| (person, this)));
            }
            A::CheckFail { .. } => {
                self.rework_count += 1;
                self.checker = None;
                self = self.begin_handling(this);
            }
            A::Reopen { .. } => {
                self.course.reopen_count += 1;
                self.course.merged_into = None;
                self.ended_at = None;
                self.proof.check = false;
                self = self.begin_handling(this);
                if self.owner.is_some() {
                    self.start_clock(at);
                }
            }
            A::CheckPass | A::ConfirmSelf => self = self.end(S::Closed, at),
            A::Refuse { .. } => self = self.end(S::NotFiled, at),
            A::Cancel { .. } => self = self.end(S::Cancelled, at),
            A::Merge { into } => {
                self.course.merged_into = Some(*into);
                self = self.end(S::Merged, at);
            }
            A::CallBack { satisfaction, .. } => self.course.satisfaction = Some(*satisfaction),
            A::Evaluate { .. } => self.state = S::Evaluated,
            A::Whistle { departments, .. } => self.call(event, CallKind::Whistle, departments),
            A::Notify { departments, .. } => self.call(event, CallKind::Notice, departments),
            A::ReportIn { call, .. } => {
                let calls = &mut self.course.calls;
                let call = calls.iter_mut().find(|known| known.event == *call);
                if let (Some(call), Some(department)) = (call, event.department) {
                    let by = event.act.by;
                    call.answers.push(ReportedIn { department, by, at });
                }
            }
            A::Supervise { level, .. } => {
                self.course.supervised = self.course.supervised.max(Some(*level))
            }
            A::Comment { .. } | A::Meeting { .. } | A::OpenOriginal { .. } => {}
            A::AddPhoto { photo } => {
                // What was taken in an earlier round proves nothing about this one.
                if self.of_this_round(knows) {
                    self.proof = self.proof.with(photo.stage);
                }
                if !self.photos.iter().any(|known| known.hash == photo.hash) {
                    self.photos.push(photo.clone());
                }
            }
            A::AddVoice { voice } => {
                if !self.voices.iter().any(|known| known.hash == voice.hash) {
                    self.voices.push(voice.clone());
                }
            }
            A::SetSeverity { severity, .. } => self.severity = *severity,
            A::SetOwnership { ownership, .. } => {
                if at_desk(event.act.role) {
                    self.decide(*ownership, None);
                } else {
                    self.course.ownership_proposed = Some(*ownership);
                }
            }
            A::RecordDispute { .. }
            | A::Escalate { .. }
            | A::ConcludeDispute { .. }
            | A::RecordFulfilment { .. } => self.settle(&event.action, at),
            A::AddStep { .. }
            | A::MoveStep { .. }
            | A::EndStep { .. }
            | A::AskOwner { .. }
            | A::MakeSafe { .. }
            | A::StartNotice { .. }
            | A::RegisterFallback { .. } => self.apply_step(event, this, knows),
        }
        self.lapse();
        self
    }

    /// Whoever has it begins (again), with new proof; what nobody has goes back to the queue.
    fn begin_handling(mut self, this: usize) -> Self {
        self.proof.after = false;
        self.round = Some(this);
        self.former_checkers.clear();
        self.former_departments.clear();
        self.state = match self.owner {
            Some(_) => IncidentState::Dispatched,
            None => IncidentState::Reported,
        };
        self
    }

    /// The handling clock runs from here, without the pauses and favours of an earlier one.
    fn start_clock(&mut self, at: Timestamp) {
        self.dispatched_at = Some(at);
        self.course.suspensions.clear();
        self.course.extended_to = None;
    }

    fn ask(&mut self, event: &IncidentEvent, kind: RequestKind, until: Timestamp, reason: &str) {
        self.course.requests.push(Request {
            event: event.id,
            kind,
            until,
            reason: reason.to_owned(),
            by: event.act.by,
            outcome: RequestOutcome::Waiting,
        });
    }

    fn answer(&mut self, request: EventId, outcome: RequestOutcome) {
        let mut requests = self.course.requests.iter_mut();
        if let Some(request) = requests.find(|known| known.event == request) {
            request.outcome = outcome;
        }
    }

    fn grant(&mut self, request: EventId, at: Timestamp) {
        let Some((kind, until)) = self.course.request(request).map(|r| (r.kind, r.until)) else {
            return;
        };
        self.answer(request, RequestOutcome::Granted { at });
        match kind {
            RequestKind::Extension => self.course.extended_to = Some(until),
            RequestKind::Suspension => {
                let to = until.max(at);
                self.course.suspensions.push(Suspension { from: at, to });
                self.state = IncidentState::Suspended;
            }
        }
    }

    /// What is no longer in a department's hands needs no more time.
    fn lapse(&mut self) {
        if self.state.in_hand() {
            return;
        }
        for request in &mut self.course.requests {
            if request.outcome == RequestOutcome::Waiting {
                request.outcome = RequestOutcome::Lapsed;
            }
        }
    }

    fn call(&mut self, event: &IncidentEvent, kind: CallKind, departments: &[DepartmentId]) {
        let mut departments = departments.to_vec();
        departments.sort();
        departments.dedup();
        self.course.calls.push(Call {
            event: event.id,
            kind,
            departments,
            at: event.act.recorded_at,
            answers: Vec::new(),
        });
    }

    fn settle(&mut self, action: &IncidentAction, at: Timestamp) {
        use IncidentAction as A;
        let Some(dispute) = &mut self.course.dispute else {
            return;
        };
        match action {
            A::RecordDispute {
                stage,
                parties,
                follow_up,
            } => {
                dispute.stage = Some(*stage);
                dispute.parties = Some(*parties);
                dispute.follow_up = *follow_up;
            }
            A::Escalate { tier, .. } => {
                dispute.tier = *tier;
                dispute.tier_since = Some(at);
            }
            A::ConcludeDispute { route, success, .. } => {
                dispute.route = Some(*route);
                dispute.success = Some(*success);
                dispute.fulfilled = None;
            }
            A::RecordFulfilment { fulfilled, .. } => dispute.fulfilled = Some(*fulfilled),
            _ => {}
        }
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
