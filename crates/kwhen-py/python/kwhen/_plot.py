"""Pictures for reports, through matplotlib (the extra ``kwhen[plot]``)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ._battery import BatteryPlan
    from ._bill import Bill
    from ._bill_results import Comparison
    from ._edges import Period
    from ._plan_results import BacktestResult, ChargePlan
    from ._rates import RateSeries

RATE, CHEAP, LOAD, GIVE, STORED, INK, FAINT, GREY = "#33658a", "#2a9d8f", "#2a9d8f", "#e76f51", "#6d597a", "#222222", "#9aa0a6", "#5f6368"


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


_STEPS = (0.5, 1, 2, 3, 6, 12)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()


def _ticks(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """Local times to mark: hours of a few days, days of a few weeks, months of a year; a label that begins a day, month or year says so."""
    length = last.timestamp() - first.timestamp()
    marks: list[tuple[datetime, str]] = []
    if length <= 4 * 86_400:
        step = next(step for step in (*_STEPS, 24) if length / 3600 / step <= 13 or step == 24)
        day = first.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        while day <= last:
            for place in range(int(24 / step)):
                half_hours = int(place * step * 2)
                mark = day.replace(hour=half_hours // 2, minute=30 * (half_hours % 2))
                if mark.astimezone(timezone.utc).astimezone(mark.tzinfo).hour != mark.hour:
                    continue  # clocks go over it
                if marks and mark.timestamp() - marks[-1][0].timestamp() < 0.75 * step * 3600:
                    continue  # an hour that is not there lies between the two
                marks.append((mark, f"{mark:%H:%M}" if half_hours else f"00:00\n{_DAYS[mark.weekday()]} {mark.day} {_MONTHS[mark.month - 1]}"))
            day += timedelta(days=1)
    elif length <= 70 * 86_400:
        step = -(-int(length / 86_400) // 12)
        day = first.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        while day <= last:
            marks.append((day, f"{day.day} {_MONTHS[day.month - 1]}"))
            day += timedelta(days=step)
    else:
        months = max(1, -(-int(length / 86_400 / 30.4) // 14))
        year, month = first.year, first.month - 1
        while (mark := first.replace(year=year, month=month + 1, day=1, hour=0, minute=0, second=0, fold=0)) <= last:
            marks.append((mark, f"{_MONTHS[month]}\n{year}" if month == 0 or not marks else _MONTHS[month]))
            year, month = year + (month + months) // 12, (month + months) % 12
    begin = first.timestamp()
    return [(mark, label) for mark, label in marks if begin <= mark.timestamp() <= last.timestamp()]


def _dates(ax: Any, zone: ZoneInfo, start: datetime, end: datetime, words: bool = True) -> None:
    """A time axis on the local clock; over a few days with a mark where the clocks change."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    ticks = _ticks(first, last)
    ax.set_xticks([mark.astimezone(timezone.utc) for mark, _ in ticks], [label for _, label in ticks])
    ax.set_xlim(start.astimezone(timezone.utc), end.astimezone(timezone.utc))
    if end - start > timedelta(days=4):
        return
    ax.set_xlabel(f"{zone.key} time", fontsize=8, color=GREY, loc="right")
    at = start.astimezone(timezone.utc)
    while at < end:
        after = at + timedelta(minutes=30)
        before, now = at.astimezone(zone), after.astimezone(zone)
        if before.utcoffset() != now.utcoffset():
            ax.axvline(after, color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
            ax.annotate(f"{before.tzname()} → {now.tzname()}" if words else "", (after, 1), xycoords=("data", "axes fraction"), xytext=(3, -3), textcoords="offset points", va="top", fontsize=8, color=GREY)
        at = after


def _title(ax: Any, text: str, more: str = "") -> None:
    ax.set_title(text, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10)
    if more:
        ax.set_title(more, loc="right", fontsize=9, color=GREY, pad=10)


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


def _instants(starts: Any, ends: Any) -> list[datetime]:
    seconds = [*map(int, starts), int(ends[-1])]
    return [datetime.fromtimestamp(second, timezone.utc) for second in seconds]


def plot_rates(rates: RateSeries, during: Period | None, ax: Any, time_zone: str) -> Any:
    """Rates as steps; those below zero are filled. Long spans show each day's range and mean."""
    zone = ZoneInfo(time_zone)
    span_ = rates._during(during, time_zone)
    starts, ends, values = rates._native.floats(span_, None)
    instants = _instants(starts, ends)
    ax = _axes(ax)
    known = values[values == values]
    if len(values) > 1_500:
        _daily(ax, instants, values, zone)
    else:
        shown = [None if value != value else float(value) for value in values]
        _steps(ax, instants, shown, color=RATE, linewidth=1.4 if len(shown) <= 400 else 0.9, solid_joinstyle="miter")
        edges, heights = [], []
        for place, value in enumerate(shown):
            edges += [instants[place], instants[place + 1]]
            heights += [value or 0.0] * 2
        ax.fill_between(edges, heights, 0, color=RATE, alpha=0.12, linewidth=0)
        ax.fill_between(edges, heights, 0, where=[height < 0 for height in heights], color=CHEAP, alpha=0.5, linewidth=0)
    if len(known):
        mean = float(known.mean())
        ax.axhline(mean, color=FAINT, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(f"mean {mean:.1f}p", (1, mean), xycoords=("axes fraction", "data"), xytext=(-4, 3), textcoords="offset points", ha="right", fontsize=8, color=GREY, bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1})
        if known.min() < 0:
            ax.axhline(0, color=INK, linewidth=0.8)
    _tidy(ax, "p/kWh inc VAT" if rates.vat_included else "p/kWh exc VAT")
    _dates(ax, zone, instants[0], instants[-1])
    _title(ax, "Unit rates" + ("\n" if len(values) > 1_500 else ""), _local(instants[0], instants[-1], zone))
    return ax


def _daily(ax: Any, instants: list[datetime], values: Any, zone: ZoneInfo) -> None:
    days: dict[datetime, list[float]] = {}
    for instant, value in zip(instants, values):
        if value == value:
            days.setdefault(instant.astimezone(zone).replace(hour=0, minute=0, tzinfo=zone), []).append(float(value))
    dates = list(days)
    ax.fill_between(dates, [min(day) for day in days.values()], [max(day) for day in days.values()], color=RATE, alpha=0.22, linewidth=0, label="range of the day")
    ax.plot(dates, [sum(day) / len(day) for day in days.values()], color=RATE, linewidth=1.2, label="mean of the day")
    ax.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 0.97), borderaxespad=0, ncols=2)


