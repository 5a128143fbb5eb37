#!/usr/bin/env python3
"""The least cost of a home on three tariffs over fourteen days, by another program: a mixed-integer programme that HiGHS solves.

It shares nothing with kwhen: files are read here, bands are laid out here by the time zone of the standard library, and VAT and standing
charges are worked here. Run it with the package highspy: `python3 work.py` writes figures.json, `python3 work.py --check` works them
again and compares. Where import costs more than nothing, energy that goes in and out at once only wastes it, so that no binary is
needed; where it does not, binaries keep the battery from charging and discharging, and the meter from importing and exporting, at once.
A hot-water tank runs or rests for whole half-hours. Alone its least cost is between two figures that NumPy finds on a grid of levels, once with what is
between two of them lost and once with it won; beside a battery HiGHS tells what costs less than any plan, with the tank at any power.
"""

import csv
import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import highspy
import numpy

HERE = Path(__file__).parent
DATA = HERE.parent.parent.parent / "data"
LONDON = ZoneInfo("Europe/London")
# The clock goes forward on 29 March.
FIRST, DAYS = date(2026, 3, 20), 14
VAT = 1.05
# Of data/batteries/ten.toml: 10 kWh, 2.5 kWh a half-hour, 0.95 each way, 1.5 p/kWh of wear.
STORE, MOST, CHARGE, DISCHARGE, WEAR = 10.0, 2.5, 0.95, 0.95, 1.5
# Of data/batteries/commuter.toml: 60 kWh, 3.7 kWh a half-hour, 0.9; from 08:00 to 18:00 on weekdays away for 10 kWh, with 20 or more.
# A hot-water tank: 9 kWh of heat, 3 kW or not for a whole half-hour, drawn at 07:00, 19:00 and on weekends at 10:30, with 1 kWh or more by day.
TANK, TANK_MOST, TANK_START, TANK_LEAST, COOLS = 9.0, 1.5, 5.0, 1.0, 0.012
CAR, CAR_MOST, CAR_CHARGE, CAR_START, TRIP, LEAVES_WITH = 60.0, 3.7, 0.9, 40.0, 10.0, 20.0


def local_midnight(day):
    return datetime.combine(day, time(), LONDON).astimezone(timezone.utc)


def slots():
    at, end = local_midnight(FIRST), local_midnight(FIRST + timedelta(days=DAYS))
    while at < end:
        yield at
        at += timedelta(minutes=30)


def column(name, start, value):
    with open(DATA / name, newline="") as file:
        return {datetime.fromisoformat(row[start].replace("Z", "+00:00")): float(row[value]) for row in csv.DictReader(file) if row[value]}


def tariffs():
    """Pence a kWh by slot, without VAT, and pence a day."""
    agile = column("rates.csv", "valid_from", "value_exc_vat")
    night = lambda at: time(0, 30) <= at.astimezone(LONDON).time() < time(5, 30)
    everywhere = list(slots())
    return {
        "rates": ([agile.get(at) for at in everywhere], 0.0),
        "E-1R-GO-VAR-22-10-14-C": ([8.0953 if night(at) else 26.4 for at in everywhere], 47.85),
        "E-1R-VAR-22-11-01-C": ([24.19 for _ in everywhere], 44.6),
    }


class Model:
    def __init__(self):
        self.highs = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("mip_rel_gap", 0.0)
        self.highs.setOptionValue("mip_abs_gap", 1e-7)
        self.count = 0

    def variable(self, low, high, cost=0.0, whole=False):
        self.highs.addVar(low, high)
        self.highs.changeColCost(self.count, cost)
        if whole:
            self.highs.changeColIntegrality(self.count, highspy.HighsVarType.kInteger)
        self.count += 1
        return self.count - 1

    def row(self, low, high, terms):
        self.highs.addRow(low, high, len(terms), [place for place, _ in terms], [factor for _, factor in terms])

    def least(self):
        self.highs.run()
        assert self.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return self.highs.getInfo().objective_function_value


def drawn_at(local):
    at, weekend = local.time(), local.weekday() >= 5
    return {time(7): 4.0, time(19): 3.0, time(10, 30): 2.5 if weekend else 0.0}.get(at, 0.0)


