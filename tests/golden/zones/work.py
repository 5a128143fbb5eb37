"""Works bills around the clock changes of many zones, with zoneinfo and decimal alone, and writes one JSON a case.

    python3 tests/golden/zones/work.py           write the cases
    python3 tests/golden/zones/work.py --check   say which differ from what is worked now

Nothing is looked up but what the clock of a zone shows at a UTC minute. A local day goes from the first minute at which the clock shows its
date to the first one at which it shows a later date. A slot bears the rate of the band in which the clock stands, asked for every minute of
the slot; rates and standing charges change with the first minute of a date. Readings: (7919 i + 13) mod 977 Wh in slot i. Nothing is
rounded; no VAT.
"""
import json
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

reset_tzpath(to=[])  # the package tzdata, never the machine's own tables: ../clocks/check.sh installs it
getcontext().prec = 60
HERE = Path(__file__).parent
MINUTE = timedelta(minutes=1)
# Name, zone, first day, day after the last, day on which prices change, minutes of a slot, whether the tariff names the zone itself.
CASES = [
    ("london-spring", "Europe/London", "2026-03-27", "2026-04-02", "2026-03-29", 30, False),
    ("london-autumn", "Europe/London", "2026-10-23", "2026-10-28", "2026-10-25", 30, True),
    ("azores-spring", "Atlantic/Azores", "2026-03-27", "2026-04-02", "2026-03-29", 30, False),
    ("azores-autumn", "Atlantic/Azores", "2026-10-23", "2026-10-28", "2026-10-25", 30, True),
    ("havana-spring", "America/Havana", "2026-03-06", "2026-03-11", "2026-03-08", 30, True),
    ("havana-autumn", "America/Havana", "2026-10-30", "2026-11-04", "2026-11-01", 30, False),
    ("beirut-spring", "Asia/Beirut", "2026-03-27", "2026-04-02", "2026-03-29", 30, False),
    ("beirut-autumn", "Asia/Beirut", "2026-10-23", "2026-10-28", "2026-10-25", 30, False),
    ("cairo-spring", "Africa/Cairo", "2026-04-22", "2026-05-02", "2026-04-24", 30, False),
    ("cairo-autumn", "Africa/Cairo", "2026-10-28", "2026-11-03", "2026-10-30", 30, True),
    ("asuncion-spring", "America/Asuncion", "2023-09-29", "2023-10-04", "2023-10-01", 30, False),
    ("asuncion-autumn", "America/Asuncion", "2024-03-22", "2024-03-27", "2024-03-24", 30, False),
    ("lord-howe-autumn", "Australia/Lord_Howe", "2026-04-03", "2026-04-08", "2026-04-05", 30, False),
    ("lord-howe-spring", "Australia/Lord_Howe", "2026-10-02", "2026-10-07", "2026-10-04", 30, True),
    ("troll-spring", "Antarctica/Troll", "2026-03-27", "2026-04-02", "2026-03-29", 30, False),
    ("troll-autumn", "Antarctica/Troll", "2026-10-23", "2026-10-28", "2026-10-25", 30, False),
    ("casablanca-ramadan-begins", "Africa/Casablanca", "2026-02-13", "2026-02-18", "2026-02-15", 30, False),
    ("casablanca-ramadan-ends", "Africa/Casablanca", "2026-03-20", "2026-03-25", "2026-03-22", 30, True),
    ("sydney-autumn", "Australia/Sydney", "2026-04-03", "2026-04-08", "2026-04-05", 30, False),
    ("sydney-spring", "Australia/Sydney", "2026-10-02", "2026-10-07", "2026-10-04", 30, False),
    ("chatham-autumn", "Pacific/Chatham", "2026-04-03", "2026-04-08", "2026-04-05", 15, False),
    ("chatham-spring", "Pacific/Chatham", "2026-09-25", "2026-09-30", "2026-09-27", 15, True),
    ("new-york-spring", "America/New_York", "2026-03-06", "2026-03-11", "2026-03-08", 30, False),
    ("new-york-autumn", "America/New_York", "2026-10-30", "2026-11-04", "2026-11-01", 30, False),
    ("st-johns-autumn", "America/St_Johns", "2010-11-05", "2010-11-10", "2010-11-07", 1, False),
    ("st-johns-spring", "America/St_Johns", "2010-03-12", "2010-03-17", "2010-03-14", 1, False),
    ("apia-without-30-december", "Pacific/Apia", "2011-12-28", "2012-01-03", "2011-12-31", 30, False),
]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def bands(night, day, peak):
    """A night that begins inside hours that clocks show twice or skip, a peak, and dearer weekends."""
    return [
        {"name": "night", "from": "23:30", "to": "01:30", "rate": night},
        {"name": "day", "from": "01:30", "to": "16:00", "days": DAYS[:5], "rate": day},
        {"name": "weekend", "from": "01:30", "to": "16:00", "days": DAYS[5:], "rate": peak},
        {"name": "peak", "from": "16:00", "to": "19:00", "rate": peak},
        {"name": "evening", "from": "19:00", "to": "23:30", "rate": day},
    ]


