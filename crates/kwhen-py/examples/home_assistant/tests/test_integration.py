"""The integration in the real Home Assistant core, through the night on which clocks go back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import kwhen
import pytest
from kwhen import fetch
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.kwhen.const import DOMAIN
from custom_components.kwhen.diagnostics import async_get_config_entry_diagnostics
from homeassistant import config_entries
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType

CODE = "E-1R-AGILE-24-10-01-C"
FETCH = "custom_components.kwhen.coordinator.fetch_rates"
UTC = timezone.utc
FIRST = datetime(2026, 10, 24, 23, tzinfo=UTC)  # midnight in London, an hour before UTC's, on the day of 25 hours
NIGHT = [20, 20, 4, 3, 2, 1, 20, 20] + [30] * 38  # 01:00 to 02:00 comes twice: UTC 00:00, 00:30 and 01:00, 01:30
KEY = "sk_test_do_not_show"
BASE = "sensor.e_1r_agile_24_10_01_c_"
PACKAGE = Path(__file__).parents[1] / "custom_components" / "kwhen"


@pytest.fixture(autouse=True)
def _custom(enable_custom_integrations):
    yield


@pytest.fixture(autouse=True)
def _service():
    """Rates for every refresh that a test does not mean to see: timers run on the same clock as the test's."""
    with patch(FETCH, return_value=rates()):
        yield


def rates(prices=NIGHT):
    return kwhen.RateSeries.from_rates((FIRST + timedelta(minutes=30 * place), price) for place, price in enumerate(prices))


async def set_up(hass, freezer, at, series=None, **options):
    freezer.move_to(at)
    entry = MockConfigEntry(domain=DOMAIN, data={"tariff": CODE, "api_key": KEY}, options={"window_minutes": 120, **options}, unique_id=CODE)
    entry.add_to_hass(hass)
    with patch(FETCH, return_value=series or rates()):
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
    return entry


async def go_to(hass, freezer, at, outcome=None):
    freezer.move_to(at)
    with patch(FETCH, side_effect=outcome if isinstance(outcome, Exception) else None, return_value=outcome or rates()):
        async_fire_time_changed(hass, at)
        await hass.async_block_till_done()


def value(hass, name):
    return hass.states.get(BASE + name).state


async def test_the_rate_through_the_hour_that_comes_twice(hass, freezer):
    await set_up(hass, freezer, FIRST + timedelta(minutes=55))
    seen = [value(hass, "unit_rate")]
    for half_hours in range(2, 7):
        await go_to(hass, freezer, FIRST + timedelta(minutes=30 * half_hours, seconds=1))
        seen.append(value(hass, "unit_rate"))
    assert [Decimal(price) for price in seen] == [20, 4, 3, 2, 1, 20]


async def test_the_cheapest_window_lies_over_the_change(hass, freezer):
    await set_up(hass, freezer, FIRST + timedelta(minutes=5))
    window = hass.states.get(BASE + "cheapest_window")
    assert window.state == "2026-10-25T00:00:00+00:00" and window.attributes["average_p_per_kwh"] == "2.5"
    assert window.attributes["end"] == FIRST + timedelta(hours=3)


async def test_cost_so_far_is_metered_half_hour_by_half_hour(hass, freezer):
    start = FIRST + timedelta(minutes=50)
    freezer.move_to(start)
    hass.states.async_set("sensor.meter", "100.0")
    await set_up(hass, freezer, start, energy_entity="sensor.meter")
    assert value(hass, "cost_today") == "unknown"  # nothing has been metered since it began
    for minutes, reading in ((65, "100.5"), (100, "101.5"), (130, "103.5"), (160, "107.5")):
        freezer.move_to(FIRST + timedelta(minutes=minutes))
        hass.states.async_set("sensor.meter", reading)
        await hass.async_block_till_done()
    # 0.5 kWh at 4 p, 1 at 3 p, 2 at 2 p, 4 at 1 p: 13 p.
    assert Decimal(value(hass, "cost_today")) == Decimal("0.13")
    hass.states.async_set("sensor.meter", "unavailable")
    await hass.async_block_till_done()
    assert value(hass, "cost_today") == "unavailable" and value(hass, "unit_rate") != "unavailable"


