#!/usr/bin/env bash
# kwhmeter-utils 0.1.5 (PyPI, Spain's PVPC bill from hourly readings) charges the first day of new tolls at the old ones, but for its last hour.
#
# Its table of tolls, charges and taxes is keyed by the day from which they are in force, and looked up by "earlier than the hour's date", so the day
# itself is not found. Hours bear the time at which they end (the period is taken from an hour before), so that the day's last hour, 00:00 of the next
# day, has the new ones.
# Expected: all of 1 January 2024 at the tolls from 2024-01-01. Seen (2026-12-01): 23 of its 24 hours at those from 2023-01-01.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check kwhmeter-utils==0.1.5 kwhmeter==0.1.4 "pandas<3" "setuptools<81"
mkdir "$work/home"
cat > "$work/run.py" <<'PY'
import contextlib
import io
from datetime import date
from unittest import mock

import pandas as pd
from kwhmeter.common import periodo_tarifario
from kwhmeter_utils import config_pvpc, factura_pvpc


def priced(readings):
    """The market's prices, which are asked of a service: 0.10 EUR for each hour."""
    return readings.assign(PCB=0.1, EDCGASPCB=0.0)


ends = pd.date_range("2024-01-01 01:00", periods=24, freq="h", tz="Europe/Madrid", name="fecha")
readings = pd.DataFrame({"consumo": 1000.0, "periodo": [periodo_tarifario(end.to_pydatetime()) for end in ends]}, index=ends)
with mock.patch.object(factura_pvpc, "append_prices", priced), contextlib.redirect_stdout(io.StringIO()):
    bill = factura_pvpc.calculos_pvpc({"potencias": {"P1": 3.3, "P2": 3.3}}, readings)
old, new = (config_pvpc[date(year, 1, 1)]["energia"]["peajes"]["P3"] for year in (2023, 2024))
counts = [int((bill["PEAJES_E_PRICE"] == toll).sum()) for toll in (old, new)]
print(f"1 January 2024, P3: {counts[0]} hours at {old} (from 2023-01-01), {counts[1]} at {new} (from 2024-01-01)")
assert counts == [23, 1] and bill["PEAJES_E_PRICE"].iloc[-1] == new, "the behaviour has changed"
PY
KWHMETER_HOME="$work/home" "$work/venv/bin/python" -W ignore "$work/run.py" 2> "$work/said" || { cat "$work/said" >&2; exit 1; }
