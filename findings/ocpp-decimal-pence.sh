#!/usr/bin/env bash
# ocpp 2.1.0 (PyPI, by Mobility House: both ends of OCPP in Python) sends a Decimal with one decimal place, whatever the message: the pence
# of a cost and the watt-hours of a reading are gone.
#
# Money is a Decimal in Python programs, and OCPP 2.0.1's `CostUpdatedRequest.totalCost` and `SampledValueType.value` are numbers without a
# stated precision. The encoder rounds every Decimal for the sake of three messages of OCPP 1.6, whose limits are whole tenths. No error, no
# warning; a float of the same value is sent whole.
# Expected: totalCost 12.34 and value 8123.457. Seen (2026-11-30): 12.3 and 8123.5.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ocpp==2.1.0
cat > "$work/run.py" <<'PY'
import asyncio
import json
from decimal import Decimal

from ocpp.v201 import ChargePoint, call, datatypes


class Line:
    """Takes what is sent and answers nothing."""

    def __init__(self):
        self.sent = []

    async def send(self, text):
        self.sent.append(json.loads(text)[3])


async def sent(message):
    line = Line()
    point = ChargePoint("station", line, response_timeout=0.05)
    try:
        await point.call(message)
    except asyncio.TimeoutError:
        pass
    return line.sent[0]


reading = datatypes.SampledValueType(value=Decimal("8123.457"))
values = [datatypes.MeterValueType(timestamp="2026-11-30T12:00:00Z", sampled_value=[reading])]
cost = asyncio.run(sent(call.CostUpdated(total_cost=Decimal("12.34"), transaction_id="t1")))
same = asyncio.run(sent(call.CostUpdated(total_cost=12.34, transaction_id="t1")))
meter = asyncio.run(sent(call.MeterValues(evse_id=1, meter_value=values)))
value = meter["meterValue"][0]["sampledValue"][0]["value"]
print("totalCost of Decimal 12.34:", cost["totalCost"], "of float 12.34:", same["totalCost"], "value of Decimal 8123.457:", value)
assert (cost["totalCost"], same["totalCost"], value) == (12.3, 12.34, 8123.5), "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
