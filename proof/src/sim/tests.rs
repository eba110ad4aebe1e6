//! The simulator itself: the same seed is the same day, and what goes wrong is seen.

use super::play;

#[test]
fn the_same_seed_is_the_same_day() {
    for seed in 1..=50 {
        let (one, other) = (play(seed, None, false), play(seed, None, true));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.device_ms, other.device_ms, "seed {seed}");
    }
}

#[test]
fn different_seeds_are_different_days() {
    let traces: std::collections::BTreeSet<u64> =
        (1..=50).map(|seed| play(seed, None, false).trace).collect();
    assert_eq!(traces.len(), 50);
}
