"""A link that is not in quarantine ends the program red, after everything else was declared."""

from __future__ import annotations

import pulumi
import pytest

from components.sealed import require_quarantine, unsealed
from tests.graph.recorder import record


def judged(said: str) -> None:
    pointer = "file:///pointer"
    record(lambda: require_quarantine(pulumi.Output.from_input({"dr": said}), pulumi.Output.from_input(pointer)))


def test_only_what_is_not_quarantined_is_named() -> None:
    assert unsealed({"dr": "quarantined", "acl": "quarantined"}) == unsealed({}) == ""
    assert unsealed({"dr": "403 not allowed", "acl": "open"}) == "link acl: open; link dr: 403 not allowed"


def test_a_link_in_quarantine_lets_the_program_end_well() -> None:
    judged("quarantined")


def test_a_link_that_still_syncs_ends_the_program_with_what_is_wrong_and_what_to_do() -> None:
    with pytest.raises(pulumi.RunError, match=r"link dr: open\. A primary that returns .* Run the same command again"):
        judged("open")
