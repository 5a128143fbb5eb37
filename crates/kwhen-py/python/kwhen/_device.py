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
from ._edges import LONDON, Number, Zone, number, number_rows, numbers, payload_text, zone_name
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
    kwh: Number
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
    wear_minor_per_kwh: Number = 0
    """What a kWh discharged wears off."""
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

    def _json(self) -> str:
        hybrid = self.inverter
        if hybrid is not None:
            instance(hybrid, HybridInverter, "inverter", "HybridInverter(output_kw, input_kw)")
        return json.dumps(
            {
                "kwh": number(self.kwh, "kwh"),
                "charge_kw": number(self.kw, "kw"),
                "discharge_kw": number(self.kw if self.discharge_kw is None else self.discharge_kw, "discharge_kw"),
                "min_kw": number(self.min_kw, "min_kw"),
                "charge_efficiency": number(self.charge_efficiency, "charge_efficiency"),
                "discharge_efficiency": number(self.discharge_efficiency, "discharge_efficiency"),
                "charge_curve": number_rows(self.charge_curve, "charge_curve", 2),
                "discharge_curve": number_rows(self.discharge_curve, "discharge_curve", 2),
                "store_kw": None if self.store_kw is None else number_rows([self.store_kw], "store_kw", 2)[0],
                "wear": number(self.wear_minor_per_kwh, "wear_minor_per_kwh"),
                "standing_loss_kw": number(self.standing_loss_kw, "standing_loss_kw"),
                "standby_kw": number(self.standby_kw, "standby_kw"),
                "hybrid": None
                if hybrid is None
                else numbers((hybrid.output_kw, hybrid.output_efficiency, hybrid.input_kw, hybrid.input_efficiency), "inverter"),
            }
        )


class BatteryDefinition:
    """A battery (or an electric car) and what is asked of it, as one file says both. Takes the place of a :class:`Battery`.

    :param definition: TOML or JSON text, or a mapping of the same fields (see docs/battery-files.md). Times without a zone are local.

    >>> BatteryDefinition({"capacity_kwh": 10, "power_kw": 5, "start_kwh": 2}).kwh
    Decimal('10')
    """

    __slots__ = ("_text", "kw", "kwh", "name")

    def __init__(self, definition: str | Mapping[str, Any], *, time_zone: Zone = LONDON) -> None:
        said = payload_text(definition, "definition")
        if isinstance(definition, str) and not definition.lstrip().startswith("{"):
            said = _kwhen.toml_as_json(said)
        # Digit by digit: the definition's text goes in as it is.
        self._text = f'{{"definition": {said}, "zone": {json.dumps(zone_name(time_zone))}}}'
        name, kwh, kw, _ = _kwhen.battery_facts(self._text)
        self.name: str | None = name
        self.kwh = Decimal(kwh)
        self.kw = Decimal(kw)

    @classmethod
    def from_file(cls, path: str | PathLike[str], *, time_zone: Zone = LONDON) -> BatteryDefinition:
        """From a definition file in TOML or JSON."""
        return cls(read_file(path), time_zone=time_zone)

    def _json(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<BatteryDefinition {self.name or ''}{': ' if self.name else ''}{self.kwh} kWh, {self.kw} kW>"
