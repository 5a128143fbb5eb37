#!/usr/bin/env bash
# openleadr 0.5.36 (PyPI, OpenADR 2.0b) reads a duration of weeks as no time at all, and writes a negative one so that it is read as none.
#
# Durations of OpenADR are RFC 5545's: `P1W` is a week, `-PT30M` half an hour before. Everything after the P may be missing in the pattern, so
# `P1W` matches as an empty duration; what is written for minus half an hour is `P-1DT23H30M`, which is no duration.
# Expected: seven days; -PT30M there and back. Seen (2026-11-30): 0:00:00 for both, without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openleadr==0.5.36
cat > "$work/run.py" <<'PY'
from datetime import timedelta

from openleadr.utils import parse_duration, timedeltaformat

week = parse_duration("P1W")
half_hour_before = parse_duration("-PT30M")
written = timedeltaformat(half_hour_before)
read_again = parse_duration(written)
print(f"P1W is {week}; -PT30M is {half_hour_before.total_seconds():.0f} s, written {written}, read again {read_again}")
assert week == timedelta(0), "the behaviour has changed"
assert half_hour_before == timedelta(minutes=-30) and written == "P-1DT23H30M" and read_again == timedelta(0), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
