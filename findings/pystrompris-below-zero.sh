#!/usr/bin/env bash
# pyStrompris 0.0.11 (PyPI, Norway's hourly prices) never calls an hour cheap on a day whose lowest price is zero or less.
#
# An hour is VERY_CHEAP below 1.2 times the day's lowest price and CHEAP below 1.45 times. Of a price below zero more is less: 1.2 times -0.10 is
# -0.12, which no hour is below, and nothing is below 1.2 times 0. So the hour in which one is paid to use electricity is AVERAGE. Prices below
# zero are a matter of every windy or sunny weekend.
# Expected: the lowest hour is VERY_CHEAP whatever its sign. Seen (2026-12-01): VERY_CHEAP for 0.10 NOK, AVERAGE for 0.00 and for -0.10.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyStrompris==0.0.11
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta

from strompris.common import Common
from strompris.schemas import Periode, Pris


def level_of_the_lowest(lowest):
    day = datetime(2026, 6, 7)
    values = [lowest] + [0.40] * 11 + [1.20] * 12
    prices = [
        Pris(Periode(day + timedelta(hours=hour), day + timedelta(hours=hour + 1)), {"NOK_per_kWh": value, "EUR_per_kWh": value / 11.5, "EXR": 11.5})
        for hour, value in enumerate(values)
    ]
    return Common().getPriceLevel(prices[0], prices)


seen = {lowest: level_of_the_lowest(lowest) for lowest in (0.10, 0.0, -0.10)}
print(seen)
assert seen == {0.10: "VERY_CHEAP", 0.0: "AVERAGE", -0.10: "AVERAGE"}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
