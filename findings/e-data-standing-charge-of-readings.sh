#!/usr/bin/env bash
# e-data 1.3.3 (PyPI, behind Home Assistant's edata for Spain) charges contracted power and the meter's rent for hours with a reading only.
#
# Both are fixed by the year and month, whatever is read; here a share of an hour is added for each row of readings. Three days that the
# distributor has not delivered yet make the bill's fixed part three days cheaper, and nothing says so; the 25-hour day is as short as its rows.
# Expected: the same fixed part with and without the days. Seen (2026-11-30): 16.06 EUR of a whole March, 14.51 without three days.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check e-data==1.3.3
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta

from edata.definitions import DEFAULT_PVPC_RULES
from edata.processors.billing import BillingProcessor


def fixed_part(missing_days):
    hours = [datetime(2026, 3, 1) + timedelta(hours=hour) for hour in range(31 * 24)]
    readings = [{"datetime": hour, "delta_h": 1.0, "value_kWh": 0.3, "surplus_kWh": 0.0, "real": True} for hour in hours if hour.day not in missing_days]
    prices = [{"datetime": hour, "value_eur_kWh": 0.1, "delta_h": 1.0} for hour in hours]
    contract = {"date_start": datetime(2026, 1, 1), "date_end": datetime(2027, 1, 1), "marketer": "M", "distributorCode": "2", "power_p1": 4.6, "power_p2": 4.6}
    rules = dict(DEFAULT_PVPC_RULES, cycle_start_day=1)
    (march,) = BillingProcessor({"contracts": [contract], "consumptions": readings, "prices": prices, "rules": rules}).output["monthly"]
    return round(march["power_term"] + march["others_term"], 2)


whole, gappy = fixed_part(()), fixed_part((10, 11, 12))
print(f"power and meter, March: {whole} EUR, with three days without readings {gappy} EUR")
assert (whole, gappy) == (16.06, 14.51), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
