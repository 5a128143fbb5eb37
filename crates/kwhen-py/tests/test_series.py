"""In and out of series: nothing is lost, nothing is made up."""

from __future__ import annotations

import json
import pickle
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kwhen
from conftest import utc

START = utc(2026, 3, 28, 22)
energies = st.decimals(min_value=-50, max_value=50, places=8, allow_nan=False)
columns = st.lists(st.one_of(st.none(), energies), min_size=2, max_size=40).filter(lambda values: values[0] is not None and values[-1] is not None)
fine = st.lists(st.one_of(st.none(), st.decimals(min_value=0, max_value=20, places=3)), min_size=2, max_size=40).filter(lambda values: values[0] is not None and values[-1] is not None)


def series(values):
    return kwhen.Consumption.from_readings((START + timedelta(minutes=30 * place), value) for place, value in enumerate(values))


def prices(values):
    return kwhen.RateSeries.from_rates((START + timedelta(minutes=30 * place), value) for place, value in enumerate(values))


@settings(max_examples=150, deadline=None)
@given(columns)
def test_consumption_comes_back_as_it_went(values):
    it = series(values)
    assert [value for _, value in it] == values
    for again in (
        kwhen.Consumption.from_arrow(it),
        kwhen.Consumption.from_polars(it.to_polars()),
        kwhen.Consumption.from_pandas(it.to_pandas(decimals=True)),
        kwhen.Consumption.from_json(it.to_rows()),
        pickle.loads(pickle.dumps(it)),
    ):
        assert again == it
    assert it.total_kwh == sum(value for value in values if value is not None)


@settings(max_examples=150, deadline=None)
@given(columns)
def test_rates_come_back_as_they_went(values):
    it = prices(values)
    for again in (kwhen.RateSeries.from_arrow(it), kwhen.RateSeries.from_polars(it.to_polars()), kwhen.RateSeries.from_json(it.to_rows()), kwhen.RateSeries.from_csv(it.to_csv())):
        assert again == it
    assert kwhen.RateSeries.from_pandas(it.to_pandas(decimals=True)) == it


@settings(max_examples=150, deadline=None)
@given(fine)
def test_a_float_is_the_decimal_that_it_shows(values):
    it = series(values)
    starts, floats = it.to_numpy()
    assert kwhen.Consumption.from_numpy(starts, floats) == it
    assert kwhen.Consumption.from_pandas(it.to_pandas()) == it
    frame = pl.DataFrame({"start": pl.Series(starts).dt.replace_time_zone("UTC"), "kwh": pl.Series(floats).fill_nan(None)})
    assert kwhen.Consumption.from_polars(frame) == it


@settings(max_examples=80, deadline=None)
@given(fine, st.decimals(min_value=-5, max_value=40, places=4))
def test_a_bill_is_what_decimals_make_of_it(values, price):
    it = series(values)
    bill = kwhen.bill(it, kwhen.RateSeries.flat(price, vat_included=False), (START, START + timedelta(minutes=30 * len(values))))
    known = [value for value in values if value is not None]
    net = sum(value * price for value in known)
    assert bill.net_minor == net and bill.vat_minor == net * Decimal("0.05")
    assert bill.coverage.billed_slots == len(known) and bill.is_complete == (len(known) == len(values))


def test_every_producer_gives_the_same(consumption):
    pa = pytest.importorskip("pyarrow")
    table = pa.table(consumption)
    assert kwhen.Consumption.from_arrow(table) == consumption
    assert kwhen.Consumption.from_arrow(table.combine_chunks().to_batches()[0]) == consumption
    in_pieces = pa.Table.from_batches(table.to_batches(max_chunksize=1000))
    assert kwhen.Consumption.from_arrow(in_pieces) == consumption
    text = table.set_column(2, "kwh", table["kwh"].cast(pa.string()))
    assert kwhen.Consumption.from_arrow(text) == consumption
    for unit in ("s", "ms", "ns"):
        cast = table.set_column(0, "start", table["start"].cast(pa.timestamp(unit, "UTC")))
        assert kwhen.Consumption.from_arrow(cast) == consumption


def test_frames_go_round_without_pyarrow(consumption, tmp_path):
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import kwhen, polars as pl\n"
        "it = kwhen.Consumption.constant('0.5', '2026-03-29')\n"
        "assert kwhen.Consumption.from_polars(pl.DataFrame(it)) == it and len(it) == 46\n"
        "assert kwhen.Consumption.from_pandas(it.to_pandas()) == it\n"
        "assert kwhen.batch({'a': it}, 20, '2026-03-29', by='day').to_polars().height == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_local_frames_keep_their_instants_over_the_clock_change():
    london = pd.date_range("2025-10-26 00:00", periods=6, freq="30min", tz="Europe/London")
    it = kwhen.Consumption.from_pandas(pd.DataFrame({"timestamp": london, "kwh": [1, 2, 3, 4, 5, 6]}))
    assert [start for start, _ in it] == [utc(2025, 10, 25, 23) + timedelta(minutes=30 * n) for n in range(6)]
    assert it[datetime(2025, 10, 26, 1, 0, fold=1, tzinfo=ZoneInfo("Europe/London"))] == 5


