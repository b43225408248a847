"""A one-way pair that goes there and back: which link, mirrors and locks are declared in each of its phases."""

from __future__ import annotations

from typing import Any

import pytest

from first.components import ActivePassivePair, ActivePassivePairArgs

from .recorder import record
from .samples import pair

LINK, MIRROR = "confluentcloud:index/clusterLink:ClusterLink", "confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic"
CLEARANCE, GUARD, STATE = "kafkadr:index:Clearance", "kafkadr:index:Transition", "kafkadr:index:MirrorState"


def args(phase: str) -> ActivePassivePairArgs:
    """The pair of the samples, in a phase of its way there and back."""
    found = pair()
    to_west = phase in {"failed-over", "clear-armed", "clear-fired", "away"}
    found |= {"primary": "west" if to_west else "east", "epoch": 2 if to_west else 3}
    if phase in {"clear-armed", "clear-fired", "failed-over"}:
        found |= {"change": "failover", "standby": phase.replace("failed-over", "retained"), "desired": "FAILED_OVER"}
    if phase in {"clear-armed", "clear-fired"}:
        found["clear"] = found["topics"]
    if phase in {"away", "home"}:
        found["link"] |= {"back": {"name": "dr-back"}}
        found["home"] = "east"
    if phase == "away":
        found |= {"source": "west", "destination": "east"}
    return found


def graph(phase: str) -> dict[str, dict[str, Any]]:
    """Registrations by name."""
    return {r["name"]: r for r in record(lambda: ActivePassivePair("p", args(phase))).graph}


def of(found: dict[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r for name, r in found.items() if r["type"] == kind}


def locks(resource: dict[str, Any]) -> tuple[bool, bool]:
    """Protection and retention."""
    return bool(resource.get("protect")), bool(resource.get("retainOnDelete"))


@pytest.mark.parametrize(("phase", "fire"), [("clear-armed", False), ("clear-fired", True)])
def test_armed_and_fired_name_the_topics_and_unlock_only_the_records_of_the_mirrors(phase: str, fire: bool) -> None:
    found = graph(phase)
    (clearance,) = of(found, CLEARANCE).values()
    assert clearance["inputs"]["topics"] == ["dr-topic", "orders"]
    assert clearance["inputs"]["fire"] is fire
    assert clearance["inputs"]["newClusterId"] == "lkc-west"
    assert clearance["inputs"]["oldClusterId"] != "lkc-west"
    assert {locks(m) for m in of(found, MIRROR).values()} == {(False, True)}
    assert {locks(m) for m in of(found, LINK).values()} == {(True, True)}


def test_neither_before_nor_after_is_anything_unlocked_or_cleared() -> None:
    for phase in ("failed-over", "away", "home"):
        found = graph(phase)
        assert of(found, CLEARANCE) == {}
        assert {locks(m) for m in (of(found, MIRROR) | of(found, LINK)).values()} == {(True, True)}


@pytest.mark.parametrize(
    ("phase", "running", "idle", "mirrors", "state"),
    [
        ("away", "dr-back", "dr", "p-back-mirror-", "p-mirror-state-east"),
        ("home", "dr", "dr-back", "p-mirror-", "p-mirror-state"),
    ],
)
def test_one_link_runs_and_the_other_waits_with_its_switches_left_alone(
    phase: str, running: str, idle: str, mirrors: str, state: str
) -> None:
    found = graph(phase)
    links = {r["inputs"]["link"]: r for r in of(found, LINK).values()}
    assert set(links) == {running, idle}
    assert links[idle]["ignoreChanges"] == ["config"]
    assert links[running].get("ignoreChanges", []) == []
    assert sorted(of(found, MIRROR)) == [f"{mirrors}dr-topic", f"{mirrors}orders"]
    assert {m["inputs"]["clusterLink"]["linkName"] for m in of(found, MIRROR).values()} == {running}
    (guard,) = of(found, GUARD).values()
    assert (guard["inputs"]["link"], guard["inputs"]["idle"]) == (running, idle)
    assert list(of(found, STATE)) == [state]
    assert of(found, STATE)[state]["inputs"]["linkName"] == running
    assert of(found, STATE)[state]["inputs"]["reopen"] is True
    assert {"p-link-reader-ring", "p-back-link-reader-ring"} <= set(found)
