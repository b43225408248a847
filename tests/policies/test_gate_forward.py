"""The plan gate after a new site's coming: what an unfinished move left, and locks that stay while others come off."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from policies.gate import judge, read
from policies.gate.preview import Preview, State
from tests.policies import recordings
from tests.policies.plans import FAILED_OVER, codes, judged, row, term

KEPT = {"site": "east", "epoch": 2, "link": "dr"}
RELEASED = FAILED_OVER | {"link": "dr", "released": ["east"]}
JOINED = term(primary="west", epoch=2, sites=["north", "west"], link="next", kept=[KEPT])
LOST = {"primary": "north", "epoch": 3, "change": "failover", "standby": "retained"}


def after(name: str, **edit: Any) -> Preview:
    """A recorded preview as the next run sees it: the guard was recorded, and nothing else was done."""
    found = read(recordings.read(f"{name}.json"))
    steps = []
    for step in found.steps:
        if step.kind == "Transition":
            assert step.new is not None
            new = State(inputs={**step.new.inputs, **edit}, protect=True)
            changed = dataclasses.replace(step, op="update" if edit else "same", old=step.new, new=new)
            step = dataclasses.replace(changed, keys=frozenset(edit))  # noqa: PLW2901 - the guard's own
        steps.append(step)
    return dataclasses.replace(found, steps=tuple(steps))


@pytest.mark.parametrize("name", ["join", "rebuilt", "home-rebuilt"])
def test_a_move_that_broke_off_is_run_again(name: str) -> None:
    verdict = judge(after(name))
    assert [move.name for move in verdict.moves] == ["edit"]
    assert verdict.allowed, verdict.findings


def test_a_flip_finishes_what_a_join_left() -> None:
    """Only what it was to let go of; what it was to make is no part of a flip."""
    found = after("join", **LOST)
    let_go = tuple(s for s in found.steps if s.new is None or s.kind == "Transition")
    assert len(let_go) > 10
    verdict = judge(dataclasses.replace(found, steps=let_go))
    assert [move.name for move in verdict.moves] == ["failover"]
    assert verdict.allowed, verdict.findings


def test_a_link_that_was_to_be_deleted_is_accepted_by_name() -> None:
    found = after("retire")
    assert codes(judge(found)) == {"lost"}
    assert judge(found, accepted=frozenset({"dr-link-destination"})).allowed
    assert not judge(after("retire", **LOST), accepted=frozenset({"dr-link-destination"})).allowed


@pytest.mark.parametrize(
    ("kind", "of", "passes"),
    [
        ("KafkaMirrorTopic", {"clusterLink": {"linkName": "dr"}}, True),
        ("KafkaMirrorTopic", {"clusterLink": {"linkName": "next"}}, False),
        ("MirrorState", {"linkName": "next"}, False),
        ("ClusterLink", {"link": "next"}, False),
        ("ClusterLink", {"link": "dr"}, True),
        ("ApiKey", {}, True),
    ],
)
def test_what_belongs_to_the_link_that_runs_is_never_left_over(kind: str, of: dict[str, Any], passes: bool) -> None:
    gone = row("delete", kind, protect=False, retain=True, of=of)
    for new in (JOINED, JOINED | LOST):
        assert judged(JOINED, new, gone).allowed == passes
        assert not judged(JOINED, new, row("delete", kind, retain=True, of=of)).allowed, "it is locked"
        assert not judged(JOINED, new, row("delete", kind, protect=False, of=of)).allowed or kind == "MirrorState"
    assert not judged(JOINED | {"kept": []}, JOINED | {"kept": []}, gone).allowed


def test_the_link_that_runs_and_the_survivors_half_keep_their_locks() -> None:
    unlocked = JOINED | {"kept": [KEPT | {"unlocked": True}]}
    for link, passes in (("dr", True), ("next", False)):
        step = row("same", "ClusterLink", unlock=True, of={"link": link})
        assert judged(JOINED, unlocked, step).allowed == passes
    state = row("same", "MirrorState")  # on west
    halves = {"west": False, "east": True}
    for site, passes in halves.items():
        block = {"id": f"lkc-{site}", "restEndpoint": f"https://{site}"}
        half = row("same", "ClusterLink", unlock=True, of={"link": "dr", "destinationKafkaCluster": block})
        assert judged(FAILED_OVER | {"link": "dr"}, RELEASED, state, half).allowed == passes


@pytest.mark.parametrize("flag", ["--target=urn", "--exclude=urn", "--continue-on-error"])
def test_a_move_is_whole_or_not_at_all(flag: str) -> None:
    assert codes(judged(JOINED, JOINED | {"kept": []}, arguments=["up", flag])) == {"flag"}
    assert judged(JOINED, JOINED, arguments=["up", flag]).allowed
