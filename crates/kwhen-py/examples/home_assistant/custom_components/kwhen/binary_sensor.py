"""Whether it is time: on while the cheapest window runs."""

from __future__ import annotations

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import KwhenEntity


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry, add: AddEntitiesCallback) -> None:
    """Adds the one binary sensor."""
    add([WindowNow(hass.data[DOMAIN][entry.entry_id], "window_now")])


class WindowNow(KwhenEntity, BinarySensorEntity):
    """On from the start of the cheapest window to its end. It stays on though the service goes away meanwhile."""

    @property
    def available(self) -> bool:
        """While the window runs, or rates can be had."""
        return super().available or self.coordinator.running(dt_util.utcnow())

    @property
    def is_on(self) -> bool:
        """Whether the window in force has begun and not ended."""
        now = dt_util.utcnow()
        window = self.coordinator.window(now)
        return window is not None and window.start <= now < window.end
