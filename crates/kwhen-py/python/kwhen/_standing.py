"""Standing charges."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from . import _kwhen
from ._check import flag, optional_text, whole
from ._edges import Bytes, Json, Number, number, payload
from ._results import Span
from ._series import span_of


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
    def from_json(
        cls,
        data: Json,
        *,
        vat_included: bool = True,
        payment_method: str | None = None,
        rounding: str | None = None,
        snap: int = 0,
    ) -> StandingCharges:
        """From the API's JSON.

        ``rounding`` names how digits beyond what is held are rounded (such as ``"half-even"``); without it they are an error. ``snap`` is
        how many seconds (29 at most) a time may be off the minute that it is taken for.
        """
        method, mode = optional_text(payment_method, "payment_method"), optional_text(rounding, "rounding")
        return cls._of(_kwhen.Standing.read(payload(data), flag(vat_included, "vat_included"), method, mode, whole(snap, "snap", most=29)))

    @classmethod
    def from_csv(
        cls,
        data: str | Bytes,
        *,
        vat_included: bool = True,
        payment_method: str | None = None,
        rounding: str | None = None,
        snap: int = 0,
    ) -> StandingCharges:
        """From CSV text: the API's field names, or ``start,standing_charge``. The rest is as for :meth:`from_json`."""
        return cls.from_json(data, vat_included=vat_included, payment_method=payment_method, rounding=rounding, snap=snap)

    @classmethod
    def flat(cls, minor_per_day: Number, *, vat_included: bool = True) -> StandingCharges:
        """One charge for all time."""
        return cls._of(_kwhen.Standing.flat(number(minor_per_day, "minor_per_day"), flag(vat_included, "vat_included")))

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
            yield span_of(seconds), Decimal(with_vat if with_vat is not None else without or "0")

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
