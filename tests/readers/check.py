"""Files of `kwhen batch` beside other readers and writers of Parquet: run.sh.

Every file that is written is opened by DuckDB, pyarrow, polars and DataFusion, and its types are compared. The same tables written by pandas,
polars, DuckDB, fastparquet and pyarrow in the forms that each has are billed to the same bills, or refused with the words that say why.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import datafusion
import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq

COMMAND = sys.argv[1]
MONEY = "decimal(38,20)"
BILLS = {
    "meter": "text", "tariff": "text", "from": "instant", "to": "instant", "period": "text", "slots": "int32", "billed_slots": "int32",
    "days": "int32", "kwh": "decimal(19,8)", "net_minor": MONEY, "vat_minor": MONEY, "total_minor": MONEY,
    "bands": f"list(band text, kwh decimal(19,8), amount_minor {MONEY})",
}  # fmt: skip
RATES = {"tariff": "text", "kind": "text", "valid_from": "instant", "valid_to": "instant", "value_exc_vat": "decimal(9,2)"}
AGREEMENTS = {"meter": "text", "tariff": "text", "valid_from": "instant", "valid_to": "instant"}
LONG = {"meter": "text", "interval_start": "instant"}
DENSE = {"meter": "text", "start": "instant", "decimals": "int32", "width": "int32", "readings": "bytes", "missing": "bytes"}


def kwhen(*arguments, fails=False):
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stderr if fails else done.stdout


def of_arrow(kind):
    if pa.types.is_timestamp(kind):
        return "instant" if kind.tz == "UTC" else str(kind)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "list(" + ", ".join(f"{field.name} {of_arrow(field.type)}" for field in kind.value_type) + ")"
    names = {"string": "text", "large_string": "text", "string_view": "text", "binary": "bytes", "large_binary": "bytes", "binary_view": "bytes"}
    return names.get(str(kind), str(kind))


def of_polars(kind):
    if isinstance(kind, pl.Datetime):
        return "instant" if kind.time_zone == "UTC" else str(kind)
    if isinstance(kind, pl.Decimal):
        return f"decimal({kind.precision},{kind.scale})"
    if isinstance(kind, pl.List):
        return "list(" + ", ".join(f"{field.name} {of_polars(field.dtype)}" for field in kind.inner.fields) + ")"
    return {pl.String: "text", pl.Int32: "int32", pl.Binary: "bytes"}.get(type(kind), str(kind))


def of_duckdb(kind):
    kind = str(kind)
    for name, word in (("TIMESTAMP WITH TIME ZONE", "instant"), ("VARCHAR", "text"), ("INTEGER", "int32"), ("BLOB", "bytes")):
        kind = kind.replace(name, word)
    kind = re.sub(r"^STRUCT\((.*)\)\[\]$", r"list(\1)", kind)
    return kind.replace('"', "").replace("DECIMAL", "decimal")


def types(path):
    """What each reader says of a file's columns."""
    yield "pyarrow", {field.name: of_arrow(field.type) for field in pq.read_table(path, page_checksum_verification=True).schema}
    yield "polars", {name: of_polars(kind) for name, kind in pl.read_parquet(path).schema.items()}
    columns = duckdb.sql(f"SELECT * FROM '{path}'")
    assert columns.to_arrow_table().num_rows
    yield "DuckDB", dict(zip(columns.columns, map(of_duckdb, columns.types)))
    frame = datafusion.SessionContext().read_parquet(str(path))
    assert frame.collect()
    yield "DataFusion", {field.name: of_arrow(field.type) for field in frame.schema()}


def check_types(path, wanted):
    for reader, found in types(path):
        assert found == wanted, f"{path.name}, as {reader} reads it:\n{found}\nwanted:\n{wanted}"


