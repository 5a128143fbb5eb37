#!/usr/bin/env bash
# DuckDB 2.0.1 (PyPI): kWh times p/kWh, both DECIMAL(18, 8), fails from a product of 100 on; DECIMAL(19, 8) times the same is right.
#
# The product of two decimals of at most 18 digits is given 18 digits too, so that it stays in 64 bits, as long as its scale (8 + 8) is
# below 18: DECIMAL(18, 16), two digits before the point. One digit more in either factor makes it DECIMAL(37, 16). DECIMAL(18, 8) is what
# meter readings and unit rates with eight decimals are naturally declared as, and small products work: 4 kWh at 24.5 p is fine, 5 kWh fails.
# Expected: 122.5, as pyarrow and polars say. Seen: Out of Range Error, "Overflow in multiplication of DECIMAL(18)".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1
cat > "$work/run.py" <<'PY'
import duckdb

def product(kwh, digits):
    try:
        return str(duckdb.sql(f"SELECT {kwh}::DECIMAL({digits}, 8) * 24.5::DECIMAL(18, 8) AS pence").fetchall()[0][0])
    except duckdb.Error as error:
        return str(error).split(" (")[0]

seen = {(kwh, digits): product(kwh, digits) for kwh in (4, 5) for digits in (18, 19)}
for (kwh, digits), found in seen.items():
    print(f"DuckDB {duckdb.__version__}: {kwh} kWh DECIMAL({digits}, 8) x 24.5 p/kWh DECIMAL(18, 8) = {found}")
assert seen[4, 18] == seen[4, 19] == "98.0000000000000000", "the behaviour has changed"
assert seen[5, 19] == "122.5000000000000000", "the behaviour has changed"
assert seen[5, 18].startswith("Out of Range Error: Overflow in multiplication"), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
