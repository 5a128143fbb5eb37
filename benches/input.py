#!/usr/bin/env python3
"""A year of half-hours from bytes in memory to values and instants: kwhen's wheel beside polars, DuckDB and orjson on one core.

    crates/kwhen-py/test.sh && target/python/main/bin/pip install polars duckdb orjson numpy
    target/python/main/bin/python benches/input.py

The answers are compared before anything is timed. What is not installed is left out and named.
"""

import datetime
import os
import sys
import tempfile
import time
from decimal import Decimal

os.environ["POLARS_MAX_THREADS"] = "1"

SLOTS = 17_520
START = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)


def year():
    """CSV and JSON as the API writes them, and the exact sum."""
    text = lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")
    seed, total, rows, objects = 11, 0, [], []
    for slot in range(SLOTS):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        wh = (seed >> 33) % 1500
        total += wh
        start, end = (text(START + datetime.timedelta(minutes=30 * (slot + more))) for more in (0, 1))
        kwh = f"{wh // 1000}.{wh % 1000:03}"
        rows.append(f"{kwh},{start},{end}\n")
        objects.append(f'{{"consumption":{kwh},"interval_start":"{start}","interval_end":"{end}"}}')
    csv = "consumption,interval_start,interval_end\n" + "".join(rows)
    objects.reverse()
    page = f'{{"count":{SLOTS},"next":null,"previous":null,"results":[{",".join(objects)}]}}'
    return csv.encode(), page.encode(), Decimal(total) / 1000


def best(read, times=30):
    """The least of so many runs, in milliseconds."""
    least = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        read()
        least = min(least, time.perf_counter() - begin)
    return least * 1000


def main():
    csv, page, total = year()
    rivals = []
    try:
        import kwhen

        assert kwhen.read(csv).total_kwh == total and kwhen.read(page).total_kwh == total
        rivals += [
            ("kwhen.read, CSV", csv, lambda: kwhen.read(csv)),
            ("kwhen.read, JSON", page, lambda: kwhen.read(page)),
        ]
    except ImportError:
        print("kwhen's wheel is not installed", file=sys.stderr)
    try:
        import polars

        read = lambda: polars.read_csv(csv, try_parse_dates=True)
        frame = read()
        assert abs(frame["consumption"].sum() - float(total)) < 1e-6
        assert frame["interval_start"].dtype.is_temporal() and frame["interval_start"][0].hour == 0
        rivals.append((f"polars {polars.__version__} read_csv, floats", csv, read))
    except ImportError:
        print("polars is not installed", file=sys.stderr)
    try:
        import duckdb

        # DuckDB reads files; this one lies in memory.
        folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
        with tempfile.NamedTemporaryFile(suffix=".csv", dir=folder, delete=False) as file:
            file.write(csv)
        connection = duckdb.connect()
        connection.execute("SET threads = 1")
        query = f"SELECT * FROM read_csv('{file.name}')"
        read = lambda: connection.execute(query).fetchnumpy()
        assert abs(read()["consumption"].sum() - float(total)) < 1e-6
        rivals.append((f"DuckDB {duckdb.__version__} read_csv, floats", csv, read))
    except ImportError:
        print("DuckDB is not installed", file=sys.stderr)
    try:
        import orjson

        def parsed():
            rows = orjson.loads(page)["results"]
            instant = datetime.datetime.fromisoformat
            return [(instant(row["interval_start"]), row["consumption"]) for row in rows]

        assert abs(sum(kwh for _, kwh in parsed()) - float(total)) < 1e-6
        rivals.append(("orjson.loads alone: floats, times as text", page, lambda: orjson.loads(page)))
        rivals.append(("orjson.loads and fromisoformat", page, parsed))
    except ImportError:
        print("orjson is not installed", file=sys.stderr)
    for name, data, read in rivals:
        least = best(read)
        print(f"{name:<45} {least:8.3f} ms {len(data) / least / 1000:8.0f} MB/s")


main()
