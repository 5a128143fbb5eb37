"""The edges: datetimes, decimals and spans, in and out."""

from __future__ import annotations

import json
import re
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Union
from zoneinfo import ZoneInfo

from . import _kwhen
from ._check import items, refuse, shown, text, tuples
from ._errors import KwhenError, MissingDataError, NaiveDatetimeError, OutOfRangeError, ParseError, WrongTypeError

Number = Union[Decimal, int, float, str]
"""A quantity. A float counts as the decimal that it is shown as: 7.4 is 7.4, not 7.4000000000000003552713678800500929355621337890625."""
Zone = Union[str, ZoneInfo]
"""A time zone: its name, such as ``"Europe/London"``, or a :class:`zoneinfo.ZoneInfo`."""
When = Union[datetime, date, str]
"""An instant: an aware datetime; or a date, for its local midnight; or text as the command takes it: either of them, ``"now"``, ``"-7d"``, ``"7am"``."""
Period = Union[tuple[When, When], date, str]
"""A stretch of time: its two ends (the second one outside), or a date, or text as the command takes it: ``"2026-03-29"``, ``"2026-03"``, ``"2026"``, ``"today"``, ``"tonight"``, ``"last-month"``."""
Duration = Union[timedelta, str]
"""A duration: a timedelta, or text with its units: ``"2h"``, ``"90m"``, ``"1h30m"``, ``"1d"``. A bare number is refused: 2 of what?"""
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
    name = zone if isinstance(zone, str) else getattr(zone, "key", None)
    if not isinstance(name, str):
        refuse("time_zone", zone, "a time zone with a name: give zoneinfo.ZoneInfo('Europe/London') or the name itself")
    return text(name, "time_zone")


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, pandas' NA and NaT, numpy's masked."""
    if value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant"):
        return True
    return isinstance(value, (float, Decimal)) and value != value


def now_seconds() -> int:
    """What time it is, in whole seconds since 1970."""
    return int(clock.time())


def seconds_of(when: datetime, name: str = "an instant") -> int:
    """Whole seconds since 1970 of an aware datetime in data. A local time that its zone's clock skips is refused: it never was."""
    seconds, rest = _seconds_and_rest(when, name)
    if rest:
        raise ParseError(f"{when.isoformat()} is not on a whole second")
    return seconds


def second_of(when: datetime, name: str = "an instant") -> int:
    """The same of an instant that a clock tells, such as ``datetime.now(timezone.utc)``: the second that has begun."""
    return _seconds_and_rest(when, name)[0]


def _seconds_and_rest(when: datetime, name: str) -> tuple[int, timedelta]:
    if not isinstance(when, datetime):
        refuse(name, when, "an aware datetime")
    if is_missing(when):
        raise MissingDataError(f"{name}: {when} is no instant")
    offset = when.utcoffset()
    if offset is None:
        raise NaiveDatetimeError(
            f"{when.isoformat(sep=' ')} has no time zone, so it may be one of several instants: "
            f"give one, such as datetime({when.year}, {when.month}, {when.day}, {when.hour}, {when.minute}, "
            "tzinfo=ZoneInfo('Europe/London'))"
        )
    seconds, rest = divmod(when - _EPOCH, _SECOND)
    if not OPEN[0] <= seconds <= OPEN[1]:
        raise OutOfRangeError(f"{when.isoformat()} is not in the years 1970 to 2099, where the time zone tables hold")
    if type(when.tzinfo) is not timezone:
        on_the_clock = datetime.fromtimestamp(seconds, when.tzinfo)
        if on_the_clock.utcoffset() != offset:
            raise ParseError(
                f"{when.replace(tzinfo=None).isoformat(sep=' ')} is never shown by the clock of {when.tzinfo}: "
                f"it goes past it, and shows {on_the_clock.replace(tzinfo=None).isoformat(sep=' ')} instead; give a time that is, or one in UTC"
            )
    return seconds, rest


def instant(when: When, zone: str, now: int | None = None, after: int | None = None) -> int:
    """Whole seconds since 1970 of whatever names an instant; text may go by what time it is, and as an end by what it is the end of."""
    if isinstance(when, datetime):
        return second_of(when)
    if isinstance(when, date):  # goes by no clock
        return _kwhen.instant_of(zone, when.isoformat(), 0)
    if isinstance(when, str):
        return _kwhen.instant_of(zone, text(when, "instant"), now_seconds() if now is None else now, after)
    refuse("instant", when, "an aware datetime, or a date for its local midnight")


