"""What all cases are worked with: clocks, readings and market prices that are made up, and how a case is written."""
import json
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction as F
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

reset_tzpath(to=[])  # the package tzdata, never the machine's own tables: ../clocks/check.sh installs it
HERE = Path(__file__).parent
UTC = timezone.utc


def text(number, places=20):
    """Exact decimal text, or half to even at the 20th decimal."""
    scaled = F(number) * 10**places
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rest > F(1, 2) or rest == F(1, 2) and whole % 2:
        whole += 1
    sign = "-" if whole < 0 else ""
    digits = f"{abs(whole):0{places + 1}d}"
    return (sign + digits[:-places] + "." + digits[-places:]).rstrip("0").rstrip(".")


def midnight(zone, day):
    """The first instant of a date, in seconds of UTC."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    while moment.astimezone(zone).date() < day:
        moment += timedelta(minutes=15)
    return int(moment.timestamp())


class Meter:
    def __init__(self, zone, first, last, minutes, modulus):
        self.zone, self.minutes = ZoneInfo(zone), minutes
        self.first, self.last = date.fromisoformat(first), date.fromisoformat(last)
        start, end = midnight(self.zone, self.first), midnight(self.zone, self.last)
        self.slots = []
        for place, second in enumerate(range(start, end, minutes * 60)):
            local = datetime.fromtimestamp(second, UTC).astimezone(self.zone)
            self.slots.append((second, local, F((7919 * place + 13) % modulus, 1000)))

    def within(self, first, last):
        first, last = date.fromisoformat(first), date.fromisoformat(last)
        return [slot for slot in self.slots if first <= slot[1].date() < last]


def spot(second, start, minutes):
    return F((second - start) // (minutes * 60) * 37 % 101 - 10, 4)


def shared(amount, days, all_days):
    """The share of some days, half to even at the 20th decimal."""
    return F(text(F(amount) * days / all_days))


def at(hhmm):
    return int(hhmm[:2]) * 60 + int(hhmm[3:])


def inside(local, opens, closes):
    """Whether a time of day is in a band that may go over midnight."""
    minute = local.hour * 60 + local.minute
    opens, closes = at(opens), at(closes)
    return opens <= minute < closes if opens < closes else minute >= opens or minute < closes


def month(local):
    return (local.year, local.month)


def month_days(year, number):
    return ((date(year + number // 12, number % 12 + 1, 1)) - date(year, number, 1)).days


def year_days(year):
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def exported(metered, modulus, opens=9, closes=17):
    """Exported energy of each slot: (4271 i + 7) mod M Wh between two hours of the clock, else none."""
    return [F((4271 * place + 7) % modulus, 1000) if opens <= slot[1].hour < closes else F(0) for place, slot in enumerate(metered.slots)]


def set_off(bought, sold, key):
    """Takes what both have within each key off both, the first first."""
    both = defaultdict(lambda: [F(0), F(0)])
    for place in range(len(bought)):
        both[key(place)][0] += bought[place]
        both[key(place)][1] += sold[place]
    left = {name: [min(sums), min(sums)] for name, sums in both.items()}
    bought, sold = list(bought), list(sold)
    for side, values in enumerate((bought, sold)):
        for place in range(len(values)):
            off = min(values[place], left[key(place)][side])
            left[key(place)][side] -= off
            values[place] -= off
    return bought, sold


def case(name, meter, slots, tariff, kinds, tax, spot_grid=None, options=None, by_month=True, kwh=None, sold=None):
    """`kinds`: for each kind of line, amounts by the slot or month that bears them, without tax."""
    kwh = sum(slot[2] for slot in slots) if kwh is None else kwh
    net = sum(sum(amounts.values()) for amounts in kinds.values())
    untaxed = sum(sum(amounts.values()) for kind, amounts in kinds.items() if kind.endswith("*"))
    vat = (net - untaxed) * tax
    months = defaultdict(F)
    for amounts in kinds.values():
        for key, amount in amounts.items():
            months[f"{key[0]:04d}-{key[1]:02d}"] += amount
    totals = defaultdict(F)
    for kind, amounts in kinds.items():
        totals[kind.rstrip("*")] += sum(amounts.values())
    return name, {
        "zone": str(meter.zone),
        "readings": {"first": meter.first.isoformat(), "day_after_last": meter.last.isoformat(), "slot_minutes": meter.minutes, "modulus": meter.modulus},
        **({"exported": sold} if sold else {}),
        "spot": spot_grid,
        "from": slots[0][1].date().isoformat(),
        "to": (slots[-1][1].date() + timedelta(days=1)).isoformat(),
        "options": options or {},
        "tariff": tariff,
        "expected": {
            "kwh": text(kwh),
            "net_minor": text(net),
            "vat_minor": text(vat),
            "total_minor": text(net + vat),
            "kinds": {kind: text(amount) for kind, amount in sorted(totals.items())},
            "months": {label: text(amount) for label, amount in sorted(months.items())} if by_month else None,
        },
    }


def meter(zone, first, last, minutes, modulus):
    made = Meter(zone, first, last, minutes, modulus)
    made.modulus = modulus
    return made


def by_month(slots, price):
    amounts = defaultdict(F)
    for slot in slots:
        amounts[month(slot[1])] += slot[2] * price(slot)
    return amounts


def summed(metered, values, price=lambda place: F(1)):
    """By month, without the months in which there is nothing."""
    amounts = defaultdict(F)
    for place, slot in enumerate(metered.slots):
        amounts[month(slot[1])] += values[place] * price(place)
    return amounts


def settle(folder, cases):
    """Writes a JSON for each named case; with --check only says which differ from what is there."""
    folder.mkdir(exist_ok=True)
    differing = []
    for name, worked in cases:
        path = folder / f"{name}.json"
        shown = json.dumps(worked, indent=2, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv:
            path.write_text(shown)
        elif not path.exists() or path.read_text() != shown:
            differing.append(name)
    if differing:
        sys.exit("differs from what is worked now: " + ", ".join(differing))
