//! 关爱: plans that this phone may read, what is due of them, and what is done about it. Their words are shown for a quarter
//! of an hour to whoever opened them with a reason; the reason is an act in the plan, and travels like every other.

use crate::{
    Phone,
    delivery::{receipt_of, refused_edits},
    documents::{self, Edit, Noun, Target},
    error::{Answer, Failure},
    households::{self, Lookups, days_between},
    settings::drop_drafts,
    snooze,
    view::{CareDetail, CareInput, CareRow, CareStart, HouseholdRow, Later, Receipt, RefusedCare},
};
use chrono::NaiveDate;
use gridwalk_core::snooze::Due;
use gridwalk_core::{
    care::{
        self, CareDueWhy, CareEdit, CareView, ConsentStanding, ConsentView, EmergencyContact,
        NeedState, NewCarePlan, NewCarer, NewConsent, NewNeed, NewSupport, SupportKind,
    },
    error::Code,
    household::{self, HouseholdView, MemberView, VisitKind, VisitOutcome},
    ids::{
        CarePlanId, CarerId, ConsentId, DocumentId, GridId, HouseholdId, NeedId, PersonId,
        SupportId,
    },
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};

/// How long the words stay open for whoever gave a reason.
const OPEN_MS: i64 = 15 * 60_000;

impl Phone {
    /// Every plan of my grids: what is due first, closed ones last.
    pub fn care_plans(&self) -> Answer<Vec<CareRow>> {
        let today = self.now().local_date();
        self.database().read(|db| {
            let lookups = Lookups::read(db, today)?;
            let mut rows = Vec::new();
            for view in views(db)? {
                rows.push(row(db, &view, &lookups, today)?);
            }
            sort(&mut rows, &lookups);
            Ok(rows)
        })
    }

    /// One plan.
    pub fn care_plan(&self, id: CarePlanId) -> Answer<CareDetail> {
        let now = self.now();
        let worker = self.enrolment().map(|who| who.identity.worker.id);
        self.database().read(|db| detail(db, id, now, worker))
    }

