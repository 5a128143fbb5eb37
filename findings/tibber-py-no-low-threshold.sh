#!/usr/bin/env bash
# tibber.py 0.8.0 (PyPI, Tibber's GraphQL service) has no threshold below which a price is low, though it asks for it and is given it.
#
# Tibber rates prices by `thresholdPercentages { high low }`, the percentages from the mean beyond which a price is high or low in this market.
# Both are in the query that the package writes; the property `low` looks into the answer for "current" instead.
# Expected: high 10 and low -10, as in the answer. Seen (2026-12-01): high 10, low None.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tibber.py==0.8.0
cat > "$work/run.py" <<'PY'
from tibber.networking import QueryBuilder
from tibber.types.price_rating import PriceRating

asked = sorted(QueryBuilder.price_rating_threshold_percentages())
rating = PriceRating({"thresholdPercentages": {"high": 10.0, "low": -10.0}}, None)
thresholds = rating.threshold_percentages
print("asked for:", asked, "high:", thresholds.high, "low:", thresholds.low)
assert asked == ["high", "low"] and (thresholds.high, thresholds.low) == (10.0, None), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
