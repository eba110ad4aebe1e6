#!/usr/bin/env bash
# The demo street on this machine: a server with its console, two enrolled phones, one of them in a window.
# Everything lives in demo-data/; remove it to start afresh. Ctrl-C ends every process that this started.
# GRIDWALK_PORT=8470 chooses the port; GRIDWALK_DEMO_ONCE=1 ends as soon as everything stands.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

data=demo-data
port=${GRIDWALK_PORT:-8470}
address=http://127.0.0.1:$port
workers=(lin-xiao gu-yuanshan)
# A dispatcher of the demo street sees every grid and drives every incident.
supervisor=pan-xiaoman
export RUST_LOG=${RUST_LOG:-warn}
# Nobody knocks between 20:30 and 08:30; a demonstration at night is given the morning of its day.
hour=$(TZ=CST-8 date +%H%M)
if [ "$hour" -lt 0830 ] || [ "$hour" -ge 2030 ]; then
  GRIDWALK_CLOCK=${GRIDWALK_CLOCK:-$(TZ=CST-8 date +%F)T09:30:00+08:00}
  export GRIDWALK_CLOCK
fi
server=$programs/gridwalk-server
phone=$programs/gridwalk

started=()
leave() {
  trap - EXIT INT TERM HUP
  local pid
  # Newest first, so that the window goes before its screen and the phones before the server.
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    pid=${started[$i]}
    kill "$pid" 2>/dev/null || continue
    for _ in {1..50}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  [ ${#started[@]} = 0 ] || say "demo: everything ended."
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

scripts/setup.sh demo
if [ -n "$(find ui -path ui/node_modules -prune -o -path ui/dist -prune -o -newer ui/dist/console.html -type f -print 2>/dev/null | head -1)" ] || [ ! -e ui/dist/console.html ]; then
  npm --prefix ui run --silent build >&2
fi
build_programs >&2
began=$SECONDS

mkdir -p "$data" artifacts
if [ ! -e "$data/server/.seeded" ]; then
  say "demo: seeding the demo street"
  rm -rf "$data/server"
  "$server" seed --data "$data/server"
  touch "$data/server/.seeded"
fi
password=$("$server" user reset --data "$data/server" --name "$supervisor" | tail -1)

"$server" serve --data "$data/server" --listen "127.0.0.1:$port" --console ui/dist >"$data/server.log" 2>&1 &
started+=($!)
for _ in {1..300}; do
  grep -q '^listening on' "$data/server.log" && break
  kill -0 "${started[0]}" 2>/dev/null || { say "demo: the server did not start:"; tail -5 "$data/server.log" >&2; exit 1; }
  sleep 0.1
done

for n in 1 2; do
  home=$data/phone-$n
  if [ ! -e "$home/.enrolled" ]; then
    say "demo: enrolling phone $n for ${workers[$((n - 1))]}"
    rm -rf "$home"
    code=$("$server" device code --data "$data/server" --worker "${workers[$((n - 1))]}" | tail -1)
    "$phone" enrol --data "$home" --server "$address" --code "$code"
    touch "$home/.enrolled"
  fi
  "$phone" sync --data "$home" >"$home.log" 2>&1 || { say "demo: phone $n could not sync:"; tail -5 "$home.log" >&2; }
done

# The window belongs to phone 1. Without a display it gets a screen of its own, and a picture is taken of it.
screen=
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  coproc Xvfb -displayfd 1 -screen 0 390x844x24 -nolisten tcp 2>/dev/null
  screen=$COPROC_PID
  started+=("$screen")
  read -r -t 20 number <&"${COPROC[0]}"
  export DISPLAY=:$number
fi
GRIDWALK_DATA=$data/phone-1 "$phone" >"$data/window.log" 2>&1 &
window=$!
started+=("$window")
picture="the window that just opened"
if [ -n "$screen" ]; then
  picture="artifacts/demo-phone.png (there is no display here)"
  # An empty window has a handful of colours, a page with words has hundreds; it is whole when it stands still.
  still=0 before=
  for _ in {1..100}; do
    import -silent -window root artifacts/demo-phone.png 2>/dev/null || true
    read -r colours now <<<"$(identify -format '%k %#' artifacts/demo-phone.png 2>/dev/null || echo 0 -)"
    if [ "$colours" -gt 64 ] && [ "$now" = "$before" ]; then still=$((still + 1)); else still=0; fi
    [ "$still" -lt 5 ] || break
    before=$now
    sleep 0.2
  done
fi

cat <<END

  网格行 Gridwalk is up after $((SECONDS - began)) s ($SECONDS s with setup and build).
  Console   $address
  Login     $supervisor
  Password  $password
  Phone     $picture${GRIDWALK_CLOCK:+
  Clock     starts at $GRIDWALK_CLOCK, because at night nobody knocks}
  Ctrl-C ends everything; $data/ keeps the street for next time.

END
[ -z "${GRIDWALK_DEMO_ONCE:-}" ] || exit 0
wait "$window" || true
[ -n "$screen" ] || say "demo: the phone's window was closed; the console is still there."
wait "${started[0]}"
