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
from custom_components.kwhen.counter import Counter
from custom_components.kwhen.diagnostics import async_get_config_entry_diagnostics
from homeassistant import config_entries
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component

CODE = "E-1R-AGILE-24-10-01-C"
FETCH = "custom_components.kwhen.coordinator.fetch_rates"
UTC = timezone.utc
FIRST = datetime(2026, 10, 24, 23, tzinfo=UTC)  # midnight in London, an hour before UTC's, on the day of 25 hours
NIGHT = [20, 20, 4, 3, 2, 1, 20, 20] + [30] * 38  # 01:00 to 02:00 comes twice: UTC 00:00, 00:30 and 01:00, 01:30
KEY = "sk_test_do_not_show"
NOW = "binary_sensor.e_1r_agile_24_10_01_c_cheapest_window_now"
METER = {"unit_of_measurement": "kWh", "device_class": "energy", "state_class": "total_increasing"}
BASE = "sensor.e_1r_agile_24_10_01_c_"
PACKAGE = Path(__file__).parents[1] / "custom_components" / "kwhen"


@pytest.fixture(autouse=True)
def _custom(request):
    """The recorder must be there before the core is."""
    for fixture in ("recorder_mock", "enable_custom_integrations"):
        if fixture in request.fixturenames or fixture.startswith("enable"):
            request.getfixturevalue(fixture)


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
    assert [Decimal(price) * 100 for price in seen] == [20, 4, 3, 2, 1, 20]
    state = hass.states.get(BASE + "unit_rate")
    assert state.attributes["unit_of_measurement"] == "GBP/kWh" and state.attributes["minor_per_kwh"] == "20"


async def test_the_energy_dashboard_takes_the_rate_for_pounds(recorder_mock, hass, freezer):
    await set_up(hass, freezer, FIRST + timedelta(minutes=65))  # 4 p/kWh
    hass.states.async_set("sensor.meter", "100", METER)
    flow = {"stat_energy_from": "sensor.meter", "stat_cost": None, "entity_energy_price": BASE + "unit_rate", "number_energy_price": None}
    grid = {"type": "grid", "flow_from": [flow], "flow_to": [], "cost_adjustment_day": 0}
    assert await async_setup_component(hass, "energy", {})
    await (await async_get_manager(hass)).async_update({"energy_sources": [grid]})
    await hass.async_block_till_done()
    hass.states.async_set("sensor.meter", "110", METER)
    await hass.async_block_till_done()
    cost = hass.states.get("sensor.meter_cost")
    assert cost.attributes["unit_of_measurement"] == hass.config.currency and float(cost.state) == pytest.approx(0.4)
    problems = await async_validate(hass)
    assert "entity_unexpected_unit_energy_price" not in str(problems.as_dict())


async def test_the_cheapest_window_lies_over_the_change(hass, freezer):
    await set_up(hass, freezer, FIRST + timedelta(minutes=5))
    window = hass.states.get(BASE + "cheapest_window")
    assert window.state == "2026-10-25T00:00:00+00:00" and window.attributes["average_minor_per_kwh"] == "2.5"
    assert window.attributes["end"] == FIRST + timedelta(hours=3)


def shown(hass):
    state = hass.states.get(BASE + "cheapest_window")
    return state.state[11:16], hass.states.get(NOW).state


async def test_a_window_that_has_begun_is_kept(hass, freezer):
    # Two hours at 20, 4, 3, 2 from 23:30 UTC are the best of the hours that fit before 03:00 here; cheaper ones come to light while it runs.
    series = rates([30, 20, 4, 3, 2, 9] + [30] * 40)
    cheaper = rates([30, 20, 4, 3, 2, 9] + [1] * 40)
    entry = await set_up(hass, freezer, FIRST + timedelta(minutes=5), series)
    assert shown(hass) == ("00:00", "off")  # 4, 3, 2, 9 from 00:00 UTC
    await go_to(hass, freezer, FIRST + timedelta(hours=1), series)
    assert shown(hass) == ("00:00", "on")
    for minutes in (90, 95, 120, 150):
        await go_to(hass, freezer, FIRST + timedelta(minutes=minutes), cheaper)
        assert shown(hass) == ("00:00", "on"), minutes
    # Over a restart of the integration too, and while the service is away.
    with patch(FETCH, return_value=cheaper):
        assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done()
    assert shown(hass) == ("00:00", "on")
    await go_to(hass, freezer, FIRST + timedelta(minutes=179), fetch.FetchError("the service did not answer"))
    assert shown(hass) == ("00:00", "on")
    await go_to(hass, freezer, FIRST + timedelta(minutes=180, seconds=1), cheaper)
    assert shown(hass)[1] == "on" and hass.states.get(BASE + "cheapest_window").state.startswith("2026-10-25T02:00")  # the next: at 1 p, at once


