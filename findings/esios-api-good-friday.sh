#!/usr/bin/env bash
# esios-api 4.4.0 (PyPI; the line of aiopvpc, which Home Assistant uses for Spain's PVPC) bills Good Friday as a holiday in some years only.
#
# The tolls 2.0TD put national holidays into the cheap period P3 all day "con exclusión tanto de los festivos sustituibles como de los
# que no tienen fecha fija" (CNMC, Circular 3/2020, BOE-A-2020-1066): Good Friday has no fixed date, so it is a working day with P1 and P2.
# A holiday by every calendar, it stands in the package's tables up to 2025 and is gone from 2026 on; both are the answer to one rule.
# Expected: P1 at 11:00 on each Good Friday. Seen (2026-11-29): P3 in 2021 to 2025, P1 in 2026 to 2028.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check esios-api==4.4.0
cat > "$work/run.py" <<'PY'
from datetime import datetime

from esios_api.pvpc_tariff import get_current_and_next_tariff_periods

GOOD_FRIDAYS = {2021: (4, 2), 2022: (4, 15), 2023: (4, 7), 2024: (3, 29), 2025: (4, 18), 2026: (4, 3), 2027: (3, 26), 2028: (4, 14)}
seen = {year: get_current_and_next_tariff_periods(datetime(year, *day, 11), False)[0] for year, day in GOOD_FRIDAYS.items()}
print("Good Friday, 11:00:", ", ".join(f"{year} {period}" for year, period in seen.items()))
assert seen == {year: "P3" if year < 2026 else "P1" for year in GOOD_FRIDAYS}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