    /// A plan begins. Nothing is recorded about the person before they agreed.
    pub fn begin_care(&self, start: CareStart) -> Answer<CareDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let id = CarePlanId(self.new_id()?);
        let worker = Some(who.identity.worker.id);
        let done = self.database().write(|db| {
            let there = of_household_views(db, start.household)?;
            let same =
                |view: &&CareView| view.created.person == start.person && view.closed.is_none();
            if let Some(known) = there.iter().find(same) {
                return Ok(detail(db, known.created.id, now, worker));
            }
            if households::view(db, start.household)?.void {
                return Err(Failure::new(Code::DwellingVoid, "nobody lives there"));
            }
            let target = Target {
                document: id.into(),
                grid: grid_of(db, start.household)?.unwrap_or(who.identity.home(now)),
                title: households::title(db, start.household, now)?,
                record: id.to_string(),
                severity: None,
            };
            let create = Edit::CreateCarePlan {
                new: NewCarePlan {
                    id,
                    household: start.household,
                    person: start.person,
                },
                types: start.types,
                level: start.level,
            };
            documents::record(db, &who.identity, &target, &[create], &act)?;
            Ok(detail(db, id, now, worker))
        })?;
        self.wake(false);
        done
    }

    /// A support record with its id, so that saving twice is one record. Nothing is stored yet.
    pub fn begin_support(&self, plan: CarePlanId) -> Answer<NewSupport> {
        self.who()?;
        let id = SupportId(self.new_id()?);
        let at = self.now();
        self.database().read(|db| view(db, plan))?;
        Ok(NewSupport {
            id,
            at,
            kind: SupportKind::Visit,
            seen: true,
            as_usual: true,
            needs_done: Vec::new(),
            note: None,
            emergency: false,
        })
    }

    /// 已存本机. Saving the same record again changes nothing.
    pub fn save_support(&self, plan: CarePlanId, support: NewSupport) -> Answer<CareDetail> {
        let mut support = support;
        support.note = support.note.filter(|note| !note.trim().is_empty());
        support.as_usual &= support.note.is_none() && support.needs_done.is_empty();
        let drafts = [format!("support {plan}")];
        let record = support.id.to_string();
        let saved = self.edit_care(plan, CareEdit::LogSupport(support), record, &drafts);
        match saved {
            Err(failure) if failure.code == Code::AlreadyRecorded => self.care_plan(plan),
            other => other,
        }
    }

    /// Everything else that is done to a plan.
    pub fn act_on_care(&self, plan: CarePlanId, input: CareInput) -> Answer<CareDetail> {
        let now = self.now();
        let edit = self.edit_of(input, now)?;
        self.edit_care(plan, edit, format!("{plan} {}", now.0), &[])
    }

    fn edit_of(&self, input: CareInput, now: Timestamp) -> Answer<CareEdit> {
        let words = |reason: Option<String>| reason.filter(|reason| !reason.trim().is_empty());
        Ok(match input {
            CareInput::GiveConsent {
                scope,
                how,
                witness,
                expires,
            } => CareEdit::GiveConsent(NewConsent {
                id: ConsentId(self.new_id()?),
                scope,
                how,
                given_at: now,
                witness,
                expires,
            }),
            CareInput::WithdrawConsent { reason } => CareEdit::WithdrawConsent {
                reason: words(reason),
            },
            CareInput::SetLevel { level } => CareEdit::SetLevel { level },
            CareInput::AddType { care_type } => CareEdit::AddType { care_type },
            CareInput::RemoveType { care_type } => CareEdit::RemoveType { care_type },
            CareInput::AddNeed { kind, detail } => CareEdit::AddNeed(NewNeed {
                id: NeedId(self.new_id()?),
                kind,
                detail,
            }),
            CareInput::MarkNeed { need, state } => CareEdit::MarkNeed { need, state },
            CareInput::SetContact { name, phone } => {
                CareEdit::SetContact(EmergencyContact { name, phone })
            }
            CareInput::SetSafetyNote { note } => CareEdit::SetSafetyNote { note },
            CareInput::JoinTeam { name, role } => CareEdit::JoinTeam(NewCarer {
                id: CarerId(self.new_id()?),
                name,
                role,
            }),
            CareInput::LeaveTeam { carer } => CareEdit::LeaveTeam { carer },
            CareInput::Open { reason } => CareEdit::Open { reason },
            CareInput::Close { reason } => CareEdit::Close { reason },
            CareInput::Reopen { reason } => CareEdit::Reopen { reason },
        })
    }

    fn edit_care(
        &self,
        plan: CarePlanId,
        edit: CareEdit,
        record: String,
        drafts: &[String],
    ) -> Answer<CareDetail> {
        let who = self.who()?;
        let now = self.now();
        let act = who.identity.act(now);
        let worker = Some(who.identity.worker.id);
        let shown = self.database().write(|db| {
            let known = view(db, plan)?;
            let target = Target {
                document: plan.into(),
                grid: who.identity.home(now), // it exists already
                title: households::title(db, known.created.household, now)?,
                record,
                severity: None,
            };
            documents::record(db, &who.identity, &target, &[Edit::Care(edit)], &act)?;
            drop_drafts(db, drafts)?;
            Ok(detail(db, plan, now, worker))
        })?;
        self.wake(false);
        shown
    }
}

/// Plans of which something is due today or was before.
pub(crate) fn due(db: &Connection, lookups: &Lookups, today: NaiveDate) -> Answer<Vec<CareRow>> {
    let mut due = Vec::new();
    for view in views(db)? {
        let row = row(db, &view, lookups, today)?;
        if row.due_now {
            due.push(row);
        }
    }
    sort(&mut due, lookups);
    Ok(due)
}

/// What is due of that plan today or was before, and since which day.
pub(crate) fn due_of(
    db: &Connection,
    id: CarePlanId,
    today: NaiveDate,
) -> Answer<Option<(Due, NaiveDate)>> {
    let view = view(db, id)?;
    let lookups = Lookups::of_door(db, view.created.household, today)?;
    let row = row(db, &view, &lookups, today)?;
    let due = row.due.filter(|_| row.due_now);
    Ok(due.map(|due| (may_wait(&view, due, today), due.day)))
}

