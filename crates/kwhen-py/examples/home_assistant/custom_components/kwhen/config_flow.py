"""Setting an entry up from the user interface."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import kwhen
import voluptuous as vol
from kwhen import fetch

from homeassistant.config_entries import ConfigEntry, ConfigFlow, OptionsFlow
from homeassistant.const import CONF_API_KEY
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResult
from homeassistant.helpers import selector
from homeassistant.util import dt as dt_util

from . import coordinator
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
)

USER = vol.Schema({vol.Required(CONF_TARIFF): str, vol.Optional(CONF_API_KEY): str})


def _options(now: dict[str, Any]) -> vol.Schema:
    def said(name: str) -> dict[str, Any]:
        return {"description": {"suggested_value": now.get(name)}}

    sensors = selector.EntitySelector(selector.EntitySelectorConfig(domain="sensor"))
    size = selector.NumberSelector(selector.NumberSelectorConfig(min=0, max=1000, step="any", mode=selector.NumberSelectorMode.BOX))
    minutes = selector.NumberSelector(selector.NumberSelectorConfig(min=30, max=1440, step=30, mode=selector.NumberSelectorMode.BOX))
    return vol.Schema(
        {
            vol.Required(CONF_WINDOW_MINUTES, default=now.get(CONF_WINDOW_MINUTES, DEFAULT_WINDOW_MINUTES)): minutes,
            vol.Optional(CONF_DEADLINE, **said(CONF_DEADLINE)): selector.TimeSelector(),
            vol.Optional(CONF_ENERGY_ENTITY, **said(CONF_ENERGY_ENTITY)): sensors,
            vol.Optional(CONF_BATTERY_KWH, **said(CONF_BATTERY_KWH)): size,
            vol.Optional(CONF_BATTERY_KW, **said(CONF_BATTERY_KW)): size,
            vol.Optional(CONF_CHARGE_ENTITY, **said(CONF_CHARGE_ENTITY)): sensors,
            vol.Optional(CONF_LOAD_ENTITY, **said(CONF_LOAD_ENTITY)): sensors,
            vol.Optional(CONF_SOLAR_ENTITY, **said(CONF_SOLAR_ENTITY)): sensors,
            vol.Optional(CONF_EXPORT_TARIFF, **said(CONF_EXPORT_TARIFF)): selector.TextSelector(),
            vol.Optional(CONF_BATTERY_EXPORT, **said(CONF_BATTERY_EXPORT)): selector.BooleanSelector(),
        }
    )


class KwhenConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for a tariff code, and tries it."""

    VERSION = 1

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> FlowResult:
        """The one step."""
        errors: dict[str, str] = {}
        if user_input is not None:
            code = user_input[CONF_TARIFF].strip().upper()
            await self.async_set_unique_id(code)
            self._abort_if_unique_id_configured()
            now = dt_util.utcnow().replace(microsecond=0)
            try:
                kwhen.explain_code(code)
                await coordinator.fetch_rates(code, user_input.get(CONF_API_KEY), now - timedelta(hours=1), now + timedelta(hours=1))
            except fetch.AuthenticationError:
                errors["base"] = "invalid_auth"
            except fetch.NotFoundError:
                errors[CONF_TARIFF] = "unknown_tariff"
            except kwhen.FetchError:
                errors["base"] = "cannot_connect"
            except kwhen.InputError:
                errors[CONF_TARIFF] = "invalid_tariff"
            except kwhen.MissingDataError:
                errors[CONF_TARIFF] = "no_rates"
            else:
                return self.async_create_entry(title=code, data={**user_input, CONF_TARIFF: code})
        return self.async_show_form(step_id="user", data_schema=self.add_suggested_values_to_schema(USER, user_input), errors=errors)

    @staticmethod
    @callback
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """The options: window, meters, battery."""
        return KwhenOptionsFlow(config_entry)


class KwhenOptionsFlow(OptionsFlow):
    """Window, meters, battery."""

    def __init__(self, entry: ConfigEntry) -> None:
        self._entry = entry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> FlowResult:
        """The one step."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if not _is_code(user_input.get(CONF_EXPORT_TARIFF)):
                errors[CONF_EXPORT_TARIFF] = "invalid_tariff"
            elif user_input.get(CONF_BATTERY_KWH) and not (user_input.get(CONF_CHARGE_ENTITY) and user_input.get(CONF_LOAD_ENTITY)):
                errors["base"] = "battery_needs"
            else:
                return self.async_create_entry(title="", data=user_input)
        return self.async_show_form(step_id="init", data_schema=_options(user_input or dict(self._entry.options)), errors=errors)


def _is_code(code: str | None) -> bool:
    try:
        return not code or bool(kwhen.explain_code(code).product)
    except kwhen.InputError:
        return False
