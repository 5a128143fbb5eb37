"""Pictures for reports, through matplotlib (the extra ``kwhen[plot]``)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ._battery import BatteryPlan
    from ._bill import Bill
    from ._edges import Period
    from ._results import ChargePlan, Comparison
    from ._series import RateSeries

RATE, CHEAP, LOAD, GIVE, STORED, INK, FAINT = "#33658a", "#2a9d8f", "#2a9d8f", "#e76f51", "#6d597a", "#222222", "#9aa0a6"


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as pyplot
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'kwhen[plot]'") from error
    return pyplot


def _axes(ax: Any, size: tuple[float, float] = (9, 3.6)) -> Any:
    if ax is not None:
        return ax
    _, made = _pyplot().subplots(figsize=size, layout="constrained")
    return made


def _tidy(ax: Any, label: str) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(colors=INK, labelsize=9)
    ax.grid(axis="y", color="#000000", alpha=0.08, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set_ylabel(label, color=INK, fontsize=9)


def _dates(ax: Any, zone: ZoneInfo) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=10)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone))  # type: ignore[no-untyped-call]


def _title(ax: Any, text: str, more: str = "") -> None:
    ax.set_title(text, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10)
    if more:
        ax.set_title(more, loc="right", fontsize=9, color="#5f6368", pad=10)


def _pounds(pence: Decimal) -> str:
    pounds = pence.scaleb(-2)
    return f"{'−' if pounds < 0 else ''}£{abs(pounds):,.2f}"


def _local(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    if (last.hour, last.minute, first.hour, first.minute) == (0, 0, 0, 0):
        last -= timedelta(minutes=1)
        same = first.date() == last.date()
        return f"{first:%-d %b %Y}" if same else f"{first:%-d %b %Y} to {last:%-d %b %Y}"
    return f"{first:%-d %b %Y %H:%M} to {last:%-d %b %Y %H:%M}"


def _steps(ax: Any, starts: list[datetime], values: list[float | None], **style: Any) -> None:
    """Values as steps that hold to the next one; a break where there is none."""
    xs, ys = [], []
    for place, value in enumerate(values):
        end = starts[place + 1]
        xs += [starts[place], end]
        ys += [float("nan") if value is None else value] * 2
    ax.plot(xs, ys, **style)


def _instants(starts: Any, minutes: int) -> list[datetime]:
    seconds = [int(start) for start in starts]
    seconds.append(seconds[-1] + minutes * 60)
    return [datetime.fromtimestamp(second, timezone.utc) for second in seconds]


def plot_rates(rates: RateSeries, period: Period | None, ax: Any, time_zone: str) -> Any:
    """Rates as steps; those below zero are filled. Long spans show each day's range and mean."""
    zone = ZoneInfo(time_zone)
    during = rates._during(period, time_zone)
    starts, values = rates._native.floats(during)
    instants = _instants(starts, rates._native.minutes)
    ax = _axes(ax)
    known = values[values == values]
    if len(values) > 1_500:
        _daily(ax, instants, values, zone)
    else:
        shown = [None if value != value else float(value) for value in values]
        _steps(ax, instants, shown, color=RATE, linewidth=1.4, solid_joinstyle="miter")
        edges, heights = [], []
        for place, value in enumerate(shown):
            edges += [instants[place], instants[place + 1]]
            heights += [value or 0.0] * 2
        ax.fill_between(edges, heights, 0, color=RATE, alpha=0.12, linewidth=0)
        ax.fill_between(edges, heights, 0, where=[height < 0 for height in heights], color=CHEAP, alpha=0.5, linewidth=0)
    if len(known):
        mean = float(known.mean())
        ax.axhline(mean, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(f"mean {mean:.1f}p", (1, mean), xycoords=("axes fraction", "data"), xytext=(-4, 3), textcoords="offset points", ha="right", fontsize=8, color="#5f6368", bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1})
        if known.min() < 0:
            ax.axhline(0, color=INK, linewidth=0.8)
    ax.margins(x=0)
    _tidy(ax, "p/kWh inc VAT" if rates.vat_included else "p/kWh exc VAT")
    _dates(ax, zone)
    _title(ax, "Unit rates", _local(instants[0], instants[-1], zone))
    return ax


