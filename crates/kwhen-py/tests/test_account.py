"""Every path of REST and data import from Python, against a server in this process."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from kwhen import fetch

pytestmark = pytest.mark.skipif(not fetch.AVAILABLE, reason="this build cannot fetch")
LATER = 4_000_000_000


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        self.server.seen.append((url.path, {name: values[0] for name, values in parse_qs(url.query).items()}))
        if url.path == "/v1/products/":
            row = {"code": "VAR-22-11-01", "is_business": True}
            self.answer(200, {"count": 1, "next": None, "previous": None, "results": [row]})
        elif url.path.endswith("/consumption/"):
            row = {"consumption": 12.50, "interval_start": "2026-03-28T00:00:00Z", "interval_end": "2026-03-29T00:00:00Z"}
            self.answer(200, {"count": 1, "next": None, "previous": None, "results": [row]})
        elif url.path.startswith("/v1/products/"):
            self.answer(200, {"code": "VAR-22-11-01", "tariffs_active_at": "2026-03-01T00:00:00Z"})
        elif url.path == "/v1/electricity-meter-points/2000024512368/":
            self.answer(200, {"gsp": "_H", "mpan": "2000024512368", "profile_class": 1})
        else:
            self.answer(404, {"detail": "Not found."})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        if self.path.startswith("/v1/graphql"):
            self.server.secrets.append(body["variables"])
            token = {"token": "t", "payload": {"exp": LATER}, "refreshToken": "r", "refreshExpiresIn": LATER, "possibleErrors": []}
            return self.answer(200, {"data": {"obtainKrakenToken": token}})
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        if self.path.endswith("/notes/create/"):
            return self.answer(201, [{"body": note["body"], "status": "NOTE_CREATION_SUCCESS"} for note in body["notes"]])
        if self.path.endswith("/quotes/"):
            return self.answer(201, {"code": "q", "products": []})
        return self.answer(400, {"status": "TRANSACTION_IMPORT_ERROR", "error_detail": "Too old.", "transaction_data": body["transactions"][0]})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.seen, server.secrets = [], []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def at(server):
    return {"base": f"http://127.0.0.1:{server.server_address[1]}", "allow_http": True}


def test_every_path_of_rest_by_its_name(service):
    client = fetch.Client("k", **at(service))
    start = datetime(2026, 3, 28, tzinfo=timezone.utc)
    assert client.products(is_business=True, available_at=start)[0]["code"] == "VAR-22-11-01"
    assert service.seen[-1] == ("/v1/products/", {"is_business": "true", "available_at": "2026-03-28T00:00:00+00:00"})
    assert client.product("VAR-22-11-01", tariffs_active_at=start)["code"] == "VAR-22-11-01"
    assert service.seen[-1][1] == {"tariffs_active_at": "2026-03-28T00:00:00+00:00"}
    assert client.meter_point("2000024512368")["gsp"] == "_H"
    meter = {"mpan": "2000024512368", "serial_number": "Z16N389556"}
    rows = client.rest("electricity-consumption", **meter, period_from=start, group_by="day", order_by="period", page_size=100)
    assert rows[0]["consumption"] == Decimal("12.5")
    asked = {"period_from": "2026-03-28T00:00:00+00:00", "group_by": "day", "order_by": "period", "page_size": "100"}
    assert service.seen[-1][1] == asked
    with pytest.raises(ValueError, match="confirm=True"):
        client.rest("create-quote", body={"product_codes": ["A"]})
    assert client.rest("create-quote", body={"product_codes": ["A"]}, confirm=True)["code"] == "q"
    for name, arguments, words in [
        ("electricity-consumtion", {}, "did you mean electricity-consumption"),
        ("electricity-consumption", meter | {"group_by": "year"}, "group_by: 'year' is not hour, day"),
        ("electricity-consumption", {"mpan": "1"}, "needs serial_number"),
        ("products", {"is_cheap": True}, "takes no 'is_cheap'"),
    ]:
        with pytest.raises(ValueError, match=words):
            client.rest(name, **arguments)

    async def both():
        client = fetch.AsyncClient("k", **at(service))
        return await asyncio.gather(client.products(is_green=False), client.rest("electricity-meter-point", mpan="2000024512368"))

    products, point = asyncio.run(both())
    assert (len(products), point["gsp"]) == (1, "_H")


def test_an_installation_brings_its_zone():
    assert fetch.Client(base="japan")._zone == "Asia/Tokyo"
    assert fetch.Client()._zone == "Europe/London"
    assert fetch.Client(base="japan", time_zone="UTC")._zone == "UTC"


def test_payloads_are_checked_and_sent(service, tmp_path):
    whose = {"import_supplier": "TENTACLE_ENERGY", "external_account_number": "1234"}
    note = {"body": "Something.", "created_at": "2020-01-01T12:00:00Z"}
    (tmp_path / "notes.json").write_text(json.dumps(whose | {"notes": [note]}))
    assert fetch.check_import(tmp_path) == []
    client = fetch.Client("organisation", organisation=True, **at(service))
    planned = client.send_import(tmp_path)
    assert planned[0]["path"] == "/v1/data-import/notes/create/"
    assert service.seen == []
    sent = client.send_import(tmp_path, confirm=True)
    assert (sent[0]["outcome"], sent[0]["answer"][0]["status"]) == ("taken", "NOTE_CREATION_SUCCESS")
    assert service.seen == [("/v1/data-import/notes/create/", "Token t")]
    assert "organizationSecretKey" in json.dumps(service.secrets)
    (tmp_path / "notes.json").write_text(json.dumps(whose | {"notes": [{"is_pinned": True}]}))
    found = fetch.check_import(str(tmp_path))
    assert [(one["level"], one["attr"]) for one in found] == [("fault", "notes.0")]
    with pytest.raises(ValueError, match="nothing was sent: notes.json: notes.0"):
        client.send_import(tmp_path, confirm=True)
    bare = {"transaction_id": "1", "transaction_date": "2019-10-01", "amount": "1.00", "type": "CREDIT"}
    (tmp_path / "notes.json").write_text(json.dumps(bare))
    with pytest.raises(ValueError, match="do not say whose they are"):
        client.send_import(tmp_path, confirm=True)
    with pytest.raises(TypeError, match="go together"):
        client.send_import(tmp_path, import_supplier="TENTACLE_ENERGY")
    sent = asyncio.run(fetch.AsyncClient("o", organisation=True, **at(service)).send_import(tmp_path, confirm=True, **whose))
    assert (sent[0]["outcome"], sent[0]["detail"]) == ("refused", "transaction 1: Too old.")
    with pytest.raises(ValueError, match="cannot be read"):
        fetch.check_import(tmp_path / "nothing")
