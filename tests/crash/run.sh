#!/usr/bin/env bash
# Commands that write are killed, and their disks fail, at operations chosen by a seed: see check.py. `--short`: a few faults for each.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
if [ "$(uname)" != Linux ]; then
    echo "skipped: faults are put between a program and Linux's C library"
    exit 0
fi
faults=(--faults 60)
if [ "${1:-}" = --short ]; then
    shift
    faults=(--faults 8)
fi
cargo build --quiet --manifest-path "$root/Cargo.toml" --workspace --bin kwhen --bin kwhen-fake-api
mkdir -p "$target/crash"
cc -shared -fPIC -O1 -Wall -Wextra -Werror -o "$target/crash/fault.so" "$here/fault.c" -ldl
exec python3 "$here/check.py" "$target/debug/kwhen" "$target/crash/fault.so" "$target/debug/kwhen-fake-api" "${faults[@]}" "$@"
