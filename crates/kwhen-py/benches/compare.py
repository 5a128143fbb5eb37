"""How fast the wheel is beside what people write today, in one run, on the same input. Answers are compared first.

    python benches/compare.py [--meters 1000]

A household's year: the loop over Decimals that integrations run, pandas (`merge_asof`, floats), polars (exact decimals).
Many meters: polars with exact decimals, joined and summed by meter and month. Rivals are given their input in the form that they like
best, before the clock starts; so is the wheel. Times are the best of several runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

import kwhen

DATA = next(folder / "data" for folder in Path(__file__).resolve().parents if (folder / "data" / "rates.csv").exists())
# Polars rounds a product to the scale of its factors: three decimals of a kWh times two of a rate need five.
PRODUCT = pl.Decimal(38, 5)
YEAR = (date(2025, 11, 1), date(2026, 11, 1))


def best(work: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def shown(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.2f} ms"


def household(readings: kwhen.Consumption, rates: kwhen.RateSeries) -> None:
    rows, prices = readings.to_rows(), rates.to_rows()
    for price in prices:
        price["start"], price["end"] = price["valid_from"], price["valid_to"]

    def scanning() -> Decimal:
        """As integrations do it: for each reading a search through the rates, from where the last was found."""
        total, place = Decimal(0), 0
        for row in rows:
            if row["consumption"] is None:
                continue
            while place < len(prices) and prices[place]["end"] <= row["interval_start"]:
                place += 1
            if place < len(prices) and prices[place]["start"] <= row["interval_start"]:
                total += row["consumption"] * prices[place]["value_exc_vat"]
        return total

    def naive() -> Decimal:
        """As the plainest of them do it: a search through all rates for each reading."""
        total = Decimal(0)
        for row in rows:
            price = next((price for price in prices if price["start"] <= row["interval_start"] < price["end"]), None)
            if price is not None and row["consumption"] is not None:
                total += row["consumption"] * price["value_exc_vat"]
        return total

    left = readings.to_pandas().reset_index()
    right = pd.DataFrame({"start": [price["start"] for price in prices], "end": [price["end"] for price in prices], "rate": [float(price["value_exc_vat"]) for price in prices]})
    left["start"], right["start"], right["end"] = (column.astype("datetime64[us, UTC]") for column in (left["start"], right["start"], right["end"]))

    def by_pandas() -> float:
        merged = pd.merge_asof(left, right, on="start")
        merged = merged[merged["start"] < merged["end"]]
        return float((merged["kwh"] * merged["rate"]).sum())

    energies, tariffs = readings.to_polars(), rates.to_polars().rename({"valid_from": "start"})

    def by_polars() -> Decimal:
        joined = energies.join(tariffs, on="start")
        return joined.select((pl.col("kwh").cast(PRODUCT) * pl.col("value_exc_vat").cast(PRODUCT)).sum()).item()

    def ours() -> kwhen.Bill:
        return kwhen.bill(readings, rates, YEAR)

    exact = ours().net_minor
    assert scanning() == exact and naive() == exact, (scanning(), exact)
    assert abs(by_pandas() - float(exact)) < 1e-6
    assert by_polars() == exact, (by_polars(), exact)
    mine = best(ours, 300)
    print(f"a household's year, {len(rows):,} half-hours: {exact} p by all")
    for name, work, runs in (("kwhen.bill (VAT, coverage and lines too)", None, 0), ("Decimal loop, one pass", scanning, 7), ("Decimal loop, a search for each reading", naive, 1), ("pandas merge_asof, floats", by_pandas, 15), ("polars join, exact decimals", by_polars, 15)):
        took = mine if work is None else best(work, runs)
        print(f"  {name:42} {shown(took):>14}  {took / mine:10,.1f} x")


def many(readings: kwhen.Consumption, rates: kwhen.RateSeries, meters: int) -> None:
    starts, values = readings.to_numpy()
    # Every meter has readings of its own: the sample's, turned by another number of half-hours each.
    named = [(f"m{number:05}", kwhen.Consumption.from_numpy(starts, np.roll(values, number))) for number in range(meters)]
    pieces = [series.to_polars().select("start", pl.col("kwh").cast(PRODUCT), pl.lit(name).alias("meter")) for name, series in named]
    energies = pl.concat(pieces, rechunk=True).with_columns(pl.col("meter").cast(pl.Categorical))
    tariffs = rates.to_polars().select(pl.col("valid_from").alias("start"), pl.col("value_exc_vat").cast(PRODUCT))
    tariffs = tariffs.with_columns(pl.col("start").dt.convert_time_zone("Europe/London").dt.truncate("1mo").alias("month"))

    def by_polars() -> pl.DataFrame:
        joined = energies.lazy().join(tariffs.lazy(), on="start").drop_nulls("kwh")
        cost = (pl.col("kwh") * pl.col("value_exc_vat")).sum().alias("net")
        return joined.group_by("meter", "month").agg(pl.col("kwh").sum(), cost).collect()

    def ours() -> pl.DataFrame:
        return kwhen.batch(named, rates, YEAR, by="month").to_polars()

    mine_frame, their_frame = ours(), by_polars()
    assert mine_frame.height == their_frame.height == meters * 12
    assert mine_frame["kwh"].sum() == their_frame["kwh"].sum()
    assert mine_frame["net_minor"].cast(PRODUCT).sum() == their_frame["net"].sum()
    mine, theirs = best(ours, 7), best(by_polars, 3)
    print(f"{meters:,} meters for a year, by month, {energies.height:,} readings: equal")
    print(f"  {'kwhen.batch (VAT and coverage too)':42} {shown(mine):>14}  {1.0:10,.1f} x")
    print(f"  {'polars join and group, exact decimals':42} {shown(theirs):>14}  {theirs / mine:10,.1f} x")


def imports() -> None:
    program = "import time; began = time.perf_counter(); import kwhen; print(time.perf_counter() - began)"
    times = [float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout) for _ in range(15)]
    print(f"import kwhen: {min(times) * 1e3:.1f} ms, best of {len(times)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--meters", type=int, default=1000)
    meters = parser.parse_args().meters
    readings = kwhen.Consumption.from_csv((DATA / "consumption.csv").read_bytes())
    rates = kwhen.RateSeries.from_csv((DATA / "rates.csv").read_bytes())
    imports()
    household(readings, rates)
    many(readings, rates, meters)


if __name__ == "__main__":
    main()
