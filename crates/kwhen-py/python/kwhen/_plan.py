"""When to run things: cheapest windows and charging plans, exactly optimal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any, ParamSpec, Union

from . import _kwhen
from ._check import flag, hinted, instance, items, optional_whole, refuse, text, tuples, whole
from ._decode import decode, decode_list
from ._edges import (
    LONDON,
    Duration,
    Number,
    Period,
    Zone,
    bands,
    minutes,
    number,
    numbers,
    optional,
    optional_minutes,
    period,
    periods,
    second_of,
    seconds_of,
    zone_name,
)
from ._errors import ParseError
from ._plan_results import ChargeBlock, ChargeDecision, ChargePlan, ChargeWhyNot, Found, Window, WindowDecision, WindowWhyNot
from ._rates import RateSeries
from ._results import Span

Within = Union[str, tuple[time, time], Iterable[Period]]
"""Where something may run: a band of local time such as ``"18:00..07:00"`` (it may cross midnight), two times, or spans."""


def _prices(
    ends: tuple[int, int],
    zone: str,
    added: Iterable[Number] | None,
    rates_in: Iterable[tuple[Period, Number]],
    unpublished: tuple[datetime, Number | None] | None,
    slot: Duration | None,
) -> dict[str, Any]:
    return {
        "during": ends,
        "slot_minutes": optional_minutes(slot, "slot"),
        "added": None if added is None else numbers(added, "added"),
        "rates_in": [(period(span, zone), number(rate, "rates_in")) for span, rate in tuples(rates_in, "rates_in", 2, "pairs of a period and a rate")],
        "unpublished": None if unpublished is None else _unpublished(unpublished),
    }


def _unpublished(assumed: Any) -> tuple[int, str | None]:
    if not isinstance(assumed, tuple) or len(assumed) != 2:
        refuse("unpublished", assumed, "a pair of an instant and a rate (or None)")
    return second_of(assumed[0], "unpublished"), optional(assumed[1], "unpublished")


def _rates(rates: Any) -> RateSeries:
    return instance(rates, RateSeries, "rates", "make one with RateSeries.of, .from_json, .from_csv, .from_pandas, ...")


def _blocks(previous: Window | Iterable[Span] | None) -> list[tuple[int, int]] | None:
    if previous is None:
        return None
    blocks = previous.blocks if isinstance(previous, Window) else items(previous, "previous", "a Window, or a list of spans")
    return [(seconds_of(block.start), seconds_of(block.end)) for block in (instance(block, Span, "previous", "a start and an end") for block in blocks)]


class WindowSearch:
    """A search for windows; :func:`cheapest` makes one and asks it at once.

    :param rates: unit rates; plans go by what the customer pays.
    :param duration: how long the load runs; or give ``slots`` (so many whole slots) or ``profile`` (kW, a step each of ``profile_step``).
    :param during: from an earliest start (any second) to a deadline; all rates, unless said.
    :param within: only in a band of local time such as ``"18:00..07:00"``, or in spans. Where ``during`` names a date, a band over
        midnight is the night that begins on it.
    :param split: whether the run may be in several blocks.
    :param amount: whether the duration is ``"exactly"`` it, ``"at-least"`` or ``"at-most"``.
    :param max_starts: at most so many blocks of a split run.
    :param min_run: no block of a split run shorter than this.
    :param min_pause: no pause between blocks shorter than this.
    :param price_floor: only in slots that cost at least so much, p/kWh.
    :param price_cap: only in slots that cost at most so much, p/kWh.
    :param worth: with ``"at-least"``: what running longer is worth, p/kWh.
    :param added: p/kWh added to what decides in each slot and paid by nobody, such as a price on carbon.
    :param greenness: an index of each slot, the higher the greener: of windows that cost the same the greenest is taken, with ``dearest`` the least
        green. It changes no cost.
    :param rates_in: rates of their own in some spans, such as a free-electricity session.
    :param unpublished: from when on a missing rate is not yet published, and what is assumed of it (``None``: a plan that could use it is refused).
    :param dearest: the dearest time instead, for export.
    :param latest: of equally good windows the latest.
    :param top: so many windows, best first.
    :param overlapping: whether those may share time.
    :param previous: the window in force; of equals the closest to it is taken.
    :param running_for: the load already runs, since so long: going on is no start.
    :param whole_slots: only whole slots.
    :param slot: how long the slots of the search are; half an hour unless said, and shorter where a rate changes within it.
    """

    @hinted
    def __init__(
        self,
        rates: RateSeries,
        duration: Duration | None = None,
        *,
        slots: int | None = None,
        profile: Sequence[Number] | None = None,
        profile_step: Duration = "30m",
        during: Period | None = None,
        within: Within | None = None,
        blocked: Iterable[Period] = (),
        split: bool = False,
        amount: str = "exactly",
        max_starts: int | None = None,
        min_run: Duration | None = None,
        min_pause: Duration | None = None,
        price_floor: Number | None = None,
        price_cap: Number | None = None,
        worth: Number | None = None,
        added: Iterable[Number] | None = None,
        greenness: Iterable[Number] | None = None,
        rates_in: Iterable[tuple[Period, Number]] = (),
        unpublished: tuple[datetime, Number | None] | None = None,
        slot: Duration | None = None,
        dearest: bool = False,
        latest: bool = False,
        top: int = 1,
        overlapping: bool = False,
        previous: Window | Iterable[Span] | None = None,
        running_for: Duration | None = None,
        whole_slots: bool = False,
        time_zone: Zone = LONDON,
    ) -> None:
        if sum(part is not None for part in (duration, slots, profile)) != 1:
            raise ParseError("give one of duration, slots and profile")
        if not flag(split, "split") and slots is None and (max_starts is not None or min_run is not None or min_pause is not None):
            raise ParseError("max_starts, min_run and min_pause are about a run in several blocks: say split=True")
        zone = zone_name(time_zone)
        open_in, ends = bands(within, during, _rates(rates)._during(during, zone), zone)
        prices = _prices(ends, zone, added, rates_in, unpublished, slot)
        prices["greenness"] = None if greenness is None else numbers(greenness, "greenness")
        steps = None if profile is None else (minutes(profile_step, "profile_step"), numbers(profile, "profile"))
        self._rates = rates
        self._request = {
            "prices": prices,
            "minutes": optional_minutes(duration, "duration"),
            "slots": optional_whole(slots, "slots"),
            "profile": steps,
            "split": flag(split, "split"),
            "amount": text(amount, "amount"),
            "max_starts": optional_whole(max_starts, "max_starts"),
            "min_run": optional_minutes(min_run, "min_run"),
            "min_pause": optional_minutes(min_pause, "min_pause"),
            "within": open_in,
            "blocked": periods(blocked, zone),
            "price_floor": optional(price_floor, "price_floor"),
            "price_cap": optional(price_cap, "price_cap"),
            "worth": optional(worth, "worth"),
            "latest": flag(latest, "latest"),
            "dearest": flag(dearest, "dearest"),
            "top": whole(top, "top"),
            "overlapping": flag(overlapping, "overlapping"),
            "previous": _blocks(previous),
            "running_for": optional_minutes(running_for, "running_for"),
            "whole_slots": flag(whole_slots, "whole_slots"),
        }

    def _ask(self, what: str, at: int | None = None, by: str | None = None) -> str:
        return _kwhen.cheapest(self._rates._native, json.dumps(self._request), what, at, by)

    def find(self) -> Found:
        """The windows, best first; where there is none, why."""
        return decode(Found, self._ask("find"))

    def frontier(self) -> tuple[Window, ...]:
        """The best split run for each number of starts, as far as more starts are better."""
        return decode_list(Window, self._ask("frontier"))

    def why_not(self, start: datetime) -> WindowWhyNot:
        """Why it does not start at an instant."""
        return decode(WindowWhyNot, self._ask("why_not", second_of(start)))

    def keep_unless_better(self, by: Number = 0) -> WindowDecision:
        """Keeps the window in force (``previous``) unless the best is cheaper by more than this, in p/kWh on average."""
        return decode(WindowDecision, self._ask("keep", by=number(by, "by")))


P = ParamSpec("P")


def _finder(make: Callable[P, WindowSearch]) -> Callable[P, Found]:
    """A function with the parameters of the search, which asks it at once."""

    def cheapest(*args: P.args, **kwargs: P.kwargs) -> Found:
        """The cheapest windows for a load, exactly: no start and no split does better. Parameters as of :class:`WindowSearch`.

        >>> from datetime import datetime, timedelta, timezone
        >>> start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        >>> half_hours = [start + timedelta(minutes=30 * place) for place in range(4)]
        >>> rates = RateSeries.from_rates(zip(half_hours, ["30", "10", "5", "20"]))
        >>> print(cheapest(rates, "45m").best.blocks[0])
        2026-01-01 00:45 to 2026-01-01 01:30 UTC
        """
        return make(*args, **kwargs).find()

    return cheapest


cheapest = _finder(WindowSearch)


def _wanted(target: Number, name: str) -> dict[str, str]:
    """A level: kWh, or text such as ``"80%"`` for a share of the battery."""
    if isinstance(target, str) and target.rstrip().endswith("%"):
        return {"share": _share(target, name)}
    return {"kwh": number(target, name)}


def _surplus(surplus: Any) -> tuple[list[str], str]:
    if not isinstance(surplus, tuple) or len(surplus) != 2:
        refuse("surplus", surplus, "a pair of the kWh of each slot and what a kWh is worth")
    return numbers(surplus[0], "surplus"), number(surplus[1], "surplus")


def _share(value: Number, name: str) -> str:
    """A share of a whole: ``0.8`` or ``"80%"``."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return format(Decimal(number(value.rstrip()[:-1], name)).scaleb(-2), "f")
    return number(value, name)


