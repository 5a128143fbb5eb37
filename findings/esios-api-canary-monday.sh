#!/usr/bin/env bash
# esios-api 4.4.0 (PyPI; and aiopvpc 4.3.1, the same code): in the Canaries today's first hour is told as tomorrow's last on Mondays only.
#
# Spain's day of prices begins at 00:00 in Madrid, which is 23:00 of the day before in the Canaries. Which day an hour belongs to is asked of
# the ISO calendar, part by part: a Sunday (the 7th day of a week) before a Monday (the 1st) has a greater part, and so is "later".
# Expected: the hour at 23:00 under the same name on every day of the week. Seen (2026-11-30): `price_23h` from Tuesday to Sunday,
# `price_next_day_23h`, with statistics of a next day, on Monday, when no price of the next day is there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check esios-api==4.4.0
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from esios_api.prices import make_price_sensor_attributes

seen = {}
for day in range(9, 16):  # Monday 9 to Sunday 15 March 2026
    midnight = datetime(2026, 3, day, tzinfo=ZoneInfo("Europe/Madrid")).astimezone(timezone.utc)
    prices = {midnight + timedelta(hours=hour): 0.1 + hour / 1000 for hour in range(24)}
    found = make_price_sensor_attributes("PVPC", prices, midnight + timedelta(hours=12), ZoneInfo("Atlantic/Canary"))
    seen[midnight.astimezone(ZoneInfo("Europe/Madrid")).strftime("%a")] = [name for name in found if name.startswith("price_") and name.endswith("23h")]
for name, keys in seen.items():
    print(name, keys)
assert seen == {name: ["price_next_day_23h"] if name == "Mon" else ["price_23h"] for name in seen}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
