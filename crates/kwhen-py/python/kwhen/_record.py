"""Immutable records. They do what frozen dataclasses do; those would take most of the time that importing the package takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ._check import nearest

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Any:
        """Nothing when the program runs."""
        return lambda thing: thing


@dataclass_transform(frozen_default=True)
class Record:
    """Fields by annotation, in order, with defaults; equal when all fields are."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _by_place: ClassVar[int] = 0
    """So many fields may be given without their names."""
    _defaults: ClassVar[dict[str, Any]] = {}
    _keys: ClassVar[dict[str, str]] = {}
    """What the engine's JSON calls a field, where that is not its name."""

    def __init_subclass__(cls, kw_only: bool = False) -> None:
        names = [name for name, hint in cls.__dict__.get("__annotations__", {}).items() if "ClassVar" not in str(hint)]
        cls._by_place = len(cls._fields) + (0 if kw_only else len(names))
        cls._fields = (*cls._fields, *names)
        cls._defaults = {**cls._defaults, **{name: cls.__dict__[name] for name in names if name in cls.__dict__}}

    if not TYPE_CHECKING:

        def __init__(self, *values: Any, **named: Any) -> None:
            if len(values) > self._by_place:
                takes = ", ".join(self._fields[: self._by_place]) or "nothing"
                rest = ", ".join(self._fields[self._by_place :])
                raise TypeError(f"{type(self).__name__} takes {takes} by place, not {len(values)} values{'; give by name: ' if rest else ''}{rest}")
            given = dict(zip(self._fields, values))
            for name, value in named.items():
                if name not in self._fields or name in given:
                    said = "given twice" if name in given else f"no field{nearest(name, self._fields)}"
                    raise TypeError(f"{type(self).__name__}: {name!r} is {said}")
                given[name] = value
            for name in self._fields:
                if name not in given:
                    if name not in self._defaults:
                        raise TypeError(f"{type(self).__name__}: {name!r} is missing")
                    given[name] = self._defaults[name]
            self.__dict__.update((name, given[name]) for name in self._fields)

    @classmethod
    def _document(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The engine's JSON with its keys where :func:`build` looks for them."""
        return document

    def replace(self, **changes: Any) -> Self:
        """The same with some fields changed."""
        return type(self)(**{**{name: getattr(self, name) for name in self._fields}, **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another with .replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._fields)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"
