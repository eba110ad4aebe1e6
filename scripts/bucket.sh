#!/usr/bin/env bash
# An S3 server of our own for as long as a command runs, on a free port of the loopback. The command finds a bucket in
# GRIDWALK_TEST_BUCKET; server tests then keep their photos there. The short form is moto's server (PyPI, in .tools); the long
# form runs the same against s3s-fs (cargo, Apache-2, a process of its own in .tools as well), a second maker's reading of S3
# that keeps its objects as files. Nothing of either is part of the product.
# usage: bucket.sh COMMAND...        any test of the server that speaks HTTP may be run so
#        bucket.sh                   the tests of photos, uploads, backups and stories
#        LONG=1 bucket.sh …          the same against s3s-fs
# GRIDWALK_S3S_FS names an s3s-fs that is there already.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

log=$(mktemp /tmp/gridwalk-bucket.XXXXXX)
place=$(mktemp -d /tmp/gridwalk-bucket.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export AWS_ENDPOINT=http://127.0.0.1:$port AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test GRIDWALK_TEST_BUCKET=s3://gridwalk-test

if [ -z "${LONG:-}" ]; then
  venv=$PWD/.tools/moto
  if [ ! -x "$venv/bin/moto_server" ]; then
    python3 -m venv "$venv" >&2 2>/dev/null || { say "bucket: no python3-venv here; scripts/setup.sh test installs it"; exit 77; }
    "$venv/bin/pip" install -q 'moto[server]==5.2.5' >&2
  fi
  "$venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
else
  store=${GRIDWALK_S3S_FS:-$PWD/.tools/s3s-fs/bin/s3s-fs}
  # 0.14 is the newest that this toolchain builds
  [ -x "$store" ] || env -u CARGO_TARGET_DIR cargo install s3s-fs --version 0.14.1 --features binary --locked --root "$PWD/.tools/s3s-fs" >&2
  mkdir "$place/gridwalk-test"
  RUST_LOG=error "$store" --host 127.0.0.1 --port "$port" --access-key "$AWS_ACCESS_KEY_ID" --secret-key "$AWS_SECRET_ACCESS_KEY" "$place" >"$log" 2>&1 &
fi
server=$!
finish() { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$log" "$place"; }
trap finish EXIT
trap 'exit 130' INT TERM
# moto's bucket is made by asking for it; of s3s-fs every folder is one, and an answer is enough
answers() {
  if [ -z "${LONG:-}" ]; then curl -sf -X PUT "$AWS_ENDPOINT/gridwalk-test" >/dev/null; else curl -s "$AWS_ENDPOINT/" >/dev/null; fi
}
until answers; do
  kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
if [ $# -gt 0 ]; then "$@"; exit; fi
# The whole workspace's choice of features, so that nothing is compiled twice.
cargo test --locked --workspace --test blobs_over_http --test uploads_over_http --test photo_keeping --test backup --test stories_over_http
