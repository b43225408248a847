"""What `scripts/adopt` takes out of a state, and when it takes nothing."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tests.toolchain import ROOT

ADOPT = runpy.run_path(str(ROOT / "scripts" / "adopt"), run_name="adopt")
BOTH: set[str] = ADOPT["KINDS"]["both"]


def resource(name: str, kind: str = "KafkaMirrorTopic", **more: Any) -> dict[str, Any]:
    token = f"confluentcloud:index/{kind[0].lower()}{kind[1:]}:{kind}"
    return {"urn": f"urn:{name}", "type": token, "inputs": {}, "outputs": {}} | more


def test_what_depends_on_a_taken_one_forgets_it_and_keeps_the_rest() -> None:
    other = resource(
        "app",
        "KafkaTopic",
        dependencies=["urn:m", "urn:x"],
        propertyDependencies={"topicName": ["urn:m"], "restEndpoint": ["urn:x"], "config": None},
    )
    deployment = {"resources": [resource("m"), resource("a", "KafkaAcl"), other]}
    taken = ADOPT["take_out"](deployment, BOTH)
    assert [r["urn"] for r in taken] == ["urn:m", "urn:a"]
    (left,) = deployment["resources"]
    assert left["dependencies"] == ["urn:x"]
    assert left["propertyDependencies"] == {"topicName": [], "restEndpoint": ["urn:x"], "config": []}


@pytest.mark.parametrize(
    ("more", "extra", "words"),
    [
        ({}, {"pending_operations": [{"type": "creating"}]}, "was broken off"),
        ({"delete": True}, {}, "waits for its deletion"),
    ],
)
def test_a_state_in_the_middle_of_something_is_refused(more: Any, extra: Any, words: str) -> None:
    deployment = {"resources": [resource("m", **more)]} | extra
    with pytest.raises(ADOPT["RefusedError"], match=words):
        ADOPT["take_out"](deployment, BOTH)
    assert len(deployment["resources"]) == 1


@pytest.mark.parametrize("how", ["parent", "deletedWith"])
def test_what_hangs_on_a_taken_one_is_refused(how: str) -> None:
    deployment = {"resources": [resource("m"), resource("child", "KafkaTopic", **{how: "urn:m"})]}
    with pytest.raises(ADOPT["RefusedError"], match="urn:child hangs on"):
        ADOPT["take_out"](deployment, BOTH)


def test_a_stack_without_such_resources_is_refused() -> None:
    with pytest.raises(ADOPT["RefusedError"], match="no such resource"):
        ADOPT["take_out"]({"resources": [resource("t", "KafkaTopic")]}, BOTH)
