#!/usr/bin/env bash
# An S3 server of our own (moto's, from PyPI, in .tools) for as long as a command runs, on a free port of the loopback. The
# command finds a bucket in GRIDWALK_TEST_BUCKET; server tests then keep their photos there.
# usage: bucket.sh COMMAND...        any test of the server that speaks HTTP may be run so
#        bucket.sh                   the tests of photos, uploads, backups and stories
set -euo pipefail
source "$(dirname "$0")/environment.sh"

venv=$PWD/.tools/moto
if [ ! -x "$venv/bin/moto_server" ]; then
  python3 -m venv "$venv" >&2 2>/dev/null || { say "bucket: no python3-venv here; scripts/setup.sh test installs it"; exit 77; }
  "$venv/bin/pip" install -q 'moto[server]==5.2.5' >&2
fi

log=$(mktemp /tmp/gridwalk-bucket.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
moto=$!
finish() { kill "$moto" 2>/dev/null || true; wait "$moto" 2>/dev/null || true; rm -f "$log"; }
trap finish EXIT
trap 'exit 130' INT TERM
export AWS_ENDPOINT=http://127.0.0.1:$port AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test GRIDWALK_TEST_BUCKET=s3://gridwalk-test
until curl -sf -X PUT "$AWS_ENDPOINT/gridwalk-test" >/dev/null; do
  kill -0 "$moto" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
if [ $# -gt 0 ]; then "$@"; exit; fi
# The whole workspace's choice of features, so that nothing is compiled twice.
cargo test --locked --workspace --test blobs_over_http --test uploads_over_http --test photo_keeping --test backup --test stories_over_http
