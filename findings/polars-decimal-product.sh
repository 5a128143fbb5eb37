#!/usr/bin/env bash
# polars 2.1.0 (PyPI) rounds the product of two decimals to the longer of their two scales: half-hours are rounded before they are summed.
#
# 0.108 kWh at 24.55 p/kWh is 2.6514 p. Decimals are taken for money because nothing is lost; SQL engines and Arrow give a product the sum
# of the scales. polars gives it max(2, 3) = 3 places and rounds each half-hour before the sum; small ones vanish. The type is Decimal all
# the way and nothing is said. With 8 places for either factor the same product is exact.
# Expected: 17,520 half-hours of 0.108 kWh at 24.55 p are 46,452.528 p, of 0.009 kWh at 0.05 p 7.884 p, as pyarrow and Python have it.
# Seen (2026-11-29): 46,445.520 p and 0 p.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1
cat > "$work/run.py" <<'PY'
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

def year(kwh, pence):
    kwh, pence, n = Decimal(kwh), Decimal(pence), 17_520
    exact = kwh * pence * n
    arrow = pc.sum(pc.multiply(pa.array([kwh] * n, pa.decimal128(7, 3)), pa.array([pence] * n, pa.decimal128(7, 2)))).as_py()
    product = pl.Series([kwh] * n, dtype=pl.Decimal(7, 3)) * pl.Series([pence] * n, dtype=pl.Decimal(7, 2))
    return exact, arrow, product.sum(), str(product.dtype)

seen = {row: year(*row) for row in (("0.108", "24.55"), ("0.009", "0.05"))}
for (kwh, pence), (exact, arrow, polars, kind) in seen.items():
    print(f"{kwh} kWh at {pence} p, 17,520 times: exactly {exact}, pyarrow {arrow}, polars {polars} as {kind}")
wide = pl.Series([Decimal("0.108")], dtype=pl.Decimal(18, 8)) * pl.Series([Decimal("24.55")], dtype=pl.Decimal(7, 2))
assert wide[0] == Decimal("2.6514"), "the behaviour has changed"
assert all(exact == arrow for exact, arrow, _, _ in seen.values()), "the behaviour has changed"
assert [str(row[2]) for row in seen.values()] == ["46445.520", "0.000"], "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
