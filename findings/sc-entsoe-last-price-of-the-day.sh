#!/usr/bin/env bash
# sc-entsoe 0.2.0 (PyPI, ENTSO-E's day-ahead prices) has no prices for the end of a day whose last price holds for several periods.
#
# In ENTSO-E's curve type A03 a price holds until the next point, and the last one until the end of the period. The package fills what is left
# out up to the last point that is there, not to the end. Nothing says that the day is short, and the last price of a night often repeats.
# Expected: 24 hours, 21:00 to 23:00 at 40. Seen (2026-12-01): 22 hours, the last at 21:00; the gap at 02:00 is filled.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sc-entsoe==0.2.0
cat > "$work/run.py" <<'PY'
from sc_entsoe.parsers.xml_parser import parse_entsoe_xml

# Hours of 1 June 2026 in UTC; positions 3, 23 and 24 repeat the price before them and are left out, as A03 has it.
points = "".join(
    f"<Point><position>{hour + 1}</position><price.amount>{40 if hour == 21 else 60 + hour}</price.amount></Point>" for hour in range(22) if hour != 2
)
document = f"""<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">
<type>A44</type><TimeSeries><businessType>A62</businessType><in_Domain.mRID codingScheme="A01">10YNL----------L</in_Domain.mRID>
<curveType>A03</curveType><Period><timeInterval><start>2026-06-01T00:00Z</start><end>2026-06-02T00:00Z</end></timeInterval>
<resolution>PT60M</resolution>{points}</Period></TimeSeries></Publication_MarketDocument>"""
rows = [(row["timestamp"][11:16], row["price"]) for row in parse_entsoe_xml(document).data]
print(len(rows), "hours; from 01:00:", *rows[1:4], "last:", rows[-1])
assert (len(rows), rows[1:3], rows[-1]) == (22, [("01:00", 61.0), ("02:00", 61.0)], ("21:00", 40.0)), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
