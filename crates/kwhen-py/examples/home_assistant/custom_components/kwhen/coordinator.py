"""What all entities share: the rates, the meters' readings, the window in force, and what the engine makes of them."""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import kwhen
from kwhen import fetch

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_track_point_in_utc_time, async_track_state_change_event, async_track_utc_time_change
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import (
    CONF_BATTERY_EXPORT,
    CONF_BATTERY_KW,
    CONF_BATTERY_KWH,
    CONF_CHARGE_ENTITY,
    CONF_DEADLINE,
    CONF_ENERGY_ENTITY,
    CONF_EXPORT_TARIFF,
    CONF_LOAD_ENTITY,
    CONF_SOLAR_ENTITY,
    CONF_TARIFF,
    CONF_WINDOW_MINUTES,
    DEFAULT_WINDOW_MINUTES,
    DOMAIN,
    HALF_HOUR,
    REFRESH,
    TIME_ZONE,
)
from .counter import Counter, number, slot_of

_LOGGER = logging.getLogger(__name__)
COUNTERS = (CONF_ENERGY_ENTITY, CONF_LOAD_ENTITY, CONF_SOLAR_ENTITY)


async def fetch_rates(tariff: str, key: str | None, start: datetime, end: datetime) -> kwhen.RateSeries:
    """The unit rates of a tariff from the service."""
    async with fetch.AsyncClient(key) as client:
        return await client.unit_rates(tariff, start, end)


