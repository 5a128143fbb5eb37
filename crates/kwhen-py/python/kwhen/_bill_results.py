"""What the engine answers about bills and tariffs. Money is in pence, energy in kWh, rates in p/kWh, all :class:`decimal.Decimal`, exact; instants are aware, in UTC."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ._record import Record
from ._results import Span


class Coverage(Record):
    """How much of a period could be billed, and what is missing, as runs of slots."""

    slots: int
    """Slots that start in the period."""
    billed_slots: int
    """Slots that have both a reading and a rate."""
    missing_consumption: tuple[Span, ...]
    """Where there is no reading."""
    missing_rates: tuple[Span, ...]
    """Where there is no rate, whether or not there is a reading."""

    @property
    def is_complete(self) -> bool:
        """Whether every slot was billed."""
        return self.slots == self.billed_slots


class BillLine(Record):
    """One line of a bill."""

    kind: str
    """``energy``, ``levy``, ``standing_charge`` or ``rounding``."""
    description: str
    start: datetime
    end: datetime
    vat_percent: Decimal
    """The rate of VAT that applies."""
    net_minor: Decimal
    """Pence without VAT."""
    kwh: Decimal | None = None
    """Energy, on a line of energy."""
    days: int | None = None
    """Days, on a line of standing charges."""
    rate_minor_per_kwh: Decimal | None = None
    """What one kWh costs, where the line has a single price; without VAT unless only the price with VAT is known."""
    charge_minor_per_day: Decimal | None = None
    """What one day costs, on a line of standing charges; likewise."""
    estimated_slots: int = 0
    """Slots whose energy is an estimate."""


class BillPeriod(Record):
    """A piece of a bill. The pieces always sum to the bill."""

    label: str
    """``2026-03-29``, ``2026-03``, ``2026``; a week is named by its Monday."""
    start: datetime
    end: datetime
    slots: int
    billed_slots: int
    days: int
    """Local days whose standing charge is in it."""
    kwh: Decimal
    net_minor: Decimal
    vat_minor: Decimal
    total_minor: Decimal


class Estimates(Record):
    """What of a bill is estimated."""

    method: str
    slots: int
    kwh: Decimal
    spans: tuple[Span, ...]
    before: tuple[Span, ...] = ()
    """When before the bill: tiers and quotas go by what was used since their period began."""


class Projection(Record):
    """What a longer period would come to."""

    start: datetime
    end: datetime
    kwh: Decimal
    net_minor: Decimal
    vat_minor: Decimal
    total_minor: Decimal
    billed_slots: int
    slots: int
    rests_on: str
    """What was taken to go on, in words."""


class MonthTotal(Record):
    """What one tariff comes to in one month."""

    label: str
    start: datetime
    end: datetime
    total_minor: Decimal


class MonthWinner(Record):
    """The cheapest tariff of a month."""

    label: str
    start: datetime
    end: datetime
    code: str
    total_minor: Decimal
    saved_minor: Decimal
    """What it saves against the tariff that is cheapest over all."""
    export_code: str | None = None


class Compared(Record):
    """One tariff, or a pair for import and export, in a comparison."""

    rank: int
    """1 is the cheapest."""
    code: str
    net_minor: Decimal
    vat_minor: Decimal
    total_minor: Decimal
    standing_minor: Decimal
    kwh: Decimal
    average_minor_per_kwh: Decimal | None
    """What a kWh costs on average, standing charges in."""
    comparable: bool
    """Whether as many slots were billed as for the others; totals of tariffs that are not comparable mean little side by side."""
    coverage: Coverage
    months: tuple[MonthTotal, ...]
    tariff_clock: str | None = None
    """The clock that the tariff's times of day go by, if it has any: a zone, or ``UTC``."""
    export_code: str | None = None
    export_minor: Decimal | None = None
    export_coverage: Coverage | None = None
    estimated_slots: int = 0


class Unpriced(Record):
    """A tariff that could not be priced."""

    code: str
    reason: str