def _daily(ax: Any, instants: list[datetime], values: Any, zone: ZoneInfo) -> None:
    days: dict[datetime, list[float]] = {}
    for instant, value in zip(instants, values):
        if value == value:
            days.setdefault(instant.astimezone(zone).replace(hour=0, minute=0, tzinfo=zone), []).append(float(value))
    dates = list(days)
    ax.fill_between(dates, [min(day) for day in days.values()], [max(day) for day in days.values()], color=RATE, alpha=0.22, linewidth=0, label="range of the day")
    ax.plot(dates, [sum(day) / len(day) for day in days.values()], color=RATE, linewidth=1.2, label="mean of the day")
    ax.legend(frameon=False, fontsize=8, loc="upper left", ncols=2)


def plot_bill(bill: Bill, ax: Any) -> Any:
    """The bill's pieces as bars of energy, standing charge and VAT together; without pieces its lines."""
    zone = ZoneInfo(bill.time_zone)
    ax = _axes(ax)
    pieces = bill.periods
    if pieces:
        totals = [float(piece.total_pence) / 100 for piece in pieces]
        names = [_piece_name(piece.label) for piece in pieces]
        colours = [RATE if total >= 0 else CHEAP for total in totals]
        bars = ax.bar(range(len(pieces)), totals, color=colours, width=0.8 if len(pieces) < 60 else 1.0)
        for place, piece in enumerate(pieces):
            if piece.billed_slots < piece.slots:
                bars[place].set(hatch="////", edgecolor="white", linewidth=0)
        if len(pieces) <= 14:
            ax.bar_label(bars, [f"£{total:,.2f}" for total in totals], fontsize=8, padding=3, color=INK)
        every = max(1, -(-len(pieces) // 12))
        ax.set_xticks(range(0, len(pieces), every), names[::every])
        ax.margins(x=0.01, y=0.12)
        if any(piece.billed_slots < piece.slots for piece in pieces):
            ax.set_xlabel("hatched: some slots could not be billed", fontsize=8, color="#5f6368", loc="right")
    else:
        rows = [(line.description, float(line.net_pence) / 100) for line in bill.lines] + [("VAT", float(bill.vat_pence) / 100)]
        rows = sorted(rows, key=lambda row: -row[1])[:12][::-1]
        bars = ax.barh(range(len(rows)), [amount for _, amount in rows], color=RATE)
        ax.set_yticks(range(len(rows)), [_wrapped(name) for name, _ in rows])
        ax.bar_label(bars, [f"£{amount:,.2f}" for _, amount in rows], fontsize=8, padding=3, color=INK)
        ax.margins(x=0.14)
        ax.xaxis.set_visible(False)
    _tidy(ax, "£ inc VAT" if pieces else "")
    if not pieces:
        ax.grid(False)
        ax.spines["bottom"].set_visible(False)
    _title(ax, f"{_pounds(bill.total_pence)} for {bill.kwh:,.0f} kWh", _local(bill.start, bill.end, zone))
    return ax


def _wrapped(text: str, width: int = 34) -> str:
    from textwrap import shorten

    return shorten(text, width, placeholder="…")


def _piece_name(label: str) -> str:
    """A short name: a month as its name, with the year at its first month."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    if len(label) == 7 and label[5:].isdigit():
        month = months[int(label[5:]) - 1]
        return f"{month}\n{label[:4]}" if month == "Jan" else month
    if len(label) == 10:
        return f"{int(label[8:])} {months[int(label[5:7]) - 1]}"
    return label


def plot_comparison(comparison: Comparison, ax: Any) -> Any:
    """Totals as bars, cheapest on top."""
    rows = comparison.tariffs[::-1]
    ax = _axes(ax, (9, 1.2 + 0.45 * len(rows)))
    names = [row.code + (f"\n+ {row.export_code}" if row.export_code else "") for row in rows]
    totals = [float(row.total_pence) / 100 for row in rows]
    bars = ax.barh(names, totals, color=[CHEAP if row.rank == 1 else FAINT for row in rows])
    best = float(comparison.best.total_pence) / 100
    ax.bar_label(bars, [f"£{total:,.2f}" + (f"  (+£{total - best:,.2f})" if total > best else "") for total in totals], fontsize=9, padding=4, color=INK)
    ax.margins(x=0.2)
    ax.xaxis.set_visible(False)
    _tidy(ax, "")
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    _title(ax, "One consumption under each tariff", _local(comparison.start, comparison.end, ZoneInfo(comparison.time_zone)))
    return ax


def plot_charge(plan: ChargePlan, rates: RateSeries | None, ax: Any, time_zone: str) -> Any:
    """The power of a plan, over the rates where they are given."""
    zone = ZoneInfo(time_zone)
    ax = _axes(ax)
    for place, block in enumerate(plan.blocks):
        ax.bar(block.start, float(block.kw), width=block.end - block.start, align="edge", color=LOAD, alpha=0.75, linewidth=0, label="" if place else "charging")
    ax.set_ylim(bottom=0)
    _tidy(ax, "kW")
    ax.grid(False)
    if rates is not None and plan.blocks:
        first, last = plan.blocks[0].start - timedelta(hours=4), plan.blocks[-1].end + timedelta(hours=4)
        low, high = rates._native.span
        span = (max(int(first.timestamp()), low), min(int(last.timestamp()), high))
        starts, values = rates._native.floats(span)
        beside = ax.twinx()
        instants = _instants(starts, rates._native.minutes)
        _steps(beside, instants, [None if value != value else float(value) for value in values], color=RATE, linewidth=1.4)
        beside.set_ylabel("p/kWh", color=RATE, fontsize=9)
        beside.tick_params(colors=RATE, labelsize=9)
        beside.spines[["top", "left"]].set_visible(False)
        beside.spines["right"].set_color(FAINT)
        ax.spines["right"].set_visible(False)
        ax.margins(x=0)
        ax.set_xlim(instants[0], instants[-1])
    _dates(ax, zone)
    pence = plan.average_p_per_kwh
    _title(ax, f"Charging {plan.kwh:f} kWh for £{plan.cost_pence.scaleb(-2):.2f}", "" if pence is None else f"{pence:.2f} p/kWh, {plan.starts} starts" if plan.starts != 1 else f"{pence:.2f} p/kWh, 1 start")
    return ax


def plot_battery(plan: BatteryPlan, axes: Any) -> Any:
    """Rates, what the battery does, and what is stored, one above the other."""
    zone = ZoneInfo(plan.site._zone)
    if axes is None:
        _, axes = _pyplot().subplots(3, 1, figsize=(9, 6.2), sharex=True, layout="constrained", height_ratios=[1.1, 1, 1])
    above, middle, below = axes
    slots = plan.slots
    instants = [slot.start for slot in slots] + [slots[-1].end]
    _steps(above, instants, [float(rate) for rate in plan.site.import_rates], color=RATE, linewidth=1.4)
    _tidy(above, "import p/kWh")
    hours = [(slot.end - slot.start).total_seconds() / 3600 for slot in slots]
    width = [slot.end - slot.start for slot in slots]
    starts = [slot.start for slot in slots]
    middle.bar(starts, [float(slot.charge_kwh) / hour for slot, hour in zip(slots, hours)], width=width, align="edge", color=LOAD, linewidth=0, label="charges")
    middle.bar(starts, [-float(slot.discharge_kwh) / hour for slot, hour in zip(slots, hours)], width=width, align="edge", color=GIVE, linewidth=0, label="gives")
    middle.axhline(0, color=INK, linewidth=0.8)
    middle.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)
    _tidy(middle, "battery kW")
    levels = [float(slot.stored_kwh) for slot in slots]
    below.plot(instants[1:], levels, color=STORED, linewidth=1.6)
    below.fill_between(instants[1:], levels, 0, color=STORED, alpha=0.15, linewidth=0)
    below.set_ylim(bottom=0)
    _tidy(below, "stored kWh")
    below.margins(x=0)
    _dates(below, zone)
    saving = plan.saving_pence
    saved = "" if saving is None else f"saves {_pounds(saving)}; "
    _title(above, f"Battery plan: {_pounds(plan.objective_pence)}", saved + _local(instants[0], instants[-1], zone))
    return axes
