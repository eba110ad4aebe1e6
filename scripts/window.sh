#!/usr/bin/env bash
# The real window on a screen of its own, driven through WebKitWebDriver by the test target `window` of gridwalk-proof.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
for tool in Xvfb xvfb-run WebKitWebDriver import; do
  command -v "$tool" >/dev/null || { echo "not here: $tool (scripts/setup.sh test)"; exit 77; }
done
[ -n "$(fc-list :lang=zh)" ] || { echo "no font can draw Chinese: the window would be blank"; exit 1; }
compgen -G "ui/dist/assets/*.js" >/dev/null || { echo "ui/dist is not built"; exit 1; }
mkdir -p artifacts
build_programs
export TAURI_WEBVIEW_AUTOMATION=true GRIDWALK_ARTIFACTS=$PWD/artifacts
exec xvfb-run -a -s "-screen 0 390x844x24 -nolisten tcp" \
  cargo test --locked --workspace --features gridwalk-proof/e2e --test window -- --nocapture
