"""Counters of energy, cut into half-hours, and what they let expect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import State

from .const import TIME_ZONE

KEPT = timedelta(days=8)
LATE = timedelta(minutes=2)
"""A half-hour that is first seen later than this after its start is not known whole."""
KWH = {None: Decimal(1), "Wh": Decimal("0.001"), "kWh": Decimal(1), "MWh": Decimal(1000)}


def number(state: State | None) -> Decimal | None:
    """The number of a state, if it is one."""
    if state is None or state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE):
        return None
    try:
        value = Decimal(state.state)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def energy(state: State | None) -> Decimal | None:
    """The kWh of a state that counts Wh, kWh or MWh; of any other unit, none."""
    value = number(state)
    factor = None if state is None else KWH.get(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))
    return None if value is None or factor is None else value * factor


def slot_of(now: datetime) -> datetime:
    """When the half-hour of an instant starts, in UTC."""
    utc = now.astimezone(timezone.utc)
    return utc.replace(minute=utc.minute // 30 * 30, second=0, microsecond=0)


class Counter:
    """What an entity that counts energy up has counted, half-hour by half-hour, for a week."""

    def __init__(self, saved: dict[str, Any] | None = None) -> None:
        saved = saved or {}
        self._reading: Decimal | None = Decimal(saved["reading"]) if saved.get("reading") else None
        self._used = {datetime.fromisoformat(slot): Decimal(kwh) for slot, kwh in saved.get("used", {}).items()}
        self._whole = {datetime.fromisoformat(slot) for slot in saved.get("whole", ())}

    def read(self, state: State | None) -> None:
        """Adds what it has advanced to the half-hour of its reading. One that went back was replaced or reset."""
        reading = energy(state)
        if state is None or reading is None:
            return
        if self._reading is not None and reading > self._reading:
            slot = slot_of(state.last_updated)
            self._used[slot] = self._used.get(slot, Decimal(0)) + reading - self._reading
        self._reading = reading

    def tick(self, state: State | None, now: datetime) -> None:
        """A half-hour begins: if the counter is there, this one will be known whole, though nothing may be used in it."""
        slot = slot_of(now)
        if energy(state) is not None and now - slot < LATE:
            self._used.setdefault(slot, Decimal(0))
            self._whole.add(slot)
        self._used = {at: kwh for at, kwh in self._used.items() if at >= slot - KEPT}
        self._whole = {at for at in self._whole if at >= slot - KEPT}

    def since(self, start: datetime) -> list[tuple[datetime, Decimal]]:
        """What was counted from an instant on, in order."""
        return sorted((slot, kwh) for slot, kwh in self._used.items() if slot >= start)

    def expected(self, slots: Iterable[datetime], now: datetime) -> list[tuple[datetime, Decimal]] | None:
        """What to expect of some half-hours: the mean of the week at that time of day, or of all times where that one is not yet
        known. ``None`` where no half-hour is known whole."""
        zone = ZoneInfo(TIME_ZONE)
        days: dict[tuple[int, int], list[Decimal]] = {}
        for slot, kwh in self._used.items():
            if slot in self._whole and slot < slot_of(now):
                local = slot.astimezone(zone)
                days.setdefault((local.hour, local.minute), []).append(kwh)
        if not days:
            return None
        means = {at: sum(used) / len(used) for at, used in days.items()}
        usual = sum(means.values()) / len(means)

        def mean(slot: datetime) -> Decimal:
            local = slot.astimezone(zone)
            return means.get((local.hour, local.minute), usual).quantize(Decimal("0.001"))

        return [(slot, mean(slot)) for slot in slots]

    def as_dict(self) -> dict[str, Any]:
        """All of it, as it is kept over a restart."""
        return {
            "reading": None if self._reading is None else str(self._reading),
            "used": {slot.isoformat(): str(kwh) for slot, kwh in self._used.items()},
            "whole": [slot.isoformat() for slot in sorted(self._whole)],
        }
