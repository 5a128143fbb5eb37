#!/usr/bin/env bash
# nemreader 0.9.2 (PyPI) keeps both versions of a revised NEM12 day, so the day counts twice.
#
# AEMO's "Meter Data File Format Specification NEM12 & NEM13" gives each 300 record an UpdateDateTime, by which a later
# record for the same NMI, suffix and date replaces an earlier one. Distributors' portals put both into one file.
# Expected: 48 half-hours of 2 kWh = 96 kWh. Seen: 96 readings, 144 kWh, each half-hour there twice, nothing said, `strict` or not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check nemreader==0.9.2
cat > "$work/run.py" <<'PY'
import sys
from nemreader import NEMFile

path = sys.argv[1]
day = lambda value, updated: f"300,20261004,{','.join([value] * 48)},A,,,{updated},"
with open(path, "w") as file:
    print("100,NEM12,202610060000,MDP1,RET1", file=file)
    print("200,NMI1234567,E1,E1,E1,N1,METER1,kWh,30,", file=file)
    print(day("1.0", "20261005010000"), file=file)
    print(day("2.0", "20261006010000"), file=file)
    print("900", file=file)
for strict in (False, True):
    readings = NEMFile(path, strict=strict).nem_data().readings["NMI1234567"]["E1"]
    count, kwh = len(readings), sum(reading.read_value for reading in readings)
    starts = len({reading.t_start for reading in readings})
    print(f"strict={strict}: {count} readings of {starts} half-hours, {kwh} kWh (one day, revised once: 48 and 96.0 are right)")
    assert (count, starts, kwh) == (96, 48, 144.0), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py" "$work/day.csv"
