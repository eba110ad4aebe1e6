//! The simulator itself: the same seed is the same day, and what goes wrong is seen.

use super::play;

#[test]
fn the_same_seed_is_the_same_day_word_for_word() {
    for seed in 1..=50 {
        let (one, other) = (play(seed, None, true), play(seed, None, true));
        assert!(one.tale.len() > 5, "seed {seed} has no story");
        assert_eq!(one.tale, other.tale, "seed {seed}");
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.device_ms, other.device_ms, "seed {seed}");
    }
}

#[test]
fn a_day_does_not_depend_on_whether_somebody_listens() {
    for seed in 1..=20 {
        let (told, silent) = (play(seed, None, true), play(seed, None, false));
        assert_eq!(told.trace, silent.trace, "seed {seed}");
        assert!(silent.tale.is_empty());
    }
}

#[test]
fn different_seeds_are_different_days() {
    let traces: std::collections::BTreeSet<u64> =
        (1..=50).map(|seed| play(seed, None, false).trace).collect();
    assert_eq!(traces.len(), 50);
}
