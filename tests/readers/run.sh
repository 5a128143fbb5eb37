#!/usr/bin/env bash
# What kwhen writes is opened by other readers of Parquet, and what other writers write is billed: see check.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${CARGO_TARGET_DIR:-target}/readers-venv
if ! cmp -s tests/readers/requirements.txt "$environment/installed"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/readers/requirements.txt
    cp tests/readers/requirements.txt "$environment/installed"
fi
cargo build --quiet --workspace --bin kwhen
exec "$environment/bin/python" tests/readers/check.py "${CARGO_TARGET_DIR:-target}/debug/kwhen"
