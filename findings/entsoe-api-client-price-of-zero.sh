#!/usr/bin/env bash
# entsoe-api-client 1.0.3 (npm) has no price where the price is 0, and carries the price before it on into the hours that a zero holds for.
#
# Day-ahead prices of exactly 0.00 are common on sunny days. The parser turns `0.00` into the number 0 and then asks whether there is a price by
# its truth. With curve A03, where a point holds until the next one, what follows the zero is filled from the last price that was not zero.
# Expected: 40, 0, 0, 50. Seen (2026-11-30): 40, nothing, 40, 50.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes > /dev/null
npm install --silent --no-fund --no-audit entsoe-api-client@1.0.3
cat > run.mjs <<'JS'
import assert from "node:assert";
import { ParseDocument } from "entsoe-api-client";

const point = (position, price) => `<Point><position>${position}</position><price.amount>${price}</price.amount></Point>`;
const found = ParseDocument(`<?xml version="1.0" encoding="UTF-8"?>
<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">
<mRID>1</mRID><revisionNumber>1</revisionNumber><type>A44</type><createdDateTime>2026-06-06T11:00:00Z</createdDateTime>
<period.timeInterval><start>2026-06-07T10:00Z</start><end>2026-06-07T14:00Z</end></period.timeInterval>
<TimeSeries><mRID>1</mRID><businessType>A62</businessType>
<in_Domain.mRID codingScheme="A01">10YNL----------L</in_Domain.mRID><out_Domain.mRID codingScheme="A01">10YNL----------L</out_Domain.mRID>
<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>A03</curveType>
<Period><timeInterval><start>2026-06-07T10:00Z</start><end>2026-06-07T14:00Z</end></timeInterval><resolution>PT60M</resolution>
${point(1, "40.00")}${point(2, "0.00")}${point(4, "50.00")}</Period></TimeSeries></Publication_MarketDocument>`);
const prices = found.timeseries[0].periods[0].points.map((point) => point.price);
console.log("prices of four hours:", prices);
assert.deepStrictEqual(prices, [40, undefined, 40, 50], "the behaviour has changed");
JS
node run.mjs
