#!/usr/bin/env bash
# The user guide in ui/guide, text and pictures, from the tour of the phone's screens. Look at the pictures, then commit.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh test >&2
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
export CHROMIUM
node ui/e2e/field-guide.mjs
