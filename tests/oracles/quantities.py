#!/usr/bin/env python3
"""Works a table of what quantities come to, with nothing but Python's decimals and fractions.

    python3 tests/oracles/quantities.py FILE [ROWS]     writes FILE: 120,000 rows, or about as many as are asked for

A row is `operation|type|arguments|expected`; the expected value is decimal text, or `syntax`, `precision` or `range` where the operation
must be refused. Rows are drawn by sign, number of decimals, magnitude (from the last digit to beyond the range), rounding mode and distance
from a tie, always the same ones (a fixed seed). `tests/tests/oracles.rs` compares them with the engine.
"""
import random
import sys
from decimal import Decimal, localcontext
from fractions import Fraction

TYPES = {"energy": (8, 10**17), "rate": (8, 10**17), "money": (20, 10**38)}  # decimals, the greatest number of units
MODES = ["half-even", "half-up", "toward-zero", "away-from-zero", "floor", "ceiling"]
draw = random.Random(20261130)


def rounded(value, mode):
    """A fraction to a whole number."""
    low = value.numerator // value.denominator
    rest = value - low
    if rest == 0:
        return low
    away = low + 1 if value > 0 else low
    toward = low if value > 0 else low + 1
    if mode == "floor":
        return low
    if mode == "ceiling":
        return low + 1
    if mode == "toward-zero":
        return toward
    if mode == "away-from-zero":
        return away
    half = Fraction(1, 2)
    if rest != half:
        return low + 1 if rest > half else low
    if mode == "half-up":
        return away
    return low if low % 2 == 0 else low + 1


def show(units, scale):
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(scale + 1, "0")
    whole, decimals = digits[:-scale], digits[-scale:].rstrip("0")
    return sign + whole + ("." + decimals if decimals else "")


def within(units, kind):
    scale, most = TYPES[kind]
    return show(units, scale) if abs(units) <= most else "range"


def some_units(kind, beyond=False):
    """Of every magnitude and sign, with the edges of the range more often than chance has them."""
    _, most = TYPES[kind]
    digits = draw.randint(1, len(str(most)) + (2 if beyond else -1))
    units = draw.choice([
        lambda: draw.randrange(10 ** (digits - 1), 10**digits),
        lambda: draw.choice([0, 1, 5, most, most - 1, most + 1 if beyond else most]),
        lambda: 10 ** draw.randrange(0, len(str(most))),
        lambda: draw.randrange(1, 1000) * 10 ** draw.randrange(0, len(str(most)) - 3),
    ])()
    units = units if beyond else min(units, most)
    return -units if draw.random() < 0.5 else units


def near_tie(kind, places):
    """Units at, just below or just above the middle between two values of so many decimals, or anywhere."""
    scale, most = TYPES[kind]
    step = 10 ** (scale - places)
    units = some_units(kind)
    if draw.random() < 0.7 and step > 1:
        units = units // step * step + draw.choice([0, step // 2, step // 2 - 1, step // 2 + 1, 1, step - 1])
    return max(-most, min(most, units))


def spelled(value, decimals):
    """The text of value x 10^-decimals, one of those that people write."""
    sign, digits = ("-" if value < 0 else draw.choice(["", "", "", "+"])), str(abs(value))
    form = draw.randrange(4)
    if form == 0 and decimals:
        return f"{sign}{digits}e-{decimals}"
    padded = digits.rjust(decimals + 1, "0")
    text = padded[: len(padded) - decimals] + ("." + padded[len(padded) - decimals :] if decimals else "")
    if form == 1:
        text = "00" + text
    if form == 2 and "." in text:
        text += "000"
    return sign + text


def parse():
    kind = draw.choice(list(TYPES))
    scale, _ = TYPES[kind]
    decimals = draw.randint(0, scale + 3)
    value = draw.randrange(10 ** draw.randint(0, 34))
    value = -value if draw.random() < 0.4 else value
    text = spelled(value, decimals)
    units = Fraction(value, 10**decimals) * 10**scale
    # A digit that is not held is refused before a number that is too large is.
    whole = units.denominator == 1
    if draw.random() < 0.5:
        if not whole:
            return "parse", kind, text, "precision"
        return "parse", kind, text, within(units.numerator, kind)
    mode = draw.choice(MODES)
    return f"parse-{mode}", kind, text, within(rounded(units, mode), kind)