def _optional_share(value: Number | None, name: str) -> str | None:
    return None if value is None else _share(value, name)


class ChargeRequest:
    """A charging plan to be made; :func:`charge` makes one and asks it at once.

    :param rates: unit rates; plans go by what the customer pays.
    :param kwh: how much to store from now on; or give ``target``.
    :param kw: the most power drawn.
    :param during: from now (any second) to the deadline; all rates, unless said.
    :param target: the state of charge to reach, such as ``"80%"``, of a battery of ``capacity_kwh`` that is at ``state_of_charge``.
    :param min_kw: a slot draws nothing or at least this.
    :param efficiency: the share of what is drawn that is stored.
    :param taper: from a state of charge on no more than a power: ``[("80%", 3.5)]``.
    :param levels: levels to be reached earlier: ``[(instant, "50%")]``.
    :param always: a level to be reached as soon as the power allows.
    :param up_to: more than the target may be charged, up to this, where that lowers the cost.
    :param price_cap: nothing is drawn from the grid at a higher price, p/kWh.
    :param surplus: solar kWh of each slot that would be exported, and what a kWh of it is worth.
    :param precondition: the load draws through the last so long before the deadline.
    :param dispatches: spans in which somebody else has the load draw, with the rate or ``None``.
    :param previous: the plan in force; of equals the closest is taken.
    :param slot: how long the slots of the plan are; half an hour unless said, and shorter where a rate changes within it.
    """

    @hinted
    def __init__(
        self,
        rates: RateSeries,
        kwh: Number | None = None,
        kw: Number | None = None,
        *,
        during: Period | None = None,
        target: Number | None = None,
        capacity_kwh: Number | None = None,
        state_of_charge: Number | None = None,
        min_kw: Number | None = None,
        efficiency: Number | None = None,
        taper: Iterable[tuple[Number, Number]] = (),
        levels: Iterable[tuple[datetime, Number]] = (),
        always: Number | None = None,
        up_to: Number | None = None,
        price_cap: Number | None = None,
        surplus: tuple[Iterable[Number], Number] | None = None,
        precondition: Duration | None = None,
        max_starts: int | None = None,
        min_run: Duration | None = None,
        min_pause: Duration | None = None,
        running_for: Duration | None = None,
        within: Within | None = None,
        blocked: Iterable[Period] = (),
        dispatches: Iterable[tuple[Period, Number | None]] = (),
        previous: ChargePlan | Iterable[ChargeBlock] | None = None,
        added: Iterable[Number] | None = None,
        rates_in: Iterable[tuple[Period, Number]] = (),
        unpublished: tuple[datetime, Number | None] | None = None,
        slot: Duration | None = None,
        latest: bool = False,
        time_zone: Zone = LONDON,
    ) -> None:
        zone = zone_name(time_zone)
        open_in, ends = bands(within, during, _rates(rates)._during(during, zone), zone)
        prices = _prices(ends, zone, added, rates_in, unpublished, slot)
        blocks = previous.blocks if isinstance(previous, ChargePlan) else items(() if previous is None else previous, "previous", "a ChargePlan, or its blocks")
        self._rates = rates
        self._request = {
            "prices": prices,
            "kwh": optional(kwh, "kwh"),
            "target": _optional_share(target, "target"),
            "capacity_kwh": optional(capacity_kwh, "capacity_kwh"),
            "state_of_charge": _optional_share(state_of_charge, "state_of_charge"),
            "kw": optional(kw, "kw"),
            "min_kw": optional(min_kw, "min_kw"),
            "efficiency": _optional_share(efficiency, "efficiency"),
            "taper": [(_share(share, "taper"), number(power, "taper")) for share, power in tuples(taper, "taper", 2, "pairs of a share and kW")],
            "levels": [(second_of(at, "levels"), _wanted(level, "levels")) for at, level in tuples(levels, "levels", 2, "pairs of an instant and a level")],
            "always": None if always is None else _wanted(always, "always"),
            "up_to": None if up_to is None else _wanted(up_to, "up_to"),
            "price_cap": optional(price_cap, "price_cap"),
            "surplus": None if surplus is None else _surplus(surplus),
            "precondition": optional_minutes(precondition, "precondition"),
            "max_starts": optional_whole(max_starts, "max_starts"),
            "min_run": optional_minutes(min_run, "min_run"),
            "min_pause": optional_minutes(min_pause, "min_pause"),
            "running_for": optional_minutes(running_for, "running_for"),
            "within": open_in,
            "blocked": periods(blocked, zone),
            "dispatches": [(period(span, zone), optional(rate, "dispatches")) for span, rate in tuples(dispatches, "dispatches", 2, "pairs of a period and a rate (or None)")],
            "previous": [
                ((seconds_of(block.start), seconds_of(block.end)), number(block.kw, "kw"), number(block.kwh, "kwh"), number(block.cost_minor, "cost_minor"))
                for block in (instance(block, ChargeBlock, "previous", "a block of a charging plan") for block in blocks)
            ],
            "latest": flag(latest, "latest"),
        }

    def _ask(self, what: str, at: int | None = None, by: str | None = None) -> str:
        return _kwhen.charge(self._rates._native, json.dumps(self._request), what, at, by)

    def plan(self) -> ChargePlan:
        """The cheapest plan; where what was asked for cannot be had, the nearest to it and why."""
        return decode(ChargePlan, self._ask("plan"))

    def frontier(self) -> tuple[ChargePlan, ...]:
        """The best plan for each number of starts, as far as more starts are better: what fewer starts cost."""
        return decode_list(ChargePlan, self._ask("frontier"))

    def why_not(self, at: datetime) -> ChargeWhyNot:
        """Why it does not draw at an instant."""
        return decode(ChargeWhyNot, self._ask("why_not", second_of(at)))

    def keep_unless_better(self, by_minor: Number = 0) -> ChargeDecision:
        """Keeps what is left of the plan in force unless the best saves more than this."""
        return decode(ChargeDecision, self._ask("keep", by=number(by_minor, "by_minor")))


def _charger(make: Callable[P, ChargeRequest]) -> Callable[P, ChargePlan]:
    """A function with the parameters of the request, which asks it at once."""

    def charge(*args: P.args, **kwargs: P.kwargs) -> ChargePlan:
        """The cheapest way to charge, exactly. Parameters as of :class:`ChargeRequest`.

        ``charge(rates, 22, 7.4, during=(now, seven))`` stores 22 kWh;
        ``charge(rates, kw=7.4, target="80%", capacity_kwh=60, state_of_charge="35%")`` fills a battery.
        """
        return make(*args, **kwargs).plan()

    return charge


charge = _charger(ChargeRequest)

__all__ = ["ChargeRequest", "WindowSearch", "charge", "cheapest"]
