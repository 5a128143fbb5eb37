"""The bills of many meters in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from . import _kwhen
from ._arrays import ENDS, READINGS, STARTS, TARIFFS, ArrowTable, Columns, arrow_table, is_arrow, is_pandas
from ._bill import Rules
from ._check import hinted, instance, items, refuse, text
from ._consumption import Consumption
from ._edges import LONDON, Duration, Number, Period, Zone, minutes, rules_text, zone_name
from ._errors import ConflictError, MisalignedError, MissingDataError, OrderError, OutOfRangeError, OverlapError
from ._rates import RateSeries
from ._series import period_of
from ._standing import StandingCharges
from ._tariff import rates_of, standing_of


class BatchBills:
    """The bills of many meters: an Arrow table of a row a meter and period. ``polars.DataFrame(it)``, ``pyarrow.table(it)``."""

    __slots__ = ("_native", "_unread")
    _native: _kwhen.BatchBills
    _unread: dict[str, str]

    def __init__(self) -> None:
        raise TypeError("make BatchBills with kwhen.batch")

    @property
    def refused(self) -> dict[str, str]:
        """Meters that could not be billed, and why: two readings of one slot that differ, a meter that is there twice, no reading in the period."""
        return self._unread | dict(self._native.refused())

    @property
    def totals(self) -> dict[str, Decimal]:
        """Sums over all rows: ``kwh``, ``net_minor``, ``vat_minor``, ``total_minor``."""
        return dict(zip(("kwh", "net_minor", "vat_minor", "total_minor"), map(Decimal, self._native.totals())))

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        return f"<BatchBills {len(self)} rows, {len(self.refused)} meters refused>"

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The table ``meter, period, from, to, slots, billed_slots, complete, days, kwh, net_minor, vat_minor, total_minor``."""
        return self._native.arrow_stream(requested_schema)

    def to_polars(self) -> Any:
        """A polars frame, exact decimals."""
        import polars as pl

        return pl.DataFrame(self)


_METERS = ["meter", "meter_id", "mpan", "name"]


_WANTED = "names and their readings: a mapping of text to kwhen.Consumption, pairs of them, or a table of meter, start and kwh"

# What may be wrong with one meter's rows and not with its neighbours'.
_OWN_FAULTS = (ConflictError, MisalignedError, MissingDataError, OrderError, OutOfRangeError, OverlapError)


def _meters(meters: Any) -> tuple[list[tuple[str, _kwhen.Readings]], dict[str, str]]:
    """Readings by the name of their meter, and the meters that have none that can be billed, with why."""
    made: list[tuple[str, _kwhen.Readings]] = []
    refused: dict[str, str] = {}
    if is_pandas(meters):
        columns = Columns(meters)
        columns.only_one(TARIFFS, "readings")
        _, names = columns.needed(_METERS)
        for name, rows in meters.groupby(names.to_numpy(), sort=False):
            try:
                made.append((str(name), Consumption.from_pandas(rows)._native))
            except _OWN_FAULTS as error:
                refused[str(name)] = str(error)
        return made, refused
    if is_arrow(meters) and not isinstance(meters, Mapping):
        made, unread = _kwhen.Readings.by_meter(arrow_table(meters), TARIFFS, _METERS, STARTS, ENDS, READINGS)
        return made, dict(unread)
    pairs = meters.items() if isinstance(meters, Mapping) else items(meters, "meters", _WANTED)
    seen: set[str] = set()
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            refuse("meters", pair, _WANTED)
        name = text(pair[0], "meters, a name")
        readings = instance(pair[1], Consumption, f"meters, meter {name}", _WANTED)
        if name in seen:
            refused[name] = "is there more than once, and which readings are its own is not said; put them into one Consumption"
        seen.add(name)
        made.append((name, readings._native))
    return [(name, readings) for name, readings in made if name not in refused], refused


@hinted
def batch(
    meters: Mapping[str, Consumption] | Iterable[tuple[str, Consumption]] | ArrowTable,
    rates: RateSeries | Number,
    during: Period,
    *,
    standing_charges: StandingCharges | Number | None = None,
    by: str = "month",
    slot: Duration = "30m",
    time_zone: Zone = LONDON,
    rules: Rules = "exact",
) -> BatchBills:
    """The bills of many meters on one tariff, on all cores, with the same digits as :func:`bill`.

    A meter that cannot be billed stops nobody else and is in :attr:`BatchBills.refused` with the reason: two readings of one slot that
    differ, a name that comes twice, no reading in the period. A table with a column ``tariff`` must be of one.

    :param meters: names and their readings; or one Arrow table (polars, pyarrow, DuckDB) or pandas frame of ``meter``, ``start`` and ``kwh``.
    """
    zone = zone_name(time_zone)
    standing = None if standing_charges is None else standing_of(standing_charges)._native
    bills = object.__new__(BatchBills)
    readings, bills._unread = _meters(meters)
    bills._native = _kwhen.batch(
        readings, rates_of(rates)._native, standing, period_of(during, zone), by, minutes(slot, "slot"), zone, rules_text(rules)
    )
    return bills
