"""The plan gate on recorded previews of the real engine: every move alone, and with what no move may carry."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kafkadr.phase import MOVES as LEGAL
from policies.gate import judge, markdown, read
from tests.policies import recordings
from tests.policies.plans import codes

MOVES: dict[str, str] = {
    "promote": "promote",
    "failover": "failover",
    "reverse": "reverse",
    "retry": "retry",
    "retry-reversal": "retry",
    "force": "force",
    "withdraw": "withdraw",
    "withdraw-reversal": "withdraw",
    "restore": "restore",
    "restored": "restored",
    "arm": "arm",
    "disarm": "disarm",
    "fire": "fire",
    "rebuilt": "rebuilt",
    "home-promote": "promote",
    "home-arm": "arm",
    "home-disarm": "disarm",
    "home-fire": "fire",
    "home-rebuilt": "rebuilt",
}
"""Per recording the move; `home` is the way back of a pair that was there."""
FORWARD: dict[str, set[str]] = {
    "release": {"preview", "step"},
    "reclaim": {"preview", "step"},
    "join": {"preview"},
    "unlock": {"preview"},
    "retire": {"preview"},
}
"""Fail-forward's moves, and why another endpoint is refused beside each: after `join` it would be another cluster."""
AFTER = (
    *("failover", "refused", "refused-reversal", "force", "retry-reversal", "restore", "restored", "arm", "disarm"),
    *("fire", "rebuilt", "home-promote", "home-arm", "home-fire", "home-rebuilt", "release", "unlock", "retire"),
)
"""Where a revert to the stack file of the first day was tried; `refused` is a promotion that the mirrors refused."""
BY_THE_GATE = {"rebuilt": "lost", "restored": "preview"}
"""Why another endpoint is refused where a move may create and update anything; elsewhere it is no step of the move. In
`restored` the engine, which keeps to the link's protection, stops before any step of it."""

RECORDED: dict[str, tuple[str, set[str]]] = {
    "steady-same": ("edit", set()),
    "steady-new-client": ("edit", set()),
    "steady-unlock": ("edit", set()),
    "steady-rename-link": ("edit", {"preview"}),
    "steady-endpoint": ("edit", {"preview"}),
    "steady-endpoint-ignore-protect": ("edit", {"lock", "lost"}),
    "steady-drop-mirror": ("edit", {"preview"}),
    "steady-rest-endpoint": ("edit", {"lost"}),
    "rotation-revoke": ("edit", set()),
    "promote-without-token": ("edit", {"preview"}),
    "failover-digest": ("failover", set()),
    "failover-unlock": ("failover", {"lock"}),
    "failover-new-client": ("failover", {"step"}),
    "failed-over-same": ("edit", set()),
    "reverse-new-client": ("reverse", {"step"}),
    **{name: (move, set()) for name, move in MOVES.items()},
    **{f"{name}-rename-link": ("edit", {"preview"}) for name in MOVES},
    **{f"{name}-drop-mirror": ("edit", {"preview"}) for name in MOVES},
    **{f"{name}-endpoint": (m, {"preview", BY_THE_GATE.get(m, "step")}) for name, m in MOVES.items()},
    **{name: (name, set()) for name in FORWARD},
    # A new site's link may have any name.
    **{f"{name}-rename-link": ("edit", {"preview"}) for name in FORWARD if name != "join"},
    **{f"{name}-drop-mirror": ("edit", {"preview"}) for name in ("release", "reclaim", "join")},
    # Topics may leave a pair that is protected, in an edit of their own: there the engine and the gate refuse it.
    **{f"{name}-drop-mirror": (name, {"preview", "lost"}) for name in ("unlock", "retire")},
    **{f"{name}-endpoint": (name, reasons) for name, reasons in FORWARD.items()},
    **{f"{name}-revert": ("edit", {"preview"}) for name in AFTER},
}
"""Per recording the move and the reasons against it; a guard that refuses has no step, so that no move shows."""


def test_every_recording_is_judged_and_every_move_recorded() -> None:
    assert {path.stem for path in recordings.FOLDER.glob("*.json")} == set(RECORDED)
    assert {*MOVES.values(), *FORWARD} == {move.name for move in LEGAL}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_preview(name: str) -> None:
    move, reasons = RECORDED[name]
    verdict = judge(read(recordings.read(f"{name}.json")))
    assert [m.name for m in verdict.moves] == [move]
    assert codes(verdict) >= reasons
    assert verdict.allowed == (not reasons), verdict.findings
    assert ("refused" in markdown(verdict)) == bool(reasons)


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if BY_THE_GATE.get(move) != "preview"])
def test_another_endpoint_is_refused_by_what_it_would_do_whatever_the_engine_says(name: str) -> None:
    silent = dataclasses.replace(read(recordings.read(f"{name}-endpoint.json")), messages=())
    assert not judge(silent).allowed
    assert judge(dataclasses.replace(read(recordings.read(f"{name}.json")), messages=())).allowed


def test_the_last_edit_of_a_rotation_lets_go_of_the_revoked_keys_of_clients_link_and_manager() -> None:
    verdict = judge(read(recordings.read("rotation-revoke.json")))
    (note,) = (note for note in verdict.notes if "let go of" in note)
    assert set(note.removeprefix("let go of: ").split(", ")) == {
        *("dr-client-cli-east-key", "dr-client-cli-west-key", "dr-link-reader-key", "dr-west-manager-key")
    }
    parents = {
        step.kind: {step.urn.rsplit("$", 1)[0] for step in verdict.preview.of_kind(step.kind)}
        for step in verdict.preview.steps
    }
    assert not parents["ApiKey"] <= parents["KeyRing"], "not all are declared beside their ring"
    without = [step for step in verdict.preview.steps if step.kind != "KeyRing"]
    assert codes(judge(dataclasses.replace(verdict.preview, steps=tuple(without)))) == {"lost"}


def test_an_acl_is_replaced_by_another_endpoint_and_the_reason_is_told() -> None:
    verdict = judge(read(recordings.read("steady-rest-endpoint.json")))
    assert {f.text.split()[0] for f in verdict.findings} == {"KafkaAcl"}
    assert all("would be replaced because of restEndpoint" in f.text for f in verdict.findings)


@pytest.mark.parametrize("name", AFTER)
def test_a_revert_is_refused_because_of_its_epoch(name: str) -> None:
    said = str(judge(read(recordings.read(f"{name}-revert.json"))).findings)
    assert re.search(r"epoch 1 is not above \d|epoch changes from \d to 1", said), said


def secrets_in(value: Any) -> Iterator[Any]:
    """What stands in the place of each secret."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            yield value.get("ciphertext", value.get("value"))
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from secrets_in(inner)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recording_holds_no_secret_and_nothing_of_the_machine(name: str) -> None:
    text = recordings.read(f"{name}.json")
    rows = [json.loads(text)] if text.startswith("{\n") else [json.loads(row) for row in text.splitlines()]
    assert set(secrets_in(rows)) <= {"[secret]"}
    assert re.findall(r"canary|/tmp/|/home/|/root/|/work/|-----BEGIN", text) == []
