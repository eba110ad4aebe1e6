#!/usr/bin/env bash
# Type-checks the whole phone app for aarch64-linux-android, window and all, with Debian's Rust: it ships the sources of
# the standard library, which an Android check needs and a plain toolchain lacks. No code is generated or linked.
# Exit: 0 checked, 77 the packages are not here, else the compiler's.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=
for tool in /usr/bin/rustc /usr/bin/cargo clang llvm-ar llvm-ranlib; do command -v "$tool" >/dev/null || missing+=" $tool"; done
version=$(/usr/bin/rustc --version 2>/dev/null | cut -d' ' -f2 || true)
[ -e "$(/usr/bin/rustc --print sysroot 2>/dev/null)/lib/rustlib/src/rust/library/std/Cargo.toml" ] || missing+=" rust-web-src"
if [ -n "$missing" ]; then
  echo "not here:$missing (Debian 12: apt-get install rustc-web cargo-web rust-web-src clang llvm)"
  exit 77
fi
echo "Rust $version from the distribution, C stubbed"

# Debian's compiler, whatever a toolchain manager put in front of it; the C side of SQLCipher and ring is only pretended.
unset RUSTUP_TOOLCHAIN RUSTC RUSTC_WRAPPER RUSTFLAGS
export PATH=/usr/bin:/bin RUSTC_BOOTSTRAP=1
export CC_aarch64_linux_android=$PWD/scripts/android/cc CXX_aarch64_linux_android=$PWD/scripts/android/cc
export AR_aarch64_linux_android=llvm-ar RANLIB_aarch64_linux_android=llvm-ranlib
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/android
exec cargo check --locked -p gridwalk --lib --target aarch64-linux-android \
  -Zbuild-std=std,panic_abort,panic_unwind,proc_macro
