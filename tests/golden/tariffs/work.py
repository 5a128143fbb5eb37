#!/usr/bin/env python3
"""Works the golden bills of every kind of tariff, with nothing of kwhen's: Python's decimals, its zone tables, a loop over half-hours.

    python3 tests/golden/tariffs/work.py          writes tests/golden/tariffs/*.json and tests/golden/registers/*.json
    python3 tests/golden/tariffs/work.py --check  compares instead

Readings are a formula, so that no file is needed: the half-hour at place i holds (7919 i + 13) mod 977 Wh. Each case runs from
2026-03-01 to 2026-11-15, local: over both clock changes, a change of price in the middle of June, and domestic electricity's VAT
going to 0 % on 1 October. Every half-hour is looked up by itself: its local (or UTC) time of day, weekday and month pick the band.

Rules: "octopus" rounds each reading to 0.01 kWh, half to even, and VAT to the penny, halves up; "octopus-statement" rounds each
half-hour's cost to 0.001 p, half to even, and VAT likewise; "ladder" rounds readings to 0.01 kWh, costs to 0.01 p, subtotals and VAT
to the penny, each half to even.

Register cases: a counter's advance between two readings takes the half-hour's place; each is billed at its register's rate at the
first of the two readings, and every change of price, levy and VAT has a reading.
"""
import json
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo

