#!/usr/bin/env bash
# aemo-to-tariff 0.7.28 (PyPI) answers for a network that it does not know with about eleven times the price, and does not say so.
#
# `spot_to_tariff` turns a spot price in $/MWh into c/kWh: a tenth, and the network's charges on top. For a name outside its list there is
# no error: it gives "a terrible approximation" (its own comment) in which the tenth is forgotten. CitiPower, which distributes in the
# middle of Melbourne, is such a name. `spot_to_feed_in_tariff` for the same name does divide by ten.
# Expected: an error, or about 18 c/kWh. Seen (2026-11-29): 122 c/kWh to buy, 10.9 c/kWh to sell, at $100/MWh.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aemo-to-tariff==0.7.28
cat > "$work/run.py" <<'PY'
import warnings
from datetime import datetime
from zoneinfo import ZoneInfo

from aemo_to_tariff import spot_to_feed_in_tariff, spot_to_tariff

warnings.simplefilter("error")  # a warning would do as an answer
noon = datetime(2026, 7, 6, 12, tzinfo=ZoneInfo("Australia/Melbourne"))
known = spot_to_tariff(noon, "powercor", "PRTOU", 100.0)
buy, sell = (ask(noon, "citipower", "CRTOU", 100.0) for ask in (spot_to_tariff, spot_to_feed_in_tariff))
print(f"$100/MWh is {known:.1f} c/kWh on powercor; on citipower {buy:.1f} to buy, {sell:.1f} to sell")
assert 10 < known < 30, "the behaviour has changed"
assert round(buy, 2) == 122.15 and round(sell, 2) == 10.92, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
