#!/usr/bin/env bash
# electricity-cost-dkk 0.1.1 (PyPI, Denmark's hourly price with all that is added to it) takes the grid's tariff of the hour before all day, once the clock
# has been put forward, and has no price at all for the day on which it is put back.
#
# Eloverblik gives the tariff of a day's hours by position, 1 for 00:00 to 01:00 up to 24, and Nord Pool the prices in the order of time: 23 in March and
# 25 in October. The nth price is put to the nth position, and an hour's name is its place in the list.
# Expected: on 29 March 2026 the dear hours 17 to 20 of the grid from 17:00 on, as on the day before; on 25 October 25 prices.
# Seen (2026-12-01): the dear ones stand at the 18th to 21st price, which are 18:00 to 21:00, named 17 to 20; "No price data available".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check electricity-cost-dkk==0.1.1
cat > "$work/run.py" <<'PY'
import contextlib
import io
import json
import os
import sys
from datetime import date, datetime, timedelta, timezone
from unittest import mock
from zoneinfo import ZoneInfo

import requests
from electricity_cost_dkk import app

copenhagen = ZoneInfo("Europe/Copenhagen")
os.environ.update(REGION="WEST", PROVIDER_MARKUP="0", VAT_RATE="0", ELOVERBLIK_TOKEN="t", ELOVERBLIK_METERING_POINT_ID="1")


def hours(day):
    at, end = (datetime(d.year, d.month, d.day, tzinfo=copenhagen).astimezone(timezone.utc) for d in (day, day + timedelta(days=1)))
    while at < end:
        yield at
        at += timedelta(hours=1)


class Answer:
    ok = True

    def __init__(self, body):
        self.body = body

    def json(self):
        return self.body


def get(url, params=None, **_):
    """Nord Pool's prices of the day, 100 DKK/MWh each, or a token of Eloverblik."""
    if params is None:
        return Answer({"result": "token"})
    entries = [{"deliveryStart": f"{at:%Y-%m-%dT%H:%M:%SZ}", "entryPerArea": {"DK1": 100.0}} for at in hours(date.fromisoformat(params["date"]))]
    return Answer({"currency": "DKK", "multiIndexEntries": entries})


def post(*_, **__):
    """Eloverblik's charges: the grid takes 1 DKK/kWh from 17:00 to 21:00."""
    prices = [{"position": str(hour + 1), "price": 1.0 if 17 <= hour < 21 else 0.0} for hour in range(24)]
    tariff = {"name": "Nettarif C time", "owner": "5790001089030", "periodType": "PT1H", "priceId": "CD", "prices": prices}
    return Answer({"result": [{"success": True, "result": {"tariffs": [tariff]}}]})


def dear(day):
    """The hours that the grid's tariff is put to: their names, and when the prices of those hours begin."""

    class On(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(day.year, day.month, day.day, 12, tzinfo=tz)

    said = io.StringIO()
    argv = ["electricity-cost-dkk", "--json", day.isoformat()]
    with mock.patch.object(requests, "get", get), mock.patch.object(requests, "post", post), mock.patch.object(app, "datetime", On):
        with mock.patch.object(sys, "argv", argv), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            app.main()
    answer = json.loads(said.getvalue())
    if "error" in answer:
        return answer["error"]
    starts = [at.astimezone(copenhagen).hour for at in hours(day)]
    return [(entry["hour"], starts[place]) for place, entry in enumerate(answer["hours"]) if entry["components"]["distribution"]]


seen = [dear(day) for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25))]
print("28 March: (name, begins at)", seen[0])
print("29 March: (name, begins at)", seen[1])
print("25 October:", seen[2])
plain = [(hour, hour) for hour in range(17, 21)]
assert seen == [plain, [(hour, hour + 1) for hour, _ in plain], "No price data available"], "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
