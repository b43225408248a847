"""The switch component takes sites and links as plain data, and as what the same program makes."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.switch import ActivePassive, ActivePassiveArgs
from components.switch.active_passive import _ends
from tests.graph.recorder import record

ACLS: Any = {"filters": [{}], "interval_ms": 5000}


def site(name: str) -> Any:
    place = {"cluster_id": f"lkc-{name}", "rest_endpoint": f"https://{name}", "bootstrap_endpoint": f"{name}:9092"}
    return place | {"credentials": {"key": name, "secret": "s"}}


def mirrors(later: bool, prefix: str = "") -> dict[str, Any]:
    """Inputs of the one set of mirrors; `later` gives sites and link as Outputs."""

    def program() -> None:
        wrap: Any = pulumi.Output.from_input if later else lambda value: value
        args: ActivePassiveArgs = {
            "primary": "east",
            "epoch": 1,
            "record": "file:///r.json",
            "ledger": "file:///l",
            "sites": {name: wrap(site(name)) for name in ("east", "west", "north")},
            "links": {"dr": wrap({"from_": "east", "to": "west", "prefix": prefix})},
            "topics": ["orders"],
            "acls": ACLS,
        }
        ActivePassive("shop", args)

    found = [r for r in record(program).graph if r["type"] == "kafkadr:index:MirrorTopics"]
    assert len(found) == 1
    inputs: dict[str, Any] = found[0]["inputs"]
    # What is null in an object is left out by the provider, and so is what was not given.
    inputs["sync"] = {name: part for name, part in inputs["sync"].items() if part is not None}
    return inputs


@pytest.mark.parametrize("prefix", ["", "east."])
def test_a_link_of_the_same_program_is_the_same_as_plain_data(prefix: str) -> None:
    assert mirrors(later=True, prefix=prefix) == mirrors(later=False, prefix=prefix)


@pytest.mark.parametrize("later", [False, True])
def test_a_set_has_the_ends_of_its_link_and_no_acl_sync_behind_a_prefix(later: bool) -> None:
    inputs = mirrors(later)
    assert inputs["link"]["name"] == "dr"
    assert inputs["sync"]["acls"]["filters"]
    assert "acls" not in mirrors(later, "east.")["sync"]
    link: Any = {"from_": "east", "to": "west"}
    assert _ends(link, {name: site(name) for name in ("east", "west", "north")}).keys() == {"east", "west"}