async def test_a_deadline_is_kept_and_one_window_runs_for_it(hass, freezer):
    # Cheapest of all lies after the deadline, 02:15 UTC; before it two hours at best end there, off the half-hour.
    prices = rates([20, 20, 10, 9, 8, 7, 6, 20] + [1] * 38)
    await set_up(hass, freezer, FIRST + timedelta(minutes=5), prices, deadline="02:15:00")
    assert shown(hass) == ("00:15", "off") and hass.states.get(BASE + "cheapest_window").attributes["end"] == FIRST + timedelta(hours=3, minutes=15)
    await go_to(hass, freezer, FIRST + timedelta(hours=1, minutes=14), prices)
    assert shown(hass)[1] == "off"
    await go_to(hass, freezer, FIRST + timedelta(hours=1, minutes=15), prices)
    assert shown(hass) == ("00:15", "on")
    await go_to(hass, freezer, FIRST + timedelta(hours=3, minutes=15), prices)
    # It has run: the next is for the next deadline, among the rates that are known of the day.
    assert shown(hass) == ("03:00", "off")


async def test_one_window_a_deadline_though_it_ended_early(hass, freezer):
    prices = rates([1, 1, 1, 1] + [20] * 42)
    await set_up(hass, freezer, FIRST + timedelta(seconds=1), prices, deadline="12:00:00")
    assert shown(hass)[1] == "on"
    for hours in (3, 5, 8, 11):
        await go_to(hass, freezer, FIRST + timedelta(hours=hours), prices)
        state = hass.states.get(BASE + "cheapest_window").state
        assert shown(hass)[1] == "off" and state >= "2026-10-25T12:00", (hours, state)


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


async def battery(hass, freezer, load, solar=None, **options):
    """The battery's plan at 01:30 for the second time, when the house and the sun have been metered for an hour and a half."""
    start = FIRST + timedelta(minutes=59)
    freezer.move_to(start)
    sun = {} if solar is None else {"solar_entity": "sensor.sun"}
    given = {"battery_kwh": 5, "battery_kw": 2.5, "charge_entity": "sensor.charge", "load_entity": "sensor.house", **sun, **options}
    meters = {"sensor.house": load, **({} if solar is None else {"sensor.sun": solar})}
    for entity in meters:
        hass.states.async_set(entity, "100", METER)
    await set_up(hass, freezer, start, **given)
    assert value(hass, "battery_plan") == "unknown"
    hass.states.async_set("sensor.charge", "10")
    for half_hour in range(3):
        await go_to(hass, freezer, FIRST + timedelta(minutes=60 + 30 * half_hour))
        for entity, kwh in meters.items():
            hass.states.async_set(entity, str(100 + kwh * (half_hour + 1)), METER)
        await hass.async_block_till_done()
    await go_to(hass, freezer, FIRST + timedelta(minutes=150))
    return hass.states.get(BASE + "battery_plan")


async def test_the_battery_covers_what_the_house_really_uses(hass, freezer):
    state = await battery(hass, freezer, load=0.25)
    coordinator = hass.data[DOMAIN][next(iter(hass.data[DOMAIN]))]
    plan = coordinator.battery_plan(FIRST + timedelta(minutes=150))
    assert state.state == "charging" and plan.site._load is not None
    assert {kwh for _, kwh in plan.site._load} == {Decimal("0.25")} and plan.site._solar is None
    # By hand: a stored kWh gives 0.95 kWh that would cost 30 p. 0.5 kWh is there (14.25 p); 1.25 kWh is bought at 1 p and twice at 20 p,
    # of which 0.95 is stored each: 1.1875 x 28.5 - 1.25 = 32.59375 p, and 2.375 x 28.5 - 50 = 17.6875 p.
    assert plan.saving_minor == Decimal("64.53125") and all(slot.export_kwh == 0 for slot in plan.slots)