def least_cost(prices, loads, with_battery=True, with_car=False, with_tank=False):
    model, endless = Model(), highspy.kHighsInf
    level, car, heat = None, None, None
    for at, price, load in zip(slots(), prices, loads):
        still = load is None or price is None
        paid = 0.0 if still else price * VAT
        most = MOST if with_battery and not still else 0.0
        charge, discharge = model.variable(0, most), model.variable(0, most, WEAR)
        after = model.variable(0, STORE)
        before = [] if level is None else [(level, -1.0)]
        model.row(0, 0, [(after, 1.0), (charge, -CHARGE), (discharge, 1 / DISCHARGE), *before])
        level = after
        drawn = [(charge, -1.0), (discharge, 1.0)]
        if with_tank:
            local = at.astimezone(LONDON)
            runs = model.variable(0, 0 if still else 1)
            out = 0.0 if still else drawn_at(local)
            least = TANK_LEAST if not still and time(6) <= local.time() < time(23) else 0.0
            after = model.variable(least, TANK)
            if heat is None:
                model.row(TANK_START - out, TANK_START - out, [(after, 1.0), (runs, -TANK_MOST)])
            else:
                model.row(-out, -out, [(after, 1.0), (runs, -TANK_MOST), (heat, -1.0)])
            heat = after
            drawn.append((runs, -TANK_MOST))
        if with_car:
            local = at.astimezone(LONDON)
            weekday = local.weekday() < 5
            away = weekday and time(8) <= local.time() < time(18)
            taken = model.variable(0, 0.0 if away or still else CAR_MOST)
            leaves = weekday and local.time() == time(8)
            if leaves:
                if car is None:
                    assert CAR_START >= LEAVES_WITH
                else:
                    model.row(LEAVES_WITH, CAR, [(car, 1.0)])
            after = model.variable(0, CAR)
            gone = -TRIP if leaves else 0.0
            if car is None:
                model.row(CAR_START + gone, CAR_START + gone, [(after, 1.0), (taken, -CAR_CHARGE)])
            else:
                model.row(gone, gone, [(after, 1.0), (taken, -CAR_CHARGE), (car, -1.0)])
            car = after
            drawn.append((taken, -1.0))
        if still:
            continue
        # Export earns nothing here.
        bought, sold = model.variable(0, endless, paid), model.variable(0, endless, 0.0)
        model.row(load, load, [(bought, 1.0), (sold, -1.0), *drawn])
        if paid <= 0:
            way, meter = model.variable(0, 1, 0.0, True), model.variable(0, 1, 0.0, True)
            model.row(-endless, 0, [(charge, 1.0), (way, -MOST)])
            model.row(-endless, MOST, [(discharge, 1.0), (way, MOST)])
            model.row(-endless, 0, [(bought, 1.0), (meter, -20.0)])
            model.row(-endless, 20, [(sold, 1.0), (meter, 20.0)])
    return model.least()


def tank_alone(prices, loads, cools, way):
    """The least cost with levels on a grid of a thousandth of a kWh: `way` rounds what is between two of them."""
    count = round(TANK * 1000) + 1
    levels = numpy.arange(count) / 1000
    values = numpy.zeros(count)
    for at, price, load in reversed(list(zip(slots(), prices, loads))):
        still = load is None or price is None
        local = at.astimezone(LONDON)
        if not still and time(6) <= local.time() < time(23):
            values = numpy.where(levels >= TANK_LEAST, values, numpy.inf)
        best = numpy.full(count, numpy.inf)
        for heat in (0.0,) if still else (0.0, TANK_MOST):
            kept, out = (1.0, 0.0) if still else (1 - cools / 2, drawn_at(local))
            after = way(numpy.round((levels * kept + heat - out) * 1000, 6)).astype(int)
            fits = (after >= 0) & (after < count)
            cost = 0.0 if still else (heat + load) * price * VAT
            best = numpy.minimum(best, numpy.where(fits, values[numpy.clip(after, 0, count - 1)] + cost, numpy.inf))
        values = best
    return float(values[round(TANK_START * 1000)])


def work():
    readings = column("consumption.csv", "interval_start", "consumption")
    loads = [readings.get(at) for at in slots()]
    figures = {}
    for code, (prices, standing) in tariffs().items():
        fixed = standing * DAYS * VAT
        figures[code] = {
            "battery": round(least_cost(prices, loads) + fixed, 3),
            "battery and car": round(least_cost(prices, loads, with_car=True) + fixed, 3),
            "tank": round(tank_alone(prices, loads, 0.0, numpy.floor) + fixed, 3),
            "tank that cools, at most": round(tank_alone(prices, loads, COOLS, numpy.floor) + fixed, 3),
            "tank that cools, at least": round(tank_alone(prices, loads, COOLS, numpy.ceil) + fixed, 3),
            "battery and tank, at least": round(least_cost(prices, loads, with_tank=True) + fixed, 3),
        }
    return figures


def main():
    figures, path = work(), HERE / "figures.json"
    if "--check" not in sys.argv[1:]:
        path.write_text(json.dumps(figures, indent=1) + "\n")
        return
    kept = json.loads(path.read_text())
    assert kept.keys() == figures.keys(), (kept.keys(), figures.keys())
    for code, costs in figures.items():
        for devices, cost in costs.items():
            assert abs(cost - kept[code][devices]) < 0.005, (code, devices, cost, kept[code][devices])
    print("figures.json is what HiGHS finds")


if __name__ == "__main__":
    main()
