#!/usr/bin/env bash
# ElexonDataPortal 2.0.16 (PyPI, Great Britain's settlement data) counts settlement periods from midnight UTC when it asks for a span of dates.
#
# Settlement days and periods go by Great Britain's clock: in summer the first period of 1 July begins at 23:00 UTC on 30 June. The list of
# days and periods to ask for (dt_rng_to_SPs, without a zone) numbers half-hours by UTC, and what is asked by date and period goes by it.
# Expected: 2026-07-01T00:00Z is period 3 of 1 July, 2026-06-30T23:00Z period 1 of 1 July.
# Seen (2026-11-30): periods 1 of 1 July and 47 of 30 June: an hour off all summer; on clock-change days 48 periods in place of 46 and 50.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ElexonDataPortal==2.0.16 pandas==2.2.3 numpy==2.1.3 requests==2.32.3 tqdm==4.67.1 xmltodict==0.14.2
"$work/venv/bin/python" -W ignore - <<'PY'
import pandas as pd

from ElexonDataPortal.dev.utils import dt_rng_to_SPs


def periods(first: str, last: str) -> dict[str, tuple[str, int]]:
    rows = dt_rng_to_SPs(pd.Timestamp(first, tz="UTC"), pd.Timestamp(last, tz="UTC"))
    return {at.strftime("%dT%H:%M"): (row.date, int(row.SP)) for at, row in rows.iterrows()}


summer = periods("2026-06-30 22:00", "2026-07-01 02:00")
print("2026-06-30T23:00Z:", summer["30T23:00"], " 2026-07-01T00:00Z:", summer["01T00:00"])
autumn = [number for day, number in periods("2026-10-24 00:00", "2026-10-26 23:30").values() if day == "2026-10-25"]
print("periods of 2026-10-25:", len(autumn), "the last is", max(autumn))
assert summer["30T23:00"] == ("2026-06-30", 47) and summer["01T00:00"] == ("2026-07-01", 1), "the behaviour has changed"
assert len(autumn) == max(autumn) == 48, "the behaviour has changed"
PY
