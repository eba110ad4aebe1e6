#!/usr/bin/env bash
# The power is cut under both databases at every sync of SESSIONS scripted sessions (3 unless told otherwise), beginning with
# session SEED. The last line of standard output is one JSON object; everything about building goes to standard error.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
exec "$programs/crash" "${SESSIONS:-3}" "${SEED:-1}"