def tariff(zone, change, named):
    result = {"code": "WORKED", "tax": "none"}
    if named:
        result["time_zone"] = zone
    result["periods"] = [
        {"to": change, "bands": bands("7.35", "24.019", "38.5")},
        {"from": change, "bands": bands("8.1", "25.7129", "41.003")},
    ]
    result["standing_charges"] = [{"to": change, "price": "47.85"}, {"from": change, "price": "51.103"}]
    return result


def first_minute(zone, day):
    """The first UTC minute at which the clock shows the date or a later one."""
    moment = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) - timedelta(hours=30)
    while moment.astimezone(zone).date() < day:
        moment += MINUTE
    return moment


def band_rate(part, wall):
    minute = wall.hour * 60 + wall.minute
    found = []
    for band in part:
        if "days" in band and DAYS[wall.weekday()] not in band["days"]:
            continue
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (band["from"], band["to"]))
        if start <= minute < end if start < end else minute >= start or minute < end:
            found.append(Decimal(band["rate"]))
    assert len(found) == 1, (wall, found)
    return found[0]


def show(value):
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def work(name, zone_name, first, last, change, minutes, named):
    zone, terms = ZoneInfo(zone_name), tariff(zone_name, change, named)
    changed = first_minute(zone, date.fromisoformat(change))
    days, day = [], date.fromisoformat(first)
    while day < date.fromisoformat(last):
        start, end = first_minute(zone, day), first_minute(zone, day + timedelta(days=1))
        if start < end:
            days.append((day, start, end))
        day += timedelta(days=1)
    slot, place, moment = timedelta(minutes=minutes), 0, days[0][1]
    pieces = [{"label": str(day), "from": stamp(start), "slots": 0, "kwh": Decimal(0), "net_minor": Decimal(0)} for day, start, _ in days]
    for piece, (_, start, end) in zip(pieces, days):
        late = start >= changed
        piece["net_minor"] += Decimal(terms["standing_charges"][late]["price"])
        while moment < end:
            rates = set()
            for step in range(minutes):
                at = moment + step * MINUTE
                rates.add(band_rate(terms["periods"][at >= changed]["bands"], at.astimezone(zone)))
            assert len(rates) == 1, (name, moment, rates)
            kwh = Decimal((7919 * place + 13) % 977) / 1000
            piece["slots"] += 1
            piece["kwh"] += kwh
            piece["net_minor"] += kwh * rates.pop()
            place, moment = place + 1, moment + slot
    total = {field: sum((piece[field] for piece in pieces), Decimal(0)) for field in ("kwh", "net_minor")}
    result = {"zone": zone_name, "first_day": first, "day_after_last": last, "slot_minutes": minutes, "tariff": terms}
    result["from"], result["to"] = stamp(days[0][1]), stamp(days[-1][2])
    result["standing_days"] = len(days)
    result |= {field: show(value) for field, value in total.items()}
    result["days"] = [piece | {field: show(piece[field]) for field in ("kwh", "net_minor")} for piece in pieces]
    return json.dumps(result, indent=1) + "\n"


def main():
    wrong = []
    for case in CASES:
        path, text = HERE / f"{case[0]}.json", work(*case)
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            wrong.append(path.name)
    if wrong:
        sys.exit(f"not as worked: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
