"""Names."""

from datetime import timedelta

DOMAIN = "kwhen"
CONF_TARIFF = "tariff"
CONF_ENERGY_ENTITY = "energy_entity"
CONF_WINDOW_MINUTES = "window_minutes"
CONF_DEADLINE = "deadline"
CONF_BATTERY_KWH = "battery_kwh"
CONF_BATTERY_KW = "battery_kw"
CONF_BATTERY_EXPORT = "battery_export"
CONF_CHARGE_ENTITY = "charge_entity"
CONF_LOAD_ENTITY = "load_entity"
CONF_SOLAR_ENTITY = "solar_entity"
CONF_EXPORT_TARIFF = "export_tariff"
DEFAULT_WINDOW_MINUTES = 180
REFRESH = timedelta(minutes=30)
HALF_HOUR = timedelta(minutes=30)
TIME_ZONE = "Europe/London"
"""The clock of every tariff and bill in Great Britain, whatever zone the house's Home Assistant shows."""
