#!/usr/bin/env bash
# Figures, never verdicts: an optimised build, and the last line of standard output is one JSON object.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh demo
exec cargo run --locked --release --quiet -p gridwalk-proof --bin bench -- "$@"
