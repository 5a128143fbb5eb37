"""Bills, comparisons, statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Union

from . import _kwhen
from ._bill_results import BillLine, BillPeriod, Comparison, Coverage, Estimates, Projection, Reconciliation, Statement
from ._check import hinted, instance, items, optional_text, refuse, text
from ._consumption import Consumption
from ._decode import build, decode
from ._edges import LONDON, Bytes, Json, Number, Period, Zone, moment, number, payload, periods, rules_text, zone_name
from ._edges import period as ends_of
from ._errors import MissingDataError, ParseError
from ._rates import RateSeries
from ._record import Record
from ._registers import Gas, RegisterReadings
from ._results import Span, shown_pounds
from ._series import period_of
from ._standing import StandingCharges
from ._tariff import Tariff, rates_of, standing_of, tariff_of

Rules = Union[str, Mapping[str, Any]]
"""Billing rules: ``"exact"``, ``"octopus"``, ``"octopus-statement"``, ``"ladder"``, or a mapping with a ``name`` and what is rounded."""


class Bill:
    """A bill. ``net`` is without VAT, ``total`` with it; money in pence, energy in kWh, exact unless the rules round."""

    __slots__ = ("_document", "_native", "_zone")
    _native: _kwhen.Bill
    _document: dict[str, Any] | None
    _zone: str

    def __init__(self) -> None:
        raise TypeError("make a Bill with kwhen.bill")

    @classmethod
    def _of(cls, native: _kwhen.Bill, zone: str) -> Bill:
        bill = object.__new__(cls)
        bill._native, bill._zone, bill._document = native, zone, None
        return bill

    def to_dict(self) -> dict[str, Any]:
        """All of it, as ``kwhen bill --format json`` writes it: decimals as text, instants as RFC 3339 UTC."""
        if self._document is None:
            self._document = json.loads(self._native.json())
        return self._document

    @property
    def start(self) -> datetime:
        """When the period starts."""
        return moment(self._native.span[0])

    @property
    def end(self) -> datetime:
        """When it has ended."""
        return moment(self._native.span[1])

    @property
    def time_zone(self) -> str:
        """The zone that days were counted in."""
        return self._zone

    @property
    def tariff_clock(self) -> str | None:
        """The clock that the tariff's times of day go by, if it has any: a zone, or ``UTC``."""
        return self.to_dict().get("tariff_clock")

    @property
    def kwh(self) -> Decimal:
        """The energy that was billed."""
        return Decimal(self._native.kwh)

    @property
    def net_minor(self) -> Decimal:
        """Pence without VAT."""
        return Decimal(self._native.net_minor)

    @property
    def vat_minor(self) -> Decimal:
        """Pence of VAT."""
        return Decimal(self._native.vat_minor)

    @property
    def total_minor(self) -> Decimal:
        """Pence to pay."""
        return Decimal(self._native.total_minor)

    @property
    def total_pounds(self) -> Decimal:
        """Pounds to pay, not rounded."""
        return self.total_minor.scaleb(-2)

    @property
    def rules(self) -> str:
        """The name of the billing rules."""
        return str(self.to_dict()["rules"])

    @property
    def coverage(self) -> Coverage:
        """What could be billed and what is missing."""
        return build(Coverage, self.to_dict()["coverage"])

    @property
    def is_complete(self) -> bool:
        """Whether every slot of the period was billed."""
        billed, slots = self._native.slots
        return billed == slots

    def check_complete(self) -> Bill:
        """This bill, or :class:`MissingDataError` where a slot could not be billed."""
        if not self.is_complete:
            coverage = self.coverage
            gaps = [f"no reading {span}" for span in coverage.missing_consumption] + [f"no rate {span}" for span in coverage.missing_rates]
            more = "" if len(gaps) <= 3 else f" and {len(gaps) - 3} more"
            raise MissingDataError(f"{coverage.slots - coverage.billed_slots} of {coverage.slots} slots could not be billed: {'; '.join(gaps[:3])}{more}")
        return self

    @property
    def lines(self) -> tuple[BillLine, ...]:
        """The lines; their sum is ``net_minor``."""
        return tuple(build(BillLine, line) for line in self.to_dict()["lines"])

    @property
    def periods(self) -> tuple[BillPeriod, ...]:
        """The pieces that ``by`` asked for; their sums are the bill's."""
        return tuple(build(BillPeriod, piece) for piece in self.to_dict().get("periods", ()))

    @property
    def estimates(self) -> Estimates | None:
        """What of it is estimated, if anything."""
        found = self.to_dict().get("estimates")
        return None if found is None else build(Estimates, found)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired in the input, in sentences."""
        return tuple(self.to_dict().get("notices", ()))

    def project(self, during: Period) -> Projection:
        """What a longer period would come to if it goes on like this."""
        return decode(Projection, self._native.project(period_of(during, self._zone), self._zone))

    def lines_csv(self) -> str:
        """The lines as CSV."""
        return self._native.lines_csv()

    def to_supply_charge(self, transaction_id: str, product_code: str, *, reference: str = "", note: str = "") -> dict[str, Any]:
        """The bill as a ``SUPPLY_CHARGE`` transaction of Kraken's data import: amounts in pounds, the transaction's to the penny.

        :param transaction_id: the transaction's own id.
        :param note: what the customer reads.
        """
        names = (text(transaction_id, "transaction_id"), text(product_code, "product_code"), text(reference, "reference"), text(note, "note"))
        document: dict[str, Any] = json.loads(self._native.supply_charge(*names, self._zone), parse_float=Decimal)
        return document

    def to_journal(
        self,
        program: str = "hledger",
        *,
        payee: str = "Electricity",
        direction: str = "import",
        energy: str | None = None,
        standing_charge: str | None = None,
        vat: str | None = None,
        supplier: str | None = None,
    ) -> str:
        """One balanced entry in pounds for ``"hledger"`` or ``"beancount"``, dated the last local day of the period.

        The accounts are ``Expenses:Electricity:Energy`` and so on, and ``Liabilities:Supplier``, unless named. With ``"export"`` as
        the direction the energy is earned, ``Income:Electricity:Export``, and every amount changes its sign.
        """
        named = {"energy": energy, "standing_charge": standing_charge, "vat": vat, "supplier": supplier}
        accounts = [optional_text(account, name) for name, account in named.items()]
        names = (text(program, "program"), text(payee, "payee"), text(direction, "direction"))
        return self._native.journal(*names, accounts, self._zone)

    def to_pandas(self) -> Any:
        """The pieces as a frame indexed by label; Decimals."""
        import pandas as pd

        columns = ["start", "end", "slots", "billed_slots", "days", "kwh", "net_minor", "vat_minor", "total_minor"]
        pieces = self.periods
        data = {name: [getattr(piece, name) for piece in pieces] for name in columns}
        return pd.DataFrame(data, index=pd.Index([piece.label for piece in pieces], name="label"))

    def plot(self, ax: Any = None) -> Any:
        """Draws the pieces as bars, or the lines where the bill has none. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_bill

        return plot_bill(self, ax)

    def __repr__(self) -> str:
        billed, slots = self._native.slots
        holes = "" if billed == slots else f", {slots - billed} of {slots} slots NOT billed"
        return f"<Bill {shown_pounds(self.total_minor)} for {self.kwh} kWh, {Span(self.start, self.end)}{holes}>"

    def _repr_html_(self) -> str:
        from ._charts import bill_html

        return bill_html(self)


