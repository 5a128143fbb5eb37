#!/usr/bin/env bash
# aiopvpc 4.3.1 (PyPI, Spain's PVPC, the library behind Home Assistant's integration) knows no tariff period of 2026, nor of the last hours of 2025.
#
# Its holidays are a table that ends with 2025, and every hour looks its year up in it. From the last evening of 2025 on, looking for the
# next change of period walks into 2026.
# Expected: P3 at 03:00 (every night is P3), P1 at 12:00 of a working day. Seen (2026-11-30): KeyError 2026 for both; from 31 December 2025
# 22:00 on the period that holds is not told either, though it is one of 2025. An hour of December 2025 before that is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aiopvpc==4.3.1 aiohttp==3.11.11 async-timeout==5.0.1
"$work/venv/bin/python" - <<'PY'
from datetime import datetime
from zoneinfo import ZoneInfo

from aiopvpc.pvpc_tariff import get_current_and_next_tariff_periods


def period(*when: int) -> str:
    at = datetime(*when, tzinfo=ZoneInfo("Europe/Madrid"))
    try:
        now, following, after = get_current_and_next_tariff_periods(at, zone_ceuta_melilla=False)
        return f"{now}, then {following} after {after}"
    except KeyError as error:
        return f"KeyError {error}"


seen = [period(2025, 12, 30, 12), period(2025, 12, 31, 22), period(2025, 12, 31, 23), period(2026, 6, 10, 3), period(2026, 6, 10, 12)]
print(*seen, sep="\n")
assert seen[0].startswith("P1, then P2"), "the behaviour has changed"
assert seen[3] == seen[4] == "KeyError 2026", "the behaviour has changed"
PY
