"""The Octopus (Kraken) API: rates, standing charges, consumption, products, accounts.

Blocking with :class:`Client`, in asyncio with :class:`AsyncClient`. Both retry, keep the rate limit, follow pages and never hand a
short list over as a whole one. The key is sent over https only, to the installation's own addresses, and appears in no error or
``repr``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from os import PathLike, fspath
from types import TracebackType
from typing import Any, TypeVar

from . import _kwhen
from ._edges import When, Zone, instant, now_seconds, period, zone_name
from ._errors import AuthenticationError, FetchError, NaiveDatetimeError, NotFoundError, RateLimitedError, UnsupportedError
from ._consumption import Consumption
from ._rates import RateSeries
from ._standing import StandingCharges

T = TypeVar("T")

AVAILABLE = _kwhen.HAS_FETCH
"""Whether this build can fetch."""


def _sent(value: Any) -> str:
    """A value of an argument as the service takes it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NaiveDatetimeError("a datetime without a time zone: say which it is")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of an argument: text, a number, True or False, a list, a dict, a date or an aware datetime is")


def _asked(value: Any) -> str:
    """A value of a path or a query as the service takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else _sent(value)


def _addressee(import_supplier: str | None, external_account_number: str | None) -> tuple[str, str] | None:
    if import_supplier is not None and external_account_number is not None:
        return import_supplier, external_account_number
    if import_supplier is None and external_account_number is None:
        return None
    raise TypeError("import_supplier and external_account_number go together")


def check_import(
    folder: str | PathLike[str], *, import_supplier: str | None = None, external_account_number: str | None = None
) -> list[dict[str, str]]:
    """What is found in the payloads of data import in a folder: each with its ``file``, ``level`` (``fault`` or ``warning``), ``attr``, ``code`` and ``detail``.

    Nothing is sent. The rules are in ``docs/data-import.md``.
    """
    if not AVAILABLE:
        raise UnsupportedError("this build of kwhen was made without fetching: build it with the cargo feature 'fetch'")
    found: list[dict[str, str]] = json.loads(_kwhen.check_import(fspath(folder), _addressee(import_supplier, external_account_number)))
    return found


class Client:
    """A client that waits on the calling thread; Python's other threads go on meanwhile.

    :param key: the API key; rates need none.
    :param base: ``"gb"``, ``"japan"``, or another installation's address; several addresses of one are tried in their order.
    :param allow_http: whether an ``http://`` address is taken: for a server on this machine.
    :param time_zone: the zone of dates without a time; that of the installation's country if not said.
    :param organisation: whether the key is an organisation's, which opens GraphQL and data import.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        base: str | Sequence[str] | None = None,
        allow_http: bool = False,
        time_zone: Zone | None = None,
        organisation: bool = False,
    ) -> None:
        if not AVAILABLE:
            raise UnsupportedError("this build of kwhen was made without fetching: build it with the cargo feature 'fetch'")
        bases = [base] if isinstance(base, str) else list(base or ["gb"])
        self._native = _kwhen.Client(key, bases, allow_http, organisation)
        self._zone = zone_name(self._native.time_zone() if time_zone is None else time_zone)
        self._base = ", ".join(bases)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._base}>"

    def _range(self, start: When | None, end: When | None) -> tuple[int | None, int | None]:
        now = now_seconds()
        first = None if start is None else instant(start, self._zone, now)
        return first, None if end is None else instant(end, self._zone, now, first)

    @property
    def answered_by(self) -> str | None:
        """Which of the installation's addresses answered last; ``None`` before any did."""
        return self._native.answered_by()

    def cancel(self) -> None:
        """Ends what runs in other threads at its next step, for good."""
        self._native.cancel()

    def unit_rates(
        self,
        tariff: str,
        start: When | None = None,
        end: When | None = None,
        *,
        payment_method: str | None = None,
        night_hours: str | None = None,
    ) -> RateSeries:
        """The unit rates of a tariff code such as ``E-1R-AGILE-24-10-01-C``. An ``end`` needs a ``start``.

        A two-register tariff (``E-2R-…``) needs both: its night rate holds from 00:30 to 07:30 UTC all year, as with a smart meter, or in
        the ``night_hours`` given, such as ``"23:00..06:00"``, in UTC too.
        """
        return RateSeries._of(self._native.unit_rates(tariff, self._range(start, end), payment_method, night_hours))

    def standing_charges(self, tariff: str, start: When | None = None, end: When | None = None, *, payment_method: str | None = None) -> StandingCharges:
        """The standing charges of a tariff code. An ``end`` needs a ``start``."""
        rows = self._native.standing_charges(tariff, self._range(start, end))
        return StandingCharges.from_json(rows, payment_method=payment_method)

    def consumption(self, meter_point: str, serial_number: str, start: When, end: When, *, gas: bool = False) -> Consumption:
        """The readings of a meter: kWh, or m³ for most gas meters."""
        span = period((start, end), self._zone)
        return Consumption.from_json(self._native.consumption(meter_point, serial_number, gas, span))

    def account(self, number: str) -> dict[str, Any]:
        """An account as the service gives it: its properties, meter points, meters and agreements."""
        document: dict[str, Any] = json.loads(self._native.account(number))
        return document

    def keep_sessions(self, number: str, store: str | PathLike[str]) -> int:
        """Asks for an account's saving sessions and free hours and keeps them in a store, as ``kwhen fetch sessions`` does; how many are new."""
        return self._native.keep_sessions(number, fspath(store), now_seconds())

    def keep_registers(self, number: str, store: str | PathLike[str]) -> int:
        """Asks for what the registers of an account's meters showed and keeps it in a store, as ``kwhen fetch registers`` does; how many readings are new."""
        return self._native.keep_registers(number, fspath(store), now_seconds())

    def products(
        self,
        *,
        is_variable: bool | None = None,
        is_green: bool | None = None,
        is_tracker: bool | None = None,
        is_prepay: bool | None = None,
        is_business: bool | None = None,
        available_at: datetime | None = None,
        brand: str | None = None,
    ) -> list[dict[str, Any]]:
        """The products on sale, or those of them that are wanted, as the service gives them."""
        rows: list[dict[str, Any]] = self.rest(
            "products",
            is_variable=is_variable,
            is_green=is_green,
            is_tracker=is_tracker,
            is_prepay=is_prepay,
            is_business=is_business,
            available_at=available_at,
            brand=brand,
        )
        return rows

    def product(self, code: str, *, tariffs_active_at: datetime | None = None) -> dict[str, Any]:
        """A product with what its tariffs charge at a moment, or now."""
        found: dict[str, Any] = self.rest("product", product_code=code, tariffs_active_at=tariffs_active_at)
        return found

    def meter_point(self, mpan: str) -> dict[str, Any]:
        """The region (``gsp``) and the profile class of an electricity meter point."""
        found: dict[str, Any] = self.rest("electricity-meter-point", mpan=mpan)
        return found

    def rest(self, name: str, /, *, body: Any = None, confirm: bool = False, **arguments: Any) -> Any:
        """Any documented path of REST by its name, such as ``electricity-consumption``, with what its path and its query say.

        ``kwhen api rest`` lists the names and what each takes. What it answers comes as JSON does, a list in pages whole. What makes
        something needs a ``body`` and is sent with ``confirm=True`` alone.
        """
        given = {key: _asked(value) for key, value in arguments.items() if value is not None}
        sent = None if body is None else json.dumps(body, default=_sent)
        return json.loads(self._native.rest(name, given, sent, confirm), parse_float=Decimal)

    def send_import(
        self,
        folder: str | PathLike[str],
        *,
        confirm: bool = False,
        checked: bool = True,
        import_supplier: str | None = None,
        external_account_number: str | None = None,
    ) -> list[dict[str, Any]]:
        """Sends the payloads of data import in a folder in the order that the service needs, and says what became of each.

        Without ``confirm=True`` nothing is sent, and what would be is told. What has a fault stops it before anything is sent, unless
        ``checked=False``. Transactions that do not say whose they are need ``import_supplier`` and ``external_account_number``.
        """
        to = _addressee(import_supplier, external_account_number)
        sent: list[dict[str, Any]] = json.loads(self._native.send_import(fspath(folder), to, confirm, checked))
        return sent

    def call(self, name: str, /, *, fields: str | None = None, confirm: bool = False, **arguments: Any) -> Any:
        """Any documented GraphQL operation by its name, such as ``completedDispatches``, with its arguments by theirs.

        What it answers comes as JSON does; a list in pages is read to its end and comes as one list of its rows. ``fields`` is what is
        wanted, in GraphQL's writing, of a list in pages of each row; without it all fields that the documentation shows. An aware
        ``datetime``, a ``date`` or a ``Decimal`` may be an argument, an input object is a ``dict``. A mutation, which changes
        something, is sent with ``confirm=True`` alone.
        """
        given = {key: value for key, value in arguments.items() if value is not None}
        return json.loads(self._native.call(name, json.dumps(given, default=_sent), fields, confirm), parse_float=Decimal)

    def regions(self, postcode: str | None = None) -> list[str]:
        """The letters of the distribution regions, or of those of a postcode."""
        return [str(row["group_id"]).lstrip("_") for row in json.loads(self._native.grid_supply_points(postcode))]


