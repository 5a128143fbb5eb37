#!/usr/bin/env bash
# Home Assistant's own process, with its MQTT integration, discovers and commands `kwhen run` beside a real broker: see check.py.
# Device-based discovery needs a Home Assistant of late 2024 or newer, and that a Python of 3.13 or newer.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(command -v python3.13 || true)
"${python:-false}" --version > /dev/null 2>&1 || python=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python3.13 2> /dev/null | tail -1)
if [ -z "$python" ]; then
    echo "skipped: Home Assistant with discovery by device needs Python 3.13, which is not here" >&2
    exit 0
fi
tests/home-assistant/install.sh
environment=${CARGO_TARGET_DIR:-target}/home-assistant-venv
if ! cmp -s tests/home-assistant/requirements.txt "$environment/installed"; then
    rm -rf "$environment"
    "$python" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement tests/home-assistant/requirements.txt
    cp tests/home-assistant/requirements.txt "$environment/installed"
fi
cargo build --quiet --workspace --bin kwhen
exec "$environment/bin/python" tests/home-assistant/check.py "$(realpath "${CARGO_TARGET_DIR:-target}/debug/kwhen")" "$environment/bin/hass"