/// Only a visit that was missed makes a plan urgent; a consent to renew does not.
fn may_wait(view: &CareView, due: care::CareDue, today: NaiveDate) -> Due {
    Due::Care {
        level: view.level.level,
        overdue: due.why == CareDueWhy::Visit && due.day < today,
    }
}

/// The plans of one door.
pub(crate) fn of_household(
    db: &Connection,
    household: HouseholdId,
    today: NaiveDate,
) -> Answer<Vec<CareRow>> {
    let views = of_household_views(db, household)?;
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let lookups = Lookups::of_door(db, household, today)?;
    let rows = views.iter().map(|view| row(db, view, &lookups, today));
    rows.collect()
}

fn sort(rows: &mut [CareRow], lookups: &Lookups) {
    rows.sort_by_cached_key(|row| {
        let walk = row.household.as_ref().map(|door| lookups.walk(door));
        let overdue = std::cmp::Reverse(row.overdue_days.min(1));
        (
            row.closed || row.standing == ConsentStanding::Withdrawn,
            !row.due_now,
            overdue,
            walk.is_none(),
            walk,
            row.id,
        )
    });
}

fn views(db: &Connection) -> Answer<Vec<CareView>> {
    let mut select = db.prepare_cached("select view from care_plan")?;
    let rows = select.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|json| Ok(serde_json::from_str(&json?)?)).collect()
}

fn of_household_views(db: &Connection, household: HouseholdId) -> Answer<Vec<CareView>> {
    let mut select =
        db.prepare_cached("select view from care_plan where household = ?1 order by id")?;
    let rows = select.query_map([household.0], |row| row.get::<_, String>(0))?;
    rows.map(|json| Ok(serde_json::from_str(&json?)?)).collect()
}

