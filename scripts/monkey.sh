#!/usr/bin/env bash
# A seeded monkey at the phone's typed commands, killed at random: STEPS=n SEED=n. Its last line of standard output is one JSON
# object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
exec "$programs/monkey" "${STEPS:-4000}" ${SEED:+"$SEED"}
