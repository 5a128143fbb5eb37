"""Sensors. *Unavailable*: what they rest on cannot be had. *Unknown*: it can, and says nothing about now."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import CONF_BATTERY_KWH, CONF_ENERGY_ENTITY, DOMAIN
from .coordinator import KwhenCoordinator
from .entity import KwhenEntity


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry, add: AddEntitiesCallback) -> None:
    """Adds the sensors that the entry's options call for."""
    coordinator: KwhenCoordinator = hass.data[DOMAIN][entry.entry_id]
    sensors: list[KwhenSensor] = [RateSensor(coordinator, "rate"), WindowSensor(coordinator, "window")]
    if coordinator.options.get(CONF_ENERGY_ENTITY):
        sensors.append(CostSensor(coordinator, "cost"))
    if coordinator.options.get(CONF_BATTERY_KWH):
        sensors.append(BatterySensor(coordinator, "battery"))
    add(sensors)


class KwhenSensor(KwhenEntity, SensorEntity):
    """A sensor of the tariff."""


class RateSensor(KwhenSensor):
    """What is paid for a kWh now, in pounds: the energy dashboard takes a price in the currency, and would take pence for pounds."""

    _attr_native_unit_of_measurement = "GBP/kWh"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 4

    @property
    def native_value(self) -> Decimal | None:
        """The rate in force; unknown where none is known at this moment."""
        pence = self.coordinator.rate(dt_util.utcnow())
        return None if pence is None else pence / 100

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """The same in pence."""
        pence = self.coordinator.rate(dt_util.utcnow())
        return {} if pence is None else {"minor_per_kwh": str(pence)}


class WindowSensor(KwhenSensor):
    """When the cheapest window starts, or has started."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    @property
    def available(self) -> bool:
        """While it runs, or rates can be had."""
        return super().available or self.coordinator.running(dt_util.utcnow())

    @property
    def native_value(self) -> datetime | None:
        """Its start; unknown where the known rates hold no such window."""
        window = self.coordinator.window(dt_util.utcnow())
        return None if window is None else window.start

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Its end and average rate."""
        window = self.coordinator.window(dt_util.utcnow())
        if window is None:
            return {}
        return {"end": window.end, "average_minor_per_kwh": str(window.average_minor_per_kwh)}


class CostSensor(KwhenSensor):
    """What today's energy has cost so far."""

    _attr_device_class = SensorDeviceClass.MONETARY
    _attr_native_unit_of_measurement = "GBP"
    _attr_state_class = SensorStateClass.TOTAL
    _attr_suggested_display_precision = 2

    @property
    def available(self) -> bool:
        """Not without the meter."""
        return super().available and self.coordinator.meter_is_there()

    @property
    def native_value(self) -> Decimal | None:
        """Pounds; unknown until something was metered and can be priced."""
        bill = self.coordinator.bill(dt_util.utcnow())
        return None if bill is None else bill.total_pounds

    @property
    def last_reset(self) -> datetime:
        """Local midnight."""
        return self.coordinator.today(dt_util.utcnow())[0]


class BatterySensor(KwhenSensor):
    """What the battery should do now."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = ["charging", "discharging", "waiting"]

    @property
    def native_value(self) -> str | None:
        """What the plan does now; unknown where the battery's charge is, or no rate is known."""
        plan = self.coordinator.battery_plan(dt_util.utcnow())
        reason = None if plan is None else plan.explain()[0]
        return None if reason is None else reason.doing

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Why, until when, what a stored kWh is worth, and what load and sun it counts with for the rest of the half-hour."""
        plan = self.coordinator.battery_plan(dt_util.utcnow())
        if plan is None:
            return {}
        reason, slot = plan.explain()[0], plan.slots[0]
        return {
            "reason": reason.text,
            "until": reason.end,
            "stored_kwh_at_end_of_slot": str(slot.stored_kwh),
            "value_minor_per_kwh": None if slot.value_minor_per_kwh is None else str(slot.value_minor_per_kwh),
        }