def written(folder):
    """The files that kwhen writes."""
    for layout, extra in (("kwh", {"consumption": "decimal(9,3)"}), ("wh", {"wh": "int32"}), ("dense", None)):
        kwhen("batch", "generate", "--meters", 5, "--layout", layout, "--out", folder / layout)
        check_types(folder / layout / "consumption.parquet", DENSE if extra is None else LONG | extra)
        check_types(folder / layout / "rates.parquet", RATES)
        check_types(folder / layout / "agreements.parquet", AGREEMENTS)
    home = folder / "kwh"
    kwhen("batch", "convert", "--consumption", folder / "dense/consumption.parquet", "--to", "long", "--out", folder / "long.parquet")
    check_types(folder / "long.parquet", LONG | {"consumption": "decimal(18,3)"})
    bill(home, home / "consumption.parquet")
    check_types(home / "bills.parquet", BILLS)
    # Energy times money, and energy times a price of eight places, are products that DuckDB can hold.
    bills = f"'{home / 'bills.parquet'}'"
    duckdb.sql(f"SELECT sum(kwh * total_minor), sum(kwh * 24.5::DECIMAL(18, 8)), sum(kwh * kwh), min(\"to\" - \"from\") FROM {bills}").to_arrow_table()
    frame = fastparquet.ParquetFile(str(home / "consumption.parquet")).to_pandas()
    assert str(frame.interval_start.dtype).startswith("datetime64"), frame.dtypes
    # A flipped bit is seen by others too.
    path = folder / "damaged.parquet"
    damaged = bytearray((home / "bills.parquet").read_bytes())
    column = pq.ParquetFile(home / "bills.parquet").metadata.row_group(0).column(8)
    damaged[column.data_page_offset + column.total_compressed_size - 1] ^= 1
    path.write_bytes(damaged)
    try:
        pq.read_table(path, page_checksum_verification=True)
    except OSError as error:
        assert "CRC" in str(error), error
    else:
        raise AssertionError("pyarrow sees no flipped bit")


def bill(home, consumption, *more, rates=None, agreements=None, fails=False):
    said = kwhen(
        "batch", "--consumption", consumption, "--rates", rates or home / "rates.parquet", "--agreements", agreements or home / "agreements.parquet",
        "--out", home / "bills.parquet", "--from", "2025-01-01", "--to", "2026-01-01", *more, fails=fails,
    )  # fmt: skip
    assert not (home / "bills.parquet.partial").exists()
    return said if fails else pq.read_table(home / "bills.parquet")


