"""Registers, gas, account exports, meter points, batteries from files, plans by others, tables of many meters."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

import kwhen
from conftest import DATA, ROOT, half_hours, utc

READINGS = "register,at,reading\nday,2026-07-01,100\nnight,2026-07-01,200\nday,2026-08-01,200\nnight,2026-08-01,260\n"


def test_registers_are_billed_at_the_bands_of_their_names(command, tmp_path):
    tariff = kwhen.Tariff.from_file(DATA / "tariffs" / "economy-7.toml")
    registers = kwhen.RegisterReadings(READINGS)
    assert [(part.register, part.counted) for part in registers.advances] == [("day", 100), ("night", 60)]
    bill = kwhen.bill(registers, tariff, "2026-07")
    assert bill.kwh == 160
    (tmp_path / "registers.csv").write_text(READINGS)
    theirs = command("bill", "--registers", tmp_path / "registers.csv", "--tariff", "data/tariffs/economy-7.toml", "--from", "2026-07-01", "--to", "2026-08-01")
    assert bill.to_dict() == theirs
    rows = [{"register": "day", "at": datetime(2026, 7, 1), "reading": 1}]
    with pytest.raises(kwhen.NaiveDatetimeError):
        kwhen.RegisterReadings(rows)
    with pytest.raises(kwhen.ParseError, match="tariff"):
        kwhen.bill(registers, 20, "2026-07")


def test_gas_becomes_kwh_by_the_days_calorific_value():
    # 10 m3 x 1.02264 x 36 / 3.6 = 102.264 kWh, at 5 p: 511.32 p with VAT in it.
    tariff = kwhen.Tariff.define({"code": "GAS", "fuel": "gas", "unit_rate": "5", "vat": "inclusive"})
    agreements = [{"tariff_code": "GAS", "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}]
    metered = kwhen.Consumption.from_readings([(utc(2026, 1, 10), 10)])
    daily = [{"date": "2026-01-10", "calorific_value": "36"}]
    span = (utc(2026, 1, 10), utc(2026, 1, 10, 0, 30))
    for gas in (kwhen.Gas(calorific_value=36), kwhen.Gas(calorific_values=daily), kwhen.Gas(calorific_values=daily, mean_places=1)):
        found = kwhen.statement([kwhen.Supply("gas", metered, agreements, gas)], [tariff], span)
        assert found.supplies[0].agreements[0].kwh == Decimal("102.264") and found.total_minor == Decimal("511.32")
    rounded = kwhen.statement([kwhen.Supply("gas", metered, agreements, kwhen.Gas(calorific_value=36, kwh_places=1))], [tariff], span)
    assert rounded.supplies[0].agreements[0].kwh == Decimal("102.3")
    counter = kwhen.RegisterReadings("register,at,reading\n1,2026-01-01,0\n1,2026-02-01,10\n")
    bill = kwhen.bill(counter, tariff, "2026-01", gas=kwhen.Gas(calorific_value=36))
    assert bill.kwh == Decimal("102.264") and bill.total_minor == Decimal("511.32")
    supplied = kwhen.statement([kwhen.Supply("gas", counter, agreements, kwhen.Gas(calorific_value=36))], [tariff], "2026-01")
    assert supplied.total_minor == Decimal("511.32")
    by_slot = kwhen.bill(metered, tariff, span, gas=kwhen.Gas(calorific_value=36))
    assert by_slot.kwh == Decimal("102.264")
    other = kwhen.Tariff.define({"code": "OTHER", "fuel": "gas", "unit_rate": "6", "vat": "inclusive"})
    compared = kwhen.compare(metered, [tariff, other], span, gas=kwhen.Gas(calorific_value=36))
    assert [found.total_minor for found in compared.tariffs] == [Decimal("511.32"), Decimal("613.584")]


def test_gas_without_what_its_readings_count_is_never_priced():
    tariff = kwhen.Tariff.define({"code": "GAS", "fuel": "gas", "unit_rate": "5", "vat": "inclusive"})
    metered = kwhen.Consumption.from_readings([(utc(2026, 1, 10), 10)])
    counter = kwhen.RegisterReadings("register,at,reading\n1,2026-01-01,0\n1,2026-02-01,10\n")
    agreements = [{"tariff_code": "GAS", "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}]
    span = (utc(2026, 1, 10), utc(2026, 1, 10, 0, 30))
    for price in (
        lambda: kwhen.bill(metered, tariff, span),
        lambda: kwhen.bill(counter, tariff, "2026-01"),
        lambda: kwhen.compare(metered, [tariff], span),
        lambda: kwhen.statement([kwhen.Supply("gas", metered, agreements)], [tariff], span),
        lambda: kwhen.reconcile("kind,amount_minor\ntotal,1\n", tariff, metered, span),
        lambda: kwhen.bill(metered, 5, span, fuel="gas"),
    ):
        with pytest.raises(kwhen.KwhenError, match="what its readings count"):
            price()
    with pytest.raises(kwhen.KwhenError, match="need a calorific value"):
        kwhen.bill(metered, tariff, span, gas=kwhen.Gas())


def test_a_tariff_that_names_no_clock_goes_by_the_one_it_is_used_with():
    # 18:00 in Sydney in January is 07:00 UTC.
    bands = [{"name": "evening", "from": "18:00", "to": "20:00", "rate": "15"}, {"name": "rest", "from": "20:00", "to": "18:00", "rate": "30"}]
    metered = kwhen.Consumption.from_readings([(utc(2026, 1, 10, 7), 1)])
    span = (utc(2026, 1, 10, 7), utc(2026, 1, 10, 7, 30))
    tariff = kwhen.Tariff.define({"code": "AU", "tax": "none", "bands": bands})
    assert kwhen.bill(metered, tariff, span, time_zone="Australia/Sydney").net_minor == 15
    assert kwhen.bill(metered, tariff, span).net_minor == 30
    assert kwhen.compare(metered, [tariff], span, time_zone="Australia/Sydney").tariffs[0].net_minor == 15
    named = kwhen.Tariff.define({"code": "AU", "tax": "none", "time_zone": "Australia/Sydney", "bands": bands})
    assert kwhen.bill(metered, named, span).net_minor == 15


def test_exports_for_accounts(consumption):
    bill = kwhen.bill(consumption, kwhen.Tariff.from_file(DATA / "tariffs" / "go.toml"), "2026-03")
    charge = bill.to_supply_charge("T-1", "GO-VAR-22-10-14", reference="R", note="March")
    assert charge["type"] == "SUPPLY_CHARGE" and charge["amount"] == round(bill.total_pounds, 2)
    assert sum(item["net_amount"] for item in charge["line_items"]) == bill.net_minor.scaleb(-2)
    for program in ("hledger", "beancount"):
        entry = bill.to_journal(program, payee="Supplier", energy="Expenses:Power")
        amounts = [Decimal(line.split()[-2]) if program == "beancount" else Decimal(line.split()[-1].replace("£", "").replace("GBP", "")) for line in entry.splitlines()[1:] if line.strip()]
        assert "2026-03-31" in entry and "Expenses:Power" in entry and sum(amounts) == 0
    with pytest.raises(kwhen.ParseError, match="hledger"):
        bill.to_journal("excel")
    earned = bill.to_journal("hledger", direction="export")
    assert "Income:Electricity:Export" in earned and "Expenses:Electricity:Energy" in bill.to_journal("hledger")
    with pytest.raises(kwhen.ParseError, match="sideways"):
        bill.to_journal("hledger", direction="sideways")
    assert len(bill.lines_csv().splitlines()) == len(bill.lines) + 1


def test_meter_points():
    point = kwhen.explain_meter_point("20 0002 4512 368")
    assert (point.kind, point.fuel, point.region, point.valid, point.warning) == ("mpan", "electricity", "H", True, None)
    wrong = kwhen.explain_meter_point("2000024512369")
    assert not wrong.valid and "mistyped" in str(wrong.warning)
    assert kwhen.explain_meter_point("1234567").kind == "mprn"
    with pytest.raises(kwhen.ParseError):
        kwhen.explain_meter_point("12")


def test_the_agile_formula_and_back():
    agile, at = kwhen.AgileFormula("AGILE-24-10-01", "C"), utc(2026, 1, 10, 17)
    price = agile.price("7.25", at)
    found = agile.wholesale(price.minor_per_kwh, at)
    assert price.peak and not price.capped and found.least <= Decimal("7.25") <= found.greatest
    assert agile.price(200, at).minor_per_kwh == agile.cap and agile.price(200, at).capped
    with pytest.raises(kwhen.NaiveDatetimeError):
        agile.wholesale(10, datetime(2026, 1, 1))


def test_a_comparison_is_projected(consumption):
    tariffs = [kwhen.Tariff.from_file(DATA / "tariffs" / name) for name in ("go.toml", "flat.toml")]
    found = kwhen.compare(consumption, tariffs, "2026-03", project_to=(date(2026, 3, 1), date(2026, 5, 1)))
    assert len(found.projections) == 2 and found.projections[0].total_minor > found.tariffs[0].total_minor
    assert kwhen.compare(consumption, tariffs, "2026-03").projections == ()


def test_a_battery_from_a_file_is_the_one_of_the_command(command, rates, consumption):
    period = (date(2026, 10, 14), date(2026, 10, 16))
    site = kwhen.Site(rates, period, load=consumption)
    battery = kwhen.BatteryDefinition.from_file(DATA / "batteries" / "home.toml")
    plan = kwhen.plan_battery(site, battery)
    theirs = command("battery", "--battery", "data/batteries/home.toml", "--rates", "data/rates.csv", "--load", "data/consumption.csv", "--from", "2026-10-14", "--to", "2026-10-16")
    assert plan.to_dict()["cost_minor"] == theirs["cost_minor"] and plan.to_dict()["slots"] == theirs["slots"]
    assert battery.capacity_kwh > 0 and repr(battery).startswith("<BatteryDefinition")
    # What is shown as stored is rounded to 10⁻⁸ kWh, so its cost is next to the plan's and not under it.
    assert 0 <= kwhen.cost_of(site, battery, [slot.stored_kwh for slot in plan.slots]) - plan.cost_minor < Decimal("0.0001")
    with pytest.raises(kwhen.ParseError, match="nonsense"):
        kwhen.BatteryDefinition({"capacity_kwh": 1, "kw": 1, "nonsense": 2})


def test_the_plan_of_another_costs_what_a_hand_makes_it():
    # A lossless kWh bought at 20 instead of 5 and sold at 30: 15 p worse than the best.
    rates = half_hours(utc(2026, 1, 10), [20, 5, 30])
    site, battery = kwhen.Site(rates, export_rates=rates), kwhen.Battery(1, 2, charge_efficiency=1, discharge_efficiency=1)
    assert kwhen.cost_of(site, battery, [1, 1, 0]) == -10 and kwhen.plan_battery(site, battery).cost_minor == -25
    with pytest.raises(kwhen.InfeasibleError):
        kwhen.cost_of(site, battery, [2, 1, 0])
    with pytest.raises(kwhen.MisalignedError):
        kwhen.cost_of(site, battery, [1])


def test_one_table_of_many_meters():
    import pandas as pd
    import polars as pl

    start = utc(2026, 1, 10)
    rows = [(f"m{meter}", start + timedelta(minutes=30 * place), meter + 0.5) for place in range(48) for meter in range(3)]
    columns = {name: list(values) for name, values in zip(("meter", "start", "kwh"), zip(*rows))}
    frame = pl.DataFrame(columns)
    singles = {f"m{meter}": kwhen.Consumption.constant(meter + 0.5, "2026-01-10") for meter in range(3)}
    expected = kwhen.batch(singles, 20, "2026-01-10", by="day").to_polars()
    for table in (frame, frame.with_columns(pl.col("meter").cast(pl.Categorical)), frame.to_arrow(), pd.DataFrame(columns)):
        assert kwhen.batch(table, 20, "2026-01-10", by="day").to_polars().equals(expected)
    with pytest.raises(kwhen.ParseError, match="meter"):
        kwhen.batch(frame.drop("meter"), 20, "2026-01-10")
    with pytest.raises(kwhen.KwhenError) as error:
        kwhen.batch(frame.with_columns(kwh=pl.lit("x")), 20, "2026-01-10")
    assert error.value.row == 1


NAIVE = datetime(2026, 1, 10, 12)


@pytest.mark.parametrize(
    "call",
    [
        lambda r, c: kwhen.bill(c, r, (NAIVE, utc(2026, 1, 11))),
        lambda r, c: kwhen.Consumption.from_readings([(NAIVE, 1)]),
        lambda r, c: kwhen.Consumption.from_json([{"interval_start": NAIVE, "consumption": 1}]),
        lambda r, c: kwhen.Consumption.constant(1, (NAIVE, NAIVE)),
        lambda r, c: kwhen.RateSeries.from_rates([(NAIVE, 1)]),
        lambda r, c: r.at(NAIVE),
        lambda r, c: r[NAIVE],
        lambda r, c: c[NAIVE],
        lambda r, c: r.statistics((NAIVE, NAIVE)),
        lambda r, c: kwhen.cheapest(r, "1h", during=(NAIVE, NAIVE)),
        lambda r, c: kwhen.cheapest(r, "1h", blocked=[(NAIVE, NAIVE)]),
        lambda r, c: kwhen.WindowSearch(r, "1h").why_not(NAIVE),
        lambda r, c: kwhen.charge(r, 1, 1, levels=[(NAIVE, 1)]),
        lambda r, c: kwhen.ChargeRequest(r, 1, 1).why_not(NAIVE),
        lambda r, c: kwhen.charge(r, 1, 1, during="2026-03-29").power_at(NAIVE),
        lambda r, c: kwhen.Site(r, (NAIVE, NAIVE)),
        lambda r, c: kwhen.plan_battery(kwhen.Site(r, "2026-03-29"), kwhen.Battery(1, 1), kwhen.BatteryRequest(draws=((NAIVE, 1),))),
        lambda r, c: kwhen.plan_battery(kwhen.Site(r, "2026-03-29"), kwhen.Battery(1, 1)).slot_at(NAIVE),
        lambda r, c: kwhen.rates_known_until(NAIVE),
        lambda r, c: kwhen.local_days((NAIVE, NAIVE)),
        lambda r, c: kwhen.AgileFormula("AGILE-24-10-01", "C").price(1, NAIVE),
        lambda r, c: NAIVE in kwhen.Span(utc(2026, 1, 1), utc(2026, 2, 1)),
    ],
)
def test_a_naive_datetime_is_refused_everywhere(call, rates, consumption):
    with pytest.raises(kwhen.NaiveDatetimeError, match="time zone"):
        call(rates, consumption)


def test_every_public_member_is_documented():
    missing = []
    for name in kwhen.__all__:
        thing = getattr(kwhen, name)
        if not inspect.isclass(thing) or issubclass(thing, BaseException):
            continue
        for member, value in vars(thing).items():
            described = isinstance(value, (property, classmethod, staticmethod)) or inspect.isfunction(value)
            if not member.startswith("_") and described and not inspect.getdoc(getattr(thing, member) if not isinstance(value, property) else value):
                missing.append(f"{name}.{member}")
    from kwhen import fetch

    for client in (fetch.Client, fetch.AsyncClient):
        missing += [f"{client.__name__}.{member}" for member, value in vars(client).items() if not member.startswith("_") and not value.__doc__]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_every_python_block_runs(page, tmp_path):
    blocks = [block.split("```")[0] for block in (ROOT / page).read_text().split("```python\n")[1:]]
    assert blocks
    program = tmp_path / "program.py"
    for block in blocks:
        program.write_text(block)
        subprocess.run([sys.executable, program], cwd=ROOT, check=True)


def test_a_build_without_fetching_says_so(monkeypatch):
    from kwhen import fetch

    monkeypatch.setattr(fetch, "AVAILABLE", False)
    with pytest.raises(kwhen.UnsupportedError, match="fetch"):
        fetch.Client()
    with pytest.raises(kwhen.UnsupportedError, match="fetch"):
        fetch.AsyncClient()


def test_statements_are_audited():
    # 31 days of 48 half-hours of 0.5 kWh are 744 kWh: at 20 p 14,880 p; 31 days at 40 p are 1,240 p; 5 % of 16,120 p are 806 p.
    tariff = kwhen.Tariff.define({"code": "FLAT", "unit_rate": "20", "standing_charge": "40"})
    dearer = kwhen.Tariff.define({"code": "FLAT", "unit_rate": "21", "standing_charge": "40"})
    agreements = [{"tariff_code": "FLAT", "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}]
    home = kwhen.Supply("import", kwhen.Consumption.constant("0.5", "2026-01"), agreements)

    def stated(energy, subtotal, vat, total):
        amounts = {"energy": energy, "standing_charge": 1240, "subtotal": subtotal, "vat": vat, "total": total}
        lines = [{"kind": kind, "amount_minor": amount} for kind, amount in amounts.items()]
        return [{"statement": "1", "from": "2026-01-01", "to": "2026-02-01", "lines": lines}]

    right = kwhen.audit(stated(14880, 16120, 806, 16926), [home], [tariff])
    assert (right.agreeing, right.differing, right.difference_minor) == (1, 0, 0)
    # At 21 p: 15,624 p, 16,864 p, 843.2 p, 17,707 p.
    wrong = kwhen.audit(stated(15624, 16864, 843, 17707), [home], [tariff], other_prices={"without direct debit": dearer})
    (one,) = wrong.statements
    assert (one.statement, one.agrees, one.stated_minor, one.difference_minor) == ("1", False, 17707, 781)
    assert (one.causes[0].kind, one.causes[0].explains_all, one.unexplained_rows) == ("payment_method", True, ())
    assert "without direct debit" in one.causes[0].evidence
    # Of one half-hour 10.5 kWh are known by now; it was 0.5 when the statement was made.
    first = utc(2026, 1, 10)
    readings = [(utc(2026, 1, 1) + timedelta(minutes=30 * slot), "0.5") for slot in range(31 * 48)]
    readings[9 * 48] = (first, "10.5")
    later = kwhen.Supply("import", kwhen.Consumption.from_readings(readings), agreements)
    found = kwhen.audit(stated(14880, 16120, 806, 16926), [later], [tariff], replaced=[("import", first, "0.5")])
    assert found.statements[0].causes[0].kind == "replaced_reading"
    with pytest.raises(kwhen.MissingDataError, match="write: statement FROM TO"):
        kwhen.audit("statement 2026-01-01\n", [home], [tariff])