def _readings(consumption: Any, name: str = "consumption") -> Consumption:
    how = "make one with Consumption.of, .from_csv, .from_pandas, ... (of a file, of what is in it)"
    return instance(consumption, Consumption, name, how)


def _gas(gas: Any) -> str | None:
    return None if gas is None else instance(gas, Gas, "gas", 'Gas(unit="cubic-metres", calorific_value="39.5")')._json()


def _mapping(values: Any, name: str) -> Mapping[Any, Any]:
    if not isinstance(values, Mapping):
        refuse(name, values, "a mapping of names to p/kWh")
    return values


def _tariffs(tariffs: Any, name: str) -> list[_kwhen.Tariff]:
    return [tariff_of(tariff, name)._native for tariff in items(tariffs, name, "a list of kwhen.Tariff")]


@hinted
def bill(
    consumption: Consumption | RegisterReadings,
    rates: RateSeries | Tariff | Number,
    during: Period,
    *,
    standing_charges: StandingCharges | Number | None = None,
    time_zone: Zone = LONDON,
    rules: Rules = "exact",
    missing: str = "exclude",
    by: str | None = None,
    dispatches: Iterable[Period] = (),
    tax: Number | None = None,
    fuel: str = "electricity",
    customer: str = "domestic",
    direction: str = "import",
    levies: Mapping[str, Number] | None = None,
    gas: Gas | None = None,
    between_readings: str = "refuse",
) -> Bill:
    """The bill of a period.

    :param consumption: metered energy in kWh by slot; or readings of registers, which a :class:`Tariff` with bands of their names prices.
    :param rates: unit rates in p/kWh, one number with VAT, or a :class:`Tariff`, which brings its own standing charges, levies and VAT.
        Where rates are known without and with VAT, those without are billed and VAT is added by date.
    :param during: two aware datetimes or dates (local midnights; the end is outside), a date, or ``"2026-03"``.
    :param standing_charges: pence a local day.
    :param time_zone: the clock that days are counted by.
    :param rules: what is rounded; ``"exact"`` rounds nothing.
    :param missing: what is done where there is no reading: ``"exclude"`` (leave the slot out and name it), ``"refuse"``,
        ``"previous-week"``, ``"profile"`` or ``"zero"``.
    :param by: pieces to show: ``"day"``, ``"week"``, ``"month"``, ``"year"``, ``"market-day"`` or ``"half-hour"``.
    :param dispatches: when a tariff's dispatch price holds.
    :param tax: VAT in per cent, other than that of the date, fuel, customer and direction in Great Britain.
    :param levies: names and p/kWh before VAT.
    :param gas: how the readings of a gas meter become kWh; needed for a tariff of gas.
    :param between_readings: where a rate changes between two readings of a register, or inside a slot: ``"refuse"``, or ``"by-time"`` to
        share it out.
    :raises MissingDataError: nothing at all of the period can be billed.
    """
    zone = zone_name(time_zone)
    span_, rule_text, missing, by = ends_of(during, zone), rules_text(rules), text(missing, "missing"), optional_text(by, "by")
    between_readings = text(between_readings, "between_readings")
    spans = periods(dispatches, zone)
    who = (text(fuel, "fuel"), text(customer, "customer"), text(direction, "direction"))
    added = [] if levies is None else [(text(name, "levies"), number(rate, f"levies, {name}")) for name, rate in _mapping(levies, "levies").items()]
    if isinstance(consumption, RegisterReadings):
        if not isinstance(rates, Tariff):
            raise ParseError("readings of registers need a tariff, whose bands have the registers' names: kwhen.Tariff.define")
        if by is not None or standing_charges is not None or tax is not None or added or spans:
            raise ParseError("by, standing_charges, tax, levies and dispatches are not for readings of registers")
        return Bill._of(_kwhen.register_bill(consumption._native, rates._native, span_, zone, rule_text, between_readings, _gas(gas)), zone)
    _readings(consumption)
    if isinstance(rates, Tariff):
        if standing_charges is not None or tax is not None or added:
            raise ParseError("a tariff has standing charges, VAT and levies of its own: leave these out, or give its rates alone")
        return Bill._of(_kwhen.tariff_bill(consumption._native, rates._native, span_, spans, zone, rule_text, missing, by, _gas(gas), between_readings), zone)
    if who[0] == "gas" or gas is not None:
        raise ParseError("gas needs a tariff: kwhen.Tariff.define({..., 'fuel': 'gas'}) and gas=kwhen.Gas(...), which says what its readings count")
    taxes = None
    if tax is not None or added or who != ("electricity", "domestic", "import"):
        taxes = json.dumps(
            {
                "fuel": who[0],
                "customer": who[1],
                "direction": who[2],
                "vat_percent": None if tax is None else number(tax, "tax"),
                "levies": added,
            }
        )
    standing = None if standing_charges is None else standing_of(standing_charges)._native
    return Bill._of(_kwhen.bill(consumption._native, rates_of(rates)._native, standing, span_, zone, rule_text, missing, by, taxes), zone)


