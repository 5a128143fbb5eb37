"""The home at its best on each tariff."""

from __future__ import annotations

import inspect
import json
from datetime import date
from decimal import Decimal

import pytest

import kwhen
from conftest import DATA, ROOT

FORTNIGHT = (date(2026, 3, 20), date(2026, 4, 3))
FILES = ("go.toml", "flat.toml")


@pytest.fixture(scope="session")
def tariffs(rates, standing) -> list[kwhen.Tariff]:
    named = [kwhen.Tariff.from_file(DATA / "tariffs" / name) for name in FILES]
    return [kwhen.Tariff.from_rates("rates", rates, standing), *named]


@pytest.fixture(scope="session")
def ten() -> kwhen.BatteryDefinition:
    return kwhen.BatteryDefinition.from_file(DATA / "batteries" / "ten.toml")


def test_as_the_command(command, consumption, tariffs, ten):
    theirs = command(
        "compare", "--consumption", "data/consumption.csv", "--tariff", "data/rates.csv,data/standing-charges.csv",
        *(word for name in FILES for word in ("--tariff", f"data/tariffs/{name}")), "--battery", "data/batteries/ten.toml",
        "--from", "2026-03-20", "--to", "2026-04-03", "--now", "E-1R-VAR-22-11-01-C", "--exit-fee", "3", "--resample", "50", "--seed", "7",
        "--size-kwh", "5,10", "--size-price", "2000,3000",
    )  # fmt: skip
    done: list[tuple[int, int]] = []
    ours = kwhen.choose(
        consumption, tariffs, FORTNIGHT, {"Home battery": ten}, now="E-1R-VAR-22-11-01-C", exit_fee=3, resample=50, seed=7,
        size_kwh=[5, 10], size_price=[2000, 3000], progress=lambda ready, of: done.append((ready, of)),
    )  # fmt: skip
    choice = theirs["choice"]
    assert len(ours.offers) == len(choice["offers"]) == 3
    for mine, other in zip(ours.offers, choice["offers"]):
        assert (mine.code, mine.rank) == (other["code"], other["rank"])
        for way in ("used", "foresight", "rolling"):
            cell = getattr(mine, way)
            assert (str(cell.cost_minor), str(cell.kwh)) == (other[way]["cost_minor"], other[way]["kwh"])
            assert [str(month.cost_minor) for month in cell.months] == [month["cost_minor"] for month in other[way]["months"]]
        assert [day.label for day in mine.days] == [day["label"] for day in other["days"]]
    assert str(ours.moving.saves_minor) == choice["move"]["saves_minor"]
    assert ours.moving.exit_fee_minor == 300
    assert str(ours.offers[0].range.p50_minor) == choice["offers"][0]["range"]["p50_minor"]
    assert [str(size.net_present_value_minor) for size in ours.sizes] == [size["net_present_value_minor"] for size in theirs["sizes"]]
    assert ours.notices and {of for _, of in done} == {3}


def test_foresight_alone_and_a_request_of_its_own(consumption, tariffs):
    battery, day = kwhen.Battery(10, 5), (date(2026, 3, 21), date(2026, 3, 22))
    empty = kwhen.choose(consumption, tariffs, day, {"Battery": battery}, foresight=True)
    full = kwhen.choose(consumption, tariffs, day, {"Battery": (battery, kwhen.BatteryRequest(start_kwh=10))}, foresight=True)
    assert empty.ranked_by == full.ranked_by == "foresight"
    assert all(offer.rolling is None for offer in empty.offers)
    assert full.offers[0].chosen.cost_minor < empty.offers[0].chosen.cost_minor
    none = kwhen.choose(consumption, tariffs, day, {}, solar=kwhen.Consumption.constant(1, "2026-03-21"), foresight=True)
    assert none.devices == () and none.offers[0].chosen.kwh < none.offers[0].used.kwh


