"""Files of any layout, by path or bytes."""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zipfile
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest

import kwhen
from conftest import utc

AUTUMN = "Zeit;Verbrauch (kWh)\n" + "".join(
    f"25.10.2026 {hour:02}:{minute:02};0,{hour:02}5\n" for hour in (0, 1, 1, *range(2, 24)) for minute in (0, 30)
)
# The hour that is shown twice stands as 01:00, 01:30, 01:00, 01:30.
TOTAL = Decimal(2) * (sum(Decimal(hour) / 100 + Decimal("0.005") for hour in range(24)) + Decimal("0.015"))


def test_a_file_without_a_zone_by_path_and_bytes(tmp_path):
    path = tmp_path / "meter.csv"
    path.write_text(AUTUMN, encoding="utf-8")
    for source in (path, str(path), AUTUMN.encode(), [AUTUMN.encode()]):
        with warnings.catch_warnings():
            # The night tells the clock, the whole day tells the label: nothing is guessed.
            warnings.simplefilter("error")
            it = kwhen.read(source)
        assert isinstance(it, kwhen.Consumption) and len(it) == 50
        assert it.total_kwh == TOTAL


def test_what_a_file_does_not_say_is_said():
    text = b"time,kwh\n01/02/2026 00:00,1\n01/02/2026 00:30,2\n"
    with pytest.raises(kwhen.ConflictError, match="month first"):
        kwhen.read(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        it = kwhen.read(text, date_order="month-first", label="start", clock="UTC", column="kwh")
    assert it.total_kwh == 3 and it.span.start.month == 1
    with pytest.raises(kwhen.ParseError, match="none of start, end"):
        kwhen.read(text, label="middle")


def test_what_is_taken_for_granted_is_a_warning():
    text = "when;kwh\n" + "".join(f"31.07.2026 {hour:02}:{minute:02};0,5\n" for hour in range(24) for minute in (0, 30))
    with pytest.warns(kwhen.GuessWarning, match="times are of Europe/London"):
        it = kwhen.read(text.encode())
    assert it.total_kwh == 24


def test_kinds_layouts_and_several_files(tmp_path):
    rates = b"valid_from,valid_to,value_inc_vat\n2026-07-01T00:00:00Z,2026-07-01T00:30:00Z,20\n"
    later = b"valid_from,valid_to,value_inc_vat\n2026-07-01T00:30:00Z,2026-07-01T01:00:00Z,30\n"
    both = kwhen.read([later, rates])
    assert isinstance(both, kwhen.RateSeries) and len(both) == 2
    mine = 'name = "mine"\ncolumns = ["stamp", "used"]\nend = ["stamp"]\nclock = "+10:00"\n[[series]]\ncolumn = "used"\nunit = "wh"\n'
    file = b"stamp,used\n2026-07-01 10:30,500\n2026-07-01 11:00,250\n"
    path = tmp_path / "mine.toml"
    path.write_text(mine, encoding="utf-8")
    for layout in (mine, path, str(path)):
        it = kwhen.read(file, layout=layout)
        assert it.total_kwh == Decimal("0.75") and it.span.start.hour == 0
    with pytest.raises(kwhen.MissingDataError, match="octopus-website"):
        kwhen.read(file, layout="octopus-websit")
    with pytest.raises(kwhen.WrongTypeError):
        kwhen.read(3)
    with pytest.raises(kwhen.KwhenError, match="gzip"):
        kwhen.read(b"\x1f\x8b\x08")


def test_gas_is_not_electricity():
    gas = "Consumption (m³),Estimated Cost Inc. Tax (p),Start,End\n0.5,1,2026-07-01T00:00:00+01:00,2026-07-01T00:30:00+01:00\n".encode()
    with pytest.raises(kwhen.ConflictError, match="gas=True"):
        kwhen.read(gas)
    assert kwhen.read(gas, gas=True).total_kwh == Decimal("0.5")


def _workbook(rows: list[list[str]]) -> bytes:
    """A workbook of one sheet with its texts in place."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    sheets = f'<sheets><sheet name="use" sheetId="1" xmlns:r="{office}" r:id="rId1"/></sheets>'
    link = f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}">{sheets}</workbook>')
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{link}</Relationships>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')
    return held.getvalue()


def test_packed_files_read_as_what_is_not_packed(tmp_path):
    rows = [["start", "kwh"], ["2026-07-01T00:00:00Z", "0.25"], ["2026-07-01T00:30:00Z", "0.5"]]
    plain = "".join(",".join(row) + "\n" for row in rows).encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("use.csv", plain)
    path = tmp_path / "use.csv.gz"
    path.write_bytes(gzip.compress(plain))
    for source in [path, held.getvalue(), gzip.compress(held.getvalue()), _workbook(rows)]:
        assert kwhen.read(source).total_kwh == Decimal("0.75")


def test_columns_are_read_as_the_command_reads_them():
    starts = pyarrow.array([utc(2026, 3, 1), utc(2026, 3, 1, 0, 30)], pyarrow.timestamp("us", "UTC"))
    table = pyarrow.table({"start": starts, "kwh": [0.5, 0.25]})
    packed, file = io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(table, packed)
    with pyarrow.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    for source in (packed, file):
        assert kwhen.read(source.getvalue()).total_kwh == Decimal("0.75")


def test_what_cannot_be_unpacked_says_what_it_is():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("one.csv", "x")
        archive.writestr("two.csv", "x")
    for source, told in [
        (gzip.compress(b"start,kwh\n" * 100)[:-9], "is it whole?"),
        (held.getvalue(), "2 files, and one is wanted: one.csv, two.csv"),
        (b"PAR1PAR1", "cannot be read as Parquet"),
        (b"ARROW1\0\0", "cannot be read as an Arrow file"),
        (b"SQLite format 3\0", "SQLite"),
    ]:
        with pytest.raises(kwhen.ParseError, match=re.escape(told)):
            kwhen.read(source)