async def test_the_battery_charges_in_the_cheap_hour(hass, freezer):
    hass.states.async_set("sensor.charge", "unknown")
    options = {"battery_kwh": 5, "battery_kw": 2.5, "charge_entity": "sensor.charge"}
    await set_up(hass, freezer, FIRST + timedelta(minutes=152), **options)  # 01:32 for the second time
    assert value(hass, "battery_plan") == "unknown"
    hass.states.async_set("sensor.charge", "10")
    await go_to(hass, freezer, FIRST + timedelta(minutes=153))
    hass.data[DOMAIN][next(iter(hass.data[DOMAIN]))].async_update_listeners()
    await hass.async_block_till_done()
    state = hass.states.get(BASE + "battery_plan")
    # 1.25 kWh in the half-hour at 1 p and 2.5 in the two at 20 p: 13.7 p on average, against 30 p in the day.
    assert state.state == "charging" and "Charge 3.75 kWh 01:30-03:00 at 13.7 p" in state.attributes["reason"]


async def test_unavailable_when_the_service_is_and_unknown_when_rates_end(hass, freezer):
    entry = await set_up(hass, freezer, FIRST + timedelta(minutes=5))
    await go_to(hass, freezer, FIRST + timedelta(minutes=36), fetch.FetchError("the service did not answer"))
    assert value(hass, "unit_rate") == "unavailable" and value(hass, "cheapest_window") == "unavailable"
    await go_to(hass, freezer, FIRST + timedelta(minutes=70))
    assert Decimal(value(hass, "unit_rate")) == 4
    # The same rates after their end: they can be had, and say nothing about now.
    await go_to(hass, freezer, FIRST + timedelta(hours=23, minutes=31))
    assert value(hass, "unit_rate") == "unknown" and value(hass, "cheapest_window") == "unknown"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED and value(hass, "unit_rate") == "unavailable"


async def test_an_entry_waits_for_the_service(hass, freezer):
    freezer.move_to(FIRST)
    entry = MockConfigEntry(domain=DOMAIN, data={"tariff": CODE}, unique_id=CODE)
    entry.add_to_hass(hass)
    with patch(FETCH, side_effect=fetch.FetchError("no connection")):
        await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_diagnostics_keep_the_key(hass, freezer):
    entry = await set_up(hass, freezer, FIRST)
    document = await async_get_config_entry_diagnostics(hass, entry)
    assert KEY not in json.dumps(document) and document["rates"]["count"] == len(NIGHT)
    assert document["options"]["api_key"] == "**REDACTED**" and document["rates"]["now_p_per_kwh"] == "20"


@pytest.mark.parametrize(
    ("outcome", "errors"),
    [
        (fetch.AuthenticationError("no"), {"base": "invalid_auth"}),
        (fetch.FetchError("no"), {"base": "cannot_connect"}),
        (fetch.NotFoundError("no"), {"tariff": "unknown_tariff"}),
        (kwhen.MissingDataError("no"), {"tariff": "no_rates"}),
    ],
)
async def test_the_form_says_what_is_wrong_and_goes_on(hass, freezer, outcome, errors):
    freezer.move_to(FIRST)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": config_entries.SOURCE_USER})
    assert flow["type"] is FlowResultType.FORM
    with patch(FETCH, side_effect=outcome):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"tariff": CODE})
    assert flow["errors"] == errors
    with patch(FETCH, return_value=rates()):
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"tariff": f" {CODE.lower()} "})
        await hass.async_block_till_done()
    assert flow["type"] is FlowResultType.CREATE_ENTRY and flow["data"]["tariff"] == CODE


async def test_a_code_that_is_none_and_one_that_is_there(hass, freezer):
    await set_up(hass, freezer, FIRST)
    for tariff, outcome in (("nonsense", {"tariff": "invalid_tariff"}), (CODE, "already_configured")):
        flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": config_entries.SOURCE_USER})
        flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"tariff": tariff})
        assert (flow.get("errors") or flow.get("reason")) == outcome


async def test_options(hass, freezer):
    entry = await set_up(hass, freezer, FIRST)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    with patch(FETCH, return_value=rates()):
        done = await hass.config_entries.options.async_configure(flow["flow_id"], {"window_minutes": 60})
        await hass.async_block_till_done()
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert hass.states.get(BASE + "cheapest_window").attributes["average_p_per_kwh"] == "1.5"


def test_every_language_says_everything():
    def keys(document):
        return {name: keys(part) if isinstance(part, dict) else None for name, part in document.items()}

    expected = keys(json.loads((PACKAGE / "strings.json").read_text()))
    for file in (PACKAGE / "translations").glob("*.json"):
        assert keys(json.loads(file.read_text())) == expected, file.name
