//! What steps ask of the fold: when one may be added, moved and ended, and how a part that nobody owns comes to its fallback owner.
//!
//! A desk that registers does not know of the inquiry that a colleague sends at the same minute; asking once more is the
//! safer of the two and stands ([`outweighs`]), whichever the feed placed first.

use super::{
    IncidentAction, IncidentEvent, IncidentState, MadeSafe, Notice, Ownerless, OwnershipState,
    Step, StepEnd, StepKind, StepOutcome,
    guard::{because, need, said},
    state::Fold,
    step::{ANSWER_DAYS, NOTICE_DAYS, last_day},
};
use crate::{
    act::Role,
    error::Code,
    ids::{DepartmentId, EventId},
};

/// Which events (by index) speak of a step; beside the step itself, which is shown and these are not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    added: usize,
    proposed: Option<usize>,
}

pub(super) fn at_desk(role: Role) -> bool {
    matches!(role, Role::Dispatcher | Role::DutyChief)
}

impl Fold {
    pub(super) fn guard_step(
        &self,
        event: &IncidentEvent,
        knows: &dyn Fn(usize) -> bool,
    ) -> Result<(), Code> {
        use IncidentAction as A;
        match &event.action {
            A::AddStep { what, .. } => {
                need(self.errand, Code::NotAnErrand)?;
                self.open()?;
                need(said(what), Code::MissingWords)
            }
            A::MoveStep {
                step, lies_with, ..
            } => {
                self.open()?;
                let step = self.find_step(*step)?;
                need(step.kind == StepKind::Milestone, Code::NotAnErrand)?;
                need(step.end.is_none(), Code::AlreadyDecided)?;
                need(said(lies_with), Code::MissingWords)
            }
            A::EndStep { step, outcome, .. } => self.guard_end(event, *step, *outcome),
            A::AskOwner { addressee, .. } => {
                self.alive()?;
                let open = [OwnershipState::Unclear, OwnershipState::Ownerless];
                let asked_for = self.course.ownership.is_some_and(|o| open.contains(&o));
                need(asked_for, Code::NotOwnerless)?;
                need(said(addressee), Code::MissingDepartment)?;
                let mut inquiries = self.inquiries();
                let waits = inquiries
                    .any(|one| one.end.is_none() && one.lies_with.trim() == addressee.trim());
                need(!waits, Code::AlreadyAsked)
            }
            A::MakeSafe { measure, .. } => {
                self.alive()?;
                let spoken_of = self
                    .course
                    .ownership
                    .or(self.course.ownership_proposed)
                    .is_some();
                need(self.part || spoken_of, Code::NotOwnerless)?;
                because(measure)
            }
            A::StartNotice { place } => {
                self.guard_unowned()?;
                need(self.inquiries().next().is_some(), Code::MissingInquiry)?;
                let waits = |one: &Step| one.end.is_none() && self.added_before(one, knows);
                need(!self.inquiries().any(waits), Code::InquiryOpen)?;
                need(self.notice().is_none(), Code::AlreadySo)?;
                need(said(place), Code::MissingPlace)
            }
            _ => self.guard_fallback(event),
        }
    }

    /// 登记为兜底: asked, answered, put on notice, and nobody came in fifteen days.
    pub(super) fn guard_fallback(&self, event: &IncidentEvent) -> Result<(), Code> {
        self.guard_unowned()?;
        need(
            self.inquiries().all(|one| one.end.is_some()),
            Code::InquiryOpen,
        )?;
        let notice = self.notice().ok_or(Code::NoticeMissing)?;
        let today = event.act.recorded_at.local_date();
        need(today > notice.until, Code::NoticeRunning)
    }

    /// Said to be nobody's, claimed by nobody, and no danger meanwhile.
    fn guard_unowned(&self) -> Result<(), Code> {
        self.alive()?;
        let claimed =
            |one: &Step| matches!(&one.end, Some(end) if end.outcome == StepOutcome::Ours);
        need(!self.inquiries().any(claimed), Code::OwnerFound)?;
        need(
            self.course.ownership == Some(OwnershipState::Ownerless),
            Code::NotOwnerless,
        )?;
        let ownerless = self.course.ownerless.as_ref();
        need(
            ownerless.is_some_and(|o| !o.made_safe.is_empty()),
            Code::NotSafeYet,
        )
    }

