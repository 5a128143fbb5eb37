"""The bundled sample, and the command that the wheel must agree with."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import kwhen

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"
UTC = timezone.utc


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


def half_hours(start: datetime, prices: list[Any], minutes: int = 30) -> kwhen.RateSeries:
    """Rates of so many slots in a row; ``None`` for one without."""
    pairs = ((start + timedelta(minutes=minutes * place), price) for place, price in enumerate(prices))
    return kwhen.RateSeries.from_rates(pairs, slot=f"{minutes}m")


@pytest.fixture(scope="session")
def consumption() -> kwhen.Consumption:
    return kwhen.Consumption.from_csv((DATA / "consumption.csv").read_bytes())


@pytest.fixture(scope="session")
def rates() -> kwhen.RateSeries:
    return kwhen.RateSeries.from_csv((DATA / "rates.csv").read_bytes())


@pytest.fixture(scope="session")
def export_rates() -> kwhen.RateSeries:
    return kwhen.RateSeries.from_csv((DATA / "export-rates.csv").read_bytes())


@pytest.fixture(scope="session")
def solar() -> kwhen.Consumption:
    return kwhen.Consumption.from_csv((DATA / "solar.csv").read_bytes())


@pytest.fixture(scope="session")
def standing() -> kwhen.StandingCharges:
    return kwhen.StandingCharges.from_csv((DATA / "standing-charges.csv").read_bytes())


@pytest.fixture(scope="session")
def command() -> Any:
    """Runs `kwhen`, built from the same sources, with JSON out."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    binary = target / "debug" / "kwhen"
    subprocess.run(["cargo", "build", "-q", "--workspace", "--bin", "kwhen"], cwd=ROOT, check=True)

    def run(*arguments: str) -> Any:
        done = subprocess.run([binary, *arguments, "--format", "json"], cwd=ROOT, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    return run
