"""Columns of data frames and arrays, taken apart."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from . import _kwhen
from ._check import optional_text, refuse, shown, tuples, whole
from ._edges import is_missing, number, seconds_of
from ._errors import ConflictError, InputError, MissingDataError, NaiveDatetimeError, ParseError

STARTS = ["interval_start", "start", "from", "start_utc", "timestamp", "time", "datetime"]
ENDS = ["interval_end", "end", "to"]
READINGS = ["consumption", "kwh", "consumption (kwh)", "energy"]
RATE_STARTS = ["valid_from", "start", "from", "start_utc", "timestamp", "time", "datetime"]
RATE_ENDS = ["valid_to", "end", "to"]
BARE = ["rate", "minor_per_kwh", "price", "value"]
EXC_VAT = ["value_exc_vat"]
INC_VAT = ["value_inc_vat"]
PAYMENT_METHOD = ["payment_method"]
TARIFFS = ["tariff", "tariff_code", "product_code"]
METERS = ["meter", "meter_id", "mpan", "mprn"]

NO_INSTANT = -(2**63)
"""What stands for an instant that is not there in a column of seconds."""


class ArrowTable(Protocol):
    """Anything that hands its table over by the Arrow C stream interface: polars, pyarrow, DuckDB, nanoarrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, in a capsule."""


def named(name: str | None, usual: list[str], argument: str) -> list[str]:
    """The names to look for: the one that was given, or the usual ones."""
    return usual if optional_text(name, argument, "the name of a column") is None else [name]  # type: ignore[list-item]


def is_pandas(data: object) -> bool:
    """Whether it is a frame, a series or an index of pandas."""
    return type(data).__module__.split(".")[0] == "pandas" and (hasattr(data, "columns") or hasattr(data, "to_frame"))


def is_arrow(data: object) -> bool:
    """Whether it hands a table over by the Arrow C interface."""
    return hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")


def arrow_table(data: Any) -> Any:
    """What hands a table over by the Arrow C interface. polars gives a column of type Null a buffer, which Arrow has none of for it: as text it has."""
    if not is_arrow(data):
        refuse("data", data, "an Arrow table: give what has __arrow_c_stream__, such as a polars or pyarrow frame")
    if type(data).__module__.split(".")[0] == "polars":
        import polars as pl

        if isinstance(data, pl.DataFrame):
            return data.cast({pl.Null: pl.String})
    return data


def _one_column(values: Any, name: str) -> Any:
    """An array of one dimension. Lists keep their items as they are: numpy would make a number of ``[1, True]``."""
    import numpy as np

    if isinstance(values, (str, bytes, dict, set, frozenset)):
        refuse(name, values, "an array or a list")
    try:
        array = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values, dtype=object if isinstance(values, (list, tuple)) else None)
    except (TypeError, ValueError) as error:
        raise ParseError(f"{name}: {shown(values)} is no column: {error}") from None
    if array.ndim != 1:
        raise ParseError(f"{name}: has {array.ndim} dimensions; one column is wanted")
    return array


def seconds_column(starts: Any, name: str = "start", missing: bool = False) -> Any:
    """An array of whole seconds of whatever holds instants: numpy's datetime64 (UTC by its own rule), seconds, datetimes, or text with a zone.

    A missing one is an error that names its row, or :data:`NO_INSTANT` where ``missing`` allows it.
    """
    import numpy as np

    array = _one_column(starts, name)
    absent = np.ma.getmaskarray(array).copy()
    array = np.ma.getdata(array)
    if array.dtype.kind == "M":
        absent |= np.isnat(array)
        seconds = array.astype("datetime64[s]")
        if ((seconds != array) & ~absent).any():
            raise ParseError(f"{name}: some instants are not on a whole second")
        seconds = seconds.astype("int64")
    elif array.dtype.kind in "iu":
        seconds = array.astype("int64")
    elif array.dtype.kind in "OUT":
        cells = array.tolist()
        absent |= np.fromiter(map(is_missing, cells), dtype=bool, count=len(cells))
        texts = [cell if isinstance(cell, str) else None for cell in cells]
        seconds = np.full(len(cells), NO_INSTANT, dtype="int64")
        if any(text is not None for text in texts):
            read = _kwhen.instants([None if gone else text for text, gone in zip(texts, absent)], name)
            seconds = np.array([NO_INSTANT if second is None else second for second in read], dtype="int64")
        for place, cell in enumerate(cells):
            if not absent[place] and texts[place] is None:
                seconds[place] = _row_second(cell, name, place + 1)
    else:
        raise ParseError(f"{name}: an array of {array.dtype} holds no instants; give datetime64 (in UTC), seconds since 1970, aware datetimes or text with a zone")
    if absent.any():
        if not missing:
            row = int(absent.argmax()) + 1
            raise in_row(MissingDataError(f"{name}, row {row}: is missing"), row, name)
        seconds[absent] = NO_INSTANT
    return np.ascontiguousarray(seconds)


def _row_second(cell: Any, name: str, row: int) -> int:
    import numpy as np

    try:
        if isinstance(cell, np.datetime64):
            return int(seconds_column(np.array([cell]), name)[0])
        if isinstance(cell, (int, np.integer)) and not isinstance(cell, bool):
            return whole(cell, name, NO_INSTANT, 2**63 - 1)
        return seconds_of(cell, name)
    except InputError as error:
        raise in_row(type(error)(f"{name}, row {row}: {error}"), row, name) from None


def in_row(error: Any, row: int, field: str) -> Any:
    """An error that says where it was seen."""
    error.row, error.field = row, field
    return error


class Numbers(NamedTuple):
    """A column of numbers: floats (NaN for none), or decimal text (``None`` for none)."""

    floats: Any = None
    texts: list[str | None] | None = None

    def as_texts(self) -> list[str | None]:
        """The column as decimal text: a float is the decimal that it is shown as."""
        if self.texts is not None:
            return self.texts
        return [None if value != value else number(value, "value") for value in self.floats.tolist()]


def numbers_column(values: Any, name: str) -> Numbers:
    """A column of numbers as it can be taken exactly. What numpy would make a number of without being one is refused by name."""
    import numpy as np

    array = _one_column(values, name)
    absent = np.ma.getmaskarray(array)
    array = np.ma.getdata(array)
    kind = array.dtype.kind
    if kind in "iu" or (kind == "f" and array.dtype.itemsize == 8):
        floats = array.astype("float64")
        floats[absent] = np.nan
        return Numbers(floats=np.ascontiguousarray(floats))
    if kind not in "fOUT":
        raise ParseError(f"{name}: an array of {array.dtype} holds no numbers of kWh or pence; give floats, whole numbers, Decimals or text")
    # A narrow float by the digits that it shows, not those of its wide copy.
    cells = [str(cell) for cell in array] if kind == "f" else array.tolist()
    texts: list[str | None] = []
    for row, (cell, gone) in enumerate(zip(cells, absent), 1):
        if gone or is_missing(cell) or (isinstance(cell, str) and cell.strip().lower() in ("", "nan")):
            texts.append(None)
            continue
        try:
            texts.append(number(cell, f"{name}, row {row}"))
        except InputError as error:
            raise in_row(error, row, name) from None
    return Numbers(texts=texts)


class Columns:
    """The columns of a pandas frame (or a series and its index), found by name in any case."""

    def __init__(self, frame: Any) -> None:
        self.is_series = hasattr(frame, "to_frame") and not hasattr(frame, "columns")
        if self.is_series and not hasattr(frame, "index"):
            raise ParseError(f"an index alone, {shown(frame)}, has no values; give a series or a frame")
        self.frame = frame

    def find(self, names: list[str]) -> tuple[str, Any] | None:
        """The first column of some names, if there is one. Two of one name are refused."""
        if self.is_series:
            return None
        for name in names:
            found = [place for place, column in enumerate(self.frame.columns) if str(column).lower() == name.lower()]
            if len(found) > 1:
                raise ParseError(f"has {len(found)} columns named {name!r}: name one of them apart")
            if found:
                return str(self.frame.columns[found[0]]), self.frame.iloc[:, found[0]]
        return None

    def needed(self, names: list[str]) -> tuple[str, Any]:
        """The same, or the error that says what there is; of a series its values."""
        if self.is_series:
            return str(self.frame.name or "value"), self.frame
        found = self.find(names)
        if found is None:
            raise ParseError(f"has no column {' or '.join(names)}; its columns are {', '.join(map(str, self.frame.columns))}")
        return found

    def only_one(self, names: list[str], of: str) -> None:
        """Refuses a frame that names several tariffs or meters: which is meant is not to be guessed."""
        found = self.find(names)
        if found is not None:
            several([None if is_missing(cell) else str(cell) for cell in found[1].unique()], found[0], of)

    def starts(self, name: str | None, usual: list[str], missing: bool = False) -> Any:
        """Seconds of the starts: of a column, or else of the index."""
        found = self.needed([name]) if name is not None and not self.is_series else self.find(usual)
        if found is not None:
            return pandas_seconds(found[1], found[0], missing)
        if getattr(self.frame.index, "nlevels", 1) > 1:
            raise ParseError(f"has no column {' or '.join(usual)}, and its index is of several levels; name the column with start=")
        if getattr(self.frame.index.dtype, "kind", "O") in "iufb":
            raise ParseError(f"has no column {' or '.join(usual)}, and its index is of {self.frame.index.dtype}, which says no time")
        return pandas_seconds(self.frame.index, str(self.frame.index.name or "index"), missing)

    def slot_of_index(self) -> int | None:
        """Minutes that the index says its rows are apart, which one row alone cannot show."""
        import pandas as pd

        frequency = getattr(self.frame.index, "freq", None)
        if frequency is None:
            return None
        if type(frequency).__name__ == "Day" and str(self.frame.index.tz) == "UTC":
            return 1440 * int(frequency.n)
        try:
            seconds = pd.Timedelta(frequency).total_seconds()
        except (TypeError, ValueError):
            return None
        return int(seconds // 60) if seconds > 0 and seconds % 60 == 0 else None


def several(names: list[str | None], column: str, of: str) -> None:
    """Refuses more than one name in a column."""
    there = sorted({name for name in names if name is not None})
    if len(there) > 1:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise ConflictError(f"column {column!r}: holds {of} of {', '.join(there[:3])}{more}: give the rows of one, such as frame[frame[{column!r}] == {there[0]!r}]")


def pandas_seconds(instants: Any, name: str, missing: bool = False) -> Any:
    """Seconds of a column or an index of pandas: timestamps with a zone, datetimes, or text with a zone."""
    dtype = str(instants.dtype)
    zone = getattr(instants.dtype, "tz", None)
    if zone is None and dtype.startswith("datetime64"):
        raise NaiveDatetimeError(f"{name}: its timestamps have no time zone: say which with .tz_localize('UTC') or of another zone")
    if dtype.startswith("period"):
        raise NaiveDatetimeError(f"{name}: periods have no time zone: make them timestamps with .dt.to_timestamp() and .tz_localize('UTC') or of another zone")
    if zone is not None:
        import pandas as pd

        # An index converts itself, a column through `.dt`; either then sheds the zone, which numpy has none of.
        return seconds_column(pd.DatetimeIndex(instants).tz_convert("UTC").tz_localize(None).to_numpy(), name, missing)
    return seconds_column(instants.to_numpy(dtype=object) if dtype not in ("int64", "uint64", "int32") else instants.to_numpy(), name, missing)


def pairs_of(pairs: Any, name: str, field: str) -> tuple[list[int], list[str | None]]:
    """Seconds and decimal text of pairs of a start and a value."""
    starts: list[int] = []
    values: list[str | None] = []
    for row, (start, value) in enumerate(tuples(pairs, name, 2, f"pairs of a start and {field}"), 1):
        try:
            starts.append(seconds_of(start, "start"))
            values.append(None if is_missing(value) else number(value, field))
        except InputError as error:
            raise in_row(type(error)(f"row {row}: {error}"), row, field) from None
    return starts, values


def slot_index(starts: Any, length: int) -> Any:
    """A pandas index of the starts of equal slots. It says how far apart they are, so that even one row comes back as it went."""
    import pandas as pd

    if len(starts) == 0:
        return pd.DatetimeIndex(starts, name="start").tz_localize("UTC")
    frequency = "D" if length == 1440 else f"{length}min"
    return pd.date_range(starts[0], periods=len(starts), freq=frequency, name="start", unit="us").tz_localize("UTC")
