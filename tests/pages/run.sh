#!/usr/bin/env bash
# Every page of HTML is opened in a browser, wide and as on a phone, light and dark: see check.py.
# With a folder after --shots, each is also a picture there; with --pictures alone the pictures of docs/pictures are drawn anew.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/pages/install.sh
environment=${CARGO_TARGET_DIR:-target}/pages-venv
if ! cmp -s tests/pages/requirements.txt "$environment/installed"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/pages/requirements.txt
    cp tests/pages/requirements.txt "$environment/installed"
fi
cargo build --quiet --workspace --bin kwhen
if [ "${1:-}" = --pictures ]; then
    exec "$environment/bin/python" tests/pages/pictures.py "${CARGO_TARGET_DIR:-target}/debug/kwhen" docs/pictures
fi
exec "$environment/bin/python" tests/pages/check.py "${CARGO_TARGET_DIR:-target}/debug/kwhen" "$@"
