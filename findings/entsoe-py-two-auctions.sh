#!/usr/bin/env bash
# entsoe-py 0.8.1 (PyPI) interleaves the day-ahead auctions of one day into one series.
#
# A document of type A44 (ENTSO-E Transparency Platform) can hold several auctions of one day, told apart by
# `classificationSequence_AttributeInstanceComponent.position`: bidding zones with a second auction of their own beside the coupled one.
# `entsoe.parsers.parse_prices` looks at the resolution only: it joins and sorts all points of 15 minutes.
# Expected: one price an instant, or two series. Seen: each instant twice, with two prices, and a mean that is nobody's.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check entsoe-py==0.8.1
cat > "$work/run.py" <<'PY'
import warnings

warnings.filterwarnings("ignore")
from entsoe.parsers import parse_prices

series = """<TimeSeries><mRID>{n}</mRID><businessType>A62</businessType>
<classificationSequence_AttributeInstanceComponent.position>{n}</classificationSequence_AttributeInstanceComponent.position>
<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>A01</curveType>
<Period><timeInterval><start>2026-06-09T22:00Z</start><end>2026-06-09T23:00Z</end></timeInterval><resolution>PT15M</resolution>{points}</Period></TimeSeries>"""
points = lambda prices: "".join(
    f"<Point><position>{i}</position><price.amount>{price}</price.amount></Point>" for i, price in enumerate(prices, 1)
)
document = (
    '<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">'
    + series.format(n=1, points=points([80, 82, 84, 86]))
    + series.format(n=2, points=points([10, 12, 14, 16]))
    + "</Publication_MarketDocument>"
)
prices = parse_prices(document)["15min"]
print(prices.to_string())
print(f"{len(prices)} prices of {prices.index.nunique()} quarter-hours, mean {prices.mean()} (83.0 and 13.0 are the auctions')")
assert (len(prices), prices.index.nunique(), prices.mean()) == (8, 4, 48.0), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
