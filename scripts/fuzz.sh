#!/usr/bin/env bash
# Bytes from strangers. Without TIME: mutated seeds on the stable toolchain, the same ones every time. With TIME=s: libFuzzer,
# instrumented, s seconds shared by all targets (TARGET=name for one alone); its corpus and what it finds stay in artifacts/fuzz.
# The last line of standard output is one JSON object; everything about building goes to standard error.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
if [ -z "${TIME:-}" ]; then exec "$programs/fuzz" "${RUNS:-15000}" "${SEED:-1}"; fi

corpus=$PWD/artifacts/fuzz/corpus found=$PWD/artifacts/fuzz/found
mkdir -p "$corpus" "$found"
"$programs/fuzz" seeds "$corpus" >&2
# Stable Rust has no -Zsanitizer; these are the passes behind it that libFuzzer needs. With --target they are kept away from
# build scripts and procedural macros.
host=$(rustc -vV | sed -n 's/^host: //p')
(
  cd proof/fuzz
  export CARGO_TARGET_DIR=${GRIDWALK_FUZZ_TARGET_DIR:-$PWD/../../target/fuzz}
  export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
  # the product's versions; only libFuzzer is added to them
  cp ../../Cargo.lock .
  cargo build --release --target "$host" >&2
  cp "$CARGO_TARGET_DIR/$host/release/gridwalk-fuzz" "$corpus/../libfuzzer"
)
targets=${TARGET:-$("$programs/fuzz" targets)}
count=$(wc -w <<<"$targets") runs=0 crashes=0
share=$((TIME / count))
for target in $targets; do
  log=artifacts/fuzz/$target.log
  mkdir -p "$corpus/$target"
  GRIDWALK_FUZZ_TARGET=$target artifacts/fuzz/libfuzzer -fork=1 -ignore_crashes=1 -ignore_ooms=1 -ignore_timeouts=1 \
    -rss_limit_mb=3000 -timeout=10 -max_len=16384 -max_total_time="$share" -artifact_prefix="$found/$target-" \
    "$corpus/$target" >"$log" 2>&1 </dev/null || true
  # the last of its lines: "#12345: cov: 678 ft: 910 corp: 11 exec/s 12 oom/timeout/crash: 0/0/0 time: 3s …"
  last=$(grep -E '^#[0-9]+: cov:' "$log" | tail -1)
  [ -n "$last" ] || { say "fuzz: $target did not run, see $log"; exit 1; }
  say "$target  $last"
  runs=$((runs + $(sed -E 's/^#([0-9]+):.*/\1/' <<<"$last")))
  for n in $(sed -E 's#.*oom/timeout/crash: ([0-9]+)/([0-9]+)/([0-9]+).*#\1 \2 \3#' <<<"$last"); do crashes=$((crashes + n)); done
done
printf '{"targets":%d,"runs":%d,"crashes":%d}\n' "$count" "$runs" "$crashes"
[ "$crashes" = 0 ]
