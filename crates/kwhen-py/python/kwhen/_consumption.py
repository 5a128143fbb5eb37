"""Metered energy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import _kwhen
from ._arrays import ENDS, READINGS, STARTS, instants_as_seconds, is_pandas, named, pandas_columns, texts
from ._edges import LONDON, Bytes, Duration, Json, Number, Period, Zone, minutes, moment, number, payload, seconds_of
from ._errors import UnsupportedError
from ._results import Span
from ._series import instant_text, period_of, span_of

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars


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
        return cls._of(_kwhen.Readings.from_arrow(data, named(start, STARTS), ENDS, named(kwh, READINGS)))

    @classmethod
    def from_numpy(cls, starts: Any, kwh: Any) -> Consumption:
        """From arrays: starts as datetime64 (which is UTC) or seconds since 1970; kWh as floats or Decimals, NaN for none.

        A float counts as the decimal that it is shown as.
        """
        import numpy as np

        seconds, values = instants_as_seconds(starts), np.asarray(kwh)
        if values.dtype.kind == "O":
            return cls._of(_kwhen.Readings.from_texts(seconds.tolist(), texts(values, "kwh"), "kwh"))
        return cls._of(_kwhen.Readings.from_floats(seconds, np.ascontiguousarray(values, dtype="float64"), "kwh"))

    @classmethod
    def from_pandas(cls, frame: Any, *, start: str | None = None, kwh: str | None = None) -> Consumption:
        """From a pandas frame, or a series with an index of aware timestamps. pyarrow is not needed."""
        instants, values, _ = pandas_columns(frame, start, named(kwh, READINGS), STARTS)
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
        if is_pandas(data):
            return cls.from_pandas(data)
        if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
            return cls.from_arrow(data)
        rows = list(data)
        return cls.from_json(rows) if rows and isinstance(rows[0], Mapping) else cls.from_readings(rows)

    @classmethod
    def constant(cls, kwh: Number, period: Period, *, slot: Duration = 30, time_zone: Zone = LONDON) -> Consumption:
        """The same reading in kWh in every slot of a period."""
        during = period_of(period, time_zone)
        return cls._of(_kwhen.Readings.constant(during, minutes(slot, "slot"), number(kwh, "kwh")))

    @property
    def span(self) -> Span:
        """From the first slot's start to the last one's end."""
        return span_of(self._native.span or (0, 0))

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
        return tuple(map(span_of, self._native.gaps()))

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
                writer.writerow([format(kwh, "f"), instant_text(start), instant_text(start + self.slot)])
        return out.getvalue()


def _consumption_again(texts: list[str | None], first: int, step: int) -> Consumption:
    starts = [first + place * step * 60 for place in range(len(texts))]
    if len(texts) == 1 and step != 30:
        raise UnsupportedError("a single slot of another length than half an hour cannot be pickled")
    return Consumption._of(_kwhen.Readings.from_texts(starts, texts, "kwh"))
