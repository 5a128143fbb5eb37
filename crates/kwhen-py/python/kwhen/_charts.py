"""Small pictures for notebooks: tables and inline SVG, with no other package."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._battery import BatteryPlan
    from ._bill import Bill
    from ._bill_results import Comparison
    from ._consumption import Consumption
    from ._plan_results import BacktestResult, ChargePlan
    from ._rates import RateSeries

_WIDTH, _HEIGHT = 640, 116
_CHEAP, _DEAR, _PLAIN, _GOOD = "#2a9d8f", "#e76f51", "#4c78a8", "#2a9d8f"
_MOST = 320


def _thinned(values: Sequence[float | None]) -> list[float | None]:
    """At most so many values: means of runs."""
    if len(values) <= _MOST:
        return list(values)
    step = -(-len(values) // _MOST)
    thinned: list[float | None] = []
    for place in range(0, len(values), step):
        known = [value for value in values[place : place + step] if value is not None and value == value]
        thinned.append(sum(known) / len(known) if known else None)
    return thinned


def bars(values: Sequence[float | None], label: str, colours: Sequence[str] | None = None) -> str:
    """An SVG of bars from zero; a hole where there is no value."""
    shown = [None if value is not None and value != value else value for value in (_thinned(values) if colours is None else values)]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    top, bottom = max(0.0, max(known)), min(0.0, min(known))
    scale = (_HEIGHT - 18) / ((top - bottom) or 1)
    zero, width = 14 + top * scale, _WIDTH / len(shown)
    parts = []
    for place, value in enumerate(shown):
        if value is None:
            continue
        height = max(abs(value) * scale, 0.5)
        y = zero - height if value > 0 else zero
        colour = colours[place] if colours is not None else _CHEAP if value < 0 else _PLAIN
        parts.append(f'<rect x="{place * width:.1f}" y="{y:.1f}" width="{max(width - 0.4, 0.4):.1f}" height="{height:.1f}" fill="{colour}"/>')
    axis = f'<line x1="0" x2="{_WIDTH}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="currentColor" stroke-opacity="0.4" stroke-width="0.6"/>'
    words = f'<title>{escape(label)}</title><text x="2" y="9" font-size="9" fill="currentColor" opacity="0.7">{top:.4g} {escape(label)}</text>'
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" style="width:100%;max-width:{_WIDTH}px;height:auto" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif">{words}{"".join(parts)}{axis}</svg>'
    )


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    top = "<tr>" + "".join(f"<th style='text-align:left'>{escape(cell)}</th>" for cell in head) + "</tr>" if head else ""

    def aligned(cell: str) -> str:
        return "right" if cell[:1] in tuple("£−0123456789") and " to " not in cell else "left"

    body = "".join("<tr>" + "".join(f"<td style='text-align:{aligned(cell)};padding-right:1em'>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{top}{body}</table>"


def _pounds(pence: Decimal | None) -> str:
    return "" if pence is None else f"{'−' if pence < 0 else ''}£{abs(pence.scaleb(-2)):,.2f}"


def _span(start: datetime, end: datetime) -> str:
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"


def _local_span(start: datetime, end: datetime, zone: str) -> str:
    """In local time; whole days as dates, the last one in it."""
    from zoneinfo import ZoneInfo

    first, last = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0):
        last -= timedelta(days=1)
        return f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{first:%Y-%m-%d %H:%M %Z} to {last:%Y-%m-%d %H:%M %Z}"


def _boxed(title: str, *parts: str) -> str:
    return f"<div style='max-width:{_WIDTH}px'><strong>{escape(title)}</strong>{''.join(parts)}</div>"


def bill_html(bill: Bill) -> str:
    """A bill as a table, with its pieces as bars."""
    rows = [[line.description, "" if line.kwh is None else f"{line.kwh:,f} kWh", _pounds(line.net_minor)] for line in bill.lines[:12]]
    if len(bill.lines) > 12:
        rows.append([f"and {len(bill.lines) - 12} lines more", "", ""])
    rows += [["VAT", "", _pounds(bill.vat_minor)], ["Total with VAT", f"{bill.kwh:,f} kWh", _pounds(bill.total_minor)]]
    warning = "" if bill.is_complete else f"<p>⚠ {bill.coverage.slots - bill.coverage.billed_slots} of {bill.coverage.slots} slots could not be billed.</p>"
    chart = bars([float(piece.total_minor) / 100 for piece in bill.periods], "£")
    return _boxed(f"Bill, {_local_span(bill.start, bill.end, bill.time_zone)}", chart, _table(rows, ("", "energy", "amount")), warning)


def comparison_html(comparison: Comparison) -> str:
    """Tariffs side by side."""
    best = comparison.best.total_minor
    rows = [
        [str(row.rank), row.code + (f" with {row.export_code}" if row.export_code else ""), _pounds(row.total_minor), _pounds(row.total_minor - best)]
        for row in comparison.tariffs
    ]
    return _boxed(f"Comparison, {_local_span(comparison.start, comparison.end, comparison.time_zone)}", _table(rows, ("", "tariff", "total", "dearer by")))


def rates_html(rates: RateSeries) -> str:
    """Rates as bars, with the facts below."""
    if rates.start is None or rates.end is None:
        return _boxed(repr(rates).strip("<>"))
    texts = rates._native.texts(rates._native.span, None)
    values = [None if text is None else float(text) for text in texts]
    return _boxed(repr(rates).strip("<>"), bars(values, "p/kWh"))


def consumption_html(series: Consumption) -> str:
    """Readings as bars."""
    return _boxed(repr(series).strip("<>"), bars([None if text is None else float(text) for text in series._native.texts()], "kWh"))


def charge_html(plan: ChargePlan) -> str:
    """Blocks of a charging plan."""
    rows = [[_span(block.start, block.end), f"{block.kw:f} kW", f"{block.kwh:f} kWh", _pounds(block.cost_minor)] for block in plan.blocks]
    warning = "" if plan.feasible else f"<p>⚠ {escape(plan.reason or '')}</p>"
    return _boxed(f"Charging plan: {plan.kwh:f} kWh for {_pounds(plan.cost_minor)}", _table(rows), warning)


def battery_html(plan: BatteryPlan) -> str:
    """What is stored and what the rates are."""
    slots = plan.slots
    flow = [float(slot.charge_kwh - slot.discharge_kwh) for slot in slots]
    flow = [0.0 if value is None else value for value in _thinned(flow)]
    colours = [_GOOD if value > 0 else _DEAR for value in flow]
    return _boxed(
        repr(plan).strip("<>"),
        bars([float(rate) for rate in plan.site.import_rates], "p/kWh"),
        bars(flow, "kWh charged a slot (below the line: discharged)", colours),
        bars([float(slot.stored_kwh) for slot in slots], "kWh stored"),
    )


def backtest_html(result: BacktestResult) -> str:
    """Strategies side by side, the best first."""
    rows = [
        [
            row.description,
            _pounds(row.cost_minor),
            _pounds(row.saving_minor),
            "" if row.share_of_perfect is None else f"{row.share_of_perfect * 100:.1f} %",
            "" if row.payback_years is None else f"{row.payback_years:.1f}",
        ]
        for row in sorted(result.strategies, key=lambda row: row.cost_minor)
    ]
    return _boxed(f"Back-test over {result.days} days", _table(rows, ("strategy", "cost", "saved", "of perfect", "years to pay back")))
