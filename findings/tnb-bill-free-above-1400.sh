#!/usr/bin/env bash
# tnb-bill 0.2 (PyPI, Malaysia's Tenaga Nasional, domestic Tariff A in force up to mid-2025) charges a month of more than 1,400 kWh like one of 900 kWh.
#
# The tariff's fifth block has no end: 57.10 sen for each kWh from 901 on. Here it has a limit of 500 kWh, and a rest that is larger than the limit
# is charged nothing at all, not for its first 500 kWh either. One kWh more makes the bill 285 ringgit cheaper.
# Expected: 681.10 ringgit for 1,400 kWh, before taxes, and 0.571 more for the next one. Seen (2026-12-01): 681.10, then 395.60, as for 900 kWh.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tnb-bill==0.2
cat > "$work/run.py" <<'PY'
from tnb_bill import calculate_electricity_bill

seen = {kwh: round(calculate_electricity_bill(kwh, 30)[0], 2) for kwh in (900, 1400, 1401, 2000)}
for kwh, ringgit in seen.items():
    print(f"{kwh} kWh: {ringgit:.2f}")
assert seen == {900: 395.6, 1400: 681.1, 1401: 395.6, 2000: 395.6}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
