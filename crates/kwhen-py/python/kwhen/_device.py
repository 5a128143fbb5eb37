"""Batteries, by their figures or by a definition file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

from . import _kwhen
from ._check import instance, read_file
from ._edges import LONDON, Number, Zone, number, number_rows, payload_text, zone_name
from ._errors import MissingDataError
from ._record import Record


class _Powers(Record):
    output_kw: Number
    """The most power out, AC."""
    input_kw: Number
    """The most power in, AC."""


class HybridInverter(_Powers, kw_only=True):
    """An inverter that battery and solar share on its DC side. Its two powers go by place, its efficiencies by name: each is of one way."""

    output_efficiency: Number = "0.97"
    input_efficiency: Number = "0.97"


class _Size(Record):
    capacity_kwh: Number
    """Usable capacity."""
    kw: Number
    """The most power each way."""


class Battery(_Size, kw_only=True):
    """A battery, its converters, and what using it costs. The store counts DC kWh, powers are AC.

    Size and power go by place, ``Battery(10, 5)``; all else by name, since one efficiency could be of either way, or of both
    together. Each is 0.95 unless said: of 10 kWh taken in 9.5 are stored, and 9.025 come out.
    """

    charge_efficiency: Number = "0.95"
    """Energy stored for energy taken from the AC side."""
    discharge_efficiency: Number = "0.95"
    """Energy given at the AC side for energy drawn from the store."""
    wear: Number = 0
    """What a kWh discharged wears off, in pence."""
    min_kw: Number = 0
    """The least power when it runs."""
    discharge_kw: Number | None = None
    """The most power out, where it differs."""
    standing_loss_kw: Number = 0
    """What the store loses while there is anything in it."""
    standby_kw: Number = 0
    """What the device takes all the time."""
    charge_curve: tuple[tuple[Number, Number], ...] = ()
    """Efficiencies that depend on the power: ``((1, "0.90"), (5, "0.95"))``; the last power is the most."""
    discharge_curve: tuple[tuple[Number, Number], ...] = ()
    store_kw: tuple[Number, Number] | None = None
    """The most power into and out of the store itself, whatever the converters could do."""
    inverter: HybridInverter | None = None

    def _definition(self) -> dict[str, Any]:
        """The device as a definition file says it."""

        def converter(kw: Number, efficiency: Number, curve: Any, name: str) -> dict[str, Any]:
            points = [{"kw": power, "efficiency": share} for power, share in number_rows(curve, f"{name}_curve", 2)]
            said = {"curve": points} if points else {"kw": number(kw, "kw"), "efficiency": number(efficiency, f"{name}_efficiency")}
            return {**said, "min_kw": number(self.min_kw, "min_kw")}

        discharge_kw = self.kw if self.discharge_kw is None else self.discharge_kw
        definition = {
            "capacity_kwh": number(self.capacity_kwh, "capacity_kwh"),
            "kw": number(self.kw, "kw"),
            "charge": converter(self.kw, self.charge_efficiency, self.charge_curve, "charge"),
            "discharge": converter(discharge_kw, self.discharge_efficiency, self.discharge_curve, "discharge"),
            "wear": number(self.wear, "wear"),
            "standing_loss_kw": number(self.standing_loss_kw, "standing_loss_kw"),
            "standby_kw": number(self.standby_kw, "standby_kw"),
        }
        if self.store_kw is not None:
            definition["store_charge_kw"], definition["store_discharge_kw"] = number_rows([self.store_kw], "store_kw", 2)[0]
        if self.inverter is not None:
            hybrid = instance(self.inverter, HybridInverter, "inverter", "HybridInverter(output_kw, input_kw)")
            definition["inverter"] = {name: number(getattr(hybrid, name), "inverter") for name in hybrid._fields}
        return definition


class ApplianceDefinition:
    """An appliance that runs a fixed programme again and again, as a file says it (see docs/battery-files.md): for :func:`kwhen.choose`.

    :param definition: TOML or JSON text, or a mapping of the same fields; ``runs`` say on which days, and between which times of the clock on the wall.

    >>> washer = {"program": {"step_minutes": 60, "kw": [1, 1]}, "runs": [{"earliest": "20:00", "latest": "07:00"}]}
    >>> ApplianceDefinition(washer).minutes
    120
    """

    __slots__ = ("_said", "minutes", "name")

    def __init__(self, definition: str | Mapping[str, Any]) -> None:
        said = payload_text(definition, "definition")
        if isinstance(definition, str) and not definition.lstrip().startswith("{"):
            said = _kwhen.toml_as_json(said)
        self._said = said
        self.name: str | None
        self.name, self.minutes, runs_again = _kwhen.appliance_facts(said)
        if not runs_again:
            raise MissingDataError("runs: over months an appliance runs again and again: say on which days, and between which times, in runs")

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> ApplianceDefinition:
        """From a definition file in TOML or JSON."""
        return cls(read_file(path))

    def __repr__(self) -> str:
        return f"<ApplianceDefinition {self.name or ''}{': ' if self.name else ''}{self.minutes} minutes>"


class ThermalDefinition:
    """A hot-water tank or a heat pump, as a file says it (see docs/battery-files.md): for :func:`kwhen.choose`.

    :param definition: TOML or JSON text, or a mapping of the same fields; in ``draws`` a time of day without a date is meant on each day.

    >>> tank = {"name": "Hot water", "capacity_kwh": 9, "kw": [3], "draws": [{"at": "07:00", "kwh": 4}, {"at": "19:00", "kwh": 3}]}
    >>> ThermalDefinition(tank).name
    'Hot water'
    """

    __slots__ = ("_said", "name")

    def __init__(self, definition: str | Mapping[str, Any]) -> None:
        said = payload_text(definition, "definition")
        if isinstance(definition, str) and not definition.lstrip().startswith("{"):
            said = _kwhen.toml_as_json(said)
        self._said = said
        self.name: str | None = _kwhen.thermal_facts(said)

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> ThermalDefinition:
        """From a definition file in TOML or JSON."""
        return cls(read_file(path))

    def __repr__(self) -> str:
        return f"<ThermalDefinition {self.name}>" if self.name else "<ThermalDefinition>"


DEVICE = frozenset(
    "name capacity_kwh kw charge discharge store_charge_kw store_discharge_kw inverter wear standing_loss_kw standby_kw".split()
)
"""What of a definition is about the device; the rest is asked of it."""


def definition_text(said: str, zone: str) -> str:
    """What the engine takes: a definition's JSON as it is, and the clock of its times."""
    return f'{{"definition": {said}, "zone": {json.dumps(zone)}}}'


