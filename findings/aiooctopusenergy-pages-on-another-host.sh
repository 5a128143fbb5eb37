#!/usr/bin/env bash
# aiooctopusenergy 0.4.5: a list whose `next` link leads to another host of the same service ends after its first page, without a word:
# 20 of 48 half-hours come back as if they were all. Octopus Energy's API moves host in 2026, so pages may lead from one to the other.
# The service's `count`, which says 48, is not looked at.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-}
for candidate in python3.13 python3.12 "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3; do
    [ -n "$python" ] && break
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && python=$candidate
done
"${python:?Python 3.12 or newer is needed}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aiooctopusenergy==0.4.5 aiohttp==3.13.2
cat >"$work/run.py" <<'PYTHON'
import asyncio
import json
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import aiooctopusenergy
import aiooctopusenergy.client

FIRST, SIZE, COUNT = datetime(2026, 2, 1, tzinfo=timezone.utc), 20, 48


class Service(BaseHTTPRequestHandler):
    """Half-hours in pages as the documents show them; `next` leads to the other server."""

    def do_GET(self):
        url = urlsplit(self.path)
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        places = range((page - 1) * SIZE, min(page * SIZE, COUNT))
        z = lambda place: (FIRST + timedelta(minutes=30 * place)).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows = [{"consumption": 0.1, "interval_start": z(place), "interval_end": z(place + 1)} for place in places]
        more = f"http://127.0.0.1:{self.server.links_to}{url.path}?page={page + 1}" if page * SIZE < COUNT else None
        body = json.dumps({"count": COUNT, "next": more, "previous": None, "results": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


old, new = (ThreadingHTTPServer(("127.0.0.1", 0), Service) for _ in range(2))
for server in (old, new):
    Thread(target=server.serve_forever, daemon=True).start()
new.links_to = new.server_port
aiooctopusenergy.client.BASE_URL = f"http://127.0.0.1:{old.server_port}"


async def readings(links_to):
    old.links_to = links_to
    async with aiooctopusenergy.OctopusEnergyClient("sk_live_x") as client:
        return len(await client.get_electricity_consumption("2000024512368", "Z16N389556"))


same, other = asyncio.run(readings(old.server_port)), asyncio.run(readings(new.server_port))
print(f"aiooctopusenergy 0.4.5: the service has {COUNT} half-hours; links to the same host: {same} came; links to its other host: {other} came, no error")
assert (same, other) == (48, 20)
PYTHON
"$work/venv/bin/python" "$work/run.py"
