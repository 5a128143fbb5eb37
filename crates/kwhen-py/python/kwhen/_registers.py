"""Registers of a meter, and how gas becomes kWh."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

from . import _kwhen
from ._check import optional_text, optional_whole, text
from ._edges import LONDON, Json, Number, Zone, moment, number, payload, payload_text, zone_name
from ._record import Record


class Gas(Record):
    """How a gas meter's figures become kWh: volume x 1.02264 x calorific value / 3.6."""

    unit: str = "cubic-metres"
    """``cubic-metres``, ``hundreds-of-cubic-feet`` or ``kilowatt-hours``."""
    calorific_value: Number | None = None
    """MJ/m³, for all time. Volumes need this or ``calorific_values``: none is assumed; the statement prints it."""
    calorific_values: Json | None = None
    """Values by local day instead: rows of ``date`` (or ``from`` and ``to``) and ``calorific_value``."""
    mean_places: int | None = None
    """Takes the mean of the daily values over the period, to so many decimals."""
    kwh_places: int | None = None
    """Decimals of a kWh that stay; 8 unless said."""
    rounding: str | None = None
    """How those two drop the rest; ``"half-even"`` unless said."""

    def _json(self) -> str:
        return json.dumps(
            {
                "unit": text(self.unit, "unit"),
                "calorific_value": None if self.calorific_value is None else number(self.calorific_value, "calorific_value"),
                "calorific_values": None if self.calorific_values is None else payload_text(self.calorific_values, "calorific_values"),
                "calorific_value_places": optional_whole(self.mean_places, "mean_places"),
                "kwh_places": optional_whole(self.kwh_places, "kwh_places"),
                "rounding": optional_text(self.rounding, "rounding"),
            }
        )


class Advance(Record):
    """What a register counted between two readings."""

    register: str
    start: datetime
    end: datetime
    opening_reading: Decimal
    closing_reading: Decimal
    counted: Decimal
    """In the meter's own unit: kWh, or the gas meter's volume."""


class RegisterReadings:
    """What the counters of a meter showed: a day and a night register, or one.

    :param readings: rows of ``register``, ``at`` and ``reading``: CSV, JSON, or mappings. A time without a zone, or a date, is local.
    :param digits: how many the counter has, where it may have gone round from 99999 to 0.

    >>> RegisterReadings([{"register": "day", "at": "2026-07-01", "reading": 100}, {"register": "day", "at": "2026-08-01", "reading": 120}])
    <RegisterReadings day: 1 advances>
    """

    __slots__ = ("_native",)

    def __init__(self, readings: Json, *, digits: int | None = None, time_zone: Zone = LONDON) -> None:
        self._native = _kwhen.Registers.read(payload(readings, "readings"), optional_whole(digits, "digits"), zone_name(time_zone))

    @property
    def advances(self) -> tuple[Advance, ...]:
        """What each register counted between its readings."""
        rows = self._native.advances()
        return tuple(
            Advance(name, moment(span[0]), moment(span[1]), Decimal(opening), Decimal(closing), Decimal(counted))
            for name, span, opening, closing, counted in rows
        )

    def __len__(self) -> int:
        return len(self._native)

    def __repr__(self) -> str:
        names = dict.fromkeys(row[0] for row in self._native.advances())
        return f"<RegisterReadings {', '.join(names)}: {len(self)} advances>"
