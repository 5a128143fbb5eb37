"""Arguments of the wrong kind, named in words before the engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from operator import index
from os import PathLike
from typing import Any, NoReturn, ParamSpec, TypeVar

from ._errors import OutOfRangeError, ParseError, WrongTypeError

T = TypeVar("T")
P = ParamSpec("P")


def nearest(name: str, names: Iterable[str]) -> str:
    """What was probably meant, as the end of a message; nothing where no name is near."""
    from difflib import get_close_matches

    names = list(names)
    found = get_close_matches(name, names, 1) or [other for other in names if name and (other.startswith(name) or other.endswith(name))][:1]
    return f"; did you mean {found[0]!r}?" if found else ""


def hinted(function: Callable[P, T]) -> Callable[P, T]:
    """A function whose refusal of a keyword names the nearest that it knows; nothing is done before it refuses."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except TypeError:
            code = function.__code__
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            unknown = next((name for name in kwargs if name not in names), None)
            if unknown is None:
                raise
            raise TypeError(f"{function.__name__}: there is no {unknown!r}{nearest(unknown, names)}") from None

    return called


def shown(value: object) -> str:
    """A value as a message shows it: short, with what it is."""
    try:
        text = repr(value)
    except Exception:  # what somebody else's repr raises is no answer
        text = "..."
    if len(text) > 60:
        text = f"{text[:60]}..."
    kind = type(value)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__.split('.')[0]}."
    return "None" if value is None else f"{text} of type {module}{kind.__qualname__}"


def refuse(name: str, value: object, wanted: str) -> NoReturn:
    """Raises that an argument is of the wrong type."""
    raise WrongTypeError(f"{name}: {shown(value)} is not {wanted}")


def instance(value: Any, kind: type[T], name: str, how: str) -> T:
    """A value of one of the package's classes."""
    if not isinstance(value, kind):
        refuse(name, value, f"a kwhen.{kind.__name__}: {how}")
    return value


def text(value: Any, name: str, wanted: str = "text") -> str:
    """Text that can be written as UTF-8."""
    if type(value) is str and value.isascii():
        return value
    if not isinstance(value, str):
        refuse(name, value, wanted)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ParseError(f"{name}: {value!r} has characters that are no text") from None
    return value


def optional_text(value: Any, name: str, wanted: str = "text") -> str | None:
    """Text, if there is any."""
    return None if value is None else text(value, name, wanted)


def flag(value: Any, name: str) -> bool:
    """Yes or no."""
    if isinstance(value, bool):
        return value
    if type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    refuse(name, value, "True or False")


def whole(value: Any, name: str, least: int = 0, most: int = 2**31 - 1) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool):
        refuse(name, value, "a whole number")
    try:
        number = index(value)
    except TypeError:
        refuse(name, value, "a whole number")
    if not least <= number <= most:
        raise OutOfRangeError(f"{name}: {number} is not from {least} to {most}")
    return number


def optional_whole(value: Any, name: str, least: int = 0, most: int = 2**31 - 1) -> int | None:
    """A whole number within bounds, if there is one."""
    return None if value is None else whole(value, name, least, most)


def items(values: Any, name: str, wanted: str) -> list[Any]:
    """The items of a list of any kind; text is none."""
    if type(values) in (tuple, list):
        return list(values)
    if isinstance(values, (str, bytes, bytearray, memoryview)) or not isinstance(values, Iterable):
        refuse(name, values, wanted)
    return list(values)


def tuples(values: Any, name: str, size: int, wanted: str) -> list[tuple[Any, ...]]:
    """The items of a list, each of so many parts."""
    found = []
    for item in items(values, name, wanted):
        if isinstance(item, (str, bytes, bytearray)) or not isinstance(item, Iterable):
            refuse(name, item, wanted)
        parts = tuple(item)
        if len(parts) != size:
            raise ParseError(f"{name}: {shown(item)} has {len(parts)} parts, not {size}: give {wanted}")
        found.append(parts)
    return found


def read_file(path: Any) -> str:
    """The text of a file, in UTF-8."""
    if not isinstance(path, (str, PathLike)):
        refuse("path", path, "the path of a file")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise ParseError(f"{path}: is not UTF-8 text") from None
    except ValueError as error:
        raise ParseError(f"path: {error}") from None
