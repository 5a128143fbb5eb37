"""What the engine answers about plans. Money is in pence, energy in kWh, rates in p/kWh, all :class:`decimal.Decimal`, exact; instants are aware, in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from ._edges import moment, now_seconds, second_of
from ._record import Record
from ._results import Span


class Window(Record):
    """When a load runs, and at what average price."""

    blocks: tuple[Span, ...]
    """When it runs, in order of time; blocks never touch."""
    duration_minutes: int
    average_minor_per_kwh: Decimal
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

    def now(self) -> Span | None:
        """The block that runs now; ``None`` where the load is to wait."""
        instant = moment(now_seconds())
        return next((block for block in self.blocks if instant in block), None)


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

    _keys: ClassVar[dict[str, str]] = {"at": "start"}

    at: datetime
    window: Window | None
    """The best plan that starts then; ``None`` where none may."""
    dearer_by_minor_per_kwh: Decimal | None
    message: str


class WindowDecision(Record):
    """The window in force beside the best."""

    decision: str
    """``keep``, ``change``, ``replace`` (it no longer meets the request) or ``nothing``."""
    window: Window | None
    """The one to follow from now on."""
    best: Window | None
    keeping_costs_minor_per_kwh: Decimal | None


class ChargeBlock(Record):
    """A stretch of time in which a load draws the same power."""

    start: datetime
    end: datetime
    kw: Decimal
    kwh: Decimal
    cost_minor: Decimal
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
    cost_minor: Decimal
    average_minor_per_kwh: Decimal | None
    starts: int
    blocks: tuple[ChargeBlock, ...]
    price_to_be_full: Decimal | None
    """The lowest price cap under which nothing would be missing, p/kWh."""
    at_once_minor: Decimal | None
    """What the same energy costs when charging begins at once at full power."""
    at_average_minor: Decimal | None
    """What it costs at the average price of the time allowed."""
    saving_against_at_once_minor: Decimal | None = None
    saving_against_average_minor: Decimal | None = None

    @property
    def start(self) -> datetime | None:
        """When it first draws."""
        return self.blocks[0].start if self.blocks else None

    @property
    def end(self) -> datetime | None:
        """When it has drawn all."""
        return self.blocks[-1].end if self.blocks else None

    def block_at(self, instant: datetime) -> ChargeBlock | None:
        """The block that runs at an instant; ``None`` where nothing is drawn then."""
        second_of(instant)
        return next((block for block in self.blocks if block.start <= instant < block.end), None)

    def now(self) -> ChargeBlock | None:
        """The block that runs now; ``None`` where nothing is to be drawn now."""
        return self.block_at(moment(now_seconds()))

    def power_at(self, instant: datetime) -> Decimal:
        """What is drawn at an instant, in kW."""
        block = self.block_at(instant)
        return Decimal(0) if block is None else block.kw

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
    dearer_by_minor: Decimal | None
    message: str


class ChargeDecision(Record):
    """The charging plan in force beside the best."""

    decision: str
    """``keep``, ``change`` or ``replace``."""
    plan: ChargePlan
    best: ChargePlan
    keeping_costs_minor: Decimal | None


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
    value_minor_per_kwh: Decimal | None
    """What one more stored kWh would be worth at the end of the slot."""


class Costs(Record):
    """What a battery plan costs, part by part, in pence."""

    cost_minor: Decimal
    """All parts; the end value is taken off."""
    baseline_minor: Decimal | None
    """Without the battery; ``None`` where the connection's limits cannot be kept without it."""
    saving_minor: Decimal | None
    grid_minor: Decimal
    wear_minor: Decimal
    carbon_minor: Decimal
    shortfall_minor: Decimal
    changes_minor: Decimal
    end_value_minor: Decimal


class Reason(Record):
    """A run of slots in which the battery does one thing, and why."""

    start: datetime
    end: datetime
    doing: str
    """``charging``, ``discharging`` or ``waiting``."""
    kwh: Decimal
    minor_per_kwh: Decimal | None
    text: str


class ValuePiece(Record):
    """One straight stretch of a value function."""

    from_kwh: Decimal
    to_kwh: Decimal
    cost_to_go_minor: Decimal
    """The least cost from here to the end, at the lowest level of the stretch."""
    value_minor_per_kwh: Decimal
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
    cost_minor: Decimal


class StrategyOutcome(Record):
    """What a strategy cost over a history."""

    name: str
    description: str
    cost_minor: Decimal
    saving_minor: Decimal | None
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
    kw: Decimal
    cost_minor: Decimal
    baseline_minor: Decimal | None
    saving_minor: Decimal | None
