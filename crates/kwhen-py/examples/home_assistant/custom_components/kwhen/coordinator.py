"""What all sensors share: the rates, today's readings, and what the engine makes of them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

import kwhen
from kwhen import fetch

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, State, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_track_state_change_event, async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import (
    CONF_BATTERY_KW,
    CONF_BATTERY_KWH,
    CONF_CHARGE_ENTITY,
    CONF_ENERGY_ENTITY,
    CONF_TARIFF,
    CONF_WINDOW_MINUTES,
    DEFAULT_WINDOW_MINUTES,
    DOMAIN,
    REFRESH,
    TIME_ZONE,
)

_LOGGER = logging.getLogger(__name__)
HALF_HOUR = timedelta(minutes=30)


async def fetch_rates(tariff: str, key: str | None, start: datetime, end: datetime) -> kwhen.RateSeries:
    """The unit rates of a tariff from the service."""
    async with fetch.AsyncClient(key) as client:
        return await client.unit_rates(tariff, start, end)


def slot_of(now: datetime) -> datetime:
    """When the half-hour of an instant starts, in UTC."""
    utc = now.astimezone(timezone.utc)
    return utc.replace(minute=utc.minute // 30 * 30, second=0, microsecond=0)


class KwhenCoordinator(DataUpdateCoordinator[kwhen.RateSeries]):
    """Fetches rates every half-hour, and gathers energy between."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        super().__init__(hass, _LOGGER, name=DOMAIN, update_interval=REFRESH)
        self.entry = entry
        self.options = {**entry.data, **entry.options}
        self._meter: Decimal | None = None
        self._used: dict[datetime, Decimal] = {}

    async def _async_update_data(self) -> kwhen.RateSeries:
        now = dt_util.utcnow()
        start, _ = self.today(now)
        try:
            return await fetch_rates(self.options[CONF_TARIFF], self.options.get(CONF_API_KEY), start - timedelta(days=1), now + timedelta(days=2))
        except fetch.AuthenticationError as error:
            raise ConfigEntryAuthFailed(str(error)) from error
        except kwhen.KwhenError as error:
            raise UpdateFailed(str(error)) from error

    @callback
    def listen(self) -> None:
        """Tells the sensors at every half-hour, and follows the meter."""
        stop: list[CALLBACK_TYPE] = [async_track_utc_time_change(self.hass, self._half_hour, minute=[0, 30], second=0)]
        if meter := self.options.get(CONF_ENERGY_ENTITY):
            self._read(self.hass.states.get(meter))
            stop.append(async_track_state_change_event(self.hass, [meter], self._metered))
        for each in stop:
            self.entry.async_on_unload(each)

    @callback
    def _half_hour(self, _: datetime) -> None:
        self.async_update_listeners()

    @callback
    def _metered(self, event: Event) -> None:
        self._read(event.data.get("new_state"))
        self.async_update_listeners()

    def _read(self, state: State | None) -> None:
        """Adds what the meter has advanced to the half-hour of its reading. A meter that went back was replaced or reset."""
        reading = number(state)
        if state is None or reading is None:
            return
        if self._meter is not None and reading >= self._meter:
            slot = slot_of(state.last_updated)
            self._used[slot] = self._used.get(slot, Decimal(0)) + reading - self._meter
        self._meter = reading
        first, _ = self.today(dt_util.utcnow())
        self._used = {slot: kwh for slot, kwh in self._used.items() if slot >= first}

    def today(self, now: datetime) -> tuple[datetime, datetime]:
        """The local day of an instant: 23, 24 or 25 hours."""
        local = now.astimezone(dt_util.get_time_zone(TIME_ZONE))
        (span, _), *_ = kwhen.local_days(local.date(), time_zone=TIME_ZONE)
        return span.start, span.end

    def rate(self, now: datetime) -> Decimal | None:
        """What is paid for a kWh now, in pence; `None` where no rate is known."""
        return self.data.at(now.replace(microsecond=0))

    def window(self, now: datetime) -> kwhen.Window | None:
        """The cheapest window of those to come whose rates are known."""
        start, end = slot_of(now), self.data.end
        if end is None or end <= start:
            return None
        minutes = int(self.options.get(CONF_WINDOW_MINUTES, DEFAULT_WINDOW_MINUTES))
        return kwhen.cheapest(self.data, minutes, during=(start, end), time_zone=TIME_ZONE).best

    def meter_is_there(self) -> bool:
        """Whether the meter's entity gives a number."""
        return number(self.hass.states.get(self.options[CONF_ENERGY_ENTITY])) is not None

    def bill(self, now: datetime) -> kwhen.Bill | None:
        """Today's energy so far, billed; `None` where nothing was metered yet or nothing of it can be priced."""
        if not self._used:
            return None
        readings = kwhen.Consumption.from_readings(sorted(self._used.items()))
        start, _ = self.today(now)
        try:
            return kwhen.bill(readings, self.data, (start, slot_of(now) + HALF_HOUR), time_zone=TIME_ZONE)
        except kwhen.MissingDataError:
            return None

    def battery_plan(self, now: datetime) -> kwhen.BatteryPlan | None:
        """The battery's plan up to where rates are known; `None` where its charge or the rates are not."""
        share = number(self.hass.states.get(self.options.get(CONF_CHARGE_ENTITY, "")))
        start, end = slot_of(now), self.data.end
        if share is None or end is None or end <= start or self.rate(now) is None:
            return None
        size = Decimal(str(self.options[CONF_BATTERY_KWH]))
        stored = (size * min(max(share, Decimal(0)), Decimal(100)) / 100).quantize(Decimal("0.001"))
        battery = kwhen.Battery(size, str(self.options.get(CONF_BATTERY_KW, 3)))
        load = kwhen.Consumption.constant("0.2", (start, end))
        try:
            site = kwhen.Site(self.data, (start, end), load=load, battery_export=False, time_zone=TIME_ZONE)
            return kwhen.plan_battery(site, battery, kwhen.BatteryRequest(start_kwh=stored))
        except kwhen.MissingDataError:
            return None


def number(state: State | None) -> Decimal | None:
    """The number of a state, if it is one."""
    if state is None or state.state in (STATE_UNKNOWN, STATE_UNAVAILABLE):
        return None
    try:
        value = Decimal(state.state)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
