//! Time and memory that one reading took, as the operating system counts them.

use std::fs;

/// Runs `act`; panics when it took more processor time of this thread or more memory than allowed. Time that other
/// programs took does not count.
pub fn within<T>(ms: u64, mib: u64, act: impl FnOnce() -> T) -> T {
    // 5: begin to count the highest memory use anew
    let counts = fs::write("/proc/self/clear_refs", "5").is_ok();
    let (time, memory) = (time_ns(), memory_kib("VmRSS:"));
    let made = act();
    if let (Some(before), Some(after)) = (time, time_ns()) {
        let took = (after - before) / 1_000_000;
        assert!(took < ms, "took {took} ms of {ms}");
    }
    if counts && let (Some(before), Some(most)) = (memory, memory_kib("VmHWM:")) {
        let took = most.saturating_sub(before) / 1024;
        assert!(took < mib, "took {took} MiB of {mib}");
    }
    made
}

fn time_ns() -> Option<u64> {
    let line = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    line.split(' ').next()?.parse().ok()
}

fn memory_kib(what: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(what))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn whoever_takes_too_much_memory_is_caught_and_whoever_does_not_is_left_alone() {
        // other tests of this process take memory too
        assert_eq!(within(60_000, 4096, || vec![1u8; 1 << 20].len()), 1 << 20);
        let greedy = std::panic::catch_unwind(|| within(60_000, 64, || vec![1u8; 200 << 20]));
        assert!(greedy.is_err());
    }

    #[test]
    fn whoever_takes_too_long_is_caught() {
        let slow = || {
            let begun = super::time_ns();
            while super::time_ns()
                .zip(begun)
                .is_some_and(|(now, then)| now - then < 3_000_000)
            {}
        };
        assert!(std::panic::catch_unwind(|| within(2, 64, slow)).is_err());
    }
}
