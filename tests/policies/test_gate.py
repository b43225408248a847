"""The plan gate on recorded previews of the real engine, and move by move on the table of transitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kafkadr.phase import MOVES as LEGAL
from kafkadr.phase import Change, Kept, Need, Standby, Term
from policies.gate import as_json, judge, markdown, read
from policies.gate.allowed import MOVES
from policies.gate.terms import moves_of
from tests.policies import recordings
from tests.policies.plans import EAST, INPUTS, codes, judged, row, term, text

RECORDED: dict[str, tuple[str, set[str]]] = {
    "steady-same": ("edit", set()),
    "steady-new-client": ("edit", set()),
    "steady-unlock": ("edit", set()),
    "steady-rename-link": ("edit", {"preview"}),
    "steady-endpoint": ("edit", {"preview"}),
    "steady-endpoint-ignore-protect": ("edit", {"lock", "lost"}),
    "steady-drop-mirror": ("edit", {"preview"}),
    "promote": ("promote", set()),
    "promote-without-token": ("edit", {"preview"}),
    "failover": ("failover", set()),
    "failover-digest": ("failover", set()),
    "failover-rename-link": ("edit", {"preview"}),
    "failover-endpoint": ("failover", {"preview"}),
    "failover-drop-mirror": ("edit", {"preview"}),
    "failover-unlock": ("failover", {"lock"}),
    "failover-new-client": ("failover", {"step"}),
    "failed-over-same": ("edit", set()),
    "revert": ("edit", {"preview"}),
    "reverse": ("reverse", set()),
    "reverse-new-client": ("reverse", {"step"}),
    "restore": ("restore", set()),
    "restored": ("restored", set()),
}
"""Per recording the move and the reasons against it; a guard that refuses has no step, so that no move shows."""


def test_every_recording_is_judged() -> None:
    assert {path.stem for path in recordings.FOLDER.glob("*.json")} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_preview(name: str) -> None:
    move, reasons = RECORDED[name]
    verdict = judge(read(recordings.read(f"{name}.json")))
    assert [m.name for m in verdict.moves] == [move]
    assert codes(verdict) >= reasons
    assert verdict.allowed == (not reasons), verdict.findings
    assert ("refused" in markdown(verdict)) == bool(reasons)


def test_the_flip_of_a_recorded_pair_tells_what_it_costs_and_shows_the_way() -> None:
    verdict = judge(read(recordings.read("failover.json")))
    said = markdown(verdict)
    assert as_json(verdict)["forecast"]["messagesAtRisk"] == 7
    for line in ("| messages at risk | 7 |", "| primary | east | **west** |", "| epoch | 1 | **2** |"):
        assert line in said
    assert 'east["east (lost)<br/>retained"]' in said
    assert 'east -. "dr-link: kept, stopped" .-> west' in said
    digest = markdown(judge(read(recordings.read("failover-digest.json"))))
    assert "7 messages at risk in 1 partitions" in digest, "the digest has no outputs, but the provider's words"


def terms(move: Any) -> tuple[Term, Term] | None:
    """A term that the move starts from, and the one that it leads to."""
    for standby in Standby:
        for change in Change:
            for kept in ((), (Kept("north", 1),)):
                both = Need.BIDIRECTIONAL in move.needs
                old = Term("east", 3, change, standby, sites=("east", "west"), kept=kept, bidirectional=both)
                if not move.possible(old) or (move.name == "retire" and not kept):
                    continue
                new_kept = () if move.name == "retire" else (*kept, Kept("west", 3)) if move.name == "join" else kept
                new = Term(
                    "west" if move.flips else "east",
                    4 if move.flips else 3,
                    move.change or change,
                    move.standby,
                    sites=old.sites,
                    kept=new_kept,
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
        kept=[{"site": k.site, "epoch": k.epoch} for k in of.kept],
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


STEADY = term()
FAILED_OVER = term(primary="west", epoch=2, change="failover", standby="retained")
FLIPPED = {"desired": "FAILED_OVER", "epoch": 2}
POINTED = {"clusterId": "lkc-west", "site": "west", "epoch": 2}
FLIP = [row("update", "MirrorState", change=FLIPPED), row("update", "ActivePointer", change=POINTED)]
OFF = {"config": {"acl.sync.enable": "false", "acl.sync.ms": "5000"}}


def test_a_flip_may_switch_the_links_syncs() -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP, row("update", "ClusterLink", change=OFF)).allowed


def test_a_flip_may_drop_the_record_of_an_earlier_turn_of_the_link() -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP, row("delete", "Reversal", protect=False)).allowed
    assert not judged(STEADY, FAILED_OVER, *FLIP, row("create", "Reversal", protect=False)).allowed


BESIDE_A_FLIP: dict[str, tuple[dict[str, Any], str]] = {
    "link deleted": (row("delete", "ClusterLink", protect=False), "lost"),
    "link forgotten": (row("delete", "ClusterLink", protect=False, retain=True), "lost"),
    "link replaced": (row("replace", "ClusterLink", change={"link": "x"}, protect=False), "lost"),
    "link discarded": (row("discard", "ClusterLink", protect=False), "lost"),
    "mirror deleted": (row("delete", "KafkaMirrorTopic", protect=False), "lost"),
    "topic deleted": (row("delete", "KafkaTopic", protect=False), "lost"),
    "key deleted": (row("delete", "ApiKey", protect=False), "lost"),
    "cluster replaced": (row("create-replacement", "KafkaCluster", protect=False), "lost"),
    "protected link deleted": (row("delete", "ClusterLink"), "lock"),
    "key created": (row("create", "ApiKey"), "step"),
    "mirror created": (row("create", "KafkaMirrorTopic"), "step"),
    "mirror updated": (row("update", "KafkaMirrorTopic", change={"status": "FAILED_OVER"}), "step"),
    "ACL created": (row("create", "KafkaAcl"), "step"),
    "ACL deleted": (row("delete", "KafkaAcl", protect=False), "step"),
    "link's interval": (
        row("update", "ClusterLink", change={"config": {"acl.sync.enable": "true", "acl.sync.ms": "1"}}),
        "step",
    ),
    "link's credentials": (row("update", "ClusterLink", change={"sourceKafkaCluster": {"id": EAST}}), "step"),
    "another link watched": (row("update", "MirrorState", "b", change={"linkName": "x"}), "step"),
    "another scope": (row("update", "MirrorState", "b", change={"topics": ["a"]}), "step"),
    "another pointer": (row("update", "ActivePointer", "b", change=POINTED | {"url": "x"}), "step"),
    "key unlocked": (row("same", "ApiKey", unlock=True), "lock"),
    "lost site read": (row("read", "KafkaTopic"), "site"),
    "lost site refreshed": (row("refresh", "KafkaCluster"), "site"),
    "lost cluster asked": (row("update", "KafkaTopic", change={"partitions": 3}), "site"),
    "clients sent to the lost cluster": (
        row("update", "ActivePointer", "b", change={"site": "west", "epoch": 2}),
        "site",
    ),
    "clients sent to the lost site": (
        row("update", "ActivePointer", "b", change={"clusterId": "lkc-west", "epoch": 2}),
        "site",
    ),
    "guard replaced": (
        {"op": "replace", "urn": "urn:pulumi:s::p::kafkadr:index:Transition::h", "oldState": {}, "newState": {}},
        "guard",
    ),
}


@pytest.mark.parametrize(("step", "reason"), BESIDE_A_FLIP.values(), ids=BESIDE_A_FLIP)
def test_nothing_goes_beside_a_flip(step: dict[str, Any], reason: str) -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP).allowed
    assert reason in codes(judged(STEADY, FAILED_OVER, *FLIP, step))


def test_an_epoch_that_does_not_follow_its_primary_is_refused() -> None:
    assert "guard" in codes(judged(STEADY, FAILED_OVER | {"epoch": 3}, *FLIP))
    assert "guard" in codes(judged(STEADY, STEADY | {"epoch": 2}))


def test_a_lost_guard_is_no_new_pair() -> None:
    assert judged(None, STEADY, row("create", "MirrorState")).allowed
    assert codes(judged(None, STEADY, row("same", "MirrorState"))) == {"guard"}


def test_without_a_guard_nothing_goes_either() -> None:
    assert judged(None, None, row("create", "ClusterLink"), row("update", "ClusterLink", change=OFF)).allowed
    assert codes(judged(None, None, row("delete", "ClusterLink", protect=False))) == {"lost"}


PROMOTED = term(primary="west", epoch=2, change="promote", standby="retained")
ARMED, FIRED = PROMOTED | {"standby": "clear-armed"}, PROMOTED | {"standby": "clear-fired"}
RESTORING = PROMOTED | {"standby": "restoring"}
TURNED = term(primary="west", epoch=2)
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
    "join": (
        PROMOTED,
        TURNED | {"kept": [{"site": "east", "epoch": 2}]},
        [FORGOTTEN, row("create", "ClusterLink"), row("create", "KafkaCluster")],
        [GONE, row("delete", "ApiKey", protect=False)],
    ),
    "retire": (
        PROMOTED | {"kept": [{"site": "east", "epoch": 2}]},
        PROMOTED,
        [row("delete", "ClusterLink", protect=False)],
        [GONE, row("delete", "KafkaMirrorTopic", protect=False), row("delete", "ClusterLink")],
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


def test_of_two_links_the_picture_shows_the_one_that_runs() -> None:
    rebuilt = TURNED | {"link": "back", "idle": "dr"}
    assert 'west -- "back" --> east' in markdown(judged(FIRED, rebuilt, row("same", "ClusterLink")))


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
    old = row("delete", "ApiKey", "old", protect=False, parent="client")
    ring = row("update", "KeyRing", change={"live": [2]}, parent="client")
    assert judged(STEADY, STEADY, old, ring).allowed
    assert codes(judged(STEADY, STEADY, old)) == {"lost"}
    assert codes(judged(STEADY, STEADY, row("delete", "ApiKey", "old", protect=False, parent="other"), ring)) == {
        "lost"
    }


@pytest.mark.parametrize(("level", "refused"), [("mandatory", True), ("advisory", False)])
def test_a_broken_policy_counts_when_it_is_mandatory(level: str, refused: bool) -> None:
    broken = {"policyName": "protected", "enforcementLevel": level, "resourceUrn": "urn", "message": "What\nWhy."}
    events = [{"sequence": 1, "policyEvent": broken}, {"sequence": 2, "summaryEvent": {"result": "succeeded"}}]
    verdict = judge(read("\n".join(json.dumps(event) for event in events)))
    assert codes(verdict) == ({"policy"} if refused else set())
    assert "protected: Why." in markdown(verdict)
    assert codes(judge(read(json.dumps(events[0])))) >= {"preview"}, "broken off"


@pytest.mark.parametrize(
    ("arguments", "flip", "refused"),
    [
        (["up", "--ignore-protect"], False, True),
        (["up", "--ignore-protect=false"], False, False),
        (["up", "--refresh"], False, False),
        (["up", "--refresh"], True, True),
        (["up", "-r"], True, True),
        (["up", "--target=urn"], True, True),
        (["up", "--exclude", "urn"], True, True),
        (["up", "--yes", "--skip-preview"], True, False),
        (["up", "-v=9", "--logtostderr"], False, True),
        (["up", "-v", "11"], False, True),
        (["up", "--verbose=9"], True, True),
        (["up", "-v=3"], True, False),
        (["up", "--target-v", "9"], False, False),
    ],
)
def test_some_arguments_are_refused(arguments: list[str], flip: bool, refused: bool) -> None:
    steps, new = (FLIP, FAILED_OVER) if flip else ([], STEADY)
    assert (codes(judged(STEADY, new, *steps, arguments=arguments)) == {"flag"}) == refused


def test_pulumis_own_variables_count_as_arguments() -> None:
    set_ = {"PULUMI_OPTION_IGNORE_PROTECT": "true"}
    assert codes(judged(STEADY, STEADY, environment=set_)) == {"flag"}
    assert judged(STEADY, STEADY, environment={"PULUMI_OPTION_IGNORE_PROTECT": "false"}).allowed


@pytest.mark.parametrize("trace", [{"PULUMI_DEBUG_GRPC": "grpc.json"}, {"PULUMI_OPTION_VERBOSE": "9"}])
def test_traces_that_tell_secrets_are_refused_in_every_edit(trace: dict[str, str]) -> None:
    verdict = judged(STEADY, STEADY, environment=trace)
    assert codes(verdict) == {"flag"}
    assert "secrets in clear" in str(verdict.findings)
    assert judged(STEADY, STEADY, environment={"PULUMI_OPTION_VERBOSE": "3", "PULUMI_DEBUG_GRPC": ""}).allowed


def test_a_flip_is_recorded_as_it_goes() -> None:
    without = {"PULUMI_SKIP_CHECKPOINTS": "true"}
    assert codes(judged(STEADY, FAILED_OVER, *FLIP, environment=without)) == {"flag"}
    assert judged(STEADY, STEADY, environment=without).allowed


def test_the_summary_lets_nobody_elses_text_become_markup() -> None:
    steps = [row("create", "KafkaAcl", "a|b`<img src=x>")]
    said = markdown(judged(STEADY, STEADY, *steps, errors=("bad\n# heading | <b>",)))
    assert "<img" not in said
    assert "<b>" not in said
    assert "\n# heading" not in said


def test_inputs_of_the_plans_are_not_changed_by_a_case() -> None:
    assert INPUTS["ClusterLink"]["link"] == "dr"


def test_components_are_no_steps_and_other_providers_resources_are_nobody_we_know() -> None:
    component = {"op": "update", "urn": "urn:pulumi:s::p::acme:index:Platform::it", "oldState": {}, "newState": {}}
    assert judged(STEADY, FAILED_OVER, *FLIP, component).allowed
    theirs = {"custom": True, "inputs": {}}
    bucket = {"op": "delete", "urn": "urn:pulumi:s::p::acme:index:Environment::it", "oldState": theirs}
    assert judged(STEADY, STEADY, bucket).allowed
    assert codes(judged(STEADY, FAILED_OVER, *FLIP, bucket)) == {"step"}
