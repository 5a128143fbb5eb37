"""Batteries: exact plans, what a stored kWh is worth, back-tests, sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from . import _kwhen
from ._check import flag, hinted, instance, items, optional_text, optional_whole, refuse, text, tuples, whole
from ._consumption import Consumption
from ._decode import build, decode, decode_list
from ._device import Battery, BatteryDefinition, definition_text
from ._edges import LONDON, Duration, Number, Period, Zone, band_text, moment, now_seconds, number, number_rows, numbers, optional, optional_minutes, period, second_of, zone_name
from ._errors import OutOfRangeError, ParseError
from ._plan_results import BacktestResult, Costs, DispatchSlot, PolicyRow, Reason, SweepRow, ValuePiece
from ._rates import RateSeries
from ._record import Record
from ._results import Span, shown_pounds

Progress = Callable[[int, int], object]
"""Told how many parts are done, of how many. What it raises ends the work."""


def _device(battery: Any) -> Battery | BatteryDefinition:
    if not isinstance(battery, (Battery, BatteryDefinition)):
        refuse("battery", battery, "a kwhen.Battery or a BatteryDefinition: Battery(10, 5) holds 10 kWh and has 5 kW")
    return battery


def _site(site: Any, name: str = "site") -> Site:
    return instance(site, Site, name, "rates, load and sun behind one meter: Site(rates, during, load=readings)")


def _series(series: Any, name: str) -> Consumption | None:
    return None if series is None else instance(series, Consumption, name, "make one with Consumption.of, .from_csv, .from_pandas, ...")


def _prices(rates: Any, name: str) -> RateSeries:
    return instance(rates, RateSeries, name, "make one with RateSeries.of, .from_json, .from_csv, .from_pandas, ...")


def _definition(battery: Battery | BatteryDefinition, request: BatteryRequest | None, zone: str) -> str:
    """The battery and what is asked of it; a definition asks by itself, unless a request is given."""
    _device(battery)
    if request is not None:
        instance(request, BatteryRequest, "request", "BatteryRequest(start_kwh=2)")
    if request is None and isinstance(battery, BatteryDefinition):
        return definition_text(battery._said, battery._zone)
    asked = {} if request is None else request._definition(zone)
    return definition_text(json.dumps({**battery._definition(), **asked}), zone)


class Site:
    """Prices, load and solar over a run of slots, behind one connection.

    Every slot must have its rate and readings; one that lacks them is :class:`MissingDataError`, never zero.

    :param rates: import, p/kWh.
    :param during: from when to when, any second; what the series have in common, unless said. A slot that has begun counts for
        its rest.
    :param export_rates: p/kWh; without them export earns nothing.
    :param load: kWh.
    :param solar: kWh.
    :param slot: how long the slots of plans are; half an hour unless said, and shorter where rates or readings change within it.
    :param import_limit_kw: the most that the connection imports.
    :param export_limit_kw: the most that it exports.
    :param curtailment: whether solar generation may be left unused.
    :param grid_charging: whether the battery may charge from the grid.
    :param battery_export: whether the battery may discharge into the grid.
    :param carbon_minor_per_kwh: a price on the carbon of import, one a slot.
    """

    __slots__ = ("_export", "_load", "_native", "_rates", "_solar", "_zone")

    def __init__(
        self,
        rates: RateSeries,
        during: Period | None = None,
        *,
        export_rates: RateSeries | None = None,
        load: Consumption | None = None,
        solar: Consumption | None = None,
        slot: Duration | None = None,
        import_limit_kw: Number | None = None,
        export_limit_kw: Number | None = None,
        curtailment: bool = True,
        grid_charging: bool = True,
        battery_export: bool = True,
        carbon_minor_per_kwh: Iterable[Number] | None = None,
        time_zone: Zone = LONDON,
    ) -> None:
        zone = zone_name(time_zone)
        _prices(rates, "rates")
        if export_rates is not None:
            _prices(export_rates, "export_rates")
        _series(load, "load"), _series(solar, "solar")
        limits = {
            "import_limit_kw": optional(import_limit_kw, "import_limit_kw"),
            "export_limit_kw": optional(export_limit_kw, "export_limit_kw"),
            "curtailment": flag(curtailment, "curtailment"),
            "grid_charging": flag(grid_charging, "grid_charging"),
            "battery_export": flag(battery_export, "battery_export"),
            "carbon": None if carbon_minor_per_kwh is None else numbers(carbon_minor_per_kwh, "carbon_minor_per_kwh"),
        }
        self._rates, self._zone, self._export, self._load, self._solar = rates, zone, export_rates, load, solar
        self._native = _kwhen.Site(
            _common(rates, during, zone, export_rates, load, solar),
            optional_minutes(slot, "slot"),
            rates._native,
            None if export_rates is None else export_rates._native,
            None if load is None else load._native,
            None if solar is None else solar._native,
            json.dumps(limits),
        )

    def __len__(self) -> int:
        return len(self._native)

    @property
    def start(self) -> datetime:
        """When the first slot starts."""
        return moment(self._native.span[0])

    @property
    def end(self) -> datetime:
        """When the last slot has ended."""
        return moment(self._native.span[1])

    @property
    def import_rates(self) -> tuple[Decimal, ...]:
        """What is paid for import in each slot, p/kWh."""
        return tuple(map(Decimal, self._native.import_rates()))

    def __repr__(self) -> str:
        return f"<Site {len(self)} slots, {self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC>"


def _common(
    rates: RateSeries, span: Period | None, zone: str, export: RateSeries | None, load: Consumption | None, solar: Consumption | None
) -> tuple[int, int]:
    if span is not None:
        return period(span, zone)
    spans = [rates._native.span]
    spans += [series._native.span for series in (load, solar) if series is not None and series._native.span]
    if export is not None:
        spans.append(export._native.span)
    start, end = max(span[0] for span in spans), min(span[1] for span in spans)
    if start >= end:
        raise ParseError("the series have no time in common")
    if end - start > 40 * 366 * 86_400:
        raise ParseError("the rates have no end: say which period is meant")
    return start, end


class BatteryRequest(Record, kw_only=True):
    """What is asked of a battery plan, all by name. Without more it starts empty, may end at any level, and what is left is worth nothing."""

    start_kwh: Number = 0
    reserve_kwh: Number = 0
    """The level may not be below this at any later boundary."""
    end_kwh: Number | None = None
    """At the end exactly this level."""
    end_at_least_kwh: Number | None = None
    end_value: Number | None = None
    """What a kWh left at the end is worth, in pence."""
    end_bands: tuple[tuple[Number, Number], ...] = ()
    """Up to a level each stored kWh is worth so much: ``((4, 20), (10, 12))``."""
    end_repeating_day: str | None = None
    """What is left is worth what it would be if a day came again and again: a date of the site, ``"average"``, or ``"period"`` for all
    of its slots."""
    levels_at_least: tuple[tuple[datetime, Number], ...] = ()
    """At an instant at least this level."""
    levels_at_most: tuple[tuple[datetime, Number], ...] = ()
    soft_levels: tuple[tuple[datetime, Number, Number], ...] = ()
    """At an instant every kWh short of a level costs so much."""
    soft_reserve: tuple[Number, Number] | None = None
    holds: tuple[tuple[Period, str], ...] = ()
    """In a span ``"level"``, ``"no_discharge"`` or ``"no_charge"``."""
    draws: tuple[tuple[datetime, Number], ...] = ()
    """Stored energy that leaves for another purpose (a car's trip)."""
    changes_at_most: int | None = None
    """At most so many of what ``changes_count`` names."""
    changes_price: Number | None = None
    """What each of them costs, in pence."""
    changes_count: str = "starts"
    """``starts``, ``charge_starts``, ``discharge_starts`` or ``changes``."""
    import_limits: tuple[tuple[Period, Number], ...] = ()
    """A lower limit of the connection's import in a span, kW."""
    export_limits: tuple[tuple[Period, Number], ...] = ()

    def _definition(self, zone: str) -> dict[str, Any]:
        """What is asked as a definition file says it: its lists and tables, times in UTC."""

        def at(instant: Any, name: str) -> str:
            return moment(second_of(instant, name)).isoformat()

        def rows(name: str, *keys: str) -> list[dict[str, Any]]:
            given = tuples(getattr(self, name), name, 1 + len(keys), "an instant and " + ", ".join(keys))
            return [{"at": at(when, name), **{key: number(value, name) for key, value in zip(keys, values)}} for when, *values in given]

        def spans(name: str, what: str) -> list[tuple[dict[str, str], Any]]:
            given = tuples(getattr(self, name), name, 2, f"pairs of a period and {what}")
            ends = [(period(span, zone), value) for span, value in given]
            return [({"from": moment(start).isoformat(), "to": moment(end).isoformat()}, value) for (start, end), value in ends]

        def limits(name: str) -> list[dict[str, str]]:
            return [{**ends, "kw": number(limit, name)} for ends, limit in spans(name, "kW")]

        end = {
            "kwh": optional(self.end_kwh, "end_kwh"),
            "at_least_kwh": optional(self.end_at_least_kwh, "end_at_least_kwh"),
            "value": optional(self.end_value, "end_value"),
            "bands": [{"up_to_kwh": level, "value": value} for level, value in number_rows(self.end_bands, "end_bands", 2)],
            "repeating_day": optional_text(self.end_repeating_day, "end_repeating_day"),
        }
        asked: dict[str, Any] = {
            "start_kwh": number(self.start_kwh, "start_kwh"),
            "reserve_kwh": number(self.reserve_kwh, "reserve_kwh"),
            "end": end,
            "levels": rows("levels_at_least", "at_least_kwh") + rows("levels_at_most", "at_most_kwh") + rows("soft_levels", "at_least_kwh", "price"),
            "holds": [{**ends, "keep": text(hold, "holds")} for ends, hold in spans("holds", "what is held")],
            "draws": rows("draws", "kwh"),
            "import_limits": limits("import_limits"),
            "export_limits": limits("export_limits"),
        }
        if self.soft_reserve is not None:
            kwh, price = number_rows([self.soft_reserve], "soft_reserve", 2)[0]
            asked["soft_reserve"] = {"kwh": kwh, "price": price}
        changes = {
            "at_most": optional_whole(self.changes_at_most, "changes_at_most"),
            "price": optional(self.changes_price, "changes_price"),
        }
        if any(change is not None for change in changes.values()):
            asked["changes"] = {"count": text(self.changes_count, "changes_count"), **changes}
        return asked


class BatteryPlan:
    """The cheapest plan of a battery, with its value functions: what a stored kWh is worth at any time, and what to do off the plan."""

    __slots__ = ("_document", "_native", "_site", "_zone")
    _native: _kwhen.Dispatch
    _site: Site
    _zone: str
    _document: dict[str, Any] | None

    def __init__(self) -> None:
        raise TypeError("make a BatteryPlan with kwhen.plan_battery")

    @classmethod
    def _of(cls, native: _kwhen.Dispatch, site: Site) -> BatteryPlan:
        plan = object.__new__(cls)
        plan._native, plan._site, plan._zone, plan._document = native, site, site._zone, None
        return plan

    def to_dict(self) -> dict[str, Any]:
        """All of it, as ``kwhen battery --format json`` names it."""
        if self._document is None:
            self._document = json.loads(self._native.json())
        return self._document

    @property
    def site(self) -> Site:
        """What it was made for."""
        return self._site

    @property
    def start_kwh(self) -> Decimal:
        """What is stored at the start of the first slot."""
        return Decimal(self._native.start_kwh)

    @property
    def costs(self) -> Costs:
        """What it costs, part by part, in pence."""
        return build(Costs, self.to_dict())

    @property
    def cost_minor(self) -> Decimal:
        """What it minimises: grid, wear and what else has a price, less what is left at the end is worth."""
        return Decimal(self._native.cost_minor)

    @property
    def saving_minor(self) -> Decimal | None:
        """What the battery saves."""
        return self.costs.saving_minor

    @property
    def slots(self) -> tuple[DispatchSlot, ...]:
        """What happens in each slot, kWh."""
        return tuple(build(DispatchSlot, slot) for slot in self.to_dict()["slots"])

    def slot_at(self, instant: datetime) -> DispatchSlot | None:
        """What happens in the slot of an instant; ``None`` outside the plan."""
        second_of(instant)
        return next((slot for slot in self.slots if slot.start <= instant < slot.end), None)

    def now(self) -> DispatchSlot | None:
        """What happens in the slot that has begun; ``None`` before the plan and after it."""
        return self.slot_at(moment(now_seconds()))

    def _place(self, slot: int | datetime) -> int:
        """Which slot, by its number (0 is the first) or by an instant in it."""
        if not isinstance(slot, datetime):
            return whole(slot, "slot")
        second_of(slot, "slot")
        for place, held in enumerate(self.slots):
            if held.start <= slot < held.end:
                return place
        first, last = self.slots[0], self.slots[-1]
        raise OutOfRangeError(f"slot: {slot.isoformat()} is outside the plan, which is {Span(first.start, last.end)}")

    def explain(self) -> tuple[Reason, ...]:
        """Runs of charging, discharging and waiting, each with its reason in a sentence."""
        return decode_list(Reason, self._native.explain(self._zone))

    def value_function(self, boundary: int) -> tuple[ValuePiece, ...]:
        """What stored energy is worth at a boundary (0 is the start of the first slot), level by level."""
        return decode_list(ValuePiece, self._native.value_function(whole(boundary, "boundary")))

    def value(self, boundary: int, kwh: Number) -> Decimal | None:
        """What one more stored kWh is worth at a boundary and level, p/kWh; ``None`` where no plan leads on from there."""
        found = self._native.value(whole(boundary, "boundary"), number(kwh, "kwh"))
        return None if found is None else Decimal(found)

    def cost_to_go(self, boundary: int, kwh: Number) -> Decimal | None:
        """The least cost from a boundary and level to the end, pence."""
        found = self._native.cost_to_go(whole(boundary, "boundary"), number(kwh, "kwh"))
        return None if found is None else Decimal(found)

    def best_action(self, slot: int | datetime, kwh: Number) -> Decimal | None:
        """The best change of the store in a slot at a level that the plan did not foresee: kWh stored, or drawn where negative. The slot is
        its number (0 is the first) or an instant in it, such as ``datetime.now(timezone.utc)``."""
        found = self._native.best_action(self._place(slot), number(kwh, "kwh"))
        return None if found is None else Decimal(found)

    def policy(self, slot: int | datetime) -> tuple[PolicyRow, ...]:
        """What to do in a slot (its number, or an instant in it) at any level: a table for a controller that has drifted off the plan."""
        return decode_list(PolicyRow, self._native.policy(self._place(slot)))

    def repriced(self, site: Site) -> Decimal:
        """What these very actions cost at another site's prices, pence."""
        return Decimal(self._native.repriced(_site(site)._native))

    def to_pandas(self) -> Any:
        """The slots as a frame indexed by start; floats."""
        import pandas as pd

        names = ["charge_kwh", "discharge_kwh", "import_kwh", "export_kwh", "curtailed_kwh", "stored_kwh", "value_minor_per_kwh"]
        rows = self.to_dict()["slots"]
        data = {name: [None if row[name] is None else float(row[name]) for row in rows] for name in names}
        return pd.DataFrame(data, index=pd.DatetimeIndex(pd.to_datetime([row["from"] for row in rows], utc=True), name="start"))

    def plot(self, axes: Any = None) -> Any:
        """Draws rates, charging and discharging, and what is stored. Needs the extra ``kwhen[plot]``. Gives the axes."""
        from ._plot import plot_battery

        return plot_battery(self, axes)

    def __repr__(self) -> str:
        saving = self.saving_minor
        saved = "" if saving is None else f", saves {shown_pounds(saving)}"
        return f"<BatteryPlan {shown_pounds(self.cost_minor)} over {len(self._site)} slots{saved}>"

    def _repr_html_(self) -> str:
        from ._charts import battery_html

        return battery_html(self)


@hinted
def plan_battery(site: Site, battery: Battery | BatteryDefinition, request: BatteryRequest | None = None) -> BatteryPlan:
    """The cheapest plan there is for a battery, to the last digit.

    :param request: what is asked; without it, what the definition asks, or to start empty.
    :raises InfeasibleError: no plan keeps to every limit.
    """
    return BatteryPlan._of(_kwhen.dispatch(_site(site)._native, _definition(battery, request, site._zone)), site)


@hinted
def cost_of(site: Site, battery: Battery | BatteryDefinition, levels_kwh: Iterable[Number], request: BatteryRequest | None = None) -> Decimal:
    """The exact cost, in pence, of a plan that somebody else made: what :attr:`BatteryPlan.cost_minor` is for the best one.

    :param levels_kwh: what is stored at the end of each slot. Within a slot the meter does what costs least.
    :raises InfeasibleError: the plan cannot be carried out; the message names the first such slot.
    """
    return Decimal(_kwhen.cost_of(_site(site)._native, _definition(battery, request, site._zone), numbers(levels_kwh, "levels_kwh")))


class FleetPlan(Record):
    """Plans of several devices behind one meter, and how far from the best they can be at most."""

    plans: Mapping[str, BatteryPlan]
    cost_minor: Decimal
    bound_minor: Decimal
    """No plan costs less than this."""

    @property
    def gap_minor(self) -> Decimal:
        """What is left unproven."""
        return self.cost_minor - self.bound_minor


@hinted
def plan_fleet(site: Site, devices: Mapping[str, tuple[Battery | BatteryDefinition, BatteryRequest | None]]) -> FleetPlan:
    """Several batteries (a car is one, with holds while it is away) behind one meter."""
    zone, parts = _site(site)._zone, []
    if not isinstance(devices, Mapping):
        refuse("devices", devices, "a mapping of names to pairs of a battery and what is asked of it (or None)")
    for name, device in devices.items():
        (battery, request), *_ = tuples([device], "devices", 2, "a pair of a battery and what is asked of it (or None)")
        parts.append((text(name, "devices"), _definition(battery, request, zone)))
    natives, cost, bound = _kwhen.fleet(site._native, parts)
    plans = {name: BatteryPlan._of(native, site) for name, native in zip(devices, natives)}
    return FleetPlan(plans, Decimal(cost), Decimal(bound))


def _told(progress: Any) -> Progress | None:
    if progress is not None and not callable(progress):
        refuse("progress", progress, "something to call with how much is done and of how much")
    return progress  # type: ignore[no-any-return]


STRATEGIES = ("perfect", "load-and-sun-known", "expected", "mean-of-days", "rolling", "cheapest-slots", "timer", "self-use", "no-battery")
"""The ways to run a battery that a back-test compares."""


@hinted
def backtest(
    site: Site,
    battery: Battery | BatteryDefinition,
    request: BatteryRequest | None = None,
    *,
    strategies: Sequence[str] = STRATEGIES,
    forecast: str = "persistence",
    past_days: int = 28,
    dearest_percent: int | None = None,
    timer: str | tuple[time, time] = "02:00..05:00",
    cheapest_slots: int = 6,
    all_rates_known: bool = False,
    look_ahead_slots: int | None = None,
    by: str | None = None,
    capital: Number | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Strategies over a history, each with only what was known at the time, beside perfect foresight and no battery.

    :param forecast: what ``"rolling"``, the plan on one forecast, takes load, sun and unpublished rates to be: as a day before (``"persistence"``), as a week
        before (``"same-weekday"``), or load and sun as they will be (``"perfect"``).
    :param past_days: how many past days the strategies ``"expected"`` (the expected value over them) and ``"mean-of-days"`` look at.
    :param dearest_percent: runs the strategy ``"dearest"`` too: the expected value over the dearest ways of each slot alone, as so many hundredths of their
        weight; robust, for whoever would rather be safe than right in the mean.
    :param all_rates_known: as on a tariff of fixed times; otherwise rates come as Agile's do.
    :param by: costs by ``"day"``, ``"month"`` or ``"year"`` as well.
    :param capital: what the battery costs, for the years until it has paid for itself.
    :param progress: told how many strategies are done; Ctrl-C is heeded there.
    """
    names = [text(name, "strategies") for name in items(strategies, "strategies", "a list of names")]
    if dearest_percent is not None and "dearest" not in names:
        names.append("dearest")
    history = {
        "zone": _site(site)._zone,
        "forecast": text(forecast, "forecast"),
        "past_days": whole(past_days, "past_days"),
        "dearest_percent": optional_whole(dearest_percent, "dearest_percent"),
        "strategies": names,
        "timer": band_text(timer, "timer"),
        "cheapest_slots": whole(cheapest_slots, "cheapest_slots"),
        "all_rates_known": flag(all_rates_known, "all_rates_known"),
        "look_ahead_slots": optional_whole(look_ahead_slots, "look_ahead_slots"),
        "by": optional_text(by, "by"),
        "capital_minor": None if capital is None else format(Decimal(number(capital, "capital")).scaleb(2), "f"),
    }
    return decode(BacktestResult, _kwhen.backtest(site._native, _definition(battery, request, site._zone), json.dumps(history), _told(progress)))


@hinted
def sweep(
    sites: Site | Mapping[str, Site],
    battery: Battery | BatteryDefinition,
    request: BatteryRequest | None = None,
    *,
    capacity_kwh: Iterable[Number] | None = None,
    kw: Iterable[Number] | None = None,
    progress: Progress | None = None,
) -> tuple[SweepRow, ...]:
    """The least cost at every combination of capacity, power and site, with perfect foresight, on all cores.

    ``progress`` is told after every capacity how many combinations are done; Ctrl-C is heeded there too.
    """
    if not isinstance(sites, (Site, Mapping)):
        refuse("sites", sites, "a kwhen.Site, or a mapping of names to sites")
    named = {"site": sites} if isinstance(sites, Site) else {text(name, "sites"): _site(site, "sites") for name, site in sites.items()}
    if not named:
        return ()
    zone = next(iter(named.values()))._zone
    _device(battery)
    capacities = numbers([battery.capacity_kwh] if capacity_kwh is None else capacity_kwh, "capacity_kwh")
    powers = numbers([battery.kw] if kw is None else kw, "kw")
    natives = [(name, site._native) for name, site in named.items()]
    return decode_list(SweepRow, _kwhen.sweep(natives, _definition(battery, request, zone), capacities, powers, _told(progress)))