class KwhenCoordinator(DataUpdateCoordinator[kwhen.RateSeries]):
    """Fetches rates every half-hour, gathers energy between, and keeps to a window that has begun."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        super().__init__(hass, _LOGGER, name=DOMAIN, update_interval=REFRESH)
        self.entry = entry
        self.options = {**entry.data, **entry.options}
        self.export: kwhen.RateSeries | None = None
        self._store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}.{entry.entry_id}")
        self._counters: dict[str, Counter] = {}
        self._held: kwhen.Window | None = None
        self._held_until: datetime | None = None
        """When the deadline of the window in force is."""
        self._done_until: datetime | None = None
        """The deadline of the last window that has run: no other is for it."""
        self._edge: CALLBACK_TYPE | None = None

    async def load(self) -> None:
        """What was kept over a restart: the meters' half-hours, and the window in force if it is of the length that is asked for."""
        saved = await self._store.async_load() or {}
        for option in COUNTERS:
            if entity := self.options.get(option):
                self._counters[option] = Counter(saved.get("counters", {}).get(entity))
        self._done_until = datetime.fromisoformat(saved["done_until"]) if saved.get("done_until") else None
        window = saved.get("window")
        if window and window["minutes"] == self._minutes():
            blocks = tuple(kwhen.Span(*map(datetime.fromisoformat, block)) for block in window["blocks"])
            self._held = kwhen.Window(blocks, window["minutes"], Decimal(window["average_minor_per_kwh"]), len(blocks))
            self._held_until = datetime.fromisoformat(window["until"]) if window["until"] else None

    def _kept(self) -> dict[str, Any]:
        held = self._held
        window = held and {
            "blocks": [[block.start.isoformat(), block.end.isoformat()] for block in held.blocks],
            "minutes": held.duration_minutes,
            "average_minor_per_kwh": str(held.average_minor_per_kwh),
            "until": self._held_until and self._held_until.isoformat(),
        }
        return {
            "counters": {self.options[option]: counter.as_dict() for option, counter in self._counters.items()},
            "window": window,
            "done_until": self._done_until and self._done_until.isoformat(),
        }

    async def save(self) -> None:
        """Keeps it at once."""
        await self._store.async_save(self._kept())

    async def _async_update_data(self) -> kwhen.RateSeries:
        now = dt_util.utcnow().replace(microsecond=0)
        start, _ = self.today(now)
        key, span = self.options.get(CONF_API_KEY), (start - timedelta(days=1), now + timedelta(days=2))
        try:
            rates = await fetch_rates(self.options[CONF_TARIFF], key, *span)
            if tariff := self.options.get(CONF_EXPORT_TARIFF):
                self.export = await fetch_rates(tariff, key, *span)
        except fetch.AuthenticationError as error:
            raise ConfigEntryAuthFailed(str(error)) from error
        except kwhen.KwhenError as error:
            raise UpdateFailed(str(error)) from error
        return rates

    @callback
    def listen(self) -> None:
        """Tells the entities at every half-hour and edge of the window, and follows the meters."""
        stop: list[CALLBACK_TYPE] = [async_track_utc_time_change(self.hass, self._half_hour, minute=[0, 30], second=0), self._unschedule]
        for option, counter in self._counters.items():
            counter.read(self.hass.states.get(self.options[option]))
        followed = [self.options[option] for option in self._counters]
        if followed:
            stop.append(async_track_state_change_event(self.hass, followed, self._metered))
        for each in stop:
            self.entry.async_on_unload(each)

    @callback
    def _half_hour(self, _: datetime) -> None:
        now = dt_util.utcnow()
        for option, counter in self._counters.items():
            counter.tick(self.hass.states.get(self.options[option]), now)
        self.async_update_listeners()
        self._store.async_delay_save(self._kept, 30)

    @callback
    def _metered(self, event: Event) -> None:
        for option, counter in self._counters.items():
            if self.options[option] == event.data.get("entity_id"):
                counter.read(event.data.get("new_state"))
        self.async_update_listeners()

    @callback
    def async_update_listeners(self) -> None:
        """Tells the entities, and comes back when the window begins or ends: with a deadline that may be between half-hours."""
        super().async_update_listeners()
        self._unschedule()
        now = dt_util.utcnow()
        edges = [] if self._held is None else [edge for edge in (self._held.start, self._held.end) if edge > now]
        if edges:
            self._edge = async_track_point_in_utc_time(self.hass, self._at_edge, min(edges))

    @callback
    def _at_edge(self, _: datetime) -> None:
        self._edge = None
        self.async_update_listeners()

    @callback
    def _unschedule(self) -> None:
        if self._edge is not None:
            self._edge()
            self._edge = None

    def today(self, now: datetime) -> tuple[datetime, datetime]:
        """The local day of an instant: 23, 24 or 25 hours."""
        local = now.astimezone(ZoneInfo(TIME_ZONE))
        (span, _), *_ = kwhen.local_days(local.date(), time_zone=TIME_ZONE)
        return span.start, span.end

    def rate(self, now: datetime) -> Decimal | None:
        """What is paid for a kWh now, in pence; `None` where no rate is known."""
        return self.data.at(now.replace(microsecond=0))

    def _minutes(self) -> int:
        return int(self.options.get(CONF_WINDOW_MINUTES, DEFAULT_WINDOW_MINUTES))

    def deadline(self, after: datetime) -> datetime | None:
        """The next time at which the window must have ended, if there is one."""
        said = self.options.get(CONF_DEADLINE)
        if not said:
            return None
        local, at = after.astimezone(ZoneInfo(TIME_ZONE)), time.fromisoformat(said)
        for days in (0, 1):
            found = datetime.combine(local.date() + timedelta(days=days), at, local.tzinfo).astimezone(timezone.utc)
            if found > after:
                return found
        return None

    def window(self, now: datetime) -> kwhen.Window | None:
        """The window in force. One that has begun is kept until it ends. Before that it is the cheapest by the rates that are known.
        Once one has run, the next is for the next deadline."""
        now = now.replace(microsecond=0)
        held = self._held
        if held is not None and held.start <= now:
            if now < held.end:
                return held
            self._done_until = self._held_until
        start = max(now, self._done_until or now)
        found, deadline = self._cheapest(start, held)
        if found != held:
            self._held, self._held_until = found, deadline
            self._store.async_delay_save(self._kept, 5)
        return found

    def _cheapest(self, start: datetime, held: kwhen.Window | None) -> tuple[kwhen.Window | None, datetime | None]:
        known, length, deadline = self.data.end, self._minutes(), self.deadline(start)
        if deadline is not None and deadline - start < timedelta(minutes=length):
            start, deadline = deadline, self.deadline(deadline)
        ends = [end for end in (known, deadline) if end is not None]
        if not ends or min(ends) <= start:
            return None, deadline
        return kwhen.cheapest(self.data, f"{length}m", during=(start, min(ends)), previous=held, time_zone=TIME_ZONE).best, deadline

    def running(self, now: datetime) -> bool:
        """Whether the window in force has begun and not ended, whatever the service says."""
        return self._held is not None and self._held.start <= now < self._held.end

    def meter_is_there(self) -> bool:
        """Whether the meter's entity gives a number."""
        return number(self.hass.states.get(self.options[CONF_ENERGY_ENTITY])) is not None

    def bill(self, now: datetime) -> kwhen.Bill | None:
        """Today's energy so far, billed; `None` where nothing was metered yet or nothing of it can be priced."""
        start, _ = self.today(now)
        used = self._counters[CONF_ENERGY_ENTITY].since(start)
        if not used:
            return None
        try:
            return kwhen.bill(kwhen.Consumption.from_readings(used, slot="30m"), self.data, (start, slot_of(now) + HALF_HOUR), time_zone=TIME_ZONE)
        except kwhen.MissingDataError:
            return None

    def battery_plan(self, now: datetime) -> kwhen.BatteryPlan | None:
        """The battery's plan from now to where rates are known, with the house's load and sun as the week's meters let expect.

        `None` where its charge, the rates, or what the house uses are not known.
        """
        share = number(self.hass.states.get(self.options.get(CONF_CHARGE_ENTITY, "")))
        now, end = now.replace(microsecond=0), self.data.end
        if self.export is not None and self.export.end is not None and end is not None:
            end = min(end, self.export.end)
        if share is None or end is None or end <= now or self.rate(now) is None:
            return None
        expected: dict[str, kwhen.Consumption] = {}
        slots = [slot_of(now) + HALF_HOUR * place for place in range((end - slot_of(now) + HALF_HOUR - timedelta(seconds=1)) // HALF_HOUR)]
        for name, option in (("load", CONF_LOAD_ENTITY), ("solar", CONF_SOLAR_ENTITY)):
            if option in self._counters:
                readings = self._counters[option].expected(slots, now)
                if readings is None:
                    return None
                expected[name] = kwhen.Consumption.from_readings(readings, slot="30m")
        if "load" not in expected:
            return None
        size = Decimal(str(self.options[CONF_BATTERY_KWH]))
        stored = (size * min(max(share, Decimal(0)), Decimal(100)) / 100).quantize(Decimal("0.001"))
        battery = kwhen.Battery(size, str(self.options.get(CONF_BATTERY_KW, 3)))
        gives = bool(self.options.get(CONF_BATTERY_EXPORT, False))
        try:
            site = kwhen.Site(self.data, (now, end), export_rates=self.export, battery_export=gives, time_zone=TIME_ZONE, **expected)
            return kwhen.plan_battery(site, battery, kwhen.BatteryRequest(start_kwh=stored))
        except (kwhen.MissingDataError, kwhen.InfeasibleError):
            return None
