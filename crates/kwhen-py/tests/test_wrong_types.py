"""Whatever is put in: an answer, or an error of the package in words. Never an AttributeError, never a foreign exception."""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import kwhen
from conftest import half_hours, utc

START = utc(2026, 1, 10)


class Odd:
    """What answers nothing as expected."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __str__(self) -> str:
        raise RuntimeError("no str")


class Table:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise RuntimeError("no table")


WRONG: list[Any] = [
    None, True, 0, -1, 3, 2**70, -0.5, float("nan"), float("inf"), Decimal("NaN"), Decimal("1e999999999"), 1 + 2j, "", "x", "12", "nosuch.csv",
    "2026-01-10", "\ud800", "1,5", "80%", "18:00..07:00", b"", b"\xff", b"{}", bytearray(b"[1]"), memoryview(b"a,b\n1,2"), Path("nosuch.csv"), [], [1], [None], ["x"], [[1, 2]],
    [(1, 2)], (), (1,), (1, 2), (1, 2, 3), ("2026-01-10", "2026-01-11"), {}, {"a": 1}, {1: {2}}, {"results": [{}]}, set(), range(3), iter([]), Odd(), Table(), object, object(), len,
    date(2026, 1, 10), datetime(2026, 1, 10), START, START.replace(microsecond=1), datetime.max.replace(tzinfo=timezone.utc), datetime.min.replace(tzinfo=timezone.utc),
    datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/London")), time(1), time(1, 2, 3), timedelta(0), timedelta(minutes=30), timedelta(seconds=1), timedelta.max, timezone.utc,
    ZoneInfo("UTC"), np.array([1.0]), np.array([True]), np.array([[1]]), np.ma.masked, np.float32(0.1), np.bool_(True), np.datetime64("2026-01-10"), np.datetime64("NaT"),
    pd.NaT, pd.NA, pd.DataFrame(), pd.DataFrame({"a": [1]}), pd.Series([1.0]), pd.Index([1]), pl.DataFrame(), pl.DataFrame({"a": [1]}), pl.Series([1]), pl.LazyFrame(), pa.table({}), pa.array([1]),
    Decimal("0.123456789"), kwhen.RateSeries.flat(20), kwhen.RateSeries, kwhen.Battery(10, 5), kwhen.Consumption.constant(1, "2026-01-10"),
]  # fmt: skip

READINGS = kwhen.Consumption.constant("0.5", "2026-01-10")
RATES = half_hours(START, [20, 18, 10, 8] * 12)
DAY = (START, START + timedelta(days=1))
TARIFF = kwhen.Tariff.define({"code": "FLAT", "unit_rate": "24.5", "vat": "inclusive"})
SITE = kwhen.Site(RATES, (START, START + timedelta(hours=4)), load=READINGS)
BATTERY = kwhen.Battery(10, 5)
PLAN = kwhen.plan_battery(SITE, BATTERY)
BILL = kwhen.bill(READINGS, RATES, "2026-01-10")
CHARGE = kwhen.charge(RATES, 2, 7)
SUPPLY = kwhen.Supply("import", READINGS, [{"tariff_code": "FLAT", "valid_from": "2026-01-01"}])
FRAME = pd.DataFrame({"start": pd.date_range(START, periods=2, freq="30min"), "kwh": [1.0, 2.0], "rate": [1.0, 2.0]})
SEARCH = kwhen.WindowSearch(RATES, "1h")
REQUEST = kwhen.ChargeRequest(RATES, 2, 7)
SERIES = kwhen.AgileFormula("AGILE-24-10-01", "C")
LINES = "kind,from,to,net_minor\nenergy,2026-01-10,2026-01-11,100\n"
CHANGED = kwhen.Battery(10, 5).replace

# Every function with arguments that are right; each is then given what is wrong, one place at a time.
CALLS: list[tuple[Callable[..., Any], dict[str, Any]]] = [
    (kwhen.bill, {"consumption": READINGS, "rates": RATES, "period": "2026-01-10"}),
    (kwhen.bill, {"consumption": READINGS, "rates": TARIFF, "period": "2026-01-10"}),
    (kwhen.compare, {"consumption": READINGS, "tariffs": [TARIFF], "period": "2026-01-10"}),
    (kwhen.statement, {"supplies": [SUPPLY], "tariffs": [TARIFF], "period": "2026-01-10"}),
    (kwhen.reconcile, {"lines": LINES, "tariff": TARIFF, "consumption": READINGS, "period": "2026-01-10"}),
    (kwhen.WindowSearch, {"rates": RATES, "duration": "1h"}),
    (kwhen.WindowSearch, {"rates": RATES, "duration": "1h", "split": True}),
    (SEARCH.why_not, {"start": START}),
    (SEARCH.keep_unless_better, {"by": 0}),
    (kwhen.ChargeRequest, {"rates": RATES, "target": 2, "kw": 7}),
    (REQUEST.why_not, {"at": START}),
    (REQUEST.keep_unless_better, {"by_minor": 0}),
    (CHARGE.power_at, {"instant": START}),
    (kwhen.Site, {"rates": RATES, "period": DAY}),
    (kwhen.plan_battery, {"site": SITE, "battery": BATTERY, "request": None}),
    (kwhen.cost_of, {"site": SITE, "battery": BATTERY, "levels_kwh": [0] * 8, "request": None}),
    (kwhen.plan_fleet, {"site": SITE, "devices": {"a": (BATTERY, None)}}),
    (kwhen.backtest, {"site": SITE, "battery": BATTERY, "request": None, "strategies": ["perfect"]}),
    (kwhen.sweep, {"sites": SITE, "battery": BATTERY, "request": None, "kwh": [1], "kw": [1]}),
    (PLAN.value, {"boundary": 0, "kwh": 1}),
    (PLAN.cost_to_go, {"boundary": 0, "kwh": 1}),
    (PLAN.best_action, {"slot": 0, "kwh": 1}),
    (PLAN.policy, {"slot": 0}),
    (PLAN.value_function, {"boundary": 0}),
    (PLAN.repriced, {"site": SITE}),
    (PLAN.slot_at, {"instant": START}),
    (kwhen.BatteryDefinition, {"definition": {"capacity_kwh": 10, "kw": 5}}),
    *((getattr(kwhen.Consumption, name), arguments) for name, arguments in (
        ("from_json", {"data": READINGS.to_rows()}),
        ("from_csv", {"data": READINGS.to_csv()}),
        ("from_readings", {"readings": [(START, 1)]}),
        ("from_arrow", {"data": READINGS}),
        ("from_numpy", {"starts": [START], "kwh": [1]}),
        ("from_pandas", {"frame": FRAME}),
        ("from_polars", {"frame": pl.from_pandas(FRAME)}),
        ("of", {"data": FRAME}),
        ("constant", {"kwh": 1, "period": "2026-01-10"}),
    )),
    *((getattr(kwhen.RateSeries, name), arguments) for name, arguments in (
        ("from_json", {"data": RATES.to_rows()}),
        ("from_csv", {"data": RATES.to_csv()}),
        ("from_rates", {"rates": [(START, 1)]}),
        ("from_arrow", {"data": RATES}),
        ("from_numpy", {"starts": [START], "rates": [1]}),
        ("from_pandas", {"frame": FRAME}),
        ("from_polars", {"frame": pl.from_pandas(FRAME)}),
        ("of", {"data": FRAME}),
        ("flat", {"rate": 1}),
    )),
    *((getattr(RATES, name), {"period": DAY}) for name in ("statistics", "to_numpy", "to_pandas")),
    (RATES.at, {"when": START}),
    (READINGS.rounded, {"places": 2}),
    (kwhen.StandingCharges.from_json, {"data": [{"value_inc_vat": 20, "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}]}),
    (kwhen.StandingCharges.from_csv, {"data": "start,standing_charge\n2026-01-01T00:00:00Z,20\n"}),
    (kwhen.StandingCharges.of, {"data": 20}),
    (kwhen.StandingCharges.flat, {"minor_per_day": 20}),
    (kwhen.Tariff.define, {"definition": {"code": "A", "unit_rate": "1", "vat": "inclusive"}}),
    (kwhen.Tariff.from_rates, {"code": "A", "rates": 20}),
    (kwhen.Tariff.from_products, {"data": "[]"}),
    (TARIFF.rates, {"period": DAY}),
    (kwhen.RegisterReadings, {"readings": [{"register": "day", "at": "2026-07-01", "reading": 100}, {"register": "day", "at": "2026-08-01", "reading": 120}]}),
    (kwhen.local_days, {"period": DAY}),
    (kwhen.rates_known_until, {"now": START}),
    (kwhen.explain_code, {"code": "E-1R-AGILE-24-10-01-C"}),
    (kwhen.explain_meter_point, {"number": "2000024512368"}),
    (kwhen.AgileFormula, {"product": "AGILE-24-10-01", "region": "C"}),
    (SERIES.price, {"wholesale": 1, "at": START}),
    (SERIES.wholesale, {"minor_per_kwh": 1, "at": START}),
    (SERIES.rates, {"wholesale": RATES}),
    (BILL.project, {"period": "2026"}),
    (BILL.to_supply_charge, {"transaction_id": "1", "product_code": "A"}),
    (BILL.to_journal, {}),
    *((lambda _name=name, **given: kwhen.plan_battery(SITE, kwhen.Battery(10, 5).replace(**{_name: next(iter(given.values()))})), {name: None}) for name in kwhen.Battery._fields),
    *((lambda _name=name, **given: kwhen.plan_battery(SITE, BATTERY, kwhen.BatteryRequest(**{_name: next(iter(given.values()))})), {name: None}) for name in kwhen.BatteryRequest._fields),
    *((lambda _name=name, **given: kwhen.statement([SUPPLY.replace(**{_name: next(iter(given.values()))})], [TARIFF], "2026-01-10"), {name: None}) for name in kwhen.Supply._fields),
]  # fmt: skip


def _names(call: Callable[..., Any], given: dict[str, Any]) -> list[str]:
    try:
        parameters = inspect.signature(call).parameters
    except (TypeError, ValueError):
        return list(given)
    known = [name for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD and not name.startswith("_")]
    return known or list(given)


def _is_in_words(error: BaseException) -> bool:
    text = str(error)
    return bool(text) and "_native" not in text and "has no attribute" not in text and "unsupported operand" not in text


def _try(call: Callable[..., Any], arguments: dict[str, Any]) -> str | None:
    """What went wrong in how it went wrong."""
    try:
        call(**arguments)
    except kwhen.KwhenError as error:
        return None if _is_in_words(error) else f"KwhenError not in words: {error}"
    except BaseException as error:
        if type(error).__name__ == "PanicException" or not isinstance(error, TypeError) or not _is_in_words(error):
            return f"{type(error).__name__}: {error}"
    return None


def _shown(value: Any) -> str:
    try:
        return f"{type(value).__name__} {value!r}"[:80]
    except Exception:
        return type(value).__name__


@pytest.mark.parametrize("place", range(len(CALLS)), ids=lambda place: f"{place}-{getattr(CALLS[place][0], '__qualname__', 'it')}-{'-'.join(CALLS[place][1])}"[:60])
def test_one_wrong_argument(place):
    call, right = CALLS[place]
    faults = []
    for name, wrong in itertools.product(_names(call, right), WRONG):
        fault = _try(call, {**right, name: wrong})
        if fault:
            faults.append(f"{name}={_shown(wrong)}: {fault}")
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:25])


def test_several_wrong_arguments():
    drawn = random.Random(15)
    for _ in range(4_000):
        call, right = drawn.choice(CALLS)
        arguments = dict(right)
        for name in drawn.sample(_names(call, right), k=min(2, len(_names(call, right)))):
            arguments[name] = drawn.choice(WRONG)
        fault = _try(call, arguments)
        assert fault is None, f"{getattr(call, '__qualname__', call)}({', '.join(f'{name}={_shown(value)}' for name, value in arguments.items())}): {fault}"


def test_what_is_said_of_the_usual_slips():
    for call, says in (
        (lambda: kwhen.bill("readings.csv", RATES, "2026-01-10"), "consumption: 'readings.csv' of type str is not a kwhen.Consumption: make one with"),
        (lambda: kwhen.bill(Path("readings.csv"), RATES, "2026-01-10"), "is not a kwhen.Consumption"),
        (lambda: kwhen.bill(RATES, READINGS, "2026-01-10"), "consumption: <RateSeries"),
        (lambda: kwhen.bill(READINGS, "rates.csv", "2026-01-10"), "rate: 'rates.csv' of type str is no number"),
        (lambda: kwhen.plan_battery(RATES, BATTERY), "is not a kwhen.Site"),
        (lambda: kwhen.plan_battery(SITE, 10), "is not a kwhen.Battery"),
        (lambda: kwhen.plan_battery(SITE, BATTERY, 2), "is not a kwhen.BatteryRequest"),
        (lambda: kwhen.cheapest("rates.csv", "2h"), "is not a kwhen.RateSeries"),
        (lambda: kwhen.Consumption.from_csv("readings.csv"), "looks like the name of a file"),
        (lambda: kwhen.compare(READINGS, TARIFF, "2026-01"), "a list of kwhen.Tariff"),
        (lambda: kwhen.cheapest(RATES, "1h", top="x"), "top: 'x' of type str is not a whole number"),
        (lambda: kwhen.cheapest(RATES, "1h", split=1), "split: 1 of type int is not True or False"),
    ):
        with pytest.raises(kwhen.KwhenError) as caught:
            call()
        assert says in str(caught.value), str(caught.value)
