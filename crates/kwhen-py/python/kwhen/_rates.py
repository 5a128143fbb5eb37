"""Unit rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import _kwhen
from ._arrays import (
    BARE,
    EXC_VAT,
    INC_VAT,
    PAYMENT_METHOD,
    RATE_ENDS,
    RATE_STARTS,
    TARIFFS,
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
from ._decode import decode
from ._edges import LONDON, OPEN, Bytes, Duration, Json, Number, Period, Zone, is_missing, number, optional_minutes, payload, second_of, zone_name
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
    def from_json(
        cls,
        data: Json,
        *,
        vat_included: bool = True,
        payment_method: str | None = None,
        rounding: str | None = None,
        rate_unit: str = "pence",
        snap: int = 0,
    ) -> RateSeries:
        """From the API's JSON: a page, its rows, or pages one after another; bytes, text, or what ``json.loads`` gave.

        ``payment_method`` (such as ``"DIRECT_DEBIT"``) chooses rows where a source has prices for several.
        ``rounding`` names how digits beyond 10⁻⁸ p/kWh are rounded (such as ``"half-even"``); without it they are an error. ``rate_unit``
        is what rates are counted in: ``"pence"`` or ``"pounds"`` a kWh, or ``"pounds-per-mwh"``. ``snap`` is how many seconds (29 at most)
        a time may be off the minute that it is taken for.
        """
        method, mode = optional_text(payment_method, "payment_method"), optional_text(rounding, "rounding")
        unit, seconds = text(rate_unit, "rate_unit"), whole(snap, "snap", most=29)
        return cls._of(_kwhen.Rates.read(payload(data), flag(vat_included, "vat_included"), method, mode, unit, seconds))

    @classmethod
    def from_csv(
        cls,
        data: str | Bytes,
        *,
        vat_included: bool = True,
        payment_method: str | None = None,
        rounding: str | None = None,
        rate_unit: str = "pence",
        snap: int = 0,
    ) -> RateSeries:
        """From CSV text: the API's field names, ``start,rate``, or without a header. The rest is as for :meth:`from_json`."""
        return cls.from_json(
            data, vat_included=vat_included, payment_method=payment_method, rounding=rounding, rate_unit=rate_unit, snap=snap
        )

    @classmethod
    def from_rates(cls, rates: Iterable[tuple[datetime, Number | None]], *, slot: Duration | None = None, vat_included: bool = True) -> RateSeries:
        """From pairs of a start and a rate in p/kWh; ``None`` for a slot without one. How long each holds is as of :meth:`from_numpy`."""
        starts, values = pairs_of(rates, "rates", "rate")
        return cls._from_texts(starts, None, values, vat_included, optional_minutes(slot, "slot"))

    @classmethod
    def _from_texts(cls, starts: list[int], ends: list[int] | None, values: list[str | None], vat_included: bool, length: int | None) -> RateSeries:
        without, with_vat = (None, values) if flag(vat_included, "vat_included") else (values, None)
        return cls._of(_kwhen.Rates.from_texts(starts, ends, without, with_vat, None, length, None, ("rate", "rate")))

    @classmethod
    def from_arrow(
        cls,
        data: Any,
        *,
        start: str | None = None,
        rate: str | None = None,
        slot: Duration | None = None,
        vat_included: bool = True,
        payment_method: str | None = None,
    ) -> RateSeries:
        """From anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``.

        Columns are found by the usual names (``valid_from``, ``valid_to``, ``value_exc_vat``, ``value_inc_vat``, ``payment_method``,
        ``start``, ``rate``, ...) unless named here. Times are timestamps with a time zone, or text with one. Without a column of ends
        how long each rate holds is as of :meth:`from_numpy`.
        """
        bare = named(rate, BARE, "rate")
        vat = ([], []) if rate else (EXC_VAT, INC_VAT)
        names = (named(start, RATE_STARTS, "start"), RATE_ENDS, *vat, bare, PAYMENT_METHOD, TARIFFS)
        method = optional_text(payment_method, "payment_method")
        return cls._of(_kwhen.Rates.from_arrow(arrow_table(data), *names, flag(vat_included, "vat_included"), optional_minutes(slot, "slot"), method))

    @classmethod
    def from_numpy(cls, starts: Any, rates: Any, *, slot: Duration | None = None, vat_included: bool = True) -> RateSeries:
        """From arrays: starts as datetime64 (which is UTC), seconds since 1970, or aware datetimes; p/kWh as floats or Decimals, NaN for none.

        Each rate holds for one ``slot``; where none is given, for as long as the starts are apart, as CSV without ends is read. What a
        masked array masks is missing.
        """
        seconds, values, length = seconds_column(starts), numbers_column(rates, "rate"), optional_minutes(slot, "slot")
        return cls._from_columns(seconds, None, values, vat_included, length)

    @classmethod
    def _from_columns(cls, starts: Any, ends: Any, values: Numbers, vat_included: bool, length: int | None) -> RateSeries:
        if values.texts is None:
            return cls._of(_kwhen.Rates.from_floats(starts, ends, values.floats, flag(vat_included, "vat_included"), length, "rate"))
        return cls._from_texts(starts.tolist(), None if ends is None else ends.tolist(), values.texts, vat_included, length)

    @classmethod
    def from_pandas(
        cls,
        frame: Any,
        *,
        start: str | None = None,
        rate: str | None = None,
        slot: Duration | None = None,
        vat_included: bool = True,
        payment_method: str | None = None,
    ) -> RateSeries:
        """From a pandas frame, or a series with an index of times. pyarrow is not needed.

        Of a frame with ``value_exc_vat`` and ``value_inc_vat`` both are taken, unless ``rate`` names one column. Times are timestamps with
        a zone, aware datetimes, or text with a zone. Without a column of ends how long each rate holds is as of :meth:`from_numpy`.
        """
        if not is_pandas(frame):
            refuse("frame", frame, "a pandas frame or series")
        columns, bare = Columns(frame), named(rate, BARE, "rate")
        columns.only_one(TARIFFS, "rates")
        columns.only_one(["kind"], "rates")
        both = (None, None) if rate else (columns.find(EXC_VAT), columns.find(INC_VAT))
        name, values = ("", None) if any(both) else columns.needed(bare)
        found = columns.find(RATE_ENDS)
        ends = None if found is None else pandas_seconds(found[1], found[0], missing=True)
        starts = columns.starts(optional_text(start, "start", "the name of a column"), RATE_STARTS, missing=ends is not None)
        length = optional_minutes(slot, "slot")
        if length is None and len(starts) == 1:
            length = columns.slot_of_index()
        methods = columns.find(PAYMENT_METHOD)
        if values is not None and methods is None:
            return cls._from_columns(starts, ends, numbers_column(values.to_numpy(), name), vat_included, length)
        prices: list[list[str | None] | None] = [None if part is None else numbers_column(part[1].to_numpy(), part[0]).as_texts() for part in both]
        if values is not None:
            prices[1 if flag(vat_included, "vat_included") else 0] = numbers_column(values.to_numpy(), name).as_texts()
        how = None if methods is None else [None if is_missing(cell) else text(cell, methods[0]) for cell in methods[1].to_numpy(dtype=object)]
        method = optional_text(payment_method, "payment_method")
        fields = ("value_exc_vat", "value_inc_vat") if any(both) else (name, name)
        last = None if ends is None else ends.tolist()
        return cls._of(_kwhen.Rates.from_texts(starts.tolist(), last, prices[0], prices[1], how, length, method, fields))

    @classmethod
    def from_polars(
        cls,
        frame: Any,
        *,
        start: str | None = None,
        rate: str | None = None,
        slot: Duration | None = None,
        vat_included: bool = True,
        payment_method: str | None = None,
    ) -> RateSeries:
        """From a polars frame."""
        return cls.from_arrow(frame, start=start, rate=rate, slot=slot, vat_included=vat_included, payment_method=payment_method)

    @classmethod
    def of(cls, data: Any, *, vat_included: bool = True, slot: Duration | None = None) -> RateSeries:
        """From whatever it is: a RateSeries, a number (one rate for all time), JSON, CSV, a frame, an Arrow table, or pairs.

        ``slot`` is for what gives starts alone, without ends; JSON and CSV are read by their own.
        """
        if isinstance(data, RateSeries):
            return data
        if isinstance(data, (int, float, Decimal)):
            return cls.flat(data, vat_included=vat_included)
        if isinstance(data, (str, bytes, bytearray, memoryview, Mapping)):
            return cls.from_json(data, vat_included=vat_included)
        if is_pandas(data):
            return cls.from_pandas(data, vat_included=vat_included, slot=slot)
        if is_arrow(data):
            return cls.from_arrow(data, vat_included=vat_included, slot=slot)
        rows = items(data, "data", "a RateSeries, a number, JSON, CSV, a frame, an Arrow table, or pairs of start and rate")
        if rows and isinstance(rows[0], Mapping):
            return cls.from_json(rows, vat_included=vat_included)
        return cls.from_rates(rows, vat_included=vat_included, slot=slot)

    @classmethod
    def flat(cls, rate: Number, *, vat_included: bool = True) -> RateSeries:
        """One rate in p/kWh for all time."""
        return cls._of(_kwhen.Rates.flat(number(rate, "rate"), flag(vat_included, "vat_included")))

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
        found = self._native.at(second_of(when))
        return None if found is None else Decimal(found[0])

    def statistics(self, during: Period | None = None, *, slot: Duration | None = None, time_zone: Zone = LONDON) -> Statistics | None:
        """What the rates of a period look like: quantiles, daily spread, cheap and dear times of day. ``None`` where there are none.

        They are counted by slots: of ``slot``, or of the shortest record where that is a slot length, or of half an hour.
        """
        span_ = self._during(during, time_zone)
        found = _kwhen.statistics(self._native, span_, zone_name(time_zone), optional_minutes(slot, "slot"))
        return None if found == "null" else decode(Statistics, found)

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

    def plot(self, during: Period | None = None, ax: Any = None, *, time_zone: Zone = LONDON) -> Any:
        """Draws the rates as steps. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_rates

        return plot_rates(self, during, ax, zone_name(time_zone))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The table ``valid_from, valid_to, value_exc_vat, value_inc_vat`` for the Arrow interface."""
        return self._native.arrow_stream(requested_schema)

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        """The same as one batch."""
        return self._native.arrow_array(requested_schema)

    def to_numpy(
        self, during: Period | None = None, *, slot: Duration | None = None, time_zone: Zone = LONDON
    ) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """Starts (datetime64, UTC) and what is paid from then on (floats, NaN where no rate is known).

        A row is a ``slot``; where none is given a slot of the shortest record, of which the others are whole numbers, or else
        (days of 23 and 24 hours, say, or one rate for all time) a record.
        """
        starts, _, values = self._native.floats(self._during(during, time_zone), optional_minutes(slot, "slot"))
        return starts.astype("datetime64[s]").astype("datetime64[us]"), values

    def to_pandas(
        self, during: Period | None = None, *, slot: Duration | None = None, time_zone: Zone = LONDON, decimals: bool = False
    ) -> pandas.DataFrame:
        """A frame indexed by start with a column ``rate``: what is paid, floats or Decimals. pyarrow is not needed.

        Rows are as of :meth:`to_numpy`; where they are records of several lengths, a column ``end`` says how far each reaches.
        """
        import pandas as pd

        span_, length = self._during(during, time_zone), optional_minutes(slot, "slot")
        starts, ends, values = self._native.floats(span_, length)
        instants, after = (column.astype("datetime64[s]").astype("datetime64[us]") for column in (starts, ends))
        texts = self._native.texts(span_, length) if flag(decimals, "decimals") else None
        column: Any = values if texts is None else [found if found is None else Decimal(found) for found in texts]
        even = self._native.slot_of(span_) if length is None else length
        frame: pandas.DataFrame
        if even is not None:
            frame = pd.DataFrame({"rate": column}, index=slot_index(instants, even))
        else:
            index = pd.DatetimeIndex(instants, name="start").tz_localize("UTC")
            frame = pd.DataFrame({"end": pd.DatetimeIndex(after).tz_localize("UTC"), "rate": column}, index=index)
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
