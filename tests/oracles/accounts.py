#!/usr/bin/env python3
"""Bills random accounts with Python's fractions and asks the command for the same bills: every sum must agree to the last digit.

    python3 tests/oracles/accounts.py KWHEN [ACCOUNTS] [FIRST]

An account has imported electricity (half-hourly, or a day and a night register), and some have gas (volumes, cubic feet, kWh, a register)
and exported electricity. Each is on one to three tariffs in turn: flat, of bands by local or UTC time of day, or with prices that change by
date; homes and businesses. Readings lack some half-hours. Periods lie around clock changes and the change of VAT on 1 October 2026. Rules
are the known ones and made-up ones that round at every place there is. The account of a number is always the same one.

A half-hour is looked up by itself; nothing is shared with the engine. What is compared: kWh, net, VAT and total of every tariff of every
supply, and the account's charges, credits and total.
"""
import json
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
VAT_ZERO_FROM = datetime(2026, 9, 30, 23, tzinfo=timezone.utc)
VAT_ZERO_DAY = date(2026, 10, 1)
MODES = ["half-even", "half-up", "toward-zero", "away-from-zero", "floor", "ceiling"]
PRESETS = {
    "exact": {},
    "octopus": {"reading": (2, "half-even"), "vat": (0, "half-up")},
    "octopus-statement": {"slot_cost": (3, "half-even"), "vat": (0, "half-up")},
    "ladder": {"reading": (2, "half-even"), "slot_cost": (2, "half-even"), "subtotal": (0, "half-even"), "vat": (0, "half-even")},
}


def whole(value, mode):
    low = value.numerator // value.denominator
    rest = value - low
    if rest == 0:
        return low
    up = {
        "floor": False, "ceiling": True, "toward-zero": value < 0, "away-from-zero": value > 0,
        "half-up": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and value > 0),
        "half-even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1),
    }[mode]
    return low + 1 if up else low


def to(value, rule):
    if rule is None:
        return value
    places, mode = rule
    return Fraction(whole(value * 10**places, mode), 10**places)


def show(value, decimals=20):
    """Decimal text; half to even at the last decimal that is held."""
    units = whole(value * 10**decimals, "half-even")
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(decimals + 1, "0")
    rest = digits[-decimals:].rstrip("0")
    return sign + digits[:-decimals] + ("." + rest if rest else "")


def decimal(units, places):
    return show(Fraction(units, 10**places))


def midnight(day):
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def days(first, end):
    while first < end:
        yield first
        first += timedelta(days=1)


