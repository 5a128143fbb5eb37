#!/usr/bin/env python3
"""Works the golden bills from the sample data, with nothing of kwhen's: Python's decimals, its zone tables, a dictionary by instant.

    python3 tests/golden/bills/work.py          writes tests/golden/bills/*.json
    python3 tests/golden/bills/work.py --check  compares instead

Every rule is spelled out below, so that a reader can follow each figure:
- a half-hour is billed when it has both a reading and a rate; net energy = sum of kWh x rate without VAT;
- a standing charge is due for every local day (Europe/London) of the period, at the charge in force at its midnight;
- VAT is 5 % before 2026-09-30T23:00Z and 0 % from then on, on the sum of what falls before and after;
- rules "octopus": each reading is first rounded to 0.01 kWh, half to even; each VAT sum to the penny, halves up.
"""
import csv
import json
import sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo

getcontext().prec = 60
HERE = Path(__file__).parent
DATA = HERE.parents[2] / "data"
LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
VAT_CHANGE = datetime(2026, 9, 30, 23, tzinfo=timezone.utc)

# name: (first local day, local day after the last)
CASES = {
    "ordinary-month": ("2025-11-01", "2025-12-01"),
    "spring-clock-change-month": ("2026-03-01", "2026-04-01"),
    "autumn-clock-change-month": ("2026-10-01", "2026-11-01"),
    "negative-price-day": (None, None),
    "month-with-gaps": ("2026-02-01", "2026-03-01"),
    "vat-change": ("2026-09-15", "2026-10-16"),
}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


def rows(name):
    with open(DATA / name, newline="") as file:
        return list(csv.DictReader(file))


def show(value):
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def runs(moments):
    """Runs of half-hours as from/to pairs."""
    found = []
    for moment in moments:
        if found and found[-1][1] == moment:
            found[-1][1] = moment + HALF_HOUR
        else:
            found.append([moment, moment + HALF_HOUR])
    return [{"from": stamp(a), "to": stamp(b)} for a, b in found]


readings = {instant(row["interval_start"]): Decimal(row["consumption"]) for row in rows("consumption.csv")}
rates = {instant(row["valid_from"]): Decimal(row["value_exc_vat"]) for row in rows("rates.csv")}
charges = sorted(
    (instant(row["valid_from"]), instant(row["valid_to"]) if row["valid_to"] else None, Decimal(row["value_exc_vat"]))
    for row in rows("standing-charges.csv")
)


def midnight(day):
    return datetime.fromisoformat(day).replace(tzinfo=LONDON).astimezone(timezone.utc)


def most_negative_day():
    """The local day with the most half-hours below zero, the first of them on a tie."""
    counts = {}
    for moment, rate in rates.items():
        if rate < 0 and moment in readings:
            day = moment.astimezone(LONDON).date()
            counts[day] = counts.get(day, 0) + 1
    return min(counts, key=lambda day: (-counts[day], day))


def bill(first, end, rules):
    begins, ends = midnight(first), midnight(end)
    slots = []
    moment = begins
    while moment < ends:
        slots.append(moment)
        moment += HALF_HOUR
    net = {True: Decimal(0), False: Decimal(0)}  # before and after the VAT change
    kwh = Decimal(0)
    by_day = {}
    for moment in slots:
        if moment not in readings or moment not in rates:
            continue
        energy = readings[moment]
        if rules == "octopus":
            energy = energy.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        kwh += energy
        net[moment < VAT_CHANGE] += energy * rates[moment]
        day = moment.astimezone(LONDON).date().isoformat()
        by_day[day] = by_day.get(day, Decimal(0)) + energy * rates[moment]
    days = {}
    day = datetime.fromisoformat(first).date()
    while day < datetime.fromisoformat(end).date():
        start = midnight(day.isoformat())
        (charge,) = [price for since, until, price in charges if since <= start and (until is None or start < until)]
        net[start < VAT_CHANGE] += charge
        by_day[day.isoformat()] = by_day.get(day.isoformat(), Decimal(0)) + charge
        days[show(charge)] = days.get(show(charge), 0) + 1
        day += timedelta(days=1)
    vat = net[True] * Decimal("0.05")
    if rules == "octopus":
        vat = vat.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    subtotal = net[True] + net[False]
    billed = [moment for moment in slots if moment in readings and moment in rates]
    return {
        "from": stamp(begins),
        "to": stamp(ends),
        "kwh": show(kwh),
        "net_minor": show(subtotal),
        "vat_minor": show(vat),
        "total_minor": show(subtotal + vat),
        "coverage": {
            "slots": len(slots),
            "billed_slots": len(billed),
            "missing_consumption": runs([moment for moment in slots if moment not in readings]),
            "missing_rates": runs([moment for moment in slots if moment not in rates]),
        },
        "days_by_standing_charge": days,
        "net_minor_by_day": {day: show(cost) for day, cost in sorted(by_day.items())},
    }


def main():
    wrong = 0
    for name, (first, end) in CASES.items():
        if first is None:
            day = most_negative_day()
            first, end = day.isoformat(), (day + timedelta(days=1)).isoformat()
        worked = {"first_day": first, "day_after_last": end, "rules": {rules: bill(first, end, rules) for rules in ("exact", "octopus")}}
        text = json.dumps(worked, indent=1) + "\n"
        path = HERE / f"{name}.json"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            print(f"{path.name} differs")
            wrong = 1
        exact = worked["rules"]["exact"]
        print(f"{name}: {first} to {end}, {exact['kwh']} kWh, {exact['total_minor']} p, {exact['coverage']['billed_slots']} of {exact['coverage']['slots']} slots")
    sys.exit(wrong)


main()