def plot_bill(bill: Bill, ax: Any) -> Any:
    """The bill's pieces as bars of energy, standing charge and VAT together; without pieces its lines."""
    zone = ZoneInfo(bill.time_zone)
    ax = _axes(ax)
    pieces = bill.periods
    if pieces:
        totals = [float(piece.total_minor) / 100 for piece in pieces]
        names = [_piece_name(piece.label, piece.start, zone) for piece in pieces]
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
            ax.set_xlabel("hatched: some slots could not be billed", fontsize=8, color=GREY, loc="right")
    else:
        rows = [(line.description, float(line.net_minor) / 100) for line in bill.lines] + [("VAT", float(bill.vat_minor) / 100)]
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
    _title(ax, f"{_pounds(bill.total_minor)} for {bill.kwh:,.0f} kWh", _local(bill.start, bill.end, zone))
    return ax


def _wrapped(text: str, width: int = 34) -> str:
    from textwrap import shorten

    return shorten(text, width, placeholder="…")


def _piece_name(label: str, start: datetime, zone: ZoneInfo) -> str:
    """A short name: a month as its name, with the year at its first month; a half-hour as its local time."""
    if "T" in label:
        local = start.astimezone(zone)
        return f"{local:%H:%M}" if local.hour or local.minute else f"00:00\n{local.day} {_MONTHS[local.month - 1]}"
    if len(label) == 7 and label[5:].isdigit():
        month = _MONTHS[int(label[5:]) - 1]
        return f"{month}\n{label[:4]}" if month == "Jan" else month
    if len(label) == 10:
        return f"{int(label[8:])} {_MONTHS[int(label[5:7]) - 1]}"
    return label