class Comparison(Record):
    """One consumption under many tariffs, cheapest first."""

    start: datetime
    end: datetime
    time_zone: str
    tzdb: str
    rules: str
    tariffs: tuple[Compared, ...]
    months: tuple[MonthWinner, ...]
    unpriced: tuple[Unpriced, ...] = ()
    projections: tuple[Projection, ...] = ()
    """What each of ``tariffs`` would come to by the end of ``project_to``, where that was asked for."""

    @property
    def best(self) -> Compared:
        """The cheapest."""
        return self.tariffs[0]

    def _repr_html_(self) -> str:
        from ._charts import comparison_html

        return comparison_html(self)

    def plot(self, ax: Any = None) -> Any:
        """Draws the totals as bars. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_comparison

        return plot_comparison(self, ax)


class ReconciledLine(Record):
    """A line of a supplier's statement beside what the engine makes of it."""

    row: int
    kind: str
    start: datetime | None
    end: datetime | None
    stated_minor: Decimal
    computed_minor: Decimal | None
    difference_minor: Decimal | None
    agrees: bool
    difference_kwh: Decimal | None = None
    explained_by: tuple[str, ...] = ()
    """Rules under which it agrees."""
    remarks: tuple[str, ...] = ()
    supply: str | None = None
    """Which supply of an account it is about; ``None``: all of them together."""

    @classmethod
    def _document(cls, document: dict[str, Any]) -> dict[str, Any]:
        return {"from": None, "to": None, **document, **(document.get("span") or {})}


class Reconciliation(Record):
    """A supplier's statement beside the engine's lines."""

    start: datetime
    end: datetime
    rules: str
    agreeing: int
    differing: int
    explained_by: tuple[str, ...]
    """Rules that explain every line."""
    lines: tuple[ReconciledLine, ...]


class TariffCode(Record):
    """What a tariff code says."""

    code: str
    product: str
    fuel: str | None
    region: str
    """The letter of the distribution region."""
    region_name: str
    agile: bool


class MeterPoint(Record):
    """What the number of a meter point says."""

    number: str
    kind: str
    """``mpan`` or ``mprn``."""
    fuel: str
    valid: bool
    """Whether its check digits are those that the others ask for."""
    warning: str | None
    distributor_id: int | None
    """The first two digits of an MPAN."""
    region: str | None
    """The letter of the distributor's region; ``None`` for gas and independent networks."""
    region_name: str | None


class WholesaleRange(Record):
    """The wholesale prices that an Agile rate can come from, p/kWh without VAT."""

    least: Decimal | None
    """``None``: any below the greatest."""
    greatest: Decimal | None
    """``None``: any above the least."""


class TariffFacts(Record):
    """What a tariff is."""

    fuel: str
    direction: str
    customer: str
    kind: str
    """``series``, ``schedule`` or ``dated``."""
    bands: tuple[str, ...]
    standing_charges: bool


class AgreementBill(Record):
    """The bill of one agreement on a statement."""

    tariff: str
    start: datetime
    end: datetime
    kwh: Decimal
    net_minor: Decimal
    vat_minor: Decimal
    total_minor: Decimal
    coverage: Coverage
    lines: tuple[BillLine, ...]
    periods: tuple[BillPeriod, ...] = ()
    estimates: Estimates | None = None
    tariff_clock: str | None = None
    """The clock that the tariff's times of day go by, if it has any: a zone, or ``UTC``."""


class SupplyStatement(Record):
    """What one meter point comes to."""

    name: str
    fuel: str
    direction: str
    total_minor: Decimal
    agreements: tuple[AgreementBill, ...]
    without_agreement: tuple[Span, ...]


class Statement(Record):
    """An account's statement. Credits for export are taken off."""

    start: datetime
    end: datetime
    time_zone: str
    rules: str
    tzdb: str
    charges_minor: Decimal
    credits_minor: Decimal
    total_minor: Decimal
    supplies: tuple[SupplyStatement, ...]
