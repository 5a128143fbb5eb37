"""The edges: datetimes, decimals and spans, in and out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Union
from zoneinfo import ZoneInfo

from . import _kwhen
from ._errors import NaiveDatetimeError, ParseError

Number = Union[Decimal, int, float, str]
"""A quantity. A float counts as the decimal that it is shown as: 7.4 is 7.4, not 7.4000000000000003552713678800500929355621337890625."""
Zone = Union[str, ZoneInfo]
"""A time zone: its name, such as ``"Europe/London"``, or a :class:`zoneinfo.ZoneInfo`."""
When = Union[datetime, date, str]
"""An instant: an aware datetime; or a date, for its local midnight; or either in text."""
Period = Union[tuple[When, When], date, str]
"""A stretch of time: its two ends (the second one outside), or a date, or text: ``"2026-03-29"``, ``"2026-03"``, ``"2026"``."""
Duration = Union[timedelta, str, int]
"""A duration: a timedelta, ``"1h30m"``, or whole minutes."""
Bytes = Union[bytes, bytearray, memoryview]
Json = Union[str, Bytes, Mapping[str, Any], Sequence[Mapping[str, Any]]]
"""JSON as bytes or text, or what a JSON reader made of it: a page of the API, or its rows."""

LONDON = "Europe/London"
UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
OPEN = (0, 4_102_444_800)
"""The bounds of the time tables, in seconds: a series that reaches there has no start or no end."""


def zone_name(zone: Zone) -> str:
    """The IANA name of a zone."""
    if isinstance(zone, str):
        return zone
    key = getattr(zone, "key", None)
    if not isinstance(key, str):
        raise ParseError(f"{zone!r} is no time zone with a name: give zoneinfo.ZoneInfo('Europe/London') or the name itself")
    return key


def seconds_of(when: datetime) -> int:
    """Whole seconds since 1970 of an aware datetime."""
    if when.utcoffset() is None:
        raise NaiveDatetimeError(
            f"{when.isoformat(sep=' ')} has no time zone, so it may be one of several instants: "
            f"give one, such as datetime({when.year}, {when.month}, {when.day}, {when.hour}, {when.minute}, "
            "tzinfo=ZoneInfo('Europe/London'))"
        )
    seconds, rest = divmod(when - _EPOCH, _SECOND)
    if rest:
        raise ParseError(f"{when.isoformat()} is not on a whole second")
    return seconds


def instant(when: When, zone: str) -> int:
    """Whole seconds since 1970 of whatever names an instant."""
    if isinstance(when, datetime):
        return seconds_of(when)
    if isinstance(when, date):
        return _kwhen.instant_of(zone, when.isoformat())
    if isinstance(when, str):
        return _kwhen.instant_of(zone, when)
    raise ParseError(f"{when!r} is no instant: give an aware datetime, or a date for its local midnight")


def period(span: Period, zone: str) -> tuple[int, int]:
    """The two ends of a period in seconds since 1970."""
    if isinstance(span, tuple):
        if len(span) != 2:
            raise ParseError(f"a period has two ends, not {len(span)}")
        return instant(span[0], zone), instant(span[1], zone)
    if isinstance(span, datetime):
        raise ParseError(f"{span.isoformat()} is an instant, not a period: give both ends")
    if isinstance(span, date):
        return _kwhen.period(zone, span.isoformat())
    if isinstance(span, str):
        return _kwhen.period(zone, span)
    raise ParseError(f"{span!r} is no period: give (from, to), a date, or text such as '2026-03'")


def periods(spans: Iterable[Period], zone: str) -> list[tuple[int, int]]:
    """The ends of several periods."""
    return [period(span, zone) for span in spans]


def moment(seconds: int) -> datetime:
    """The aware datetime, in UTC, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def number(value: Number, name: str) -> str:
    """A quantity as decimal text."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, bool):
        raise ParseError(f"{name}: {value!r} is no number")
    try:
        decimal = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ParseError(f"{name}: {value!r} is no number") from None
    if not decimal.is_finite():
        raise ParseError(f"{name}: {value!r} is no number")
    return format(decimal, "f")


def optional(value: Number | None, name: str) -> str | None:
    """A quantity as decimal text, if there is one."""
    return None if value is None else number(value, name)


def numbers(values: Iterable[Number], name: str) -> list[str]:
    """Quantities as decimal text."""
    return [number(value, name) for value in values]


def minutes(duration: Duration, name: str) -> int:
    """Whole minutes of a duration."""
    if isinstance(duration, timedelta):
        whole, rest = divmod(duration, timedelta(minutes=1))
        if rest:
            raise ParseError(f"{name}: {duration} is not a whole number of minutes")
        return _positive(whole, name)
    if isinstance(duration, int) and not isinstance(duration, bool):
        return _positive(duration, name)
    if isinstance(duration, str):
        total, digits = 0, ""
        for letter in duration.strip().lower():
            if letter.isdigit():
                digits += letter
            elif letter in "dhm" and digits:
                total += int(digits) * {"d": 1440, "h": 60, "m": 1}[letter]
                digits = ""
            else:
                break
        else:
            if not digits and total:
                return total
    raise ParseError(f"{name}: {duration!r} is no duration: give a timedelta, '1h30m' or whole minutes")


def _positive(value: int, name: str) -> int:
    if not 0 <= value < 2**32:
        raise ParseError(f"{name}: {value} minutes is no duration")
    return value


def optional_minutes(duration: Duration | None, name: str) -> int | None:
    """Whole minutes of a duration, if there is one."""
    return None if duration is None else minutes(duration, name)


def local_bands(within: str | tuple[time, time] | Iterable[Period] | None, during: tuple[int, int], zone: str) -> list[tuple[int, int]] | None:
    """The spans in which something may run: a band of local time, or spans."""
    if within is None:
        return None
    if isinstance(within, tuple) and len(within) == 2 and all(isinstance(part, time) for part in within):
        within = "..".join(part.strftime("%H:%M") for part in within)  # type: ignore[union-attr]
    if isinstance(within, str):
        return _kwhen.band_spans(zone, within, during)
    return periods(within, zone)  # type: ignore[arg-type]


def rules_text(rules: str | Mapping[str, Any]) -> str:
    """Billing rules as the engine reads them."""
    return rules if isinstance(rules, str) else json.dumps(rules)


def payload(data: str | Bytes | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> bytes:
    """Bytes of whatever holds JSON or CSV: bytes, text, or what a JSON reader made of it."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    return json.dumps(data, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        seconds_of(value)
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise ParseError(f"{value!r} of type {type(value).__name__} has no place in JSON")
