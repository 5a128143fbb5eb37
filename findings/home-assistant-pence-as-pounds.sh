#!/usr/bin/env bash
# Home Assistant 2024.3.3 (PyPI) takes a price of 25 p/kWh for 25 pounds a kWh in its energy dashboard, and its check finds no fault.
#
# The dashboard multiplies energy by the number of a price entity and calls the product the house's currency. Its check of units
# looks only at how the unit ends: "/kWh" is enough, so "p/kWh", "ct/kWh" and "öre/kWh", which tariffs are published in, pass.
# Expected: 10 kWh at 25 p cost 2.50 GBP, or a warning that the unit is not the currency's. Seen: 250 GBP, and no word.
# (The newest series that runs on Python 3.11; needs 3.11 or 3.12.)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pytest-homeassistant-custom-component==0.13.109 fnv-hash-fast==0.5.0 psutil-home-assistant==0.0.1
mkdir "$work/tests"
cat > "$work/tests/test_price.py" <<'PY'
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.const import __version__
from homeassistant.setup import async_setup_component

METER = {"unit_of_measurement": "kWh", "device_class": "energy", "state_class": "total_increasing"}


async def test_price(recorder_mock, hass):
    hass.config.currency = "GBP"
    hass.states.async_set("sensor.price", "25", {"unit_of_measurement": "p/kWh", "state_class": "measurement"})
    hass.states.async_set("sensor.meter", "100", METER)
    flow = {"stat_energy_from": "sensor.meter", "stat_cost": None, "entity_energy_price": "sensor.price", "number_energy_price": None}
    assert await async_setup_component(hass, "energy", {})
    source = {"type": "grid", "flow_from": [flow], "flow_to": [], "cost_adjustment_day": 0}
    await (await async_get_manager(hass)).async_update({"energy_sources": [source]})
    await hass.async_block_till_done()
    hass.states.async_set("sensor.meter", "110", METER)
    await hass.async_block_till_done()
    cost = hass.states.get("sensor.meter_cost")
    complaint = "price" in str((await async_validate(hass)).as_dict()).replace("sensor.price", "")
    print(f"Home Assistant {__version__}: 10 kWh at 25 p/kWh cost {cost.state} {cost.attributes['unit_of_measurement']}; complaint about the price: {complaint}")
    assert (float(cost.state), complaint) == (250.0, False), "the behaviour has changed"
PY
cd "$work/tests"
"$work/venv/bin/python" -m pytest -q -p no:cacheprovider -o asyncio_mode=auto --show-capture=no -s 2>/dev/null | grep -E "Home Assistant|passed|failed|Error"
