#!/usr/bin/env python3
"""The batch report: kwhen beside DuckDB, polars and NumPy in one run, on the same made-up meters.

    benches/report/run.sh [--meters 10000] [--repeats 5] [--out benches/report]
    benches/report/run.sh --smoke

Answers are compared first, bill by bill and to the digit; a difference ends the run. Every figure is the least of the repeats.
Writes report.json (its fields are fixed) and report.svg. The smoke run bills few meters with an unoptimised build, compares all answers,
checks the report's fields and keeps nothing: its times mean nothing.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy
import polars

ROOT = Path(__file__).resolve().parents[2]


def least(repeats, work):
    best = float("inf")
    for _ in range(max(repeats, 1)):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def command(*arguments):
    done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROFILE = "debug" if "--smoke" in sys.argv else "release"


def kwhen(*arguments):
    return command(TARGET / PROFILE / "kwhen-batch-report", *arguments)


def make(folder, meters):
    """The same readings in three layouts, by the seeded generator."""
    for layout, place in (("kwh", folder), ("wh", folder / "wh"), ("dense", folder / "dense")):
        kwhen("generate", place, meters, 1, layout)


# What every engine with a planner is given: prices laid out by half-hour and month, and agreements.
PREPARE = """
CREATE OR REPLACE TABLE rates AS
  WITH slots AS (SELECT unnest(generate_series(TIMESTAMPTZ '2025-01-01 00:00:00+00', TIMESTAMPTZ '2025-12-31 23:30:00+00',
                                               INTERVAL 30 MINUTE)) AS ts),
       units AS (SELECT * FROM '{folder}/rates.parquet' WHERE kind = 'unit')
  SELECT r.tariff, s.ts, r.value_exc_vat AS price, (r.value_exc_vat * 100)::INTEGER AS hundredths,
         strftime(s.ts AT TIME ZONE 'Europe/London', '%Y-%m') AS month
  FROM slots s JOIN units r ON s.ts >= r.valid_from AND (r.valid_to IS NULL OR s.ts < r.valid_to);
CREATE OR REPLACE TABLE agreements AS SELECT * FROM '{folder}/agreements.parquet';
CREATE OR REPLACE TABLE standing AS SELECT tariff, value_exc_vat AS daily FROM '{folder}/rates.parquet' WHERE kind = 'standing';
CREATE OR REPLACE TABLE days AS
  SELECT a.meter, a.tariff, strftime(d, '%Y-%m') AS month, count(*) AS days, any_value(s.daily) AS daily
  FROM agreements a JOIN standing s USING (tariff),
       generate_series(DATE '2025-01-01', DATE '2025-12-31', INTERVAL 1 DAY) g(d)
  WHERE timezone('Europe/London', d::TIMESTAMP) >= a.valid_from
    AND (a.valid_to IS NULL OR timezone('Europe/London', d::TIMESTAMP) < a.valid_to)
  GROUP BY ALL;
"""

# One bill a meter, agreement and month: exact decimals throughout. Meters with one agreement need no look at its dates, which is what
# a hand would write who knows the data; the others are told apart by it.
BILL = """
SELECT e.meter, e.tariff, e.month, e.slots, e.kwh, e.amount + d.days * d.daily AS net,
       (e.amount + d.days * d.daily) * 105 AS total_hundredths
