"""Series: unit rates, consumption, standing charges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, Union

from . import _kwhen
from ._edges import LONDON, OPEN, Bytes, Duration, Number, Period, Zone, minutes, moment, number, payload, period, seconds_of, zone_name
from ._errors import NaiveDatetimeError, ParseError, UnsupportedError
from ._results import Span, Statistics, decode

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars

Json = Union[str, Bytes, Mapping[str, Any], Sequence[Mapping[str, Any]]]
"""JSON as bytes or text, or what a JSON reader made of it: a page of the API, or its rows."""

_STARTS = ["interval_start", "start", "from", "start_utc", "timestamp", "time", "datetime"]
_ENDS = ["interval_end", "end", "to"]
_READINGS = ["consumption", "kwh", "consumption (kwh)", "energy"]
_RATE_STARTS = ["valid_from", "start", "from", "start_utc", "timestamp", "time", "datetime"]
_RATE_ENDS = ["valid_to", "end", "to"]
_BARE = ["rate", "p_per_kwh", "price", "value"]


class ArrowTable(Protocol):
    """Anything that hands its table over by the Arrow C stream interface: polars, pyarrow, DuckDB, nanoarrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, in a capsule."""


def usual_starts() -> list[str]:
    """Names that a column of starts goes by."""
    return _STARTS


def usual_readings() -> list[str]:
    """Names that a column of readings goes by."""
    return _READINGS


def _named(name: str | None, usual: list[str]) -> list[str]:
    return usual if name is None else [name]


def _span(seconds: tuple[int, int]) -> Span:
    return Span(moment(seconds[0]), moment(seconds[1]))


def _is_pandas(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "pandas"


def _instants_as_seconds(starts: Any) -> Any:
    """An array of whole seconds of whatever holds instants: numpy's datetime64 (UTC by its own rule), seconds, or datetimes."""
    import numpy as np

    array = np.asarray(starts)
    if array.dtype.kind == "M":
        seconds = array.astype("datetime64[s]")
        if (seconds != array).any():
            raise ParseError("start: some instants are not on a whole second")
        return np.ascontiguousarray(seconds.astype("int64"))
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array.astype("int64"))
    if array.dtype.kind == "O":
        return np.fromiter((seconds_of(item) for item in array), dtype="int64", count=len(array))
    raise ParseError(f"start: an array of {array.dtype} holds no instants; give datetime64 (in UTC), seconds since 1970 or aware datetimes")


def _pandas_columns(frame: Any, start: str | None, value: list[str], starts: list[str]) -> tuple[Any, Any, str]:
    """The instants and the values of a pandas frame or series, and the value's name."""
    import numpy as np

    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        instants, values, name = frame.index, frame, str(frame.name or "value")
    else:
        names = {str(column).lower(): column for column in frame.columns}
        found = next((names[column.lower()] for column in value if column.lower() in names), None)
        if found is None:
            raise ParseError(f"has no column {' or '.join(value)}; its columns are {', '.join(map(str, frame.columns))}")
        place = next((names[column.lower()] for column in _named(start, starts) if column.lower() in names), None)
        instants, values, name = frame.index if place is None else frame[place], frame[found], str(found)
    zone = getattr(getattr(instants, "dtype", None), "tz", None)
    if zone is None:
        if str(getattr(instants, "dtype", "")).startswith("datetime64"):
            raise NaiveDatetimeError("start: its timestamps have no time zone: say which with .tz_localize('UTC') or of another zone")
        instants = np.asarray(instants, dtype=object)
    else:
        import pandas as pd

        # An index converts itself, a column through `.dt`; either then sheds the zone, which numpy has none of.
        utc = pd.DatetimeIndex(instants).tz_convert("UTC").tz_localize(None)
        instants = utc.to_numpy()
    return instants, values.to_numpy(), name


def _texts(values: Any, name: str) -> list[str | None]:
    return [None if item is None or item != item else number(item, f"{name}, row {row}") for row, item in enumerate(values, 1)]


