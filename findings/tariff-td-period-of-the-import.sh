#!/usr/bin/env bash
# tariff-td 1.1 (PyPI, Spain's tariffs 2.0TD and 3.0TD) gives the period and price of the moment at which the program was started.
#
# "Calcula el periodo actual" is its summary, and `get_period()` and `get_price()` without a date are for that. The default is `datetime.now()` in the
# head of the function, which Python works out once, when the module is read. An automation that was started in the night reckons with P3 from then on.
# Expected: P3 at 03:00 of a Tuesday, P1 at 12:00 of the same day. Seen (2026-12-01): P3 for both in one process; P1 for 12:00 handed over.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tariff-td==1.1 time-machine==2.19.0
cat > "$work/run.py" <<'PY'
from datetime import datetime
from zoneinfo import ZoneInfo

import time_machine

madrid = ZoneInfo("Europe/Madrid")
night, noon = datetime(2026, 12, 1, 3, tzinfo=madrid), datetime(2026, 12, 1, 12, tzinfo=madrid)
with time_machine.travel(night, tick=False):
    from tariff_td import Tariff20TD

    tariff = Tariff20TD(p1=0.20, p2=0.15, p3=0.10)
    seen = [(tariff.get_period(), tariff.get_price())]
with time_machine.travel(noon, tick=False):
    seen.append((tariff.get_period(), tariff.get_price()))
    handed_over = tariff.get_period(datetime.now()), tariff.get_price(datetime.now())
print("03:00:", seen[0], "12:00:", seen[1], "12:00, with the date:", handed_over)
assert seen == [("P3", 0.10), ("P3", 0.10)], "the behaviour has changed"
assert handed_over == ("P1", 0.20), "the behaviour has changed"
PY
TZ=Europe/Madrid "$work/venv/bin/python" "$work/run.py"
