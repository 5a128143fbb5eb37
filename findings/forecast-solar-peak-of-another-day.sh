#!/usr/bin/env bash
# forecast-solar 4.2.0 (PyPI; Home Assistant's Forecast.Solar integration): the time of tomorrow's highest power may be a time of today.
#
# `peak_production_time(date)` looks for the highest power of the day that it is asked for, and then for the first time of any day with that
# power. Powers are whole watts and the days stand one after another, so a sunny today that passes tomorrow's peak on its way up is enough.
# Expected: 2026-07-02 at 13:00, when 1500 W are forecast, the most of that day. Seen (2026-11-30): 2026-07-01 at 10:00.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check forecast-solar==4.2.0
cat > "$work/run.py" <<'PY'
from datetime import date

from forecast_solar.models import Estimate

watts = {
    "2026-07-01T10:00:00+02:00": 1500,
    "2026-07-01T13:00:00+02:00": 3200,
    "2026-07-01T16:00:00+02:00": 1900,
    "2026-07-02T10:00:00+02:00": 700,
    "2026-07-02T13:00:00+02:00": 1500,
    "2026-07-02T16:00:00+02:00": 900,
}
days = {"2026-07-01": 21000, "2026-07-02": 9800}
answer = {
    "result": {"watts": watts, "watt_hours_period": watts, "watt_hours_day": days},
    "message": {"ratelimit": {"limit": 12}, "info": {"timezone": "Europe/Amsterdam"}},
}
peak = Estimate.from_dict(answer).peak_production_time(date(2026, 7, 2))
print("highest power of 2026-07-02 at:", peak.isoformat())
assert peak.isoformat() == "2026-07-01T10:00:00+02:00", "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
