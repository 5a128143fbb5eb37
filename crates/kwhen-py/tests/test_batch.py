"""Many meters: one that is at fault is named and stops nobody else; a table of several tariffs is asked which."""

from datetime import timedelta
from decimal import Decimal

import kwhen
import pytest
from conftest import utc


def table(*, twice=None, minutes=30):
    """A day of three meters of 0.5, 1.5 and 2.5 kWh a slot; a row more where one is there twice."""
    start = utc(2026, 1, 10)
    count = 1440 // minutes
    rows = [(f"m{meter}", start + timedelta(minutes=minutes * place), meter + 0.5) for meter in range(3) for place in range(count)]
    rows += [] if twice is None else [(twice, start + timedelta(minutes=minutes * 7), 9.0)]
    return {name: list(values) for name, values in zip(("meter", "start", "kwh"), zip(*rows))}


def frames(columns):
    import pandas as pd
    import polars as pl

    return pl.DataFrame(columns), pl.DataFrame(columns).to_arrow(), pd.DataFrame(columns)


def test_two_readings_of_one_slot_are_their_meters_fault_alone():
    for frame in frames(table(twice="m1")):
        bills = kwhen.batch(frame, 20, "2026-01-10", by="day")
        assert list(bills.refused) == ["m1"], bills
        assert "03:30" in bills.refused["m1"], bills.refused
        # 48 slots of 0.5 and of 2.5 kWh.
        assert bills.to_polars()["meter"].to_list() == ["m0", "m2"] and bills.totals["kwh"] == Decimal(48 * 3)


def test_a_name_that_comes_twice_is_refused_and_the_others_are_billed():
    one, other = kwhen.Consumption.constant(1, "2026-01-10"), kwhen.Consumption.constant(2, "2026-01-10")
    bills = kwhen.batch([("a", one), ("b", other), ("a", other)], 20, "2026-01-10")
    assert list(bills.refused) == ["a"] and "more than once" in bills.refused["a"]
    assert bills.to_polars()["meter"].to_list() == ["b"] and bills.totals["kwh"] == 96


def test_a_table_of_several_tariffs_is_asked_which():
    import pandas as pd
    import polars as pl

    start = utc(2026, 1, 10)
    columns = {"tariff": ["AGILE", "FLAT"], "valid_from": [start, start], "value_inc_vat": [20.0, 30.0]}
    for make, frame in ((kwhen.RateSeries.from_polars, pl.DataFrame(columns)), (kwhen.RateSeries.of, pd.DataFrame(columns))):
        with pytest.raises(kwhen.ConflictError, match="AGILE, FLAT"):
            make(frame)
    assert kwhen.RateSeries.of(pl.DataFrame(columns)[1:]).at(start) == 30
    kinds = {"kind": ["unit", "standing"], "valid_from": [start, start], "value_inc_vat": [20.0, 60.0]}
    for frame in (pl.DataFrame(kinds), pd.DataFrame(kinds)):
        with pytest.raises(kwhen.ConflictError, match="standing, unit"):
            kwhen.RateSeries.of(frame)
    readings = table()
    readings["tariff"] = ["FLAT" if meter == "m1" else "AGILE" for meter in readings["meter"]]
    for frame in frames(readings):
        with pytest.raises(kwhen.ConflictError, match="AGILE, FLAT"):
            kwhen.batch(frame, 20, "2026-01-10")


def test_what_is_no_meter_is_refused_in_words():
    for meters in (None, 5, "meters.csv", {"a": 5}, {5: kwhen.Consumption.constant(1, "2026-01-10")}, [kwhen.Consumption.constant(1, "2026-01-10")]):
        with pytest.raises(kwhen.KwhenError, match="meters"):
            kwhen.batch(meters, 20, "2026-01-10")


def test_slots_of_another_length_are_read_as_such_or_refused():
    for frame in frames(table(minutes=60)):
        bills = kwhen.batch(frame, 20, "2026-01-10", slot="1h")
        assert bills.totals["kwh"] == Decimal(24 * 4.5) and not bills.refused
        bills = kwhen.batch(frame, 20, "2026-01-10")
        assert len(bills) == 0 and len(bills.refused) == 3, bills.refused
