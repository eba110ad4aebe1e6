//! The demo street and the core agree: every reference row reads as the core's, and every record of the history is an
//! edit that the core accepts and that leads where the history says.

use gridwalk_core::{
    act::{Act, Role},
    care::{self, CareEdit, CareLevel, CareType, ConsentStanding, NewCarePlan},
    document::{Author, Document, Unordered},
    household::{self, Dwelling, FieldChange, HouseholdEdit, NewMember, NewVisit},
    ids::Hash,
    incident::{self, IncidentEvent, NewIncident},
    patrol::{self, NewFinding, NewHit, NewPatrol, PatrolEdit, SharedLine},
    photo::Photo,
    reference,
};
use gridwalk_fixtures::{
    History, SEED, Street, demo_day,
    history::{Action, Shot},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};

static STREET: LazyLock<Street> = LazyLock::new(|| gridwalk_fixtures::street(SEED, demo_day()));
static HISTORY: LazyLock<History> = LazyLock::new(|| gridwalk_fixtures::history(&STREET));

/// The core's reading of a fixture row.
fn read<T: DeserializeOwned>(row: &impl Serialize) -> T {
    let row = serde_json::to_value(row).unwrap();
    serde_json::from_value(row.clone()).unwrap_or_else(|error| panic!("{error}: {row}"))
}

fn author(act: &impl Serialize) -> Author {
    let act: Act = read(act);
    Author {
        actor: *act.device.as_bytes(),
        act,
    }
}

/// A photo as the seed of a registry would put it in the scene's place.
fn photo(shot: &Shot) -> Photo {
    read(&json!({
        "hash": Hash::of(shot.scene.as_bytes()), "thumbnail": Hash::of(&[]), "stage": shot.stage,
        "taken_at": shot.taken_at, "width": 1600, "height": 1200, "bytes": 280_000,
    }))
}

#[test]
fn every_reference_row_reads_as_the_cores() {
    STREET
        .grids
        .iter()
        .for_each(|row| drop(read::<reference::Grid>(row)));
    STREET
        .buildings
        .iter()
        .for_each(|row| drop(read::<reference::Building>(row)));
    STREET
        .people
        .iter()
        .for_each(|row| drop(read::<reference::Person>(row)));
    STREET
        .departments
        .iter()
        .for_each(|row| drop(read::<reference::Department>(row)));
    STREET
        .categories
        .iter()
        .for_each(|row| drop(read::<reference::Category>(row)));
    STREET
        .deadline_rules
        .iter()
        .for_each(|row| drop(read::<reference::DeadlineRule>(row)));
    STREET
        .plans
        .iter()
        .for_each(|row| drop(read::<reference::Plan>(row)));
    STREET
        .tasks
        .iter()
        .for_each(|row| drop(read::<reference::Task>(row)));
    drop(read::<reference::Calendar>(&STREET.calendar));
}

