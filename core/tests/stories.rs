//! The stories of the demo street, in memory: several phones and a registry, every order of exchange that a story
//! leaves open. In the end all are equal, what the story says holds, and nothing acknowledged is missing.

mod neighbourhood;

use gridwalk_fixtures::{
    Street, demo_day,
    story::{Deed, Holds, Story, stories},
    street,
};
use neighbourhood::play::{Play, played};

fn demo_street() -> Street {
    street::street(street::SEED, demo_day())
}

fn story(code: &str) -> Story {
    let all = stories().expect("stories");
    all.into_iter()
        .find(|story| story.code == code)
        .expect("a story of that code")
}

#[test]
fn every_story_ends_with_all_equal_in_every_order_of_exchange() {
    let street = demo_street();
    for story in stories().expect("stories") {
        let orders: usize = (1..=story.phones.len()).product();
        for order in 0..orders {
            if let Err(why) = played(&street, &story, order) {
                panic!("{} {}, order {order}: {why}", story.code, story.title_en);
            }
        }
    }
}

#[test]
fn a_registry_that_forgets_an_acknowledged_visit_is_caught() {
    let (street, story) = (demo_street(), story("C1"));
    let mut play = Play::begin(&street, &story, 0).expect("a beginning");
    let before = play.centre.clone();
    for step in &story.steps {
        play.step(step.at, &step.deed).expect("a step");
    }
    play.centre = before;
    let caught = play.end().expect_err("caught");
    assert!(caught.contains("acknowledged"), "{caught}");
}

#[test]
fn a_story_whose_end_does_not_hold_is_caught() {
    let (street, mut story) = (demo_street(), story("C2"));
    story.holds = vec![Holds::Field {
        household: "$household:梧桐-03/3幢/2单元/402".into(),
        field: "contact_phone".into(),
        values: vec!["142 0000 9001".into()],
    }];
    let caught = played(&street, &story, 0).expect_err("caught");
    assert!(caught.contains("at the end: contact_phone"), "{caught}");
}

#[test]
fn a_refusal_that_does_not_come_is_caught() {
    let (street, mut story) = (demo_street(), story("C5"));
    for step in &mut story.steps {
        if let Deed::Incident { refused, .. } = &mut step.deed {
            *refused = None;
        }
    }
    let caught = played(&street, &story, 0).expect_err("caught");
    assert!(caught.contains("WRONG_STATE"), "{caught}");
}
