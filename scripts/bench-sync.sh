#!/usr/bin/env bash
# Sync beside its peers: figures, never verdicts. The last line of standard output is one JSON object.
# usage: bench-sync.sh [--documents N]
set -euo pipefail
source "$(dirname "$0")/environment.sh"
scripts/setup.sh demo
# Without the window: it costs minutes to optimise and no figure needs it. The server runs as a process of its own.
cargo build --locked --release -p gridwalk-proof --bin bench-sync -p gridwalk-server --bin gridwalk-server >&2
# The peers are nobody's dependency: they are installed here and nowhere else.
# `npm ci` takes a lock file without addresses for incomplete (npm 11); this installs what it names just the same.
npm install --no-save --prefix proof/peers --ignore-scripts >&2
exec "${CARGO_TARGET_DIR:-target}/release/bench-sync" --peers proof/peers "$@"