getcontext().prec = 60
HERE = Path(__file__).parent
LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
FIRST, LAST = "2026-03-01", "2026-11-15"
CHANGE = "2026-06-16"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def midnight(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def two(name, start, end, cheap, dear):
    return [
        {"name": name, "from": start, "to": end, "rate": cheap},
        {"name": "day", "from": end, "to": start, "rate": dear},
    ]


def dated(before, after, **more):
    return {"periods": [{"to": CHANGE, **before}, {"from": CHANGE, **after}], **more}


COSY = [
    ("cheap", "04:00", "07:00"), ("day", "07:00", "13:00"), ("cheap", "13:00", "16:00"), ("peak", "16:00", "19:00"),
    ("day", "19:00", "22:00"), ("cheap", "22:00", "00:00"), ("day", "00:00", "04:00"),
]
FLUX = [("cheap", "02:00", "05:00"), ("day", "05:00", "16:00"), ("peak", "16:00", "19:00"), ("day", "19:00", "02:00")]


def many(bands, rates):
    return [{"name": name, "from": start, "to": end, "rate": rates[name]} for name, start, end in bands]


def tracker():
    rows, day, number = [], date.fromisoformat(FIRST), 0
    while day < date.fromisoformat(LAST):
        rows.append({"from": str(day), "to": str(day + timedelta(days=1)), "price": str(Decimal((number * 389) % 2900 + 500) / 100)})
        day, number = day + timedelta(days=1), number + 1
    return rows


STANDING = {"standing_charges": [{"to": CHANGE, "price": "47.85"}, {"from": CHANGE, "price": "51.103"}]}
THREE = [
    {"name": "off-peak", "from": "00:30", "to": "07:30", "rate": "11.31"},
    {"name": "day", "from": "07:30", "to": "00:30", "days": DAYS[:5], "months": [4, 5, 6, 7, 8, 9], "rate": "24.5"},
    {"name": "winter day", "from": "07:30", "to": "00:30", "days": DAYS[:5], "months": [10, 11, 12, 1, 2, 3], "rate": "29.75"},
    {"name": "weekend", "from": "07:30", "to": "00:30", "days": DAYS[5:], "rate": "19.5"},
]
CASES = {
    "flat": {"code": "E-1R-VAR-22-11-01-C", **dated({"unit_rate": "24.8674"}, {"unit_rate": "23.1295"}), **STANDING},
    "tracker": {"code": "E-1R-SILVER-24-12-31-C", "rates": tracker(), **STANDING},
    "agile": {"code": "E-1R-AGILE-24-10-01-C", "unit_rate": "0", **STANDING},
    "go": {
        "code": "E-1R-GO-VAR-22-10-14-C",
        **dated({"bands": two("night", "00:30", "05:30", "8.0953", "25.6")}, {"bands": two("night", "00:30", "04:30", "7.5", "27.031")}),
        **STANDING,
    },
    "intelligent-go": {
        "code": "E-1R-INTELLI-VAR-24-10-29-C",
        **dated({"bands": two("night", "23:30", "05:30", "6.667", "25.7129")}, {"bands": two("night", "23:30", "05:30", "6.667", "26.78")}),
        "dispatch_rate": "6.667", **STANDING,
    },
    "cosy": {
        "code": "E-1R-COSY-22-12-08-C",
        **dated({"bands": many(COSY, {"cheap": "12.95", "day": "26.4", "peak": "39.606"})},
                {"bands": many(COSY, {"cheap": "13.1", "day": "25.99", "peak": "40.01"})}),
        **STANDING,
    },
    "flux": {
        "code": "E-1R-FLUX-IMPORT-23-02-14-C",
        **dated({"bands": many(FLUX, {"cheap": "15.14", "day": "25.24", "peak": "35.33"})},
                {"bands": many(FLUX, {"cheap": "14.9", "day": "24.83", "peak": "34.77"})}),
        **STANDING,
    },
    "economy-7": {
        "code": "E-2R-VAR-22-11-01-C", "clock": "utc",
        **dated({"bands": two("night", "00:30", "07:30", "14.2", "30.911")}, {"bands": two("night", "00:30", "07:30", "13.9", "29.87")}),
        **STANDING,
    },
    "three-registers": {"code": "E-3R-BESPOKE-24-01-01-C", "clock": "utc", "bands": THREE, **STANDING},
    "business": {
        "code": "E-1R-BUS-12M-FIXED-24-01-01-C", "customer": "business", "climate_change_levy": {}, "unit_rate_uplift": "0.75",
        **dated({"unit_rate": "26.1"}, {"unit_rate": "27.44"}), **STANDING,
    },
    "outgoing": {"code": "E-1R-OUTGOING-FIX-12M-19-05-13-C", **dated({"unit_rate": "15"}, {"unit_rate": "12"})},
    "outgoing-prime": {
        "code": "E-1R-OUTGOING-PRIME-25-01-01-C",
        **dated({"bands": two("peak", "16:00", "19:00", "16", "9")}, {"bands": two("peak", "16:00", "19:00", "15.5", "9.25")}),
    },
    "outgoing-seg": {"code": "E-1R-OUTGOING-SEG-FIX-12M-20-07-07-C", **dated({"unit_rate": "4.1"}, {"unit_rate": "5.5"})},
    "gas-hundreds-of-cubic-feet": {"code": "G-1R-VAR-22-11-01-C", **dated({"unit_rate": "5.9714"}, {"unit_rate": "6.03"}), **STANDING},
    "gas-kilowatt-hours": {"code": "G-1R-VAR-22-11-01-C", **dated({"unit_rate": "5.9714"}, {"unit_rate": "6.03"}), **STANDING},
    "gas": {"code": "G-1R-VAR-22-11-01-C", **dated({"unit_rate": "5.9714"}, {"unit_rate": "6.03"}), **STANDING},
}
DISPATCHES = [
    ("2026-03-29T00:40:00Z", "2026-03-29T03:10:00Z"), ("2026-05-04T12:05:00Z", "2026-05-04T12:25:00Z"),
    ("2026-06-15T21:50:00Z", "2026-06-16T00:10:00Z"), ("2026-10-25T00:00:00Z", "2026-10-25T01:59:00Z"),
]
VAT_ZERO_FROM = datetime(2026, 9, 30, 23, tzinfo=timezone.utc)
LEVY_CHANGE = datetime(2026, 3, 31, 23, tzinfo=timezone.utc)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def in_force(rows, moment):
    for row in rows:
        if ("from" not in row or midnight(row["from"]) <= moment) and ("to" not in row or moment < midnight(row["to"])):
            return row
    raise ValueError(moment)


def band_rate(bands, wall):
    minute = wall.hour * 60 + wall.minute
    found = []
    for band in bands:
        if "days" in band and DAYS[wall.weekday()] not in band["days"]:
            continue
        if "months" in band and wall.month not in band["months"]:
            continue
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (band["from"], band["to"]))
        inside = start <= minute < end if start < end else minute >= start or minute < end
        if inside:
            found.append(Decimal(band["rate"]))
    assert len(found) == 1, (wall, found)
    return found[0]