#[test]
fn every_household_of_a_grid_is_created_and_takes_its_visits() {
    let grid = STREET.grid("梧桐-03").unwrap().id;
    let steward = STREET.people.iter().find(|p| p.role == "steward").unwrap();
    let mut documents: HashMap<_, Document> = HashMap::new();
    for h in STREET.households.iter().filter(|h| h.grid == grid) {
        let dwelling: Dwelling = read(h);
        let mut fields: Vec<FieldChange> = Vec::new();
        let mut field = |name: &str, value: Value| {
            if !value.is_null() && value != json!("") {
                fields.push(read(&json!({ "field": name, "value": value })));
            }
        };
        field("use", json!(h.r#use));
        field("occupancy", json!(h.occupancy));
        field("household_size", json!(h.household_size));
        field("contact_name", json!(h.salutation));
        field("contact_phone", json!(h.contact_phone));
        field("preferred_time", json!(h.preferred_time));
        field("contact_preference", json!(h.contact_preference));
        field("gas_hose", json!(h.gas_hose));
        field("smoke_alarm", json!(h.smoke_alarm));
        field("notes", json!(h.notes));
        let members: Vec<NewMember> = h.members.iter().map(read).collect();
        let by = Author {
            actor: *steward.device.as_bytes(),
            act: read(
                &json!({ "by": steward.id, "role": Role::Steward, "device": steward.device, "recorded_at": "2026-03-02T01:00:00Z" }),
            ),
        };
        let made = household::create(&dwelling, &fields, &members, &by)
            .unwrap_or_else(|refusal| panic!("{} {}: {refusal:?}", h.unit, h.room));
        documents.insert(h.id, made.document);
    }
    assert_eq!(documents.len(), 410);
    let mut visits = 0;
    for record in &HISTORY.visits {
        let Some(document) = documents.remove(&record.household) else {
            continue;
        };
        let visit: NewVisit = read(&record.visit);
        let edited = household::apply(
            document,
            &HouseholdEdit::RecordVisit(visit),
            &author(&record.act),
        )
        .unwrap_or_else(|refusal| panic!("{:?}: {refusal:?}", record.visit));
        documents.insert(record.household, edited.document);
        visits += 1;
    }
    assert!(visits > 500, "{visits} visits");
    let zhao = STREET.door("梧桐-03", "3幢", "2单元", "501").unwrap();
    assert_eq!(
        household::view(&documents[&zhao.id]).no_entry_until,
        zhao.no_entry_until,
        "a refusal of the screens lasts until 1 December"
    );
}

#[test]
fn every_incident_folds_to_the_state_that_the_history_says() {
    for told in &HISTORY.incidents {
        let name = &told.created.local_no;
        let new: NewIncident = read(&told.created);
        let photos: Vec<Photo> = told.photos.iter().map(photo).collect();
        let mut document = incident::create(&new, &photos, &author(&told.act))
            .unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
            .document;
        for event in &told.events {
            let mut row = serde_json::to_value(event).unwrap();
            if let Action::AddPhoto { photo: shot } = &event.action {
                row["action"]["photo"] = serde_json::to_value(photo(shot)).unwrap();
            }
            let event: IncidentEvent = read(&row);
            document = incident::record(document, &event, &author(&event.act), &Unordered)
                .unwrap_or_else(|refusal| panic!("{name}: {refusal:?} at {row}"))
                .document;
        }
        let view = incident::view(&document, &Unordered).unwrap();
        assert_eq!(
            serde_json::to_value(view.state).unwrap(),
            json!(told.state),
            "{name}"
        );
    }
}

#[test]
fn every_patrol_of_the_last_week_is_walked_to_its_end() {
    let week = HISTORY
        .patrols
        .iter()
        .rev()
        .take_while(|p| (demo_day() - p.created.started_at.date_naive()).num_days() <= 7);
    let mut walked = 0;
    for told in week {
        let by = author(&told.act);
        let new: NewPatrol = read(&told.created);
        let mut document = patrol::create(&new, &by).unwrap().document;
        let line = told.finish.line.as_ref().map(|points| SharedLine {
            blob: Hash::of(&serde_json::to_vec(points).unwrap()),
            points: points.len() as u32,
            expires_at: read(&(told.finish.at + chrono::Duration::days(30))),
        });
        let hits = told
            .hits
            .iter()
            .map(|hit| PatrolEdit::Hit(read::<NewHit>(hit)));
        let findings = told
            .findings
            .iter()
            .map(|finding| PatrolEdit::Finding(read::<NewFinding>(finding)));
        let finish = PatrolEdit::Finish {
            at: read(&told.finish.at),
            distance_m: told.finish.distance_m,
            line,
            note: told.finish.note.clone(),
        };
        for edit in hits.chain(findings).chain([finish]) {
            document = patrol::apply(document, &edit, &by)
                .unwrap_or_else(|refusal| panic!("{refusal:?} at {edit:?}"))
                .document;
        }
        let view = patrol::view(&document);
        assert_eq!(
            (view.hits.len(), view.findings.len()),
            (told.hits.len(), told.findings.len())
        );
        assert!(view.ended_at.is_some());
        walked += 1;
    }
    assert!(walked > 100, "{walked} patrols");
}

#[test]
fn every_care_plan_of_the_street_is_begun_and_takes_its_acts() {
    let plans = gridwalk_fixtures::care::plans(&STREET);
    let steward = STREET.people.iter().find(|p| p.role == "steward").unwrap();
    let mut due: Vec<(String, care::CareDueWhy, i64)> = Vec::new();
    let (mut levels, mut standings) = (HashMap::new(), HashMap::new());
    for plan in &plans {
        let new: NewCarePlan = read(&plan.created);
        let types: Vec<CareType> = read(&plan.types);
        let level: CareLevel = read(&json!(plan.level));
        let by = author(&json!({
            "by": steward.id, "role": Role::Steward, "device": steward.device, "recorded_at": plan.begun_at,
        }));
        let mut document = care::create(&new, &types, level, &by).unwrap().document;
        for told in &plan.edits {
            let edit: CareEdit = read(&told.edit);
            document = care::apply(document, &edit, &author(&told.act))
                .unwrap_or_else(|refusal| panic!("{refusal:?} at {edit:?}"))
                .document;
        }
        let view = care::view(&document);
        assert_eq!(view.unreadable, 0);
        *levels.entry(view.level.level).or_insert(0) += 1;
        let standing = view.consent.standing(demo_day());
        *standings.entry(format!("{standing:?}")).or_insert(0) += 1;
        if standing == ConsentStanding::Withdrawn {
            assert!(view.support.iter().all(|done| done.support.note.is_none()));
        }
        let door = STREET
            .households
            .iter()
            .find(|h| h.id == plan.created.household)
            .unwrap();
        let next = care::due(&view, None, demo_day());
        if let Some(next) = next.filter(|next| {
            next.day <= demo_day() && door.grid == STREET.grid("梧桐-03").unwrap().id
        }) {
            due.push((
                door.room.clone(),
                next.why,
                (demo_day() - next.day).num_days(),
            ));
        }
    }
    assert!((170..190).contains(&plans.len()), "{} plans", plans.len());
    let share = |count: i32| f64::from(count) / plans.len() as f64;
    assert!(
        (share(levels[&CareLevel::First]) - 0.12).abs() < 0.06,
        "{levels:?}"
    );
    assert!(
        (share(levels[&CareLevel::Second]) - 0.38).abs() < 0.08,
        "{levels:?}"
    );
    assert!(share(standings["Given"]) > 0.85, "{standings:?}");
    assert!(
        standings["Pending"] > 0 && standings["Withdrawn"] > 0,
        "{standings:?}"
    );
    due.sort_by_key(|(room, ..)| room.clone());
    let expected = [
        ("101", care::CareDueWhy::RenewConsent, 3),
        ("502", care::CareDueWhy::Visit, 0),
        ("504", care::CareDueWhy::Visit, 2),
    ];
    let expected = expected.map(|(room, why, late)| (room.to_owned(), why, late));
    assert_eq!(due, expected, "the morning of the screens: three are due");
}
