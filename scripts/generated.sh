#!/usr/bin/env bash
# Writes everything that Rust writes for TypeScript, and fails when that differs from what is committed.
# usage: generated.sh [--write]     --write: keep the new files and say nothing
set -euo pipefail
source "$(dirname "$0")/environment.sh"
place=ui/src/api/generated
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
mkdir -p "$place" && cp -a "$place/." "$before/"

build_programs
"$programs/bindings"
"$programs/gridwalk-server" openapi >"$place/openapi.json"
npm --prefix ui run --silent generate:registry >&2

if [ "${1:-}" = --write ]; then exit 0; fi
if ! diff -ru "$before" "$place"; then
  say "generated files are stale: run scripts/generated.sh --write and commit $place"
  exit 1
fi