    /// Who ends a milestone says how; an inquiry is answered by the desk, and everybody else says what they were told.
    fn guard_end(
        &self,
        event: &IncidentEvent,
        step: EventId,
        outcome: StepOutcome,
    ) -> Result<(), Code> {
        let step = self.find_step(step)?;
        need(outcome.kind() == step.kind, Code::ValueOutOfRange)?;
        let ended = step.end.as_ref();
        let same = ended.is_some_and(|end| end.outcome == outcome);
        if step.kind == StepKind::Milestone {
            self.open()?;
            return need(ended.is_none(), Code::AlreadySo);
        }
        self.alive()?;
        let registered = self.course.ownership == Some(OwnershipState::Fallback);
        need(!registered, Code::AlreadyDecided)?;
        need(!same, Code::AlreadySo)?;
        if outcome == StepOutcome::NoAnswer {
            need(at_desk(event.act.role), Code::WrongRole)?;
            let over = step.overdue(event.act.recorded_at.local_date());
            need(over || ended.is_some(), Code::AnswerNotDue)?;
        }
        Ok(())
    }

    /// An errand has no step left that its author knew of.
    pub(super) fn guard_steps_ended(&self, knows: &dyn Fn(usize) -> bool) -> Result<(), Code> {
        let mut milestones = self
            .course
            .steps
            .iter()
            .filter(|one| one.kind == StepKind::Milestone);
        let left = milestones.any(|one| one.end.is_none() && self.added_before(one, knows));
        need(!left, Code::StepsOpen)
    }

    /// Somebody has begun to ask whose it is: from here on there is one way to the fallback owner.
    pub(super) fn asks_around(&self) -> bool {
        self.inquiries().next().is_some()
    }

    pub(super) fn apply_step(
        &mut self,
        event: &IncidentEvent,
        this: usize,
        knows: &dyn Fn(usize) -> bool,
    ) {
        use IncidentAction as A;
        let at = event.act.recorded_at;
        match &event.action {
            A::AddStep {
                what,
                lies_with,
                wanted,
            } => self.add_step(event, this, StepKind::Milestone, what, lies_with, *wanted),
            A::AskOwner { addressee, note } => {
                let due = Some(last_day(at, ANSWER_DAYS));
                self.add_step(event, this, StepKind::Inquiry, note, addressee, due);
            }
            A::MoveStep {
                step,
                lies_with,
                wanted,
            } => {
                let mut steps = self.course.steps.iter_mut();
                if let Some(step) = steps.find(|known| known.event == *step) {
                    step.lies_with = lies_with.clone();
                    step.due = *wanted;
                }
            }
            A::EndStep {
                step,
                outcome,
                note,
            } => self.end_step(event, this, knows, *step, *outcome, note),
            A::MakeSafe { unit, measure } => {
                let made = MadeSafe {
                    unit: unit.or(event.department),
                    measure: measure.clone(),
                    by: event.act.by,
                    at,
                };
                self.ownerless().made_safe.push(made);
            }
            A::StartNotice { place } => {
                let (place, until) = (place.clone(), last_day(at, NOTICE_DAYS));
                self.ownerless().notice = Some(Notice { at, until, place });
            }
            A::RegisterFallback { unit, .. } => self.decide(OwnershipState::Fallback, Some(*unit)),
            _ => {}
        }
    }

    /// 权属, as the desk decides it. Where somebody owns it, no notice runs any more.
    pub(super) fn decide(&mut self, ownership: OwnershipState, fallback: Option<DepartmentId>) {
        self.course.ownership = Some(ownership);
        self.course.ownership_proposed = None;
        if let Some(ownerless) = &mut self.course.ownerless {
            ownerless.fallback = fallback;
            if !matches!(
                ownership,
                OwnershipState::Ownerless | OwnershipState::Fallback
            ) {
                ownerless.notice = None;
            }
        }
    }

