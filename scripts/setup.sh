#!/usr/bin/env bash
# Brings a machine to the point where the named part can run; does nothing where nothing is missing, and asks nothing.
# usage: setup.sh [demo|test|bench-photos]     demo: build and show · test (default): also the window and browser tests, Android
#        check · bench-photos: also the tools that photos are measured beside
# Proven on bare Debian 12 as root; written for Ubuntu 22.04 and later, unproven there.
set -euo pipefail
source "$(dirname "$0")/environment.sh"
part=${1:-test}
case $part in demo | test | bench-photos) ;; *) say "usage: scripts/setup.sh [demo|test|bench-photos]"; exit 2 ;; esac

system=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}-${VERSION_ID:-}" || echo unknown)
case $system in
  debian-12) ;;
  ubuntu-*) say "setup: $system is written for but unproven; tell us what happened." ;;
  *) say "setup: $system is unknown ground; Debian 12 is proven." ;;
esac

# --- packages ---------------------------------------------------------------------------------------------------------

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }
offered() { [ -n "$(apt-cache show "$1" 2>/dev/null)" ]; }

# As root, or as somebody who may become root without a password. Nothing of the machine's is ever removed for ours.
if [ "$(id -u)" = 0 ]; then root=(env)
elif sudo -n true 2>/dev/null; then root=(sudo -n env)
else root=(); fi
refresh() {
  if [ -n "${refreshed:-}" ] || [ ${#root[@]} = 0 ]; then return; fi
  "${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  refreshed=1
}
install() {
  if [ ${#root[@]} = 0 ]; then
    say "setup: missing packages, and no right to install them. Run this, then start again:"
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    exit 1
  fi
  refresh
  say "setup: installing $*"
  mkdir -p artifacts
  "${root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove "$@" >artifacts/apt.log 2>&1 ||
    { tail -20 artifacts/apt.log >&2; return 1; }
}

# Names of those that are not installed.
missing() {
  local name
  for name; do installed "$name" || printf '%s ' "$name"; done
}

need=(build-essential pkg-config perl git curl ca-certificates libssl-dev libwebkit2gtk-4.1-dev fontconfig fonts-wqy-microhei)
# A window without a display: only where there is none, or where tests must not touch the one there is.
if [ "$part" = test ] || [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then need+=(xvfb xauth imagemagick); fi
if [ "$part" = bench-photos ]; then need+=(libvips-tools imagemagick); fi
wish=()
if [ "$part" = test ]; then
  need+=(webkit2gtk-driver python3-venv)
  # Ubuntu's chromium package only points at a snap; any Chrome or Chromium on the path will do there.
  case $system in ubuntu-*) ;; *) need+=(chromium) ;; esac
  # Its server programs only; the cluster that Debian makes of it is left alone, tests start their own.
  case $system in debian-12) need+=(postgresql-15) ;; *) need+=(postgresql) ;; esac
  wish+=(clang llvm rustc-web cargo-web rust-web-src)
fi

if command -v apt-get >/dev/null; then
  read -ra lacking <<<"$(missing "${need[@]}")"
  if [ ${#lacking[@]} -gt 0 ]; then install "${lacking[@]}"; fi
  read -ra lacking <<<"$(missing "${wish[@]}")"
  if [ ${#lacking[@]} -gt 0 ]; then
    refresh
    if offered rustc-web && offered rust-web-src; then
      (install "${lacking[@]}") || say "setup: the Android check will be skipped, its packages would not install"
    else
      say "setup: the Android check will be skipped, this system has no ${lacking[*]}"
    fi
  fi
else
  say "setup: no apt-get here. Install these by hand if they are missing: ${need[*]}"
fi

if [ -z "$(fc-list :lang=zh 2>/dev/null)" ]; then
  say "setup: no font can draw Chinese, and the window would be blank: install fonts-wqy-microhei or fonts-noto-cjk"
  exit 1
fi

# --- Rust -------------------------------------------------------------------------------------------------------------

least() { # VERSION MINIMUM
  [ -n "$1" ] && [ "$(printf '%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]
}
rust() { rustc --version 2>/dev/null | cut -d' ' -f2; }
no_rust() {
  say "setup: Rust 1.95 or newer is needed, found: $(rust || true)${1:+ ($1)}. Do one of these, then start again:"
  say "  rustup toolchain install      in this folder, where rustup is there (rust-toolchain.toml names the version)"
  say "  apt-get install rustc-web cargo-web rustfmt-web rust-web-clippy      on Debian 12, after removing rustc and cargo"
  exit 1
}

if ! least "$(rust || true)" 1.95; then
  if command -v rustup >/dev/null; then
    say "setup: installing the toolchain of rust-toolchain.toml"
    rustup toolchain install >&2 || no_rust "rustup could not install it"
  elif command -v apt-get >/dev/null && refresh && offered rustc-web; then
    (install rustc-web cargo-web rustfmt-web rust-web-clippy) || no_rust "Debian's older rustc is in the way"
  fi
  least "$(rust || true)" 1.95 || no_rust
fi
command -v cargo >/dev/null || no_rust "no cargo"
if [ "$part" = test ] && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
  if command -v rustup >/dev/null; then
    rustup component add rustfmt clippy >&2
  else
    (install rustfmt-web rust-web-clippy) || { say "setup: cargo fmt and cargo clippy are needed"; exit 1; }
  fi
fi

# --- Node -------------------------------------------------------------------------------------------------------------

node_version() { node --version 2>/dev/null | tr -d v; }
has_node() { least "$(node_version || true)" 20.19 && command -v npm >/dev/null; }
no_node() {
  say "setup: Node 20.19 or newer with npm is needed, found: $(node_version || echo none). Install one, then start again."
  exit 1
}

if ! has_node && command -v apt-get >/dev/null; then
  command -v node >/dev/null || (install nodejs) || no_node
  if ! has_node; then
    # Debian 12's own Node is 18: use its npm once, to fetch a newer Node and npm from the package registry into .tools.
    command -v npm >/dev/null || (install npm) || no_node
    say "setup: bringing Node 22 into .tools"
    npm install --prefix .tools --no-save --no-audit --no-fund --no-update-notifier node@22.23.3 npm@10.9.9 >&2 || no_node
    PATH=$PWD/.tools/node_modules/.bin:$PATH
    hash -r
  fi
fi
has_node || no_node

# --- the UI's packages ------------------------------------------------------------------------------------------------

if ! cmp -s ui/package-lock.json ui/node_modules/.installed-lock; then
  say "setup: npm ci"
  npm --prefix ui ci --no-audit --no-fund >&2
  cp ui/package-lock.json ui/node_modules/.installed-lock
fi

say "setup: ready for $part (Rust $(rust), Node $(node_version))"