class AsyncClient:
    """The same for asyncio: each call runs in a thread of its own, so the event loop goes on."""

    def __init__(
        self,
        key: str | None = None,
        *,
        base: str | Sequence[str] | None = None,
        allow_http: bool = False,
        time_zone: Zone | None = None,
        organisation: bool = False,
    ) -> None:
        self._client = Client(key, base=base, allow_http=allow_http, time_zone=time_zone, organisation=organisation)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._client.cancel()

    def __repr__(self) -> str:
        return f"<AsyncClient of {self._client._base}>"

    async def _call(self, method: Callable[..., T], *arguments: Any, **options: Any) -> T:
        return await asyncio.to_thread(method, *arguments, **options)

    @property
    def answered_by(self) -> str | None:
        """Which of the installation's addresses answered last."""
        return self._client.answered_by

    async def unit_rates(
        self,
        tariff: str,
        start: When | None = None,
        end: When | None = None,
        *,
        payment_method: str | None = None,
        night_hours: str | None = None,
    ) -> RateSeries:
        """The unit rates of a tariff code."""
        options = {"payment_method": payment_method, "night_hours": night_hours}
        return await self._call(self._client.unit_rates, tariff, start, end, **options)

    async def standing_charges(self, tariff: str, start: When | None = None, end: When | None = None, *, payment_method: str | None = None) -> StandingCharges:
        """The standing charges of a tariff code."""
        return await self._call(self._client.standing_charges, tariff, start, end, payment_method=payment_method)

    async def consumption(self, meter_point: str, serial_number: str, start: When, end: When, *, gas: bool = False) -> Consumption:
        """The readings of a meter."""
        return await self._call(self._client.consumption, meter_point, serial_number, start, end, gas=gas)

    async def account(self, number: str) -> dict[str, Any]:
        """An account as the service gives it."""
        return await self._call(self._client.account, number)

    async def keep_sessions(self, number: str, store: str | PathLike[str]) -> int:
        """Asks for an account's sessions and keeps them in a store."""
        return await self._call(self._client.keep_sessions, number, store)

    async def keep_registers(self, number: str, store: str | PathLike[str]) -> int:
        """Asks for what the registers of an account's meters showed and keeps it in a store."""
        return await self._call(self._client.keep_registers, number, store)

    async def products(
        self,
        *,
        is_variable: bool | None = None,
        is_green: bool | None = None,
        is_tracker: bool | None = None,
        is_prepay: bool | None = None,
        is_business: bool | None = None,
        available_at: datetime | None = None,
        brand: str | None = None,
    ) -> list[dict[str, Any]]:
        """The products on sale, or those of them that are wanted."""
        flags = {"is_variable": is_variable, "is_green": is_green, "is_tracker": is_tracker, "is_prepay": is_prepay, "is_business": is_business}
        return await self._call(self._client.products, available_at=available_at, brand=brand, **flags)

    async def product(self, code: str, *, tariffs_active_at: datetime | None = None) -> dict[str, Any]:
        """A product with what its tariffs charge at a moment, or now."""
        return await self._call(self._client.product, code, tariffs_active_at=tariffs_active_at)

    async def meter_point(self, mpan: str) -> dict[str, Any]:
        """The region and the profile class of an electricity meter point."""
        return await self._call(self._client.meter_point, mpan)

    async def rest(self, name: str, /, *, body: Any = None, confirm: bool = False, **arguments: Any) -> Any:
        """Any documented path of REST by its name."""
        return await self._call(self._client.rest, name, body=body, confirm=confirm, **arguments)

    async def send_import(
        self,
        folder: str | PathLike[str],
        *,
        confirm: bool = False,
        checked: bool = True,
        import_supplier: str | None = None,
        external_account_number: str | None = None,
    ) -> list[dict[str, Any]]:
        """Sends the payloads of data import in a folder."""
        whose = {"import_supplier": import_supplier, "external_account_number": external_account_number}
        return await self._call(self._client.send_import, folder, confirm=confirm, checked=checked, **whose)

    async def call(self, name: str, /, *, fields: str | None = None, confirm: bool = False, **arguments: Any) -> Any:
        """Any documented GraphQL operation by its name."""
        return await self._call(self._client.call, name, fields=fields, confirm=confirm, **arguments)

    async def regions(self, postcode: str | None = None) -> list[str]:
        """The letters of the distribution regions, or of those of a postcode."""
        return await self._call(self._client.regions, postcode)


__all__ = ["AVAILABLE", "AsyncClient", "AuthenticationError", "Client", "FetchError", "NotFoundError", "RateLimitedError", "check_import"]
