"""Fail-forward in the graph: what a released site lets go of, what joins, and what stays of the lost one's link."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from first.components import ActivePassivePair, ActivePassivePairArgs, ComponentError, LinkMode

from .recorder import Recorder, golden, record
from .samples import dedicated, failed_over, pair


def build(args: ActivePassivePairArgs) -> Recorder:
    return record(lambda: ActivePassivePair("dr", args))


def released() -> ActivePassivePairArgs:
    args = failed_over()
    args["sites"]["east"]["released"] = True
    return args


def joined(**kept: Any) -> ActivePassivePairArgs:
    """North took the place of east, which was lost in epoch 2."""
    args: Any = pair()
    args |= {"primary": "west", "epoch": 2, "source": "west", "destination": "north"}
    args["sites"] = {"west": args["sites"]["west"], "north": dedicated("us-east-2")}
    args["link"] |= {"name": "next", "built": 2}
    args["clients"]["shop"]["acl_sites"] = ["west"]
    args["kept"] = [{"site": "east", "epoch": 2, "link": "dr", **kept}]
    return args  # type: ignore[no-any-return]


def locks(graph: Recorder, *words: str) -> set[tuple[bool, bool]]:
    """Protection and retention of resources whose names begin so."""
    return {
        (r.get("protect", False), r.get("retainOnDelete", False))
        for r in graph.graph
        if r["name"].startswith(words) and r["type"].startswith("confluentcloud:")
    }


def test_a_released_site_lets_go_of_what_it_has_and_the_survivor_of_nothing() -> None:
    before, graph = build(failed_over()), build(released())
    lost = ("dr-east", "dr-link-reader", "dr-client-shop-east", "dr-mirror-")
    assert locks(graph, *lost) == {(False, True)}
    for row in graph.graph:
        if not row["name"].startswith((*lost, "dr-mirror-state", "dr-guard")):
            assert row == before.named(row["name"]), row["name"]
    assert graph.named("dr-mirror-state")["retainOnDelete"] is True
    assert graph.named("dr-guard")["inputs"]["released"] == ["east"]


@pytest.mark.parametrize(
    ("name", "args"),
    [("pair_released", released), ("pair_fail_forward", joined), ("pair_unlocked", partial(joined, unlocked=True))],
)
def test_each_step_is_its_golden_graph(name: str, args: Callable[[], ActivePassivePairArgs]) -> None:
    golden(name, build(args()))


def test_the_lost_ones_link_stays_as_it_was_and_the_new_one_has_names_of_its_own() -> None:
    graph = build(joined())
    kept, new = graph.named("dr-link-destination"), graph.named("dr-e2-link-destination")
    assert (kept["inputs"]["link"], new["inputs"]["link"]) == ("dr", "next")
    assert kept["ignoreChanges"] == ["config", "sourceKafkaCluster"], "the survivor's key can still be rotated"
    assert (kept["protect"], kept["retainOnDelete"]) == (True, True)
    assert "ignoreChanges" not in new
    assert graph.named("dr-guard")["inputs"]["kept"] == [{"site": "east", "epoch": 2, "link": "dr"}]
    guard = graph.named("dr-link-guard")["inputs"]
    assert [place["linkName"] for place in guard["ledgers"]] == ["next"]
    assert guard["kept"] == [{"clusterId": "lkc-west", "linkName": "dr", "epoch": 2, "unlocked": False}]
    assert not [r["name"] for r in graph.graph if "east" in r["name"]]


def test_an_unlocked_link_can_be_deleted_and_nothing_else() -> None:
    graph = build(joined(unlocked=True))
    assert locks(graph, "dr-link-destination") == {(False, False)}
    assert locks(graph, "dr-e2-link-destination", "dr-e2-mirror-") == {(True, True)}


def test_after_one_more_loss_the_kept_link_goes_without_a_call() -> None:
    """It is on a cluster that may be lost by then."""
    args: Any = joined(unlocked=True)
    flip = {"primary": "north", "epoch": 3, "change": "failover", "standby": "retained", "desired": "FAILED_OVER"}
    assert locks(build(args | flip), "dr-link-destination") == {(False, True)}


def test_the_key_behind_the_half_that_is_left_of_a_source_initiated_link_is_not_rotated() -> None:
    args = joined()
    args["link"]["mode"] = LinkMode.SOURCE_INITIATED
    args["sites"]["west"]["manager_keys"] = {"live": [1, 2], "current": 2}
    with pytest.raises(ComponentError, match=r"sites\.west\.manager_keys rotates the key of the INBOUND half"):
        build(args)


@pytest.mark.parametrize(("home", "half"), [("east", "destination"), ("west", "source")])
def test_of_a_bidirectional_link_the_half_on_the_survivor_is_kept(home: str, half: str) -> None:
    args = joined(home=home)
    args["link"]["mode"] = LinkMode.BIDIRECTIONAL
    args["home"] = "west"
    graph = build(args)
    old = [r["name"] for r in graph.of_type("ClusterLink") if r["inputs"]["link"] == "dr"]
    assert old == [f"dr-link-{half}"]


def test_of_a_bidirectional_link_the_half_on_the_lost_cluster_is_released() -> None:
    args = released()
    args["link"]["mode"] = LinkMode.BIDIRECTIONAL
    graph = build(args)
    assert locks(graph, "dr-link-source") == {(False, True)}
    assert locks(graph, "dr-link-destination") == {(True, True)}


@pytest.mark.parametrize(
    ("kept", "said"),
    [({"site": "west"}, "kept names west, which is a site"), ({"link": "next"}, "link.name is next, which is kept")],
)
def test_a_kept_link_is_of_a_site_that_left_and_not_the_one_that_runs(kept: dict[str, str], said: str) -> None:
    with pytest.raises(ComponentError, match=said):
        build(joined(**kept))
