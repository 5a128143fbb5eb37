#!/usr/bin/env bash
# polars 2.1.0 (PyPI) hands a column of type Null over the Arrow C interface with one buffer, where Arrow's format has none.
#
# Rates of an electricity API carry `payment_method: null` in every row of most tariffs, so polars makes a column of type Null of it.
# Arrow's columnar format says of the null layout that it has no buffers, and a strict reader (arrow-rs 59.3.2: "The datatype "Null"
# doesn't expect buffer at index 0") refuses the whole table. Expected: n_buffers 0, as pyarrow 26.0.1 gives. Seen: 1.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check polars==2.1.0 pyarrow==26.0.1 nanoarrow==0.9.0
cat > "$work/run.py" <<'PY'
import nanoarrow, polars, pyarrow

rows = [{"value_inc_vat": 21.0, "payment_method": None}, {"value_inc_vat": 10.5, "payment_method": None}]
seen = {}
for name, table in (("polars", polars.DataFrame(rows)), ("pyarrow", pyarrow.Table.from_pylist(rows))):
    column = nanoarrow.c_array_stream(table).get_next().child(1)
    assert column.schema.format == "n"
    seen[name] = column.n_buffers
print(f"buffers of a Null column: polars {polars.__version__} {seen['polars']}, pyarrow {pyarrow.__version__} {seen['pyarrow']}")
assert seen == {"polars": 1, "pyarrow": 0}, "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
