#!/usr/bin/env bash
# Bills worked again from their own working by a program that shares nothing with the engine: tests/working/check.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
kwhen=${KWHEN:-}
if [ -z "$kwhen" ]; then
    cargo build --quiet --workspace --bin kwhen
    kwhen=${CARGO_TARGET_DIR:-target}/debug/kwhen
fi
python3 tests/working/check.py "$kwhen"
