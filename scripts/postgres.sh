#!/usr/bin/env bash
# A PostgreSQL of our own for as long as a command runs: in a folder of its own, on a socket in that folder, never the
# system's. The command finds its address in GRIDWALK_TEST_POSTGRES; server tests then keep what they store there.
# usage: postgres.sh COMMAND...        any test of the server that speaks HTTP may be run so
#        postgres.sh                   the tests of the store, of several servers and of photos, and the stories
set -euo pipefail
source "$(dirname "$0")/environment.sh"

bin=$(dirname "$(command -v initdb || true)")
[ "$bin" != . ] && [ -n "$bin" ] || bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1 || true)
if [ ! -x "$bin/initdb" ]; then
  say "postgres: no PostgreSQL here; scripts/setup.sh test installs one"
  exit 77
fi

# The database refuses to run as root; Debian's package brings somebody who may.
as=()
[ "$(id -u)" != 0 ] || as=(runuser -u postgres --)

home=$(mktemp -d /tmp/gridwalk-postgres.XXXXXX)
[ ${#as[@]} = 0 ] || chown postgres "$home"
finish() {
  # By the number that it wrote down itself; it is our child's child and nobody else's.
  if [ -s "$home/data/postmaster.pid" ]; then
    local pid
    pid=$(head -1 "$home/data/postmaster.pid")
    kill -INT "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  fi
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

cd /
"${as[@]}" "$bin/initdb" -D "$home/data" -U gridwalk -A trust -E UTF8 --no-instructions >"$home.log" 2>&1 || { cat "$home.log" >&2; exit 1; }
rm -f "$home.log"
"${as[@]}" "$bin/pg_ctl" -D "$home/data" -w -s -l "$home/data/log" \
  -o "-k '$home' -c listen_addresses= -c max_connections=300" start ||
  { cat "$home/data/log" >&2; exit 1; }
cd - >/dev/null

export GRIDWALK_TEST_POSTGRES="postgres://gridwalk@${home//\//%2F}/postgres"
if [ $# -gt 0 ]; then "$@"; exit; fi
# The whole workspace's choice of features, so that nothing is compiled twice.
cargo test --locked --workspace --test store_contract --test two_servers --test uploads_over_http --test blobs_over_http \
  --test photo_keeping --test stories_over_http --test phone_stories
