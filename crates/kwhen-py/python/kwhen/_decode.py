"""The engine's JSON as results."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ._record import Record

T = TypeVar("T", bound=Record)
_NAMES = {"start": "from", "end": "to"}


def parse_instant(text: str) -> datetime:
    """An aware datetime of the engine's RFC 3339 text."""
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def _identity(value: Any) -> Any:
    return value


_Converter = Callable[[Any], Any]
_plans: dict[type[Record], list[tuple[str, str, _Converter]]] = {}


def _converter(hint: Any) -> _Converter:
    if hint is Decimal:
        return lambda value: Decimal(str(value))
    if hint is datetime:
        return parse_instant
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        inner = _converter(next(part for part in get_args(hint) if part is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _converter(get_args(hint)[0])
        return lambda values: tuple(map(item, values))
    if isinstance(hint, type) and issubclass(hint, Record):
        return lambda value: build(hint, value)
    return _identity


def build(kind: type[T], document: dict[str, Any]) -> T:
    """A result of a class from what JSON held."""
    plan = _plans.get(kind)
    if plan is None:
        hints = get_type_hints(kind)
        names = {**_NAMES, **kind._keys}
        plan = [(name, names.get(name, name), _converter(hints[name])) for name in kind._fields]
        _plans[kind] = plan
    document = kind._document(document)
    values = {name: convert(document[key]) for name, key, convert in plan if key in document}
    return kind(**values)


def decode(kind: type[T], text: str) -> T:
    """A result of a class from the engine's JSON."""
    return build(kind, json.loads(text))


def decode_list(kind: type[T], text: str) -> tuple[T, ...]:
    """Results of a class from the engine's JSON."""
    return tuple(build(kind, document) for document in json.loads(text))