def forms(table, path):
    """The same readings as each writer writes them: a name, the words of a refusal if it is to be one, options."""

    def arrow(name, table=table, words=None, more=(), **options):
        pq.write_table(table, path, **options)
        return name, words, more

    def column(name, values):
        return table.set_column(table.column_names.index(name), name, values)

    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        yield arrow(f"pyarrow, {codec}", compression=codec)
    yield arrow("pyarrow, pages of version 2", data_page_version="2.0", data_page_size=4096)
    yield arrow("pyarrow, checksums", write_page_checksum=True)
    yield arrow("pyarrow, no statistics", write_statistics=False)
    encodings = {"meter": "DELTA_BYTE_ARRAY", "interval_start": "DELTA_BINARY_PACKED", "consumption": "PLAIN"}
    yield arrow("pyarrow, deltas", use_dictionary=False, column_encoding=encodings)
    yield arrow("pyarrow, lengths apart", use_dictionary=False, column_encoding=encodings | {"meter": "DELTA_LENGTH_BYTE_ARRAY"})
    wh = pc.cast(pc.multiply(table["consumption"], pa.scalar(1000)), pa.int32())
    with_wh = table.drop_columns("consumption").append_column("wh", wh)
    yield arrow("pyarrow, bytes apart", with_wh, use_dictionary=False, column_encoding={"wh": "BYTE_STREAM_SPLIT"})
    floats = column("consumption", pc.cast(table["consumption"], pa.float64()))
    yield arrow("pyarrow, float bytes apart", floats, use_dictionary=False, column_encoding={"consumption": "BYTE_STREAM_SPLIT"})
    yield arrow("pyarrow, decimals as integers", store_decimal_as_integer=True)
    yield arrow("pyarrow, decimal(38, 18)", column("consumption", pc.cast(table["consumption"], pa.decimal128(38, 18))))
    for unit in ("ms", "us", "ns"):
        yield arrow(f"pyarrow, {unit}", column("interval_start", pc.cast(table["interval_start"], pa.timestamp(unit, "UTC"))))
    london = column("interval_start", pc.cast(table["interval_start"], pa.timestamp("ms", "Europe/London")))
    yield arrow("pyarrow, instants shown in London", london)
    naive = column("interval_start", pc.cast(table["interval_start"], pa.timestamp("us")))
    yield arrow("pyarrow, no zone", naive, "column interval_start has times without a time zone")
    yield arrow("pyarrow, no zone but said", naive, more=["--assume-utc"])
    yield arrow("pyarrow, INT96 with the zone in Arrow's schema", use_deprecated_int96_timestamps=True)
    yield arrow("INT96", words="without a time zone", use_deprecated_int96_timestamps=True, store_schema=False)
    yield arrow("INT96 but said", more=["--assume-utc"], use_deprecated_int96_timestamps=True, store_schema=False)
    holes = column("consumption", pc.if_else(pc.equal(table["consumption"], table["consumption"][0]), None, table["consumption"]))
    yield arrow("pyarrow, holes", holes, words=...)
    texts = column("interval_start", pc.cast(table["interval_start"], pa.string()))
    yield arrow("pyarrow, text times", texts, "column interval_start is of type Utf8; a timestamp in UTC is wanted")
    yield arrow("pyarrow, lists", column("meter", pc.split_pattern(table["meter"], "-")), "text or an integer is wanted")
    capitals = table.rename_columns([name.title() for name in table.column_names])
    yield arrow("pyarrow, capitals", capitals, "it has Meter, Interval_Start, Consumption; small letters and capitals are told apart")

    frame = table.to_pandas()
    category = frame.assign(meter=frame.meter.astype("category"))
    for name, made in (("an index", frame.set_index("interval_start")), ("categories", category), ("an index of two", frame.set_index(["meter", "interval_start"]))):
        made.to_parquet(path)
        yield f"pandas, {name}", None, ()
    for name, made in (("plain", frame.assign(consumption=frame.consumption.astype(float))), ("categories", category.assign(consumption=frame.consumption.astype(float)))):
        for codec in ("SNAPPY", "BROTLI", "GZIP", "UNCOMPRESSED"):
            fastparquet.write(str(path), made, compression=codec)
            yield f"fastparquet, {name}, {codec}", None, ()
    # Its INT96 takes the integers of any unit for nanoseconds: findings/fastparquet-int96-units.sh.
    nanoseconds = frame.interval_start.dt.as_unit("ns")
    fastparquet.write(str(path), frame.assign(consumption=frame.consumption.astype(float), interval_start=nanoseconds), times="int96")
    yield "fastparquet, INT96", None, ["--assume-utc"]

    lake = pl.from_arrow(table)
    for kind in (pl.String, pl.Categorical, pl.Enum(lake["meter"].unique())):
        for codec in ("zstd", "brotli", "lz4", "uncompressed"):
            lake.with_columns(pl.col("meter").cast(kind)).write_parquet(path, compression=codec, row_group_size=20_000)
            yield f"polars, {kind}, {codec}", None, ()

    readings = table  # noqa: F841, DuckDB finds it by its name
    for codec in ("snappy", "zstd", "brotli", "gzip", "lz4_raw", "uncompressed"):
        duckdb.sql(f"COPY (FROM readings) TO '{path}' (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 20000)")
        yield f"DuckDB, {codec}", None, ()
    duckdb.sql(f"COPY (FROM readings) TO '{path}' (FORMAT parquet, PARQUET_VERSION v2)")
    yield "DuckDB, version 2", None, ()
    duckdb.sql(f"COPY (SELECT meter, interval_start::TIMESTAMP AS interval_start, consumption FROM readings) TO '{path}'")
    yield "DuckDB, TIMESTAMP", "times without a time zone", ()
    for kind in ("USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"):
        duckdb.sql(f"COPY (SELECT meter, interval_start, (consumption * 1000)::{kind} AS wh FROM readings) TO '{path}'")
        yield f"DuckDB, Wh as {kind}", None, ()
    duckdb.sql(f"COPY (SELECT meter, interval_start, consumption::DECIMAL(38, 18) AS consumption FROM readings) TO '{path}'")
    yield "DuckDB, DECIMAL(38, 18)", None, ()

    context = datafusion.SessionContext()
    context.from_arrow(table).write_parquet(str(path))
    yield "DataFusion", None, ()


