"""Files of any layout."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _kwhen
from ._check import flag, refuse, text, whole
from ._consumption import Consumption
from ._edges import LONDON, Bytes, Number, Zone, number, zone_name
from ._rates import RateSeries
from ._standing import StandingCharges

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Source: TypeAlias = str | os.PathLike[str] | Bytes


class GuessWarning(UserWarning):
    """Something was taken for granted that neither a file nor an argument says: what, and which argument says otherwise."""


def _bytes(source: Source) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if not isinstance(source, (str, os.PathLike)):
        refuse("source", source, "the path of a file, its bytes, or a list of those")
    return Path(source).read_bytes()


def _layout(layout: str | os.PathLike[str]) -> str:
    """The text of a layout: that of its file, or the name of one that is built in."""
    if isinstance(layout, os.PathLike):
        return Path(layout).read_text(encoding="utf-8") + "\n"
    given = text(layout, "layout", "the name of a layout, its TOML, or a path")
    if "\n" not in given and given.endswith(".toml"):
        return Path(given).read_text(encoding="utf-8") + "\n"
    return given


def read(
    source: Source | Sequence[Source],
    *,
    kind: Literal["consumption", "rates", "standing_charges"] | None = None,
    layout: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    column: str | None = None,
    time_column: str | None = None,
    label: Literal["start", "end"] | None = None,
    clock: str | None = None,
    date_order: Literal["day-first", "month-first"] | None = None,
    channel: str | None = None,
    meter: str | None = None,
    gas: bool = False,
    time_zone: Zone = LONDON,
    rounding: str | None = None,
    reading_unit: str = "kwh",
    connection_kw: Number | None = None,
    rate_unit: str = "pence",
    vat_included: bool = True,
    payment_method: str | None = None,
    snap: int = 0,
) -> Consumption | RateSeries | StandingCharges:
    """Reads a file as people have it: by its path or its bytes; several are joined. Which kind of series it holds is told from it.

    ``layout`` is the name of a layout that is built in, a path to one, its TOML, or several of those. The other arguments say what a
    file does not, as the flags of the command do: which ``column`` holds the values, whether its times ``label`` starts or ends, on
    which ``clock`` they are (``"Europe/London"``, ``"UTC"``, ``"+10:00"``), whether the day comes first, which ``channel`` or ``meter``
    of several. Where two readings of a file would differ it is refused, and the message names what decides. What was taken for granted
    is a :class:`GuessWarning`. gzip, zstd, a zip archive of one file and a workbook (``.xlsx``) of one table are unpacked, to a GiB at
    most; columns of Parquet and Arrow are for ``from_arrow``.
    """
    sources: list[Any] = list(source) if isinstance(source, (list, tuple)) else [source]
    layouts: list[Any] = list(layout) if isinstance(layout, (list, tuple)) else [layout]
    given = {
        "kind": kind,
        "column": column,
        "time_column": time_column,
        "label": label,
        "clock": clock,
        "date_order": date_order,
        "channel": channel,
        "meter": meter,
        "gas": "yes" if flag(gas, "gas") else None,
        "time_zone": zone_name(time_zone),
        "rounding": rounding,
        "reading_unit": reading_unit,
        "connection_kw": None if connection_kw is None else number(connection_kw, "connection_kw"),
        "rate_unit": rate_unit,
        "payment_method": payment_method,
    }
    words = {name: text(value, name) for name, value in given.items() if value is not None}
    native, line = _kwhen.read(
        [_bytes(one) for one in sources],
        [_layout(one) for one in layouts],
        words,
        whole(snap, "snap", most=29),
        flag(vat_included, "vat_included"),
    )
    if line is not None:
        warnings.warn(line, GuessWarning, stacklevel=2)
    if isinstance(native, _kwhen.Readings):
        return Consumption._of(native)
    if isinstance(native, _kwhen.Rates):
        return RateSeries._of(native)
    return StandingCharges._of(native)
