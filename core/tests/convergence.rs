//! Several phones edit one document offline and exchange in any order: all end equal, and nothing recorded is missing.

mod staircase;

use gridwalk_core::{
    act::Role,
    care::{
        self, CareEdit, CareLevel, CareType, ConsentHow, ConsentScope, ConsentView, NeedState,
        NewCarePlan, NewConsent, NewNeed, NewSupport, SupportKind,
    },
    document::{Document, Edited, RawChange, Unordered},
    household::{FieldChange, HouseholdEdit, VisitOutcome, view},
    ids::{
        CarePlanId, CheckpointId, ConsentId, DepartmentId, EventId, FindingId, GridId, Hash, HitId,
        IncidentId, NeedId, PatrolId, PersonId, PlaceId, SupportId, VisitId,
    },
    incident::{
        self, Applied, IncidentAction, IncidentEvent, IncidentPlace, IncidentView, NewIncident,
        OwnershipState, Severity, SourceChannel, StepOutcome,
    },
    patrol::{
        self, FindingState, HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit,
        PatrolKind,
    },
    photo::{Photo, PhotoStage},
    place::{
        self, Answered, CheckAnswer, ChecklistName, NewPlace, NewPlaceVisit, PlaceEdit,
        PlaceOutcome,
    },
    scan::{Limits, scan_change},
    time::Timestamp,
};
use proptest::prelude::*;
use staircase::*;
use std::collections::{BTreeSet, HashMap};

/// One step of a random afternoon.
#[derive(Clone, Debug)]
enum Step {
    /// Phone, what kind of edit, a number that varies it.
    Edit(usize, u8, u8),
    /// From one phone to another, skipping some changes' bytes in a shuffled order.
    Exchange(usize, usize, u64),
}

fn steps() -> impl Strategy<Value = (usize, Vec<Step>)> {
    let step = prop_oneof![
        3 => (0..4_usize, 0..8_u8, any::<u8>()).prop_map(|(phone, kind, n)| Step::Edit(phone, kind, n)),
        2 => (0..4_usize, 0..4_usize, any::<u64>()).prop_map(|(from, to, seed)| Step::Exchange(from, to, seed)),
    ];
    (2..=4_usize, prop::collection::vec(step, 1..40))
}

/// Same changes, other order: a small multiplicative shuffle is disorder enough.
fn shuffled(mut changes: Vec<RawChange>, seed: u64) -> Vec<RawChange> {
    changes.sort_by_key(|change| {
        u64::from_le_bytes(change.hash.0[..8].try_into().unwrap_or_default()).wrapping_mul(seed | 1)
    });
    changes
}

fn exchange(phones: &mut [Document], from: usize, to: usize, seed: u64) {
    let changes = shuffled(phones[from].changes(), seed);
    phones[to]
        .merge_changes(changes.iter().map(|change| &change.bytes))
        .expect("all of a phone's changes fit together");
}

/// Runs the steps, then lets everybody hear everybody, forwards and backwards.
fn played(
    born: &Document,
    count: usize,
    steps: &[Step],
    mut edit: impl FnMut(&Document, usize, u8, u8, u32) -> Option<Edited>,
) -> Vec<Document> {
    let mut phones = vec![born.clone(); count];
    for (number, step) in (1..).zip(steps) {
        match *step {
            Step::Edit(phone, kind, n) => {
                let phone = phone % count;
                if let Some(edited) = edit(&phones[phone], phone, kind, n, number) {
                    let header = scan_change(&edited.change.bytes, &Limits::default());
                    assert_eq!(header.expect("our own change").hash, edited.change.hash);
                    assert!(
                        edited.change.bytes.len() < 2_048,
                        "{}",
                        edited.change.bytes.len()
                    );
                    phones[phone] = edited.document;
                }
            }
            Step::Exchange(from, to, seed) => exchange(&mut phones, from % count, to % count, seed),
        }
    }
    for phone in (0..count).chain((0..count).rev()) {
        for other in 0..count {
            exchange(&mut phones, phone, other, phone as u64 + 3);
        }
    }
    phones
}

