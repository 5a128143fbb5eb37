"""One table, every way its columns may be typed, through the wheel, the command and the batch: the same energy, or a refusal by all.

The table of `docs/files.md` ("Columns of tables by type") says which.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

import kwhen
from conftest import DATA, ROOT, UTC

START = datetime(2026, 3, 2, tzinfo=UTC)
SLOTS = [START + timedelta(minutes=30 * place) for place in range(48)]
VALUES = [Decimal(place % 5) for place in range(48)]
FRACTIONS = [Decimal(place % 5) / 8 for place in range(48)]

INSTANTS = {
    "seconds, UTC": pa.array(SLOTS, pa.timestamp("s", "UTC")),
    "milliseconds, UTC": pa.array(SLOTS, pa.timestamp("ms", "UTC")),
    "microseconds, UTC": pa.array(SLOTS, pa.timestamp("us", "UTC")),
    "nanoseconds, UTC": pa.array(SLOTS, pa.timestamp("ns", "UTC")),
    "microseconds, London": pa.array(SLOTS, pa.timestamp("us", "Europe/London")),
    "no zone": pa.array([slot.replace(tzinfo=None) for slot in SLOTS], pa.timestamp("us")),
}
TAKEN = {
    "float64": pa.array([float(value) for value in FRACTIONS], pa.float64()),
    "float32": pa.array([float(value) for value in FRACTIONS], pa.float32()),
    "float32 of tenths": pa.array([place % 5 / 10 for place in range(48)], pa.float32()),
    "int64": pa.array([int(value) for value in VALUES], pa.int64()),
    "int32": pa.array([int(value) for value in VALUES], pa.int32()),
    "int16": pa.array([int(value) for value in VALUES], pa.int16()),
    "uint8": pa.array([int(value) for value in VALUES], pa.uint8()),
    "decimal128(9, 3)": pa.array(FRACTIONS, pa.decimal128(9, 3)),
    "decimal128(38, 12), zeros behind": pa.array(FRACTIONS, pa.decimal128(38, 12)),
    "decimal256(50, 10), zeros behind": pa.array(FRACTIONS, pa.decimal256(50, 10)),
    "text": pa.array([str(value) for value in FRACTIONS], pa.string()),
    "large text": pa.array([str(value) for value in FRACTIONS], pa.large_string()),
    "dictionary of text": pa.array([str(value) for value in FRACTIONS], pa.string()).dictionary_encode(),
}
REFUSED = {
    "text that is no number": pa.array(["x"] * 48, pa.string()),
    "decimal128(20, 10), digits behind": pa.array([Decimal("0.0000000001")] * 48, pa.decimal128(20, 10)),
    "true or false": pa.array([True] * 48, pa.bool_()),
}


@pytest.fixture(autouse=True)
def _built(command: Any) -> None:
    """The command is there."""


def by_wheel(table: pa.Table) -> Decimal | None:
    try:
        readings = kwhen.Consumption.of(table)
    except kwhen.KwhenError:
        return None
    return readings.total_kwh


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    done = subprocess.run([str(target / "debug" / "kwhen"), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 2), done.stderr
    return done


def by_command(table: pa.Table, folder: Any) -> Decimal | None:
    path = folder / "readings.parquet"
    parquet.write_table(table, path)
    naive = table.schema.field("interval_start").type.tz is None
    clock = ("--clock", "UTC") if naive else ()  # refused where the file says it
    done = run("bill", "--rates", str(DATA / "rates.csv"), "--consumption", str(path), *clock, "--from", "2026-03-02", "--to", "2026-03-03", "--format", "json")
    return Decimal(json.loads(done.stdout)["kwh"]) if done.returncode == 0 else None


def by_batch(table: pa.Table, folder: Any) -> Decimal | None:
    meters = table.append_column("meter", pa.array(["a"] * len(table)))
    parquet.write_table(meters, folder / "consumption.parquet")
    opens = pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    tariff = pa.array(["flat"])
    parquet.write_table(pa.table({"tariff": tariff, "valid_from": opens, "value_exc_vat": pa.array(["20"])}), folder / "rates.parquet")
    parquet.write_table(pa.table({"meter": pa.array(["a"]), "tariff": tariff, "valid_from": opens}), folder / "agreements.parquet")
    out = folder / "bills.parquet"
    done = run(
        "batch", "--consumption", str(folder / "consumption.parquet"), "--rates", str(folder / "rates.parquet"), "--agreements", str(folder / "agreements.parquet"),
        "--from", "2026-03-02", "--to", "2026-03-03", "--by", "day", "--out", str(out),
    )  # fmt: skip
    if done.returncode != 0:
        return None
    kwh = parquet.read_table(out).column("kwh").to_pylist()
    return Decimal(kwh[0]) if kwh and kwh[0] is not None else None


def table(instants: pa.Array, values: pa.Array) -> pa.Table:
    return pa.table({"interval_start": instants, "consumption": values})


@pytest.mark.parametrize("values", TAKEN)
def test_a_type_is_taken_by_all(values, tmp_path):
    whole = table(INSTANTS["microseconds, UTC"], TAKEN[values])
    expected = sum(Decimal(str(value)) for value in (VALUES if "int" in values else FRACTIONS))
    if "tenths" in values:
        expected = sum(Decimal(place % 5) / 10 for place in range(48))
    assert [by_wheel(whole), by_command(whole, tmp_path), by_batch(whole, tmp_path)] == [expected] * 3


@pytest.mark.parametrize("instants", INSTANTS)
def test_a_type_of_instants_is_taken_or_refused_by_all(instants, tmp_path):
    whole = table(INSTANTS[instants], TAKEN["float64"])
    # Without a zone: the command takes the clock that is said (--clock); the others have none to say and refuse.
    taken = sum(FRACTIONS)
    naive = instants == "no zone"
    assert [by_wheel(whole), by_command(whole, tmp_path), by_batch(whole, tmp_path)] == [None if naive else taken, taken, None if naive else taken]


@pytest.mark.parametrize("values", REFUSED)
def test_a_type_is_refused_by_all(values, tmp_path):
    whole = table(INSTANTS["microseconds, UTC"], REFUSED[values])
    assert [by_wheel(whole), by_command(whole, tmp_path), by_batch(whole, tmp_path)] == [None] * 3