class Consumption:
    """Metered energy in kWh on a run of equal slots; a slot may have no reading, which is never taken as zero.

    Made from whatever holds it: :meth:`from_json`, :meth:`from_csv`, :meth:`from_arrow`, :meth:`from_numpy`, :meth:`from_pandas`,
    :meth:`from_polars`, :meth:`from_readings`, :meth:`constant`. It is an Arrow producer itself: ``pyarrow.table(it)``,
    ``polars.DataFrame(it)`` and DuckDB take it as it is.
    """

    __slots__ = ("_native",)
    _native: _kwhen.Readings

    def __init__(self) -> None:
        raise TypeError("make a Consumption with Consumption.from_json, .from_csv, .from_arrow, .from_numpy, .from_pandas, ... or .constant")

    @classmethod
    def _of(cls, native: _kwhen.Readings) -> Consumption:
        series = object.__new__(cls)
        series._native = native
        return series

    @classmethod
    def from_json(cls, data: Json, *, rounding: str | None = None) -> Consumption:
        """From the API's JSON: a page, its rows, or pages one after another; bytes, text, or what ``json.loads`` gave.

        ``rounding`` names how digits beyond 10⁻⁸ kWh are rounded (such as ``"half-even"``); without it they are an error.
        """
        return cls._of(_kwhen.Readings.read(payload(data), rounding))

    @classmethod
    def from_csv(cls, data: str | Bytes, *, rounding: str | None = None) -> Consumption:
        """From CSV text with a header: the API's field names, ``start,kwh``, or the supplier's website export."""
        return cls._of(_kwhen.Readings.read(payload(data), rounding))

    @classmethod
    def from_readings(cls, readings: Iterable[tuple[datetime, Number | None]]) -> Consumption:
        """From pairs of a slot's start and its kWh; ``None`` for a slot without a reading."""
        starts, values = [], []
        for row, (start, value) in enumerate(readings, 1):
            starts.append(seconds_of(start))
            values.append(None if value is None else number(value, f"kwh, row {row}"))
        return cls._of(_kwhen.Readings.from_texts(starts, values, "kwh"))

    @classmethod
    def from_arrow(cls, data: Any, *, start: str | None = None, kwh: str | None = None) -> Consumption:
        """From anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: pyarrow, polars, DuckDB, nanoarrow, ...

        The columns are found by the usual names (``start``, ``interval_start``, ``kwh``, ``consumption``, ...) unless named here.
        Timestamps must have a time zone. Values may be decimals, floats, whole numbers or text. The table is read where it lies,
        without a copy of its own; the engine then packs the values into the narrowest lane that holds every digit.
        """
        return cls._of(_kwhen.Readings.from_arrow(data, _named(start, _STARTS), _ENDS, _named(kwh, _READINGS)))

    @classmethod
    def from_numpy(cls, starts: Any, kwh: Any) -> Consumption:
        """From arrays: starts as datetime64 (which is UTC) or seconds since 1970; kWh as floats or Decimals, NaN for none.

        A float counts as the decimal that it is shown as.
        """
        import numpy as np

        seconds, values = _instants_as_seconds(starts), np.asarray(kwh)
        if values.dtype.kind == "O":
            return cls._of(_kwhen.Readings.from_texts(seconds.tolist(), _texts(values, "kwh"), "kwh"))
        return cls._of(_kwhen.Readings.from_floats(seconds, np.ascontiguousarray(values, dtype="float64"), "kwh"))

    @classmethod
    def from_pandas(cls, frame: Any, *, start: str | None = None, kwh: str | None = None) -> Consumption:
        """From a pandas frame, or a series with an index of aware timestamps. pyarrow is not needed."""
        instants, values, _ = _pandas_columns(frame, start, _named(kwh, _READINGS), _STARTS)
        return cls.from_numpy(instants, values)

    @classmethod
    def from_polars(cls, frame: Any, *, start: str | None = None, kwh: str | None = None) -> Consumption:
        """From a polars frame."""
        return cls.from_arrow(frame, start=start, kwh=kwh)

    @classmethod
    def of(cls, data: Any) -> Consumption:
        """From whatever it is: a Consumption, JSON, CSV, a frame, an Arrow table, or pairs of start and kWh."""
        if isinstance(data, Consumption):
            return data
        if isinstance(data, (str, bytes, bytearray, memoryview, Mapping)):
            return cls.from_json(data)
        if _is_pandas(data):
            return cls.from_pandas(data)
        if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
            return cls.from_arrow(data)
        rows = list(data)
        return cls.from_json(rows) if rows and isinstance(rows[0], Mapping) else cls.from_readings(rows)

    @classmethod
    def constant(cls, kwh: Number, period: Period, *, slot: Duration = 30, time_zone: Zone = LONDON) -> Consumption:
        """The same reading in kWh in every slot of a period."""
        during = _period(period, time_zone)
        return cls._of(_kwhen.Readings.constant(during, minutes(slot, "slot"), number(kwh, "kwh")))

    @property
    def span(self) -> Span:
        """From the first slot's start to the last one's end."""
        return _span(self._native.span or (0, 0))

    @property
    def slot(self) -> timedelta:
        """The length of a slot."""
        return timedelta(minutes=self._native.minutes)

    @property
    def reading_count(self) -> int:
        """How many slots have a reading."""
        return self._native.count

    @property
    def total_kwh(self) -> Decimal:
        """The sum of all readings."""
        return Decimal(self._native.total())

    @property
    def gaps(self) -> tuple[Span, ...]:
        """The stretches between first and last that have no reading."""
        return tuple(map(_span, self._native.gaps()))

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired or left out when it was made, in sentences."""
        return tuple(self._native.notices())

    def rounded(self, places: int, rounding: str = "half-even") -> Consumption:
        """Every reading rounded to so many decimals of a kWh."""
        return Consumption._of(self._native.rounded(places, rounding))

    def __len__(self) -> int:
        return len(self._native)

    def __getitem__(self, key: int | datetime) -> Decimal | None:
        """The kWh of a slot, by its place or by an instant in it; ``None`` where there is no reading."""
        if isinstance(key, datetime):
            place = self._native.place(seconds_of(key))
            if place is None:
                raise KeyError(key)
        else:
            place = key + len(self) if key < 0 else key
            if not 0 <= place < len(self):
                raise IndexError(key)
        text = self._native.at(place)
        return None if text is None else Decimal(text)

    def __iter__(self) -> Iterator[tuple[datetime, Decimal | None]]:
        """Each slot's start and its kWh."""
        first, step = (self._native.span or (0, 0))[0], self._native.minutes * 60
        for place, text in enumerate(self._native.texts()):
            yield moment(first + place * step), None if text is None else Decimal(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Consumption) and self._native.equals(other._native)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _consumption_again, (list(self._native.texts()), (self._native.span or (0, 0))[0], self._native.minutes)

    def __repr__(self) -> str:
        missing = len(self) - self.reading_count
        holes = f", {missing} missing" if missing else ""
        return f"<Consumption {self.total_kwh} kWh, {self.span}, {len(self)} slots of {self._native.minutes} min{holes}>"

    def _repr_html_(self) -> str:
        from ._charts import consumption_html

        return consumption_html(self)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The table ``start, end, kwh`` for the Arrow interface."""
        return self._native.arrow_stream(requested_schema)

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        """The same as one batch."""
        return self._native.arrow_array(requested_schema)

    def to_numpy(self) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Starts (datetime64, UTC) and kWh (floats, NaN where there is no reading)."""
        starts, values = self._native.floats()
        return starts.astype("datetime64[s]").astype("datetime64[us]"), values

    def to_pandas(self, *, decimals: bool = False) -> pandas.DataFrame:
        """A frame indexed by start with a column ``kwh``, floats or Decimals. pyarrow is not needed."""
        import pandas as pd

        starts, values = self.to_numpy()
        column: Any = [text if text is None else Decimal(text) for text in self._native.texts()] if decimals else values
        frame: pandas.DataFrame = pd.DataFrame({"kwh": column}, index=pd.DatetimeIndex(starts, name="start").tz_localize("UTC"))
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A frame ``start, end, kwh``, exact decimals."""
        import polars as pl

        return pl.DataFrame(self)

    def to_rows(self) -> list[dict[str, Any]]:
        """Rows as the API gives them, with Decimals and aware datetimes."""
        step = self.slot
        return [{"consumption": kwh, "interval_start": start, "interval_end": start + step} for start, kwh in self]

    def to_csv(self) -> str:
        """CSV that :meth:`from_csv` and the command read; slots without a reading have no row."""
        import csv
        import io

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["consumption", "interval_start", "interval_end"])
        for start, kwh in self:
            if kwh is not None:
                writer.writerow([format(kwh, "f"), _z(start), _z(start + self.slot)])
        return out.getvalue()


def _consumption_again(texts: list[str | None], first: int, step: int) -> Consumption:
    starts = [first + place * step * 60 for place in range(len(texts))]
    if len(texts) == 1 and step != 30:
        raise UnsupportedError("a single slot of another length than half an hour cannot be pickled")
    return Consumption._of(_kwhen.Readings.from_texts(starts, texts, "kwh"))


def _z(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def _period(span: Period, time_zone: Zone) -> tuple[int, int]:
    return period(span, zone_name(time_zone))


def _bound(seconds: int, open_at: int) -> datetime | None:
    return None if seconds == open_at else moment(seconds)


class RateSeries:
    """Unit rates in p/kWh over time; the last may be open. Rates may be known without VAT, with it, or both.

    Made from whatever holds it: :meth:`from_json`, :meth:`from_csv`, :meth:`from_arrow`, :meth:`from_numpy`, :meth:`from_pandas`,
    :meth:`from_polars`, :meth:`from_rates`, :meth:`flat`. It is an Arrow producer itself.

    ``vat_included`` says whether VAT is in a column that does not say so itself (``rate``); it is, unless you say otherwise.
    """

    __slots__ = ("_native",)
    _native: _kwhen.Rates

    def __init__(self) -> None:
        raise TypeError("make a RateSeries with RateSeries.from_json, .from_csv, .from_arrow, .from_numpy, .from_pandas, ... or .flat")

    @classmethod
    def _of(cls, native: _kwhen.Rates) -> RateSeries:
        series = object.__new__(cls)
        series._native = native
        return series

    @classmethod
    def from_json(cls, data: Json, *, vat_included: bool = True, payment_method: str | None = None, rounding: str | None = None) -> RateSeries:
        """From the API's JSON: a page, its rows, or pages one after another; bytes, text, or what ``json.loads`` gave.

        ``payment_method`` (such as ``"DIRECT_DEBIT"``) chooses rows where a source has prices for several.
        """
        return cls._of(_kwhen.Rates.read(payload(data), vat_included, payment_method, rounding))

    @classmethod
    def from_csv(cls, data: str | Bytes, *, vat_included: bool = True, payment_method: str | None = None, rounding: str | None = None) -> RateSeries:
        """From CSV text: the API's field names, ``start,rate``, or without a header."""
        return cls._of(_kwhen.Rates.read(payload(data), vat_included, payment_method, rounding))

    @classmethod
    def from_rates(cls, rates: Iterable[tuple[datetime, Number | None]], *, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From pairs of a slot's start and its rate in p/kWh; ``None`` for a slot without one."""
        starts, values = [], []
        for row, (start, value) in enumerate(rates, 1):
            starts.append(seconds_of(start))
            values.append(None if value is None else number(value, f"rate, row {row}"))
        return cls._of(_kwhen.Rates.from_texts(starts, values, vat_included, minutes(slot, "slot"), "rate"))

    @classmethod
    def from_arrow(cls, data: Any, *, start: str | None = None, rate: str | None = None, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``.

        Columns are found by the usual names (``valid_from``, ``valid_to``, ``value_exc_vat``, ``value_inc_vat``, ``start``, ``rate``, ...)
        unless named here. Without a column of ends each rate holds for one ``slot``.
        """
        vat = ([], []) if rate else (["value_exc_vat"], ["value_inc_vat"])
        length = minutes(slot, "slot")
        return cls._of(_kwhen.Rates.from_arrow(data, _named(start, _RATE_STARTS), _RATE_ENDS, *vat, _named(rate, _BARE), vat_included, length))

    @classmethod
    def from_numpy(cls, starts: Any, rates: Any, *, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From arrays: starts as datetime64 (which is UTC) or seconds since 1970; p/kWh as floats or Decimals, NaN for none."""
        import numpy as np

        seconds, values, length = _instants_as_seconds(starts), np.asarray(rates), minutes(slot, "slot")
        if values.dtype.kind == "O":
            return cls._of(_kwhen.Rates.from_texts(seconds.tolist(), _texts(values, "rate"), vat_included, length, "rate"))
        floats = np.ascontiguousarray(values, dtype="float64")
        return cls._of(_kwhen.Rates.from_floats(seconds, floats, vat_included, length, "rate"))

    @classmethod
    def from_pandas(cls, frame: Any, *, start: str | None = None, rate: str | None = None, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From a pandas frame, or a series with an index of aware timestamps. pyarrow is not needed.

        Of a frame with ``value_exc_vat`` and ``value_inc_vat`` both are taken, unless ``rate`` names one column.
        """
        names = [] if rate else [str(column) for column in getattr(frame, "columns", [])]
        if "value_inc_vat" in names or "value_exc_vat" in names:
            kept = [name for name in ("valid_from", "valid_to", "start", "end", "value_exc_vat", "value_inc_vat", "payment_method") if name in names]
            frame = frame.reset_index() if "valid_from" not in names and frame.index.name else frame
            if "valid_from" in kept or frame.columns[0] in _RATE_STARTS:
                return cls.from_json([_api_row(row) for row in frame.to_dict("records")], vat_included=vat_included)
        instants, values, _ = _pandas_columns(frame, start, _named(rate, _BARE), _RATE_STARTS)
        return cls.from_numpy(instants, values, slot=slot, vat_included=vat_included)

    @classmethod
    def from_polars(cls, frame: Any, *, start: str | None = None, rate: str | None = None, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From a polars frame."""
        return cls.from_arrow(frame, start=start, rate=rate, slot=slot, vat_included=vat_included)

    @classmethod
    def of(cls, data: Any, *, vat_included: bool = True) -> RateSeries:
        """From whatever it is: a RateSeries, a number (one rate for all time), JSON, CSV, a frame, an Arrow table, or pairs."""
        if isinstance(data, RateSeries):
            return data
        if isinstance(data, (int, float, Decimal)):
            return cls.flat(data, vat_included=vat_included)
        if isinstance(data, (str, bytes, bytearray, memoryview, Mapping)):
            return cls.from_json(data, vat_included=vat_included)
        if _is_pandas(data):
            return cls.from_pandas(data, vat_included=vat_included)
        if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
            return cls.from_arrow(data, vat_included=vat_included)
        rows = list(data)
        if rows and isinstance(rows[0], Mapping):
            return cls.from_json(rows, vat_included=vat_included)
        return cls.from_rates(rows, vat_included=vat_included)

    @classmethod
    def flat(cls, rate: Number, *, vat_included: bool = True) -> RateSeries:
        """One rate in p/kWh for all time."""
        return cls._of(_kwhen.Rates.flat(number(rate, "rate"), vat_included))

    @property
    def start(self) -> datetime | None:
        """When the first rate begins; ``None`` where it has no beginning."""
        return _bound(self._native.span[0], OPEN[0])

    @property
    def end(self) -> datetime | None:
        """When the last rate has ended; ``None`` where it is open."""
        return _bound(self._native.span[1], OPEN[1])

    @property
    def slot(self) -> timedelta:
        """The length of the shortest interval, where that is a slot length; else half an hour."""
        return timedelta(minutes=self._native.minutes)

    @property
    def vat_included(self) -> bool:
        """Whether plans go by rates with VAT: they do where those are known."""
        return self._native.vat_included

    @property
    def gaps(self) -> tuple[Span, ...]:
        """The stretches between first and last in which no rate is known."""
        return tuple(map(_span, self._native.gaps()))

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired or left out when it was made, in sentences."""
        return tuple(self._native.notices())

    def at(self, when: datetime) -> Decimal | None:
        """What is paid for a kWh at an instant, in pence; ``None`` where no rate is known."""
        found = self._native.at(seconds_of(when))
        return None if found is None else Decimal(found[0])

    def statistics(self, period: Period | None = None, *, time_zone: Zone = LONDON) -> Statistics | None:
        """What the rates of a period look like: quantiles, daily spread, cheap and dear times of day. ``None`` where there are none."""
        during = self._during(period, time_zone)
        text = _kwhen.statistics(self._native, during, zone_name(time_zone))
        return None if text == "null" else decode(Statistics, text)

    def _during(self, span: Period | None, time_zone: Zone) -> tuple[int, int]:
        if span is not None:
            return _period(span, time_zone)
        start, end = self._native.span
        if start == OPEN[0] or end == OPEN[1]:
            raise ParseError("these rates have no start or no end: say which period is meant")
        return start, end

    def __len__(self) -> int:
        return len(self._native)

    def __getitem__(self, when: datetime) -> Decimal:
        found = self.at(when)
        if found is None:
            raise KeyError(when)
        return found

    def __iter__(self) -> Iterator[tuple[Span, Decimal]]:
        """Each interval and what is paid in it."""
        for seconds, without, with_vat in self._native.intervals():
            yield _span(seconds), Decimal(with_vat if with_vat is not None else without or "0")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RateSeries) and self._native.equals(other._native)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return RateSeries.from_json, (self.to_rows(),)

    def __repr__(self) -> str:
        start = f"{self.start:%Y-%m-%d %H:%M}" if self.start else "always"
        end = f"{self.end:%Y-%m-%d %H:%M}" if self.end else "open"
        vat = "inc VAT" if self.vat_included else "exc VAT"
        holes = f", {len(self.gaps)} gaps" if self.gaps else ""
        return f"<RateSeries {len(self)} rates {vat}, {start} to {end} UTC{holes}>"

    def _repr_html_(self) -> str:
        from ._charts import rates_html

        return rates_html(self)

    def plot(self, period: Period | None = None, ax: Any = None, *, time_zone: Zone = LONDON) -> Any:
        """Draws the rates as steps. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_rates

        return plot_rates(self, period, ax, zone_name(time_zone))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The table ``valid_from, valid_to, value_exc_vat, value_inc_vat`` for the Arrow interface."""
        return self._native.arrow_stream(requested_schema)

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        """The same as one batch."""
        return self._native.arrow_array(requested_schema)

    def to_numpy(self, period: Period | None = None, *, time_zone: Zone = LONDON) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """The slots' starts (datetime64, UTC) and what is paid in them (floats, NaN where no rate is known)."""
        starts, values = self._native.floats(self._during(period, time_zone))
        return starts.astype("datetime64[s]").astype("datetime64[us]"), values

    def to_pandas(self, period: Period | None = None, *, time_zone: Zone = LONDON, decimals: bool = False) -> pandas.DataFrame:
        """A frame indexed by start with a column ``rate``: what is paid, floats or Decimals. pyarrow is not needed."""
        import pandas as pd

        during = self._during(period, time_zone)
        starts, values = self._native.floats(during)
        column: Any = [text if text is None else Decimal(text) for text in self._native.texts(during)] if decimals else values
        index = pd.DatetimeIndex(starts.astype("datetime64[s]").astype("datetime64[us]"), name="start").tz_localize("UTC")
        frame: pandas.DataFrame = pd.DataFrame({"rate": column}, index=index)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A frame ``valid_from, valid_to, value_exc_vat, value_inc_vat``, exact decimals."""
        import polars as pl

        return pl.DataFrame(self)

    def to_rows(self) -> list[dict[str, Any]]:
        """Rows as the API gives them, with Decimals and aware datetimes."""
        rows = []
        for (start, end), without, with_vat in self._native.intervals():
            rows.append(
                {
                    "value_exc_vat": None if without is None else Decimal(without),
                    "value_inc_vat": None if with_vat is None else Decimal(with_vat),
                    "valid_from": _bound(start, OPEN[0]),
                    "valid_to": _bound(end, OPEN[1]),
                }
            )
        return rows

    def to_csv(self) -> str:
        """CSV that :meth:`from_csv` and the command read."""
        import csv
        import io

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["value_exc_vat", "value_inc_vat", "valid_from", "valid_to"])
        for (start, end), without, with_vat in self._native.intervals():
            bounds = (_bound(start, OPEN[0]), _bound(end, OPEN[1]))
            writer.writerow([without, with_vat, *(_z(bound) if bound else None for bound in bounds)])
        return out.getvalue()


def _api_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of a data frame as one of the API: no NaN, no NaT, instants as text."""
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value != value:
            continue
        kept[str(name)] = value.isoformat() if isinstance(value, datetime) and not seconds_of(value) < 0 else value
    return kept


class StandingCharges:
    """Standing charges in pence a local day over time."""

    __slots__ = ("_native",)
    _native: _kwhen.Standing

    def __init__(self) -> None:
        raise TypeError("make StandingCharges with StandingCharges.from_json, .from_csv or .flat")

    @classmethod
    def _of(cls, native: _kwhen.Standing) -> StandingCharges:
        charges = object.__new__(cls)
        charges._native = native
        return charges

    @classmethod
    def from_json(cls, data: Json, *, vat_included: bool = True, payment_method: str | None = None) -> StandingCharges:
        """From the API's JSON."""
        return cls._of(_kwhen.Standing.read(payload(data), vat_included, payment_method))

    @classmethod
    def from_csv(cls, data: str | Bytes, *, vat_included: bool = True, payment_method: str | None = None) -> StandingCharges:
        """From CSV text: the API's field names, or ``start,standing_charge``."""
        return cls._of(_kwhen.Standing.read(payload(data), vat_included, payment_method))

    @classmethod
    def flat(cls, pence_per_day: Number, *, vat_included: bool = True) -> StandingCharges:
        """One charge for all time."""
        return cls._of(_kwhen.Standing.flat(number(pence_per_day, "pence_per_day"), vat_included))

    @classmethod
    def of(cls, data: Any, *, vat_included: bool = True) -> StandingCharges:
        """From whatever it is: StandingCharges, a number, JSON or CSV."""
        if isinstance(data, StandingCharges):
            return data
        if isinstance(data, (int, float, Decimal)):
            return cls.flat(data, vat_included=vat_included)
        return cls.from_json(data, vat_included=vat_included)

    @property
    def notices(self) -> tuple[str, ...]:
        """What was repaired or left out when they were made, in sentences."""
        return tuple(self._native.notices())

    def __len__(self) -> int:
        return len(self._native)

    def __iter__(self) -> Iterator[tuple[Span, Decimal]]:
        """Each interval and what is paid for a day in it."""
        for seconds, without, with_vat in self._native.intervals():
            yield _span(seconds), Decimal(with_vat if with_vat is not None else without or "0")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StandingCharges) and self._native.equals(other._native)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _standing_again, (self._native.intervals(),)

    def __repr__(self) -> str:
        charges = [str(price) for _, price in self]
        shown = " then ".join(charges[:3]) + (" ..." if len(charges) > 3 else "")
        return f"<StandingCharges {shown} p/day>"


def _standing_again(intervals: list[tuple[tuple[int, int], str | None, str | None]]) -> StandingCharges:
    return StandingCharges._of(_kwhen.Standing.from_intervals(intervals))


def local_days(period: Period, *, time_zone: Zone = LONDON, kind: str = "day") -> list[tuple[Span, str]]:
    """A period cut into local days (or weeks, months, years, market days), each with its name."""
    zone = zone_name(time_zone)
    return [(_span(seconds), label) for seconds, label in _kwhen.cut(zone, kind, _period(period, zone))]


def rates_known_until(now: datetime) -> datetime:
    """Up to when Agile rates are published at an instant: those of the next day come at about 16:00 local and reach to 23:00."""
    return moment(_kwhen.known_until(seconds_of(now)))


__all__ = ["Consumption", "RateSeries", "StandingCharges", "local_days", "rates_known_until"]