def test_what_has_no_zone_is_refused():
    naive = datetime(2026, 3, 29, 1, 30)
    with pytest.raises(kwhen.NaiveDatetimeError, match="2026-03-29 01:30:00 has no time zone"):
        kwhen.Consumption.from_readings([(naive, 1)])
    with pytest.raises(kwhen.NaiveDatetimeError):
        kwhen.RateSeries.flat(20).at(naive)
    frame = pd.DataFrame({"start": pd.date_range("2026-01-01", periods=3, freq="30min"), "kwh": [1.0, 2.0, 3.0]})
    with pytest.raises(kwhen.NaiveDatetimeError):
        kwhen.Consumption.from_pandas(frame)
    with pytest.raises(kwhen.NaiveDatetimeError, match="start"):
        kwhen.Consumption.from_polars(pl.DataFrame({"start": pl.Series([naive]), "kwh": [1.0]}))
    with pytest.raises(kwhen.NaiveDatetimeError):
        kwhen.Consumption.from_json([{"consumption": 1, "interval_start": naive, "interval_end": naive}])


def test_errors_name_the_row_the_field_and_the_value():
    rows = [{"consumption": 1, "interval_start": "2026-01-01T00:00:00Z", "interval_end": "2026-01-01T00:30:00Z"},
            {"consumption": "x", "interval_start": "2026-01-01T00:30:00Z", "interval_end": "2026-01-01T01:00:00Z"}]
    with pytest.raises(kwhen.ParseError) as caught:
        kwhen.Consumption.from_json(json.dumps({"count": 2, "results": rows}))
    assert (caught.value.row, caught.value.field) == (2, "consumption") and '"x"' in str(caught.value)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(kwhen.PrecisionError, match="row 2"):
        kwhen.Consumption.from_numpy(np.array(["2026-01-01T00:00", "2026-01-01T00:30"], "datetime64[s]"), [0.1, 0.1234567891])
    with pytest.raises(kwhen.ConflictError):
        kwhen.Consumption.from_readings([(START, 1), (START, 2)])
    with pytest.raises(kwhen.OverlapError):
        kwhen.RateSeries.from_json([
            {"value_inc_vat": 1, "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2026-01-01T01:00:00Z"},
            {"value_inc_vat": 2, "valid_from": "2026-01-01T00:30:00Z", "valid_to": "2026-01-01T01:30:00Z"}])
    with pytest.raises(kwhen.ParseError, match="its columns are a, b"):
        kwhen.Consumption.from_polars(pl.DataFrame({"a": [1], "b": [2]}))
    with pytest.raises(kwhen.OrderError):
        kwhen.bill(series([1, 2]), 20, (START, START))
    with pytest.raises(kwhen.MissingDataError):
        kwhen.bill(series([1, 2]), 20, "2020-01")
    with pytest.raises(kwhen.ParseError, match="True is no number"):
        kwhen.RateSeries.flat(True)
    for name in ("NaN", float("inf"), "1,5"):
        with pytest.raises(kwhen.ParseError):
            kwhen.RateSeries.flat(name)


def test_a_missing_reading_is_named_not_zero():
    bill = kwhen.bill(series([1, None, 2]), kwhen.RateSeries.flat(10, vat_included=False), (START, START + timedelta(minutes=90)))
    assert bill.net_minor == 30 and not bill.is_complete
    assert bill.coverage.missing_consumption == (kwhen.Span(START + timedelta(minutes=30), START + timedelta(minutes=60)),)
    with pytest.raises(kwhen.MissingDataError, match="1 of 3 slots"):
        bill.check_complete()


def test_what_is_shown():
    it = series([1, None, "0.5"])
    assert repr(it) == "<Consumption 1.5 kWh, 2026-03-28 22:00 to 2026-03-28 23:30 UTC, 3 slots of 30 min, 1 missing>"
    rates = prices([10, -2, 5])
    for thing in (it, rates, kwhen.bill(it, rates, (START, START + timedelta(minutes=90)), by="half-hour")):
        html = thing._repr_html_()
        assert html.count("<svg") == 1 and html.count("<rect") >= 2 and "nan" not in html


def test_equality_and_zones():
    assert kwhen.RateSeries.flat("20.0") == kwhen.RateSeries.flat(20) != kwhen.RateSeries.flat(21)
    assert kwhen.local_days("2026-10-25")[0][0].duration == timedelta(hours=25)
    assert kwhen.local_days("2026-10-25", time_zone=ZoneInfo("Asia/Tokyo"))[0][0].duration == timedelta(hours=24)
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone.utc)
    assert kwhen.rates_known_until(noon) == utc(2026, 7, 1, 22)
    assert kwhen.rates_known_until(noon, time_zone="Europe/Berlin") == utc(2026, 7, 2, 22)
    assert kwhen.rates_known_until(noon, time_zone="Asia/Tokyo") == utc(2026, 7, 2, 15)
