//! 看原图: looked at with a reason, for a quarter of an hour, by whoever gave it.

use super::*;
use crate::photo::{Original, PhotoStage};

const ORIGINAL: Hash = Hash([0xEE; 32]);
/// [`Story::submitted`] ends in the first minute; what follows is one minute later.
const SAID: Timestamp = Timestamp(2 * 60_000);

fn look(original: Hash, reason: &str) -> IncidentAction {
    IncidentAction::OpenOriginal {
        original,
        reason: reason.into(),
    }
}

/// A report whose photo has an original.
fn urgent() -> Story {
    let mut story = Story::submitted();
    story.photos = vec![Photo {
        original: Some(Original {
            hash: ORIGINAL,
            bytes: 3_000_000,
            turn: 6,
        }),
        ..photo(PhotoStage::Before, 1)
    }];
    story
}

#[test]
fn an_original_is_open_to_whoever_said_why_for_a_quarter_of_an_hour() {
    let view = urgent()
        .then(LEAD, Role::Lead, look(ORIGINAL, "核对门牌"))
        .tell();
    assert_eq!(fates(&view), [None, None]);
    assert_eq!(view.state, IncidentState::Reported, "nothing changes by it");
    let open =
        |by, after_ms| view.original_open_until(&ORIGINAL, person(by), SAID.plus_ms(after_ms));
    let end = Some(SAID.plus_ms(15 * 60_000));
    assert_eq!(open(LEAD, 0), end);
    assert_eq!(open(LEAD, 15 * 60_000 - 1), end);
    assert_eq!(open(LEAD, -30_000), end, "two clocks are never one");
    for closed in [15 * 60_000, -60_001, -24 * 3_600_000] {
        assert_eq!(open(LEAD, closed), None, "{closed} ms after");
    }
    assert_eq!(open(LIN, 0), None, "also not to whoever took it");
    let other = Hash([1; 32]);
    assert_eq!(view.original_open_until(&other, person(LEAD), SAID), None);
}

#[test]
fn nothing_opens_without_a_reason_and_nothing_that_the_case_does_not_name() {
    let view = urgent()
        .then(LEAD, Role::Lead, look(ORIGINAL, " "))
        .then(LEAD, Role::Lead, look(Hash([1; 32]), "核对门牌"))
        .tell();
    let why = [Some(Code::MissingReason), Some(Code::NotFound)];
    assert_eq!(fates(&view)[1..], why);
    for named in [ORIGINAL, Hash([1; 32])] {
        assert_eq!(view.original_open_until(&named, person(LEAD), SAID), None);
    }
}

#[test]
fn an_original_is_opened_in_any_state_also_after_the_end() {
    let view = urgent()
        .then(LIN, Role::Worker, cancel())
        .then(DESK, Role::Dispatcher, look(ORIGINAL, "投诉复核"))
        .tell();
    assert_eq!(fates(&view), [None, None, None]);
    assert_eq!(view.state, IncidentState::Cancelled);
}
