"""Works battery plans and a comparison of other countries with zoneinfo and whole numbers alone, and writes one JSON a case.

    python3 tests/golden/abroad/plans.py           write the cases
    python3 tests/golden/abroad/plans.py --check   say which differ from what is worked now

A plan is found by trying every level of the store at every slot. What one kWh costs changes only at whole steps of the lattice here (powers,
load and capacity are multiples of it on both sides of the losses), so that no plan between two levels costs less. Market prices and
readings are those of metered.py; nothing is rounded.
"""
from fractions import Fraction as F
from math import lcm

from metered import HERE, inside, meter, settle, spot, text

FOLDER = HERE / "plans"


def best(prices, export, load, capacity, power, minutes, charge_out_of, discharge_out_of, start, wear):
    """The least cost of all plans: `charge_out_of` AC kWh store one, one stored gives 1 / `discharge_out_of`; all in fractions."""
    most = power * minutes / 60
    # The lattice counts DC kWh: every edge of a cost is a whole number of steps.
    parts = [capacity, start, most / charge_out_of, most * discharge_out_of]
    parts += [kwh * discharge_out_of for kwh in set(load)]
    step = F(1, lcm(*(part.denominator for part in parts)))
    up, down, top = (int(part / step) for part in (most / charge_out_of, most * discharge_out_of, capacity))
    scale = lcm(*(price.denominator for price in [*prices, export, wear]), (step * charge_out_of).denominator, (step / discharge_out_of).denominator, *(kwh.denominator for kwh in set(load)))
    whole = lambda number: int(number * scale * scale)
    cost_to_go = [0] * (top + 1)
    for price, used in reversed(list(zip(prices, load))):
        moves = []
        for move in range(-down, up + 1):
            ac = move * step * charge_out_of if move > 0 else move * step / discharge_out_of
            meter_kwh = used + ac
            cost = meter_kwh * price if meter_kwh > 0 else meter_kwh * export
            if move < 0:
                cost += -ac * wear
            moves.append((move, whole(cost)))
        before = []
        for level in range(top + 1):
            before.append(min(cost + cost_to_go[level + move] for move, cost in moves if 0 <= level + move <= top))
        cost_to_go = before
    return F(cost_to_go[int(start / step)], scale * scale)


def plan(name, metered, load_of, price, export, battery, rates):
    """`load_of`: two numbers a and m; the load of slot i is (a i mod m) tenths of a kWh."""
    slots = metered.slots
    prices = [price(slot) for slot in slots]
    load = [F(place * load_of[0] % load_of[1], 10) for place in range(len(slots))]
    minutes = metered.minutes
    capacity, power, out_in, out_of, start, wear = (F(battery[key]) for key in ("capacity_kwh", "power_kw", "ac_for_one_stored", "stored_for_one_ac", "start_kwh", "wear"))
    objective = best(prices, F(export), load, capacity, power, minutes, out_in, out_of, start, wear)
    baseline = sum(kwh * rate for kwh, rate in zip(load, prices))
    return name, {
        "zone": str(metered.zone),
        "slots": {"start": slots[0][0], "minutes": minutes, "count": len(slots)},
        "from": metered.first.isoformat(),
        "to": metered.last.isoformat(),
        "load": load_of,
        "rates": rates,
        "export": export,
        "battery": {
            **{key: battery[key] for key in ("capacity_kwh", "power_kw", "start_kwh", "wear")},
            "charge_efficiency": text(1 / out_in),
            "discharge_efficiency": text(1 / out_of),
        },
        "expected": {
            "objective_minor": text(objective),
            "baseline_minor": text(baseline),
            "saving_minor": text(baseline - objective),
        },
    }


BATTERY = {"capacity_kwh": "5", "power_kw": "2", "ac_for_one_stored": "1.25", "stored_for_one_ac": "1.25", "start_kwh": "1", "wear": "1.5"}

