#!/usr/bin/env bash
# pyglowmarkt 0.5.6 (PyPI; its newest, for the Glow/Bright service of British smart meters) rounds a time down to the half-hour by a factor
# too small: 10:45 becomes 10:01.
#
# The README rounds both ends of the period with `Resource.round` before it asks for readings: "more accurate if rounded". For PT30M it
# sets the minute to `int(minute / 30)`, which is 0 or 1, where 0 or 30 is meant. Nothing fails: the service is asked from 10:01 on
# where 10:30 was meant. PT1H and P1D are right. P1W, a week, is only midnight of the same day.
# Expected: 10:30, and for a week the Monday. Seen (2026-11-29): 10:01, and the Wednesday itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check setuptools wheel pyglowmarkt==0.5.6
cat > "$work/run.py" <<'PY'
from datetime import datetime

from glowmarkt import BrightClient

client = BrightClient.__new__(BrightClient)  # rounding needs no account
wednesday = datetime(2026, 7, 1, 10, 45)
seen = {period: client.round(wednesday, period) for period in ("PT30M", "PT1H", "P1D", "P1W")}
for period, when in seen.items():
    print(f"{wednesday:%a %H:%M} rounded to {period}: {when:%a %d %b %H:%M}")
assert seen["PT1H"] == datetime(2026, 7, 1, 10) and seen["P1D"] == datetime(2026, 7, 1), "the behaviour has changed"
assert seen["PT30M"] == datetime(2026, 7, 1, 10, 1) and seen["P1W"] == datetime(2026, 7, 1), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
