#!/usr/bin/env bash
# ts-tariffs 3.2.4 (PyPI): the quarter after January to March is May to July, and a factor on a time-of-use tariff changes nothing.
#
# `shift_period("quarter", 1)` moves a window by four months, so that April is in no quarter. Every tariff takes an `adjustment_factor`
# (losses, or a tax of 10 %); single rates and blocks multiply by it, time of use, demand, connection and capacity keep it unused. The
# same kWh at the same rate is cheaper as a time-of-use tariff.
# Expected: 1 April to 30 June; 15.84 for both. Seen (2026-11-29): 1 May to 31 July; 15.84 and 14.40.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ts-tariffs==3.2.4
cat > "$work/run.py" <<'PY'
import warnings

warnings.filterwarnings("ignore")
from datetime import timedelta

import pandas as pd
from ts_tariffs.meters import MeterData
from ts_tariffs.tariffs import SingleRateTariff, TouTariff
from ts_tariffs.ts_utils import DateWindow

window = DateWindow((2026, 1, 1), (2026, 3, 31))
window.shift_period("quarter", 1)
print(f"the quarter after 2026-01-01 to 2026-03-31: {window.start} to {window.end}")

half_hour = timedelta(minutes=30)
meter = MeterData("home", pd.Series([1.0] * 48, index=pd.date_range("2026-07-01", periods=48, freq="30min")), half_hour, "kWh")
common = {"name": "energy", "consumption_unit": "kWh", "rate_unit": "dollars / kWh", "sample_rate": half_hour, "adjustment_factor": 1.1}
single = SingleRateTariff(charge_type="SingleRateTariff", rate=0.3, **common).apply(meter).total
bands = {"time_bins": [7, 22], "bin_rates": [0.3, 0.3, 0.3], "bin_labels": ["night", "day", "evening"]}
by_time = TouTariff(charge_type="TouTariff", tou=bands, **common).apply(meter).total
print(f"48 kWh at $0.30, factor 1.1: {single:.2f} at a single rate, {by_time:.2f} by time of use")
assert (str(window.start), str(window.end)) == ("2026-05-01", "2026-07-31"), "the behaviour has changed"
assert (round(single, 2), round(by_time, 2)) == (15.84, 14.4), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
