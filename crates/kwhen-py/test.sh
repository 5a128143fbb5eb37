#!/usr/bin/env bash
# Builds the wheel and tests it, all in virtual environments of its own under target/python.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-python3}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
work=$CARGO_TARGET_DIR/python
export KWHEN_WHEELS=$work/wheels MPLBACKEND=Agg PIP_DISABLE_PIP_VERSION_CHECK=1
mkdir -p "$work"

# An environment with what a requirements file names; kept until the file changes.
environment() {
    local folder=$work/$1 requirements=$here/$2
    if ! cmp -s "$requirements" "$folder/installed"; then
        rm -rf "$folder"
        "$python" -m venv "$folder"
        "$folder/bin/pip" install --quiet --requirement "$requirements"
        cp "$requirements" "$folder/installed"
    fi
}

environment main requirements.txt
rm -rf "$KWHEN_WHEELS"
(cd "$here" && "$work/main/bin/maturin" build --profile "${KWHEN_WHEEL_PROFILE:-release}" --locked --out "$KWHEN_WHEELS" --interpreter "$work/main/bin/python")
"$work/main/bin/pip" install --quiet --force-reinstall --no-deps "$KWHEN_WHEELS"/*.whl
(cd "$here" && "$work/main/bin/mypy" --config-file pyproject.toml python/kwhen)
(cd "$here/tests" && "$work/main/bin/python" -m pytest -p no:cacheprovider "$@")

environment home-assistant requirements-home-assistant.txt
"$work/home-assistant/bin/pip" install --quiet --force-reinstall --no-deps "$KWHEN_WHEELS"/*.whl
(cd "$here/examples/home_assistant" && "$work/home-assistant/bin/python" -m pytest -p no:cacheprovider -q)