def plot_comparison(comparison: Comparison, ax: Any) -> Any:
    """Totals as bars, cheapest on top."""
    rows = comparison.tariffs[::-1]
    ax = _axes(ax, (9, 1.2 + 0.45 * len(rows)))
    names = [row.code + (f"\n+ {row.export_code}" if row.export_code else "") for row in rows]
    totals = [float(row.total_minor) / 100 for row in rows]
    bars = ax.barh(names, totals, color=[CHEAP if row.rank == 1 else FAINT for row in rows])
    best = float(comparison.best.total_minor) / 100
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
    ax.margins(y=0.12)
    ax.set_ylim(bottom=0)
    _tidy(ax, "kW")
    ax.grid(False)
    instants: list[datetime] | None = None
    if rates is not None and plan.blocks:
        first, last = plan.blocks[0].start - timedelta(hours=4), plan.blocks[-1].end + timedelta(hours=4)
        low, high = rates._native.span
        span = (max(int(first.timestamp()), low), min(int(last.timestamp()), high))
        starts, ends, values = rates._native.floats(span, None)
        beside = ax.twinx()
        instants = _instants(starts, ends)
        _steps(beside, instants, [None if value != value else float(value) for value in values], color=RATE, linewidth=1.4)
        beside.set_ylabel("p/kWh inc VAT" if rates.vat_included else "p/kWh exc VAT", color=RATE, fontsize=9)
        beside.tick_params(colors=RATE, labelsize=9)
        beside.spines[["top", "left"]].set_visible(False)
        beside.spines["right"].set_color(FAINT)
        ax.spines["right"].set_visible(False)
    if plan.blocks:
        shown = (plan.blocks[0].start - timedelta(hours=1), plan.blocks[-1].end + timedelta(hours=1))
        if instants is not None:
            shown = instants[0], instants[-1]
        _dates(ax, zone, *shown)
    pence = plan.average_minor_per_kwh
    _title(ax, f"Charging {plan.kwh:f} kWh for {_pounds(plan.cost_minor)}", "" if pence is None else f"{pence:.2f} p/kWh, {plan.starts} starts" if plan.starts != 1 else f"{pence:.2f} p/kWh, 1 start")
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
    if plan.site._export is not None:
        begin, after = int(instants[0].timestamp()), int(instants[-1].timestamp())
        starts, ends, paid = plan.site._export._native.floats((begin, after), None)
        above.plot([], [], color=RATE, linewidth=1.4, label="import")
        _steps(above, _instants(starts, ends), [None if value != value else float(value) for value in paid], color=GIVE, linewidth=1.2, linestyle=(0, (3, 1.5)), label="export")
        above.legend(frameon=False, fontsize=8, ncols=2, loc="upper left", borderaxespad=0)
        above.margins(y=0.18)
    if any(rate < 0 for rate in plan.site.import_rates):
        above.axhline(0, color=INK, linewidth=0.8)
    _tidy(above, "p/kWh")
    hours = [(slot.end - slot.start).total_seconds() / 3600 for slot in slots]
    width = [slot.end - slot.start for slot in slots]
    starts = [slot.start for slot in slots]
    middle.bar(starts, [float(slot.charge_kwh) / hour for slot, hour in zip(slots, hours)], width=width, align="edge", color=LOAD, linewidth=0, label="charges")
    middle.bar(starts, [-float(slot.discharge_kwh) / hour for slot, hour in zip(slots, hours)], width=width, align="edge", color=GIVE, linewidth=0, label="discharges")
    middle.axhline(0, color=INK, linewidth=0.8)
    middle.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0)
    _tidy(middle, "battery kW")
    levels = [float(plan.start_kwh), *(float(slot.stored_kwh) for slot in slots)]
    below.plot(instants, levels, color=STORED, linewidth=1.6)
    below.fill_between(instants, levels, 0, color=STORED, alpha=0.15, linewidth=0)
    below.set_ylim(bottom=0)
    _tidy(below, "stored kWh")
    for ax in axes:
        _dates(ax, zone, instants[0], instants[-1], words=ax is above)
        if ax is not below:
            ax.set_xlabel("")
    saving = plan.saving_minor
    saved = "" if saving is None else f"saves {_pounds(saving)}; "
    objective = plan.cost_minor
    _title(above, f"Battery plan: {'earns' if objective < 0 else 'costs'} {_pounds(abs(objective))}", saved + _local(instants[0], instants[-1], zone))
    return axes


def plot_backtest(result: BacktestResult, ax: Any) -> Any:
    """What each strategy saves against no battery, most first, with its share of what perfect foresight would."""
    rows = sorted((row for row in result.strategies if row.saving_minor is not None), key=lambda row: row.saving_minor or Decimal(0))
    ax = _axes(ax, (9, 1.2 + 0.45 * len(rows)))
    savings = [float(row.saving_minor or 0) / 100 for row in rows]
    bars = ax.barh(["cheapest slots" if row.name == "cheapest-slots" else row.description for row in rows], savings, color=[CHEAP if row.name == "perfect" else RATE if saving >= 0 else GIVE for row, saving in zip(rows, savings)])
    words = [_pounds(row.saving_minor or Decimal(0)) + ("" if row.share_of_perfect is None or row.name == "no-battery" else f"  ({row.share_of_perfect * 100:.1f} %)") for row in rows]
    ax.bar_label(bars, words, fontsize=9, padding=4, color=INK)
    ax.margins(x=0.2)
    ax.axvline(0, color=FAINT, linewidth=1)
    ax.xaxis.set_visible(False)
    _tidy(ax, "")
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    _title(ax, "Saved against no battery", f"{result.days} days; in brackets: of what perfect foresight saves")
    return ax
