#!/usr/bin/env python3
"""Works bills again from what `kwhen bill --show-working` says, with Python's fractions alone, and compares them to the last digit.

    python3 tests/working/check.py KWHEN

Every product, rounding and sum of the working is made anew: volumes of gas to kWh, readings as read to readings as billed, energy and days
times their prices, terms to lines, lines to subtotals, VAT, the total. Where a line is shown by local day with its own rates, the same bill
by half-hour must sum to those days. Bills of the sample home are held to `tests/golden/bills`, those of tariffs and registers to
`tests/golden/tariffs` and `tests/golden/registers`.
"""
import json
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).parents[2]
KWHEN = str(Path(sys.argv[1]).resolve())
PRESETS = ["exact", "octopus", "octopus-statement", "ladder"]
worked = terms = 0


def whole(value, mode):
    low = value.numerator // value.denominator
    rest = value - low
    if rest == 0:
        return low
    half = Fraction(1, 2)
    up = {
        "floor": False, "ceiling": True, "toward-zero": value < 0, "away-from-zero": value > 0,
        "half-up": rest > half or (rest == half and value > 0), "half-even": rest > half or (rest == half and low % 2 == 1),
    }[mode]
    return low + 1 if up else low


def to(value, rule):
    if rule is None:
        return value
    scale = 10 ** rule["places"]
    return Fraction(whole(value * scale, rule["rounding"]), scale)


def held(value):
    """As money is held: half to even at its 20th decimal."""
    return Fraction(whole(value * 10**20, "half-even"), 10**20)


def same(place, found, expected):
    if Fraction(found) != expected:
        sys.exit(f"{place}: {found}, worked {float(expected)} ({expected})")


def of_gas(place, bill):
    """Each step of one reading exactly; of several it is their sum, each rounded by itself."""
    for step in bill["working"].get("gas", []):
        metres = Fraction(step["volume"]) * (Fraction(283, 100) if step["unit"] == "hundreds-of-cubic-feet" else 1)
        kwh = metres * Fraction(step["correction"]) * Fraction(step["calorific_value"]) / Fraction(36, 10)
        rule = {"places": step["kwh_places"], "rounding": step["rounding"]}
        if step["readings"] == 1:
            same(f"{place}, gas {step['label']}", step["kwh"], to(kwh, rule))
        elif abs(Fraction(step["kwh"]) - kwh) > Fraction(step["readings"], 10 ** step["kwh_places"]):
            sys.exit(f"{place}, gas {step['label']}: {step['kwh']}, worked {float(kwh)}")


def of_term(place, term, rules):
    global terms
    terms += 1
    by_slot = term.get("slots", 0) <= 1
    if "read_kwh" in term and by_slot:
        rule = rules["reading"] or rules["day_energy"]
        same(f"{place}: kwh", term["kwh"], to(Fraction(term["read_kwh"]), rule))
    price = term.get("rate_minor_per_kwh") or term.get("charge_minor_per_day")
    if price is None:
        return
    counted = Fraction(term["kwh"]) if "rate_minor_per_kwh" in term else Fraction(term["days"])
    product = counted * Fraction(price)
    if "exact_minor" in term:
        same(f"{place}: exact", term["exact_minor"], product)
        same(f"{place}: amount", term["amount_minor"], to(product, rules["slot_cost"]))
    elif rules["slot_cost"] is None or "days" in term or rules["day_energy"] is not None:
        same(f"{place}: amount", term["amount_minor"], product)


