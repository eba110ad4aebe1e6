#!/usr/bin/env bash
# A camera's picture made small, beside libvips and ImageMagick: figures, never verdicts. The last line of standard output is
# one JSON object.
# usage: bench-photos.sh [ROUNDS]
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh bench-photos
# Without the window: it costs minutes to optimise and no figure needs it.
cargo build --locked --release -p gridwalk-proof --bin bench-photos >&2
exec "${CARGO_TARGET_DIR:-target}/release/bench-photos" "$@"
