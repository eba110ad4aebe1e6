#!/usr/bin/env bash
# One exchange between a real phone and a real server, cut at every STEP-th byte in both directions, quietly and with a
# reset; 1 is every byte. Its last line of standard output is one JSON object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
exec "$programs/cuts" "${STEP:-151}"
