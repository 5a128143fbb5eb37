"""What all entities have in common."""

from __future__ import annotations

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import CONF_TARIFF, DOMAIN
from .coordinator import KwhenCoordinator


class KwhenEntity(CoordinatorEntity[KwhenCoordinator]):
    """An entity of the tariff's device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: KwhenCoordinator, key: str) -> None:
        super().__init__(coordinator)
        self._attr_translation_key = key
        self._attr_unique_id = f"{coordinator.entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, coordinator.entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=coordinator.options[CONF_TARIFF],
            manufacturer="kwhen",
        )
