"""Which tariff, with the home at its best on each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from . import _kwhen
from ._battery import BatteryRequest, Progress, _definition, _told
from ._bill import Rules, _readings, _tariffs
from ._check import flag, hinted, instance, items, optional_text, refuse, text, tuples, whole
from ._consumption import Consumption
from ._decode import decode
from ._device import ApplianceDefinition, Battery, BatteryDefinition, ThermalDefinition
from ._edges import LONDON, Number, Period, When, Zone, instant, number, numbers, rules_text, zone_name
from ._errors import MisalignedError
from ._rates import RateSeries
from ._record import Record
from ._series import period_of
from ._tariff import Tariff


class MonthCost(Record):
    """What a home costs in a month, bill and wear."""

    label: str
    start: datetime
    end: datetime
    cost_minor: Decimal


class Cell(Record):
    """What a home comes to in one way. Money is in minor units, the tax in."""

    total_minor: Decimal
    """The bill: what is to pay, what is earned by export taken off."""
    fixed_minor: Decimal
    """Of it, what is charged where nothing is used."""
    wear_minor: Decimal
    """Wear of the devices; no bill has it."""
    cost_minor: Decimal
    """Bill and wear: what offers are ranked by."""
    kwh: Decimal
    """From the grid."""
    months: tuple[MonthCost, ...]
    export_minor: Decimal | None = None
    """What is earned by export; it is taken off the total already."""
    objective_minor: Decimal | None = None
    """What the plan went by: energy at its prices, wear, soft levels, less the worth of what is left at the end."""


class Beside(Record):
    """What an offer costs more than the present one. The three parts sum to the whole."""

    cost_minor: Decimal
    price_minor: Decimal
    """The same use at other prices."""
    shifting_minor: Decimal
    """What the devices earn more (negative) or less there."""
    fixed_minor: Decimal
    """Standing charges and fees."""


class Range(Record):
    """How what an offer costs more turns out in drawn histories."""

    p10_minor: Decimal
    p50_minor: Decimal
    p90_minor: Decimal
    cheaper: int
    """In how many of them it costs less."""
    draws: int


class DaySlot(Record):
    """What the home does in a slot."""

    start: datetime
    end: datetime
    import_minor_per_kwh: Decimal
    export_minor_per_kwh: Decimal
    import_kwh: Decimal
    export_kwh: Decimal
    charge_kwh: Decimal
    discharge_kwh: Decimal


class ShownDay(Record):
    """A day of a plan, slot by slot."""

    label: str
    start: datetime
    end: datetime
    cost_minor: Decimal
    """What its energy and the wear cost; what is charged by the day or the month is not in it."""
    slots: tuple[DaySlot, ...]


class Terms(Record):
    """On what conditions an offer can be had, as far as they are known."""

    withdrawn: bool
    """Whether it is not sold at the time: who leaves it does not come back."""
    sold_until: datetime | None = None
    ends: datetime | None = None
    """When the deal ends."""
    exit_fee_minor: Decimal | None = None
    lacks: tuple[str, ...] = ()
    """What the home must have and has not."""
    is_refused: bool = False
    """Whether the supplier does not offer it to the home."""
    unsure: tuple[str, ...] = ()
    """What the home must have, and nobody said whether it has."""
    prices_of: str | None = None
    """The day whose prices it has, where they are held over all time."""


class Offer(Record):
    """An import tariff, with an export tariff if there are any."""

    rank: int
    code: str
    published_day_ahead: bool
    """Whether its prices are taken as published a day ahead."""
    used: Cell
    """As the home was used, without the devices."""
    can_be_had: bool = True
    """Whether the home can have it: it is sold, and the home is not known to lack what it needs; or the home is on it."""
    terms: Terms | None = None
    """Its conditions, where any are known."""
    export_code: str | None = None
    foresight: Cell | None = None
    """With the devices at their best, all of the time known."""
    rolling: Cell | None = None
    """With the devices planned from day to day on what was known then."""
    unplanned: str | None = None
    """Why there is no plan; it is then ranked as used."""
    lacks_devices: bool = False
    """Whether it has no plan where devices take energy: it then stands after the others and is not set beside them."""
    beside_present: Beside | None = None
    range: Range | None = None
    days: tuple[ShownDay, ...] = ()
    """Its cheapest and its dearest day."""

    @property
    def chosen(self) -> Cell:
        """The cell that it is ranked by."""
        return self.rolling or self.foresight or self.used


class Move(Record):
    """Whether to move from the present tariff."""

    saves_minor: Decimal
    """What the cheapest offer saves beside it."""
    exit_fee_minor: Decimal
    no_way_back: bool = False
    """Whether the present tariff is not sold any more."""
    ends: datetime | None = None
    """When the present deal ends, from when on leaving costs nothing."""
    stay: str | None = None
    """Why it is better to stay, where it is: ``cheapest``, ``exit_fee`` or ``until_end``."""


class Advice(Record):
    """Whether the advice of one month or year held in the next."""

    every: str
    rounds: int
    right: int
    followed_minor: Decimal
    hindsight_minor: Decimal
    regret_minor: Decimal
    """What following it cost more than hindsight."""
    stay_regret_minor: Decimal | None = None


class Weighed(Record):
    """A size or something else to buy, on the offer that is best with it, beside the home without it on the offer that is best without."""

    name: str
    price_minor: Decimal
    code: str
    cost_minor: Decimal
    saved_minor: Decimal
    saved_a_year_minor: Decimal
    years: int
    cell: Cell
    """The bill and the wear of the plan that this rests on."""
    net_present_value_minor: Decimal
    capacity_kwh: Decimal | None = None
    export_code: str | None = None
    days: tuple[ShownDay, ...] = ()
    """What that plan does on its cheapest and on its dearest day."""
    payback_years: Decimal | None = None
    net_present_value_range_minor: tuple[Decimal, ...] | None = None
    """In one drawn history of ten it is below the first, in one above the second."""


class Choice(Record):
    """Every tariff, with the home at its best on each; cheapest first."""

    start: datetime
    end: datetime
    currency: str
    devices: tuple[str, ...]
    ranked_by: str
    """``rolling`` or ``foresight``."""
    slots: int
    planned_slots: int
    """Of them, those with a reading in which every tariff has a price; in the others nothing is done or billed."""
    offers: tuple[Offer, ...]
    advice: tuple[Advice, ...]
    notices: tuple[str, ...]
    """What is to be known of the figures."""
    sizes: tuple[Weighed, ...] = ()
    present: int | None = None
    """The place in ``offers`` of what the home is on."""
    moving: Move | None = None
    scenario: Choice | None = None
    """The same home under rates of other years."""

    _keys: ClassVar[dict[str, str]] = {"moving": "move"}


HomeDevices = Mapping[
    str, Battery | BatteryDefinition | ApplianceDefinition | ThermalDefinition | tuple[Battery | BatteryDefinition, BatteryRequest | None]
]
"""What a home has: batteries, cars, appliances and thermal stores by name, a battery or car alone or in a pair with what is asked of it."""


class BuyOption(Record, kw_only=True):
    """Something to buy, beside the home as it is: devices, panels, or both. Money is in pounds (euros)."""

    name: str
    price: Number
    devices: HomeDevices = {}
    """Batteries, cars, appliances and thermal stores that come with it."""
    solar: Consumption | None = None
    """The generation of the panels that come with it."""
    solar_times: Number | None = None
    """As much of it so many times."""
    replaces: tuple[str, ...] = ()
    """The devices of the home that it takes the place of, by their names."""
    saves_a_year: Number = 0
    """What it saves a year beside the bill: fuel that is not bought."""
    years: int | None = None
    """How many years it serves, where that is not as for the others."""


def _described(devices: Any, zone: str, field: str = "devices") -> list[tuple[str, str, str]]:
    """Devices by name, each with its kind."""
    if not isinstance(devices, Mapping):
        refuse(field, devices, "a mapping of names to batteries: {'Home battery': kwhen.Battery(10, 5)}")
    parts = []
    for name, device in devices.items():
        if isinstance(device, (ApplianceDefinition, ThermalDefinition)):
            kind = "appliance" if isinstance(device, ApplianceDefinition) else "thermal"
            parts.append((text(name, field), kind, device._said))
            continue
        pair = device if isinstance(device, tuple) else (device, None)
        (battery, request), *_ = tuples([pair], field, 2, "a pair of a battery and what is asked of it (or None)")
        parts.append((text(name, field), "battery", _definition(battery, request, zone)))
    return parts


def _bought(option: Any, zone: str) -> dict[str, Any]:
    """Something to buy, without its panels."""
    option = instance(option, BuyOption, "buy", "BuyOption(name=..., price=..., devices={...})")
    return {
        "name": text(option.name, "name"),
        "price": number(option.price, "price"),
        "devices": _described(option.devices, zone),
        "replaces": [text(name, "replaces") for name in items(option.replaces, "replaces", "names of devices")],
        "solar_times": None if option.solar_times is None else number(option.solar_times, "solar_times"),
        "saves_a_year": number(option.saves_a_year, "saves_a_year"),
        "years": None if option.years is None else whole(option.years, "years"),
    }


def _others(scenario: RateSeries | Mapping[str, RateSeries] | None) -> list[tuple[str | None, _kwhen.Rates]]:
    """Rates of other years, each with the code of the tariff whose they are."""
    if scenario is None:
        return []
    named = {None: scenario} if isinstance(scenario, RateSeries) else scenario
    if not isinstance(named, Mapping):
        refuse("scenario", scenario, "rates of other years, or a mapping of codes to them")
    others: list[tuple[str | None, _kwhen.Rates]] = []
    for code, rates in named.items():
        if not isinstance(rates, RateSeries):
            refuse("scenario", rates, "kwhen.RateSeries")
        others.append((None if code is None else text(code, "scenario"), rates._native))
    return others


@hinted
def choose(
    consumption: Consumption,
    tariffs: Sequence[Tariff],
    during: Period,
    devices: HomeDevices,
    *,
    export: Consumption | None = None,
    export_tariffs: Sequence[Tariff] = (),
    solar: Consumption | None = None,
    now: str | None = None,
    now_export: str | None = None,
    exit_fee: Number | None = None,
    at: When | None = None,
    has: Iterable[str] | None = None,
    foresight: bool = False,
    past_days: int = 28,
    scenario: RateSeries | Mapping[str, RateSeries] | None = None,
    scenario_cap: Number | None = None,
    resample: int | None = None,
    seed: int = 1,
    size_kwh: Iterable[Number] = (),
    size_price: Iterable[Number] = (),
    buy: Iterable[BuyOption] = (),
    years: int = 10,
    discount: Number = 4,
    import_limit_kw: Number | None = None,
    export_limit_kw: Number | None = None,
    time_zone: Zone = LONDON,
    rules: Rules = "exact",
    missing: str = "exclude",
    progress: Progress | None = None,
) -> Choice:
    """Every tariff with the home at its best on it, as ``kwhen compare --battery`` says it: as used, planned with foresight, and planned
    from day to day on what was known then. Each figure is the bill of its plan.

    :param devices: batteries, cars, appliances and thermal stores by name, a battery or car alone or in a pair with what is asked of it. The readings are taken as the home
        without them.
    :param solar: generation that is not in the readings: panels to buy.
    :param now: the code of the tariff that the home is on, one of ``tariffs``; ``exit_fee`` (pounds, euros) is what leaving it costs, else what its
        definition says.
    :param at: the moment of the choice: what is not sold then comes after what can be had.
    :param has: what the home has beside its devices, and nothing else: ``car``, ``export``, ``heat-pump``, ``battery``, ``solar``.
    :param scenario: rates of other years, moved onto this time by weekday and season, for the tariffs that are published a day ahead; or by the code of
        the tariff whose they are. ``scenario_cap`` (pence a kWh) is the most of them.
    :param foresight: plan with all of the time known alone: quicker, and what no plan can reach.
    :param resample: so many histories are drawn, for a range of what one tariff costs more than another.
    :param size_kwh: capacities to weigh for the first device, each at its ``size_price`` (pounds, euros).
    :param buy: whatever else could be bought, weighed beside the home as it is; what each is worth is in ``sizes`` too.
    :param progress: told how many offers are done, of how many.
    """
    zone = zone_name(time_zone)
    options = items(buy, "buy", "a list of kwhen.BuyOption")
    sizes, prices = numbers(size_kwh, "size_kwh"), numbers(size_price, "size_price")
    if len(sizes) != len(prices):
        raise MisalignedError(f"size_kwh has {len(sizes)} sizes and size_price {len(prices)} prices: give one price for each size")
    how: dict[str, Any] = {
        "zone": zone,
        "rules": rules_text(rules),
        "missing": text(missing, "missing"),
        "past_days": None if flag(foresight, "foresight") else whole(past_days, "past_days"),
        "now": optional_text(now, "now"),
        "now_export": optional_text(now_export, "now_export"),
        "exit_fee": None if exit_fee is None else number(exit_fee, "exit_fee"),
        "at": None if at is None else instant(at, zone),
        "has": None if has is None else [text(one, "has") for one in has],
        "scenario_cap": None if scenario_cap is None else number(scenario_cap, "scenario_cap"),
        "resample": 0 if resample is None else whole(resample, "resample", 10),
        "seed": whole(seed, "seed"),
        "sizes": list(zip(sizes, prices)),
        "options": [_bought(option, zone) for option in options],
        "years": whole(years, "years"),
        "discount": number(discount, "discount"),
        "import_limit_kw": None if import_limit_kw is None else number(import_limit_kw, "import_limit_kw"),
        "export_limit_kw": None if export_limit_kw is None else number(export_limit_kw, "export_limit_kw"),
    }
    found = _kwhen.choose(
        _readings(consumption)._native,
        _tariffs(tariffs, "tariffs"),
        period_of(during, zone),
        _described(devices, zone),
        None if export is None else _readings(export, "export")._native,
        _tariffs(export_tariffs, "export_tariffs"),
        None if solar is None else _readings(solar, "solar")._native,
        _others(scenario),
        [None if option.solar is None else _readings(option.solar, "solar")._native for option in options],
        json.dumps(how),
        _told(progress),
    )
    return decode(Choice, found)
