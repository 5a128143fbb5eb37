#!/usr/bin/env bash
# EMHASS 0.18.7 (PyPI, the optimiser of many Home Assistant homes) prices the slot after each peak period at the peak's price too.
#
# A period of peak hours from 07:00 to 23:00 is 16 hours, 32 half-hours; which slots are in it is asked of pandas' `indexer_between_time`, which
# takes both ends, so the half-hour that begins at 23:00, when the cheap hours begin, is dear. With slots of an hour it is an hour, twice a day for
# a tariff with two peaks. Expected: 32 half-hours, the last at 22:30. Seen (2026-11-30): 33, the last at 23:00.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check emhass==0.18.7
cat > "$work/run.py" <<'PY'
import logging
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytz
from emhass.forecast import Forecast

tariff = {"load_offpeak_hours_cost": 0.15, "load_peak_hours_cost": 0.25, "load_peak_hour_periods": {"day": [{"start": "07:00"}, {"end": "23:00"}]}}
settings = SimpleNamespace(
    time_zone=pytz.timezone("Europe/Paris"), var_load_cost="cost", optim_conf=tariff, emhass_conf={"data_path": Path(".")}, logger=logging.getLogger()
)
day = pd.date_range("2026-03-02", periods=48, freq="30min", tz="Europe/Paris")
priced = Forecast.get_load_cost_forecast(settings, pd.DataFrame({"load": [1.0] * 48}, index=day))
peak = priced[priced["cost"] == 0.25].index
print(f"{len(peak)} half-hours at the peak's price, from {peak[0]:%H:%M}, the last begins at {peak[-1]:%H:%M}")
assert len(peak) == 33 and f"{peak[-1]:%H:%M}" == "23:00", "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
