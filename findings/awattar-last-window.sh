#!/usr/bin/env bash
# awattar 0.8.1 (PyPI; client of the hourly spot prices of aWATTar, Austria and Germany): the cheapest window may end after the latest end
# that was asked for.
#
# `best_slot(duration, start_datetime, end_datetime)` stops at the first window that ends too late, but not where that window is the last
# that the prices hold. An end one hour before the end of the prices, the usual case of "ready by 23:00" with prices to midnight, is
# therefore not kept to whenever the last hours are cheap.
# Expected: three hours that end by 23:00, the best of which are 01:00 to 04:00 at 60 EUR/MWh. Seen (2026-11-30): 21:00 to 00:00 at 56 EUR/MWh.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check awattar==0.8.1
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta, timezone

from awattar.client import AwattarClient

start = datetime(2026, 7, 1, tzinfo=timezone.utc)
prices = [80.0] + [60.0] * 3 + [90.0] * 18 + [60.0, 18.0]


def millis(hour):
    return int((start + timedelta(hours=hour)).timestamp() * 1000)


client = AwattarClient("AT")
client._set_data({"data": [{"start_timestamp": millis(hour), "end_timestamp": millis(hour + 1), "marketprice": price, "unit": "Eur/MWh"} for hour, price in enumerate(prices)]})
by = start + timedelta(hours=23)
best = client.best_slot(3, start, by)
print(f"three hours ready by {by:%H:%M}: {best.start_datetime:%H:%M} to {best.end_datetime:%H:%M} at {best.marketprice:g} EUR/MWh")
assert best.end_datetime == start + timedelta(hours=24) and best.marketprice == 56, "the behaviour has changed"
PY
TZ=UTC "$work/venv/bin/python" "$work/run.py"
