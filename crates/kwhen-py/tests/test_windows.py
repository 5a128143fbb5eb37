"""Cases of the kind that the window finders for Home Assistant are held to, with answers worked by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

import kwhen
from conftest import half_hours, utc

LONDON = ZoneInfo("Europe/London")
DAY = utc(2026, 1, 10)
# 00:00 .. 04:00, in half-hours
PRICES = [20, 18, 10, 8, 9, 30, 5, 25]


def starts(window):
    return [(block.start - DAY) // timedelta(minutes=30) for block in window.blocks]


def test_continuous():
    # Two hours, unbroken: slots 1-4 cost 18+10+8+9 = 45, the best of 56, 45, 57, 52, 69.
    best = kwhen.cheapest(half_hours(DAY, PRICES), "2h").best
    assert starts(best) == [1] and best.average_minor_per_kwh == Decimal("11.25")


def test_continuous_need_not_start_on_a_slot():
    # 45 minutes: 8 for half an hour and half of 9 (12.5) beats half of 10 and 8 (13) and half of 30 and 5.
    best = kwhen.cheapest(half_hours(DAY, PRICES), "45m").best
    assert best.start == DAY + timedelta(minutes=90) and best.end == DAY + timedelta(minutes=135)
    assert kwhen.cheapest(half_hours(DAY, PRICES), "1h", whole_slots=True).best.average_minor_per_kwh == Decimal("8.5")


def test_intermittent():
    # The four cheapest: 5, 8, 9, 10 in two blocks.
    best = kwhen.cheapest(half_hours(DAY, PRICES), "2h", split=True).best
    assert starts(best) == [2, 6] and best.average_minor_per_kwh == 8 and best.starts == 2
    assert kwhen.cheapest(half_hours(DAY, PRICES), slots=4).best == best


def test_intermittent_with_least_runs():
    # No block shorter than an hour. Of the two-block plans: 10+8 and 5+25 = 48, 8+9 and 5+25 = 47; a single block of four costs 45.
    best = kwhen.cheapest(half_hours(DAY, PRICES), "2h", split=True, min_run="1h").best
    assert starts(best) == [1] and best.average_minor_per_kwh == Decimal("11.25")
    assert kwhen.cheapest(half_hours(DAY, PRICES), "2h", split=True, max_starts=1).best == best


def test_what_fewer_starts_cost():
    one, two = kwhen.WindowSearch(half_hours(DAY, PRICES), "2h", split=True).frontier()
    assert (one.starts, two.starts) == (1, 2) and one.average_minor_per_kwh - two.average_minor_per_kwh == Decimal("3.25")


def test_over_midnight():
    # 22:00 .. 02:00; the cheapest hour lies on both sides of midnight.
    rates = half_hours(utc(2026, 1, 10, 22), [30, 20, 15, 4, 3, 16, 20, 30])
    best = kwhen.cheapest(rates, "1h", within="22:00..02:00").best
    assert (best.start, best.end) == (utc(2026, 1, 10, 23, 30), utc(2026, 1, 11, 0, 30)) and best.average_minor_per_kwh == Decimal("3.5")
    # A band that ends at midnight leaves the 4 with the 15.
    assert kwhen.cheapest(rates, "1h", within="22:00..00:00").best.average_minor_per_kwh == Decimal("9.5")


def test_a_night_band_is_one_window_over_midnight_not_two_ends_of_a_day():
    # Cheap just after 00:00 and just before 24:00 of one day: they do not touch, so an hour cannot use both.
    rates = half_hours(DAY, [1] + [30] * 46 + [1])
    assert kwhen.cheapest(rates, "1h", within="23:00..01:00").best.average_minor_per_kwh == Decimal("15.5")


def test_the_night_that_clocks_go_back():
    # 25 October 2026: 01:00 to 02:00 comes twice. Local band 00:30..02:00 is 2 h 30 of real time: 23:30 to 02:00 UTC.
    rates = half_hours(utc(2026, 10, 24, 23), [50, 9, 8, 7, 6, 5, 1, 50])
    best = kwhen.cheapest(rates, "2h30m", within="00:30..02:00").best
    assert (best.start, best.end) == (utc(2026, 10, 24, 23, 30), utc(2026, 10, 25, 2)) and best.average_minor_per_kwh == 7
    assert best.start.astimezone(LONDON).strftime("%H:%M") == "00:30" and best.end.astimezone(LONDON).strftime("%H:%M") == "02:00"
    assert not kwhen.cheapest(rates, "3h", within="00:30..02:00")


def test_the_night_that_clocks_go_forward():
    # 29 March 2026: 01:00 to 02:00 does not come. Local band 00:30..02:30 is one hour of real time.
    rates = half_hours(utc(2026, 3, 29), [9, 2, 3, 9])
    best = kwhen.cheapest(rates, "1h", within="00:30..02:30").best
    assert (best.start, best.end) == (utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30)) and best.average_minor_per_kwh == Decimal("2.5")
    found = kwhen.cheapest(rates, "2h", within="00:30..02:30")
    assert not found and found.shortage.binds == "time" and found.shortage.nearest.duration_minutes == 60
    assert len(kwhen.Consumption.constant(1, date(2026, 3, 29))) == 46


def test_weights():
    # A wash that heats first: 2 kW for half an hour, then 0.5 kW for an hour. From slot 2: 2x10 + 0.5x(8+9) = 28.5;
    # from 3: 2x8 + 0.5x(9+30) = 35.5; from 1: 2x18 + 9 = 45; from 4: 2x9 + 17.5 = 35.5. Over 3 units: 9.5.
    best = kwhen.cheapest(half_hours(DAY, PRICES), profile=[2, "0.5", "0.5"]).best
    assert starts(best) == [2] and best.average_minor_per_kwh == Decimal("9.5")


def test_price_limits():
    rates = half_hours(DAY, PRICES)
    # At most 9: only 8, 9 and 5 are open; an hour unbroken is 8 and 9.
    assert kwhen.cheapest(rates, "1h", price_cap=9).best.average_minor_per_kwh == Decimal("8.5")
    # At least 9.5: of 20, 18, 10 the last two.
    assert kwhen.cheapest(rates, "1h", price_floor="9.5").best.average_minor_per_kwh == 14
    found = kwhen.cheapest(rates, "2h", price_cap=9)
    assert found.best is None and found.shortage.binds == "price"
    # As long as fits under the limit, if not all of it.
    assert kwhen.cheapest(rates, "2h", price_cap=9, split=True, amount="at-most").best.duration_minutes == 90


def test_dearest_for_export_and_latest_of_equals():
    rates = half_hours(DAY, PRICES)
    assert starts(kwhen.cheapest(rates, "30m", dearest=True).best) == [5]
    level = half_hours(DAY, [5] * 6)
    assert starts(kwhen.cheapest(level, "1h").best) == [0] and starts(kwhen.cheapest(level, "1h", latest=True).best) == [4]


def test_several_windows_and_why_not():
    rates = half_hours(DAY, PRICES)
    # Apart: 8, then of the rest 5, then 9.
    assert [window.average_minor_per_kwh for window in kwhen.cheapest(rates, "30m", top=3).windows] == [5, 8, 9]
    answer = kwhen.WindowSearch(rates, "2h").why_not(DAY)
    assert answer.dearer_by_minor_per_kwh == Decimal("2.75")  # 56/4 - 45/4


def test_missing_rates_are_not_run_across():
    found = kwhen.cheapest(half_hours(DAY, [10, None, 1, 9, None, 2]), "1h")
    assert starts(found.best) == [2]


def test_negative_prices_are_worth_running_longer_for():
    rates = half_hours(DAY, [5, -3, -2, 5])
    best = kwhen.cheapest(rates, "30m", split=True, amount="at-least").best
    assert starts(best) == [1] and best.duration_minutes == 60


def test_the_window_in_force_is_kept_unless_another_is_better_by_so_much():
    rates = half_hours(DAY, PRICES)
    kept = kwhen.WindowSearch(rates, "30m", previous=[kwhen.Span(DAY + timedelta(minutes=90), DAY + timedelta(minutes=120))])
    assert kept.keep_unless_better(3).decision == "keep" and kept.keep_unless_better("2.99").decision == "change"


def test_charging_over_the_clock_change():
    # Five real hours from 00:00 to 04:00 local on the night that clocks go back; 7 kW for 2 h of the cheapest four half-hours.
    rates = half_hours(utc(2026, 10, 24, 23), [20, 20, 4, 3, 2, 1, 20, 20, 20, 20])
    plan = kwhen.charge(rates, 14, 7, during=("2026-10-25", "2026-10-25T04:00"))
    assert plan.feasible and plan.cost_minor == Decimal("3.5") * (4 + 3 + 2 + 1) and plan.starts == 1
    assert (plan.start, plan.end) == (utc(2026, 10, 25), utc(2026, 10, 25, 2))
    assert plan.power_at(utc(2026, 10, 25, 1)) == 7 and plan.power_at(utc(2026, 10, 25, 3)) == 0


def test_what_cannot_be_charged_is_said():
    plan = kwhen.charge(half_hours(DAY, [5, 9]), 10, 7)
    assert not plan.feasible and plan.missing_kwh == 3 and plan.binds in ("time", "power") and plan.reason


@pytest.mark.parametrize("wrong", [{"duration": "soon"}, {"duration": 0}, {"duration": "1h", "slots": 2}, {"duration": "1h", "max_starts": 2}, {"duration": "1h", "within": "25:00..26:00"}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(kwhen.InputError):
        kwhen.cheapest(half_hours(DAY, PRICES), **wrong)


def test_a_battery_worked_by_hand():
    # 1 kWh, 2 kW, lossless: buys at 5, sells at 30 (export as import), then has no time left.
    rates = half_hours(DAY, [10, 5, 30, 20])
    site = kwhen.Site(rates, export_rates=rates)
    plan = kwhen.plan_battery(site, kwhen.Battery(1, 2, charge_efficiency=1, discharge_efficiency=1))
    assert plan.cost_minor == -25
    assert [slot.charge_kwh - slot.discharge_kwh for slot in plan.slots] == [0, 1, -1, 0]
    # A kWh that is there at the start is sold at 10 before that trade.
    assert plan.cost_to_go(0, 1) == -35 and plan.cost_to_go(0, 0) == -25
    assert plan.best_action(1, 0) == 1 and plan.best_action(2, 1) == -1
    assert plan.value(4, "0.5") == 0 and plan.policy(0) and plan.value_function(0)
    with pytest.raises(kwhen.InfeasibleError):
        kwhen.plan_battery(site, kwhen.Battery(1, "0.1"), kwhen.BatteryRequest(end_kwh=1))


def test_a_fleet_is_bounded():
    rates = half_hours(DAY, PRICES)
    fleet = kwhen.plan_fleet(
        kwhen.Site(rates),
        {"house": (kwhen.Battery(2, 2), kwhen.BatteryRequest()), "car": (kwhen.Battery(4, 4), kwhen.BatteryRequest(end_kwh=3))},
    )
    assert set(fleet.plans) == {"house", "car"} and fleet.gap_minor >= 0
    assert fleet.plans["car"].slots[-1].stored_kwh == 3
