"""The same digits as the Rust command, from the same files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import kwhen
from conftest import DATA

RATES, LOAD, STANDING = "data/rates.csv", "data/consumption.csv", "data/standing-charges.csv"


@pytest.mark.parametrize("rules", ["exact", "octopus", "octopus-statement", "ladder"])
@pytest.mark.parametrize("by", ["month", "day", "market-day"])
def test_bill(command, consumption, rates, standing, rules, by):
    theirs = command("bill", "--rates", RATES, "--consumption", LOAD, "--standing-charges", STANDING, "--from", "2026-02-01", "--to", "2026-04-01", "--rules", rules, "--by", by)
    ours = kwhen.bill(consumption, rates, (date(2026, 2, 1), date(2026, 4, 1)), standing_charges=standing, rules=rules, by=by).to_dict()
    for name in ("from", "to", "rules", "tzdb", "kwh", "net_minor", "vat_minor", "total_minor", "coverage", "lines", "periods"):
        assert ours[name] == theirs[name], name


@pytest.mark.parametrize("missing", ["previous-week", "profile", "zero"])
def test_bill_with_estimates(command, consumption, rates, missing):
    theirs = command("bill", "--rates", RATES, "--consumption", LOAD, "--from", "2026-01-20", "--to", "2026-02-20", "--missing", missing)
    ours = kwhen.bill(consumption, rates, (date(2026, 1, 20), date(2026, 2, 20)), missing=missing).to_dict()
    assert (ours["total_minor"], ours["estimates"]) == (theirs["total_minor"], theirs["estimates"])


def test_compare(command, consumption, rates, standing):
    theirs = command(
        "compare", "--consumption", LOAD, "--tariff", "data/tariffs/go.toml", "--tariff", "data/tariffs/flat.toml",
        "--tariff", f"{RATES},{STANDING}", "--from", "2025-11-01", "--to", "2026-10-01",
    )
    tariffs = [kwhen.Tariff.from_file(DATA / "tariffs" / name) for name in ("go.toml", "flat.toml")]
    tariffs.append(kwhen.Tariff.from_rates("rates", rates, standing))
    ours = kwhen.compare(consumption, tariffs, (date(2025, 11, 1), date(2026, 10, 1)))
    assert [(row.code, row.total_minor) for row in ours.tariffs] == [(row["code"], Decimal(row["total_minor"])) for row in theirs["tariffs"]]
    assert [(month.label, month.code, str(month.total_minor)) for month in ours.months] == [
        (month["label"], month["code"], month["total_minor"]) for month in theirs["months"]
    ]


def test_cheapest(command, rates):
    theirs = command("cheapest", "--rates", RATES, "--duration", "3h", "--split", "--max-starts", "2", "--min-run", "1h", "--within", "18:00..07:00", "--top", "3", "--from", "2026-03-28", "--to", "2026-03-30")
    ours = kwhen.cheapest(rates, "3h", split=True, max_starts=2, min_run="1h", within="18:00..07:00", top=3, during=(date(2026, 3, 28), date(2026, 3, 30)))
    assert len(ours.windows) == len(theirs["windows"]) == 3
    for mine, other in zip(ours.windows, theirs["windows"]):
        assert str(mine.average_minor_per_kwh) == other["average_minor_per_kwh"]
        assert [block.start.strftime("%FT%TZ") for block in mine.blocks] == [block["from"] for block in other["blocks"]]


def test_charge(command, rates):
    theirs = command("charge", "--rates", RATES, "--kwh", "22", "--kw", "7.4", "--max-starts", "2", "--from", "2026-03-28T18:00", "--by", "07:00")
    ours = kwhen.charge(rates, 22, 7.4, max_starts=2, during=("2026-03-28T18:00", "2026-03-29T07:00"))
    assert (str(ours.cost_minor), ours.starts, str(ours.kwh)) == (theirs["cost_minor"], theirs["starts"], theirs["kwh"])
    assert [str(block.cost_minor) for block in ours.blocks] == [block["cost_minor"] for block in theirs["blocks"]]


BATTERY = ("--rates", RATES, "--export-rates", "data/export-rates.csv", "--load", LOAD, "--solar", "data/solar.csv", "--capacity-kwh", "10", "--kw", "5", "--wear", "1.5")
SUMMER = (date(2026, 7, 1), date(2026, 7, 15))


@pytest.fixture(scope="module")
def site(rates, export_rates, consumption, solar):
    return kwhen.Site(rates, SUMMER, export_rates=export_rates, load=consumption, solar=solar)


def test_battery(command, site):
    theirs = command("battery", *BATTERY, "--from", "2026-07-01", "--to", "2026-07-15", "--start-kwh", "4", "--max-starts", "9", "--explain")
    request = kwhen.BatteryRequest(start_kwh=4, changes_at_most=9)
    ours = kwhen.plan_battery(site, kwhen.Battery(10, 5, wear="1.5"), request)
    document = ours.to_dict()
    for name in ("cost_minor", "grid_minor", "wear_minor", "baseline_minor", "saving_minor", "slots"):
        assert document[name] == theirs[name], name
    assert [reason.text for reason in ours.explain()] == [why["reason"] for why in theirs["reasons"]]


def test_backtest(command, site):
    theirs = command("backtest", *BATTERY, "--from", "2026-07-01", "--to", "2026-07-15")
    ours = kwhen.backtest(site, kwhen.Battery(10, 5, wear="1.5"))
    assert sorted(str(row.cost_minor) for row in ours.strategies) == sorted(row["cost_minor"] for row in theirs["strategies"])
    assert ours["perfect"].share_of_perfect == 1 and ours["no-battery"].saving_minor == 0


def test_backtest_on_the_dearest_ways(command, site):
    theirs = command("backtest", *BATTERY, "--from", "2026-07-01", "--to", "2026-07-15", "--dearest-percent", "20")
    ours = kwhen.backtest(site, kwhen.Battery(10, 5, wear="1.5"), strategies=["expected"], dearest_percent=20)
    costs = {row["name"]: row["cost_minor"] for row in theirs["strategies"]}
    assert [str(row.cost_minor) for row in ours.strategies] == [costs["expected value"], costs["dearest share"]]
    with pytest.raises(kwhen.KwhenError, match="from 1 to 100 %"):
        kwhen.backtest(site, kwhen.Battery(10, 5), dearest_percent=0)
    with pytest.raises(kwhen.KwhenError, match="needs dearest_percent"):
        kwhen.backtest(site, kwhen.Battery(10, 5), strategies=["dearest"])


def test_sweep(command, site):
    theirs = command("backtest", *BATTERY, "--from", "2026-07-01", "--to", "2026-07-15", "--sweep-capacity-kwh", "2,5", "--sweep-kw", "3,5")
    told = []
    ours = kwhen.sweep(site, kwhen.Battery(10, 5, wear="1.5"), capacity_kwh=[2, 5], kw=[3, 5], progress=lambda done, total: told.append((done, total)))
    assert [(str(row.capacity_kwh), str(row.kw), str(row.cost_minor)) for row in ours] == [
        (row["capacity_kwh"], row["kw"], row["cost_minor"]) for row in theirs["sweep"]
    ]
    assert told == [(0, 4), (2, 4), (4, 4)]


def test_many_meters_have_the_digits_of_one(consumption, rates, standing):
    year = (date(2025, 11, 1), date(2026, 11, 1))
    rows = kwhen.batch({"one": consumption, "two": consumption}, rates, year, standing_charges=standing).to_polars()
    single = kwhen.bill(consumption, rates, year, standing_charges=standing, by="month")
    ours = rows.filter(rows["meter"] == "two")
    assert ours["period"].to_list() == [period.label for period in single.periods]
    assert ours["total_minor"].to_list() == [period.total_minor for period in single.periods]


def test_statement_of_one_agreement_is_its_bill(consumption):
    go = kwhen.Tariff.from_file(DATA / "tariffs" / "go.toml")
    agreements = [{"tariff_code": go.code, "valid_from": "2025-11-01T00:00:00Z", "valid_to": None}]
    statement = kwhen.statement([kwhen.Supply("import", consumption, agreements)], [go], "2026-03")
    assert statement.total_minor == kwhen.bill(consumption, go, "2026-03").total_minor
    assert statement.supplies[0].agreements[0].tariff == go.code


def test_reconcile(consumption, tmp_path):
    go = kwhen.Tariff.from_file(DATA / "tariffs" / "go.toml")
    bill = kwhen.bill(consumption, go, "2026-03")
    rows = ["kind,from,to,kwh,amount", f"total,2026-03-01,2026-04-01,,{bill.total_minor.scaleb(-2):.2f}"]
    result = kwhen.reconcile("\n".join(rows), go, consumption, "2026-03")
    assert (result.agreeing, result.differing) == (1, 0) and result.lines[0].kind == "total"
