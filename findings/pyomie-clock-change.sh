#!/usr/bin/env bash
# pyomie 1.2.0 (PyPI; Home Assistant's OMIE integration reads Iberian spot prices with it) names every quarter-hour after a clock change an
# hour wrong, by the function that is there to keep such days unambiguous.
#
# OMIE publishes a day as a plain row of prices: 96, 92 in spring, 100 in autumn. `localize_quarter_hourly_data` gives each its start, and
# its doc says that it is "especially useful on days that are DST boundaries". It adds quarter-hours to midnight on the wall clock, as
# datetime does with a zone, not on the line of time.
# Expected: the last of 92 prices at 23:45+02:00; of 100 prices the second 02:00 at 02:00+01:00 and the last at 23:45+01:00.
# Seen (2026-11-30): 22:45+02:00, with an hour 02:00+01:00 that there is not; and 03:00+01:00, the last at 00:45 of the day after.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyomie==1.2.0 tzdata==2026.6
cat > "$work/run.py" <<'PY'
from datetime import date

from pyomie.util import localize_quarter_hourly_data


def starts(day, quarters):
    return list(localize_quarter_hourly_data(day, [float(place) for place in range(quarters)]))


spring, autumn = starts(date(2026, 3, 29), 92), starts(date(2026, 10, 25), 100)
print("92 quarter-hours of 2026-03-29: the ninth starts", spring[8], "and the last", spring[-1])
print("100 quarter-hours of 2026-10-25: the thirteenth starts", autumn[12], "and the last", autumn[-1])
assert (spring[8], spring[-1]) == ("2026-03-29T02:00:00+01:00", "2026-03-29T22:45:00+02:00"), "the behaviour has changed"
assert (autumn[12], autumn[-1]) == ("2026-10-25T03:00:00+01:00", "2026-10-26T00:45:00+01:00"), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