fn minute(number: u32) -> Timestamp {
    at(9, 0).plus_ms(i64::from(number) * 60_000)
}

fn household_edit(document: &Document, kind: u8, n: u8, number: u32) -> HouseholdEdit {
    let known = view(document);
    let some_visit = known.visits.get(usize::from(n) % known.visits.len().max(1));
    let field = match n % 4 {
        0 => FieldChange::HouseholdSize(n % 21),
        1 => FieldChange::ContactPhone(format!("142 0000 {n:04}")),
        2 => FieldChange::Notes(format!("第{n}次")),
        _ => FieldChange::ContactName(format!("{n}号")),
    };
    let mut new = visit(number, minute(number));
    match (kind, some_visit) {
        (0, Some(visit)) => HouseholdEdit::AmendVisit {
            visit: visit.visit.id,
            note: format!("补{n}"),
        },
        (1, _) => HouseholdEdit::ChangeField(field),
        (2, _) => HouseholdEdit::ResolveConflict(field),
        (3, _) => HouseholdEdit::AddMember(member(number + 10, "新人")),
        (4, _) => HouseholdEdit::MemberLeft {
            member: member(1, "").id,
        },
        (5, _) => {
            new.outcome = VisitOutcome::Refused;
            HouseholdEdit::RecordVisit(new)
        }
        (6, _) => {
            new.confirmed = known.fields.iter().map(|field| field.field).collect();
            HouseholdEdit::RecordVisit(new)
        }
        _ => {
            new.changes = vec![field];
            HouseholdEdit::RecordVisit(new)
        }
    }
}

fn place_edit(document: &Document, kind: u8, n: u8, number: u32) -> PlaceEdit {
    let known = place::view(document).expect("a place");
    let some_visit = known.visits.get(usize::from(n) % known.visits.len().max(1));
    if let (0 | 1, Some(seen)) = (kind, some_visit) {
        return PlaceEdit::AmendVisit {
            visit: seen.visit.id,
            note: format!("补{n}"),
        };
    }
    let outcome = match kind {
        2 => PlaceOutcome::Closed,
        3 => PlaceOutcome::Refused,
        4 => PlaceOutcome::Gone,
        _ => PlaceOutcome::Checked,
    };
    let answer = [
        CheckAnswer::Pass,
        CheckAnswer::Fail,
        CheckAnswer::NotApplicable,
    ];
    let answers = ["exit", "wiring", "gas"].map(|item| Answered {
        item: item.into(),
        answer: answer[usize::from(n % 3)],
        note: n.is_multiple_of(4).then(|| format!("第{number}次")),
    });
    PlaceEdit::RecordVisit(NewPlaceVisit {
        id: VisitId(uuid(2, number)),
        outcome,
        started_at: minute(number),
        ended_at: minute(number),
        checklist: Some(ChecklistName {
            kind: "shop".into(),
            version: 1,
        }),
        answers: answers
            .into_iter()
            .filter(|_| outcome == PlaceOutcome::Checked)
            .collect(),
        leaflets: Vec::new(),
        request: None,
        note: None,
        incidents: Vec::new(),
        next_due: None,
    })
}

