"""Now is any second: a plan from within a slot equals the plan on slots that are cut there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

import kwhen
from conftest import half_hours, utc

DAY = utc(2026, 1, 10)
PRICES = [20, 18, 10, 8, 9, 30, 5, 25]
NOW = DAY + timedelta(minutes=47, seconds=23)


def test_windows_from_any_second():
    rates = half_hours(DAY, PRICES)
    # From 00:47:23 to 04:00: two hours unbroken at best from 01:00 (10, 8, 9, 30 is 57; from 00:47:23 there is 18 in it), as by the half-hour.
    best = kwhen.cheapest(rates, "1h30m", during=(NOW, DAY + timedelta(hours=4))).best
    assert (best.start, best.average_minor_per_kwh) == (DAY + timedelta(hours=1), 9)
    # Only the rest of the slot that has begun: 12 minutes 37 seconds.
    assert not kwhen.cheapest(rates, "13m", during=(NOW, DAY + timedelta(hours=1)))
    assert kwhen.cheapest(rates, "12m", during=(NOW, DAY + timedelta(hours=1))).best.start >= NOW


def test_charging_from_any_second():
    # 7 kW in the rest of a half-hour is 7 x 757/3600 = 1.47 kWh; what is wanted of the dear time is at the deadline's own price.
    rates = half_hours(DAY, [5, 5, 50, 50])
    plan = kwhen.charge(rates, "1.4", 7, during=(NOW, DAY + timedelta(hours=2)))
    assert plan.feasible and plan.cost_minor == 7 and plan.start >= NOW and plan.end <= DAY + timedelta(hours=1)
    more = kwhen.charge(rates, 2, 7, during=(NOW, DAY + timedelta(hours=2)))
    assert more.feasible and more.start >= NOW
    here = Decimal(7) * 757 / 3600
    assert abs(more.cost_minor - (here * 5 + (2 - here) * 50)) < Decimal("0.5")


def test_a_battery_from_any_second_equals_one_on_slots_cut_there():
    # The rest of the first half-hour is 10 minutes: cut in slots of 10 minutes it is the same plan.
    prices = [10, 5, 30, 20]
    rates = half_hours(DAY, prices)
    now = DAY + timedelta(minutes=20)
    battery = kwhen.Battery(1, 1, charge_efficiency=1, discharge_efficiency=1)
    site = kwhen.Site(rates, (now, DAY + timedelta(hours=2)), export_rates=rates)
    assert site.start == now and len(site) == 4
    plan = kwhen.plan_battery(site, battery)
    cut = kwhen.Site(rates, (now, DAY + timedelta(hours=2)), export_rates=rates, slot="10m")
    assert plan.cost_minor == kwhen.plan_battery(cut, battery).cost_minor
    assert plan.slots[0].start == now and plan.slots[0].end == DAY + timedelta(minutes=30)


def test_statistics_and_sites_of_any_second(rates, consumption):
    found = rates.statistics((NOW.replace(month=4), utc(2026, 4, 11, 3, 7, 9)))
    assert found.slots > 40
    start = utc(2026, 4, 10, 16, 47, 11)
    site = kwhen.Site(rates, (start, utc(2026, 4, 12)), load=consumption)
    whole = kwhen.Site(rates, (utc(2026, 4, 10, 16, 30), utc(2026, 4, 12)), load=consumption)
    assert len(site) == len(whole) and (site.start, site.end) == (start, utc(2026, 4, 12))
    assert kwhen.plan_battery(site, kwhen.Battery(10, 5)).slots[0].start == start
    assert kwhen.backtest(site, kwhen.Battery(10, 5), strategies=["perfect"]).start == start


def test_slots_are_half_hours_whatever_the_records():
    # Cosy's day: records of 4, 3, 6, 3, 3, 3 and 2 hours.
    edges = [0, 4, 7, 13, 16, 19, 22, 24]
    rows = [
        {"value_inc_vat": price, "valid_from": DAY + timedelta(hours=first), "valid_to": DAY + timedelta(hours=last)}
        for price, first, last in zip([25, 12, 25, 12, 40, 25, 12], edges, edges[1:])
    ]
    rates = kwhen.RateSeries.from_json(rows)
    assert kwhen.cheapest(rates, "2h").best.average_minor_per_kwh == 12
    assert kwhen.charge(rates, 20, 7).cost_minor == 240
    assert len(kwhen.Site(rates)) == 48 and rates.statistics().missing == 0
    assert kwhen.plan_battery(kwhen.Site(rates), kwhen.Battery(10, 5)).cost_minor == 0
    frame = rates.to_pandas()
    assert list(frame["rate"]) == [25, 12, 25, 12, 40, 25, 12] and kwhen.RateSeries.from_pandas(frame) == rates
    assert len(rates.to_pandas(slot="30m")) == 48


@pytest.mark.parametrize("second", [0, 1, 29, 59])
@pytest.mark.parametrize("minute", [0, 17, 30, 47])
def test_the_asyncio_example_at_every_second(rates, minute, second):
    import asyncio
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    import asyncio_loop

    class Service:
        async def unit_rates(self, tariff, start, end):
            return rates

    now = utc(2026, 3, 28, 21, minute, second)
    window = asyncio.run(asyncio_loop.plan(Service(), now))
    assert window is not None and now <= window.start and window.duration_minutes == 120


# The night that begins on a date

def test_a_date_with_a_band_over_midnight_is_the_night_that_begins_on_it():
    # Cheap at 03:00 of the 14th and less so at 03:00 of the 15th.
    prices = [20] * 192
    prices[6] = prices[7] = 1
    prices[48 + 6] = prices[48 + 7] = 2
    rates = half_hours(utc(2026, 10, 13, 23), prices)
    best = kwhen.cheapest(rates, "1h", during="2026-10-14", within="18:00..07:00").best
    assert (best.start, best.average_minor_per_kwh) == (utc(2026, 10, 15, 2), 2)
    for during in (date(2026, 10, 14), "2026-10-14"):
        plan = kwhen.charge(rates, 1, 2, during=during, within="18:00..07:00")
        assert plan.start == utc(2026, 10, 15, 2) and plan.cost_minor == 2
    # Two instants say what they say: the night that has begun counts.
    now = kwhen.cheapest(rates, "1h", during=("2026-10-14", "2026-10-15"), within="18:00..07:00").best
    assert now.average_minor_per_kwh == 1
    # A band within the day stays in it.
    assert kwhen.cheapest(rates, "1h", during="2026-10-14", within="01:00..07:00").best.average_minor_per_kwh == 1
    # Nights of a whole month, and of the clock change: 18:00 to 07:00 is 14 hours then.
    change = half_hours(utc(2026, 10, 24, 17), [9] * 28 + [1] * 2)
    assert kwhen.cheapest(change, "14h", during="2026-10-24", within="18:00..07:00")
    assert not kwhen.cheapest(change, "14h30m", during="2026-10-24", within="18:00..07:00")


# Lengths and efficiencies say what they are

@pytest.mark.parametrize("bare", [2, 90, 1.5, Decimal(2), "90", True, None])
def test_a_bare_number_is_no_length(bare):
    rates = half_hours(DAY, PRICES)
    with pytest.raises(kwhen.KwhenError):
        kwhen.cheapest(rates, bare)
    for name in ("min_run", "running_for", "slot", "min_pause"):
        if bare is not None:
            with pytest.raises(kwhen.KwhenError, match=name):
                kwhen.cheapest(rates, "1h", split=True, **{name: bare})
    with pytest.raises(kwhen.WrongTypeError, match="2 of type int has no unit: give '2h', '2m'"):
        kwhen.cheapest(rates, 2)


def test_efficiencies_are_named():
    with pytest.raises(TypeError, match="Battery takes capacity_kwh, kw by place, not 3 values; give by name: charge_efficiency, discharge_efficiency"):
        kwhen.Battery(10, 5, 0.9)
    with pytest.raises(TypeError, match="HybridInverter takes output_kw, input_kw by place"):
        kwhen.HybridInverter(5, 5, "0.97")
    with pytest.raises(TypeError, match="BatteryRequest takes nothing by place"):
        kwhen.BatteryRequest(2)
    battery = kwhen.Battery(10, 5)
    assert battery.charge_efficiency == battery.discharge_efficiency == "0.95"
    assert battery.replace(capacity_kwh=12).capacity_kwh == 12 and kwhen.Battery(10, 5) == battery != kwhen.Battery(10, 6)
