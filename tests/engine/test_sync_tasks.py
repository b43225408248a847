"""A link whose syncs fail, on the real engine: named by a steady preview and a failover, refused by a promotion."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.standing import EAST, FAILOVER, LINK, PROMOTE, build

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


def test_a_task_in_error_is_named_by_a_steady_preview_and_a_failover_and_refuses_a_promotion(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path)
    token = pair.token()
    accounts = emulator.truth()["cloud"]["service_accounts"].values()
    account = next(a["id"] for a in accounts if a["display_name"].endswith("-link"))
    taken = {"principal": f"User:{account}", "resource_type": "CLUSTER"}
    assert pair.kafka("east").delete("/acls", params=taken).is_success
    tasks = {"include_tasks": "true"}
    while "IN_ERROR" not in (answer := pair.kafka("west").get(f"/links/{LINK}", params=tasks).text):
        time.sleep(0.2)
    assert "AUTHORIZATION_ERROR" in answer
    named = f"link {LINK}: AclSync is IN_ERROR, so ACLs that changed on the source since then are not the same here"

    steady = pair.stack.preview("--expect-no-changes")
    assert steady.ok, steady.text
    assert named in steady.text

    broken = {"error_code": "AUTHORIZATION_ERROR", "error_message": "no right on groups"}
    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/tasks/ConsumerOffsetSync", broken)
    pair.stack.edit(**PROMOTE, handover=token)
    pair.forget_log()
    promotion = pair.stack.preview()
    assert not promotion.ok
    said = " ".join(promotion.text.split())
    assert f"link {LINK} does not sync offsets: ConsumerOffsetSync is IN_ERROR: AUTHORIZATION_ERROR: no right" in said

    # Without its source the sync would not be tried again, and its last error be forgotten.
    acls = {"error_code": "AUTHORIZATION_ERROR", "error_message": "no right on ACLs"}
    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/tasks/AclSync", acls)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close"})
    pair.stack.edit(**FAILOVER, handover="")
    failover = pair.stack.preview()
    assert failover.ok, failover.text
    assert named in failover.text
    assert f"link {LINK}: ConsumerOffsetSync is IN_ERROR" in failover.text
    assert pair.mutations() == []
