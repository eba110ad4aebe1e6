#!/usr/bin/env bash
# The real console in headless Chromium against a real server: every ui/e2e/*.test.mjs, each with a data folder of its own.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
CHROMIUM=${CHROMIUM:-}
for name in chromium chromium-browser google-chrome; do
  [ -n "$CHROMIUM" ] || CHROMIUM=$(command -v "$name" || true)
done
[ -n "$CHROMIUM" ] || { echo "not here: chromium (scripts/setup.sh test)"; exit 77; }
mkdir -p artifacts
# Whoever runs everything has built the console already.
[ -n "${GRIDWALK_READY:-}" ] || npm --prefix ui run --silent build >&2
build_programs
export CHROMIUM GRIDWALK_ARTIFACTS=$PWD/artifacts
exec node --test --test-concurrency=1 ui/e2e/*.test.mjs