async def test_with_sun_enough_the_battery_buys_nothing(hass, freezer):
    state = await battery(hass, freezer, load=0.25, solar=2.0)
    coordinator = hass.data[DOMAIN][next(iter(hass.data[DOMAIN]))]
    plan = coordinator.battery_plan(FIRST + timedelta(minutes=150))
    assert {kwh for _, kwh in plan.site._solar} == {Decimal(2)} and sum(slot.import_kwh for slot in plan.slots) == 0
    assert state.state in ("charging", "waiting")


async def test_export_is_paid_for_where_there_is_a_tariff_for_it(hass, freezer):
    coordinator = None
    state = await battery(hass, freezer, load=0.25, export_tariff="E-1R-AGILE-OUTGOING-19-05-13-C", battery_export=True)
    coordinator = hass.data[DOMAIN][next(iter(hass.data[DOMAIN]))]
    plan = coordinator.battery_plan(FIRST + timedelta(minutes=150))
    # The stand-in gives the same rates for both: bought at 1 p, sold at 30 p.
    assert state.state == "charging" and sum(slot.export_kwh for slot in plan.slots) > 0


async def test_a_battery_needs_to_know_the_house(hass, freezer):
    entry = await set_up(hass, freezer, FIRST)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    asked = {"window_minutes": 60, "battery_kwh": 5, "charge_entity": "sensor.charge"}
    refused = await hass.config_entries.options.async_configure(flow["flow_id"], asked)
    assert refused["errors"] == {"base": "battery_needs"}
    refused = await hass.config_entries.options.async_configure(flow["flow_id"], {"window_minutes": 60, "export_tariff": "nonsense"})
    assert refused["errors"] == {"export_tariff": "invalid_tariff"}
    with patch(FETCH, return_value=rates()):
        done = await hass.config_entries.options.async_configure(flow["flow_id"], {**asked, "load_entity": "sensor.house", "deadline": "07:00:00"})
        await hass.async_block_till_done()
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_counters_in_any_unit_and_over_a_restart(hass, freezer):
    freezer.move_to(FIRST)
    counter = Counter()
    for minutes, reading, unit in ((0, "100000", "Wh"), (40, "100500", "Wh"), (70, "0.1010", "MWh"), (75, "101.5", "kWh"), (80, "7", "m³")):
        now = FIRST + timedelta(minutes=minutes)
        freezer.move_to(now)
        hass.states.async_set("sensor.meter", reading, {"unit_of_measurement": unit})
        if minutes in (0, 70):
            counter.tick(hass.states.get("sensor.meter"), now)
        counter.read(hass.states.get("sensor.meter"))
    used = [(FIRST, 0), (FIRST + timedelta(minutes=30), Decimal("0.5")), (FIRST + timedelta(hours=1), 1)]
    again = Counter(json.loads(json.dumps(counter.as_dict())))
    assert counter.since(FIRST) == used == again.since(FIRST)
    # Only what began with a tick and has ended is known whole: the first half-hour, in which nothing was used.
    assert again.expected([FIRST + timedelta(days=1)], FIRST + timedelta(minutes=80)) == [(FIRST + timedelta(days=1), 0)]


async def test_unavailable_when_the_service_is_and_unknown_when_rates_end(hass, freezer):
    entry = await set_up(hass, freezer, FIRST + timedelta(minutes=5))
    await go_to(hass, freezer, FIRST + timedelta(minutes=36), fetch.FetchError("the service did not answer"))
    assert value(hass, "unit_rate") == "unavailable" and value(hass, "cheapest_window") == "unavailable"
    await go_to(hass, freezer, FIRST + timedelta(minutes=70))
    assert Decimal(value(hass, "unit_rate")) == Decimal("0.04")
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
    assert document["options"]["api_key"] == "**REDACTED**" and document["rates"]["now_minor_per_kwh"] == "20"


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
    assert hass.states.get(BASE + "cheapest_window").attributes["average_minor_per_kwh"] == "1.5"


def test_every_language_says_everything():
    def keys(document):
        return {name: keys(part) if isinstance(part, dict) else None for name, part in document.items()}

    expected = keys(json.loads((PACKAGE / "strings.json").read_text()))
    for file in (PACKAGE / "translations").glob("*.json"):
        assert keys(json.loads(file.read_text())) == expected, file.name
