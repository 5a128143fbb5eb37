"""Works the clock changes of every zone from 1970 to 2099 with Python's zoneinfo and the package tzdata alone.

    python3 tests/golden/clocks/work.py           write zones.csv and instants.csv
    python3 tests/golden/clocks/work.py --check   say what differs from what is worked now

A zone's row holds how many changes of the distance from UTC there are, and the 64-bit FNV-1a of lines `second offset`, one for what holds at
1970-01-01T00:00Z and one a change. Changes are found by asking for the offset once a day and halving; the clock of a zone is asked,
its table is not read. `instants.csv` holds what the clock showed at instants where the tables of 2025b said otherwise.
"""
import sys
from datetime import datetime, timezone
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

HERE = Path(__file__).parent
FIRST, END, STEP = 0, 4_102_444_800, 24 * 3600
INSTANTS = {
    "America/Edmonton": ["2026-10-31T12:00:00Z", "2026-11-01T07:30:00Z", "2026-11-01T08:30:00Z", "2026-12-01T06:30:00Z", "2027-03-14T10:00:00Z", "2098-01-15T06:30:00Z"],
    "America/Vancouver": ["2026-10-31T12:00:00Z", "2026-11-01T08:30:00Z", "2026-11-01T09:30:00Z", "2026-12-01T07:30:00Z", "2098-01-15T07:30:00Z"],
    "America/Inuvik": ["2026-10-31T12:00:00Z", "2026-11-01T08:30:00Z", "2026-12-01T06:30:00Z", "2098-01-15T06:30:00Z"],
    "America/Winnipeg": ["2026-10-31T12:00:00Z", "2026-11-01T07:30:00Z", "2026-12-01T05:30:00Z", "2098-01-15T05:30:00Z"],
    "America/Havana": ["2026-10-31T12:00:00Z", "2026-11-01T04:30:00Z", "2026-12-01T04:30:00Z", "2027-03-14T05:30:00Z", "2098-01-15T04:30:00Z"],
    "Africa/Casablanca": ["2026-02-14T12:00:00Z", "2026-03-01T23:30:00Z", "2026-09-19T23:30:00Z", "2026-12-01T23:30:00Z", "2027-02-10T23:30:00Z", "2086-05-01T23:30:00Z"],
}


def fnv1a(data):
    value = 0xCBF2_9CE4_8422_2325
    for byte in data:
        value = (value ^ byte) * 0x100_0000_01B3 % 2**64
    return value


def clock(name):
    zone = ZoneInfo.no_cache(name)
    return lambda second: int(datetime.fromtimestamp(second, timezone.utc).astimezone(zone).utcoffset().total_seconds())


def changes(name):
    offset_at = clock(name)
    known = offset_at(FIRST)
    found = [(FIRST, known)]
    at = FIRST
    while at < END:
        after = min(at + STEP, END)
        if offset_at(after) == known:
            at = after
            continue
        before = at
        while after - before > 1:
            middle = (before + after) // 2
            if offset_at(middle) == known:
                before = middle
            else:
                after = middle
        known = offset_at(after)
        if after < END:
            found.append((after, known))
        at = after
    return found


def zones():
    names = resources.files("tzdata").joinpath("zones").read_text().split()
    worked = {}
    yield "zone,changes,fnv1a"
    for name in sorted(names):
        data = resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
        if data not in worked:
            found = changes(name)
            text = "".join(f"{second} {offset}\n" for second, offset in found)
            worked[data] = f"{len(found) - 1},{fnv1a(text.encode()):016x}"
        yield f"{name},{worked[data]}"


def instants():
    yield "zone,instant,local"
    for name, texts in INSTANTS.items():
        for text in texts:
            local = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZoneInfo(name))
            yield f"{name},{text},{local.isoformat()}"


def main():
    reset_tzpath(to=[])  # the package, never the machine's own tables
    version = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text().split("\n", 1)[0]
    if not version.endswith("2026f"):
        sys.exit(f"tzdata holds {version}, not 2026f")
    differing = []
    for file, lines in (("zones.csv", zones()), ("instants.csv", instants())):
        text = "\n".join(lines) + "\n"
        if "--check" not in sys.argv:
            (HERE / file).write_text(text)
        elif (HERE / file).read_text() != text:
            differing.append(file)
    if differing:
        sys.exit("differs from what is worked now: " + ", ".join(differing))


main()