/// The merged plan as it was projected last.
fn view(db: &Connection, id: CarePlanId) -> Answer<CareView> {
    let json: Option<String> = db
        .prepare_cached("select view from care_plan where id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let json =
        json.ok_or_else(|| Failure::new(Code::NotFound, "no such care plan on this phone"))?;
    Ok(serde_json::from_str(&json)?)
}

pub(crate) fn grid_of(db: &Connection, household: HouseholdId) -> Answer<Option<GridId>> {
    Ok(db
        .prepare_cached("select grid from document where id = ?1")?
        .query_row([household.0], |row| Ok(GridId(row.get(0)?)))
        .optional()?)
}

fn row(db: &Connection, view: &CareView, lookups: &Lookups, today: NaiveDate) -> Answer<CareRow> {
    let id = view.created.household;
    let door = households::rows(db, [id], lookups)?.remove(&id);
    let household = match &door {
        Some(_) => Some(households::view(db, id)?),
        None => None,
    };
    let visited = household.as_ref().and_then(care_visit);
    let due = care::due(view, visited, today);
    let last_seen = view.last_seen.map(|at| at.local_date()).max(visited);
    let person = household.as_ref().and_then(|household| {
        let mut members = household.members.iter();
        members.find(|member| Some(member.member.id) == view.created.person)
    });
    let several = household
        .as_ref()
        .is_some_and(|view| view.members.len() > 1);
    let later = match due.filter(|due| due.day <= today) {
        Some(due) => {
            let wait = may_wait(view, due, today);
            snooze::later(db, view.created.id.0, due.day, wait, today)?
        }
        None => Later::default(),
    };
    Ok(CareRow {
        id: view.created.id,
        household_id: id,
        // The door's own name is how people call whoever lives there alone, or whom they ask for there; another of that
        // household is named, because 李阿姨 would be somebody else.
        name: match (person, &door) {
            (Some(person), Some(door))
                if several && !asked_for(person, household.as_ref(), door) =>
            {
                lookups.shown(person.member.display_name.clone())
            }
            (_, Some(door)) => door.name.clone(),
            (_, None) => String::new(),
        },
        household: door,
        level: view.level.level,
        level_differs: view.level.differs(),
        standing: view.consent.standing(today),
        consent_ends_in: care::ending(view, today).map(|end| days_between(today, end)),
        overdue_days: due.map_or(0, |due| days_between(due.day, today)),
        due_now: due.is_some_and(|due| due.day <= today),
        due,
        days_since_seen: last_seen.map(|day| days_between(day, today)),
        last_seen,
        needs_open: count(
            view.needs
                .iter()
                .filter(|need| need.state != NeedState::Done),
        ),
        closed: view.closed.is_some(),
        reopen_asked: view.reopen_asked,
        later,
    })
}

/// Whether the door is called by this member: the only one there with that surname.
fn asked_for(person: &MemberView, household: Option<&HouseholdView>, door: &HouseholdRow) -> bool {
    let surname = |name: &str| name.chars().next();
    let called = surname(&door.name);
    let mut same = household
        .iter()
        .flat_map(|view| &view.members)
        .filter(|member| surname(&member.member.display_name) == called);
    let only = same.next().zip(same.next().is_none().then_some(()));
    only.is_some_and(|(only, ())| only.member.id == person.member.id)
}

/// 关爱探访 in the household's own document at which somebody was met.
fn care_visit(household: &HouseholdView) -> Option<NaiveDate> {
    let visits = household.visits.iter().map(|visit| &visit.visit);
    visits
        .filter(|visit| visit.kind == VisitKind::Care && visit.outcome == VisitOutcome::Met)
        .map(|visit| visit.ended_at.local_date())
        .max()
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

fn detail(
    db: &Connection,
    id: CarePlanId,
    now: Timestamp,
    worker: Option<PersonId>,
) -> Answer<CareDetail> {
    let today = now.local_date();
    let whole = view(db, id)?;
    let lookups = Lookups::of_door(db, whole.created.household, today)?;
    let row = row(db, &whole, &lookups, today)?;
    let document = DocumentId::from(id);
    let mut support_receipts = BTreeMap::new();
    for done in &whole.support {
        let item = done.support.id.to_string();
        let receipt = receipt_of(db, document, &[Noun::Support], Some(&item))?;
        // a colleague's record came from the centre
        support_receipts.insert(item, receipt.unwrap_or(Receipt::Centre));
    }
    let refused = refused_edits(db, document)?
        .into_iter()
        .map(|(edit, code)| RefusedCare {
            what: edit.care_word().to_owned(),
            code,
        })
        .collect();
    let open_until = open_until(&whole, now, worker);
    let bare = care::without_words(whole.clone());
    let people = households::names(db, mentioned(&whole))?;
    Ok(CareDetail {
        row,
        has_words: bare != whole,
        every_days: u32::try_from(care::frequency_days(whole.level.level, &whole.types))
            .unwrap_or(u32::MAX),
        view: if open_until.is_some() { whole } else { bare },
        open_until,
        people,
        support_receipts,
        receipt: receipt_of(db, document, &[], None)?.unwrap_or(Receipt::Centre),
        refused,
        warnings: household::quiet(now)
            .then_some(Code::QuietHours)
            .into_iter()
            .collect(),
    })
}

/// Until when the words are open: for a quarter of an hour after this worker gave a reason. A clock that was set back opens
/// nothing.
fn open_until(view: &CareView, now: Timestamp, worker: Option<PersonId>) -> Option<Timestamp> {
    let mine = view.opens.iter().filter(|open| Some(open.by) == worker);
    mine.map(|open| open.at)
        .filter(|at| (0..OPEN_MS).contains(&now.since(*at)))
        .map(|at| at.plus_ms(OPEN_MS))
        .max()
}

fn mentioned(view: &CareView) -> BTreeSet<PersonId> {
    let consent = match &view.consent {
        ConsentView::Pending => None,
        ConsentView::Given { by, .. } | ConsentView::Withdrawn { by, .. } => Some(*by),
    };
    let mut people = BTreeSet::from([view.begun.by]);
    people.extend(consent);
    people.extend(view.level.values.iter().map(|value| value.by));
    people.extend(view.needs.iter().map(|need| need.by));
    people.extend(view.support.iter().map(|done| done.by));
    people.extend(view.contacts.iter().map(|contact| contact.by));
    people.extend(view.safety_notes.iter().map(|note| note.by));
    people.extend(view.opens.iter().map(|open| open.by));
    people.extend(view.closed.iter().map(|closed| closed.by));
    people
}
