"""The rules on the graph of every topology and phase: silent on what is right, loud on each guarded property's loss."""

from __future__ import annotations

from typing import Any

import pytest

from first.components import ActivePassivePair, LinkMode
from policies.resource import LINK_ACCOUNT
from policies.rules import RULES
from policies.values import UNKNOWN
from tests.graph.phases import PHASES, args_of, with_acl_link
from tests.graph.recorder import GOLDEN, record
from tests.graph.samples import dedicated, pair
from tests.policies.graphs import Json, golden, graph_of, said
from tests.policies.mutations import EAST_ID, LINK, MUTATIONS, READ_GROUP, Edit
from tests.policies.samples import filters

TOPOLOGIES = sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem != "schema")
TRUE_FINDINGS = {
    # A prefixed link alone, as the link's own test records it: the ACL link beside it belongs to a pair.
    "link_prefix": {"acl-link-beside-prefix"},
}


def built(args: Any) -> list[Json]:
    return record(lambda: ActivePassivePair("dr", args)).graph


def both_created(mode: LinkMode = LinkMode.DESTINATION_INITIATED) -> list[Json]:
    """A pair whose clusters are both made by the program; no golden file has that."""
    sites = {"east": dedicated("us-east-1"), "west": dedicated("us-west-2")}
    return built({**pair(), "sites": sites, "link": {**pair()["link"], "mode": mode}})


def in_phase(mode: LinkMode, phase: str) -> list[Json]:
    """A pair in a phase that has no golden file either."""
    return built(args_of(mode, phase))


def rows_of(graph: str) -> list[Json]:
    if graph == "both_created":
        return both_created()
    if ": " in graph:
        mode, _, phase = graph.partition(": ")
        return in_phase(LinkMode(mode), phase)
    if graph != "pair_turned":
        return golden(graph)
    rows = golden("pair_steady")  # East, which the program creates, as the side that holds the link.
    (link,) = [r for r in rows if r["name"] == LINK]
    link["inputs"]["destinationKafkaCluster"]["id"] = EAST_ID
    link["inputs"]["sourceKafkaCluster"]["id"] = "lkc-west"
    return rows


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_no_rule_is_wrong_about_a_topology(name: str) -> None:
    found = {text.partition(":")[0] for text in said(graph_of(golden(name)))}
    assert found == TRUE_FINDINGS.get(name, set())


@pytest.mark.parametrize(("mode", "phase"), PHASES, ids=[f"{mode.value}: {phase}" for mode, phase in PHASES])
def test_no_rule_is_wrong_about_a_phase(mode: LinkMode, phase: str) -> None:
    assert said(graph_of(in_phase(mode, phase))) == []


@pytest.mark.parametrize(("mode", "phase"), [(m, p) for m, p in PHASES if "back" not in args_of(m, p)["link"]])
def test_no_rule_is_wrong_about_a_phase_of_a_pair_with_an_acl_link(mode: LinkMode, phase: str) -> None:
    assert said(graph_of(built(with_acl_link(args_of(mode, phase))))) == []


STALE = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "60000",
    "acl.sync.enable": "true",
    "auto.create.mirror.topics.enable": "true",
    "auto.create.mirror.topics.filters": filters("topicFilters", "*"),
}


@pytest.mark.parametrize(("mode", "phase"), [p for p in PHASES if p[1] in {"turned", "reversed", "away", "home"}])
def test_a_link_that_waits_is_not_judged_by_settings_that_no_edit_reaches(mode: LinkMode, phase: str) -> None:
    rows = in_phase(mode, phase)
    waiting = [row for row in rows if row["type"].endswith(":ClusterLink") and row.get("ignoreChanges") == ["config"]]
    for row in waiting:
        row["inputs"]["config"] = STALE
    assert waiting or mode is LinkMode.BIDIRECTIONAL
    assert said(graph_of(rows)) == []


@pytest.mark.parametrize(("mode", "phase"), [p for p in PHASES if p[1] in {"steady", "turned", "away", "home"}])
def test_a_topic_that_is_on_the_standby_alone_needs_no_mirror(mode: LinkMode, phase: str) -> None:
    source = args_of(mode, phase)["source"]
    clusters = {"east": EAST_ID, "west": "lkc-west"}

    def local(site: str) -> Json:
        place = {"kafkaCluster": {"id": clusters[site]}, "topicName": "local"}
        return {"name": "local", "type": "confluentcloud:index/kafkaTopic:KafkaTopic", "inputs": place, "dependsOn": []}

    rows = in_phase(mode, phase)
    (standby,) = {"east", "west"} - {source}
    assert said(graph_of([*rows, local(standby)])) == []
    assert len(said(graph_of([*rows, local(source)]), "production-topic-covered")) == 1


@pytest.mark.parametrize("phase", ["steady", "turned"])
def test_another_links_account_has_no_right_on_the_standby_that_the_sync_would_delete(phase: str) -> None:
    rows = in_phase(LinkMode.BIDIRECTIONAL, phase)
    other = {"name": "other", "type": LINK_ACCOUNT, "inputs": {}, "dependsOn": []}
    cluster = {"steady": "lkc-west", "turned": EAST_ID}[phase]
    (row,) = [r for r in golden("pair_steady") if r["name"] == READ_GROUP]
    row |= {"name": "other-read", "parent": "other", "inputs": row["inputs"] | {"kafkaCluster": {"id": cluster}}}
    row["inputs"]["principal"] = "User:sa-other"
    assert len(said(graph_of([*rows, other, row]), "no-acl-under-sync")) == 1


@pytest.mark.parametrize("mode", list(LinkMode))
def test_no_rule_is_wrong_about_a_link_of_any_mode(mode: LinkMode) -> None:
    rows = both_created(mode)
    assert said(graph_of(rows)) == []
    for row in rows:  # as a preview has it before the link exists: what the service adds is not known
        if row["type"].endswith(":ClusterLink") and "config" not in row["inputs"]:
            row["inputs"]["config"] = UNKNOWN
    assert said(graph_of(rows)) == []


@pytest.mark.parametrize(
    ("rule", "name", "graph", "resource", "edit"), MUTATIONS, ids=[f"{m[0]}: {m[1]}" for m in MUTATIONS]
)
def test_the_loss_of_a_guarded_property_is_caught(rule: str, name: str, graph: str, resource: str, edit: Edit) -> None:
    rows = rows_of(graph)
    before = said(graph_of(rows), rule)
    (row,) = [r for r in rows if r["name"] == resource]
    row["also"] = []
    edit(row)
    after = said(graph_of([*rows, *row.pop("also")]), rule)
    assert len(after) > len(before), name


def test_every_rule_is_broken_once() -> None:
    assert {m[0] for m in MUTATIONS} == {rule.name for rule in RULES}