@hinted
def compare(
    consumption: Consumption,
    tariffs: Sequence[Tariff],
    during: Period,
    *,
    export: Consumption | None = None,
    export_tariffs: Sequence[Tariff] = (),
    time_zone: Zone = LONDON,
    rules: Rules = "exact",
    missing: str = "exclude",
    gas: Gas | None = None,
    between_readings: str = "refuse",
    project_to: Period | None = None,
) -> Comparison:
    """One consumption under many tariffs, cheapest first, with the winner of each month.

    ``project_to`` is a longer period that begins with this one: ``projections`` then says what each would come to if it goes on like this.
    With ``export`` (kWh sent out) every import tariff is put together with every one of ``export_tariffs``.
    """
    zone = zone_name(time_zone)
    found = _kwhen.compare(
        _readings(consumption)._native,
        _tariffs(tariffs, "tariffs"),
        period_of(during, zone),
        None if export is None else _readings(export, "export")._native,
        _tariffs(export_tariffs, "export_tariffs"),
        zone,
        rules_text(rules),
        text(missing, "missing"),
        _gas(gas),
        text(between_readings, "between_readings"),
        None if project_to is None else period_of(project_to, zone),
    )
    return decode(Comparison, found)


class Supply(Record):
    """One meter point of an account."""

    name: str
    """Its name on the statement: an MPAN, an MPRN, ``import``."""
    consumption: Consumption | RegisterReadings
    """By slot, or readings of registers; for gas in the unit that ``gas`` names."""
    agreements: Json
    """Which tariff holds when: rows of ``tariff_code``, ``valid_from``, ``valid_to`` as the API gives them."""
    gas: Gas | None = None
    """How gas becomes kWh; needed for gas, and for gas alone."""
    dispatches: tuple[Period, ...] = ()
    """When a dispatch ran."""


