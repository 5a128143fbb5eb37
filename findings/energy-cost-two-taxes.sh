#!/usr/bin/env bash
# energy-cost 0.8.5 (PyPI, EnergyID): a month in which the rate of tax changes is taxed at both rates, each on the whole month.
#
# Bills are by month unless something else is asked for. Each version of a tax takes every row that overlaps its time, whole, and what the
# versions find is added: a tax that falls from 21 % to 6 % on 16 March makes March's 27 %. Rows of 15 minutes, added up, are right.
# Expected: 39.432 on 297.20, as by the quarter-hour. Seen (2026-11-30): 80.244 by the month.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check energy-cost==0.8.5
cat > "$work/run.py" <<'PY'
import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
from energy_cost.contract import Contract
from energy_cost.meter import Meter, TimeseriesFrame
from energy_cost.tariff import Tariff
from energy_cost.tax import Tax

zone = ZoneInfo("Europe/Brussels")
# 100 EUR/MWh and 0.001 MWh each quarter-hour: 0.10 EUR each.
tariff = Tariff.model_validate([{"start": "2026-01-01", "consumption": {"energy": {"kind": "index", "constant_cost": 100.0}}}])
tax = Tax.model_validate([{"start": "2026-01-01T00:00:00", "default": 0.21}, {"start": "2026-03-16T00:00:00", "default": 0.06}])
contract = Contract(start=dt.datetime(2026, 1, 1, tzinfo=zone), supplier=tariff, taxes=tax, timezone=zone)
times = pd.date_range("2026-03-01", "2026-04-01", freq="15min", tz=zone, inclusive="left")
meter = Meter(measurements=TimeseriesFrame({"timestamp": times, "value": 0.001}))
span = {"start": dt.datetime(2026, 3, 1, tzinfo=zone), "end": dt.datetime(2026, 4, 1, tzinfo=zone)}


def figures(**more):
    bill = contract.apply(meter, **span, **more)
    return round(float(bill[("supplier", "total", "total")].sum()), 3), round(float(bill[("taxes", "total", "total")].sum()), 3)


(net, month), (_, quarters) = figures(), figures(output_resolution=dt.timedelta(minutes=15))
print(f"March net {net}: tax by the month {month} ({month / net:.1%}), by the quarter-hour {quarters} ({quarters / net:.1%})")
seen = (net == 297.2, month == 80.244, quarters == 39.432)
raise SystemExit(0 if all(seen) else f"it has changed: {seen}")
PY
"$work/venv/bin/python" "$work/run.py"
