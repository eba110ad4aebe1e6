#!/usr/bin/env bash
# Real phones and a real server under load, killed N times at random moments. Its last line of standard output is one JSON
# object. SEED=n makes the same choices again. Half of it on SQLite, half on a PostgreSQL of its own.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
[ -n "${GRIDWALK_READY:-}" ] || scripts/setup.sh test
build_programs >&2
exec scripts/postgres.sh "$programs/kill" "${N:-24}" ${SEED:+"$SEED"}
