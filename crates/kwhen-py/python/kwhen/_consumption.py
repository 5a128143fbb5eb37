"""Metered energy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from operator import index
from typing import TYPE_CHECKING, Any

from . import _kwhen
from ._arrays import (
    ENDS,
    METERS,
    READINGS,
    STARTS,
    Columns,
    Numbers,
    arrow_table,
    is_arrow,
    is_pandas,
    named,
    numbers_column,
    pairs_of,
    pandas_seconds,
    seconds_column,
    slot_index,
)
from ._check import flag, items, optional_text, refuse, text, whole
from ._edges import LONDON, Bytes, Duration, Json, Number, Period, Zone, minutes, moment, number, optional_minutes, payload, seconds_of
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
    def from_json(
        cls,
        data: Json,
        *,
        rounding: str | None = None,
        reading_unit: str = "kwh",
        snap: int = 0,
        connection_kw: Number | None = None,
    ) -> Consumption:
        """From the API's JSON: a page, its rows, or pages one after another; bytes, text, or what ``json.loads`` gave.

        ``rounding`` names how digits beyond 10⁻⁸ kWh are rounded (such as ``"half-even"``); without it they are an error.
        ``reading_unit`` is what readings count: ``"kwh"``, ``"wh"`` or ``"mwh"``. ``snap`` is how many seconds (29 at most) a time may be
        off the minute that it is taken for. Readings above what ``connection_kw`` carries are left out as missing.
        """
        most = None if connection_kw is None else number(connection_kw, "connection_kw")
        mode, unit = optional_text(rounding, "rounding"), text(reading_unit, "reading_unit")
        return cls._of(_kwhen.Readings.read(payload(data), mode, unit, whole(snap, "snap", most=29), most))

    @classmethod
    def from_csv(
        cls,
        data: str | Bytes,
        *,
        rounding: str | None = None,
        reading_unit: str = "kwh",
        snap: int = 0,
        connection_kw: Number | None = None,
    ) -> Consumption:
        """From CSV text with a header: the API's field names, ``start,kwh``, or the supplier's website export.

        The rest is as for :meth:`from_json`.
        """
        return cls.from_json(data, rounding=rounding, reading_unit=reading_unit, snap=snap, connection_kw=connection_kw)

    @classmethod
    def from_readings(cls, readings: Iterable[tuple[datetime, Number | None]], *, slot: Duration | None = None) -> Consumption:
        """From pairs of a slot's start and its kWh; ``None`` for a slot without a reading."""
        starts, values = pairs_of(readings, "readings", "kwh")
        return cls._of(_kwhen.Readings.from_texts(starts, None, values, optional_minutes(slot, "slot"), "kwh"))

    @classmethod
    def from_arrow(cls, data: Any, *, start: str | None = None, kwh: str | None = None, slot: Duration | None = None) -> Consumption:
        """From anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: pyarrow, polars, DuckDB, nanoarrow, ...

        The columns are found by the usual names (``start``, ``interval_start``, ``kwh``, ``consumption``, ...) unless named here.
        Times are timestamps with a time zone, or text with one. Values may be decimals, floats, whole numbers or text. The table is
        read where it lies, without a copy of its own; the engine then packs the values into the narrowest lane that holds every digit.

        Slots are as long as a column of ends says, or as ``slot`` says, or else as far apart as the starts are.
        """
        length = optional_minutes(slot, "slot")
        return cls._of(_kwhen.Readings.from_arrow(arrow_table(data), named(start, STARTS, "start"), ENDS, named(kwh, READINGS, "kwh"), METERS, length))

    @classmethod
    def from_numpy(cls, starts: Any, kwh: Any, *, slot: Duration | None = None) -> Consumption:
        """From arrays: starts as datetime64 (which is UTC), seconds since 1970, or aware datetimes; kWh as floats or Decimals, NaN for none.

        A float counts as the decimal that it is shown as. What a masked array masks is missing. Slots are as far apart as the
        starts are, unless ``slot`` says.
        """
        return cls._from_columns(seconds_column(starts), None, numbers_column(kwh, "kwh"), optional_minutes(slot, "slot"))

    @classmethod
    def _from_columns(cls, starts: Any, ends: Any, values: Numbers, length: int | None) -> Consumption:
        if values.texts is None:
            return cls._of(_kwhen.Readings.from_floats(starts, ends, values.floats, length, "kwh"))
        return cls._of(_kwhen.Readings.from_texts(starts.tolist(), None if ends is None else ends.tolist(), values.texts, length, "kwh"))

    @classmethod
    def from_pandas(cls, frame: Any, *, start: str | None = None, kwh: str | None = None, slot: Duration | None = None) -> Consumption:
        """From a pandas frame, or a series with an index of times. pyarrow is not needed.

        Times are timestamps with a zone, aware datetimes, or text with a zone or an offset, as ``read_csv`` leaves them. Slots are as
        long as a column of ends says, or as ``slot`` says, or else as far apart as the starts are.
        """
        if not is_pandas(frame):
            refuse("frame", frame, "a pandas frame or series")
        columns = Columns(frame)
        columns.only_one(METERS, "readings")
        name, values = columns.needed(named(kwh, READINGS, "kwh"))
        starts = columns.starts(optional_text(start, "start", "the name of a column"), STARTS)
        ends = columns.find(ENDS)
        length = optional_minutes(slot, "slot")
        return cls._from_columns(
            starts,
            None if ends is None else pandas_seconds(ends[1], ends[0], missing=True),
            numbers_column(values.to_numpy(), name),
            columns.slot_of_index() if length is None and len(starts) == 1 else length,
        )

    @classmethod
    def from_polars(cls, frame: Any, *, start: str | None = None, kwh: str | None = None, slot: Duration | None = None) -> Consumption:
        """From a polars frame."""
        return cls.from_arrow(frame, start=start, kwh=kwh, slot=slot)

    @classmethod
    def of(cls, data: Any, *, slot: Duration | None = None) -> Consumption:
        """From whatever it is: a Consumption, JSON, CSV, a frame, an Arrow table, or pairs of start and kWh.

        ``slot`` is for what gives starts alone; JSON and CSV say the length themselves.
        """
        if isinstance(data, Consumption):
            return data
        if isinstance(data, (str, bytes, bytearray, memoryview, Mapping)):
            return cls.from_json(data)
        if is_pandas(data):
            return cls.from_pandas(data, slot=slot)
        if is_arrow(data):
            return cls.from_arrow(data, slot=slot)
        rows = items(data, "data", "a Consumption, JSON, CSV, a frame, an Arrow table, or pairs of start and kWh")
        return cls.from_json(rows) if rows and isinstance(rows[0], Mapping) else cls.from_readings(rows, slot=slot)

    @classmethod
    def constant(cls, kwh: Number, during: Period, *, slot: Duration = "30m", time_zone: Zone = LONDON) -> Consumption:
        """The same reading in kWh in every slot of a period."""
        span_ = period_of(during, time_zone)
        return cls._of(_kwhen.Readings.constant(span_, minutes(slot, "slot"), number(kwh, "kwh")))

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
        return Consumption._of(self._native.rounded(whole(places, "places"), text(rounding, "rounding")))

    def __len__(self) -> int:
        return len(self._native)

    def __getitem__(self, key: int | datetime) -> Decimal | None:
        """The kWh of a slot, by its place or by an instant in it; ``None`` where there is no reading."""
        if isinstance(key, datetime):
            place = self._native.place(seconds_of(key))
            if place is None:
                raise KeyError(key)
        else:
            if isinstance(key, bool) or not hasattr(key, "__index__"):
                refuse("a slot", key, "a place or an aware datetime")
            place = index(key)
            place = place + len(self) if place < 0 else place
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
        texts = self._native.texts() if flag(decimals, "decimals") else None
        column: Any = values if texts is None else [text if text is None else Decimal(text) for text in texts]
        frame: pandas.DataFrame = pd.DataFrame({"kwh": column}, index=slot_index(starts, self._native.minutes))
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
    return Consumption._of(_kwhen.Readings.from_texts(starts, None, texts, step, "kwh"))
