# Sourced by every script: where the tools and the built programs are.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Tools that setup.sh had to bring itself come first, then what a fresh login shell would have found.
[ -d .tools/node_modules/.bin ] && PATH=$PWD/.tools/node_modules/.bin:$PATH
command -v cargo >/dev/null || PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
export PATH

# One place for built programs, so that every script and test means the same ones.
programs=${CARGO_TARGET_DIR:-$PWD/target}/debug
export GRIDWALK_PROGRAMS=$programs

# A machine that builds once and throws everything away needs neither the compiler's notes for the next build nor the
# lines of a backtrace: without them `make test` fits a third of the disk.
if [ "${CI:-false}" != false ]; then
  export CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=none
fi

# WebKitGTK stays white on machines without a GPU unless it is told not to share buffers with one.
compgen -G '/dev/dri/renderD*' >/dev/null || export WEBKIT_DISABLE_DMABUF_RENDERER=${WEBKIT_DISABLE_DMABUF_RENDERER:-1}

say() { printf '%s\n' "$*" >&2; }

# All programs of the workspace at once: building one member alone would choose other features and compile twice.
build_programs() { cargo build --locked --workspace --bins; }
