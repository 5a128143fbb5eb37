"""Any question of the command, by its name and the names of its flags."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from . import _kwhen
from ._battery import Progress, _told
from ._check import nearest, optional_text, refuse, text
from ._edges import LONDON, Period, Zone, instant, now_seconds, zone_name
from ._errors import ParseError, UnsupportedError
from ._series import period_of
from ._tariff import Tariff


class NoteWarning(UserWarning):
    """What is to be known beside an answer, such as what was left out of it."""


def _expect() -> None:
    if not _kwhen.HAS_FETCH:
        raise UnsupportedError("this build of kwhen was made without questions of the command: build it with the cargo feature 'fetch'")


def _plain(value: Any, name: str) -> Any:
    """A value as a request in JSON has it. Numbers go digit by digit."""
    if isinstance(value, bool) or type(value) is int:
        return value
    if isinstance(value, str):
        return text(value, name)
    if isinstance(value, (Decimal, float)):
        return format(value, "f") if isinstance(value, Decimal) else repr(value)
    if isinstance(value, os.PathLike):
        return text(os.fspath(value), name)
    if isinstance(value, datetime):
        return datetime.fromtimestamp(instant(value, LONDON), timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [_plain(one, name) for one in value]
    refuse(name, value, "text, a number, True or False, a date, an aware datetime, a path, or a list of those")


def ask(question: str, /, *, progress: Progress | None = None, **fields: Any) -> Any:
    """The answer that the command gives to a question, as its JSON: of files, of what ``kwhen fetch`` has stored, of what is on sale.

    Fields are the command's flags with underscores, ``from_`` for ``from``; a flag that may be said several times takes a list. The answer is what
    ``--format json`` writes (docs/schema): decimals are text, money is in minor units, instants are RFC 3339 in UTC. What is to be known beside it is a
    :class:`NoteWarning`. No file of defaults is read.

    :param question: such as ``bill``, ``compare`` or ``tariff-on-sale``; :func:`questions` names them all.
    :param progress: told how many plans are made, of how many.

    >>> kwhen.ask("bill", store="kwhen.db", from_="2026-03-01", to="2026-04-01")["total_minor"]  # doctest: +SKIP
    '9141.4823955'
    """
    _expect()
    asked = {}
    for name, value in fields.items():
        if value is not None:
            asked["from" if name == "from_" else name] = _plain(value, name)
    answer, notes = _kwhen.ask(text(question, "question"), json.dumps(asked), now_seconds(), _told(progress))
    for note in notes:
        warnings.warn(note, NoteWarning, stacklevel=2)
    return json.loads(answer)


def questions(question: str | None = None) -> Any:
    """What :func:`ask` can be asked, by name; of one question the JSON Schema of its fields."""
    _expect()
    known = dict(_kwhen.questions(now_seconds()))
    if question is None:
        return tuple(known)
    if question not in known:
        raise ParseError(f"question: there is none called {question!r}{nearest(text(question, 'question'), known)}")
    return json.loads(known[question])


def read_tariffs(
    source: str | os.PathLike[str],
    *,
    store: str | os.PathLike[str] | None = None,
    during: Period | None = None,
    payment_method: str | None = None,
    time_zone: Zone = LONDON,
) -> list[Tariff]:
    """The tariffs of a file, or of a code in a store, as ``--tariff`` of the command takes them: a definition, products, ``rates.csv,standing-charges.csv``,
    or the list of what is on sale that ``ask("tariff-on-sale", ...)`` and ``kwhen tariff on-sale --format json`` give. Of a tariff that is stored what holds
    somewhere in ``during`` is read. One that is left out is said by a :class:`NoteWarning`.
    """
    _expect()
    zone = zone_name(time_zone)
    tariffs, notes = _kwhen.read_tariffs(
        text(os.fspath(source), "source"),
        None if store is None else text(os.fspath(store), "store"),
        None if during is None else period_of(during, zone),
        zone,
        optional_text(payment_method, "payment_method"),
        now_seconds(),
    )
    for note in notes:
        warnings.warn(note, NoteWarning, stacklevel=2)
    return [Tariff._of(native) for native in tariffs]
