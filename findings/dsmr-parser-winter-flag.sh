#!/usr/bin/env bash
# dsmr-parser 1.11.2 (PyPI) passes over the flag that says whether a P1 telegram's time is summer or winter time, but for one hour a year.
#
# A P1 time is YYMMDDhhmmssX, X = S while daylight saving time is active and W while it is not: "260715120000W" is noon of standard time.
# A meter that keeps standard time all year sends W in July too; Nordic meters do (jonkerj/iec62056, pull request 3), and SWEDEN is one of
# the package's own kinds of telegram. The flag is asked for the two 02:30s of the autumn night only; else Europe/Amsterdam's table decides.
# Expected: noon W is 11:00 UTC in July as in January. Seen (2026-11-29): 10:00 UTC in July, as for S. Such a meter's readings are
# an hour early for seven months: in the hour of another price.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check dsmr-parser==1.11.2
cat > "$work/run.py" <<'PY'
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

def time_of(stamp):
    head = f"/ELL5\\253833635_A\r\n\r\n0-0:1.0.0({stamp})\r\n1-0:1.8.0(00006678.394*kWh)\r\n!"
    telegram = f"{head}{TelegramParser.crc16(head):04X}\r\n"
    return TelegramParser(telegram_specifications.SWEDEN).parse(telegram).P1_MESSAGE_TIMESTAMP.value.isoformat()

seen = {stamp: time_of(stamp) for stamp in ("260115120000W", "260715120000W", "260715120000S", "261025023000S", "261025023000W")}
for stamp, time in seen.items():
    print(stamp, "is", time)
assert seen["260115120000W"] == "2026-01-15T11:00:00+00:00", "the behaviour has changed"
assert seen["261025023000S"] == "2026-10-25T00:30:00+00:00" and seen["261025023000W"] == "2026-10-25T01:30:00+00:00", "the behaviour has changed"
assert seen["260715120000W"] == seen["260715120000S"] == "2026-07-15T10:00:00+00:00", "the behaviour has changed"
PY
"$work/venv/bin/python" "$work/run.py"
