#!/usr/bin/env bash
# statsbadge-octopus 2.0.0 (PyPI, Octopus Energy on a desk badge) shows the price of a band to come as "Price now" on a tariff with bands.
#
# The README says of the reading: "for the half hour in progress". It takes the first rate that begins in this half-hour or later, which on Agile is
# that of this half-hour. Octopus Go's rates last 5 and 19 hours: at 02:00 the cheap one began before, and the first to begin is the dear one at
# 05:30. Only where no rate to come is listed is the one that holds looked for.
# Expected: 8.5 p at 02:00, 30.1 p at noon. Seen (2026-12-01): 30.1 p at 02:00; 8.5 p at noon where the rate of the coming night is listed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check statsbadge-octopus==2.0.0 statsbadge==3.0.0 time-machine==2.19.0
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta, timezone

import time_machine
from statsbadge_octopus import Octopus

listed = 0  # the last day whose rates the service lists
midnight = datetime(2026, 1, 13, tzinfo=timezone.utc)
tariff = "E-1R-GO-VAR-22-10-14-C"


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def answer(path):
    """What the service says; none is called. Rates are newest first, as it gives them."""
    if path.startswith("/accounts/"):
        agreement = {"tariff_code": tariff, "valid_from": "2025-07-01T00:00:00Z", "valid_to": None}
        point = {"mpan": "1200000000001", "meters": [{"serial_number": "Z1"}], "agreements": [agreement]}
        return {"properties": [{"electricity_meter_points": [point]}]}
    if "standing-charges" in path:
        return {"results": []}
    if "consumption" in path:
        return {"results": [{"interval_start": text(midnight), "interval_end": text(midnight + timedelta(minutes=30)), "consumption": 0.3}]}
    rates = []
    for day in range(listed, -3, -1):
        cheap, dear, end = (midnight + timedelta(days=day, hours=hours) for hours in (0.5, 5.5, 24.5))
        rates.append({"valid_from": text(dear), "valid_to": text(end), "value_inc_vat": 30.1})
        rates.append({"valid_from": text(cheap), "valid_to": text(dear), "value_inc_vat": 8.5})
    return {"results": rates}


def price_at(hours):
    with time_machine.travel(midnight + timedelta(hours=hours), tick=False):
        badge = Octopus({"api_key": "sk_live_x", "account_number": "A-1"})
        badge._get = answer
        badge.poll()
        frame = {}
        badge.sample(frame, 1)
        return frame["octopus_elec_0001"]["price"]


seen = {"02:00": price_at(2), "05:30": price_at(5.5), "12:00": price_at(12)}
listed = 1
seen["12:00, with the coming night's"] = price_at(12)
print(seen)
assert list(seen.values()) == [30.1, 30.1, 30.1, 8.5], "the behaviour has changed"
PY
TZ=Europe/London "$work/venv/bin/python" "$work/run.py"
