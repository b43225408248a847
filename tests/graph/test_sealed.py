"""A link that is not in quarantine, or no ledger, ends the program red, after everything else was declared."""

from __future__ import annotations

import pulumi
import pytest

from first.components.sealed import require_end, unsealed, unwritten
from tests.graph.recorder import record


def judged(said: str, **ledger: str) -> None:
    known = pulumi.Output.from_input
    record(lambda: require_end(known(ledger), known({"dr": said}), known("file:///pointer")))


def test_only_what_is_not_quarantined_is_named() -> None:
    assert unsealed({"dr": "quarantined", "acl": "quarantined"}) == unsealed({}) == ""
    assert unsealed({"dr": "403 not allowed", "acl": "open"}) == "link acl: open; link dr: 403 not allowed"


def test_a_link_in_quarantine_lets_the_program_end_well() -> None:
    judged("quarantined")


def test_a_link_that_still_syncs_ends_the_program_with_what_is_wrong_and_what_to_do() -> None:
    with pytest.raises(pulumi.RunError, match=r"link dr: open\. A primary that returns .* Run the same command again"):
        judged("open")


def test_a_ledger_that_is_not_written_ends_the_program_with_the_command_that_writes_it() -> None:
    assert unwritten({}) == unwritten({"url": "file:///ledger", "epoch": 2}) == ""
    with pytest.raises(
        pulumi.RunError, match=r"not written: the disk is full\. Keep the link(.|\n)*\ndrctl recover ledger"
    ):
        judged("quarantined", problem="the disk is full", command="drctl recover ledger")