fn care_edit(document: &Document, kind: u8, n: u8, number: u32) -> CareEdit {
    let known = care::view(document);
    let need = known.needs.get(usize::from(n) % known.needs.len().max(1));
    let consent = || {
        CareEdit::GiveConsent(NewConsent {
            id: ConsentId(uuid(16, number)),
            scope: vec![ConsentScope::Visits, ConsentScope::Help],
            how: ConsentHow::Spoken,
            given_at: minute(number),
            witness: "邻居".into(),
            expires: chrono::NaiveDate::from_ymd_opt(2027, 1, 1 + u32::from(n % 20))
                .expect("a day"),
        })
    };
    let level = [CareLevel::First, CareLevel::Second, CareLevel::Third][usize::from(n % 3)];
    let reason = || format!("第{number}次");
    match (kind, need) {
        _ if known.consent == ConsentView::Pending && kind != 2 => consent(),
        (0, _) => consent(),
        (1, _) if n.is_multiple_of(3) => CareEdit::WithdrawConsent { reason: None },
        (1, _) => CareEdit::SetSafetyNote { note: reason() },
        (2, _) => CareEdit::SetLevel { level },
        (3, _) => CareEdit::AddNeed(NewNeed {
            id: NeedId(uuid(17, number)),
            kind: care::NeedKind::Errand,
            detail: reason(),
        }),
        (4, Some(need)) => CareEdit::MarkNeed {
            need: need.need.id,
            state: [NeedState::Todo, NeedState::Doing, NeedState::Done][usize::from(n % 3)],
        },
        (5, _) if known.closed.is_some() => CareEdit::Reopen { reason: reason() },
        (5, _) if n.is_multiple_of(4) => CareEdit::Close { reason: reason() },
        (6, _) => CareEdit::Open { reason: reason() },
        _ => CareEdit::LogSupport(NewSupport {
            id: SupportId(uuid(18, number)),
            at: minute(number),
            kind: SupportKind::Visit,
            seen: true,
            as_usual: false,
            needs_done: need.map(|need| need.need.id).into_iter().collect(),
            note: Some(reason()),
            emergency: false,
        }),
    }
}

fn office(n: u8) -> DepartmentId {
    DepartmentId(uuid(13, u32::from(n % 2)))
}

/// Whatever anybody could do to an incident, as far as `n` varies it.
fn actions(n: u8, number: u32, known: &IncidentView) -> Vec<IncidentAction> {
    use IncidentAction as A;
    let reason = || format!("第{number}次");
    let until = minute(number + u32::from(n));
    let request = known.course.requests.last().map(|request| request.event);
    let request = request.unwrap_or(EventId(uuid(12, 0)));
    let steps = &known.course.steps;
    let step = steps.get(usize::from(n / 8) % steps.len().max(1));
    let step = step.map_or(EventId(uuid(12, 0)), |step| step.event);
    let stage = [PhotoStage::Before, PhotoStage::After, PhotoStage::Check][usize::from(n % 3)];
    let photo = Photo {
        hash: Hash([n; 32]),
        thumbnail: Hash([n; 32]),
        stage,
        taken_at: minute(number),
        width: 4,
        height: 3,
        bytes: 1,
        position: None,
        original: None,
    };
    vec![
        A::Submit {
            without_photo_because: Some(reason()),
        },
        A::SelfHandle { measure: reason() },
        A::ConfirmSelf,
        A::RejectSelf { reason: reason() },
        A::AskVerify { question: reason() },
        A::AddPhoto { photo },
        A::VerifyResult {
            genuine: n.is_multiple_of(2),
            note: reason(),
        },
        A::Accept,
        A::File,
        A::Dispatch {
            owner: office(n),
            co_departments: vec![],
        },
        A::Start,
        A::RequestSuspension {
            until,
            reason: reason(),
        },
        A::Return { reason: reason() },
        A::Grant { request },
        A::Deny {
            request,
            reason: reason(),
        },
        A::RequestExtension {
            until,
            reason: reason(),
        },
        A::Resume,
        A::Feedback {
            measure: reason(),
            document: n.is_multiple_of(2).then(reason),
        },
        A::SendCheck {
            checker: PersonId(uuid(1, u32::from(n % 4) + 1)),
        },
        A::ChangeChecker {
            checker: PersonId(uuid(1, u32::from(n % 4) + 1)),
            reason: reason(),
        },
        A::CheckPass,
        A::CheckFail { reason: reason() },
        A::Reopen { reason: reason() },
        A::Reassign {
            owner: office(n),
            co_departments: vec![],
            reason: reason(),
        },
        A::Whistle {
            departments: vec![office(n)],
            reason: reason(),
        },
        A::Merge {
            into: IncidentId(uuid(14, 2)),
        },
        A::Cancel { reason: reason() },
        A::SetSeverity {
            severity: Severity::new(n % 4 + 1).expect("a level"),
            reason: Some(reason()),
        },
        A::AddStep {
            what: reason(),
            lies_with: reason(),
            wanted: None,
        },
        A::MoveStep {
            step,
            lies_with: reason(),
            wanted: Some(until.local_date()),
        },
        A::EndStep {
            step,
            outcome: [StepOutcome::Done, StepOutcome::NotNeeded][usize::from(n % 2)],
            note: reason(),
        },
        A::SetOwnership {
            ownership: [
                OwnershipState::Ownerless,
                OwnershipState::Known,
                OwnershipState::Fallback,
            ][usize::from(n % 8).saturating_sub(5)],
            note: reason(),
        },
        A::MakeSafe {
            unit: None,
            measure: reason(),
        },
        A::AskOwner {
            addressee: format!("第{}家", n % 3),
            note: reason(),
        },
        A::EndStep {
            step,
            outcome: [
                StepOutcome::NotOurs,
                StepOutcome::NoAnswer,
                StepOutcome::Ours,
            ][usize::from(n % 8).saturating_sub(5)],
            note: reason(),
        },
        A::StartNotice { place: reason() },
        A::RegisterFallback {
            unit: office(n),
            note: reason(),
        },
        A::Comment { text: reason() },
    ]
}

