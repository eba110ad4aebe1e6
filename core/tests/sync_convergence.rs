//! Three phones and a server end equal, and nothing acknowledged is missing, whatever the channel does. Each seed is one
//! morning on the demo street; a failure prints its seed and how it came about.

mod sync_street;

use std::collections::BTreeMap;
use sync_street::world::{STORM, Weather, World};

/// `GRIDWALK_MORNINGS` asks for more than the everyday number. What each kind of weather must at least once bring about
/// is asked for by name, so that the model cannot go blind unnoticed.
fn mornings(first: u64, usual: u64, weather: Weather, must_happen: &[&str]) {
    let wanted = std::env::var("GRIDWALK_MORNINGS")
        .ok()
        .and_then(|count| count.parse().ok());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in first..first + wanted.unwrap_or(usual) {
        match World::new(seed, weather).run(20) {
            Ok(world) => world
                .seen
                .iter()
                .for_each(|(what, times)| *seen.entry(what).or_default() += times),
            Err(what) => panic!("{what}"),
        }
    }
    println!("{seen:?}");
    for what in must_happen {
        assert!(
            seen.contains_key(what),
            "no {what} in all these mornings: {seen:?}"
        );
    }
}

#[test]
fn phones_and_registry_end_equal_over_a_channel_that_loses_doubles_reorders_and_cuts() {
    let must = [
        "stored",
        "had",
        "another page",
        "own changes named in a run",
        "stray answer",
        "new token",
    ];
    mornings(0, 15, STORM, &must);
}

#[test]
fn phones_and_registry_end_equal_when_phones_are_killed_between_any_effect_and_its_event() {
    mornings(
        10_000,
        15,
        Weather { crash: 8, ..STORM },
        &["stored", "had", "another page"],
    );
}

#[test]
fn a_phone_that_goes_back_to_an_old_copy_heals_by_itself() {
    let must = ["refused", "follows a refused one", "restarted cursor"];
    mornings(
        20_000,
        60, // most phones hear of their own lost changes before they write new ones under the same numbers
        Weather {
            old_copies: 2,
            ..STORM
        },
        &must,
    );
}

#[test]
fn phones_bring_back_what_a_restored_server_lost() {
    mornings(
        30_000,
        15,
        Weather {
            restores: 2,
            ..STORM
        },
        &["new epoch", "held", "had"],
    );
}

#[test]
fn the_model_sees_a_server_that_acknowledges_and_forgets() {
    let caught = (40_000..40_010).filter(|seed| {
        World::new(
            *seed,
            Weather {
                forgetful: 7,
                ..STORM
            },
        )
        .run(20)
        .is_err()
    });
    assert!(caught.count() > 6, "the checker is blind");
}