def test_rates_of_other_years_and_conditions_as_the_command(command, consumption, tariffs, rates, ten):
    theirs = command(
        "compare", "--consumption", "data/consumption.csv", "--tariff", "data/rates.csv,data/standing-charges.csv",
        *(word for name in FILES for word in ("--tariff", f"data/tariffs/{name}")), "--battery", "data/batteries/ten.toml",
        "--from", "2026-03-20", "--to", "2026-04-03", "--foresight", "--scenario", "data/rates.csv", "--scenario-cap", "20", "--at", "2026-04-03",
    )  # fmt: skip
    ask = {"foresight": True, "scenario_cap": 20, "at": date(2026, 4, 3)}
    ours = kwhen.choose(consumption, tariffs, FORTNIGHT, {"Home battery": ten}, scenario=rates, **ask)
    named = kwhen.choose(consumption, tariffs, FORTNIGHT, {"Home battery": ten}, scenario={"rates": rates}, **ask)
    offers = theirs["scenario"]["choice"]["offers"]
    assert ours.scenario is not None and len(offers) == 3
    for mine, same, other in zip(ours.scenario.offers, named.scenario.offers, offers):
        assert (mine.code, str(mine.chosen.cost_minor)) == (other["code"], other["foresight"]["cost_minor"])
        assert mine.chosen == same.chosen
    gone = kwhen.Tariff.define(
        {"code": "GONE", "unit_rate": "1", "sold_until": "2026-01-01", "needs": ["heat-pump"]},
    )
    home = kwhen.choose(consumption, [*tariffs, gone], FORTNIGHT, {"Home battery": ten}, has=[], **{**ask, "scenario_cap": None})
    last = home.offers[-1]
    assert (last.code, last.can_be_had, last.terms.withdrawn, last.terms.lacks) == ("GONE", False, True, ("heat-pump",))
    with pytest.raises(kwhen.WrongTypeError, match="scenario"):
        kwhen.choose(consumption, tariffs, FORTNIGHT, {"Home battery": ten}, scenario=7)


WASHER = """name = "Washer"
[program]
step_minutes = 30
kw = ["2", "0.5"]
[[runs]]
days = ["mon", "thu"]
earliest = "20:00"
latest = "07:00"
"""


def test_appliances_and_things_to_buy_as_the_command(command, consumption, solar, tariffs, ten, tmp_path):
    (tmp_path / "washer.toml").write_text(WASHER)
    (tmp_path / "ten.toml").write_text((DATA / "batteries" / "ten.toml").read_text())
    (tmp_path / "solar.csv").write_text((DATA / "solar.csv").read_text())
    (tmp_path / "buy.toml").write_text(
        '[[options]]\nname = "ten"\nprice = "4000"\nbattery = ["ten.toml"]\n'
        '[[options]]\nname = "half the sun"\nprice = "3000"\nsolar = "solar.csv"\nsolar_times = "0.5"\nyears = 25\nsaves_a_year = "12.5"\n'
    )
    theirs = command(
        "compare", "--consumption", "data/consumption.csv", "--tariff", "data/rates.csv,data/standing-charges.csv",
        *(word for name in FILES for word in ("--tariff", f"data/tariffs/{name}")), "--appliance", str(tmp_path / "washer.toml"),
        "--from", "2026-03-20", "--to", "2026-04-03", "--buy", str(tmp_path / "buy.toml"),
    )  # fmt: skip
    washer = kwhen.ApplianceDefinition.from_file(tmp_path / "washer.toml")
    assert (washer.name, washer.minutes) == ("Washer", 60)
    options = [
        kwhen.BuyOption(name="ten", price=4000, devices={"Home battery": ten}),
        kwhen.BuyOption(name="half the sun", price=3000, solar=solar, solar_times="0.5", years=25, saves_a_year="12.5"),
    ]
    ours = kwhen.choose(consumption, tariffs, FORTNIGHT, {"Washer": washer}, buy=options)
    assert ours.devices == ("Washer",)
    for mine, other in zip(ours.offers, theirs["choice"]["offers"]):
        assert (mine.code, str(mine.chosen.cost_minor)) == (other["code"], other["rolling"]["cost_minor"])
    assert [size.name for size in ours.sizes] == ["ten", "half the sun"]
    for size, same in zip(ours.sizes, theirs["sizes"]):
        assert str(size.net_present_value_minor) == same["net_present_value_minor"]
        assert str(size.cost_minor) == same["cost_minor"] and size.years == same["years"]
    with pytest.raises(kwhen.MissingDataError, match="runs"):
        kwhen.ApplianceDefinition({"program": {"step_minutes": 30, "kw": [1]}})
    with pytest.raises(kwhen.ParseError, match="kws"):
        kwhen.ApplianceDefinition({"program": {"step_minutes": 30, "kws": [1]}})
    with pytest.raises(kwhen.WrongTypeError, match="buy"):
        kwhen.choose(consumption, tariffs, FORTNIGHT, {}, buy=[7])
    with pytest.raises(kwhen.KwhenError, match="other.*Boiler"):
        kwhen.choose(consumption, tariffs, FORTNIGHT, {"Washer": washer}, buy=[kwhen.BuyOption(name="other", price=1, devices={"B": ten}, replaces=("Boiler",))])


