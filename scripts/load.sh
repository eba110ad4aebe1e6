#!/usr/bin/env bash
# Every phone of a district at once, on SQLite and then on a PostgreSQL of its own: figures, and an error when something
# acknowledged is lost. The last line of standard output is one JSON object.
# usage: PHONES=N load.sh [--growth N,N,…]
set -euo pipefail
source "$(dirname "$0")/environment.sh"
if [ -n "${GRIDWALK_READY:-}" ]; then
  build_programs >&2 # as they were built already: a short run, that all of it still works
else
  scripts/setup.sh test
  cargo build --locked --release -p gridwalk-proof --bin load -p gridwalk-server --bin gridwalk-server >&2
  programs=${CARGO_TARGET_DIR:-$PWD/target}/release
fi
# A connection for every phone, on both sides.
ulimit -n "$(ulimit -Hn)"
exec scripts/postgres.sh "$programs/load" --phones "${PHONES:-3038}" "$@"
