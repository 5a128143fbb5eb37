#!/usr/bin/env bash
# tariff-core 2026.10.1 (PyPI) reads, checks and writes back a plan's `time_basis` and `tax`, and prices without either.
#
# `time_basis: market_standard` says that a plan's windows go by the market's standard time (Australia's market keeps AEST all year; so do
# controlled loads and the clocks of many meters), which in summer is an hour from the clock on the wall. `tax: {inclusive: false}` says
# that rates are without GST. Neither is asked for by the engine: both plans are priced by the wall clock and totalled without tax.
# Expected: at 22:30 of Sydney's summer (21:30 AEST) the window of 22:00 has not begun; 10 kWh at $0.30 and 10 % GST are $3.30.
# Seen (2026-11-29): it has; $3.00, "inclusive" or not, without a warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-}
for candidate in python3.14 python3.13 "$HOME"/.pyenv/versions/3.1[3-9]*/bin/python python3; do
    [ -n "$python" ] && break
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null && python=$candidate
done
"${python:?Python 3.13 or newer is needed}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tariff-core==2026.10.1 tzdata==2026.6
cat > "$work/run.py" <<'PY'
import dataclasses
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import tariff_core as tc

SYDNEY = ZoneInfo("Australia/Sydney")
every_day = frozenset(range(7))
rate = lambda start, end, value: tc.UsageComponent(
    schedule=(tc.Window(every_day, (time(start), time(end))),), rate=Decimal(value))
plan = tc.PlanVersion(commodity=tc.Commodity.ELECTRICITY, timezone="Australia/Sydney", currency="AUD",
                      components=(rate(22, 7, "0.10"), rate(7, 22, "0.30")))
evening = datetime(2026, 1, 15, 22, 30, tzinfo=SYDNEY)
basis = {kind: tc.rate_at(dataclasses.replace(plan, time_basis=kind), evening).rate for kind in tc.TimeBasis}
for kind, value in basis.items():
    print(f"{kind.value}: {value} at 22:30 in Sydney, which is 21:30 AEST")

noon = datetime(2026, 1, 15, 12, tzinfo=SYDNEY)
usage = [tc.Interval(end=noon + timedelta(minutes=30), duration=timedelta(minutes=30), register=tc.Register.GENERAL, unit="kWh", import_qty=Decimal(10))]
day = tc.BillingPeriod(datetime(2026, 1, 15, tzinfo=SYDNEY), datetime(2026, 1, 16, tzinfo=SYDNEY))
bills = {inclusive: tc.bill(dataclasses.replace(plan, tax=tc.Tax(inclusive, Decimal("0.1"))), usage, period=day) for inclusive in (True, False)}
for inclusive, bill in bills.items():
    print(f"10 kWh at $0.30, tax 10 %, inclusive {inclusive}: total {bill.total}, warnings {bill.warnings}")
assert set(basis.values()) == {Decimal("0.10")}, "the behaviour has changed"
assert [(bill.total, bill.warnings) for bill in bills.values()] == [(Decimal("3.00"), ())] * 2, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
