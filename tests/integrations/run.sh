#!/usr/bin/env bash
# Node-RED's own process runs the flow beside a real broker (Mosquitto), and ESPHome reads its snippet: see check.py.
# Needs node, npm and mosquitto; some 300 packages of npm and as many of ESPHome are installed once, so it is run by hand.
set -euo pipefail
cd "$(dirname "$0")/../.."
room=${CARGO_TARGET_DIR:-target}/integrations
if ! cmp -s tests/integrations/run.sh "$room/installed"; then
    rm -rf "$room"
    mkdir -p "$room"
    npm install --prefix "$room" --silent --no-audit --no-fund node-red@4.1.15
    python3 -m venv "$room/venv"
    "$room/venv/bin/pip" install --quiet --disable-pip-version-check esphome==2026.6.5
    cp tests/integrations/run.sh "$room/installed"
fi
cargo build --quiet --workspace --bin kwhen
exec "$room/venv/bin/python" tests/integrations/check.py "${CARGO_TARGET_DIR:-target}/debug/kwhen" "$room"
