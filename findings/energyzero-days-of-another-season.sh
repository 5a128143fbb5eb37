#!/usr/bin/env bash
# energyzero 3.0.0 (PyPI, behind Home Assistant's integration of the same name for the Netherlands) asks for a local day of the other season
# with today's offset from UTC.
#
# The offset of this moment is taken for the zone's, so in winter the day of 1 July is asked for from 23:00 to 23:00 UTC, where it lasts from
# 22:00 to 22:00, and in summer the day of 1 January from 22:00. And a day is held to last 24 hours: of that of the October night one
# hour is not asked for. Whoever fills a year's prices day by day has hours under other days than those of the bill, and one hour a year never.
# Expected: each day from its own midnight to the next. Seen (2026-11-30): July from 2026-06-30T23:00, the October day for 24 of its 25 hours.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check energyzero==3.0.0
cat > "$work/run.py" <<'PY'
import asyncio
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from energyzero import EnergyZero

amsterdam = ZoneInfo("Europe/Amsterdam")
price = {"from": "2026-01-01T00:00:00Z", "till": "2026-01-01T01:00:00Z", "energyPriceExcl": 0.1, "energyPriceIncl": 0.12, "vat": 0.02, "additionalCosts": []}


class Heard(EnergyZero):
    """What is asked for; no service is called."""

    async def _request(self, uri, *, method="GET", params=None, json=None):
        self.asked = json["variables"]["input"]
        return {"data": {"energyMarketPrices": {"averageExcl": 0.1, "averageIncl": 0.12, "prices": [price]}}}


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


wrong = []
for day in (date(2026, 1, 1), date(2026, 7, 1), date(2026, 10, 25)):
    client = Heard()
    asyncio.run(client.get_electricity_prices(day, day))
    asked = moment(client.asked["from"]), moment(client.asked["till"])
    lasts = [
        datetime(at.year, at.month, at.day, tzinfo=amsterdam).astimezone(timezone.utc) for at in (day, day + timedelta(days=1))
    ]
    is_right = list(asked) == lasts
    print(f"{day}: asked for {asked[0]:%Y-%m-%dT%H:%MZ} to {asked[1]:%Y-%m-%dT%H:%MZ}, lasts {lasts[0]:%Y-%m-%dT%H:%MZ} to {lasts[1]:%Y-%m-%dT%H:%MZ}")
    if not is_right:
        wrong.append(day)
summer = bool(datetime.now(amsterdam).dst())
assert wrong == [date(2026, 1, 1) if summer else date(2026, 7, 1), date(2026, 10, 25)], "the behaviour has changed"
PY
TZ=Europe/Amsterdam "$work/venv/bin/python" "$work/run.py"
