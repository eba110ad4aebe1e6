#!/usr/bin/env bash
# One exchange between a real phone and a real server, cut at every STEP-th byte in both directions, quietly and with a
# reset in turn; 1 is every byte. FROM goes on with the cut of that number. Its last line of standard output is one JSON
# object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
step=${STEP:-75}
# A cut is a tenth of a second of the product's own work: a long run pays for optimising it.
if [ "$step" -lt 10 ]; then
  cargo build --locked --release -p gridwalk-proof --bin cuts >&2
  programs=${programs%/debug}/release
else
  build_programs >&2
fi
exec "$programs/cuts" "$step" "${FROM:-0}"
