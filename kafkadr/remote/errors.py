"""What vaults and pointers can answer, told alike whichever service is behind them; none of it carries a secret.

A service that does not answer is `kafkadr.errors.UnreachableError`.
"""

from __future__ import annotations

from kafkadr.errors import DrError, ExitCode


class AddressError(DrError):
    """The address of a vault or pointer, or the name of an entry, is not of the form it must have."""

    exit_code = ExitCode.USAGE


class DeniedError(DrError):
    """The service answered and let us not: wrong credentials, or too few rights."""


class ReadOnlyError(DeniedError):
    """What was asked for needs writing, and writing is what we may not."""


class DeletedError(DrError):
    """The entry is marked as deleted (by hand), so it can be neither read nor written until someone decides."""


class TooLargeError(DrError):
    """The entry does not fit into the service; nothing was sent."""


class DamagedError(DrError):
    """Something is stored there, but not by us or not any more as we wrote it."""
