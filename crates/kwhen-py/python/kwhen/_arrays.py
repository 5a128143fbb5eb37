"""Columns of data frames and arrays, taken apart."""

from __future__ import annotations

from typing import Any, Protocol

from ._edges import number, seconds_of
from ._errors import NaiveDatetimeError, ParseError

STARTS = ["interval_start", "start", "from", "start_utc", "timestamp", "time", "datetime"]
ENDS = ["interval_end", "end", "to"]
READINGS = ["consumption", "kwh", "consumption (kwh)", "energy"]
RATE_STARTS = ["valid_from", "start", "from", "start_utc", "timestamp", "time", "datetime"]
RATE_ENDS = ["valid_to", "end", "to"]
BARE = ["rate", "p_per_kwh", "price", "value"]


class ArrowTable(Protocol):
    """Anything that hands its table over by the Arrow C stream interface: polars, pyarrow, DuckDB, nanoarrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, in a capsule."""


def named(name: str | None, usual: list[str]) -> list[str]:
    return usual if name is None else [name]


def is_pandas(data: object) -> bool:
    return type(data).__module__.split(".")[0] == "pandas"


def instants_as_seconds(starts: Any) -> Any:
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


def pandas_columns(frame: Any, start: str | None, value: list[str], starts: list[str]) -> tuple[Any, Any, str]:
    """The instants and the values of a pandas frame or series, and the value's name."""
    import numpy as np

    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        instants, values, name = frame.index, frame, str(frame.name or "value")
    else:
        names = {str(column).lower(): column for column in frame.columns}
        found = next((names[column.lower()] for column in value if column.lower() in names), None)
        if found is None:
            raise ParseError(f"has no column {' or '.join(value)}; its columns are {', '.join(map(str, frame.columns))}")
        place = next((names[column.lower()] for column in named(start, starts) if column.lower() in names), None)
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


def texts(values: Any, name: str) -> list[str | None]:
    return [None if item is None or item != item else number(item, f"{name}, row {row}") for row, item in enumerate(values, 1)]
