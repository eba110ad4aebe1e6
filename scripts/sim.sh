#!/usr/bin/env bash
# The simulator: SEEDS seeds from FROM on, or one SEED with its story, or PLANTED=1. Its last line of standard output is one
# JSON object; everything about building goes to standard error.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
if [ -z "${PLANTED:-}" ] && [ "${SEEDS:-500}" -le 1000 ]; then
  build_programs >&2
  exec "$programs/sim"
fi
# Long runs are optimised, and need core alone.
cargo build --locked --release -p gridwalk-proof --no-default-features --bin sim >&2
exec "${CARGO_TARGET_DIR:-target}/release/sim"