def again(place, bill):
    """A bill from its working; what it comes to."""
    global worked
    worked += 1
    working = bill["working"]
    rules = working["rules"]
    of_gas(place, bill)
    sums = {}
    energy = Fraction(0)
    for number, line in enumerate(working["lines"], 1):
        here = f"{place}, line {number}"
        for term in line["terms"]:
            of_term(f"{here}, {term['label']}", term, rules)
        total = sum(Fraction(term["amount_minor"]) for term in line["terms"])
        same(f"{here}: sum", line["sum_minor"], total)
        same(f"{here}: rounded", line["amount_minor"], to(total, rules["line"]))
        kind = bill["lines"][number - 1]
        if kind["kind"] == "energy":
            used = sum(Fraction(term["kwh"]) for term in line["terms"])
            same(f"{here}: kwh", kind["kwh"], used)
            energy += used
        if line["price_basis"] == "exclusive":
            same(f"{here}: net", kind["net_minor"], to(total, rules["line"]))
        own = sums.setdefault(line["vat_percent"], {"exclusive": Fraction(0), "inclusive": Fraction(0), "lines": Fraction(0)})
        amount = to(total, rules["line"])
        own[line["price_basis"]] += amount
        if line["price_basis"] == "exclusive":
            own["lines"] += to(held(amount * Fraction(line["vat_percent"]) / 100), rules["vat"])
    net = vat = Fraction(0)
    said = {tax["vat_percent"]: tax for tax in working["taxes"]}
    for percent, own in sums.items():
        rate, tax = Fraction(percent) / 100, said[percent]
        same(f"{place}, {percent} %: sum", tax["sum_minor"], own["exclusive"])
        subtotal, inclusive = to(own["exclusive"], rules["subtotal"]), to(own["inclusive"], rules["subtotal"])
        same(f"{place}, {percent} %: subtotal", tax["subtotal_minor"], subtotal)
        due = own["lines"] if rules["vat_on"] == "line" else to(held(subtotal * rate), rules["vat"])
        same(f"{place}, {percent} %: vat", tax["vat_minor"], due)
        same(f"{place}, {percent} %: inclusive", tax["inclusive_minor"], inclusive)
        without = held(inclusive / (1 + rate))
        same(f"{place}, {percent} %: inclusive net", tax["inclusive_net_minor"], without)
        net += subtotal + without
        vat += due + inclusive - without
    for field, value in [("kwh", energy), ("net_minor", net), ("vat_minor", vat), ("total_minor", net + vat)]:
        same(f"{place}: {field}", bill[field], value)
    return bill


def kwhen(*arguments):
    line = [KWHEN, "bill", "--format", "json", "--show-working", *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, env={"KWHEN_CONFIG": "none"})
    if done.returncode != 0:
        sys.exit(f"{' '.join(line)}: {done.stderr}")
    return json.loads(done.stdout)


def days_are_their_slots(place, by_day, by_slot):
    """Each term of a local day is the sum of the terms of its slots, line by line."""
    for day_line, slot_line in zip(by_day["working"]["lines"], by_slot["working"]["lines"], strict=True):
        for day in day_line["terms"]:
            within = [term for term in slot_line["terms"] if day["from"] <= term["from"] < day["to"]]
            same(f"{place}, {day['label']}: amount", day["amount_minor"], sum(Fraction(term["amount_minor"]) for term in within))
            if "kwh" in day:
                same(f"{place}, {day['label']}: kwh", day["kwh"], sum(Fraction(term["kwh"]) for term in within))


def golden(place, bill, expected):
    for field in ("kwh", "net_minor", "vat_minor", "total_minor"):
        if bill[field] != expected[field]:
            sys.exit(f"{place}: {field} {bill[field]}, golden {expected[field]}")


def sample_home():
    files = ["--rates", "data/rates.csv", "--consumption", "data/consumption.csv", "--standing-charges", "data/standing-charges.csv"]
    for path in sorted((ROOT / "tests/golden/bills").glob("*.json")):
        case = json.loads(path.read_text())
        span = ["--from", case["first_day"], "--to", case["day_after_last"]]
        for rules in PRESETS:
            place = f"{path.stem} by {rules}"
            by_day = again(place, kwhen(*files, *span, "--rules", rules))
            by_slot = again(f"{place}, slot by slot", kwhen(*files, *span, "--rules", rules, "--by", "half-hour"))
            days_are_their_slots(place, by_day, by_slot)
            if rules in case["rules"]:
                golden(place, by_day, case["rules"][rules])
    # Prices that are known with VAT alone, readings that are estimated, and rules that round at every other place.
    with tempfile.TemporaryDirectory() as folder:
        rates = Path(folder) / "rates.csv"
        rates.write_text((ROOT / "data/rates.csv").read_text().replace("value_exc_vat", "ignored"))
        rules = Path(folder) / "rules.json"
        rules.write_text(json.dumps({
            "name": "every other place", "day_energy": {"places": 1, "rounding": "ceiling"}, "line": {"places": 1, "rounding": "floor"},
            "vat": {"places": 1, "rounding": "away-from-zero"}, "vat_on": "line",
        }))
        span = ["--from", "2026-02-10", "--to", "2026-02-20"]
        for more in (["--missing", "profile"], ["--rules", rules], ["--rules", rules, "--by", "half-hour"]):
            again(f"February, {more}", kwhen(*files, *span, *more))
        with_vat = ["--rates", rates, *files[2:4], *span]
        again("prices with VAT", kwhen(*with_vat))
        again("prices with VAT by ladder", kwhen(*with_vat, "--rules", "ladder"))


