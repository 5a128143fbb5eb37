#!/usr/bin/env bash
# What is answered over HTTP in the eyes of the programs that it is for: see check.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${CARGO_TARGET_DIR:-target}/serve-venv
if ! cmp -s tests/serve/requirements.txt "$environment/installed"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/serve/requirements.txt
    cp tests/serve/requirements.txt "$environment/installed"
fi
cargo build --quiet --workspace --bin kwhen
exec "$environment/bin/python" tests/serve/check.py "${CARGO_TARGET_DIR:-target}/debug/kwhen" "$@"
