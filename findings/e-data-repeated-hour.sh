#!/usr/bin/env bash
# e-data 1.3.3 (PyPI, behind Home Assistant's edata for Spain) gives two hours of the October night the same time.
#
# REData answers with 25 prices for that day, each with its offset (02:00+02:00, then 02:00+01:00). The offset is cut off, not worked in, so
# both become 02:00 without a zone, and where prices are laid beside readings by time the later one takes the earlier one's place.
# Expected: 25 prices at 25 times. Seen (2026-11-30): 25 prices at 24 times.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check e-data==1.3.3
cat > "$work/run.py" <<'PY'
import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

from edata.connectors import redata

madrid = ZoneInfo("Europe/Madrid")
midnight = datetime(2026, 10, 25, tzinfo=madrid).astimezone(timezone.utc)
hours = [(midnight + timedelta(hours=hour)).astimezone(madrid) for hour in range(25)]
values = [{"value": 100.0 + place, "percentage": 1, "datetime": hour.isoformat(timespec="milliseconds")} for place, hour in enumerate(hours)]
page = json.dumps({"included": [{"type": "PVPC", "attributes": {"values": values}}]}).encode()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
redata.URL_REALTIME_PRICES = f"http://127.0.0.1:{server.server_port}/{{geo_id}}?{{start:%Y-%m-%d}}{{end:%Y-%m-%d}}"
prices = redata.REDataConnector().get_realtime_prices(datetime(2026, 10, 25), datetime(2026, 10, 26))
print(f"{len(prices)} prices at {len({price['datetime'] for price in prices})} times")
for price in prices:
    if price["datetime"].hour == 2:
        print(price["datetime"], price["value_eur_kWh"])
assert len(prices) == 25 and len({price["datetime"] for price in prices}) == 24, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
