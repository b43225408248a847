"""Calls to a vault or pointer from where something else must not wait for them: aside, and bounded in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kafkadr.aside import aside, bounded
from kafkadr.errors import DrError, UnreachableError

CALL_SECONDS = 60.0
"""More than the tries of any one service add up to; mounted storage knows no limit of its own."""
_REMEDY = "Check the service, its address and the settings of its client, then run the same command again"
Result = TypeVar("Result")


async def asked(what: str, call: Callable[[], Result], seconds: float | None = None) -> Result:
    """The answer of a store, whose client may be made in the call as well.

    Args:
        what: The store in words, for instance "the vault".
        call: What blocks.
        seconds: How long to wait at most; `CALL_SECONDS` when None.

    Raises:
        UnreachableError: No answer in time, or the client could not be made.
    """
    seconds = CALL_SECONDS if seconds is None else seconds
    try:
        return await aside(call, seconds)
    except DrError:
        raise
    except Exception as error:  # noqa: BLE001 - what a client makes of an odd answer is trouble with the store
        raise _told(what, error, seconds) from None


def asked_at_once(what: str, call: Callable[[], Result]) -> Result:
    """The same where there is no event loop to wait in."""
    try:
        return bounded(call, CALL_SECONDS)
    except DrError:
        raise
    except Exception as error:  # noqa: BLE001 - the same
        raise _told(what, error, CALL_SECONDS) from None


def _told(what: str, error: Exception, seconds: float) -> DrError:
    """`TimeoutError` is an `OSError`. Only the kind of another: its text may repeat what was sent."""
    if isinstance(error, TimeoutError):
        return UnreachableError(f"{what} has not answered in {seconds:.0f} s", _REMEDY)
    return UnreachableError(f"{what} cannot be used ({type(error).__name__})", _REMEDY)
