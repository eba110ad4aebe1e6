//! All targets in one binary: `GRIDWALK_FUZZ_TARGET` names the one to run.
#![no_main]

use gridwalk_proof::fuzz::TARGETS;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("GRIDWALK_FUZZ_TARGET").unwrap_or_default();
    match TARGETS.iter().find(|target| target.name == name) {
        Some(target) => target.run,
        None => panic!("GRIDWALK_FUZZ_TARGET is `{name}`, which is no target"),
    }
});

// What a target reads from is made before any clock runs: an instrumented street takes longer to build than one input may.
fuzz_target!(init: RUN(b""), |bytes: &[u8]| RUN(bytes));
