"""A flip whose links were not quarantined ends red: after everything, so that nobody waits for it."""

from collections.abc import Mapping
from typing import Any

import pulumi

SHUT = "quarantined"
"""What `MirrorState` says of a link that syncs nothing any more."""


def unsealed(quarantined: Mapping[str, str]) -> str:
    """Words for the links that still sync, empty when there is none."""
    return "; ".join(f"link {name}: {said}" for name, said in sorted(quarantined.items()) if said != SHUT)


def require_quarantine(quarantined: pulumi.Output[Any], moved: pulumi.Output[str]) -> None:
    """End the program with an error when a link that must be quarantined is not.

    The mirrors are stopped, state knows it and clients have moved by then: they do not wait for this (S43). The run is
    red all the same, for a primary that returns could delete ACLs and reset offsets on the survivor.

    Args:
        quarantined: Per link, as `MirrorState` puts it out; a preview says what is expected.
        moved: The pointer's address, known once it has moved.
    """

    def judge(known: list[Any]) -> None:
        found = unsealed(known[0] or {})
        if found:
            raise pulumi.RunError(
                f"the flip is done and clients have moved, but a link is not in quarantine: {found}. A primary that"
                " returns could delete ACLs and reset offsets here. Run the same command again: it tries only this"
            )

    pulumi.Output.all(quarantined, moved).apply(judge)
