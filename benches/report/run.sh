#!/usr/bin/env bash
# The batch report in one command: builds kwhen, makes an environment for the rivals, runs both. Options go to run.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${CARGO_TARGET_DIR:-target}/report-venv
if [ ! -x "$environment/bin/python" ]; then
    python3 -m venv "$environment"
fi
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement benches/report/requirements.txt
profile=--release
for option; do
    [ "$option" != --smoke ] || profile=--profile=dev
done
cargo build --quiet "$profile" --workspace --bin kwhen-batch-report
exec "$environment/bin/python" benches/report/run.py "$@"
