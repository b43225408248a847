"""The plan gate move by move, on the table of transitions and on previews put together by hand."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from kafkadr.phase import MOVES as LEGAL
from kafkadr.phase import Change, Kept, Need, Standby, Term
from policies.gate import markdown, read
from policies.gate.allowed import MOVES
from policies.gate.terms import moves_of
from tests.policies.plans import (
    ARMED,
    FAILED_OVER,
    FIRED,
    FLIP,
    INPUTS,
    OFF,
    PROMOTED,
    RESTORING,
    STEADY,
    TURNED,
    codes,
    judged,
    row,
    term,
    text,
)

KEPT = Kept("north", 1)
UNLOCKED = Kept("north", 1, unlocked=True)


def terms(move: Any) -> tuple[Term, Term] | None:
    """A term that the move starts from, and the one that it leads to."""
    for standby in Standby:
        for change in Change:
            for kept, released in itertools.product(((), (KEPT,), (UNLOCKED,)), ((), ("west",))):
                both = Need.BIDIRECTIONAL in move.needs
                old = Term(
                    "east",
                    3,
                    change,
                    standby,
                    sites=("east", "west"),
                    kept=kept,
                    bidirectional=both,
                    released=released,
                )
                if not move.possible(old):
                    continue
                new_kept = {"retire": (), "join": (*kept, Kept("west", 3)), "unlock": (UNLOCKED,)}
                new = Term(
                    "west" if move.flips else "east",
                    4 if move.flips else 3,
                    move.change or change,
                    move.standby,
                    sites=old.sites,
                    kept=new_kept.get(move.name, kept),
                    released={"release": ("west",), "join": (), "reclaim": ()}.get(move.name, released),
                    handover="another" if move.name == "retry" else "",
                )
                if new.phase is move.target:
                    return old, new
    return None


def inputs(of: Term) -> dict[str, Any]:
    return term(
        primary=of.primary,
        epoch=of.epoch,
        change=of.change.value,
        standby=of.standby.value,
        handover=of.handover,
        kept=[{"site": k.site, "epoch": k.epoch, "unlocked": k.unlocked} for k in of.kept],
        released=list(of.released),
    )


@pytest.mark.parametrize("legal", LEGAL, ids=lambda m: f"{m.name} from {m.source}")
def test_the_gate_knows_every_legal_move_by_its_terms(legal: Any) -> None:
    found = terms(legal)
    assert found is not None
    old, new = found
    (seen,) = moves_of(read(text(inputs(old), inputs(new), [])))
    assert seen.name == legal.name
    assert seen.old is not None
    assert seen.new is not None
    assert (seen.old.phase, seen.new.phase) == (old.phase.value, new.phase.value)


def test_the_table_has_a_row_for_every_legal_move() -> None:
    assert set(MOVES) == {move.name for move in LEGAL} | {"onboard", "edit"}


def test_an_epoch_that_does_not_follow_its_primary_is_refused() -> None:
    assert "guard" in codes(judged(STEADY, FAILED_OVER | {"epoch": 3}, *FLIP))
    assert "guard" in codes(judged(STEADY, STEADY | {"epoch": 2}))


def test_a_lost_guard_is_no_new_pair() -> None:
    assert judged(None, STEADY, row("create", "MirrorState")).allowed
    assert codes(judged(None, STEADY, row("same", "MirrorState"))) == {"guard"}


def test_without_a_guard_nothing_goes_either() -> None:
    assert judged(None, None, row("create", "ClusterLink"), row("update", "ClusterLink", change=OFF)).allowed
    assert codes(judged(None, None, row("delete", "ClusterLink", protect=False))) == {"lost"}


RELEASED = FAILED_OVER | {"released": ["east"]}
JOINED = term(
    primary="west", epoch=2, sites=["north", "west"], link="next", kept=[{"site": "east", "epoch": 2, "link": "dr"}]
)
JOINED_AND_UNLOCKED = JOINED | {"kept": [{"site": "east", "epoch": 2, "link": "dr", "unlocked": True}]}
FORGOTTEN = row("delete", "KafkaMirrorTopic", protect=False, retain=True)
GONE = row("delete", "KafkaTopic", protect=False)
OTHER_MOVES: dict[str, tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "promote": (STEADY, PROMOTED, FLIP, [GONE, row("create", "ApiKey")]),
    "retry": (PROMOTED, PROMOTED | {"handover": "another"}, FLIP, [GONE, row("create", "ApiKey")]),
    "force": (PROMOTED, FAILED_OVER, FLIP, [GONE, row("create", "ApiKey"), row("read", "KafkaTopic")]),
    "withdraw": (PROMOTED, term(epoch=3), [row("update", "MirrorState")], [GONE, row("create", "ApiKey")]),
    "reverse": (
        STEADY,
        PROMOTED | {"standby": "mirroring"},
        [*FLIP, row("create", "Reversal"), row("create", "KafkaAcl")],
        [GONE, row("delete", "ClusterLink", protect=False)],
    ),
    "arm": (
        PROMOTED,
        ARMED,
        [row("same", "KafkaMirrorTopic", unlock=True), row("create", "Clearance")],
        [GONE, row("same", "ClusterLink", unlock=True)],
    ),
    "disarm": (ARMED, PROMOTED, [row("update", "KafkaTopic"), row("delete", "Clearance")], [GONE]),
    "fire": (ARMED, FIRED, [row("update", "Clearance")], [GONE, row("create", "Clearance"), row("create", "ApiKey")]),
    "rebuilt": (
        FIRED,
        TURNED,
        [FORGOTTEN, row("create", "ClusterLink"), row("create", "KafkaMirrorTopic"), row("delete", "Clearance")],
        [GONE],
    ),
    "restore": (PROMOTED, RESTORING, [row("create", "Restoration")], [GONE, row("create", "ClusterLink")]),
    "restored": (RESTORING, TURNED, [FORGOTTEN, row("create", "MirrorState"), row("delete", "Restoration")], [GONE]),
    "release": (
        FAILED_OVER,
        RELEASED,
        [row("same", kind, unlock=True) for kind in ("KafkaCluster", "ApiKey", "ClusterLink", "KafkaMirrorTopic")],
        [GONE, FORGOTTEN, row("delete", "ClusterLink", protect=False, retain=True), row("create", "KafkaCluster")],
    ),
    "reclaim": (RELEASED, FAILED_OVER, [row("update", "LinkGuard")], [FORGOTTEN, row("same", "ApiKey", unlock=True)]),
    "join": (
        RELEASED,
        JOINED,
        [
            FORGOTTEN,
            row("create", "ClusterLink"),
            row("create", "KafkaCluster"),
            row("delete", "KafkaCluster", protect=False, retain=True),
        ],
        [
            GONE,
            row("delete", "ApiKey", protect=False),
            row("delete", "ClusterLink", of={"link": "next"}, protect=False, retain=True),
        ],
    ),
    "unlock": (
        JOINED,
        JOINED_AND_UNLOCKED,
        [row("same", "ClusterLink", unlock=True)],
        [row("delete", "ClusterLink", protect=False), row("same", "KafkaMirrorTopic", unlock=True)],
    ),
    "retire": (
        JOINED_AND_UNLOCKED,
        JOINED | {"kept": []},
        [row("delete", "ClusterLink", protect=False)],
        [
            GONE,
            row("delete", "KafkaMirrorTopic", protect=False),
            row("delete", "ClusterLink"),
            row("delete", "ClusterLink", of={"link": "next"}, protect=False),
            row("create", "ApiKey"),
        ],
    ),
}


@pytest.mark.parametrize("name", OTHER_MOVES)
def test_each_other_move_does_its_own_and_nothing_else(name: str) -> None:
    old, new, own, foreign = OTHER_MOVES[name]
    passed = judged(old, new, *own)
    assert [m.name for m in passed.moves] == [name]
    assert passed.allowed, passed.findings
    for step in foreign:
        assert not judged(old, new, *own, step).allowed, step


def test_what_was_unlocked_before_may_go_by_name_but_never_in_a_flip() -> None:
    gone = row("delete", "KafkaMirrorTopic", "dr-mirror-old", protect=False)
    assert codes(judged(STEADY, STEADY, gone)) == {"lost"}
    accepted = judged(STEADY, STEADY, gone, accepted=frozenset({"dr-mirror-old"}))
    assert accepted.allowed
    assert "let go of: dr-mirror-old" in markdown(accepted)
    locked = row("delete", "KafkaMirrorTopic", "dr-mirror-old")
    assert codes(judged(STEADY, STEADY, locked, accepted=frozenset({"dr-mirror-old"}))) == {"lock", "lost"}
    assert not judged(STEADY, FAILED_OVER, *FLIP, gone, accepted=frozenset({"dr-mirror-old"})).allowed


def test_a_rotation_may_drop_the_key_that_its_ring_lets_go_of() -> None:
    rotated = {"live": [1, 2], "keys": {"east": {"1": "E1", "2": "E2"}, "west": {"1": "W1", "2": None}}}
    ring = row("update", "KeyRing", of=rotated, change={"live": [2]})
    for key in ("E1", "W1"):
        assert judged(STEADY, STEADY, row("delete", "ApiKey", "old", protect=False, known_as=key), ring).allowed
    revoked = row("delete", "ApiKey", "old", protect=False, known_as="E1")
    assert codes(judged(STEADY, STEADY, revoked)) == {"lost"}
    assert codes(judged(STEADY, STEADY, row("delete", "ApiKey", "new", protect=False, known_as="E2"), ring)) == {"lost"}
    assert codes(judged(STEADY, STEADY, row("delete", "ApiKey", "any", protect=False), ring)) == {"lost"}
    unsure = row("update", "KeyRing", of=rotated, change={"live": None})
    assert codes(judged(STEADY, STEADY, revoked, unsure)) == {"lost"}


@pytest.mark.parametrize("op", ["replace", "create-replacement", "delete-replaced"])
def test_an_acl_is_never_replaced_but_may_be_removed_and_added(op: str) -> None:
    found = judged(STEADY, STEADY, row(op, "KafkaAcl", "reader", protect=False, change={"restEndpoint": "https://e2"}))
    assert codes(found) == {"lost"}
    assert "reader would be replaced because of restEndpoint" in str(found.findings)
    assert "Make it two edits: one that removes it, and one that adds it" in str(found.findings)
    assert not judged(None, STEADY, row(op, "KafkaAcl", "reader", protect=False)).allowed
    for one in ("create", "delete"):
        assert judged(STEADY, STEADY, row(one, "KafkaAcl", "reader", protect=False)).allowed


def test_inputs_of_the_plans_are_not_changed_by_a_case() -> None:
    assert INPUTS["ClusterLink"]["link"] == "dr"


def test_components_are_no_steps_and_other_providers_resources_are_nobody_we_know() -> None:
    component = {"op": "update", "urn": "urn:pulumi:s::p::acme:index:Platform::it", "oldState": {}, "newState": {}}
    assert judged(STEADY, FAILED_OVER, *FLIP, component).allowed
    theirs = {"custom": True, "inputs": {}}
    bucket = {"op": "delete", "urn": "urn:pulumi:s::p::acme:index:Environment::it", "oldState": theirs}
    assert judged(STEADY, STEADY, bucket).allowed
    assert codes(judged(STEADY, FAILED_OVER, *FLIP, bucket)) == {"step"}
