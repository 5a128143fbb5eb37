"""What series have in common, and the local calendar."""

from __future__ import annotations

from datetime import datetime

from . import _kwhen
from ._check import text
from ._edges import LONDON, Period, Zone, moment, second_of, zone_name
from ._edges import period as ends_of
from ._results import Span


def span_of(seconds: tuple[int, int]) -> Span:
    """The span of two ends in seconds since 1970."""
    return Span(moment(seconds[0]), moment(seconds[1]))


def instant_text(instant: datetime) -> str:
    """An instant as the API writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def period_of(span: Period, time_zone: Zone) -> tuple[int, int]:
    """The ends of a period in seconds since 1970, by a zone."""
    return ends_of(span, zone_name(time_zone))


def bound(seconds: int, open_at: int) -> datetime | None:
    """An end of a series; ``None`` where it is open."""
    return None if seconds == open_at else moment(seconds)


def local_days(during: Period, *, time_zone: Zone = LONDON, kind: str = "day") -> list[tuple[Span, str]]:
    """A period cut into local days (or weeks, months, years, market days), each with its name."""
    zone = zone_name(time_zone)
    return [(span_of(seconds), label) for seconds, label in _kwhen.cut(zone, text(kind, "kind"), period_of(during, zone))]


def rates_known_until(now: datetime, *, time_zone: Zone = LONDON) -> datetime:
    """Up to when day-ahead prices are published at an instant, in the market of those who go by a clock: Agile's of the next day come at about 16:00 local and
    reach to 23:00, those of Europe's coupled auction at 13:00 of Brussels for its whole day."""
    return moment(_kwhen.known_until(zone_name(time_zone), second_of(now, "now")))
