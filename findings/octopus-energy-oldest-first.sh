#!/usr/bin/env bash
# octopus-energy 0.1.14: `get_consumption` promises "ascending timestamp order from the start of the period", and sends the wish as `order`.
# The documented parameter is `order_by`; the service passes over what it does not know and gives the newest first, 100 to a page. So the
# first page of a long period is its end, in descending order. Prices are cut off after three decimals as well: 28.95858 p is 28.958 p.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check octopus-energy==0.1.14 aiohttp==3.13.2 furl==2.1.4 python-dateutil==2.9.0.post0
cat >"$work/run.py" <<'PYTHON'
import asyncio
import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from furl import furl
from octopus_energy import EnergyTariffType, OctopusEnergyConsumerClient, RateType
from octopus_energy.mappers import meters_from_response

FIRST, COUNT, SIZE = datetime(2026, 2, 1, tzinfo=timezone.utc), 480, 100
queries = []


class Service(BaseHTTPRequestHandler):
    """Readings as documented: `order_by=period` is ascending, anything else is the newest first; 100 to a page."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        queries.append(query)
        z = lambda place: (FIRST + timedelta(minutes=30 * place)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if "consumption" in url.path:
            places = range(COUNT) if query.get("order_by") == "period" else reversed(range(COUNT))
            rows = [{"consumption": 0.1, "interval_start": z(place), "interval_end": z(place + 1)} for place in list(places)[:SIZE]]
        else:
            rows = [{"value_exc_vat": 27.5796, "value_inc_vat": 28.95858, "valid_from": z(0), "valid_to": None}]
        body = json.dumps({"count": COUNT, "next": None, "previous": None, "results": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
Thread(target=server.serve_forever, daemon=True).start()
ACCOUNT = {"properties": [{"electricity_meter_points": [
    {"mpan": "2000024512368", "is_export": False, "meters": [{"serial_number": "Z16N389556"}], "agreements": []}]}]}


async def ask():
    async with OctopusEnergyConsumerClient("sk_live_x") as client:
        client.rest_client.base_url = furl(f"http://127.0.0.1:{server.server_port}")
        meter = meters_from_response(ACCOUNT)[0]
        used = await client.get_consumption(meter, FIRST, FIRST + timedelta(days=10))
        price = await client.get_tariff_cost("VAR-22-11-01", "E-1R-VAR-22-11-01-C", EnergyTariffType.ELECTRICITY, RateType.STANDARD_UNIT_RATES, FIRST)
        return used.intervals[0].interval_start, price.value_inc_vat if hasattr(price, "value_inc_vat") else price


first, price = asyncio.run(ask())
print(f"octopus-energy 0.1.14 sent {sorted(queries[0])}; asked for from {FIRST:%Y-%m-%d %H:%M} on, oldest first, the first reading is of {first:%Y-%m-%d %H:%M}; 28.95858 p is read as {price}")
assert "order" in queries[0] and "order_by" not in queries[0]
assert first == FIRST + timedelta(minutes=30 * (COUNT - 1))
assert "28.958" in str(price) and "28.95858" not in str(price)
PYTHON
"$work/venv/bin/python" "$work/run.py"