    fn add_step(
        &mut self,
        event: &IncidentEvent,
        this: usize,
        kind: StepKind,
        what: &str,
        lies_with: &str,
        due: Option<chrono::NaiveDate>,
    ) {
        self.course.steps.push(Step {
            event: event.id,
            kind,
            what: what.to_owned(),
            lies_with: lies_with.to_owned(),
            due,
            by: event.act.by,
            at: event.act.recorded_at,
            end: None,
            proposed: None,
        });
        self.marks.push(Marks {
            added: this,
            proposed: None,
        });
    }

    fn end_step(
        &mut self,
        event: &IncidentEvent,
        this: usize,
        knows: &dyn Fn(usize) -> bool,
        step: EventId,
        outcome: StepOutcome,
        note: &str,
    ) {
        let mut both = self.course.steps.iter_mut().zip(&mut self.marks);
        let Some((step, marks)) = both.find(|(known, _)| known.event == step) else {
            return;
        };
        let said = StepEnd {
            outcome,
            note: note.to_owned(),
            by: event.act.by,
            at: event.act.recorded_at,
        };
        if step.kind == StepKind::Inquiry && !at_desk(event.act.role) {
            step.proposed = Some(said);
            marks.proposed = Some(this);
            return;
        }
        // What the desk had not heard of, and what says otherwise, is still to be looked at.
        let heard = marks.proposed.is_none_or(knows);
        if heard || step.proposed.as_ref().is_some_and(|p| p.outcome == outcome) {
            step.proposed = None;
        }
        step.end = Some(said);
        if outcome == StepOutcome::Ours {
            self.decide(OwnershipState::Known, None);
        }
    }

    fn ownerless(&mut self) -> &mut Ownerless {
        self.course.ownerless.get_or_insert_default()
    }
    fn notice(&self) -> Option<&Notice> {
        self.course.ownerless.as_ref()?.notice.as_ref()
    }
    fn inquiries(&self) -> impl Iterator<Item = &Step> {
        let steps = self.course.steps.iter();
        steps.filter(|one| one.kind == StepKind::Inquiry)
    }
    fn find_step(&self, step: EventId) -> Result<&Step, Code> {
        let mut steps = self.course.steps.iter();
        steps
            .find(|known| known.event == step)
            .ok_or(Code::NotFound)
    }
    fn added_before(&self, step: &Step, knows: &dyn Fn(usize) -> bool) -> bool {
        let mut both = self.course.steps.iter().zip(&self.marks);
        both.any(|(known, marks)| known.event == step.event && knows(marks.added))
    }

    /// The case was handed in and is a case of its own. Whose a part is, is asked for longer than a hole stays open.
    fn alive(&self) -> Result<(), Code> {
        use IncidentState as S;
        let gone = matches!(
            self.state,
            S::Draft | S::NotFiled | S::Merged | S::Cancelled
        );
        need(!gone, Code::WrongState)
    }
}

/// Two that did not know of each other speak of the same thing, and `other` is the safer one: the higher outcome of one step, and
/// an owner, or one more question, before a registration.
pub(super) fn outweighs(other: &IncidentEvent, this: &IncidentEvent) -> bool {
    use IncidentAction as A;
    if let (
        A::EndStep {
            step: same,
            outcome: theirs,
            ..
        },
        A::EndStep {
            step,
            outcome: mine,
            ..
        },
    ) = (&other.action, &this.action)
    {
        let both_decide = theirs.kind() == StepKind::Milestone
            || at_desk(other.act.role) == at_desk(this.act.role);
        return same == step && both_decide && theirs.weight() > mine.weight();
    }
    let registers = match &this.action {
        A::RegisterFallback { .. } => true,
        A::SetOwnership { ownership, .. } => {
            *ownership == OwnershipState::Fallback && at_desk(this.act.role)
        }
        _ => false,
    };
    let stops = match &other.action {
        A::AskOwner { .. } => true,
        A::EndStep { outcome, .. } => *outcome == StepOutcome::Ours && at_desk(other.act.role),
        A::SetOwnership { ownership, .. } => {
            *ownership == OwnershipState::Known && at_desk(other.act.role)
        }
        _ => false,
    };
    registers && stops
}
