"""The package itself: how fast it is in, how large it is, what it keeps, whether its types hold."""

from __future__ import annotations

import doctest
import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest

import kwhen
from conftest import ROOT, half_hours, utc

HERE = Path(__file__).parent
PACKAGE = Path(kwhen.__file__).parent


def test_import_is_light():
    """None of what is slow to import comes with it. (How long it takes is measured by benches/compare.py.)"""
    program = "import sys; import kwhen; print(sorted(set(sys.modules) & {'numpy', 'pandas', 'polars', 'pyarrow', 'matplotlib', 'asyncio', 'ssl', 'dataclasses', 'inspect'}))"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_wheel_is_small():
    folder = os.environ.get("KWHEN_WHEELS")
    if not folder:
        pytest.skip("KWHEN_WHEELS names no folder with the wheel")
    wheels = list(Path(folder).glob("kwhen-*.whl"))
    assert len(wheels) == 1
    print(f"wheel: {wheels[0].stat().st_size / 1e6:.2f} MB")
    # What is not optimised is larger.
    limit = 13_000_000 if os.environ.get("KWHEN_WHEEL_PROFILE", "release") == "release" else 20_000_000
    assert wheels[0].stat().st_size < limit and "-cp310-abi3-" in wheels[0].name


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_nothing_leaks_over_100_000_calls(consumption, rates):
    start = utc(2026, 1, 10)
    few = kwhen.Consumption.constant("0.5", (start, utc(2026, 1, 10, 2)))
    prices = half_hours(start, [20, 18, 10, 8])

    def round_() -> None:
        kwhen.bill(few, prices, (start, utc(2026, 1, 10, 2))).to_dict()
        kwhen.cheapest(prices, "1h")
        kwhen.RateSeries.from_arrow(prices)
        prices.at(start)
        try:
            kwhen.RateSeries.flat("x")
        except kwhen.ParseError:
            pass

    for _ in range(2_000):
        round_()
    gc.collect()
    before = _resident()
    for _ in range(20_000):  # five calls each
        round_()
    gc.collect()
    grown = _resident() - before
    print(f"grown by {grown / 1e6:.2f} MB over 100,000 calls")
    assert grown < 4_000_000  # 40 bytes a call


def test_other_threads_go_on(rates, consumption):
    """The interpreter is let go: a thread that counts goes on while a battery is planned over months."""
    site = kwhen.Site(rates, (date(2026, 3, 1), date(2026, 10, 1)), load=kwhen.Consumption.constant("0.3", (date(2026, 3, 1), date(2026, 10, 1))))
    counted, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.0005)

    thread = threading.Thread(target=count)
    thread.start()
    time.sleep(0.01)
    before = counted[0]
    for _ in range(8):
        kwhen.plan_battery(site, kwhen.Battery(10, 5))
    during = counted[0] - before
    done.set()
    thread.join()
    assert during >= 2


def test_control_c_ends_a_sweep(rates):
    site = kwhen.Site(rates, (date(2026, 4, 1), date(2026, 5, 1)))
    told = []

    def progress(done: int, total: int) -> None:
        told.append(done)
        if done == 2:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        kwhen.sweep(site, kwhen.Battery(10, 5), capacity_kwh=[1, 2, 3, 4, 5], progress=progress)
    assert told[-1] <= 3

    class Enough(Exception):
        pass

    def enough(done: int, total: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        kwhen.backtest(site, kwhen.Battery(10, 5), progress=enough)


def test_the_exception_tree():
    assert issubclass(kwhen.KwhenError, Exception)
    for name in ("ParseError", "OutOfRangeError", "PrecisionError", "OrderError", "OverlapError", "ConflictError", "MisalignedError", "NaiveDatetimeError"):
        assert issubclass(getattr(kwhen, name), (kwhen.InputError)) and issubclass(getattr(kwhen, name), ValueError)
    assert issubclass(kwhen.MissingDataError, LookupError) and not issubclass(kwhen.MissingDataError, ValueError)
    assert issubclass(kwhen.FetchError, OSError)


@pytest.mark.parametrize("module", ["kwhen", "kwhen._device", "kwhen._plan", "kwhen._registers", "kwhen._tariff"])
def test_examples_in_docstrings(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted and not found.failed


def test_every_public_thing_says_what_it_is():
    for name in kwhen.__all__:
        thing = getattr(kwhen, name)
        assert not callable(thing) or (thing.__doc__ and not thing.__doc__.startswith(f"{name}(")), name
    assert (PACKAGE / "py.typed").exists() and (PACKAGE / "_kwhen.pyi").exists()


def test_the_stub_and_the_native_half_have_the_same_names():
    import ast

    tree = ast.parse((PACKAGE / "_kwhen.pyi").read_text())
    from kwhen import _kwhen

    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            thing = getattr(_kwhen, node.name, None)
            if node.name == "Client" and not _kwhen.HAS_FETCH:
                continue
            assert thing is not None, node.name
            for member in node.body if isinstance(node, ast.ClassDef) else []:
                if isinstance(member, ast.FunctionDef):
                    assert hasattr(thing, member.name), f"{node.name}.{member.name}"
    stubbed = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    native = {name for name in dir(_kwhen) if not name.startswith("_") and name not in ("VERSION", "TZDB_VERSION", "HAS_FETCH")}
    assert native <= stubbed


@pytest.mark.parametrize(
    "tool",
    [
        ["mypy", "--strict", "--python-version", "3.11"],
        ["pyright", "--pythonpath", sys.executable, "--pythonversion", "3.11"],
    ],
    ids=["mypy", "pyright"],
)
def test_types_hold_on_a_sample_program(tool, tmp_path):
    sample = tmp_path / "sample.py"
    sample.write_text((HERE / "typing" / "sample.py").read_text())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checker = Path(sys.executable).parent / tool[0]
    if not checker.exists():
        pytest.skip(f"{tool[0]} is not installed")
    ran = subprocess.run([checker, *tool[1:], "sample.py"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The check can fail: money is no float.
    sample.write_text(sample.read_text().replace("assert_type(bill.total_minor, Decimal)", "assert_type(bill.total_minor, float)"))
    assert subprocess.run([checker, *tool[1:], "sample.py"], cwd=tmp_path, capture_output=True).returncode != 0


def test_the_sample_program_runs():
    subprocess.run([sys.executable, HERE / "typing" / "sample.py"], check=True)


def test_the_documentation_runs(monkeypatch):
    text = (ROOT / "docs" / "python.md").read_text()
    program = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(ROOT)
    made: dict[str, object] = {}
    exec(program, made)
    assert str(made["bill"].total_pounds) == "91.414823955" and "91.414823955" in program  # type: ignore[attr-defined]


def test_the_asyncio_example_plans_the_night_to_come(rates):
    import asyncio

    sys.path.insert(0, str(HERE.parent / "examples"))
    import asyncio_loop

    class Service:
        async def unit_rates(self, tariff, start, end):
            return rates

    window = asyncio.run(asyncio_loop.plan(Service(), utc(2026, 3, 28, 16, 30)))
    assert window is not None and window.duration_minutes == 120
    assert utc(2026, 3, 28, 20) <= window.start and window.end <= utc(2026, 3, 29, 6)  # 07:00 is 06:00 UTC after the change
