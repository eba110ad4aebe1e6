//! 走访: from the door to 已存本机, and what is put right afterwards.

use crate::{
    Phone,
    documents::{self, Edit, Target},
    error::{Answer, Failure},
    households, reference,
    settings::drop_drafts,
    view::HouseholdDetail,
};
use gridwalk_core::{
    error::Code,
    household::{
        FieldChange, HouseholdEdit, MemberChange, NewMember, NewVisit, VisitKind, VisitOutcome,
    },
    ids::{HouseholdId, MemberId, TaskId, VisitId},
    reference::TaskKind,
};

impl Phone {
    /// A visit with its id, so that saving twice is one visit. Everything that has one value counts as confirmed until
    /// the worker says otherwise. Nothing is stored yet.
    pub fn begin_visit(&self, household: HouseholdId, task: Option<TaskId>) -> Answer<NewVisit> {
        self.who()?;
        let now = self.now();
        let id = VisitId(self.new_id()?);
        self.database().read(|db| {
            let view = households::view(db, household)?;
            if view.void {
                return Err(Failure::new(Code::DwellingVoid, "nobody is visited there"));
            }
            let kind = reference::tasks(db)?
                .into_iter()
                .find(|row| Some(row.id) == task)
                .map_or(VisitKind::Routine, |task| match task.kind {
                    TaskKind::Care => VisitKind::Care,
                    TaskKind::Revisit | TaskKind::Recheck => VisitKind::FollowUp,
                    _ => VisitKind::Routine,
                });
            Ok(NewVisit {
                id,
                kind,
                outcome: VisitOutcome::Met,
                started_at: now,
                ended_at: now,
                changes: Vec::new(),
                confirmed: view
                    .fields
                    .iter()
                    .filter(|field| field.values.len() == 1)
                    .map(|field| field.field)
                    .collect(),
                persons_met: None,
                note: None,
                voice: None,
                task,
                incidents: Vec::new(),
                next_due: None,
                care_emergency: false,
            })
        })
    }

    /// 已存本机. Saving the same visit again changes nothing.
    pub fn save_visit(&self, household: HouseholdId, visit: NewVisit) -> Answer<HouseholdDetail> {
        let mut visit = visit;
        if visit.ended_at <= visit.started_at {
            visit.ended_at = self.now().max(visit.started_at);
        }
        // what was changed was not found as before, and nobody checks a form at a closed door
        let spoken = matches!(visit.outcome, VisitOutcome::Met | VisitOutcome::Phoned);
        let changed: Vec<_> = visit.changes.iter().map(FieldChange::key).collect();
        visit
            .confirmed
            .retain(|field| spoken && !changed.contains(field));
        let drafts = [household.to_string(), visit.id.to_string()];
        let saved = self.edit_household(household, HouseholdEdit::RecordVisit(visit), &drafts);
        match saved {
            Err(failure) if failure.code == Code::AlreadyRecorded => self.household(household),
            other => other,
        }
    }

    /// Adds words to a visit.
    pub fn amend_visit(
        &self,
        household: HouseholdId,
        visit: VisitId,
        note: String,
    ) -> Answer<HouseholdDetail> {
        self.edit_household(household, HouseholdEdit::AmendVisit { visit, note }, &[])
    }

    /// Corrects one field outside a visit.
    pub fn change_field(
        &self,
        household: HouseholdId,
        change: FieldChange,
    ) -> Answer<HouseholdDetail> {
        self.edit_household(household, HouseholdEdit::ChangeField(change), &[])
    }

    /// 要你定一下: the chosen value is written over both.
    pub fn resolve_conflict(
        &self,
        household: HouseholdId,
        choice: FieldChange,
    ) -> Answer<HouseholdDetail> {
        self.edit_household(household, HouseholdEdit::ResolveConflict(choice), &[])
    }

    /// Somebody moved in.
    pub fn add_member(&self, household: HouseholdId, member: NewMember) -> Answer<HouseholdDetail> {
        self.edit_household(household, HouseholdEdit::AddMember(member), &[])
    }

    /// What is listed of somebody was wrong, or is not so any more.
    pub fn correct_member(
        &self,
        household: HouseholdId,
        member: MemberId,
        changes: Vec<MemberChange>,
    ) -> Answer<HouseholdDetail> {
        let edit = HouseholdEdit::CorrectMember { member, changes };
        self.edit_household(household, edit, &[])
    }

    /// Somebody moved out.
    pub fn member_left(&self, household: HouseholdId, member: MemberId) -> Answer<HouseholdDetail> {
        self.edit_household(household, HouseholdEdit::MemberLeft { member }, &[])
    }

    pub(crate) fn edit_household(
        &self,
        household: HouseholdId,
        edit: HouseholdEdit,
        drafts: &[String],
    ) -> Answer<HouseholdDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let record = match &edit {
            HouseholdEdit::RecordVisit(visit) => visit.id.to_string(),
            _ => format!("{household} {}", now.0),
        };
        // What the screen shows next is read before the commit: the writer's pages are still at hand, and a reader would
        // have to decrypt them again after every write. Whatever keeps it from being shown does not undo the save.
        let detail = self.database().write(|db| {
            let target = Target {
                document: household.into(),
                grid: who.identity.home(now),
                title: households::title(db, household, now)?,
                record,
                severity: None,
            };
            documents::record(db, &who.identity, &target, &[Edit::Household(edit)], &act)?;
            drop_drafts(db, drafts)?;
            let worker = Some(who.identity.worker.id);
            Ok(households::detail(db, household, now, worker))
        })?;
        self.wake(false);
        detail
    }
}
