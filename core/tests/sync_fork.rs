//! Two copies of phone 1 wrote under one number; a phone that holds the one reads the other in the feed.

mod sync_street;

use gridwalk_core::{
    document::{Document, RawChange},
    household,
    ids::Hash,
    scan::scan_change,
    sync::{
        fork::{Holding, displaced},
        message::DocumentKind,
    },
};
use sync_street::{at, author, create, door, open, visit};

/// A visit by a phone, upon these.
fn upon(phone: u64, number: u64, before: &[&RawChange]) -> RawChange {
    let document = open(door(1), before.iter().map(|change| &change.bytes));
    let edited = household::apply(
        document,
        &visit(number, "在家"),
        &author(phone, door(1), 0, at(0)),
    );
    edited.expect("a visit").change
}

fn holding(change: &RawChange, stands: bool) -> Holding {
    let header = scan_change(&change.bytes, &Default::default()).expect("a change");
    Holding::new(header, stands)
}

fn names(changes: &[&RawChange]) -> Vec<Hash> {
    changes.iter().map(|change| change.hash).collect()
}

#[test]
fn of_two_with_one_number_the_one_in_the_feed_stays_and_what_was_built_on_the_other_goes() {
    let begun = create(1, door(1), at(0)).change;
    let first = upon(1, 1, &[&begun]);
    let second = upon(1, 2, &[&begun]);
    let on_first = upon(2, 3, &[&begun, &first]);
    let on_that = upon(3, 4, &[&begun, &first, &on_first]);
    let beside = upon(4, 5, &[&begun]);
    let all = [&begun, &first, &on_first, &on_that, &beside, &second];
    let torn = Document::from_changes(
        door(1),
        DocumentKind::HOUSEHOLD,
        all.map(|change| &change.bytes),
    );
    assert!(torn.is_err(), "nobody could open it");

    // out of the order of causes: what is built on something may have been stored before it
    let held = [
        holding(&on_that, false),
        holding(&begun, true),
        holding(&first, false),
        holding(&on_first, false),
        holding(&beside, false),
        holding(&second, true),
    ];
    let gone = displaced(&held, []);
    assert_eq!(gone, names(&[&on_that, &first, &on_first]));
    let left = all
        .into_iter()
        .filter(|change| !gone.contains(&change.hash));
    let document = open(door(1), left.map(|change| &change.bytes));
    assert_eq!(household::view(&document).visits.len(), 2);
    // and by the same rule it is the other one, when the registry has that again
    let mut back = held;
    for change in &mut back {
        change.stands = [begun.hash, first.hash].contains(&change.hash);
    }
    assert_eq!(displaced(&back, []), names(&[&second]));
}

#[test]
fn what_was_built_on_something_refused_goes_with_it_and_nothing_that_stands_in_a_feed() {
    let begun = create(1, door(1), at(0)).change;
    let refused = upon(1, 1, &[&begun]);
    let on_it = upon(2, 2, &[&begun, &refused]);
    let beside = upon(3, 3, &[&begun]);
    let held = |stands| {
        [
            holding(&begun, true),
            holding(&on_it, stands),
            holding(&beside, false),
        ]
    };
    assert_eq!(displaced(&held(false), [refused.hash]), names(&[&on_it]));
    assert!(displaced(&held(true), [refused.hash]).is_empty());
    assert!(
        displaced(&held(false), []).is_empty(),
        "neither placed nor displaced: it is on its way"
    );
}

#[test]
fn two_that_stand_in_no_feed_wait_for_one_that_decides() {
    let begun = create(1, door(1), at(0)).change;
    let (first, second) = (upon(1, 1, &[&begun]), upon(1, 2, &[&begun]));
    let held = [
        holding(&begun, true),
        holding(&first, false),
        holding(&second, false),
    ];
    assert!(displaced(&held, []).is_empty());
}
