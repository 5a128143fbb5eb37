"""Fetching, from a server in this process that pages as the service does."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

import kwhen
from kwhen import fetch

pytestmark = pytest.mark.skipif(not fetch.AVAILABLE, reason="this build cannot fetch")
TARIFF, KEY = "E-1R-AGILE-24-10-01-C", "sk_test_a_key"
FIRST = datetime(2026, 3, 28, tzinfo=timezone.utc)
PAGE = 40


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        if url.path.endswith("/standard-unit-rates/"):
            self.rates(url)
        elif url.path.endswith(("/day-unit-rates/", "/night-unit-rates/")):
            exc = 10 if "night" in url.path else 25
            rows = [
                {"value_exc_vat": exc + extra, "value_inc_vat": (exc + extra) * 1.05, "payment_method": method,
                 "valid_from": "2025-01-01T00:00:00Z", "valid_to": None}
                for method, extra in [("DIRECT_DEBIT", 0), ("NON_DIRECT_DEBIT", 1)]
            ]
            self.answer(200, {"count": 2, "next": None, "previous": None, "results": rows})
        elif url.path.endswith("/consumption/"):
            expected = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
            if self.headers.get("Authorization") != expected:
                self.answer(401, {"detail": "Invalid API key."})
            else:
                row = {"consumption": 0.5, "interval_start": "2026-03-28T00:00:00Z", "interval_end": "2026-03-28T00:30:00Z"}
                self.answer(200, {"count": 1, "next": None, "previous": None, "results": [row]})
        else:
            self.answer(404, {"detail": "Not found."})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((asked["query"], asked["variables"]))
        later = 4_000_000_000
        if "obtainKrakenToken" in asked["query"]:
            token = {"token": "t", "payload": {"exp": later}, "refreshToken": "r", "refreshExpiresIn": later, "possibleErrors": []}
            self.answer(200, {"data": {"obtainKrakenToken": token}})
        elif "prepayPayments" in asked["query"]:
            place = int(asked["variables"]["after"] or 0)
            page = {"hasNextPage": place < 2, "endCursor": str(place + 1)}
            self.answer(200, {"data": {"prepayPayments": {"pageInfo": page, "edges": [{"node": {"id": place}}]}}})
        elif "savingSessions" in asked["query"]:
            joined = {"eventId": 1, "startAt": "2026-02-28T12:00:00+00:00", "endAt": "2026-02-28T13:00:00+00:00", "eventType": "WEEKEND_HAPPY_HOUR",
                      "rewardGivenInOctoPoints": 0}  # fmt: skip
            account = {"hasJoinedCampaign": True, "joinedEvents": [joined]}
            self.answer(200, {"data": {"savingSessions": {"eventCount": 0, "events": [], "account": account}}})
        elif "electricityMeterReadings" in asked["query"]:
            register = {"identifier": "01", "name": "STANDARD", "value": "1234.5", "isQuarantined": False}
            node = {"id": 1, "readAt": "2026-03-01T00:00:00+00:00", "readingSource": "SMART", "registers": [register]}
            page = {"hasNextPage": False, "endCursor": None}
            self.answer(200, {"data": {"electricityMeterReadings": {"pageInfo": page, "edges": [{"node": node}]}}})
        elif "query Meters" in asked["query"]:
            point = {"mpan": "2000024512368", "meters": [{"id": "7", "serialNumber": "Z1"}]}
            home = {"electricityMeterPoints": [point], "gasMeterPoints": []}
            self.answer(200, {"data": {"account": {"properties": [home]}}})
        elif "applicableRates" in asked["query"]:
            page = {"hasNextPage": False, "endCursor": None}
            self.answer(200, {"data": {"applicableRates": {"pageInfo": page, "edges": [{"node": {"value": 0.1}}]}}})
        else:
            error = {"message": "No.", "extensions": {"errorCode": "KT-CT-4301"}}
            self.answer(200, {"data": None, "errors": [error]})

    def rates(self, url):
        page = int(parse_qs(url.query).get("page", ["1"])[0])
        rows = [
            {"value_exc_vat": 10 + place / 100, "value_inc_vat": 10.5 + place / 100, "payment_method": None,
             "valid_from": (FIRST + timedelta(minutes=30 * place)).strftime("%Y-%m-%dT%H:%M:%SZ"),
             "valid_to": (FIRST + timedelta(minutes=30 * place + 30)).strftime("%Y-%m-%dT%H:%M:%SZ")}
            for place in reversed(range(100))
        ]
        more = page * PAGE < len(rows)
        following = f"http://127.0.0.1:{self.server.server_port}{url.path}?page={page + 1}" if more else None
        self.answer(200, {"count": 100, "next": following, "previous": None, "results": rows[(page - 1) * PAGE : page * PAGE]})

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
    server.seen = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def at(service, **options):
    return {"base": f"http://127.0.0.1:{service.server_port}", "allow_http": True, **options}


def test_pages_are_followed_and_no_key_is_sent(service):
    rates = fetch.Client(KEY, **at(service)).unit_rates(TARIFF, FIRST)
    assert len(rates) == 100 and str(rates.at(FIRST)) == "10.5"
    assert len(service.seen) == 3 and all(key is None for _, key in service.seen)


def test_readings_need_the_key(service):
    span = (FIRST, FIRST + timedelta(days=1))
    assert fetch.Client(KEY, **at(service)).consumption("1200000000000", "S1", *span).total_kwh * 2 == 1
    with pytest.raises(fetch.AuthenticationError) as caught:
        fetch.Client("sk_test_wrong", **at(service)).consumption("1200000000000", "S1", *span)
    assert "sk_test_wrong" not in str(caught.value) + repr(fetch.Client("sk_test_wrong", **at(service)))


def test_asyncio_goes_on_while_it_fetches(service):
    async def both():
        async with fetch.AsyncClient(**at(service)) as client:
            return await asyncio.gather(client.unit_rates(TARIFF), client.unit_rates(TARIFF, FIRST))

    first, second = asyncio.run(both())
    assert first == second


def test_what_is_not_there_and_what_is_not_safe(service):
    with pytest.raises(fetch.NotFoundError):
        fetch.Client(KEY, **at(service)).account("A-12AB34CD")
    with pytest.raises(kwhen.FetchError):
        fetch.Client(base=f"http://127.0.0.1:{service.server_port}")
    with pytest.raises(kwhen.NaiveDatetimeError):
        fetch.Client(**at(service)).unit_rates(TARIFF, datetime(2026, 3, 28))


def test_an_end_without_a_start_is_refused(service):
    client = fetch.Client(**at(service))
    for method in (client.unit_rates, client.standing_charges):
        with pytest.raises(kwhen.FetchError, match="2026-03-02T00:00:00Z, without a start"):
            method(TARIFF, None, "2026-03-02")

    async def later():
        async with fetch.AsyncClient(**at(service)) as client:
            await client.unit_rates(TARIFF, None, "2026-03-02")

    with pytest.raises(kwhen.FetchError, match="without a start"):
        asyncio.run(later())
    with pytest.raises(kwhen.FetchError, match="empty"):
        client.unit_rates(TARIFF, "2026-03-02", "2026-03-01")
    assert service.seen == []


def test_two_registers_are_priced_by_the_hours_of_the_night(service):
    client = fetch.Client(**at(service))
    two_days = ("2026-07-01", "2026-07-03")
    rates = client.unit_rates("E-2R-VAR-22-11-01-C", *two_days, payment_method="DIRECT_DEBIT")
    # 00:30 to 07:30 UTC all year: in summer an hour later on the local clock.
    assert [str(rates.at(datetime(2026, 7, 1, hour, minute, tzinfo=timezone.utc))) for hour, minute in
            [(0, 0), (0, 30), (7, 0), (7, 30)]] == ["26.25", "10.5", "10.5", "26.25"]
    old = client.unit_rates("E-2R-VAR-22-11-01-C", *two_days, payment_method="NON_DIRECT_DEBIT", night_hours="23:00..06:00")
    assert str(old.at(datetime(2026, 7, 1, 23, 0, tzinfo=timezone.utc))) == "11.55"
    assert str(old.at(datetime(2026, 7, 1, 6, 0, tzinfo=timezone.utc))) == "27.3"
    with pytest.raises(kwhen.KwhenError, match="say from when until when"):
        client.unit_rates("E-2R-VAR-22-11-01-C")
    with pytest.raises(kwhen.KwhenError, match="say from when until when"):
        client.unit_rates("E-2R-VAR-22-11-01-C", "2026-07-01")


def test_several_addresses_of_one_installation(service):
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as gone:
        nobody = f"http://127.0.0.1:{gone.server_port}"
    there = f"http://127.0.0.1:{service.server_port}"
    client = fetch.Client(KEY, base=[nobody, there], allow_http=True)
    assert client.answered_by is None
    assert len(client.unit_rates(TARIFF, FIRST)) == 100
    assert client.answered_by == f"{there}/" and there in repr(client)
    with pytest.raises(kwhen.FetchError, match="twice"):
        fetch.Client(base=[there, there], allow_http=True)


def test_any_documented_operation_is_called_by_its_name(service):
    client = fetch.Client(KEY, **at(service))
    rows = client.call("prepayPayments", accountNumber="A-12AB34CD", fields="id")
    assert rows == [{"id": 0}, {"id": 1}, {"id": 2}]
    rates = client.call(
        "applicableRates", accountNumber="A-12AB34CD", mpxn="2000024512368", startAt=FIRST, endAt=FIRST + timedelta(days=1), fields="value"
    )
    assert rates == [{"value": Decimal("0.1")}]
    assert service.seen[-1][1]["startAt"] == "2026-03-28T00:00:00+00:00"

    async def later():
        async with fetch.AsyncClient(KEY, **at(service)) as client:
            return await client.call("prepayPayments", accountNumber="A-12AB34CD", fields="id")

    assert asyncio.run(later()) == rows
    with pytest.raises(fetch.NotFoundError, match="Unable to find device for given account"):
        client.call("completedDispatches", accountNumber="A-12AB34CD")


def test_sessions_and_registers_are_kept_in_a_store(service, tmp_path):
    client, store = fetch.Client(KEY, **at(service)), tmp_path / "kwhen.db"
    assert client.keep_sessions("A-12AB34CD", store) == 1
    assert client.keep_registers("A-12AB34CD", store) == 1
    # What is known already is not new.
    assert client.keep_sessions("A-12AB34CD", store) == 0
    assert client.answered_by.startswith("http://127.0.0.1")

    async def later():
        async with fetch.AsyncClient(KEY, **at(service)) as again:
            return await again.keep_registers("A-12AB34CD", store)

    assert asyncio.run(later()) == 0
    # The command reads what is kept there.
    with pytest.raises(kwhen.KwhenError, match="account"):
        kwhen.ask("bill", store=store, from_="2026-03-01", to="2026-04-01")
    with pytest.raises(fetch.FetchError):
        client.keep_sessions("A-12AB34CD", tmp_path / "no" / "folder.db")


def test_what_is_wrong_with_a_call_is_said_before_anything_is_sent(service):
    client = fetch.Client(KEY, **at(service))
    for name, arguments, message in [
        ("completedDispach", {}, "did you mean completedDispatches"),
        ("completedDispatches", {}, "needs accountNumber"),
        ("completedDispatches", {"account": "A"}, "no argument 'account'"),
        ("completedDispatches", {"accountNumber": 5}, "is not text"),
        ("triggerBoostCharge", {"input": {"accountNumber": "A"}}, "confirm=True"),
    ]:
        with pytest.raises(ValueError, match=message):
            client.call(name, **arguments)
    with pytest.raises(kwhen.NaiveDatetimeError):
        client.call("smartMeterTelemetry", deviceId="1", start=datetime(2026, 3, 28))
    with pytest.raises(TypeError, match="set is no value"):
        client.call("triggerBoostCharge", input={1, 2}, confirm=True)
    assert service.seen == []
