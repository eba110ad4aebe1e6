#!/usr/bin/env bash
# Figures, never verdicts: an optimised build, and the last line of standard output is one JSON object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh demo
# Without the window: it costs minutes to optimise and no figure needs it. The server runs as a process of its own.
cargo build --locked --release -p gridwalk-proof --bin bench -p gridwalk-server --bin gridwalk-server >&2
exec "${CARGO_TARGET_DIR:-target}/release/bench" "$@"