def read(folder):
    """Files of other writers."""
    home = folder / "kwh"
    expected = bill(home, home / "consumption.parquet")
    path = folder / "other.parquet"
    tried = 0
    for name, words, more in forms(pq.read_table(home / "consumption.parquet"), path):
        tried += 1
        (home / "bills.parquet").unlink(missing_ok=True)
        try:
            if words is ...:
                assert bill(home, path, *more).num_rows == expected.num_rows
            elif words:
                said = bill(home, path, *more, fails=True)
                assert words in said and "other.parquet" in said, said
                assert not (home / "bills.parquet").exists()
            else:
                assert bill(home, path, *more).equals(expected), "other bills"
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None
        path.unlink() if path.is_file() else [part.unlink() for part in path.iterdir()] and path.rmdir()
    # Meters that are numbers, as DuckDB writes its widest: floating point.
    for kind in ("BIGINT", "UBIGINT", "HUGEINT"):
        for name in ("consumption", "agreements"):
            source = home / f"{name}.parquet"
            duckdb.sql(f"COPY (SELECT * REPLACE (meter::{kind} AS meter) FROM '{source}') TO '{folder / name}.{kind}.parquet'")
        bills = bill(home, f"{folder}/consumption.{kind}.parquet", agreements=f"{folder}/agreements.{kind}.parquet")
        assert bills.column("total_minor").equals(expected.column("total_minor")), kind
    # Rates and agreements of other writers.
    for name in ("rates", "agreements"):
        source = pl.read_parquet(home / f"{name}.parquet")
        texts = [column for column, kind in source.schema.items() if kind == pl.String]
        source.with_columns(pl.col(texts).cast(pl.Categorical)).write_parquet(path, compression="brotli")
        assert bill(home, home / "consumption.parquet", **{name: path}).equals(expected), name
        source.to_pandas().to_parquet(path, engine="pyarrow")
        assert bill(home, home / "consumption.parquet", **{name: path}).equals(expected), name
    return tried


def feathers(folder):
    """Arrow files of other writers, compressed as each does it unless told, make the bill of the CSV that they were made from."""

    def total(readings, rates):
        made = kwhen("bill", "--consumption", readings, "--rates", rates, "--during", "2026-03", "--format", "json")
        return json.loads(made)["total_minor"]

    sources = [Path("data/consumption.csv"), Path("data/rates.csv")]
    expected, tried = total(*sources), 0
    tables = [pd.read_csv(source) for source in sources]
    for table in tables:
        for column in table.columns[table.columns.str.startswith(("interval_", "valid_"))]:
            table[column] = pd.to_datetime(table[column], utc=True)
    for kind in ("lz4", "zstd", "uncompressed"):
        writers = {
            "pandas": lambda table, path: table.to_feather(path, compression=kind),
            "polars": lambda table, path: pl.from_pandas(table).write_ipc(path, compression=kind),
            "pyarrow": lambda table, path: feather.write_feather(pa.Table.from_pandas(table), path, compression=kind, chunksize=1000),
        }
        for name, write in writers.items():
            paths = [folder / f"{name}-{source.stem}.feather" for source in sources]
            for table, path in zip(tables, paths):
                write(table, path)
            assert total(*paths) == expected, f"{name}, {kind}"
            tried += 1
    return tried


with tempfile.TemporaryDirectory() as name:
    written(Path(name))
    print(f"every file is read with its types, and {read(Path(name))} forms of other writers are billed or refused in words")
    print(f"{feathers(Path(name))} kinds of Arrow files make the bill of their CSV")
