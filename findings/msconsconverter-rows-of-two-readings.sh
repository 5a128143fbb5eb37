#!/usr/bin/env bash
# msconsconverter 2.0.0 (PyPI, MSCONS meter data to CSV) writes several rows a reading, some with the energy of one reading and the time of another.
#
# A reading of MSCONS is three segments: QTY (the energy), DTM+163 and DTM+164 (from and to). A row is written when the end is known, but that it is
# known is never taken back, so each further segment, up to the message's trailer, writes a row as well: the next energy with this reading's
# time, then the next energy from the next start to this end. A sum over the file is several times the energy.
# Expected: 3 rows, 1 + 2 + 4 = 7 kWh. Seen (2026-12-01): 10 rows, 31 kWh; 00:00 to 00:15 once with 1 kWh and once with 2 kWh.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check msconsconverter==2.0.0
tr -d '\n' > "$work/in.txt" <<'EDI'
UNA:+.? '
UNB+UNOC:3+AT000001:500+AT000002:500+260101:0100+1'
UNH+1+MSCONS:D:04B:UN:2.4c'
BGM+7+1+9'
DTM+137:202601010100?+00:303'
NAD+MS+AT000001::9'
NAD+MR+AT000002::9'
UNS+D'
NAD+DP'
LOC+172+AT0010000000000000001000000000001'
LIN+1'
PIA+5+1-1?:1.29.0:SRW'
QTY+220:1'
DTM+163:202601010000?+01:303'
DTM+164:202601010015?+01:303'
QTY+220:2'
DTM+163:202601010015?+01:303'
DTM+164:202601010030?+01:303'
QTY+220:4'
DTM+163:202601010030?+01:303'
DTM+164:202601010045?+01:303'
UNT+17+1'
UNZ+1+1'
EDI
cat > "$work/run.py" <<'PY'
import csv
import logging
import pathlib
import sys

from msconsconverter.functions import convert_single

work = pathlib.Path(sys.argv[1])
convert_single(str(work / "in.txt"), str(work / "out"), logging.getLogger("quiet"))
with open(next((work / "out").glob("*.csv"))) as file:
    rows = [(row["DATE_PERIOD_START"][8:12], row["DATE_PERIOD_END"][8:12], float(row["VALUE"])) for row in csv.DictReader(file)]
for row in rows:
    print("from {} to {}: {:g} kWh".format(*row))
total = sum(energy for _, _, energy in rows)
print(len(rows), "rows,", f"{total:g} kWh")
assert (len(rows), total, rows[:2]) == (10, 31, [("0000", "0015", 1), ("0000", "0015", 2)]), "the behaviour has changed"
PY
(cd "$work" && "$work/venv/bin/python" "$work/run.py" "$work")
