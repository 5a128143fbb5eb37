#!/usr/bin/env bash
# Mutation testing of rooms of the core: cargo-mutants changes one thing at a time, and a test of the room must fail. A room is tried in a
# crate of its own that has the rooms below it alone, so that a change compiles in seconds; what the tests of other rooms would catch does
# not count. Run by hand: tests/mutation/run.sh quantity time …   Needs cargo-mutants (cargo install cargo-mutants).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
source=$root/crates/kwhen/src

# What a room needs below it.
below() {
    case $1 in
        quantity | time) echo "error names" ;;
        *) echo "unknown room: $1 (quantity, time)" >&2; exit 2 ;;
    esac
}

failed=0
for room in "$@"; do
    needed=$(below "$room")
    made=$target/mutation/$room
    rm -rf "$made"
    mkdir -p "$made/src"
    # As the workspace has it, in a workspace of its own.
    python3 - "$root" "$made" <<'PYTHON'
import sys, tomllib
from pathlib import Path
root, made = map(Path, sys.argv[1:])
shared = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["dependencies"]
core = tomllib.loads((root / "crates/kwhen/Cargo.toml").read_text())
def value(of):
    if isinstance(of, dict):
        return "{ " + ", ".join(f"{key} = {value(item)}" for key, item in of.items()) + " }"
    if isinstance(of, list):
        return "[" + ", ".join(map(value, of)) + "]"
    return str(of).lower() if isinstance(of, bool) else f'"{of}"'
lines = ["[package]", 'name = "kwhen"', 'version = "0.0.0"', 'edition = "2024"', "", "[features]", "rayon = []", "schema = []", ""]
for table in ("dependencies", "dev-dependencies"):
    lines.append(f"[{table}]")
    lines += [f"{name} = {value(shared[name])}" for name, how in core[table].items() if not how.get("optional")]
    lines.append("")
lines += ["[workspace]", "", "[profile.dev]", "debug = false"]
(made / "Cargo.toml").write_text("\n".join(lines) + "\n")
PYTHON
    cp "$root/Cargo.lock" "$made/"
    for part in $needed $room; do
        cp -r "$source/$part" "$made/src/" 2> /dev/null || cp "$source/$part.rs" "$made/src/"
    done
    {
        echo "#![allow(dead_code, missing_docs, unused)]"
        for part in $needed $room; do echo "pub mod $part;"; done
        echo "pub use error::{Error, Result};"
        [ "$room" != quantity ] || echo "pub use quantity::{Energy, Money, Rounding, UnitRate};"
    } > "$made/src/lib.rs"
    (cd "$made" && cargo mutants --in-place --no-shuffle --colors never --timeout 120 -f "src/$room/**" -- --lib) || failed=1
    (cd "$made/mutants.out" && wc -l caught.txt missed.txt timeout.txt unviable.txt)
done
exit $failed