/// A hazard, an errand, or a part; time runs faster where days count.
fn kinds() -> impl Strategy<Value = (&'static str, u32)> {
    prop_oneof![
        Just(("F01001", 1)),
        Just(("E06001", 1)),
        Just(("P01008", 900))
    ]
}

fn reported(category: &str) -> Document {
    let new = NewIncident {
        id: IncidentId(uuid(14, 1)),
        grid: GridId(uuid(7, 3)),
        local_no: "梧桐-03-0914-001".into(),
        source: SourceChannel::Patrol,
        category: category.into(),
        severity: Severity::new(3).expect("a level"),
        place: IncidentPlace {
            text: "3幢2单元三楼".into(),
            household: None,
            position: None,
        },
        description: String::new(),
        finding: None,
    };
    let created = incident::create(&new, &[], &worker(1, minute(0)));
    created.expect("a draft").document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn phones_that_heard_of_everything_fold_the_same_incident((count, steps) in steps(), order in any::<u64>(), (category, pace) in kinds()) {
        const ROLES: [Role; 7] = [
            Role::Worker, Role::Dispatcher, Role::Handler, Role::Lead, Role::DutyChief, Role::Checker, Role::Secretary,
        ];
        let mut recorded: BTreeSet<EventId> = BTreeSet::new();
        let phones = played(&reported(category), count, &steps, |document, phone, kind, n, number| {
            let known = incident::view(document, &Unordered)?;
            let all = actions(n, number, &known);
            let first = usize::from(n) % all.len();
            // The first thing from there on that somebody on this phone may do, so that stories get somewhere.
            all.iter().cycle().skip(first).take(all.len()).find_map(|action| {
                ROLES.iter().cycle().skip(usize::from(kind)).take(ROLES.len()).find_map(|role| {
                    let mut author = worker(phone as u8 + 1, minute(number * pace));
                    author.act.role = *role;
                    let event = IncidentEvent {
                        id: EventId(uuid(12, number)),
                        act: author.act.clone(),
                        department: (*role == Role::Handler).then(|| office(n)),
                        action: action.clone(),
                    };
                    let edited = incident::record(document.clone(), &event, &author, &Unordered).ok()?;
                    recorded.insert(event.id);
                    Some(edited)
                })
            })
        });
        // The centre has placed everything, in an order that no phone decides.
        let feed: HashMap<Hash, u64> = shuffled(phones[0].clone().changes(), order)
            .into_iter()
            .zip(1..)
            .map(|(change, position)| (change.hash, position))
            .collect();
        let last = incident::view(&phones[0], &feed).expect("an incident");
        let shown: BTreeSet<EventId> = last.events.iter().map(|event| event.event.id).collect();
        prop_assert_eq!(shown, recorded);
        prop_assert_eq!(last.unreadable, 0);
        prop_assert_eq!(last.state.ended(), last.ended_at.is_some());
        let reached = last.events.iter().rev().find_map(|event| match event.applied {
            Applied::Yes { state } => Some(state),
            Applied::No { .. } => None,
        });
        prop_assert_eq!(reached.unwrap_or(incident::IncidentState::Draft), last.state);
        for phone in &phones {
            prop_assert_eq!(incident::view(phone, &feed), Some(last.clone()));
        }
        let mut again = phones[0].clone();
        let snapshot = again.save();
        let none: [&[u8]; 0] = [];
        let loaded = Document::from_snapshot(again.id(), again.kind(), &snapshot, none).expect("a snapshot");
        prop_assert_eq!(incident::view(&loaded, &feed), Some(last.clone()));
        let json = serde_json::to_string(&last).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<IncidentView>(&json).expect("a view"), last);
    }

    #[test]
    fn phones_that_heard_of_everything_show_the_same_household((count, steps) in steps()) {
        let mut recorded: BTreeSet<VisitId> = BTreeSet::new();
        let phones = played(&household().document, count, &steps, |document, phone, kind, n, number| {
            let edit = household_edit(document, kind, n, number);
            let edited = apply(document, &edit, &worker(phone as u8 + 1, minute(number)));
            if let (HouseholdEdit::RecordVisit(visit), Ok(_)) = (&edit, &edited) {
                recorded.insert(visit.id);
            }
            edited.ok()
        });
        let last = view(&phones[0]);
        let shown: BTreeSet<VisitId> = last.visits.iter().map(|visit| visit.visit.id).collect();
        prop_assert_eq!(shown, recorded);
        prop_assert_eq!(last.unreadable, 0);
        for phone in &phones {
            prop_assert_eq!(phone.heads(), phones[0].heads());
            prop_assert_eq!(&view(phone), &last);
        }
        let mut again = phones[0].clone();
        let snapshot = again.save();
        let none: [&[u8]; 0] = [];
        let loaded = Document::from_snapshot(again.id(), again.kind(), &snapshot, none).expect("a snapshot");
        prop_assert_eq!(view(&loaded), last);
    }

    #[test]
    fn phones_that_heard_of_everything_show_the_same_shop((count, steps) in steps()) {
        let new = NewPlace {
            id: PlaceId(uuid(15, 2)),
            grid: GridId(uuid(7, 3)),
            name: "小满便利店".into(),
            kind: "shop".into(),
            address: None,
        };
        let born = place::create(&new, &registry()).expect("a place").document;
        let mut recorded: BTreeSet<VisitId> = BTreeSet::new();
        let mut added = 0;
        let phones = played(&born, count, &steps, |document, phone, kind, n, number| {
            let edit = place_edit(document, kind, n, number);
            let edited = place::apply(document.clone(), &edit, &worker(phone as u8 + 1, minute(number)));
            match (&edit, &edited) {
                (PlaceEdit::RecordVisit(visit), Ok(_)) => drop(recorded.insert(visit.id)),
                (PlaceEdit::AmendVisit { .. }, Ok(_)) => added += 1,
                _ => {}
            }
            edited.ok()
        });
        let last = place::view(&phones[0]).expect("a place");
        let shown: BTreeSet<VisitId> = last.visits.iter().map(|seen| seen.visit.id).collect();
        prop_assert_eq!(shown, recorded);
        let words: usize = last.visits.iter().map(|seen| seen.amendments.len()).sum();
        prop_assert_eq!(words, added);
        prop_assert_eq!(last.unreadable, 0);
        for phone in &phones {
            prop_assert_eq!(phone.heads(), phones[0].heads());
            let view = place::view(phone).expect("a place");
            prop_assert_eq!(place::due(&view), place::due(&last));
            prop_assert_eq!(&view, &last);
        }
        let mut again = phones[0].clone();
        let snapshot = again.save();
        let none: [&[u8]; 0] = [];
        let loaded = Document::from_snapshot(again.id(), again.kind(), &snapshot, none).expect("a snapshot");
        prop_assert_eq!(place::view(&loaded), Some(last));
    }

    #[test]
    fn phones_that_heard_of_everything_show_the_same_patrol((count, steps) in steps()) {
        let new = NewPatrol {
            id: PatrolId(uuid(6, 1)),
            grid: GridId(uuid(7, 3)),
            kind: PatrolKind::Night,
            plan: None,
            checkpoints: Vec::new(),
            started_at: minute(0),
        };
        let born = patrol::create(&new, &worker(1, minute(0))).expect("a round").document;
        let mut hits = 0;
        let phones = played(&born, count, &steps, |document, phone, kind, n, number| {
            let at = minute(u32::from(n));
            let edit = match kind {
                0 => PatrolEdit::Pause { at },
                1 => PatrolEdit::Resume { at },
                2 if n > 200 => PatrolEdit::Finish { at, distance_m: n.into(), line: None, note: None },
                3 => PatrolEdit::Finding(NewFinding {
                    id: FindingId(uuid(11, number)),
                    category: "F01001".into(),
                    state: FindingState::Observed,
                    incident: None,
                    voice: None,
                    note: None,
                    at,
                }),
                _ => PatrolEdit::Hit(NewHit {
                    id: HitId(uuid(10, number)),
                    checkpoint: CheckpointId(uuid(8, u32::from(n % 3))),
                    at,
                    method: HitMethod::Nfc,
                    reason: None,
                    state: HitState::Ok,
                    position: None,
                    photo: None,
                }),
            };
            let edited = patrol::apply(document.clone(), &edit, &worker(phone as u8 + 1, minute(number)));
            hits += usize::from(matches!(edit, PatrolEdit::Hit(_)) && edited.is_ok());
            edited.ok()
        });
        let last = patrol::view(&phones[0]);
        prop_assert_eq!(last.hits.len(), hits);
        let reached: BTreeSet<CheckpointId> = last.hits.iter().map(|hit| hit.hit.checkpoint).collect();
        prop_assert_eq!(last.hits.iter().filter(|hit| hit.counts).count(), reached.len());
        for phone in &phones {
            prop_assert_eq!(phone.heads(), phones[0].heads());
            prop_assert_eq!(&patrol::view(phone), &last);
        }
    }

    #[test]
    fn phones_that_heard_of_everything_show_the_same_care_plan((count, steps) in steps()) {
        let new = NewCarePlan {
            id: CarePlanId(uuid(15, 1)),
            household: dwelling().id,
            person: None,
        };
        let born = care::create(&new, &[CareType::LivingAlone], CareLevel::Third, &worker(1, minute(0)))
            .expect("a plan")
            .document;
        let mut done: BTreeSet<SupportId> = BTreeSet::new();
        let mut taken_back = false;
        let phones = played(&born, count, &steps, |document, phone, kind, n, number| {
            let edit = care_edit(document, kind, n, number);
            let edited = care::apply(document.clone(), &edit, &worker(phone as u8 + 1, minute(number)));
            if let (CareEdit::LogSupport(support), Ok(_)) = (&edit, &edited) {
                done.insert(support.id);
            }
            taken_back |= matches!(edit, CareEdit::WithdrawConsent { .. }) && edited.is_ok();
            edited.ok()
        });
        let last = care::view(&phones[0]);
        let shown: BTreeSet<SupportId> = last.support.iter().map(|done| done.support.id).collect();
        prop_assert_eq!(shown, done);
        prop_assert_eq!(last.unreadable, 0);
        let most_urgent = last.level.values.iter().map(|value| value.level).min();
        prop_assert_eq!(most_urgent, Some(last.level.level));
        let withdrawn = matches!(last.consent, ConsentView::Withdrawn { .. });
        prop_assert!(taken_back || !withdrawn);
        if withdrawn {
            prop_assert!(last.needs.iter().all(|need| need.need.detail.is_empty()));
            prop_assert!(last.support.iter().all(|done| done.support.note.is_none()));
            prop_assert!(last.contacts.is_empty() && last.safety_notes.is_empty() && last.team.is_empty());
        }
        for phone in &phones {
            prop_assert_eq!(phone.heads(), phones[0].heads());
            prop_assert_eq!(&care::view(phone), &last);
        }
        let mut again = phones[0].clone();
        let snapshot = again.save();
        let none: [&[u8]; 0] = [];
        let loaded = Document::from_snapshot(again.id(), again.kind(), &snapshot, none).expect("a snapshot");
        prop_assert_eq!(care::view(&loaded), last);
    }
}
