"""What the engine answers. Money is in pence, energy in kWh, rates in p/kWh, all :class:`decimal.Decimal`, exact; instants are aware, in UTC."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from types import UnionType
from typing import Any, Callable, TypeVar, Union, get_args, get_origin, get_type_hints

from ._edges import seconds_of
from ._record import Record

T = TypeVar("T", bound=Record)

_NAMES = {"start": "from", "end": "to"}


class Span(Record):
    """A stretch of time; ``end`` is outside it."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def __contains__(self, instant: datetime) -> bool:
        seconds_of(instant)
        return self.start <= instant < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


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
    net_pence: Decimal
    """Pence without VAT."""
    kwh: Decimal | None = None
    """Energy, on a line of energy."""
    days: int | None = None
    """Days, on a line of standing charges."""
    price_pence: Decimal | None = None
    """What one kWh or one day costs, where the line has a single price; without VAT unless only the price with VAT is known."""
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
    net_pence: Decimal
    vat_pence: Decimal
    total_pence: Decimal


class Estimates(Record):
    """What of a bill is estimated."""

    method: str
    slots: int
    kwh: Decimal
    spans: tuple[Span, ...]


class Projection(Record):
    """What a longer period would come to."""

    start: datetime
    end: datetime
    kwh: Decimal
    net_pence: Decimal
    vat_pence: Decimal
    total_pence: Decimal
    billed_slots: int
    slots: int
    rests_on: str
    """What was taken to go on, in words."""


class MonthTotal(Record):
    """What one tariff comes to in one month."""

    label: str
    start: datetime
    end: datetime
    total_pence: Decimal


class MonthWinner(Record):
    """The cheapest tariff of a month."""

    label: str
    start: datetime
    end: datetime
    code: str
    total_pence: Decimal
    saved_pence: Decimal
    """What it saves against the tariff that is cheapest over all."""
    export_code: str | None = None


class Compared(Record):
    """One tariff, or a pair for import and export, in a comparison."""

    rank: int
    """1 is the cheapest."""
    code: str
    net_pence: Decimal
    vat_pence: Decimal
    total_pence: Decimal
    standing_pence: Decimal
    kwh: Decimal
    average_p_per_kwh: Decimal | None
    """What a kWh costs on average, standing charges in."""
    comparable: bool
    """Whether as many slots were billed as for the others; totals of tariffs that are not comparable mean little side by side."""
    coverage: Coverage
    months: tuple[MonthTotal, ...]
    export_code: str | None = None
    export_pence: Decimal | None = None
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
    stated_pence: Decimal
    computed_pence: Decimal | None
    difference_pence: Decimal | None
    agrees: bool
    difference_kwh: Decimal | None = None
    explained_by: tuple[str, ...] = ()
    """Rules under which it agrees."""
    remarks: tuple[str, ...] = ()


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


class Window(Record):
    """When a load runs, and at what average price."""

    blocks: tuple[Span, ...]
    """When it runs, in order of time; blocks never touch."""
    duration_minutes: int
    average_p_per_kwh: Decimal
    """What is paid for a kWh on average, rounded half to even at 8 decimals."""
    starts: int

    @property
    def start(self) -> datetime:
        """When it first starts."""
        return self.blocks[0].start

    @property
    def end(self) -> datetime:
        """When it has ended."""
        return self.blocks[-1].end

    @property
    def duration(self) -> timedelta:
        """How long it runs in all."""
        return timedelta(minutes=self.duration_minutes)


class Shortage(Record):
    """Why a request cannot be met, and what comes nearest."""

    binds: str
    """With this alone lifted the request could be met: ``time``, ``data``, ``price``, ``runs`` or ``power``."""
    message: str
    nearest: Window | None
    """The longest run that can be had; ``None`` where nothing can run."""


class Found(Record):
    """What a search found: windows, best first; where there is none, why."""

    windows: tuple[Window, ...]
    shortage: Shortage | None

    @property
    def best(self) -> Window | None:
        """The best window, if there is one."""
        return self.windows[0] if self.windows else None

    def __bool__(self) -> bool:
        return bool(self.windows)


class WindowWhyNot(Record):
    """Why a run does not start at a time."""

    at: datetime
    window: Window | None
    """The best plan that starts then; ``None`` where none may."""
    dearer_by_p_per_kwh: Decimal | None
    message: str


class WindowDecision(Record):
    """The window in force beside the best."""

    decision: str
    """``keep``, ``change``, ``replace`` (it no longer meets the request) or ``nothing``."""
    window: Window | None
    """The one to follow from now on."""
    best: Window | None
    keeping_costs_p_per_kwh: Decimal | None


class ChargeBlock(Record):
    """A stretch of time in which a load draws the same power."""

    start: datetime
    end: datetime
    kw: Decimal
    kwh: Decimal
    cost_pence: Decimal
    surplus_kwh: Decimal = Decimal(0)
    """How much of it is solar surplus."""


