#!/usr/bin/env bash
# pyTibber 0.39.1 (PyPI) gives more than 31 days of hours with the older month after the newer one.
#
# `get_historic_data(n)` asks for the last 744 hours, then for those before the first of them, and puts each answer behind the one before.
# Within a page hours are oldest first, so the list is in order up to 744 hours, which is what one tries; from 745 on it is not.
# The package asks for its own `hourly_consumption_data` so (60 days, 1,440 hours).
# Expected: 1,440 hours, oldest first, as 744 are. Seen (2026-11-29): hours 697 to 1440, then 1 to 696: the newest hour is in the middle.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-}
for candidate in python3.13 python3.12 python3.11 "$HOME"/.pyenv/versions/3.1[1-9]*/bin/python python3; do
    [ -n "$python" ] && break
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$candidate
done
"${python:?Python 3.11 or newer is needed}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyTibber==0.39.1
cat > "$work/run.py" <<'PY'
import asyncio
import re
from datetime import datetime, timedelta, timezone

from tibber.home import TibberHome

HOURS = [(datetime(2026, 6, 1, tzinfo=timezone.utc) + timedelta(hours=n)).isoformat() for n in range(5000)]


class Service:
    """Hours in the pages of a GraphQL connection: `last` n nodes `before` a cursor, oldest first within a page."""

    async def execute(self, query):
        last, before = re.search(r'last: (\d+), before: "(.*?)"', query).groups()
        end = HOURS.index(before) if before else len(HOURS)
        nodes = [{"from": hour, "unitPrice": 1, "totalCost": 1, "cost": 1, "consumption": 1} for hour in HOURS[max(0, end - int(last)):end]]
        page = {"hasPreviousPage": True, "startCursor": nodes[0]["from"]}
        return {"viewer": {"home": {"consumption": {"pageInfo": page, "nodes": nodes}}}}


async def order(count):
    rows = [row["from"] for row in await TibberHome("home", Service()).get_historic_data(count)]
    assert sorted(rows) == HOURS[-count:], "the behaviour has changed"
    return rows == sorted(rows), rows.index(max(rows)) + 1

seen = {count: asyncio.run(order(count)) for count in (744, 1440)}
for count, (ordered, place) in seen.items():
    print(f"{count} hours: {'oldest first' if ordered else 'not in order'}, the newest is row {place}")
assert seen == {744: (True, 744), 1440: (False, 744)}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