def period(span: Period, zone: str) -> tuple[int, int]:
    """The two ends of a period in seconds since 1970."""
    if isinstance(span, tuple):
        if len(span) != 2:
            raise ParseError(f"a period has two ends, not {len(span)}")
        begins, ends = span
        if type(begins) is date and type(ends) is date:  # as `instant` has them, at half the calls
            return _kwhen.instant_of(zone, begins.isoformat(), 0), _kwhen.instant_of(zone, ends.isoformat(), 0)
        now = now_seconds() if isinstance(begins, str) or isinstance(ends, str) else 0
        start = instant(begins, zone, now)
        return start, instant(ends, zone, now, start)
    if isinstance(span, datetime):
        raise ParseError(f"{span.isoformat()} is an instant, not a period: give both ends")
    if isinstance(span, date):
        span = span.isoformat()
    if isinstance(span, str):
        return _kwhen.period(zone, text(span, "period"), now_seconds())
    start, end = getattr(span, "start", None), getattr(span, "end", None)
    if isinstance(start, datetime) and isinstance(end, datetime):
        return seconds_of(start), seconds_of(end)
    refuse("period", span, "a period: give (from, to), a date, or text such as '2026-03'")


def periods(spans: Iterable[Period], zone: str) -> list[tuple[int, int]]:
    """The ends of several periods."""
    return [period(span, zone) for span in items(spans, "spans", "a list of periods")]