class ChargePlan(Record):
    """A charging plan, and how it compares."""

    feasible: bool
    """Whether it does all that was asked for; if not it is the nearest: the least is missing, and that at the least cost."""
    reason: str | None
    binds: str | None
    kwh: Decimal
    """What is drawn."""
    stored_kwh: Decimal
    missing_kwh: Decimal
    cost_pence: Decimal
    average_p_per_kwh: Decimal | None
    starts: int
    blocks: tuple[ChargeBlock, ...]
    price_to_be_full: Decimal | None
    """The lowest price cap under which nothing would be missing, p/kWh."""
    at_once_pence: Decimal | None
    """What the same energy costs when charging begins at once at full power."""
    at_average_pence: Decimal | None
    """What it costs at the average price of the time allowed."""
    saving_against_at_once_pence: Decimal | None = None
    saving_against_average_pence: Decimal | None = None

    @property
    def start(self) -> datetime | None:
        """When it first draws."""
        return self.blocks[0].start if self.blocks else None

    @property
    def end(self) -> datetime | None:
        """When it has drawn all."""
        return self.blocks[-1].end if self.blocks else None

    def power_at(self, instant: datetime) -> Decimal:
        """What is drawn at an instant, in kW."""
        seconds_of(instant)
        for block in self.blocks:
            if block.start <= instant < block.end:
                return block.kw
        return Decimal(0)

    def _repr_html_(self) -> str:
        from ._charts import charge_html

        return charge_html(self)

    def plot(self, rates: Any = None, ax: Any = None, time_zone: str = "Europe/London") -> Any:
        """Draws the power over the rates. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_charge

        return plot_charge(self, rates, ax, time_zone)


class ChargeWhyNot(Record):
    """Why a load does not draw at a time."""

    at: datetime
    plan: ChargePlan | None
    dearer_by_pence: Decimal | None
    message: str


class ChargeDecision(Record):
    """The charging plan in force beside the best."""

    decision: str
    """``keep``, ``change`` or ``replace``."""
    plan: ChargePlan
    best: ChargePlan
    keeping_costs_pence: Decimal | None


class DispatchSlot(Record):
    """What happens in one slot, in kWh."""

    start: datetime
    end: datetime
    charge_kwh: Decimal
    """Into the battery's charger, AC."""
    discharge_kwh: Decimal
    """Out of the battery, AC."""
    import_kwh: Decimal
    export_kwh: Decimal
    curtailed_kwh: Decimal
    """Solar generation that is not used."""
    stored_kwh: Decimal
    """The level at the end of the slot, DC."""
    value_p_per_kwh: Decimal | None
    """What one more stored kWh would be worth at the end of the slot."""


class Costs(Record):
    """What a battery plan costs, part by part, in pence."""

    objective_pence: Decimal
    """All parts; the end value is taken off."""
    baseline_pence: Decimal | None
    """Without the battery; ``None`` where the connection's limits cannot be kept without it."""
    saving_pence: Decimal | None
    grid_pence: Decimal
    wear_pence: Decimal
    carbon_pence: Decimal
    shortfall_pence: Decimal
    changes_pence: Decimal
    end_value_pence: Decimal


class Reason(Record):
    """A run of slots in which the battery does one thing, and why."""

    start: datetime
    end: datetime
    doing: str
    """``charging``, ``discharging`` or ``waiting``."""
    kwh: Decimal
    p_per_kwh: Decimal | None
    text: str


class ValuePiece(Record):
    """One straight stretch of a value function."""

    from_kwh: Decimal
    to_kwh: Decimal
    cost_to_go_pence: Decimal
    """The least cost from here to the end, at the lowest level of the stretch."""
    value_p_per_kwh: Decimal
    """What one more stored kWh is worth on it."""


class PolicyRow(Record):
    """What to do in a slot at the levels from one to another."""

    from_kwh: Decimal
    to_kwh: Decimal
    action: str
    """``move`` (store so much; draw, where negative) or ``go-to`` (bring the store to this level)."""
    kwh: Decimal


class StrategyPeriod(Record):
    """What a strategy cost in a period of local time."""

    label: str
    start: datetime
    end: datetime
    cost_pence: Decimal


class StrategyOutcome(Record):
    """What a strategy cost over a history."""

    name: str
    description: str
    cost_pence: Decimal
    saving_pence: Decimal | None
    """Against no battery."""
    share_of_perfect: Decimal | None
    """Of the best possible saving: 1 for perfect foresight."""
    plans: int
    payback_years: Decimal | None
    periods: tuple[StrategyPeriod, ...]


