"""One case for each thing that an edit can mean, and for each refusal with its key, its right value and its way out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafkadr.model import standing
from kafkadr.model.edit import Approval, Change, Edit, Planned, Recorded
from kafkadr.model.facts import Facts
from kafkadr.model.record import Record, Standing
from kafkadr.model.refusal import Refusal
from kafkadr.model.table import Decision, Kind, asks, decide
from kafkadr.model.topology import Link, LinkMode, Topology
from kafkadr.model.view import Copy, CopyState, SiteView

E, W, N = "lkc-e", "lkc-w", "lkc-n"
MESH = Topology(
    (("east", E), ("north", N), ("west", W)),
    (
        Link("east-north", "east", "north", LinkMode.BIDIRECTIONAL),
        Link("east-west", "east", "west", LinkMode.BIDIRECTIONAL),
        Link("north-west", "north", "west", LinkMode.BIDIRECTIONAL),
    ),
)
BIRTH = Edit("east", 1)
FAILOVER = Edit("west", 2, Change.FAILOVER)
PROMOTE = Edit("west", 2, Change.PROMOTE, Approval(2, "plan"))
STANDBYS = (Standing(N, complete=True), Standing(W, complete=True))


def site(cluster: str, source: str, *states: CopyState) -> SiteView:
    return SiteView(cluster, tuple(Copy(f"t{n}", state, source) for n, state in enumerate(states)))


FOLLOWS = {"west": site(W, E, CopyState.MIRROR, CopyState.MIRROR)}
HALF = {"west": site(W, E, CopyState.STOPPED, CopyState.MIRROR)}
FACTS = Facts(
    record=Record("east", E, 1, moves=((1, E),), standings=STANDBYS),
    recorded=Recorded(BIRTH, E, E, MESH),
    published=MESH,
    views=FOLLOWS,
    plan=Planned(2, E, W),
)


def record(**changes: object) -> Record:
    assert FACTS.record is not None
    return replace(FACTS.record, **changes)  # type: ignore[arg-type]


def decided(edit: Edit, facts: Facts = FACTS) -> Decision:
    found = decide(edit, facts)
    assert isinstance(found, Decision), found
    return found


@pytest.mark.parametrize(
    ("edit", "facts", "kind"),
    [
        (BIRTH, replace(FACTS, record=None, recorded=None), Kind.BIRTH),
        (BIRTH, FACTS, Kind.REST),
        (BIRTH, replace(FACTS, recorded=None), Kind.ADOPT),
        (FAILOVER, replace(FACTS, record=record(site="west", cluster_id=W, epoch=2)), Kind.ADOPT),
        (FAILOVER, FACTS, Kind.MOVE),
        (PROMOTE, FACTS, Kind.MOVE),
        (FAILOVER, replace(FACTS, record=record(target="west", target_cluster_id=W, target_epoch=2), views=HALF), Kind.MOVE),
        (replace(FAILOVER, primary="east", epoch=3), replace(
            FACTS,
            record=record(target="west", target_cluster_id=W, target_epoch=2),
            views={"east": site(E, "", CopyState.PLAIN)},
        ), Kind.MOVE),
        (replace(FAILOVER, accept_loss=1), replace(FACTS, record=record(standings=())), Kind.MOVE),
        (replace(BIRTH, approved=Approval(1, "old"), accept_loss=0), FACTS, Kind.REST),
    ],
    ids=["birth", "rest", "lost state", "newer record", "failover", "promotion", "half done", "take back", "loss", "inert"],
)  # fmt: skip
def test_an_edit_means(edit: Edit, facts: Facts, kind: Kind) -> None:
    assert decided(edit, facts).kind is kind


@pytest.mark.parametrize(
    ("edit", "facts", "key", "says"),
    [
        (replace(BIRTH, primary="south"), replace(FACTS, record=None, recorded=None), "primary", "east, north, west"),
        (replace(BIRTH, epoch=2), replace(FACTS, record=None, recorded=None), "epoch", "must be 1"),
        (replace(BIRTH, change=Change.FAILOVER), replace(FACTS, record=None, recorded=None), "change", "Leave change out"),
        (BIRTH, replace(FACTS, record=None), "recordUrl", "there is no record"),
        (BIRTH, replace(FACTS, record=record(site="west", cluster_id=W, epoch=2)), "epoch", "primary to west and epoch to 2"),
        (BIRTH, replace(FACTS, recorded=Recorded(replace(BIRTH, epoch=4), E, E, MESH)), "epoch", "the epoch must be 5"),
        (BIRTH, replace(FACTS, record=record(target="north", target_cluster_id=N, target_epoch=2)), "", "primary east, epoch 3"),
        (BIRTH, replace(FACTS, published=replace(MESH, sites=MESH.sites[1:])), "primary", "Put the site back"),
        (replace(BIRTH, change=Change.FAILOVER), FACTS, "change", "set primary and epoch 2"),
        (replace(BIRTH, accept_loss=1), FACTS, "acceptLoss", "Take it out"),
        (replace(FAILOVER, epoch=3), FACTS, "epoch", "must be 2"),
        (FAILOVER, replace(FACTS, newest_ledger=(2, N)), "epoch", "must be 3"),
        (replace(FAILOVER, primary="south"), FACTS, "primary", "no site of the estate"),
        (replace(FAILOVER, primary="south"), replace(FACTS, published=Topology((*MESH.sites, ("south", "lkc-s")), ())), "primary", "as they were first"),
        (FAILOVER, replace(FACTS, published=replace(MESH, sites=MESH.sites[:2])), "primary", "not have west on cluster"),
        (replace(FAILOVER, change=None), FACTS, "change", "Set failover or promote"),
        (FAILOVER, replace(FACTS, views={}), "primary", "does not answer"),
        (FAILOVER, replace(FACTS, views={"west": SiteView(W, ())}), "primary", "has no topic"),
        (FAILOVER, replace(FACTS, record=record(standings=())), "acceptLoss", "set acceptLoss to 1"),
        (FAILOVER, replace(FACTS, record=record(standings=(Standing(W, complete=True, stale_since=1),))), "acceptLoss", "since epoch 1"),
        (FAILOVER, replace(FACTS, views=HALF), "acceptLoss", "do not all follow"),
        (replace(FAILOVER, accept_loss=5), FACTS, "acceptLoss", "Take acceptLoss out"),
        (replace(PROMOTE, primary="east"), replace(FACTS, views={"east": site(E, "", CopyState.PLAIN)}), "primary", "active already"),
        (replace(PROMOTE, epoch=3), replace(FACTS, record=record(target="north", target_cluster_id=N, target_epoch=2)), "change", "is under way"),
        (PROMOTE, replace(FACTS, record=record(standings=())), "primary", "or fail over"),
        (replace(PROMOTE, approved=None), FACTS, "approved", "drctl promotion check --to west"),
        (PROMOTE, replace(FACTS, plan=None), "approved", "no plan of epoch 2"),
        (PROMOTE, replace(FACTS, plan=Planned(2, N, W)), "approved", "from lkc-n to lkc-w"),
    ],
)  # fmt: skip
def test_an_edit_is_refused(edit: Edit, facts: Facts, key: str, says: str) -> None:
    found = decide(edit, facts)
    assert isinstance(found, Refusal), found
    assert found.key == key
    assert says in str(found)


def test_a_site_that_is_stale_by_history_is_no_standby_although_it_follows() -> None:
    rec = record(standings=(Standing(W, complete=True, stale_since=1),))
    assert not standing.is_standby(rec, FOLLOWS["west"], "")


def test_a_site_whose_mirrors_are_half_stopped_is_a_standby_for_the_move_that_stopped_them_alone() -> None:
    assert standing.is_standby(record(), HALF["west"], W)
    assert not standing.is_standby(record(), HALF["west"], "")
    assert not standing.is_standby(record(), HALF["west"], N)


def test_nobody_is_asked_but_the_target_of_a_move_that_may_be() -> None:
    assert asks(FAILOVER, FACTS) == ("west",)
    assert asks(BIRTH, FACTS) == ()
    assert asks(replace(FAILOVER, epoch=7), FACTS) == ()
    assert asks(FAILOVER, replace(FACTS, recorded=None)) == ()


def test_a_failover_leaves_all_others_stale_and_a_promotion_the_turned_one_whole() -> None:
    found = decided(FAILOVER).standings
    assert found == (Standing(E, complete=True, stale_since=2), Standing(N, complete=True, stale_since=2))
    found = decided(PROMOTE).standings
    assert found == (Standing(E, complete=True), Standing(N, complete=True, stale_since=2))


def test_a_move_goes_by_the_topology_that_was_recorded() -> None:
    grown = Topology((*MESH.sites, ("south", "lkc-s")), MESH.links)
    assert decided(FAILOVER, replace(FACTS, published=grown)).state.topology == MESH
    assert decided(BIRTH, replace(FACTS, published=grown)).state.topology == grown