def moment(seconds: int) -> datetime:
    """The aware datetime, in UTC, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _is_numpy_number(value: object) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__.startswith(("int", "uint", "float", "longdouble"))


def number(value: Number, name: str) -> str:
    """A quantity as decimal text."""
    if isinstance(value, bool):
        raise ParseError(f"{name}: {value!r} is no number")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ParseError(f"{name}: {value!r} is no number such as 24.5 or -0.50")
    if not isinstance(value, (str, int, float, Decimal)) and not _is_numpy_number(value):
        refuse(name, value, "a number: give a Decimal, an int, a float or text")
    try:
        decimal = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError):  # an int of thousands of digits is no text either
        raise ParseError(f"{name}: {shown(value)} is no number such as 24.5 or -0.50") from None
    if not decimal.is_finite():
        raise ParseError(f"{name}: {shown(value)} is no number")
    if not -_LONGEST <= decimal.adjusted() <= _LONGEST:
        raise OutOfRangeError(f"{name}: {shown(value)} is out of range")
    return format(decimal, "f")


_LONGEST = 100
"""Digits before or after the point that are still worth writing out: what is held has 19."""


def optional(value: Number | None, name: str) -> str | None:
    """A quantity as decimal text, if there is one."""
    return None if value is None else number(value, name)


def numbers(values: Iterable[Number], name: str) -> list[str]:
    """Quantities as decimal text."""
    return [number(value, name) for value in items(values, name, "a list of numbers")]


def number_rows(values: Any, name: str, size: int) -> list[list[str]]:
    """Rows of so many quantities each, as decimal text."""
    return [numbers(row, name) for row in tuples(values, name, size, f"{size} numbers each")]


_UNITS = {"d": 1440, "h": 60, "m": 1}


def minutes(duration: Duration, name: str) -> int:
    """Whole minutes of a duration."""
    if isinstance(duration, timedelta):
        whole, rest = divmod(duration, timedelta(minutes=1))
        if rest:
            raise ParseError(f"{name}: {duration} is not a whole number of minutes")
        return _long(whole, name, duration)
    if isinstance(duration, (int, float, Decimal)):
        raise WrongTypeError(f"{name}: {shown(duration)} has no unit: give '{duration}h', '{duration}m' or a timedelta")
    if not isinstance(duration, str):
        refuse(name, duration, "a duration: give a timedelta or text such as '1h30m'")
    total, digits = 0, ""
    for letter in duration.strip().lower():
        if letter.isascii() and letter.isdigit() and len(digits) < 12:
            digits += letter
        elif letter in _UNITS and digits:
            total += int(digits) * _UNITS[letter]
            digits = ""
        else:
            total = 0
            break
    if digits or not total:
        raise ParseError(f"{name}: {shown(duration)} is no duration: give a timedelta or text such as '1h30m'")
    return _long(total, name, duration)


def _long(value: int, name: str, duration: Duration) -> int:
    if not 0 <= value < 2**31:
        raise OutOfRangeError(f"{name}: {shown(duration)} is out of range")
    return value


def optional_minutes(duration: Duration | None, name: str) -> int | None:
    """Whole minutes of a duration, if there is one."""
    return None if duration is None else minutes(duration, name)


def band_text(band: str | tuple[time, time], name: str) -> str:
    """A band of local time as the engine reads it: ``18:00..07:00``."""
    if isinstance(band, str):
        return text(band, name)
    ends = tuple(items(band, name, "a band of local time such as '18:00..07:00'"))
    for end in ends:
        if not isinstance(end, time):
            refuse(name, end, "a datetime.time")
        if end.second or end.microsecond or end.tzinfo is not None:
            raise ParseError(f"{name}: {end} must be a whole minute of the local clock, which time_zone names")
    if len(ends) != 2:
        raise ParseError(f"{name}: a band has two ends, not {len(ends)}")
    return "..".join(end.strftime("%H:%M") for end in ends)


def is_band(within: object) -> bool:
    """Whether it is a band of local time, rather than spans."""
    return isinstance(within, str) or (isinstance(within, tuple) and len(within) == 2 and all(isinstance(end, time) for end in within))


def bands(
    within: str | tuple[time, time] | Iterable[Period] | None, during: Period | None, ends: tuple[int, int], zone: str
) -> tuple[list[tuple[int, int]] | None, tuple[int, int]]:
    """The spans in which something may run, of a band of local time or of spans, and the time that holds them.

    Where a date (or a month) is named rather than two instants, a band over midnight belongs to the date on which it opens: the
    night of 14 October is the one that begins then, and ends on the 15th.
    """
    if within is None:
        return None, ends
    if not is_band(within):
        return periods(within, zone), ends  # type: ignore[arg-type]
    band = band_text(within, "within")  # type: ignore[arg-type]
    if isinstance(during, (str, date)) and not _is_tonight(during):
        spans = _kwhen.bands_opening(zone, band, ends)
        return spans, (ends[0], max([ends[1], *(close for _, close in spans)]))
    return _kwhen.band_spans(zone, band, ends), ends


def _is_tonight(during: object) -> bool:
    """Whether a period is a night, which may have begun, rather than whole days."""
    return isinstance(during, str) and during.strip().lower() == "tonight"


def rules_text(rules: str | Mapping[str, Any]) -> str:
    """Billing rules as the engine reads them."""
    if isinstance(rules, str):
        return text(rules, "rules")
    if not isinstance(rules, Mapping):
        refuse("rules", rules, "the name of billing rules, or a mapping")
    return payload_text(rules, "rules")


def payload(data: str | Bytes | Mapping[str, Any] | Sequence[Mapping[str, Any]], name: str = "data") -> bytes:
    """Bytes of whatever holds JSON or CSV: bytes, text, or what a JSON reader made of it."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        if _FILE_NAME.fullmatch(data):
            raise ParseError(f"{name}: {shown(data)} looks like the name of a file: give what is in it, such as open({data!r}).read()")
        return text(data, name).encode()
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    if not isinstance(data, (Mapping, Sequence)):
        refuse(name, data, "bytes, text, or what a JSON reader made of it (of a file, give what is in it)")
    try:
        return json.dumps(data, default=_plain).encode()
    except KwhenError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise ParseError(f"{name}: {shown(data)} cannot be written as JSON: {error}") from None


def payload_text(data: str | Bytes | Mapping[str, Any] | Sequence[Mapping[str, Any]], name: str) -> str:
    """The same as text."""
    try:
        return payload(data, name).decode()
    except UnicodeDecodeError:
        raise ParseError(f"{name}: is not UTF-8 text") from None


_FILE_NAME = re.compile(r"[^\s,;{}\[\]\"=]+\.(csv|json|ndjson|txt|toml|parquet|xml|xlsx?)", re.IGNORECASE)


def _plain(value: object) -> object:
    if is_missing(value):
        return None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        seconds_of(value)
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if _is_numpy_number(value):
        return number(value, "data")  # type: ignore[arg-type]
    raise ParseError(f"{shown(value)} has no place in JSON")