def no_number():
    kind = draw.choice(list(TYPES))
    text = list(spelled(some_units(kind), draw.randint(0, 8)))
    text.insert(draw.randint(0, len(text)), draw.choice([",", "_", "x", " ", "..", "--", "e", "é", "£", "e+"]))
    text = "".join(text)
    if text.endswith("e") or text.endswith("e+") or any(mark in text for mark in ",_x é£") or ".." in text or "--" in text:
        return "parse", kind, text, "syntax"
    return parse()


def rounding():
    kind = draw.choice(list(TYPES))
    scale, _ = TYPES[kind]
    places, mode = draw.randint(0, scale + 1), draw.choice(MODES)
    units = near_tie(kind, min(places, scale))
    if places >= scale:
        return "round", kind, f"{places},{mode},{show(units, scale)}", show(units, scale)
    step = 10 ** (scale - places)
    return "round", kind, f"{places},{mode},{show(units, scale)}", show(rounded(Fraction(units, step), mode) * step, scale)


def product():
    energy, rate = some_units("energy"), some_units("rate")
    with localcontext() as context:
        context.prec = 80
        exact = (Decimal(energy) / 10**8) * (Decimal(rate) / 10**8)
        units = int(exact.scaleb(20))
    return "product", "money", f"{show(energy, 8)},{show(rate, 8)}", show(units, 20)


def total():
    kind = draw.choice(list(TYPES))
    scale, most = TYPES[kind]
    terms = [some_units(kind) for _ in range(draw.randint(2, 6))]
    running, expected = 0, None
    for term in terms:
        running += term
        if abs(running) > most:
            expected = "range"
            break
    return "sum", kind, ",".join(show(term, scale) for term in terms), expected or show(running, scale)


def times():
    money, count = some_units("money"), draw.choice([0, 1, -1, 31, 365, draw.randrange(10**6), 2**63 - 1, -(2**63)])
    return "times", "money", f"{show(money, 20)},{count}", within(money * count, "money")


def tax():
    percent, money = draw.choice([0, 500, 2000, 1350, 10000, draw.randrange(10001)]), some_units("money") // draw.choice([1, 1, 10, 10**6])
    due = rounded(Fraction(money * percent, 10**4), "half-even")
    return "tax", "money", f"{percent},{show(money, 20)}", within(due, "money")


def without_tax():
    percent, money = draw.choice([0, 500, 2000, 1350, 10000, draw.randrange(10001)]), some_units("money")
    net = rounded(Fraction(money * 10**4, 10**4 + percent), "half-even")
    return "without-tax", "money", f"{percent},{show(money, 20)}", within(net, "money")


def rate_with_tax():
    percent, rate = draw.randrange(10001), near_tie("rate", 6)
    return "rate-with-tax", "rate", f"{percent},{show(rate, 8)}", within(rounded(Fraction(rate * (10**4 + percent), 10**4), "half-even"), "rate")


def gas():
    unit, factor = draw.choice([("cubic-metres", Fraction(1)), ("hundreds-of-cubic-feet", Fraction(283, 100))])
    value, places, mode = draw.randint(1, 1_000_000), draw.randint(0, 8), draw.choice(MODES)
    reading = near_tie("energy", draw.randint(0, 4))
    kwh = Fraction(reading, 10**8) * factor * Fraction(102264, 100000) * Fraction(value, 10**4) / Fraction(36, 10)
    units = rounded(kwh * 10**places, mode) * 10 ** (8 - places)
    arguments = f"{unit},{show(value * 10**16, 20)},{places},{mode},{show(reading, 8)}"
    return "gas", "energy", arguments, within(units, "energy")


KINDS = [(parse, 20), (no_number, 4), (rounding, 24), (product, 16), (total, 12), (times, 4), (tax, 8), (without_tax, 8), (rate_with_tax, 4), (gas, 12)]


def main():
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 120_000
    whole = sum(share for _, share in KINDS)
    rows = []
    for make, share in KINDS:
        rows += ["|".join(make()) for _ in range(wanted * share // whole)]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("\n".join(rows) + "\n")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