def test_a_tank_as_the_command(command, consumption, tariffs, ten):
    theirs = command(
        "compare", "--consumption", "data/consumption.csv", "--tariff", "data/rates.csv,data/standing-charges.csv",
        *(word for name in FILES for word in ("--tariff", f"data/tariffs/{name}")), "--thermal", "data/batteries/cylinder.toml",
        "--battery", "data/batteries/ten.toml", "--from", "2026-03-20", "--to", "2026-04-03",
    )  # fmt: skip
    tank = kwhen.ThermalDefinition.from_file(DATA / "batteries" / "cylinder.toml")
    assert (tank.name, repr(tank)) == ("Cylinder", "<ThermalDefinition Cylinder>")
    ours = kwhen.choose(consumption, tariffs, FORTNIGHT, {"Home battery": ten, "Cylinder": tank})
    assert ours.devices == ("Home battery", "Cylinder")
    for mine, other in zip(ours.offers, theirs["choice"]["offers"]):
        assert (mine.code, str(mine.chosen.cost_minor)) == (other["code"], other["rolling"]["cost_minor"])
        assert str(mine.foresight.cost_minor) == other["foresight"]["cost_minor"]
    with pytest.raises(kwhen.KwhenError, match="noday"):
        kwhen.ThermalDefinition({"capacity_kwh": 9, "kw": [3], "draws": [{"at": "07:00", "kwh": 4, "days": ["noday"]}]})


def test_a_run_that_the_clock_cuts_is_said(consumption, tariffs):
    night = {"program": {"step_minutes": 120, "kw": [1]}, "runs": [{"earliest": "00:30", "latest": "02:30"}]}
    ours = kwhen.choose(consumption, tariffs, ("2026-03-28", "2026-03-30"), {"Washer": kwhen.ApplianceDefinition(night)}, foresight=True)
    assert [notice for notice in ours.notices if "does not run" in notice and "2026-03-29" in notice]


def test_what_cannot_be_asked(consumption, tariffs, ten):
    home = {"Battery": ten}

    def ask(**more):
        return kwhen.choose(consumption, tariffs, FORTNIGHT, home, **more)

    with pytest.raises(kwhen.MissingDataError, match="now.*NONE.*E-1R-GO"):
        ask(now="NONE")
    with pytest.raises(kwhen.MisalignedError, match="2 sizes and size_price 1"):
        ask(size_kwh=[5, 10], size_price=[1])
    with pytest.raises(kwhen.OutOfRangeError, match="resample"):
        ask(resample=9)
    with pytest.raises(kwhen.KwhenError, match="exit_fee"):
        ask(exit_fee=10)
    with pytest.raises(kwhen.WrongTypeError, match="mapping of names"):
        kwhen.choose(consumption, tariffs, FORTNIGHT, [ten])
    with pytest.raises(kwhen.OutOfRangeError, match="size_kwh"):
        ask(size_kwh=[0], size_price=[1])

    def stop(done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ask(foresight=True, progress=stop)


def test_defaults_are_the_commands():
    fields = json.loads((ROOT / "docs" / "schema" / "compare-ask.json").read_text())["properties"]
    ours = inspect.signature(kwhen.choose).parameters
    shared = [name for name, field in fields.items() if "default" in field and name in ours]
    assert {"past_days", "seed", "years", "discount"} <= set(shared)
    for name in shared:
        default, theirs = ours[name].default, fields[name]["default"]
        same = default == theirs if isinstance(default, (str, bool)) else Decimal(default) == Decimal(str(theirs))
        assert same, (name, default, theirs)
