"""A flip whose links were not quarantined, or whose ledger is not written, ends red: after all, nobody waits for it."""

from collections.abc import Mapping
from typing import Any

import pulumi

SHUT = "quarantined"
"""What `MirrorState` says of a link that syncs nothing any more."""


def unsealed(quarantined: Mapping[str, str]) -> str:
    """Words for the links that still sync, empty when there is none."""
    return "; ".join(f"link {name}: {said}" for name, said in sorted(quarantined.items()) if said != SHUT)


def unwritten(ledger: Mapping[str, Any]) -> str:
    """Words for a ledger that is not written, with the command that writes it; empty for one that is."""
    if not ledger.get("command"):
        return ""
    return (
        f"the ledger is not written: {ledger.get('problem')}. Keep the link. When the store is back run, with the key"
        " of this cluster in KAFKADR_DR_KEY and KAFKADR_DR_SECRET, and then `pulumi up` again:\n"
        f"{ledger['command']}"
    )


def require_end(ledger: pulumi.Output[Any], quarantined: pulumi.Output[Any], moved: pulumi.Output[str]) -> None:
    """End the program with an error when a ledger is not written, or a link that must be quarantined is not.

    The mirrors are stopped, state knows it and clients have moved by then: they do not wait for this (S43). The run is
    red all the same, for a primary that returns could delete ACLs and reset offsets on the survivor, and the link is
    the only place that has what the ledger lacks.

    Args:
        ledger: As `MirrorState` puts it out; a preview says what is expected.
        quarantined: Per link, as `MirrorState` puts it out; empty where nothing must be quarantined.
        moved: The pointer's address, known once it has moved.
    """

    def judge(known: list[Any]) -> None:
        syncing, lacking = unsealed(known[1] or {}), unwritten(known[0] or {})
        if syncing:
            syncing = (
                f"a link is not in quarantine: {syncing}. A primary that returns could delete ACLs and reset offsets"
                " here. Run the same command again: it tries only this"
            )
        if found := "\n".join(text for text in (syncing, lacking) if text):
            raise pulumi.RunError(f"the flip is done and clients have moved, but {found}")

    pulumi.Output.all(ledger, quarantined, moved).apply(judge)
