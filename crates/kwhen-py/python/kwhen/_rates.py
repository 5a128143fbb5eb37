"""Unit rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import _kwhen
from ._arrays import BARE, RATE_ENDS, RATE_STARTS, instants_as_seconds, is_pandas, named, pandas_columns, texts
from ._decode import decode
from ._edges import LONDON, OPEN, Bytes, Duration, Json, Number, Period, Zone, minutes, number, payload, seconds_of, zone_name
from ._errors import ParseError
from ._results import Span, Statistics
from ._series import bound, instant_text, period_of, span_of

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars


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
        return cls._of(_kwhen.Rates.from_arrow(data, named(start, RATE_STARTS), RATE_ENDS, *vat, named(rate, BARE), vat_included, length))

    @classmethod
    def from_numpy(cls, starts: Any, rates: Any, *, slot: Duration = 30, vat_included: bool = True) -> RateSeries:
        """From arrays: starts as datetime64 (which is UTC) or seconds since 1970; p/kWh as floats or Decimals, NaN for none."""
        import numpy as np

        seconds, values, length = instants_as_seconds(starts), np.asarray(rates), minutes(slot, "slot")
        if values.dtype.kind == "O":
            return cls._of(_kwhen.Rates.from_texts(seconds.tolist(), texts(values, "rate"), vat_included, length, "rate"))
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
            if "valid_from" in kept or frame.columns[0] in RATE_STARTS:
                return cls.from_json([_api_row(row) for row in frame.to_dict("records")], vat_included=vat_included)
        instants, values, _ = pandas_columns(frame, start, named(rate, BARE), RATE_STARTS)
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
        if is_pandas(data):
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
        return bound(self._native.span[0], OPEN[0])

    @property
    def end(self) -> datetime | None:
        """When the last rate has ended; ``None`` where it is open."""
        return bound(self._native.span[1], OPEN[1])

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
        return tuple(map(span_of, self._native.gaps()))

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
            return period_of(span, time_zone)
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
            yield span_of(seconds), Decimal(with_vat if with_vat is not None else without or "0")

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
                    "valid_from": bound(start, OPEN[0]),
                    "valid_to": bound(end, OPEN[1]),
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
            bounds = (bound(start, OPEN[0]), bound(end, OPEN[1]))
            writer.writerow([without, with_vat, *(instant_text(end) if end else None for end in bounds)])
        return out.getvalue()


def _api_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of a data frame as one of the API: no NaN, no NaT, instants as text."""
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or value != value:
            continue
        kept[str(name)] = value.isoformat() if isinstance(value, datetime) and not seconds_of(value) < 0 else value
    return kept
