"""Plots: what they show is what the figures say. That they look well, a person has checked."""

from __future__ import annotations

from datetime import date

import pytest

import kwhen
from conftest import DATA

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    import matplotlib.pyplot as pyplot

    pyplot.close("all")


def drawn(axes, path):
    axes.figure.savefig(path, dpi=60)
    assert path.stat().st_size > 4_000


def test_bill(consumption, rates, standing, tmp_path):
    bill = kwhen.bill(consumption, rates, (date(2025, 11, 1), date(2026, 11, 1)), standing_charges=standing, by="month")
    axes = bill.plot()
    drawn(axes, tmp_path / "bill.png")
    assert [round(bar.get_height(), 6) for bar in axes.containers[0]] == [round(float(piece.total_minor) / 100, 6) for piece in bill.periods]
    assert axes.get_title(loc="left").startswith(f"£{bill.total_pounds:,.2f}")
    drawn(kwhen.bill(consumption, kwhen.Tariff.from_file(DATA / "tariffs" / "go.toml"), "2026-03").plot(), tmp_path / "lines.png")


def test_rates(rates, tmp_path):
    for period in ("2026-07-01", None):
        drawn(rates.plot(period), tmp_path / "rates.png")


def test_plans(rates, consumption, tmp_path):
    plan = kwhen.charge(rates, 22, 7.4, during=("2026-03-28T18:00", "2026-03-29T07:00"))
    drawn(plan.plot(rates), tmp_path / "charge.png")
    site = kwhen.Site(rates, "2026-03-29", load=consumption)
    dispatch = kwhen.plan_battery(site, kwhen.Battery(10, 5))
    axes = dispatch.plot()
    drawn(axes[0], tmp_path / "battery.png")
    assert float(max(axes[2].lines[0].get_ydata())) == float(max(slot.stored_kwh for slot in dispatch.slots))


@pytest.mark.parametrize(("day", "change", "hours"), [("2026-03-29", "GMT → BST", 23), ("2026-10-25", "BST → GMT", 25)])
def test_the_clock_change_is_marked_on_a_local_axis(rates, day, change, hours):
    axes = rates.plot(day)
    first, last = axes.get_xlim()
    assert round((last - first) * 24) == hours
    assert change in [text.get_text() for text in axes.texts] and axes.get_xlabel() == "Europe/London time"
    labels = [tick.get_text() for tick in axes.get_xticklabels()]
    assert labels[0].startswith("00:00\nSun") and labels[-1].startswith("00:00\nMon") and "12:00" in labels
    assert rates.plot("2026-07-01").texts[-1].get_text().startswith("mean")


def test_half_hours_are_named_by_the_local_clock(consumption, rates):
    bill = kwhen.bill(consumption, rates, "2026-03-29", by="half-hour")
    labels = [tick.get_text() for tick in bill.plot().get_xticklabels()]
    assert labels[0] == "00:00\n29 Mar" and labels[1] == "03:00" and all(len(label) < 13 for label in labels)


def test_backtest(rates, consumption, tmp_path):
    site = kwhen.Site(rates, (date(2026, 7, 1), date(2026, 7, 4)), load=consumption)
    result = kwhen.backtest(site, kwhen.Battery(10, 5), strategies=("perfect", "self-use", "no-battery"))
    axes = result.plot()
    drawn(axes, tmp_path / "backtest.png")
    assert [tick.get_text() for tick in axes.get_yticklabels()][-1] == "perfect foresight"
    assert "perfect foresight" in result._repr_html_() and "Back-test over 3 days" in result._repr_html_()


def test_comparison(consumption, tmp_path):
    tariffs = [kwhen.Tariff.from_file(DATA / "tariffs" / name) for name in ("go.toml", "flat.toml", "economy-7.toml")]
    comparison = kwhen.compare(consumption, tariffs, "2026-03")
    drawn(comparison.plot(), tmp_path / "comparison.png")
    assert comparison.best.code in comparison._repr_html_()
