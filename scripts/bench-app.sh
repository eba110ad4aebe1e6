#!/usr/bin/env bash
# Figures of the worker's app, never verdicts: an optimised build, and the last line of standard output is one JSON object.
# SHORT=1 only shows that it still runs: debug programs, little of everything, no window.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
if [ -n "${SHORT:-}" ]; then
  build_programs >&2
  exec "$programs/bench-app" --short
fi
scripts/setup.sh test
for tool in Xvfb xvfb-run WebKitWebDriver; do
  command -v "$tool" >/dev/null || { say "not here: $tool; the window's start stays out"; missing=1; }
done
npm --prefix ui run --silent build >&2
cargo build --locked --release -p gridwalk-proof --bin bench-app -p gridwalk-server --bin gridwalk-server -p gridwalk --bin gridwalk \
  -p gridwalk-empty-window --bin empty-window --features gridwalk-empty-window/window >&2
bench=${CARGO_TARGET_DIR:-target}/release/bench-app
node ui/e2e/field-scroll.mjs
[ -z "${missing:-}" ] || exec "$bench" "$@"
export TAURI_WEBVIEW_AUTOMATION=true
exec xvfb-run -a -s "-screen 0 390x844x24 -nolisten tcp" "$bench" --window "$@"