def unit_rate(name, tariff, index, moment):
    if name == "agile":
        return Decimal((index * 104729) % 6007 - 500) / 100
    wall = moment if tariff.get("clock") == "utc" else moment.astimezone(LONDON)
    if name == "intelligent-go":
        for start, end in DISPATCHES:
            if moment < instant(end) and instant(start) < moment + HALF_HOUR:
                return Decimal(tariff["dispatch_rate"])
    if "rates" in tariff:
        return Decimal(in_force(tariff["rates"], moment)["price"])
    part = in_force(tariff["periods"], moment) if "periods" in tariff else tariff
    rate = band_rate(part["bands"], wall) if "bands" in part else Decimal(part["unit_rate"])
    return rate + Decimal(tariff.get("unit_rate_uplift", 0))


def vat_rate(name, moment):
    if name.startswith("outgoing"):
        return Decimal(0)
    if name == "business":
        return Decimal("0.20")
    if name.startswith("gas"):
        return Decimal("0.05")
    return Decimal(0) if moment >= VAT_ZERO_FROM else Decimal("0.05")


def to(value, places, mode):
    return value.quantize(Decimal(1).scaleb(-places), rounding=mode)


def show(value):
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def reading(name, index):
    value = Decimal((7919 * index + 13) % 977) / 1000
    return gas_kwh(name, value)


def gas_kwh(name, value):
    """kWh to 3 decimals, half to even, at 39.5 MJ per cubic metre."""
    if name in ("gas", "gas-hundreds-of-cubic-feet"):
        if name != "gas":
            value *= Decimal("2.83")
        value = to(value * Decimal("1.02264") * Decimal("39.5") / Decimal("3.6"), 3, ROUND_HALF_EVEN)
    return value


def work(name, tariff, rules):
    start, end = midnight(FIRST), midnight(LAST)
    sums, months, energy = {}, {}, Decimal(0)
    index, moment = 0, start
    while moment < end:
        kwh = reading(name, index)
        if rules in ("octopus", "ladder"):
            kwh = to(kwh, 2, ROUND_HALF_EVEN)
        cost = kwh * unit_rate(name, tariff, index, moment)
        if rules == "octopus-statement":
            cost = to(cost, 3, ROUND_HALF_EVEN)
        if rules == "ladder":
            cost = to(cost, 2, ROUND_HALF_EVEN)
        if name == "business":
            cost += kwh * (Decimal("0.801") if moment >= LEVY_CHANGE else Decimal("0.775"))
        energy += kwh
        add(sums, months, name, moment, cost)
        index, moment = index + 1, moment + HALF_HOUR
    day = date.fromisoformat(FIRST)
    while "standing_charges" in tariff and day < date.fromisoformat(LAST):
        moment = midnight(str(day))
        add(sums, months, name, moment, Decimal(in_force(tariff["standing_charges"], moment)["price"]))
        day += timedelta(days=1)
    result = settled(energy, sums, rules)
    if rules == "exact":
        result["net_minor_by_month"] = {label: show(value) for label, value in sorted(months.items())}
    return result


def settled(energy, sums, rules):
    net, vat = Decimal(0), Decimal(0)
    for rate, subtotal in sums.items():
        if rules == "ladder":
            subtotal = to(subtotal, 0, ROUND_HALF_EVEN)
        due = subtotal * rate
        if rules != "exact":
            due = to(due, 0, ROUND_HALF_EVEN if rules == "ladder" else ROUND_HALF_UP)
        net, vat = net + subtotal, vat + due
    return {"kwh": show(energy), "net_minor": show(net), "vat_minor": show(vat), "total_minor": show(net + vat)}


def add(sums, months, name, moment, amount):
    rate = vat_rate(name, moment)
    sums[rate] = sums.get(rate, Decimal(0)) + amount
    label = moment.astimezone(LONDON).strftime("%Y-%m")
    months[label] = months.get(label, Decimal(0)) + amount


def case(name, tariff):
    result = {"first_day": FIRST, "day_after_last": LAST, "tariff": tariff}
    if name == "intelligent-go":
        result["dispatches"] = [{"from": start, "to": end} for start, end in DISPATCHES]
    if name.startswith("gas"):
        result["gas_unit"] = "cubic-metres" if name == "gas" else name.removeprefix("gas-")
    result["rules"] = {rules: work(name, tariff, rules) for rules in ("exact", "octopus", "octopus-statement", "ladder")}
    return json.dumps(result, indent=1) + "\n"


