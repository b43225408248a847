"""Whether a key authenticates: new keys and clusters need a minute or two before they work (S84)."""

from __future__ import annotations

import random
from collections.abc import Callable

from kafkadr.errors import ApiError, DrError, UnreachableError
from kafkadr.rest import KafkaRest

IN_A_ROW = 2
"""A key reaches a cluster's nodes one by one; the vendor's own provider asks twice, too (confluent-api section 2)."""
_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_PENDING = frozenset({401, 403})


class UnprovenError(DrError):
    """The key does not authenticate against its cluster, not yet or not at all."""


async def prove(rest: KafkaRest, key: str, progress: Callable[[str], None]) -> None:
    """Ask the cluster with this key until it lets us in, within the client's budget.

    What the key may *do* is not asked. 401 and 403 are both pending, as they are to the vendor's own provider.

    Args:
        rest: The cluster, seen with the key.
        key: Id of the key, for words.
        progress: Told about every refusal.

    Raises:
        UnprovenError: The budget is used up; says what was answered last.
    """
    successes, pause, last = 0, _PAUSE_SECONDS, "it was never asked"
    while True:
        try:
            await rest.authenticate()
        except ApiError as error:
            successes, last = 0, error.problem
            if error.status not in _PENDING:
                break
        except UnreachableError as error:
            successes, last = 0, error.problem
        else:
            successes += 1
        if successes == IN_A_ROW:
            return
        if successes == 0:
            progress(f"key {key} does not work yet, as is usual for a new one ({last})")
        if not await rest.budget.sleep(pause * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter
            break
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS) if successes == 0 else _PAUSE_SECONDS
    raise UnprovenError(
        f"key {key} does not authenticate against {rest.cluster_id} after {rest.budget.spent:.0f} s: {last}",
        "Check that it belongs to this cluster and was not deleted, then run the same command again",
    )
