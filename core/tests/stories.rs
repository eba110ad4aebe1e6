//! The stories of the demo street, in memory: several phones and a registry, every order of exchange that a story
//! leaves open. In the end all are equal, what the story says holds, and nothing acknowledged is missing.

mod neighbourhood;
mod sync_street;

use gridwalk_core::{
    household,
    ids::{Hash, VisitId},
    scan::{Limits, scan_change},
    sync::{
        frame::{self, Effort},
        message::{Epoch, Request, Response},
        version::PROTOCOL,
    },
};
use gridwalk_fixtures::{
    Street, demo_day,
    story::{Deed, Holds, Story, stories},
    street,
};
use neighbourhood::play::{Play, played};
use std::collections::BTreeSet;
use sync_street::{Dice, at, door, open, phone::Phone, server::Server, uuid, visit};

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

/// Exchanges until nothing waits and nothing is new.
fn meet(phone: &mut Phone, server: &mut Server, dice: &mut Dice, promised: &mut BTreeSet<Hash>) {
    for _ in 0..200 {
        let outbox = phone.outbox(1 << 16, at(0), dice);
        let request = Request {
            protocol: PROTOCOL,
            epoch: outbox.epoch,
            cursors: outbox.cursors,
            reference: outbox.reference,
            upload: outbox.upload,
            page_bytes: 1 << 16,
            own_bytes: outbox.own_bytes,
            dictionaries: None,
            packs: None,
            repair: None,
        };
        let body = frame::encode(&request, Effort::Fast).expect("a body");
        let answer = server.exchange(phone.device(), &body, at(0));
        let response: Response = frame::decode(&answer.expect("an answer")).expect("a response");
        let applied = phone.apply(&response, promised).expect("believed");
        if !applied.more && !outbox.more && phone.waiting() == 0 {
            return;
        }
    }
    panic!("phone {} does not get through", phone.number);
}

/// C18. What a copy writes carries the numbers of what the other wrote since: it is refused as forked, written again by
/// another hand, and nothing is lost on either side.
#[test]
fn c18_a_phone_and_then_the_registry_go_back_to_older_copies_and_no_actor_is_used_twice() {
    let (mut dice, mut promised) = (Dice(18), BTreeSet::new());
    let mut server = Server::new();
    let (mut lin, mut ge) = (Phone::new(1, 1), Phone::new(2, 2));
    for phone in [&lin, &ge] {
        let key = phone.key.verifying_key();
        server.keys.insert(phone.device(), key);
    }
    let knock = |phone: &mut Phone, number: u64| {
        let said = phone.edit(door(1), &visit(number, "在家"), at(number as i64));
        said.expect("a visit");
    };
    lin.create(door(1), at(0));
    knock(&mut lin, 1);
    meet(&mut lin, &mut server, &mut dice, &mut promised);
    meet(&mut ge, &mut server, &mut dice, &mut promised);
    let (copy, backup) = (lin.disk.clone(), server.clone());
    (2..=4).for_each(|number| knock(&mut lin, number));
    meet(&mut lin, &mut server, &mut dice, &mut promised);
    drop(lin);

    let mut lin = Phone::new(1, 3);
    lin.disk = copy;
    (5..=7).for_each(|number| knock(&mut lin, number));
    meet(&mut lin, &mut server, &mut dice, &mut promised);
    assert!(
        lin.disk.incarnations.get(&door(1)).is_some_and(|n| *n > 0),
        "another hand"
    );
    meet(&mut ge, &mut server, &mut dice, &mut promised);
    whole(&server, [&lin, &ge], 7, &promised);

    server = backup;
    server.epoch = Epoch {
        counter: 2,
        nonce: 8,
    };
    knock(&mut ge, 8);
    for number in 9..=10 {
        meet(&mut lin, &mut server, &mut dice, &mut promised);
        knock(&mut lin, number);
        meet(&mut lin, &mut server, &mut dice, &mut promised);
        meet(&mut ge, &mut server, &mut dice, &mut promised);
    }
    meet(&mut lin, &mut server, &mut dice, &mut promised);
    whole(&server, [&lin, &ge], 10, &promised);
}

/// So many visits, on both phones and in the registry; whatever was promised is stored, and no two changes of one actor
/// have one number.
fn whole(server: &Server, phones: [&Phone; 2], visits: usize, promised: &BTreeSet<Hash>) {
    let truth = open(door(1), server.stored(&door(1)));
    let view = household::view(&truth);
    assert_eq!(view.visits.len(), visits);
    assert!(
        view.visits
            .iter()
            .any(|seen| seen.visit.id == VisitId(uuid(2, 4)))
    );
    for phone in phones {
        let log = phone.disk.log[&door(1)].iter().map(|kept| &kept.bytes);
        assert_eq!(household::view(&open(door(1), log)), view);
    }
    for hash in promised {
        assert!(server.has(hash), "{hash} was acknowledged");
    }
    let mut numbers = BTreeSet::new();
    for bytes in server.stored(&door(1)) {
        let header = scan_change(bytes, &Limits::default()).expect("a change");
        assert!(
            numbers.insert((header.actor, header.seq)),
            "one number twice"
        );
    }
}