LEVELS = [("00:00", "05:00", "1.51"), ("05:00", "17:00", "7.53"), ("17:00", "20:00", "15.05"), ("20:00", "00:00", "7.53")]


def spot_tariff(code):
    return {
        "code": code,
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "tax": "19%",
        "standing_charge": "32.5",
        "spot": {"markup": "1.75", "factor": "1.02"},
        "components": [
            {"name": "Netzentgelt", "bands": [{"from": opens, "to": closes, "rate": rate} for opens, closes, rate in LEVELS]},
            {"name": "Stromsteuer", "kind": "tax", "unit_rate": "2.05"},
        ],
    }


def paid_at_berlin(slot, start):
    fee = next(F(rate) for opens, closes, rate in LEVELS if inside(slot[1], opens, closes))
    return (spot(slot[0], start, 15) * F("1.02") + F("1.75") + fee + F("2.05")) * F("1.19")


def berlin(name, first, last):
    """Quarter-hours of the market with a mark-up, a grid fee by time, a tax a kWh and 19 % on all; the clock changes within it."""
    metered = meter("Europe/Berlin", first, last, 15, 977)
    start = metered.slots[0][0]
    return plan(name, metered, [7, 6], lambda slot: paid_at_berlin(slot, start), "8", BATTERY, {"tariff": spot_tariff("BERLIN-SPOT")})


def tokyo():
    """Half-hours of a made-up price in yen: no summer time, no export."""
    metered = meter("Asia/Tokyo", "2026-06-01", "2026-06-05", 30, 701)
    start = metered.slots[0][0]
    price = lambda slot: F(18) + F((slot[0] - start) // 1800 * 11 % 29, 2)
    return plan("tokyo", metered, [5, 7], price, "0", BATTERY, {"half_yen_over_18": [11, 29]})


def comparison():
    """A market's price beside a flat one and one by bands, over the spring night in Berlin; each with its standing charge and 19 %."""
    metered = meter("Europe/Berlin", "2026-03-20", "2026-04-10", 15, 977)
    start = metered.slots[0][0]
    days = len({slot[1].date() for slot in metered.slots})
    bands = [("22:00", "06:00", "19.4"), ("06:00", "22:00", "27.15")]
    energy = {
        "BERLIN-SPOT": sum(slot[2] * paid_at_berlin(slot, start) for slot in metered.slots) + days * F("32.5") * F("1.19"),
        "BERLIN-FLAT": (sum(slot[2] for slot in metered.slots) * F("24.9") + days * F("41")) * F("1.19"),
        "BERLIN-NIGHT": (sum(slot[2] * next(F(rate) for opens, closes, rate in bands if inside(slot[1], opens, closes)) for slot in metered.slots) + days * F("38")) * F("1.19"),
    }
    own = {"time_zone": "Europe/Berlin", "currency": "EUR", "tax": "19%"}
    tariffs = [
        spot_tariff("BERLIN-SPOT"),
        {"code": "BERLIN-FLAT", **own, "standing_charge": "41", "unit_rate": "24.9"},
        {"code": "BERLIN-NIGHT", **own, "standing_charge": "38", "bands": [{"from": opens, "to": closes, "rate": rate} for opens, closes, rate in bands]},
    ]
    return "berlin-comparison", {
        "zone": "Europe/Berlin",
        "slots": {"start": start, "minutes": 15, "count": len(metered.slots)},
        "from": metered.first.isoformat(),
        "to": metered.last.isoformat(),
        "modulus": 977,
        "tariffs": tariffs,
        "expected": {code: text(total) for code, total in sorted(energy.items(), key=lambda item: item[1])},
    }


def main():
    cases = [berlin("berlin-spring", "2026-03-28", "2026-03-31"), berlin("berlin-autumn", "2026-10-24", "2026-10-27"), tokyo(), comparison()]
    settle(FOLDER, cases)


if __name__ == "__main__":
    main()