# A day, a night and an off-peak counter of five digits: one of them goes round. Names, clock changes and readings.
READ_ON = [FIRST, "2026-04-01", CHANGE, "2026-10-01", LAST]
REGISTERS = {
    "economy-7": (CASES["economy-7"], {
        "day": ["10412", "10700.5", "11342.125", "12290.255", "12781"], "night": ["99500", "99812.375", "411.005", "1250", "1603.015"],
    }),
    "three-registers": ({
        "code": "E-3R-BUS-12M-FIXED-24-01-01-C", "customer": "business", "climate_change_levy": {}, "clock": "utc",
        "periods": [
            {"to": CHANGE, "bands": many([("off-peak", "00:30", "07:30"), ("day", "07:30", "16:00"), ("evening", "16:00", "00:30")],
                                         {"off-peak": "11.31", "day": "27.5", "evening": "31.111"})},
            {"from": CHANGE, "bands": many([("off-peak", "00:30", "07:30"), ("day", "07:30", "16:00"), ("evening", "16:00", "00:30")],
                                           {"off-peak": "12.07", "day": "26.9", "evening": "33.333"})},
        ], **STANDING,
    }, {
        "off-peak": ["0", "310.7", "980.335", "2105.1", "2600"], "day": ["5000", "5900.015", "8000", "12000.5", "13999.999"],
        "evening": ["77", "177.005", "400", "800.025", "1000"],
    }),
    "gas": (CASES["gas"], {"gas": ["4321", "4391.3", "4500.25", "4523.875", "4610"]}),
    "outgoing": (CASES["outgoing"], {"export": ["0", "120.5", "700.005", "1600.015", "1650"]}),
}


def register_rate(tariff, register, moment):
    part = in_force(tariff["periods"], moment)
    if "bands" not in part:
        return Decimal(part["unit_rate"])
    return next(Decimal(band["rate"]) for band in part["bands"] if band["name"] == register)


def work_registers(name, tariff, registers, rules):
    kind = "business" if tariff.get("customer") == "business" else name
    sums, months, energy = {}, {}, Decimal(0)
    for register, shown in registers.items():
        for opening, closing, day in zip(shown, shown[1:], READ_ON):
            advance = Decimal(closing) - Decimal(opening)
            kwh = gas_kwh(name, advance + 100000 if advance < 0 else advance)
            moment = midnight(day)
            if rules in ("octopus", "ladder"):
                kwh = to(kwh, 2, ROUND_HALF_EVEN)
            cost = kwh * register_rate(tariff, register, moment)
            if rules == "octopus-statement":
                cost = to(cost, 3, ROUND_HALF_EVEN)
            if rules == "ladder":
                cost = to(cost, 2, ROUND_HALF_EVEN)
            if kind == "business":
                cost += kwh * (Decimal("0.801") if moment >= LEVY_CHANGE else Decimal("0.775"))
            energy += kwh
            add(sums, months, kind, moment, cost)
    day = date.fromisoformat(FIRST)
    while "standing_charges" in tariff and day < date.fromisoformat(LAST):
        moment = midnight(str(day))
        add(sums, months, kind, moment, Decimal(in_force(tariff["standing_charges"], moment)["price"]))
        day += timedelta(days=1)
    return settled(energy, sums, rules)


def register_case(name, tariff, registers):
    readings = [
        {"register": register, "at": day, "reading": shown}
        for register, values in registers.items() for day, shown in zip(READ_ON, values)
    ]
    result = {"first_day": FIRST, "day_after_last": LAST, "tariff": tariff, "digits": 5, "readings": readings}
    result["rules"] = {rules: work_registers(name, tariff, registers, rules) for rules in ("exact", "octopus", "octopus-statement", "ladder")}
    return json.dumps(result, indent=1) + "\n"


def main():
    wrong = []
    cases = [(HERE / f"{name}.json", case(name, tariff)) for name, tariff in CASES.items()]
    registers = HERE.parent / "registers"
    registers.mkdir(exist_ok=True)
    cases += [(registers / f"{name}.json", register_case(name, *parts)) for name, parts in REGISTERS.items()]
    for path, text in cases:
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            wrong.append(path.name)
    if wrong:
        sys.exit(f"not as worked: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
