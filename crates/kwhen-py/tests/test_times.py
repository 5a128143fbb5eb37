"""Times as people say them: one table for the command and the wheel, and instants that a clock tells."""

from __future__ import annotations

import csv
import subprocess
from datetime import datetime, timedelta

import pytest

import kwhen
from conftest import ROOT, UTC, half_hours, utc
from kwhen import _edges

with open(ROOT / "tests" / "cases" / "said-times.csv", encoding="utf-8") as table:
    ROWS = list(csv.DictReader(table))
DAY = utc(2026, 1, 10)
RATES = half_hours(DAY, [20, 10, 5, 30])


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


@pytest.fixture
def clock(monkeypatch):
    """Sets what time it is."""
    return lambda at: monkeypatch.setattr(_edges.clock, "time", lambda: at if isinstance(at, (int, float)) else at.timestamp())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']} {row['text']}")
def test_one_table_of_times(row, clock):
    clock(seconds(row["now"]) + 0.75)
    text, zone = row["text"], "Europe/London"
    if row["kind"].startswith("no "):
        read = _edges.instant if row["kind"] == "no instant" else _edges.period
        with pytest.raises(kwhen.ParseError, match="a date such as 2026-03-29|a period such as 2026-03-29"):
            read(text, zone)
    elif row["kind"] == "instant":
        assert _edges.instant(text, zone) == seconds(row["from"])
    else:
        span = text if row["kind"] == "period" else tuple(text.split(".."))
        assert _edges.period(span, zone) == (seconds(row["from"]), seconds(row["to"]))


@pytest.mark.parametrize("row", [row for row in ROWS if row["kind"].startswith("no ")], ids=lambda row: f"{row['kind']} {row['text']}")
def test_what_is_no_time_has_one_message(row, command):
    """The command and the wheel say the same of it."""
    flag = "--from" if row["kind"] == "no instant" else "--during"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        command("cheapest", "--rates", "data/rates.csv", "--duration", "1h", f"{flag}={row['text']}")
    with pytest.raises(kwhen.ParseError) as ours:
        kwhen.cheapest(RATES, "1h", during=(row["text"], "2026-01-11") if flag == "--from" else row["text"])
    assert refused.value.returncode == 2
    assert refused.value.stderr == f"error: {flag}: {ours.value}\n"


def test_an_instant_that_a_clock_tells(clock):
    now = DAY + timedelta(minutes=47, seconds=23, microseconds=814_523)
    whole = now.replace(microsecond=0)
    end = DAY + timedelta(hours=2)
    assert kwhen.cheapest(RATES, "30m", during=(now, end)) == kwhen.cheapest(RATES, "30m", during=(whole, end))
    assert RATES.at(now) == 10 and kwhen.rates_known_until(now) == kwhen.rates_known_until(whole)
    # In data it is a mistake.
    with pytest.raises(kwhen.ParseError, match="not on a whole second"):
        kwhen.Consumption.from_readings([(now, 1)])


def test_plans_know_what_is_to_be_done_now(clock):
    battery = kwhen.Battery(1, 1, charge_efficiency=1, discharge_efficiency=1)
    plan = kwhen.plan_battery(kwhen.Site(RATES, export_rates=RATES), battery)
    car = kwhen.charge(RATES, 1, 1, max_starts=1)
    window = kwhen.cheapest(RATES, "1h").best
    for place in range(4):
        now = DAY + timedelta(minutes=30 * place, seconds=7, microseconds=3)
        clock(now)
        assert plan.now() == plan.slots[place] == plan.slot_at(now)
        assert plan.best_action(now, "0.5") == plan.best_action(place, "0.5")
        assert plan.policy(now) == plan.policy(place)
        runs = place in (1, 2)
        assert (car.now() is not None) == runs == (window.now() is not None)
        assert car.power_at(now) == (1 if runs else 0)
    clock(DAY + timedelta(hours=2))
    assert plan.now() is car.now() is window.now() is None
    with pytest.raises(kwhen.OutOfRangeError, match="outside the plan, which is 2026-01-10 00:00 to 2026-01-10 02:00 UTC"):
        plan.best_action(DAY - timedelta(seconds=1), 0)
    with pytest.raises(kwhen.NaiveDatetimeError):
        plan.best_action(datetime(2026, 1, 10), 0)
    assert plan.best_action(datetime(2026, 1, 10, tzinfo=UTC), 0) == plan.best_action(0, 0)


def test_a_band_in_a_night_that_has_begun(clock):
    clock(DAY + timedelta(minutes=5))
    assert kwhen.cheapest(RATES, "1h", during="tonight", within="22:00..04:00").best.start == DAY + timedelta(minutes=30)
