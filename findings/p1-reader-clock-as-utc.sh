#!/usr/bin/env bash
# p1-reader 2.0.6 (npm, DSMR smart meters) takes the meter's local time for UTC, and on some days another month for the one that is said.
#
# A telegram says `260228120000W`: local time, with S for summer and W for winter. The letter is not looked at and the digits become UTC, an hour
# or two late. They are put into today's date part by part, month before day: read on a 29th, 30th or 31st, a February becomes March.
# Expected: 2026-02-28T11:00:00.000Z, whenever it is read. Seen (2026-11-30): 12:00:00.000Z read on the 15th, 2026-03-28T12:00:00.000Z on the 31st.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts p1-reader@2.0.6
cat > run.cjs <<'JS'
const assert = require("node:assert");
const { mock } = require("node:test");
const parsePacket = require("p1-reader/lib/parsePacket.js");

const telegram = ["/KMP5 KA6U001660297912", "", "1-3:0.2.8(42)", "0-0:1.0.0(260228120000W)", "1-0:1.8.1(000185.000*kWh)", "!"].join("\r\n");
const seen = ["2026-03-15T09:00:00Z", "2026-03-31T09:00:00Z"].map((today) => {
    mock.timers.enable({ apis: ["Date"], now: new Date(today) });
    const { timestamp } = parsePacket(telegram);
    mock.timers.reset();
    console.log(`read on ${today.slice(0, 10)}: ${timestamp}`);
    return timestamp;
});
assert.deepStrictEqual(seen, ["2026-02-28T12:00:00.000Z", "2026-03-28T12:00:00.000Z"], "the behaviour has changed");
JS
node run.cjs
