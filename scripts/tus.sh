#!/usr/bin/env bash
# tus-js-client against our server, breaking off at random. It is nobody's dependency: it is installed here and nowhere else.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
# `npm ci` takes a lock file without addresses for incomplete (npm 11); this installs what it names just the same.
npm install --no-save --no-audit --no-fund --prefix proof/tus --ignore-scripts >&2
export GRIDWALK_TEST_TUS=$PWD/proof/tus/client.mjs
# The whole workspace's choice of features, so that nothing is compiled twice.
exec cargo test --locked --workspace --test tus_js_client
