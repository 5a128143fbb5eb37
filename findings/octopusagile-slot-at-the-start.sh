#!/usr/bin/env bash
# OctopusAgile 0.0.6 (PyPI): a wish for a slot by a time loses a slot that is asked for, and the cheapest half-hour is None.
#
# `get_min_times(2, rates, [{"slots": 1, "time_from": 00:00, "time_to": 06:00}])` asks for two slots of which one lies from midnight to six.
# The cheapest two are 00:00 and 20:00, which is as wished. A slot that begins just when the wish begins is not counted as within it: so the
# dearer of the two is taken out, and the cheapest of the night, which is 00:00 again, put in. One slot is left, and a heater or a car gets
# half of its hour. `get_min_time_run(0.5, …)` never comes to its return, since the loop ends with the day.
# Expected: 00:00 and 20:00 both times; 00:00 for the half-hour. Seen (2026-11-30): 00:00 alone; None.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check OctopusAgile==0.0.6 requests==2.32.5
cat > "$work/run.py" <<'PY'
from OctopusAgile import Agile

# A day in UTC, as in winter: 9 p at midnight, 10 p at 20:00, all else more.
RATES = [9, 11, 12, 13] + [20] * 36 + [10] + [21] * 7
DAY = {f"2026-03-10T{slot // 2:02d}:{slot % 2 * 30:02d}:00Z": float(rate) for slot, rate in enumerate(RATES)}


class Offline(Agile):
    """The service's answer, newest first as it gives it."""

    def get_raw_rates(self, date_from, date_to=None):
        chosen = [(start, rate) for start, rate in DAY.items() if date_from <= start and (date_to is None or start < date_to)]
        return [{"valid_from": start, "valid_to": None, "value_inc_vat": rate} for start, rate in reversed(chosen)]


agile = Offline("C")
rates = agile.get_rates("2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z")["date_rates"]
night = {"slots": 1, "time_from": "2026-03-10T00:00:00Z", "time_to": "2026-03-10T06:00:00Z"}
two, wished = sorted(agile.get_min_times(2, rates, [])), sorted(agile.get_min_times(2, rates, [night]))
print("two slots:", two)
print("two slots, one of them from midnight to six:", wished)
half_hour = agile.get_min_time_run(0.5, rates)
print("the cheapest hour and half-hour:", agile.get_min_time_run(1, rates), half_hour)
seen = (two == ["2026-03-10T00:00:00Z", "2026-03-10T20:00:00Z"], wished == ["2026-03-10T00:00:00Z"], half_hour is None)
raise SystemExit(0 if all(seen) else f"it has changed: {seen}")
PY
"$work/venv/bin/python" "$work/run.py"
