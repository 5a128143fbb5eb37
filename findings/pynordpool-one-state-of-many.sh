#!/usr/bin/env bash
# pynordpool 0.4.0 (PyPI; Home Assistant's Nord Pool integration): `prices_final` is the state of the first group of areas, not of all that
# were asked for.
#
# Nord Pool's answer groups the areas by the state of their prices: [{"state": "Final", "areas": ["SE3"]}, {"state": "Preliminary",
# "areas": ["FI"]}]. Prices of an area that are still preliminary may change until they are final, so who keeps them for good looks at this.
# Expected: not final while any area asked for is preliminary. Seen (2026-11-30): final; and not final with the same groups the other way round.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pynordpool==0.4.0
cat > "$work/run.py" <<'PY'
import asyncio
from datetime import datetime

from pynordpool import Currency, NordPoolClient

FINAL, PRELIMINARY = {"state": "Final", "areas": ["SE3"]}, {"state": "Preliminary", "areas": ["FI"]}


def answer(states):
    return {
        "deliveryDateCET": "2026-07-01",
        "updatedAt": "2026-06-30T11:00:00Z",
        "multiAreaEntries": [{"deliveryStart": "2026-06-30T22:00:00Z", "deliveryEnd": "2026-06-30T22:15:00Z", "entryPerArea": {"SE3": 40.1, "FI": 43.7}}],
        "blockPriceAggregates": [],
        "currency": "EUR",
        "exchangeRate": 1,
        "areaStates": states,
        "areaAverages": [{"areaCode": "SE3", "price": 40.1}, {"areaCode": "FI", "price": 43.7}],
    }


class Response:
    status = 200

    def __init__(self, held):
        self.held = held

    async def json(self):
        return self.held

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None


class Session:
    def __init__(self, held):
        self.held = held

    def get(self, *_, **__):
        return Response(self.held)


async def final(states):
    client = NordPoolClient(Session(answer(states)))
    return (await client.async_get_delivery_period(datetime(2026, 7, 1), Currency.EUR, ["SE3", "FI"])).prices_final


seen = [asyncio.run(final(states)) for states in ([FINAL, PRELIMINARY], [PRELIMINARY, FINAL])]
print("SE3 final and FI preliminary: prices_final is", seen[0], "; in the other order", seen[1])
assert seen == [True, False], "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
