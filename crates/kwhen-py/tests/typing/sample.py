"""What a caller writes, for mypy and pyright to read. It runs too."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import assert_type

import kwhen

START = datetime(2026, 3, 28, 18, tzinfo=timezone.utc)


def main() -> None:
    readings = kwhen.Consumption.constant("0.5", "2026-03-29")
    assert_type(readings.total_kwh, Decimal)
    rates = kwhen.RateSeries.from_rates([(START + timedelta(minutes=30 * n), Decimal(n % 7)) for n in range(60)])
    price: Decimal | None = rates.at(START)
    assert price == 0
    bill = kwhen.bill(readings, 21, date(2026, 3, 29), by="day", rules={"name": "mine", "line": {"places": 0, "rounding": "half-up"}})
    assert_type(bill.total_minor, Decimal)
    for line in bill.lines:
        assert_type(line.kwh, Decimal | None)
    found = kwhen.cheapest(rates, "1h30m", within="18:00..07:00", split=True, max_starts=2)
    if found.best is not None:
        assert_type(found.best.start, datetime)
    plan = kwhen.charge(rates, 22, 7.4, during=(START, START + timedelta(hours=13)))
    assert_type(plan.cost_minor, Decimal)
    site = kwhen.Site(rates, load=None)
    dispatch = kwhen.plan_battery(site, kwhen.Battery(10, 5), kwhen.BatteryRequest(start_kwh=2, changes_at_most=3))
    assert_type(dispatch.value(0, 2), Decimal | None)
    rows = kwhen.sweep(site, kwhen.Battery(10, 5), capacity_kwh=[5, 10], progress=lambda done, total: None)
    assert_type(rows, tuple[kwhen.SweepRow, ...])
    try:
        kwhen.bill(readings, rates, "2020-01")
    except kwhen.MissingDataError as error:
        assert_type(error.row, int | None)


if __name__ == "__main__":
    main()
