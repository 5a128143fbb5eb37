#!/usr/bin/env bash
# python-calamine 0.9.1 (PyPI) gives the midnights of a column of half-hours another type than its other times: a date, not a datetime.
#
# A spreadsheet stores 2026-01-01 00:30 as the number 46023.0208… and 00:00 as 46023. A whole number becomes `datetime.date` even where
# the cell's own format, "yyyy-mm-dd hh:mm", shows a time. So one cell in 48 of a meter's export is of another kind: the column cannot be
# compared or sorted, and `isinstance(value, datetime)`, the usual way to find the rows with readings, drops the first half-hour of
# each day. openpyxl gives a datetime for all.
# Expected: 96 datetimes for two days. Seen (2026-11-29): 94, and two dates; sorting raises TypeError.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
cat > "$work/run.py" <<'PY'
import sys
from collections import Counter
from datetime import datetime, timedelta

import openpyxl
from python_calamine import CalamineWorkbook

path = sys.argv[1]
book = openpyxl.Workbook()
for n in range(96):
    book.active.append([datetime(2026, 1, 1) + timedelta(minutes=30 * n), 0.25])
    book.active.cell(n + 1, 1).number_format = "yyyy-mm-dd hh:mm"
book.save(path)
columns = {
    "openpyxl": [row[0].value for row in openpyxl.load_workbook(path).active],
    "calamine": [row[0] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()],
}
seen = {name: dict(Counter(type(value).__name__ for value in column)) for name, column in columns.items()}
for name, kinds in seen.items():
    print(f"{name}: {kinds}; the first three {[str(value) for value in columns[name][:3]]}")
assert seen == {"openpyxl": {"datetime": 96}, "calamine": {"date": 2, "datetime": 94}}, "the behaviour has changed"
try:
    sorted(columns["calamine"])
except TypeError as error:
    print("sorting:", error)
else:
    raise AssertionError("the behaviour has changed")
PY
"$work/venv/bin/python" "$work/run.py" "$work/readings.xlsx"
