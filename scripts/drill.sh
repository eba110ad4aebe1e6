#!/usr/bin/env bash
# The restore drill. Its last line of standard output is one JSON object; everything about building goes to standard error.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh demo
build_programs >&2
exec "$programs/drill" "$@"