def readings(case, path):
    """The formula of the golden tariffs: (7919 i + 13) mod 977 Wh."""
    span = kwhen_span(case)
    rows, moment, place = ["consumption,interval_start,interval_end"], span[0], 0
    while moment < span[1]:
        wh, after = (7919 * place + 13) % 977, moment + timedelta(minutes=30)
        rows.append(f"0.{wh:03},{moment:%Y-%m-%dT%H:%M:%SZ},{after:%Y-%m-%dT%H:%M:%SZ}")
        moment, place = after, place + 1
    path.write_text("\n".join(rows) + "\n")


def kwhen_span(case):
    # 2026-03-01 and 2026-11-15 are both at UTC in London.
    return datetime.fromisoformat(case["first_day"]), datetime.fromisoformat(case["day_after_last"])


def tariffs():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for path in sorted((ROOT / "tests/golden/tariffs").glob("*.json")):
            case = json.loads(path.read_text())
            if path.stem == "agile":
                continue  # its rates are a formula, and the sample home is on such a tariff
            readings(case, folder / "readings.csv")
            (folder / "tariff.json").write_text(json.dumps(case["tariff"]))
            line = ["--tariff", folder / "tariff.json", "--consumption", folder / "readings.csv", "--from", case["first_day"], "--to", case["day_after_last"]]
            if "dispatches" in case:
                (folder / "dispatches.json").write_text(json.dumps(case["dispatches"]))
                line += ["--dispatches", folder / "dispatches.json"]
            if case.get("gas_unit"):
                line += ["--gas-unit", case["gas_unit"]]
                if case["gas_unit"] != "kilowatt-hours":
                    line += ["--calorific-value", "39.5"]
                line += ["--gas-kwh-places", "3"]
            for rules in PRESETS:
                place = f"{path.stem} by {rules}"
                golden(place, again(place, kwhen(*line, "--rules", rules)), case["rules"][rules])
            if path.stem in ("go", "gas", "business", "intelligent-go"):
                by_day = kwhen(*line)
                days_are_their_slots(path.stem, by_day, again(f"{path.stem}, slot by slot", kwhen(*line, "--by", "half-hour")))
        for path in sorted((ROOT / "tests/golden/registers").glob("*.json")):
            case = json.loads(path.read_text())
            (folder / "tariff.json").write_text(json.dumps(case["tariff"]))
            rows = ["register,at,reading"] + [f"{row['register']},{row['at']},{row['reading']}" for row in case["readings"]]
            (folder / "registers.csv").write_text("\n".join(rows) + "\n")
            line = ["--tariff", folder / "tariff.json", "--registers", folder / "registers.csv", "--register-digits", case["digits"]]
            line += ["--from", case["first_day"], "--to", case["day_after_last"]]
            if path.stem == "gas":
                line += ["--gas-unit", "cubic-metres", "--calorific-value", "39.5", "--gas-kwh-places", "3"]
            for rules in PRESETS:
                place = f"registers of {path.stem} by {rules}"
                golden(place, again(place, kwhen(*line, "--rules", rules)), case["rules"][rules])


def main():
    sample_home()
    tariffs()
    print(f"{worked} bills worked again from {terms} terms: every sum agrees to the last digit")


main()
