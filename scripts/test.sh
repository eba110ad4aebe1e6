#!/usr/bin/env bash
# Everything that must be green, in the order in which it fails soonest. Prints how long each part took; every part's
# output is also in artifacts/test/. A part that cannot run here is skipped and said so, and in CI that is a failure.
set -uo pipefail
source "$(dirname "$0")/environment.sh"
logs=artifacts/test
rm -rf "$logs" && mkdir -p "$logs"
export GRIDWALK_READY=1
[ "${CI:-}" = false ] && unset CI

names=() results=() seconds=()
child=
trap 'trap - INT TERM; [ -z "$child" ] || kill -- "-$child" 2>/dev/null; say "test: interrupted"; exit 130' INT TERM

part() { # NAME COMMAND...
  local name=$1 start=$SECONDS code=0 result
  shift
  printf '\n== %s\n' "$name"
  # A process group of its own, so that an interruption reaches whatever the part started.
  set -m
  "$@" </dev/null > >(tee "$logs/${name// /-}.log") 2>&1 &
  child=$!
  set +m
  wait "$child" || code=$?
  child=
  case $code in
    0) result=passed ;;
    77) if [ -n "${CI:-}" ]; then result=failed; say "$name: skipped, which CI does not accept"; else result=skipped; fi ;;
    *) result=failed ;;
  esac
  names+=("$name") results+=("$result") seconds+=($((SECONDS - start)))
}

summary() {
  local i passed=0 failed=0 skipped=0
  printf '\n%-26s %-8s %6s\n' part result s
  for i in "${!names[@]}"; do
    printf '%-26s %-8s %6d\n' "${names[$i]}" "${results[$i]}" "${seconds[$i]}"
    case ${results[$i]} in passed) passed=$((passed + 1)) ;; failed) failed=$((failed + 1)) ;; *) skipped=$((skipped + 1)) ;; esac
  done
  printf '%-26s %-8s %6d\n\n' all '' "$SECONDS"
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" = 0 ]
}

part setup scripts/setup.sh test
if [ "${results[0]}" != passed ]; then summary; exit 1; fi
source scripts/environment.sh # setup may have brought tools

part "ui build" npm --prefix ui run build
part "ui types" npm --prefix ui run typecheck
part "ui lint" npm --prefix ui run lint
part "ui format" npm --prefix ui run format:check
part "ui tests" npm --prefix ui test
part "rust format" cargo fmt --all --check
part "rust lint" cargo clippy --locked --workspace --all-targets --features gridwalk-proof/e2e -- -D warnings
part "rust tests" cargo test --locked --workspace --no-fail-fast
part "postgres" scripts/postgres.sh
part "bucket" scripts/bucket.sh
part "tus" scripts/tus.sh
part "generated files" scripts/generated.sh
part "dictionary" cargo run --locked -q --example dictionary -- --check
part "window" scripts/window.sh
part "day" scripts/day.sh
part "photos-day" env TAKEN=72 scripts/photos-day.sh
part "cuts" scripts/cuts.sh
part "kill" env N=12 scripts/kill.sh
part "load" env PHONES=30 scripts/load.sh --growth ''
part "sim" env SEEDS=500 scripts/sim.sh
part "crash" scripts/crash.sh
part "fuzz" scripts/fuzz.sh
part "monkey" scripts/monkey.sh
part "drill" scripts/drill.sh
part "bench-app" env SHORT=1 scripts/bench-app.sh
part "console" scripts/console.sh
part "android" scripts/android.sh
summary
