#!/usr/bin/env bash
# Photos over a line that breaks every ten seconds; TAKEN says how many (175). Its last line of standard output is one JSON
# object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
exec "$programs/photos-day" "${TAKEN:-175}"
