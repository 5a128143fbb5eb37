"""A thing has one name: what Python calls it is what the command's flags and the definitions' keys call it."""

import inspect
import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest

import kwhen

DOCS = Path(__file__).parents[3] / "docs"

# What only Python says, and why.
OWN = {
    "request": "what is asked of a battery, beside the battery",
    "site": "rates, load and sun together",
    "devices": "a mapping of names to what is a repeated flag --battery",
    "sites": "several of them by name",
    "meters": "tables in memory, not a file",
    "supplies": "tables in memory, not an account's file",
    "tariffs": "a list of what is a repeated flag --tariff",
    "export_tariffs": "a list of what is a repeated flag --export-tariff",
    "gas": "gas_unit and calorific_value together",
    "levies": "rates a kWh beside the unit rate, which a tariff's file says",
    "slots": "a duration in whole slots",
    "rates_in": "prices of one's own in spans",
    "unpublished": "what is assumed of rates that are not known yet",
    "curtailment": "the positive of --no-curtailment",
    "grid_charging": "the positive of --no-grid-charging",
    "battery_export": "the positive of --no-battery-export",
    "carbon_minor_per_kwh": "prices already, where the command takes intensities and carbon_price",
    "strategies": "which of them; the command shows all",
    "look_ahead_slots": "how far a rolling plan looks",
    "progress": "a function to call",
    "other_prices": "tariffs by what they are, which the command finds in its files and its store",
    "replaced": "readings as they were at first, which the store notes",
    "store_kw": "store_charge_kw and store_discharge_kw together",
    "levels_at_least": "rows of levels with at_least_kwh",
    "levels_at_most": "rows of levels with at_most_kwh",
    "soft_levels": "rows of levels with a price",
}


def words() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` ", (DOCS / "words.md").read_text(), re.MULTILINE))


def keys() -> set[str]:
    """The keys of battery definitions; one inside a table goes with the table's name in front."""
    text = "\n".join(re.findall(r"^\|.*", (DOCS / "battery-files.md").read_text(), re.MULTILINE))
    found = {key for shown in re.findall(r"`([^`]+)`", text) for key in re.findall(r"[a-z_]+", shown)}
    tables = {"charge", "discharge", "end", "changes", "inverter"}
    return found | {f"{table}_{key}" for table in tables for key in found}


# The fields of a thing to buy, which a file says to the command.
BOUGHT = {"name", "price", "devices", "solar", "solar_times", "replaces", "saves_a_year", "years"}

CALLS = [
    kwhen.audit,
    kwhen.bill,
    kwhen.compare,
    kwhen.choose,
    kwhen.reconcile,
    kwhen.statement,
    kwhen.batch,
    kwhen.WindowSearch,
    kwhen.ChargeRequest,
    kwhen.Site,
    kwhen.backtest,
    kwhen.sweep,
]
RECORDS = [kwhen.Battery, kwhen.BatteryRequest]


@pytest.mark.parametrize("call", [*CALLS, *RECORDS], ids=lambda call: call.__name__)
def test_a_keyword_is_a_word(call):
    names = call._fields if call in RECORDS else list(inspect.signature(call).parameters)
    known = words() | keys() | set(OWN)
    assert [name for name in names if name not in known] == []


def test_what_is_bought_is_named_as_in_the_file():
    assert set(kwhen.BuyOption._fields) == BOUGHT
    text = (DOCS / "choice.md").read_text()
    assert all(f"{name} = " in text for name in BOUGHT - {"devices"})


def test_no_word_of_pythons_own_is_the_commands_too():
    assert sorted(set(OWN) & words()) == []


def test_an_unknown_keyword_names_the_nearest():
    with pytest.raises(TypeError, match="did you mean 'wear'"):
        kwhen.Battery(10, 5, waer=1)
    with pytest.raises(TypeError, match="did you mean 'capacity_kwh'"):
        kwhen.Battery(kw=5, capacity=10)
    with pytest.raises(TypeError, match="did you mean 'price_cap'"):
        kwhen.cheapest(kwhen.RateSeries.flat(20), "1h", prize_cap=3)
    with pytest.raises(TypeError, match="did you mean 'standing_charges'"):
        kwhen.bill(kwhen.Consumption.constant("0.5", "2026-03-29"), 21, "2026-03-29", standing_charge=40)


ASKS = {
    "audit": kwhen.audit,
    "bill": kwhen.bill,
    "compare": kwhen.compare,
    "reconcile": kwhen.reconcile,
    "batch": kwhen.batch,
    "cheapest": kwhen.WindowSearch,
    "charge": kwhen.ChargeRequest,
    "backtest": kwhen.backtest,
}


def plain(value):
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


@pytest.mark.parametrize("ask", ASKS)
def test_a_default_is_the_commands(ask):
    fields = json.loads((DOCS / "schema" / f"{ask}-ask.json").read_text())["properties"]
    theirs = {name: field["default"] for name, field in fields.items() if "default" in field}
    if ask == "backtest":
        parameters = {name: kwhen.Battery._defaults.get(name, kwhen.BatteryRequest._defaults.get(name)) for name in theirs}
        parameters = {name: value for name, value in parameters.items() if value is not None}
        parameters |= {name: one.default for name, one in inspect.signature(kwhen.backtest).parameters.items()}
    else:
        parameters = {name: one.default for name, one in inspect.signature(ASKS[ask]).parameters.items()}
    # Without `slot` a plan's slots are half-hours in Python too, or shorter where a price changes within one.
    both = [name for name in theirs if name in parameters and not (name == "slot" and parameters[name] is None)]
    assert both, "no default is shared"
    assert {name: plain(parameters[name]) for name in both} == {name: plain(theirs[name]) for name in both}
