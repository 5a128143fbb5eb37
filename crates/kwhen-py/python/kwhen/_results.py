"""What the engine answers about time and rates. Money is in pence, energy in kWh, rates in p/kWh, all :class:`decimal.Decimal`, exact; instants are aware, in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from ._edges import second_of
from ._record import Record


class Span(Record):
    """A stretch of time; ``end`` is outside it."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def __contains__(self, instant: datetime) -> bool:
        second_of(instant)
        return self.start <= instant < self.end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


class RateAt(Record):
    """A rate and the slot that has it."""

    start: datetime
    end: datetime
    minor_per_kwh: Decimal


class Quantile(Record):
    """A rate that a share of slots does not pass."""

    percent: int
    minor_per_kwh: Decimal


class DailySpread(Record):
    """The dearest slot of a local day less its cheapest."""

    days: int
    mean_minor_per_kwh: Decimal
    least_minor_per_kwh: Decimal
    most_minor_per_kwh: Decimal


class TimeOfDayMean(Record):
    """The mean rate at a time of day."""

    _keys: ClassVar[dict[str, str]] = {"time": "from"}

    time: str
    mean_minor_per_kwh: Decimal


class Statistics(Record):
    """What rates look like. Slots without one are counted and otherwise left out."""

    slots: int
    missing: int
    negative: int
    mean_minor_per_kwh: Decimal
    cheapest: RateAt
    dearest: RateAt
    quantiles: tuple[Quantile, ...]
    daily_spread: DailySpread | None
    by_time_of_day: tuple[TimeOfDayMean, ...]
    cheap_bands: tuple[str, ...]
    dear_bands: tuple[str, ...]
    spikes: tuple[Span, ...]


def shown_pounds(pence: Decimal) -> str:
    """Pence as pounds to the penny, for people."""
    return f"{'-' if pence < 0 else ''}£{abs(pence.scaleb(-2)):,.2f}"
