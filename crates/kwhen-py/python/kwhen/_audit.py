"""All statements of an account beside the engine's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import _kwhen
from ._bill import Rules, Supply, _supplies, _tariffs
from ._bill_results import ReconciledLine
from ._check import hinted, text, tuples
from ._decode import decode
from ._edges import LONDON, Bytes, Number, Zone, instant, now_seconds, number, payload, rules_text, zone_name
from ._record import Record
from ._tariff import Tariff, tariff_of


class Cause(Record):
    """Why a statement may differ: with that one thing changed its own figures come out."""

    kind: str
    """``rounding_rule``, ``tariff_change``, ``payment_method`` ...: ``docs/billing-rules.md`` has all."""
    explains_all: bool
    """Whether every line that differs agrees under it."""
    rows: tuple[int, ...]
    """The lines that agree under it."""
    evidence: str
    """What was changed, with dates and figures."""
    difference_minor: Decimal
    """What it makes of the total; above zero: too much was asked for."""


class AuditedStatement(Record):
    """What came of a statement."""

    statement: str
    start: datetime
    end: datetime
    agrees: bool
    """Whether every line agrees to its last printed digit."""
    stated_minor: Decimal | None
    computed_minor: Decimal | None
    difference_minor: Decimal | None
    """Stated less computed; above zero: too much was asked for."""
    causes: tuple[Cause, ...]
    """The likeliest causes of what differs, the likeliest first."""
    unexplained_rows: tuple[int, ...]
    remarks: tuple[str, ...]
    lines: tuple[ReconciledLine, ...]


class Audit(Record):
    """All statements of an account, in order of time."""

    rules: str
    agreeing: int
    differing: int
    difference_minor: Decimal
    """What differs in all; above zero: too much was asked for."""
    statements: tuple[AuditedStatement, ...]


@hinted
def audit(
    statements: str | Bytes | Sequence[Mapping[str, Any]],
    supplies: Sequence[Supply],
    tariffs: Sequence[Tariff],
    *,
    other_prices: Mapping[str, Tariff] | None = None,
    replaced: Sequence[tuple[str, datetime, Number]] = (),
    time_zone: Zone = LONDON,
    rules: Rules = "octopus-statement",
    missing: str = "exclude",
) -> Audit:
    """Whether each statement of an account is right, and the likeliest causes of what differs, as ``kwhen audit`` finds them.

    :param statements: typed, JSON or CSV as ``kwhen audit`` reads them, or a list of mappings with ``from``, ``to`` and ``lines``.
    :param other_prices: the same tariffs at other prices, such as another payment method's, by what they are: ``{"without direct debit": tariff}``.
    :param replaced: readings that came with another value at first: the supply's name, when its slot starts, what it was.
    """
    zone = zone_name(time_zone)
    others = [(text(label, "other_prices"), tariff_of(tariff, "other_prices")._native) for label, tariff in (other_prices or {}).items()]
    was = [
        (text(name, "replaced"), instant(start, zone, now_seconds()), number(energy, "replaced"))
        for name, start, energy in tuples(replaced, "replaced", 3, "a supply's name, when the slot starts, what the reading was")
    ]
    found = _kwhen.audit(
        payload(statements, "statements"),
        _supplies(supplies, zone),
        _tariffs(tariffs, "tariffs"),
        others,
        was,
        zone,
        rules_text(rules),
        text(missing, "missing"),
    )
    return decode(Audit, found)