class BacktestResult(Record):
    """Strategies over one history."""

    start: datetime
    end: datetime
    days: int
    strategies: tuple[StrategyOutcome, ...]

    def plot(self, ax: Any = None) -> Any:
        """Draws what each strategy saves. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_backtest

        return plot_backtest(self, ax)

    def _repr_html_(self) -> str:
        from ._charts import backtest_html

        return backtest_html(self)

    def __getitem__(self, name: str) -> StrategyOutcome:
        for strategy in self.strategies:
            if strategy.name == name:
                return strategy
        raise KeyError(name)


class SweepRow(Record):
    """The least cost at one combination of size, power and site."""

    site: str
    capacity_kwh: Decimal
    power_kw: Decimal
    cost_pence: Decimal
    baseline_pence: Decimal | None
    saving_pence: Decimal | None


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


class RateAt(Record):
    """A rate and the slot that has it."""

    start: datetime
    end: datetime
    p_per_kwh: Decimal


class Quantile(Record):
    """A rate that a share of slots does not pass."""

    percent: int
    p_per_kwh: Decimal


class DailySpread(Record):
    """The dearest slot of a local day less its cheapest."""

    days: int
    mean_p_per_kwh: Decimal
    least_p_per_kwh: Decimal
    most_p_per_kwh: Decimal


class TimeOfDayMean(Record):
    """The mean rate at a time of day."""

    time: str
    mean_p_per_kwh: Decimal


class Statistics(Record):
    """What rates look like. Slots without one are counted and otherwise left out."""

    slots: int
    missing: int
    negative: int
    mean_p_per_kwh: Decimal
    cheapest: RateAt
    dearest: RateAt
    quantiles: tuple[Quantile, ...]
    daily_spread: DailySpread | None
    by_time_of_day: tuple[TimeOfDayMean, ...]
    cheap_bands: tuple[str, ...]
    dear_bands: tuple[str, ...]
    spikes: tuple[Span, ...]


class AgreementBill(Record):
    """The bill of one agreement on a statement."""

    tariff: str
    start: datetime
    end: datetime
    kwh: Decimal
    net_pence: Decimal
    vat_pence: Decimal
    total_pence: Decimal
    coverage: Coverage
    lines: tuple[BillLine, ...]
    periods: tuple[BillPeriod, ...] = ()
    estimates: Estimates | None = None


class SupplyStatement(Record):
    """What one meter point comes to."""

    name: str
    fuel: str
    direction: str
    total_pence: Decimal
    agreements: tuple[AgreementBill, ...]
    without_agreement: tuple[Span, ...]


class Statement(Record):
    """An account's statement. Credits for export are taken off."""

    start: datetime
    end: datetime
    time_zone: str
    rules: str
    tzdb: str
    charges_pence: Decimal
    credits_pence: Decimal
    total_pence: Decimal
    supplies: tuple[SupplyStatement, ...]


def shown_pounds(pence: Decimal) -> str:
    """Pence as pounds to the penny, for people."""
    return f"{'-' if pence < 0 else ''}£{abs(pence.scaleb(-2)):,.2f}"


def parse_instant(text: str) -> datetime:
    """An aware datetime of the engine's RFC 3339 text."""
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def _identity(value: Any) -> Any:
    return value


_Converter = Callable[[Any], Any]
_plans: dict[type[Record], list[tuple[str, str, _Converter]]] = {}


def _converter(hint: Any) -> _Converter:
    if hint is Decimal:
        return lambda value: Decimal(str(value))
    if hint is datetime:
        return parse_instant
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        inner = _converter(next(part for part in get_args(hint) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _converter(get_args(hint)[0])
        return lambda values: tuple(map(item, values))
    if isinstance(hint, type) and issubclass(hint, Record):
        return lambda value: build(hint, value)
    return _identity


def build(kind: type[T], document: dict[str, Any]) -> T:
    """A result of a class from what JSON held."""
    plan = _plans.get(kind)
    if plan is None:
        hints = get_type_hints(kind)
        plan = [(name, _NAMES.get(name, name), _converter(hints[name])) for name in kind._fields]
        if kind is WindowWhyNot:
            plan = [(name, "start" if name == "at" else key, convert) for name, key, convert in plan]
        if kind is TimeOfDayMean:
            plan = [(name, "from" if name == "time" else key, convert) for name, key, convert in plan]
        _plans[kind] = plan
    values = {name: convert(document[key]) for name, key, convert in plan if key in document}
    if kind is ReconciledLine:
        span = document.get("span") or document
        for name, key in _NAMES.items():
            values[name] = parse_instant(span[key]) if span.get(key) else None
    return kind(**values)


def decode(kind: type[T], text: str) -> T:
    """A result of a class from the engine's JSON."""
    return build(kind, json.loads(text))


def decode_list(kind: type[T], text: str) -> tuple[T, ...]:
    """Results of a class from the engine's JSON."""
    return tuple(build(kind, document) for document in json.loads(text))
