#!/usr/bin/env bash
# watty 0.1.2 (PyPI, aWATTar's hourly prices) says of each price that it ends when it begins.
#
# aWATTar's answer gives each price a `start_timestamp` and an `end_timestamp`, an hour apart. `Price.end_timestamp` is right; `Price.end_date`, the
# same as a datetime, is made of the start. Whoever looks for the price of now by start_date <= now < end_date finds none, and an appliance
# that is to run until the end of the cheap hour is switched off at once.
# Expected: 01:00 for the hour from 00:00. Seen (2026-12-01): 00:00.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check watty==0.1.2
cat > "$work/run.py" <<'PY'
from watty import Price

midnight = 1767222000000  # 2026-01-01T00:00+01:00
price = Price({"start_timestamp": midnight, "end_timestamp": midnight + 3_600_000, "marketprice": 84.2, "unit": "Eur/MWh"})
minutes = (price.end_timestamp - price.start_timestamp) / 60_000, (price.end_date - price.start_date).total_seconds() / 60
print(f"from {price.start_date:%H:%M} to {price.end_date:%H:%M}; minutes by the timestamps {minutes[0]:g}, by the dates {minutes[1]:g}")
assert minutes == (60, 0), "the behaviour has changed"
PY
TZ=Europe/Vienna "$work/venv/bin/python" "$work/run.py"
