#!/usr/bin/env bash
# fastparquet 2026.9.0 with pandas 3.1.1 (PyPI): write(..., times="int96") puts times of pandas' own default unit into January 1970.
#
# INT96 is nanoseconds of a day and the day. fastparquet takes the column's integers for nanoseconds, whatever unit they count: since pandas 3
# a date_range or a parsed column counts microseconds, so half-hours of June 2025 come out 1.8 seconds apart, in 1970. Without times="int96"
# (the option for Spark, Hive and Impala) the same column is written right.
# Expected: 2025-06-01 00:00 and 00:30. Seen: 1970-01-21 05:45:36 and 05:45:37.8, with no warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
cat > "$work/run.py" <<'PY'
import sys

import fastparquet
import pandas as pd
import pyarrow.parquet as pq

path = sys.argv[1]
starts = pd.DataFrame({"start": pd.date_range("2025-06-01", periods=2, freq="30min")})
seen = {}
for times in ("int64", "int96"):
    fastparquet.write(path, starts, times=times)
    seen[times] = [str(start.as_py())[:21] for start in pq.read_table(path)["start"]]
    print(f"fastparquet {fastparquet.__version__}, column of {starts.start.dtype}, times={times!r}: pyarrow reads {seen[times]}")
assert seen["int64"] == ["2025-06-01 00:00:00", "2025-06-01 00:30:00"], "the behaviour has changed"
assert seen["int96"] == ["1970-01-21 05:45:36", "1970-01-21 05:45:37.8"], "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py" "$work/times.parquet"
