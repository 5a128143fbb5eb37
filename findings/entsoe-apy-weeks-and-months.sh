#!/usr/bin/env bash
# entsoe-apy 1.2.0 (PyPI) counts the weeks, days and months of ENTSO-E's documents on the UTC line.
#
# A period says where it starts in UTC, and its days, weeks (P7D: reservoirs, week-ahead load) and months are those of Brussels' clock: the week
# from Monday 23 March 2026 starts at 22T23:00Z and the next one at 29T22:00Z. `calculate_timestamp` adds the resolution to the UTC start instead.
# Expected: 29T22:00Z for the second week; 1 April in Brussels, 31T22:00Z, for the month after the March that starts at 28 February, 23:00Z.
# Seen (2026-11-30): an hour late for the week, and 28 March, 23:00Z, for April: three days early.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check entsoe-apy==1.2.0
cat > "$work/run.py" <<'PY'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from entsoe.utils import add_timestamps

brussels = ZoneInfo("Europe/Brussels")
seen = {}
for what, start, resolution, wanted in [
    ("second week", "2026-03-22T23:00Z", "P7D", datetime(2026, 3, 30, tzinfo=brussels)),
    ("second day", "2026-03-28T23:00Z", "P1D", datetime(2026, 3, 30, tzinfo=brussels)),
    ("April", "2026-02-28T23:00Z", "P1M", datetime(2026, 4, 1, tzinfo=brussels)),
]:
    record = {"period.time_interval.start": start, "period.resolution": resolution, "period.point.position": 2}
    found = datetime.fromisoformat(add_timestamps([record])[0]["timestamp"])
    seen[what] = (found - wanted).total_seconds() / 3600
    print(f"{what}: {found:%Y-%m-%dT%H:%MZ}, really {wanted.astimezone(timezone.utc):%Y-%m-%dT%H:%MZ}")
assert seen == {"second week": 1, "second day": 1, "April": -71}, seen
PY
"$work/venv/bin/python" "$work/run.py"
