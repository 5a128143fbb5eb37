"""Tariffs, their codes, the Agile formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

from . import _kwhen
from ._bill_results import MeterPoint, TariffCode, TariffFacts, WholesaleRange
from ._check import instance, read_file, refuse, text
from ._decode import decode
from ._edges import LONDON, Json, Number, Period, Zone, moment, number, payload, payload_text, periods, seconds_of, zone_name
from ._rates import RateSeries
from ._record import Record
from ._series import period_of
from ._standing import StandingCharges


class Tariff:
    """A tariff: unit rates (a series, or bands of local time), standing charges, levies, VAT by date, import or export.

    >>> Tariff.define({"code": "FLAT", "unit_rate": "24.5", "vat": "inclusive"}).code
    'FLAT'
    """

    __slots__ = ("_native",)
    _native: _kwhen.Tariff

    def __init__(self) -> None:
        raise TypeError("make a Tariff with Tariff.define, .from_file, .from_rates or .from_products")

    @classmethod
    def _of(cls, native: _kwhen.Tariff) -> Tariff:
        tariff = object.__new__(cls)
        tariff._native = native
        return tariff

    @classmethod
    def define(cls, definition: str | Mapping[str, Any]) -> Tariff:
        """From a definition: TOML or JSON text, or a mapping of the same fields (see docs/billing-rules.md).

        Where it names no ``time_zone`` it goes by the one that is given where it is used: by ``kwhen.bill``, ``rates`` and the others.
        """
        return cls._of(_kwhen.Tariff.read(payload_text(definition, "definition")))

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Tariff:
        """From a definition file in TOML or JSON."""
        return cls.define(read_file(path))

    @classmethod
    def from_rates(cls, code: str, rates: RateSeries | Number, standing_charges: StandingCharges | Number | None = None) -> Tariff:
        """From unit rates in p/kWh and standing charges in pence a day; bare numbers are with VAT."""
        standing = None if standing_charges is None else standing_of(standing_charges)._native
        return cls._of(_kwhen.Tariff.of(text(code, "code"), rates_of(rates)._native, standing))

    @classmethod
    def from_products(cls, data: Json, *, time_zone: Zone = LONDON) -> list[Tariff]:
        """Every tariff of Kraken's products payload; dates without a zone are those of ``time_zone``."""
        return [cls._of(native) for native in _kwhen.Tariff.products(payload(data), zone_name(time_zone))]

    @property
    def code(self) -> str:
        """Its name."""
        return self._native.code

    @property
    def facts(self) -> TariffFacts:
        """Fuel, direction, customer, bands."""
        return decode(TariffFacts, self._native.facts)

    def rates(self, during: Period, *, dispatches: Iterable[Period] = (), time_zone: Zone = LONDON) -> RateSeries:
        """Its unit rates over a period; in ``dispatches`` its dispatch price holds."""
        zone = zone_name(time_zone)
        return RateSeries._of(self._native.rates(period_of(during, zone), periods(dispatches, zone), zone))

    def __repr__(self) -> str:
        facts = self.facts
        return f"<Tariff {self.code}: {facts.fuel} {facts.direction}, {len(facts.bands) or 'no'} bands, {facts.kind}>"


def rates_of(rates: Any) -> RateSeries:
    """Unit rates, or one number with VAT."""
    if isinstance(rates, RateSeries):
        return rates
    if isinstance(rates, (int, float, Decimal, str)):
        return RateSeries.flat(rates)
    refuse("rates", rates, "unit rates: give a RateSeries (RateSeries.of, .from_json, .from_pandas, ...), a Tariff, or p/kWh as a number")


def standing_of(charges: Any) -> StandingCharges:
    """Standing charges, or one number with VAT."""
    if isinstance(charges, StandingCharges):
        return charges
    if isinstance(charges, (int, float, Decimal, str)):
        return StandingCharges.flat(charges)
    refuse("standing_charges", charges, "standing charges: give StandingCharges (.from_json, .from_csv) or pence a day as a number")


def tariff_of(tariff: Any, name: str) -> Tariff:
    """A tariff, and nothing else."""
    return instance(tariff, Tariff, name, "make one with Tariff.define, .from_file or .from_rates")


def explain_code(code: str) -> TariffCode:
    """What a tariff code such as ``E-1R-AGILE-24-10-01-C`` says."""
    return decode(TariffCode, _kwhen.explain_code(text(code, "code")))


def explain_meter_point(number: str) -> MeterPoint:
    """What an MPAN (13 or 21 digits) or an MPRN (6 to 11) says. A wrong check digit is a ``warning``: real documents carry such numbers."""
    return decode(MeterPoint, _kwhen.explain_meter_point(text(number, "number")))


class AgilePrice(Record):
    """An Agile unit rate."""

    minor_per_kwh: Decimal
    """Without VAT."""
    capped: bool
    """Whether the cap bound."""
    peak: bool
    """Whether the peak's addition is in it."""


class AgileFormula:
    """The formula of an Agile product in a region: from a wholesale price to a unit rate, both in p/kWh without VAT."""

    def __init__(self, product: str, region: str) -> None:
        self.product, self.region = text(product, "product"), text(region, "region")
        self.price("0", moment(1_700_000_000))

    def price(self, wholesale: Number, at: datetime) -> AgilePrice:
        """The unit rate of the half-hour at an instant."""
        rate, capped, peak = _kwhen.agile_price(self.product, self.region, number(wholesale, "wholesale"), seconds_of(at))
        return AgilePrice(Decimal(rate), capped, peak)

    @property
    def cap(self) -> Decimal | None:
        """The cap, p/kWh without VAT; ``None`` for outgoing."""
        found = _kwhen.agile_cap(self.product, self.region)
        return None if found is None else Decimal(found)

    def wholesale(self, minor_per_kwh: Number, at: datetime) -> WholesaleRange:
        """The wholesale prices that give a unit rate (without VAT) in the half-hour at an instant."""
        text = _kwhen.agile_wholesale(self.product, self.region, number(minor_per_kwh, "minor_per_kwh"), seconds_of(at))
        return decode(WholesaleRange, text)

    def rates(self, wholesale: RateSeries) -> RateSeries:
        """Unit rates of a series of wholesale prices."""
        return RateSeries._of(_kwhen.agile_rates(self.product, self.region, rates_of(wholesale)._native))

    def __repr__(self) -> str:
        return f"AgileFormula({self.product!r}, {self.region!r})"