class Account:
    def __init__(self, number, folder):
        self.draw = random.Random(number * 7919 + 13)
        self.folder = folder
        self.number = number
        centre = self.draw.choice([date(2026, 3, 29), date(2026, 10, 25), VAT_ZERO_DAY, date(2026, 6, 10), date(2025, 12, 20)])
        self.first = centre - timedelta(days=self.draw.randint(1, 25))
        self.end = centre + timedelta(days=self.draw.randint(2, 25))
        self.tariffs, self.supplies, self.expected = [], [], []
        # A supply with nothing at all to bill under one of its tariffs is refused, and named.
        self.refused = None
        self.rules, self.rules_argument = self.some_rules()

    def some_rules(self):
        if self.draw.random() < 0.6:
            name = self.draw.choice(list(PRESETS))
            return PRESETS[name], name
        rule = lambda most: (self.draw.randint(0, most), self.draw.choice(MODES))
        rules = {}
        for field, most in [("reading", 3), ("day_energy", 2), ("slot_cost", 4), ("line", 3), ("subtotal", 2), ("vat", 2)]:
            if self.draw.random() < 0.4:
                rules[field] = rule(most)
        written = {field: {"places": places, "rounding": mode} for field, (places, mode) in rules.items()}
        if self.draw.random() < 0.3:
            rules["vat_on"] = written["vat_on"] = "line"
        path = self.folder / "rules.json"
        path.write_text(json.dumps({"name": "made up", **written}))
        return rules, str(path)

    def price(self, low, high):
        places = self.draw.randint(1, 5)
        return decimal(self.draw.randrange(low * 10**places, high * 10**places), places)

    def cuts(self):
        """The local days on which tariffs take turns: the period in one to three parts."""
        inside = list(days(self.first + timedelta(days=1), self.end))
        marks = sorted(self.draw.sample(inside, min(len(inside), self.draw.choice([0, 0, 1, 2]))))
        edges = [self.first, *marks, self.end]
        return list(zip(edges, edges[1:]))

    def tariff(self, stem, place, part, low, high, kinds, business, standing=True):
        """A definition, and what a kWh costs at a moment and a day at its standing charge."""
        kind = self.draw.choice(kinds)
        definition = {"code": f"{stem}-26-01-{place + 1:02}-C"}
        if business:
            definition["customer"] = "business"
        change = self.draw.choice(list(days(*part)))
        if kind == "flat":
            rate = self.price(low, high)
            definition["unit_rate"] = rate
            of = lambda moment: rate
        elif kind == "dated":
            before, after = self.price(low, high), self.price(low, high)
            definition["periods"] = [{"to": str(change), "unit_rate": before}, {"from": str(change), "unit_rate": after}]
            at = midnight(change)
            of = lambda moment: before if moment < at else after
        else:
            starts = sorted(self.draw.sample(range(0, 48), self.draw.randint(2, 5)))
            rates = {start: self.price(low, high) for start in starts}
            text = lambda half: f"{half // 2:02}:{half % 2 * 30:02}"
            definition["bands"] = [
                {"name": f"band {start}", "from": text(start), "to": text(after), "rate": rates[start]}
                for start, after in zip(starts, starts[1:] + starts[:1])
            ]
            if kind == "utc":
                definition["clock"] = "utc"

            def of(moment):
                wall = moment if kind == "utc" else moment.astimezone(LONDON)
                half = wall.hour * 2 + wall.minute // 30
                return rates[max((start for start in starts if start <= half), default=starts[-1])]

        charges = lambda day: None
        if standing:
            if self.draw.random() < 0.5:
                charge = self.price(20, 90)
                definition["standing_charge"] = charge
                charges = lambda day: charge
            else:
                first, second = self.price(20, 50), self.price(60, 90)
                definition["standing_charges"] = [{"to": str(change), "price": first}, {"from": str(change), "price": second}]
                charges = lambda day: first if day < change else second
        return definition, of, charges

    def add_tariff(self, definition):
        path = self.folder / f"tariff-{len(self.tariffs)}.json"
        path.write_text(json.dumps(definition))
        self.tariffs.append(path)

    def vat(self, kind, business, moment):
        if kind == "export":
            return Fraction(0)
        if business:
            return Fraction(1, 5)
        if kind == "gas":
            return Fraction(1, 20)
        return Fraction(0) if moment >= VAT_ZERO_FROM else Fraction(1, 20)

    def settle(self, code, lines, energy):
        """Lines by rate of VAT to the sums of a bill."""
        rules = self.rules
        sums, taxes = {}, {}
        for (rate, _), amount in lines.items():
            amount = to(amount, rules.get("line"))
            sums[rate] = sums.get(rate, Fraction(0)) + amount
            taxes[rate] = taxes.get(rate, Fraction(0)) + to(amount * rate, rules.get("vat"))
        net, vat = Fraction(0), Fraction(0)
        for rate, subtotal in sums.items():
            subtotal = to(subtotal, rules.get("subtotal"))
            net += subtotal
            vat += taxes[rate] if rules.get("vat_on") == "line" else to(subtotal * rate, rules.get("vat"))
        return {"tariff": code, "kwh": show(energy, 8), "net_minor": show(net), "vat_minor": show(vat), "total_minor": show(net + vat)}

    def add_standing(self, lines, kind, business, part, charges):
        for day in days(*part):
            charge = charges(day)
            if charge is not None:
                key = self.vat(kind, business, midnight(day)), ("day", charge)
                lines[key] = lines.get(key, Fraction(0)) + Fraction(charge)

    def slots(self, name, kind, stem, low, high, kinds, business=False, gas=None):
        path = self.folder / f"{name}.csv"
        read, moment, end = {}, midnight(self.first), midnight(self.end)
        rows = ["consumption,interval_start,interval_end"]
        gap = 0
        while moment < end:
            if gap == 0 and self.draw.random() < 0.004:
                gap = self.draw.randint(1, 60)
            if gap:
                gap -= 1
            else:
                units = self.draw.choice([0, self.draw.randrange(100), self.draw.randrange(5000)])
                places = self.draw.choice([3, 3, 3, 5])
                read[moment] = Fraction(units, 10**places)
                rows.append(f"{decimal(units, places)},{stamp(moment)},{stamp(moment + HALF_HOUR)}")
            moment += HALF_HOUR
        path.write_text("\n".join(rows) + "\n")
        convert = lambda value: value
        supply = {"name": name, "consumption": path.name, "agreements": []}
        if gas:
            supply["gas"], convert = self.conversion()
        billed = []
        for place, part in enumerate(self.cuts()):
            definition, of, charges = self.tariff(stem, place, part, low, high, kinds, business, kind != "export")
            self.add_tariff(definition)
            supply["agreements"].append({"tariff": definition["code"], "valid_from": str(part[0]), "valid_to": str(part[1])})
            billed.append(self.bill_slots(definition["code"], kind, business, part, of, charges, read, convert))
        self.supplies.append(supply)
        self.expected.append((name, kind, billed))

    def conversion(self):
        unit, factor = self.draw.choice([("cubic-metres", Fraction(1)), ("hundreds-of-cubic-feet", Fraction(283, 100)), ("kilowatt-hours", None)])
        if factor is None:
            return {"unit": unit}, lambda value: value
        value = decimal(self.draw.randrange(375_000, 430_000), 4)
        said = {"unit": unit, "calorific_value": value}
        places = self.draw.choice([None, 2, 3])
        if places is not None:
            said["kwh_places"] = places
        kwh = lambda volume: volume * factor * Fraction(102264, 100000) * Fraction(value) / Fraction(36, 10)
        return said, lambda volume: to(kwh(volume), (8 if places is None else places, "half-even"))

    def bill_slots(self, code, kind, business, part, of, charges, read, convert):
        rules, lines, energy = self.rules, {}, Fraction(0)
        by_day = {}
        moment, end = midnight(part[0]), midnight(part[1])
        while moment < end:
            if moment in read:
                kwh, rate = to(convert(read[moment]), rules.get("reading")), of(moment)
                if "day_energy" in rules:
                    key = moment.astimezone(LONDON).date(), rate
                    by_day[key] = by_day.get(key, Fraction(0)) + kwh
                else:
                    key = self.vat(kind, business, moment), ("kwh", rate)
                    cost = kwh * Fraction(rate)
                    lines[key] = lines.get(key, Fraction(0)) + to(cost, rules.get("slot_cost"))
                    energy += kwh
            moment += HALF_HOUR
        if not any(midnight(part[0]) <= at < end for at in read):
            self.refused = self.refused or kind
        for (day, rate), kwh in by_day.items():
            # Rounded once for the day: the cost of a half-hour is not rounded beside that.
            kwh = to(kwh, rules["day_energy"])
            key = self.vat(kind, business, midnight(day)), ("kwh", rate)
            lines[key] = lines.get(key, Fraction(0)) + kwh * Fraction(rate)
            energy += kwh
        self.add_standing(lines, kind, business, part, charges)
        return self.settle(code, lines, energy)

    def registers(self, name, kind, stem, low, high, names, gas=False):
        """Counters that are read at every change there is."""
        parts = self.cuts()
        read_on = {self.first, self.end, *(part[0] for part in parts)}
        if self.first < VAT_ZERO_DAY < self.end:
            read_on.add(VAT_ZERO_DAY)
        read_on = sorted(read_on)
        rows, counted = ["register,at,reading"], {}
        for register in names:
            shown = self.draw.randrange(10**7)
            for at, after in zip(read_on, read_on[1:] + [None]):
                rows.append(f"{register},{at},{decimal(shown, 3)}")
                step = self.draw.randrange(500_000)
                counted[register, at] = Fraction(step, 1000)
                shown += step
        (self.folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
        supply = {"name": name, "registers": f"{name}.csv", "agreements": []}
        convert = lambda value: value
        if gas:
            supply["gas"], convert = self.conversion()
        billed = []
        for place, part in enumerate(parts):
            code = f"{stem}-26-01-{place + 1:02}-C"
            rates = {register: self.price(low, high) for register in names}
            charge = self.price(20, 90)
            definition = {"code": code, "standing_charge": charge}
            if len(names) == 1:
                definition["unit_rate"] = rates[names[0]]
            else:
                definition["clock"] = "utc"
                definition["bands"] = [
                    {"name": "night", "from": "00:30", "to": "07:30", "rate": rates["night"]},
                    {"name": "day", "from": "07:30", "to": "00:30", "rate": rates["day"]},
                ]
            self.add_tariff(definition)
            supply["agreements"].append({"tariff": code, "valid_from": str(part[0]), "valid_to": str(part[1])})
            lines, energy = {}, Fraction(0)
            for (register, at), value in counted.items():
                if not part[0] <= at < part[1]:
                    continue
                kwh = to(convert(value), self.rules.get("reading"))
                key = self.vat(kind, False, midnight(at)), (register, rates[register])
                lines[key] = lines.get(key, Fraction(0)) + to(kwh * Fraction(rates[register]), self.rules.get("slot_cost"))
                energy += kwh
            self.add_standing(lines, kind, False, part, lambda day: charge)
            billed.append(self.settle(code, lines, energy))
        self.supplies.append(supply)
        self.expected.append((name, kind, billed))

    def make(self):
        business = self.draw.random() < 0.15
        if self.draw.random() < 0.25:
            self.registers("counters", "import", "E-2R-VAR", 5, 45, ["day", "night"])
        else:
            self.slots("import", "import", "E-1R-VAR", -5, 60, ["flat", "dated", "local", "utc"], business)
        if self.draw.random() < 0.5:
            if self.draw.random() < 0.3:
                self.registers("gas counter", "gas", "G-1R-VAR", 2, 12, ["gas"], gas=True)
            else:
                self.slots("gas", "gas", "G-1R-VAR", 2, 12, ["flat", "dated"], gas=True)
        if self.draw.random() < 0.5:
            self.slots("export", "export", "E-1R-OUTGOING", 1, 30, ["flat", "dated", "local"])
        (self.folder / "account.json").write_text(json.dumps({"supplies": self.supplies}))

    def differences(self, kwhen):
        line = [kwhen, "bill", "--account", str(self.folder / "account.json"), "--format", "json", "--rules", self.rules_argument]
        for path in self.tariffs:
            line += ["--tariff", str(path)]
        line += ["--from", str(self.first), "--to", str(self.end)]
        done = subprocess.run(line, capture_output=True, text=True, env={"KWHEN_CONFIG": "none"})
        if self.refused:
            told = f"error: {self.refused}: nothing from"
            return [] if (done.returncode, done.stderr[: len(told)]) == (1, told) else [f"account {self.number}: not refused: {done.stderr}"]
        if done.returncode != 0:
            return [f"account {self.number}: {done.stderr.strip()}"]
        found = json.loads(done.stdout)
        wrong, charges, credits = [], Fraction(0), Fraction(0)
        for supply, (name, kind, billed) in zip(found["supplies"], self.expected):
            for own, expected in zip(supply["agreements"], billed):
                for field, value in expected.items():
                    if own[field] != value:
                        wrong.append(f"account {self.number}, {name}, {expected['tariff']}, rules {self.rules}: {field} {own[field]}, worked {value}")
                if kind == "export":
                    credits += Fraction(expected["total_minor"])
                else:
                    charges += Fraction(expected["total_minor"])
            if len(supply["agreements"]) != len(billed):
                wrong.append(f"account {self.number}, {name}: {len(supply['agreements'])} bills, worked {len(billed)}")
        sums = {"charges_minor": charges, "credits_minor": credits, "total_minor": charges - credits}
        wrong += [
            f"account {self.number}: {field} {found[field]}, worked {show(value)}" for field, value in sums.items() if found[field] != show(value)
        ]
        return wrong


def check(kwhen, number):
    with tempfile.TemporaryDirectory() as folder:
        account = Account(number, Path(folder))
        account.make()
        bills = sum(len(billed) for _, _, billed in account.expected)
        return bills, account.differences(kwhen)


def main():
    kwhen, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda number: check(kwhen, number), range(first, first + count)))
    wrong = [line for _, lines in found for line in lines]
    print("\n".join(wrong[:40]))
    if wrong:
        sys.exit(f"{len(wrong)} sums of {count} accounts differ")
    print(f"{count} accounts, {sum(bills for bills, _ in found)} bills: every sum agrees to the last digit")


main()
