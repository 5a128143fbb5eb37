#!/usr/bin/env python3
"""Works where every local day of twelve zones begins and ends, with Python's zoneinfo and the package tzdata alone.

    python3 tests/oracles/days.py FILE [STEP]     writes FILE: every day from 1970-01-02 to 2099-12-30, or every STEPth

A row is `zone|date|first second|second after the last`, or `none` for a date that the zone's clocks leave out. A zone's clock is asked what
it shows, once a day and halving where that changed; its table is not read. A local day goes from the first second at which the clock shows
its date to the first one at which it shows a later date. `tests/tests/oracles.rs` compares the rows with the engine's calendars.
"""
import sys
from datetime import date, datetime, timedelta, timezone
from importlib import resources
from zoneinfo import ZoneInfo, reset_tzpath

ZONES = [
    "Europe/London", "Europe/Dublin", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Havana",
    "America/Sao_Paulo", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut", "Antarctica/Troll",
]
DAY = 24 * 3600
FIRST, END = 0, 4_102_444_800
EPOCH = date(1970, 1, 1)


def stretches(name):
    """From when to when the clock is how far from UTC."""
    zone = ZoneInfo.no_cache(name)

    def offset_at(second):
        return int(datetime.fromtimestamp(second, timezone.utc).astimezone(zone).utcoffset().total_seconds())

    begun, known = FIRST, offset_at(FIRST)
    at = FIRST
    while at < END:
        after = min(at + DAY, END)
        if offset_at(after) != known:
            before = at
            while after - before > 1:
                middle = (before + after) // 2
                before, after = (middle, after) if offset_at(middle) == known else (before, middle)
            yield begun, after, known
            begun, known = after, offset_at(after)
        at = after
    yield begun, END + DAY, known


def main():
    reset_tzpath(to=[])  # the package, never the machine's own tables
    version = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text().split("\n", 1)[0]
    if not version.endswith("2026f"):
        sys.exit(f"tzdata holds {version}, not 2026f")
    step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    last = (date(2099, 12, 31) - EPOCH).days
    rows = 0
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        for name in ZONES:
            parts = list(stretches(name))
            starts, place = [], 0
            for number in range(1, last + 1):
                # The first second at which a clock shows this date or a later one.
                while parts[place][1] + parts[place][2] <= number * DAY:
                    place += 1
                begun, _, offset = parts[place]
                starts.append(max(begun, number * DAY - offset))
            for number, (start, end) in enumerate(zip(starts, starts[1:]), 1):
                if number % step and step > 1 and abs(end - start) == DAY:
                    continue
                span = f"{start}|{end}" if start < end else "none"
                file.write(f"{name}|{EPOCH + timedelta(days=number)}|{span}\n")
                rows += 1
    print(f"{rows} days")


main()
