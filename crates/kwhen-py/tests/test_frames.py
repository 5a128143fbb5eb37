"""Frames and arrays: what goes in comes back, what is missing stays missing, what holds no numbers or no times is refused by name."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kwhen
from conftest import utc

START = utc(2026, 1, 5)
LENGTHS = [5, 15, 30, 60, 1440]
HOURS = [np.datetime64("2026-01-05T00:00", "s") + np.timedelta64(n, "h") for n in range(24)]
numbers = st.decimals(min_value=-50, max_value=50, places=3, allow_nan=False)
columns = st.lists(st.one_of(st.none(), numbers), min_size=2, max_size=30).filter(lambda values: values[0] is not None and values[-1] is not None)


def starts(minutes, count):
    return [START + timedelta(minutes=minutes * place) for place in range(count)]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LENGTHS), columns)
def test_rates_of_any_length_come_back_as_they_went(minutes, values):
    index = pd.date_range(START, periods=len(values), freq="D" if minutes == 1440 else f"{minutes}min", name="start", unit="us")
    frame = pd.DataFrame({"rate": [None if value is None else float(value) for value in values]}, index=index)
    it = kwhen.RateSeries.from_pandas(frame)
    assert it.slot == timedelta(minutes=minutes) and (it.start, it.end) == (START, START + timedelta(minutes=minutes * len(values)))
    pd.testing.assert_frame_equal(it.to_pandas(), frame)
    assert kwhen.RateSeries.from_pandas(it.to_pandas(decimals=True)) == it
    exact = pl.DataFrame({"start": pl.Series(starts(minutes, len(values))).dt.cast_time_unit("us"), "rate": pl.Series(values, dtype=pl.Decimal(18, 8))})
    assert kwhen.RateSeries.from_polars(exact) == it == kwhen.RateSeries.of(exact) == kwhen.RateSeries.of(frame)
    assert kwhen.RateSeries.from_arrow(exact.to_arrow()) == it
    assert kwhen.RateSeries.from_numpy(*it.to_numpy()) == it
    assert kwhen.RateSeries.of(zip(starts(minutes, len(values)), values)) == it
    for again in (kwhen.RateSeries.from_polars(it.to_polars()), kwhen.RateSeries.from_csv(it.to_csv()), kwhen.RateSeries.from_json(it.to_rows())):
        assert again == it


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LENGTHS), columns)
def test_readings_of_any_length_come_back_as_they_went(minutes, values):
    index = pd.date_range(START, periods=len(values), freq="D" if minutes == 1440 else f"{minutes}min", name="start", unit="us")
    frame = pd.DataFrame({"kwh": [None if value is None else float(value) for value in values]}, index=index)
    it = kwhen.Consumption.from_pandas(frame, slot=timedelta(minutes=minutes))
    assert it.slot == timedelta(minutes=minutes) and [value for _, value in it] == values
    pd.testing.assert_frame_equal(it.to_pandas(), frame)
    for again in (
        kwhen.Consumption.from_pandas(it.to_pandas(decimals=True)),
        kwhen.Consumption.from_numpy(*it.to_numpy()),
        kwhen.Consumption.from_polars(it.to_polars()),
        kwhen.Consumption.of(pl.DataFrame({"start": starts(minutes, len(values)), "kwh": pl.Series(values, dtype=pl.Decimal(18, 8))})),
        kwhen.Consumption.from_arrow(it),
        kwhen.Consumption.of(list(it)),
    ):
        assert again == it


@pytest.mark.parametrize("minutes", LENGTHS)
def test_even_one_row_keeps_its_length(minutes):
    import pickle

    for it in (kwhen.RateSeries.from_rates([(START, 7)], slot=f"{minutes}m"), kwhen.Consumption.from_readings([(START, 7)], slot=f"{minutes}m")):
        assert it.slot == timedelta(minutes=minutes)
        kind = type(it)
        assert kind.from_pandas(it.to_pandas()) == it == kind.from_polars(it.to_polars()) == pickle.loads(pickle.dumps(it))
        assert kind.from_pandas(it.to_pandas().reset_index(), slot=f"{minutes}m") == it


def test_hourly_and_quarter_hourly_rates_are_billed_whole():
    readings = kwhen.Consumption.constant("0.5", "2026-01-05")
    for minutes, count in ((60, 24), (15, 96), (5, 288)):
        frame = pd.DataFrame({"start": pd.date_range(START, periods=count, freq=f"{minutes}min"), "rate": 10.0})
        if minutes < 30:
            it = kwhen.RateSeries.of(frame)
            assert len(it) == count and not it.gaps
            continue
        bill = kwhen.bill(readings, kwhen.RateSeries.of(frame), "2026-01-05")
        assert bill.is_complete and bill.total_minor == 240
        assert kwhen.cheapest(kwhen.RateSeries.of(frame), "2h").best is not None


def test_days_of_the_local_clock_keep_their_23_and_25_hours():
    for first, hours in (("2026-03-27", [24, 24, 23, 24]), ("2026-10-23", [24, 24, 25, 24])):
        days = [datetime.fromisoformat(first).replace(tzinfo=ZoneInfo("Europe/London")) + timedelta(days=n) for n in range(5)]
        frame = pd.DataFrame({"start": days[:4], "end": days[1:], "rate": [20.0, 21.0, 22.0, 23.0]})
        it = kwhen.RateSeries.from_pandas(frame)
        assert [span.duration for span, _ in it] == [timedelta(hours=n) for n in hours]
        again = it.to_pandas()
        assert list(again.index) == days[:4] and list(again["end"]) == days[1:] and list(again["rate"]) == [20, 21, 22, 23]
        assert kwhen.RateSeries.from_pandas(again) == it
        assert len(it.to_pandas(slot="30m")) == 2 * sum(hours) and len(it.to_numpy(slot="1h")[0]) == sum(hours)


def test_a_slot_can_be_asked_for():
    it = kwhen.RateSeries.from_rates([(START, 10), (START + timedelta(hours=1), 20)])
    assert it.slot == timedelta(hours=1)
    assert list(it.to_numpy(slot="15m")[1]) == [10] * 4 + [20] * 4
    assert list(it.to_pandas(slot="30m", decimals=True)["rate"]) == [10, 10, 20, 20]
    assert it.statistics(slot="5m").slots == 24 and it.statistics().slots == 2
    assert kwhen.RateSeries.flat(20).to_pandas("2026-03-29")["rate"].tolist() == [20]
    assert len(kwhen.RateSeries.flat(20).to_pandas("2026-03-29", slot="30m")) == 46
    with pytest.raises(kwhen.KwhenError, match="24 h|inside|divides|whole number"):
        it.to_pandas(slot="2h")


@pytest.mark.parametrize("slot", ["1h", "45m"])
def test_a_slot_that_does_not_fit_is_refused(slot):
    half_hours = [(START + timedelta(minutes=30 * n), 1) for n in range(6)]
    for kind in (kwhen.RateSeries.from_rates, kwhen.Consumption.from_readings):
        with pytest.raises(kwhen.InputError, match="60-minute|45"):
            kind(half_hours, slot=slot)


def test_readings_at_odd_distances_say_what_was_inferred():
    odd = [(START + timedelta(minutes=at), 1) for at in (0, 60, 120, 187)]
    with pytest.raises(kwhen.KwhenError) as caught:
        kwhen.Consumption.from_readings(odd)
    assert "60-minute" in str(caught.value) and caught.value.row == 4
    with pytest.raises(kwhen.KwhenError, match="3000 s"):
        kwhen.Consumption.from_readings([(START + timedelta(minutes=50 * n), 1) for n in range(5)])


# What is masked or missing

def test_masked_is_missing():
    # The rubbish beneath the mask is never billed.
    begin = np.datetime64("2026-01-05T00:00", "s") + np.arange(4) * np.timedelta64(30, "m")
    values = np.ma.array([1.0, 1.0, 1.0, 1.0], mask=[0, 1, 0, 0])
    it = kwhen.Consumption.from_numpy(begin, values)
    assert it.total_kwh == 3 and it.reading_count == 3 and len(it) == 4
    for masked in (values.astype("int64"), values.astype("float32"), np.ma.array([Decimal(1)] * 4, mask=[0, 1, 0, 0], dtype=object)):
        assert kwhen.Consumption.from_numpy(begin, masked) == it
    assert kwhen.Consumption.from_numpy(begin, [1, np.ma.masked, 1, 1]) == it
    rates = kwhen.RateSeries.from_numpy(begin, values)
    assert len(rates) == 3 and len(rates.gaps) == 1
    with pytest.raises(kwhen.MissingDataError, match="row 2") as caught:
        kwhen.Consumption.from_numpy(np.ma.array(begin, mask=[0, 1, 0, 0]), values)
    assert caught.value.row == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.array([True, False]), "bool"),
        ([1, True], "True"),
        (np.array([1, True], dtype=object), "True"),
        (np.array([1 + 2j, 3]), "complex"),
        ([1, 2 + 1j], "complex"),
        (np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]"), "datetime64"),
        (np.array([1, 2], dtype="timedelta64[m]"), "timedelta64"),
        (np.array([b"1", b"2"]), "S1|bytes"),
        (np.array([(1,), (2,)], dtype=[("kwh", "f8")]), "kwh"),
        ([[1, 2], [3, 4]], "2 dimensions"),
        ([1, [2]], r"\[2\]"),
        ([1, "x"], "'x'"),
        ([1, float("inf")], "inf"),
        (np.array([1, np.inf]), "inf"),
        ([1, Decimal("1e999999999")], "out of range"),
        ("12", "'12'"),
        ({1: 2}, "dict"),
        (None, "None|dimensions"),
        (5, "dimensions"),
    ],
)
def test_what_holds_no_numbers_is_refused_by_name(values, says):
    import re

    for kind, field in ((kwhen.Consumption, "kwh"), (kwhen.RateSeries, "rate")):
        with pytest.raises(kwhen.KwhenError) as caught:
            kind.from_numpy(HOURS[:2], values)
        assert re.search(says, str(caught.value)) and field in str(caught.value), str(caught.value)


@pytest.mark.parametrize("values", [[True, False], pd.array([True, None], dtype="boolean")])
def test_truths_in_frames_are_refused(values):
    frame = pd.DataFrame({"start": pd.date_range(START, periods=2, freq="30min"), "kwh": values, "rate": values})
    for kind in (kwhen.Consumption, kwhen.RateSeries):
        with pytest.raises(kwhen.KwhenError, match="bool|True"):
            kind.from_pandas(frame)
        with pytest.raises(kwhen.KwhenError, match="Boolean"):
            kind.from_polars(pl.from_pandas(frame))


def test_narrow_floats_are_the_decimals_that_they_show():
    for kind in ("float16", "float32", "longdouble"):
        it = kwhen.Consumption.from_numpy(HOURS[:2], np.array(["0.1", "0.25"]).astype(kind))
        assert [value for _, value in it] == [Decimal("0.1"), Decimal("0.25")]
    assert kwhen.Consumption.from_numpy(HOURS[:2], np.array(["0.12345678", "nan"])).total_kwh == Decimal("0.12345678")


def test_columns_that_pandas_has_of_its_own_kinds():
    begin = pd.date_range(START, periods=3, freq="30min")
    expected = kwhen.Consumption.from_readings(zip(starts(30, 3), ["0.5", None, 2]))
    for values in (
        pd.array([0.5, None, 2], dtype="Float64"),
        pd.Series(["0.5", None, "2"], dtype="category"),
        pd.Series(["0.5", None, "2"], dtype="string"),
        pd.Series([0.5, None, 2], dtype=pd.ArrowDtype(pa.float64())),
        pd.Series([Decimal("0.5"), None, Decimal(2)], dtype=object),
    ):
        assert kwhen.Consumption.from_pandas(pd.DataFrame({"time": begin, "kWh": values})) == expected
    assert kwhen.Consumption.from_pandas(pd.Series([0.5, None, 2], index=begin)) == expected


def test_columns_that_arrow_has_of_its_own_kinds():
    begin = pa.array(starts(30, 3), pa.timestamp("us", "UTC"))
    expected = kwhen.Consumption.from_readings(zip(starts(30, 3), [1, None, 2]))
    text = pa.array(["1", None, "2"])
    for values in (
        *(pa.array([1, None, 2], kind) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())),
        *(pa.array([1, None, 2], kind) for kind in (pa.float32(), pa.float64())),
        *(pa.array([Decimal(1), None, Decimal(2)], kind) for kind in (pa.decimal128(38, 18), pa.decimal128(5, 2), pa.decimal256(60, 20), pa.decimal64(10, 1))),
        text,
        text.cast(pa.large_string()),
        text.cast(pa.string_view()),
        text.dictionary_encode(),
        pa.array(["1", None, "2"], pa.dictionary(pa.uint8(), pa.large_string())),
        pa.array([Decimal(1), None, Decimal(2)], pa.decimal128(9, 3)).dictionary_encode(),
    ):
        assert kwhen.Consumption.from_arrow(pa.table({"start": begin, "kwh": values})) == expected, values.type
    for frame in (pl.DataFrame({"start": starts(30, 3), "kwh": pl.Series(["1", None, "2"], dtype=kind)}) for kind in (pl.Categorical, pl.Enum(["1", "2"]))):
        assert kwhen.Consumption.of(frame) == expected
    nothing = kwhen.Consumption.from_arrow(pa.table({"start": begin, "kwh": pa.nulls(3)}))
    assert nothing.reading_count == 0 and len(nothing) == 3
    with pytest.raises(kwhen.KwhenError, match="beyond the range"):
        kwhen.Consumption.from_arrow(pa.table({"start": begin, "kwh": pa.array([2**64 - 1, 1, 1], pa.uint64())}))
    with pytest.raises(kwhen.PrecisionError, match="row 1|8 decimals"):
        kwhen.Consumption.from_arrow(pa.table({"start": begin, "kwh": pa.array([Decimal("0.123456789"), None, None], pa.decimal128(38, 18))}))
    for wrong in (pa.array([[1], [2], [3]]), pa.array([b"1", b"2", b"3"]), pa.array([{"a": 1}] * 3), pa.array([True, None, False])):
        with pytest.raises(kwhen.ParseError, match="column"):
            kwhen.Consumption.from_arrow(pa.table({"start": begin, "kwh": wrong}))


# Times

PAGE = [
    {"value_exc_vat": 20.0, "value_inc_vat": 21.0, "valid_from": "2026-01-05T01:00:00Z", "valid_to": "2026-01-05T01:30:00Z", "payment_method": None},
    {"value_exc_vat": 10.0, "value_inc_vat": 10.5, "valid_from": "2026-01-05T00:30:00Z", "valid_to": "2026-01-05T01:00:00Z", "payment_method": None},
]


def test_rows_of_the_api_through_any_frame():
    expected = kwhen.RateSeries.from_json(PAGE)
    table = pa.Table.from_pylist(PAGE)
    assert table["payment_method"].type == pa.null()
    for frame in (pl.DataFrame(PAGE), table, table.to_batches()[0], pd.DataFrame(PAGE), pl.DataFrame(PAGE).to_arrow()):
        assert kwhen.RateSeries.of(frame) == expected
    assert kwhen.RateSeries.from_polars(pl.DataFrame(PAGE)) == expected == kwhen.RateSeries.from_pandas(pd.DataFrame(PAGE))
    last = [{**PAGE[0], "valid_to": None}, PAGE[1]]
    for frame in (pl.DataFrame(last), pd.DataFrame(last), pa.Table.from_pylist(last)):
        assert kwhen.RateSeries.of(frame).end is None


def test_a_frame_with_prices_by_payment_method_is_asked_which():
    rows = [{**PAGE[1], "payment_method": method, "value_inc_vat": price} for method, price in (("DIRECT_DEBIT", 21.0), ("NON_DIRECT_DEBIT", 24.0))]
    for frame in (pl.DataFrame(rows), pd.DataFrame(rows)):
        with pytest.raises(kwhen.KwhenError, match="DIRECT_DEBIT"):
            kwhen.RateSeries.of(frame)
    for read in (kwhen.RateSeries.from_polars(pl.DataFrame(rows), payment_method="DIRECT_DEBIT"), kwhen.RateSeries.from_pandas(pd.DataFrame(rows), payment_method="direct-debit")):
        assert read.at(utc(2026, 1, 5, 0, 30)) == 21


@pytest.mark.parametrize(
    "texts",
    [
        ["2025-10-26T01:00:00+01:00", "2025-10-26T01:30:00+01:00", "2025-10-26T01:00:00Z", "2025-10-26T01:30:00+0000"],
        ["2025-10-26 00:00:00+00:00", "2025-10-26 00:30:00Z", "2025-10-26 01:00Z", "2025-10-26T02:30:00+01:00"],
    ],
)
def test_text_times_with_mixed_offsets_are_instants(texts):
    expected = kwhen.Consumption.from_readings((utc(2025, 10, 26) + timedelta(minutes=30 * n), 1) for n in range(4))
    frame = pd.DataFrame({"interval_start": texts, "consumption": [1, 1, 1, 1]})
    for read in (
        kwhen.Consumption.from_pandas(frame),
        kwhen.Consumption.from_pandas(frame.set_index("interval_start")["consumption"]),
        kwhen.Consumption.from_pandas(frame.astype({"interval_start": object})),
        kwhen.Consumption.from_pandas(frame.astype({"interval_start": "category"})),
        kwhen.Consumption.from_polars(pl.from_pandas(frame)),
        kwhen.Consumption.from_numpy(texts, [1, 1, 1, 1]),
        kwhen.Consumption.from_numpy(np.array(texts), np.ones(4)),
        kwhen.Consumption.from_numpy(np.array(texts, dtype=np.dtypes.StringDType()), np.ones(4)),
    ):
        assert read == expected
    # As read_csv leaves them.
    import io

    assert kwhen.Consumption.from_pandas(pd.read_csv(io.StringIO(frame.to_csv(index=False)))) == expected


def test_times_that_are_none_are_named():
    for frame, error, says in (
        (pd.DataFrame({"start": ["2026-01-01T00:00:00Z", "2026-01-01 00:30"], "kwh": [1, 2]}), kwhen.NaiveDatetimeError, "row 2"),
        (pd.DataFrame({"start": ["2026-01-01T00:00:00Z", "soon"], "kwh": [1, 2]}), kwhen.ParseError, 'row 2.*"soon"'),
        (pd.DataFrame({"start": ["2026-01-01T00:00:00Z", None], "kwh": [1, 2]}), kwhen.MissingDataError, "row 2"),
        (pd.DataFrame({"start": [START, pd.NaT], "kwh": [1, 2]}), kwhen.MissingDataError, "row 2"),
        (pd.DataFrame({"start": pd.period_range("2026-01-01", periods=2, freq="D"), "kwh": [1, 2]}), kwhen.NaiveDatetimeError, "periods"),
        (pd.DataFrame({"start": [1, True], "kwh": [1, 2]}, dtype=object), kwhen.WrongTypeError, "row 2"),
        (pd.DataFrame({"kwh": [1, 2]}), kwhen.ParseError, "its index is of int64"),
        (pd.DataFrame({"when": [START], "kwh": [1]}), kwhen.ParseError, "index is of"),
        (pd.DataFrame([[START, 1, 2]], columns=["start", "kwh", "kwh"]), kwhen.ParseError, "2 columns named 'kwh'"),
        (pd.DataFrame({"start": [START], "kwh": [1], "kWh": [2]}), kwhen.ParseError, "2 columns named 'kwh'"),
    ):
        with pytest.raises(error, match=says):
            kwhen.Consumption.from_pandas(frame)
    with pytest.raises(kwhen.ParseError, match="no column when"):
        kwhen.Consumption.from_pandas(pd.DataFrame({"start": [START], "kwh": [1]}), start="when")
    for table, error in (
        (pa.table({"start": ["2026-01-01 00:30"], "kwh": [1]}), kwhen.NaiveDatetimeError),
        (pa.table({"start": [20_000], "kwh": [1]}), kwhen.ParseError),
        (pa.table({"start": pa.array([20_000], pa.date32()), "kwh": [1]}), kwhen.ParseError),
        (pa.Table.from_arrays([pa.array(["2026-01-01T00:00:00Z"]), pa.array([1]), pa.array([2])], ["start", "kwh", "KWH"]), kwhen.ParseError),
        (pa.array([1, 2]), kwhen.ParseError),
    ):
        with pytest.raises(error):
            kwhen.Consumption.from_arrow(table)


def test_a_frame_of_several_tariffs_or_meters_is_asked_which():
    # The same price for both, and times that do not meet: without the question either would be joined without a word.
    rates = pd.DataFrame({"start": starts(30, 2), "rate": [20.0, 20.0], "tariff": ["AGILE", "GO"]})
    readings = pd.DataFrame({"start": starts(30, 2), "kwh": [1.0, 1.0], "mpan": [2000024512368, 1013004420117]})
    for frame, kind, says in ((rates, kwhen.RateSeries, "rates of AGILE, GO"), (readings, kwhen.Consumption, "readings of 1013004420117, 2000024512368")):
        for form in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
            with pytest.raises(kwhen.ConflictError, match=says):
                kind.of(form)
        assert len(kind.of(frame.iloc[:1])) == 1 == len(kind.of(pl.from_pandas(frame.iloc[:1])))


def test_ends_in_a_frame_are_heeded():
    frame = pd.DataFrame({"start": [START, START + timedelta(hours=1)], "end": [START + timedelta(minutes=15), START + timedelta(minutes=75)], "kwh": [1, 2], "rate": [1, 2]})
    assert kwhen.Consumption.from_pandas(frame).slot == timedelta(minutes=15) and len(kwhen.Consumption.from_pandas(frame)) == 5
    assert len(kwhen.RateSeries.from_pandas(frame).gaps) == 1


# The clock of the place, on the two nights on which it changes

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/London", datetime(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", datetime(2026, 3, 29, 2, 0)),
        ("Australia/Sydney", datetime(2026, 10, 4, 2, 30)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15)),
        ("Atlantic/Azores", datetime(2026, 3, 29, 0, 0)),
    ],
)
def test_a_local_time_that_never_was_is_refused(zone, local):
    never = local.replace(tzinfo=ZoneInfo(zone))
    for use in (
        lambda: kwhen.Consumption.from_readings([(never, 1)]),
        lambda: kwhen.RateSeries.from_rates([(never, 1)]),
        lambda: kwhen.RateSeries.flat(20).at(never),
        lambda: kwhen.Consumption.from_numpy(np.array([never], dtype=object), [1]),
        lambda: kwhen.Consumption.from_json([{"consumption": 1, "interval_start": never, "interval_end": never}]),
        lambda: kwhen.Consumption.constant(1, (never, never + timedelta(hours=6))),
        lambda: kwhen.Span(START, START + timedelta(days=300)).__contains__(never),
        lambda: kwhen.rates_known_until(never),
    ):
        with pytest.raises(kwhen.KwhenError, match="never shown by the clock of"):
            use()
    with pytest.raises(kwhen.KwhenError):
        kwhen.Consumption.constant(1, (local.isoformat(), "2026-12-01"), time_zone=zone)


def test_the_hours_around_the_spring_change():
    kept = [datetime(2026, 3, 29, 0, 30, tzinfo=LONDON), datetime(2026, 3, 29, 2, 0, tzinfo=LONDON)]
    assert [start for start, _ in kwhen.Consumption.from_readings(zip(kept, [1, 1]))] == [utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1)]
    for lengths in (5, 15, 30, 60):
        index = pd.date_range("2026-03-29", "2026-03-30", freq=f"{lengths}min", tz="Europe/London", inclusive="left")
        it = kwhen.RateSeries.from_pandas(pd.DataFrame({"rate": range(len(index))}, index=index))
        assert len(it) == 23 * 60 // lengths and (it.end - it.start) == timedelta(hours=23) and not it.gaps
        assert list(it.to_pandas().index) == list(index)


def test_the_hours_of_the_autumn_change_are_told_apart_by_fold():
    twice = [datetime(2026, 10, 25, 1, 0, fold=fold, tzinfo=LONDON) for fold in (0, 1)]
    it = kwhen.Consumption.from_readings([(twice[0], 1), (twice[0] + timedelta(minutes=30), 2), (twice[1], 3)])
    assert [start for start, _ in it] == [utc(2026, 10, 25), utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1)]
    assert it[twice[1]] == 3 and it[twice[0]] == 1
    for lengths in (5, 15, 30, 60):
        index = pd.date_range("2026-10-25", "2026-10-26", freq=f"{lengths}min", tz="Europe/London", inclusive="left")
        it = kwhen.Consumption.from_pandas(pd.Series(1.0, index=index))
        assert len(it) == 25 * 60 // lengths and it.reading_count == len(it)
        assert list(it.to_pandas().index) == list(index)


def test_fixed_offsets_and_other_zones_are_taken_as_they_are():
    east = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=1)))
    assert kwhen.Consumption.from_readings([(east, 1)]).span.start == utc(2026, 3, 29, 0, 30)
    assert kwhen.Consumption.from_readings([(datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Asia/Kolkata")), 1)]).span.start == utc(2026, 3, 28, 20)
    stamp = pd.Timestamp("2026-03-29 02:30", tz="Europe/London")
    assert kwhen.RateSeries.from_rates([(stamp, 5)]).at(stamp) == 5


def test_json_of_a_whole_page(tmp_path):
    page = {"count": 2, "next": None, "results": PAGE}
    assert kwhen.RateSeries.of(json.dumps(page)) == kwhen.RateSeries.of(page) == kwhen.RateSeries.of(PAGE)
    for name in ("rates.csv", str(tmp_path / "rates.json"), tmp_path):
        with pytest.raises(kwhen.KwhenError, match="give what is in it"):
            kwhen.RateSeries.of(name) if isinstance(name, str) else kwhen.RateSeries.from_json(name)
