"""What can go wrong, as exceptions.

All are :class:`KwhenError`. Those about what a caller passed in are :class:`ValueError` too, so that code which knows nothing of
kwhen catches them as it would any other bad value.
"""

from __future__ import annotations


class KwhenError(Exception):
    """Anything that the engine refuses. The message names the source, the row, the field and the value where there is one."""

    row: int | None = None
    """The row that it was seen in, counted from 1, if it was in one."""
    field: str | None = None
    """The field or column that it was seen in, if it was in one."""


class InputError(KwhenError, ValueError):
    """Something that was passed in is wrong."""


class ParseError(InputError):
    """Text or a value that cannot be read: broken JSON or CSV, not a number, a wrong column or name."""


class NaiveDatetimeError(InputError, TypeError):
    """A datetime without a time zone. Which instant it means would be a guess, wrong twice a year."""


class WrongTypeError(InputError, TypeError):
    """Something of another type than the function takes. The message says what it takes and how to make one."""


class OutOfRangeError(InputError):
    """A value outside what its type or rule allows."""


class PrecisionError(InputError):
    """More digits than are held exactly, where no rounding was named."""


class OrderError(InputError):
    """Something that ends before it starts."""


class OverlapError(InputError):
    """Intervals that overlap and disagree."""


class ConflictError(InputError):
    """Two rows that say different things of the same interval."""


class MisalignedError(InputError):
    """An instant that is not on the grid, or columns of different lengths."""


class MissingDataError(KwhenError, LookupError):
    """Data that is needed and is not there. Nothing is ever taken as zero instead."""


class InfeasibleError(KwhenError):
    """A plan that no schedule can meet."""


class UnsupportedError(KwhenError, NotImplementedError):
    """A tariff, rule or combination that this version does not cover."""


class FetchError(KwhenError, OSError):
    """The service could not be reached, or answered with an error."""


class AuthenticationError(FetchError, PermissionError):
    """The key is missing, wrong or not allowed to see this."""


class NotFoundError(FetchError):
    """The service knows no such thing."""


class RateLimitedError(FetchError):
    """The service asked for a longer pause than is waited for."""