class BatteryDefinition:
    """A battery (or an electric car) and what is asked of it, as one file says both. Takes the place of a :class:`Battery`.

    :param definition: TOML or JSON text, or a mapping of the same fields (see docs/battery-files.md). Times without a zone are local.

    >>> BatteryDefinition({"capacity_kwh": 10, "kw": 5, "start_kwh": 2}).capacity_kwh
    Decimal('10')
    """

    __slots__ = ("_said", "_zone", "capacity_kwh", "kw", "name")

    def __init__(self, definition: str | Mapping[str, Any], *, time_zone: Zone = LONDON) -> None:
        said = payload_text(definition, "definition")
        if isinstance(definition, str) and not definition.lstrip().startswith("{"):
            said = _kwhen.toml_as_json(said)
        self._said, self._zone = said, zone_name(time_zone)
        name, capacity, kw, _ = _kwhen.battery_facts(definition_text(said, self._zone))
        self.name: str | None = name
        self.capacity_kwh = Decimal(capacity)
        self.kw = Decimal(kw)

    @classmethod
    def from_file(cls, path: str | PathLike[str], *, time_zone: Zone = LONDON) -> BatteryDefinition:
        """From a definition file in TOML or JSON."""
        return cls(read_file(path), time_zone=time_zone)

    def _definition(self) -> dict[str, Any]:
        """The device alone; decimals stay digit by digit as they are."""
        said: dict[str, Any] = json.loads(self._said, parse_float=str)
        return {name: value for name, value in said.items() if name in DEVICE}

    def __repr__(self) -> str:
        return f"<BatteryDefinition {self.name or ''}{': ' if self.name else ''}{self.capacity_kwh} kWh, {self.kw} kW>"
