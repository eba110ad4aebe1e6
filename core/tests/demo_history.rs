//! What the demo street is said to have done in ninety days is what the rules allow: every visit and patrol of two grids
//! can be recorded.

use gridwalk_core::{
    document::{Author, Edited},
    error::Refusal,
    household::{self, Dwelling, HouseholdEdit},
    patrol::{self, PatrolEdit},
    sync::actor,
};
use gridwalk_fixtures::{demo_day, history, street};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::HashMap;

fn shaped<T: DeserializeOwned>(value: impl Serialize) -> T {
    let value = serde_json::to_value(value).expect("JSON");
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value}"))
}

fn edit<T: DeserializeOwned>(kind: &str, value: impl Serialize) -> T {
    let mut value = serde_json::to_value(value).expect("JSON");
    value["type"] = Value::from(kind);
    shaped(value)
}

fn author(act: &history::Act, document: impl Into<gridwalk_core::ids::DocumentId>) -> Author {
    Author {
        actor: actor(act.device.into(), document.into(), 1),
        act: shaped(act),
    }
}

fn kept(what: &str, done: Result<Edited, Refusal>) -> Edited {
    done.unwrap_or_else(|refusal| panic!("{what}: {refusal}"))
}

#[test]
fn the_rules_allow_everything_that_the_street_did() {
    let street = street::street(street::SEED, demo_day());
    let past = history::history(&street);
    let grids: Vec<_> = ["梧桐-03", "长堤-01"]
        .iter()
        .filter_map(|name| street.grid(name))
        .collect();
    assert_eq!(grids.len(), 2);
    let mut doors = HashMap::new();
    for door in street
        .households
        .iter()
        .filter(|door| grids.iter().any(|grid| grid.id == door.grid))
    {
        let dwelling: Dwelling = shaped(door);
        let act = &past.visits[0].act;
        let born = household::create(&dwelling, &[], &[], &author(act, dwelling.id));
        doors.insert(door.id, kept(&door.room, born).document);
    }
    let (mut visits, mut biggest) = (0, 0);
    for record in &past.visits {
        let Some(document) = doors.remove(&record.household) else {
            continue;
        };
        let visit: HouseholdEdit = edit("record_visit", &record.visit);
        let author = author(&record.act, document.id());
        let edited = kept("a visit", household::apply(document, &visit, &author));
        (visits, biggest) = (visits + 1, biggest.max(edited.change.bytes.len()));
        doors.insert(record.household, edited.document);
    }
    assert!(visits > 500, "{visits} visits");
    assert!(biggest < 8 * 1024, "a visit of {biggest} bytes");
    let shown: usize = doors
        .values()
        .map(|document| household::view(document).visits.len())
        .sum();
    assert_eq!(shown, visits);
    let rounds = past
        .patrols
        .iter()
        .filter(|walk| grids.iter().any(|grid| grid.id == walk.created.grid));
    for walk in rounds.take(40) {
        let new: patrol::NewPatrol = shaped(&walk.created);
        let author = author(&walk.act, new.id);
        let mut document = kept("a round", patrol::create(&new, &author)).document;
        let hits = walk.hits.iter().map(|hit| edit::<PatrolEdit>("hit", hit));
        let findings = walk
            .findings
            .iter()
            .map(|finding| edit::<PatrolEdit>("finding", finding));
        let mut edits: Vec<PatrolEdit> = hits.chain(findings).collect();
        edits.push(edit("finish", json!(walk.finish)));
        for edit in edits {
            document = kept("on a round", patrol::apply(document, &edit, &author)).document;
        }
        let read = patrol::view(&document);
        assert_eq!(
            (read.hits.len(), read.ended_at.is_some()),
            (walk.hits.len(), true)
        );
    }
}
