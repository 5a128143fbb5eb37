"""What a report of a fault should hold, and nothing that tells who lives there."""

from __future__ import annotations

from typing import Any

import kwhen

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import KwhenCoordinator


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """The options without the key, the rates' extent, the engine's version."""
    coordinator: KwhenCoordinator = hass.data[DOMAIN][entry.entry_id]
    now = dt_util.utcnow()
    window = coordinator.window(now)
    return {
        "options": async_redact_data(coordinator.options, {CONF_API_KEY}),
        "engine": {"version": kwhen.__version__, "tzdb": kwhen.TZDB_VERSION},
        "rates": {
            "count": len(coordinator.data),
            "start": str(coordinator.data.start),
            "end": str(coordinator.data.end),
            "gaps": [str(gap) for gap in coordinator.data.gaps],
            "notices": list(coordinator.data.notices),
            "now_minor_per_kwh": str(coordinator.rate(now)),
        },
        "window": None if window is None else [str(block) for block in window.blocks],
        "last_update_success": coordinator.last_update_success,
    }
