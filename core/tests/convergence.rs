//! Several phones edit one document offline and exchange in any order: all end equal, and nothing recorded is missing.

mod staircase;

use gridwalk_core::{
    document::{Document, Edited, RawChange},
    household::{FieldChange, HouseholdEdit, VisitOutcome, view},
    ids::{CheckpointId, FindingId, GridId, HitId, PatrolId, VisitId},
    patrol::{
        self, FindingState, HitMethod, HitState, NewFinding, NewHit, NewPatrol, PatrolEdit,
        PatrolKind,
    },
    scan::{Limits, scan_change},
    time::Timestamp,
};
use proptest::prelude::*;
use staircase::*;
use std::collections::BTreeSet;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

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
}
