#!/usr/bin/env bash
# Works the clocks of every zone, the bills around their changes and those of other countries anew, with the package tzdata of the version that is bundled, and compares.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "tzdata==2026.6"
"$work/venv/bin/python" work.py --check
"$work/venv/bin/python" ../zones/work.py --check
"$work/venv/bin/python" ../abroad/work.py --check
"$work/venv/bin/python" ../abroad/plans.py --check