FROM (
  SELECT c.meter, r.tariff, r.month, count(*) AS slots, {kwh} AS kwh, {amount} AS amount
  FROM {consumption} c JOIN agreements a ON c.meter = a.meter JOIN rates r ON r.tariff = a.tariff AND r.ts = c.interval_start
  WHERE c.interval_start >= a.valid_from AND (a.valid_to IS NULL OR c.interval_start < a.valid_to)
  GROUP BY c.meter, r.tariff, r.month
) e JOIN days d USING (meter, tariff, month)
"""
IN_KWH = {"kwh": "sum(c.consumption)", "amount": "sum(c.consumption * r.price)"}
IN_WH = {
    "kwh": "(sum(c.wh)::DECIMAL(18,0) / 1000)::DECIMAL(18,3)",
    "amount": "(sum(c.wh::BIGINT * r.hundredths)::DECIMAL(38,0) * 0.00001::DECIMAL(6,5))",
}


def compare(database, folder, query):
    """Every bill of kwhen beside every bill of DuckDB."""
    differ = database.execute(
        f"""WITH theirs AS ({query})
        SELECT count(*) FROM theirs t FULL JOIN '{folder}/bills.parquet' o
          ON t.meter = o.meter AND t.tariff = o.tariff AND t.month = o.period
        WHERE t.meter IS NULL OR o.meter IS NULL OR t.slots <> o.billed_slots
           OR t.kwh::DECIMAL(18,8) <> o.kwh OR t.net::DECIMAL(28,10) <> o.net_minor::DECIMAL(28,10)
           OR t.total_hundredths::DECIMAL(28,8) <> (o.total_minor::DECIMAL(28,10) * 100)::DECIMAL(28,8)"""
    ).fetchone()[0]
    if differ:
        sys.exit(f"{differ} bills differ between kwhen and DuckDB")


# DuckDB chooses its own join order, which suits its scan of Parquet; in memory the order in which the query is written is several times as
# quick. Each is tried once, and the better is timed.
PLANS = ("", "join_order,compressed_materialization")


def rival_duckdb(folder, repeats, threads):
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}; SET TimeZone = 'UTC';")
    for statement in PREPARE.format(folder=folder).split(";"):
        if statement.strip():
            database.execute(statement)

    def run(query, without):
        database.execute(f"SET disabled_optimizers = '{without}'")
        database.execute(f"CREATE OR REPLACE TEMP TABLE answer AS {query}")

    def best(query):
        once = {without: least(1, lambda: run(query, without)) for without in PLANS}
        without = min(once, key=once.get)
        return min(once[without], least(repeats - 1, lambda: run(query, without)))

    kwh = BILL.format(consumption=f"'{folder}/consumption.parquet'", **IN_KWH)
    wh = BILL.format(consumption=f"'{folder}/wh/consumption.parquet'", **IN_WH)
    compare(database, folder, kwh)
    compare(database, folder, wh)
    seconds = {"duckdb_parquet_decimal": best(kwh), "duckdb_parquet_wh": best(wh)}
    database.execute(f"CREATE TABLE held AS SELECT * FROM '{folder}/wh/consumption.parquet'")
    seconds["duckdb_memory_wh"] = best(BILL.format(consumption="held", **IN_WH))
    for name in ("rates", "agreements", "days"):
        database.execute(f"COPY {name} TO '{folder}/{name}-prepared.parquet'")
    return seconds


def rival_polars(folder, repeats):
    billed = polars.read_parquet(folder / "bills.parquet")
    agreements, rates, days = (
        polars.scan_parquet(folder / f"{name}-prepared.parquet") for name in ("agreements", "rates", "days")
    )
    held = polars.read_parquet(folder / "wh" / "consumption.parquet")
    column = polars.col
    rates = rates.with_columns(column("ts").dt.cast_time_unit("ms").dt.replace_time_zone("UTC"))

    def run(consumption):
        inside = (column("interval_start") >= column("valid_from")) & (
            column("valid_to").is_null() | (column("interval_start") < column("valid_to"))
        )
        energy = (
            consumption.join(agreements, on="meter")
            .filter(inside)
            .join(rates, left_on=["tariff", "interval_start"], right_on=["tariff", "ts"])
            .group_by("meter", "tariff", "month")
            .agg((column("wh").cast(polars.Int64) * column("hundredths")).sum().alias("amount"), column("wh").sum())
        )
        bill = energy.join(days, on=["meter", "tariff", "month"])
        return bill.with_columns(
            (column("amount") + column("days") * (column("daily") * 100_000).cast(polars.Int64)).alias("net")
        ).collect()

    answer = run(held.lazy())
    found, wanted = (answer.height, answer["net"].sum() / 1e5), (billed.height, float(billed["net_minor"].sum()))
    if found[0] != wanted[0] or abs(found[1] - wanted[1]) > 1e-3:
        sys.exit(f"polars: bills and pence are {found}, of kwhen {wanted}")
    return {
        "polars_memory_wh": least(max(repeats // 2, 1), lambda: run(held.lazy())),
        "polars_parquet_wh": least(
            max(repeats // 2, 1), lambda: run(polars.scan_parquet(folder / "wh" / "consumption.parquet"))
        ),
    }


def rival_numpy(meters, repeats):
    """Kernel against kernel: kWh and cost of each month over an aligned matrix; no standing charge, no VAT, no coverage."""
    slots = 17_520
    random = numpy.random.default_rng(1)
    matrix = random.integers(0, 1_500, size=(meters, slots), dtype=numpy.int32).astype(numpy.float64)
    rates = random.integers(-300, 4_000, size=slots).astype(numpy.float64)
    bounds = numpy.cumsum([0] + [days * 48 for days in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30)])
    months = list(zip(bounds, list(bounds[1:]) + [slots]))

    def run(values, prices):
        return [(part.sum(axis=1), part @ prices[a:b]) for a, b in months for part in (values[:, a:b],)]

    seconds = {"numpy_matrix_float64": least(repeats, lambda: run(matrix, rates))}
    if meters <= 20_000:
        whole = matrix.astype(numpy.int64)
        del matrix
        prices = rates.astype(numpy.int64)
        first = max(meters // 10, 1)
        seconds["numpy_matrix_int64"] = least(1, lambda: run(whole[:first], prices)) * meters / first
    return seconds


def rival(name, folder, meters, repeats, threads):
    """The seconds of one rival, in a process of its own: no other holds memory beside it."""
    words = [sys.executable, __file__, "--rival", name, folder, meters, repeats, threads]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{name} failed")
    return json.loads(done.stdout)


def be_rival(name, folder, meters, repeats, threads):
    folder, meters, repeats, threads = Path(folder), int(meters), int(repeats), int(threads)
    work = {
        "duckdb": lambda: rival_duckdb(folder, repeats, threads),
        "polars": lambda: rival_polars(folder, repeats),
        "numpy": lambda: rival_numpy(meters, repeats),
    }
    print(json.dumps(work[name]()))


# Meters and years, to show what more of either costs.
GROWTH = ((100, 1), (1_000, 1), (10_000, 1), (1_000, 2), (1_000, 3), (1_000, 4), (1_000, 5))


def growth(folder, sizes):
    """What a reading costs with more meters and with more years, from integer Wh in Parquet to bills in Parquet."""
    points = []
    for meters, years in sizes:
        place = folder / f"growth-{meters}-{years}"
        kwhen("generate", place, meters, years, "wh")
        seconds, readings = kwhen("bill", place, years).split()
        shutil.rmtree(place)
        seconds, readings = float(seconds), int(readings)
        nanoseconds = round(seconds / readings * 1e9, 3)
        points.append(
            {"meters": meters, "years": years, "readings": readings, "seconds": seconds, "nanoseconds_per_reading": nanoseconds}
        )
    return points


def machine():
    model = "unknown"
    if os.path.exists("/proc/cpuinfo"):
        models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        model = models[0] if models else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "memory_bytes": memory, "system": platform.system()}


def chart(report, path):
    """Ratios as bars on a logarithmic axis, and under them what a reading costs as there are more."""
    import math

    def bars(y, title, values, length_of, text_of, colour):
        lines = [f'<text x="10" y="{y + 20}" font-weight="bold">{title}</text>']
        for place, (name, value) in enumerate(values):
            top = y + 34 + place * row
            length = max(length_of(value), 1)
            lines.append(f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{name}</text>')
            lines.append(f'<rect x="{left}" y="{top + 2}" width="{length:.0f}" height="{row - 8}" fill="{colour}"/>')
            lines.append(f'<text x="{left + length + 6:.0f}" y="{top + 15}">{text_of(value)}</text>')
        return lines

    width, row, left = 760, 26, 330
    room = width - left - 80
    ratios = [(name.replace("_", " "), ratio) for name, ratio in report["ratios"].items()]
    scale = room / max(math.log10(max(max(ratio for _, ratio in ratios), 10)), 1)
    title = f'Times as fast, {report["meters"]} meters, one year (logarithmic)'
    lines = bars(0, title, ratios, lambda ratio: scale * math.log10(max(ratio, 1)), lambda ratio: f"{ratio:.1f}", "#2a7")
    height = row * len(ratios) + 50
    costs = [
        (f'{point["meters"]:,} meters, {point["years"]} year{"s" * (point["years"] > 1)}', point["nanoseconds_per_reading"])
        for point in report["growth"]
    ]
    if costs:
        most = max(cost for _, cost in costs)
        title = "Nanoseconds a reading, from Wh in Parquet to bills in Parquet"
        lines += bars(height, title, costs, lambda cost: room * cost / most, lambda cost: f"{cost:.2f}", "#27a")
        height += row * len(costs) + 50
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    path.write_text("\n".join(head + lines + ["</svg>", ""]))


def check(out):
    """Whether a report has all its fields, each with a figure."""
    report = json.loads((out / "report.json").read_text())
    kept = json.loads((ROOT / "benches/report/report.json").read_text())
    for field in ("format", "meters", "readings", "machine", "versions", "seconds", "file_bytes", "share_of_memory_bandwidth", "ratios", "growth"):
        if not report.get(field):
            sys.exit(f"the report lacks {field}")
        if isinstance(report[field], dict) and not set(kept[field]) <= set(report[field]):
            sys.exit(f"the report lacks of {field}: {set(kept[field]) - set(report[field])}")
    if not all(seconds > 0 for seconds in report["seconds"].values()):
        sys.exit("a figure of the report is not positive")
    if "</svg>" not in (out / "report.svg").read_text():
        sys.exit("the chart is not whole")
    print(f"all engines agree on the bills of {report['meters']} meters; the report is whole")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--rival", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.rival:
        be_rival(*arguments.rival)
        return
    if arguments.smoke:
        with tempfile.TemporaryDirectory(prefix="kwhen-report-smoke-") as out:
            arguments.meters, arguments.repeats, arguments.out = 40, 1, Path(out)
            report(arguments, ((5, 1), (10, 1), (5, 2)))
            check(arguments.out)
        return
    print(json.dumps(report(arguments, () if arguments.no_growth else GROWTH), indent=2))


def report(arguments, grown):
    with tempfile.TemporaryDirectory(prefix="kwhen-report-") as name:
        folder = Path(name)
        make(folder, arguments.meters)
        ours = json.loads(kwhen("time", folder, arguments.repeats))
        seconds = dict(ours["seconds"])
        for name in ("duckdb", "polars", "numpy"):
            seconds.update(rival(name, folder, arguments.meters, arguments.repeats, ours["threads"]))
        sizes = {
            layout: (folder / place / "consumption.parquet").stat().st_size
            for layout, place in (("decimal", "."), ("wh", "wh"), ("dense", "dense"))
        }
        points = growth(folder, grown)
    ratio = lambda rival, own: round(seconds[rival] / seconds[own], 2)
    whole = {
        "format": 1,
        "meters": arguments.meters,
        "readings": ours["rows"],
        "machine": machine(),
        "versions": {
            "kwhen": next(line.split('"')[1] for line in open(ROOT / "Cargo.toml") if line.startswith("version")),
            "duckdb": duckdb.__version__,
            "polars": polars.__version__,
            "numpy": numpy.__version__,
            "python": platform.python_version(),
        },
        "seconds": {name: round(value, 6) for name, value in seconds.items()},
        "file_bytes": sizes,
        "share_of_memory_bandwidth": {
            "matrix": round(seconds["memory_read"] / seconds["matrix"], 3),
            "matrix_two_bands": round(seconds["memory_read"] / seconds["matrix_two_bands"], 3),
            "memory_read_gb_per_second": round(ours["matrix_bytes"] / seconds["memory_read"] / 1e9, 2),
        },
        "ratios": {
            "DuckDB_in_memory_to_matrix": ratio("duckdb_memory_wh", "matrix"),
            "DuckDB_in_memory_to_rows_in": ratio("duckdb_memory_wh", "rows_in"),
            "DuckDB_in_memory_to_rows_in_dictionary": ratio("duckdb_memory_wh", "rows_in_dictionary"),
            "DuckDB_to_kwhen_Parquet_DECIMAL": ratio("duckdb_parquet_decimal", "parquet_decimal"),
            "DuckDB_to_kwhen_Parquet_Wh": ratio("duckdb_parquet_wh", "parquet_wh"),
            "DuckDB_Parquet_Wh_to_dense_Parquet": ratio("duckdb_parquet_wh", "parquet_dense"),
            "polars_in_memory_to_rows_in": ratio("polars_memory_wh", "rows_in"),
            "polars_to_kwhen_Parquet_Wh": ratio("polars_parquet_wh", "parquet_wh"),
            "NumPy_float64_to_matrix": ratio("numpy_matrix_float64", "matrix"),
            "NumPy_int64_to_matrix": ratio("numpy_matrix_int64", "matrix") if "numpy_matrix_int64" in seconds else 1.0,
        },
        "growth": points,
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "report.json").write_text(json.dumps(whole, indent=2) + "\n")
    chart(whole, arguments.out / "report.svg")
    return whole


if __name__ == "__main__":
    main()
