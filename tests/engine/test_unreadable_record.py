"""On the real engine: a guard whose record cannot be read refuses every edit, and its words lead out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

GUARD = "kafkadr:index:Transition"
_PROGRAM = """
import pulumi
from first.components.resources import Transition

term = pulumi.Config("program").require_object("term")
Transition("guard", sites=["east", "west"], link="dr", mode="destination", **term)
"""
FIRST: dict[str, Any] = {"primary": "east", "epoch": 1}
FAILED_OVER: dict[str, Any] = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
LEGAL = FAILED_OVER | {"released": ["east"]}


def want(stack: PulumiStack, term: dict[str, Any]) -> PulumiStack:
    stack.configure({"program:term": term})
    return stack


def told(stack: PulumiStack) -> tuple[int, str, list[Any]]:
    """What the state says of the guard: epoch, the property of another version, history."""
    (guard,) = stack.resources(GUARD)
    return guard["inputs"]["epoch"], guard["inputs"]["region"], guard["outputs"]["history"]


def mend(stack: PulumiStack, how: Callable[[dict[str, Any]], Any], export: str, import_: str) -> None:
    """Run two `pulumi` commands as they were printed, and edit the guard in the file between them."""
    assert stack.run(*export.split()[1:]).ok
    file = stack.folder / "state.json"
    state = json.loads(file.read_text("utf-8"))
    how(next(r for r in state["deployment"]["resources"] if r["type"] == GUARD))
    file.write_text(json.dumps(state), "utf-8")
    imported = stack.run(*import_.split()[1:])
    assert imported.ok, imported.text


def test_a_record_of_another_version_refuses_every_edit_until_the_printed_way_out_is_walked(tmp_path: Path) -> None:
    stack = program(tmp_path, _PROGRAM)
    for term in (FIRST, FAILED_OVER):
        assert want(stack, term).up().ok
    commands = ("pulumi stack export --file state.json", "pulumi stack import --file state.json")
    mend(stack, lambda guard: [guard[side].update(region="eu") for side in ("inputs", "outputs")], *commands)
    recorded = told(stack)

    said = ""
    for term in (FIRST, LEGAL, FAILED_OVER):
        for words in (["preview"], ["up", "--yes", "--skip-preview"]):
            ran = want(stack, term).run(*words)
            said = " ".join(ran.text.split())
            assert not ran.ok
            assert "cannot be read by this version of kafka-dr (region: Extra inputs are not permitted)" in said
    assert told(stack) == recorded
    export, import_ = re.findall(r"`(pulumi stack [^`]+)`", said)[:2]
    assert (export, import_) == commands

    mend(stack, lambda guard: guard["inputs"].pop("region"), export, import_)
    assert "(region: Extra inputs" in " ".join(want(stack, LEGAL).preview().text.split()), "the outputs have it as well"
    mend(stack, lambda guard: guard["outputs"].pop("region"), export, import_)
    stale = want(stack, FIRST).preview()
    assert not stale.ok
    assert "epoch 1 is not above 2, in which west is primary" in stale.text
    legal = want(stack, LEGAL).up()
    assert legal.ok, legal.text
    (guard,) = stack.resources(GUARD)
    assert [entry["epoch"] for entry in guard["outputs"]["history"]] == [1, 2]
    assert guard["inputs"]["released"] == ["east"]
