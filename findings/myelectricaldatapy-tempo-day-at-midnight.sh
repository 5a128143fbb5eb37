#!/usr/bin/env bash
# myelectricaldatapy 2.2.7 (PyPI, the newest for Python 3.11; Linky's load curve with its cost) changes the colour of EDF's Tempo at midnight.
#
# A Tempo day begins at 06:00 and ends at 06:00 of the next one: the cheap hours from 22:00 to 06:00 are of one colour. Here an hour has the colour of its
# own date, so that the six hours after midnight are those of another day whenever the colour changes; that is when cars and boilers are on.
# Expected: between a red 1 December 2026 and a blue 2 December, red to 06:00. Seen (2026-12-01): blue, and the price of blue, from 00:00 on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check myelectricaldatapy==2.2.7 "pandas<3"
cat > "$work/run.py" <<'PY'
from datetime import datetime, timedelta

from myelectricaldatapy.analytics import EnedisAnalytics

# 1 kW all the time from noon to noon; a reading bears the time at which its hour ends.
noon = datetime(2026, 12, 1, 12)
readings = [
    {"date": f"{noon + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}", "value": "1000", "interval_length": "PT60M"} for hour in range(1, 25)
]
rows = EnedisAnalytics(readings).get_data_analytics(
    convertKwh=True,
    intervals=[("22:00:00", "23:59:59"), ("00:00:00", "06:00:00")],
    tempo={"2026-12-01": "red", "2026-12-02": "blue"},
    prices={"standard": {"red": 0.70, "blue": 0.16}, "offpeak": {"red": 0.16, "blue": 0.13}},
)
night = [(f"{row['date']:%H:%M}", row["notes"], row["tempo"], round(row["price"], 2)) for row in rows if row["notes"] == "offpeak"]
for row in night:
    print(*row)
assert [row[2] for row in night] == ["red"] * 2 + ["blue"] * 6, "the behaviour has changed"
assert [row[3] for row in night] == [0.16] * 2 + [0.13] * 6, "the behaviour has changed"
PY
TZ=Europe/Paris "$work/venv/bin/python" -W ignore "$work/run.py"