def _supplies(supplies: Sequence[Supply], zone: str) -> list[tuple[str, _kwhen.Readings | _kwhen.Registers, bytes, str | None, list[tuple[int, int]]]]:
    parts = []
    for supply in items(supplies, "supplies", "a list of kwhen.Supply"):
        instance(supply, Supply, "supplies", "Supply(name, consumption, agreements)")
        metered, name = supply.consumption, text(supply.name, "supply")
        native = metered._native if isinstance(metered, RegisterReadings) else _readings(metered, f"supply {name}, consumption")._native
        agreements = payload(supply.agreements, f"supply {name}, agreements")
        parts.append((name, native, agreements, _gas(supply.gas), periods(supply.dispatches, zone)))
    return parts


@hinted
def statement(
    supplies: Sequence[Supply],
    tariffs: Sequence[Tariff],
    during: Period,
    *,
    time_zone: Zone = LONDON,
    rules: Rules = "exact",
    missing: str = "exclude",
    by: str | None = None,
    between_readings: str = "refuse",
) -> Statement:
    """An account's statement: import, export and gas together, each billed agreement by agreement."""
    zone = zone_name(time_zone)
    found = _kwhen.statement(
        _supplies(supplies, zone),
        _tariffs(tariffs, "tariffs"),
        period_of(during, zone),
        zone,
        rules_text(rules),
        text(missing, "missing"),
        optional_text(by, "by"),
        text(between_readings, "between_readings"),
    )
    return decode(Statement, found)


@hinted
def reconcile(
    statement: str | Bytes,
    tariff: Tariff,
    consumption: Consumption,
    during: Period,
    *,
    dispatches: Iterable[Period] = (),
    time_zone: Zone = LONDON,
    rules: Rules = "octopus-statement",
    missing: str = "exclude",
    gas: Gas | None = None,
) -> Reconciliation:
    """A supplier's statement (CSV lines, as ``kwhen reconcile`` reads them) beside the engine's lines; in ``dispatches`` the tariff's dispatch price holds."""
    zone = zone_name(time_zone)
    spans, span_ = periods(dispatches, zone), period_of(during, zone)
    found = _kwhen.reconcile(
        payload(statement, "statement"),
        tariff_of(tariff, "tariff")._native,
        _readings(consumption)._native,
        spans,
        span_,
        zone,
        rules_text(rules),
        text(missing, "missing"),
        _gas(gas),
    )
    return decode(Reconciliation, found)
