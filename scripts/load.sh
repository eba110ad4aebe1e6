#!/usr/bin/env bash
# Every phone of a district at once: figures, and an error when something acknowledged is lost. The last line of standard
# output is one JSON object.
# usage: PHONES=N load.sh [--growth N,N,…]
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh demo
cargo build --locked --release -p gridwalk-proof --bin load -p gridwalk-server --bin gridwalk-server >&2
# A connection for every phone, on both sides.
ulimit -n "$(ulimit -Hn)"
exec "${CARGO_TARGET_DIR:-target}/release/load" --phones "${PHONES:-3038}" "$@"
