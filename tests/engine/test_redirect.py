"""A survivor that sends us elsewhere, on the real engine: the key goes to nobody else, the run ends in one error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.linked import destination
from tests.engine.pairs import LINK, build
from tests.services.web import Answer, Request, serving

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

UPDATE = ("up", "--yes", "--skip-preview")
LIST = "/links/{l}/mirrors"


class Stranger:
    """Another host, which would like to have the key."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.seen.append(request)
        return Answer.of(200, {"data": []})


def test_a_key_goes_to_no_other_host_and_the_run_ends_in_one_clear_error(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path, 2)
    pair.want("ACTIVE")
    assert pair.stack.run(*UPDATE).ok
    pair.want("FAILED_OVER")
    pair.forget_log()
    stranger = Stranger()
    with serving(stranger) as elsewhere:
        fault = emulator.fault({"status": 307, "headers": {"location": f"{elsewhere}/x?token=canary"}}, path=LIST)
        sent = pair.stack.run(*UPDATE)
        emulator.control("DELETE", f"/faults/{fault}")

        rows = destination(emulator).get(f"/links/{LINK}/mirrors").json()["data"]
        # The page is asked for at home, where there is none of that name.
        foreign = {"data": rows, "metadata": {"next": f"{elsewhere}/kafka/v3/clusters/nobody/topics"}}
        fault = emulator.fault({"status": 200, "body": foreign}, path=LIST)
        paged = pair.stack.run(*UPDATE)
        emulator.control("DELETE", f"/faults/{fault}")

    assert stranger.seen == []
    told = "answered 307, a redirect to 127.0.0.1; the key was not sent there"
    for ran, said in ((sent, told), (paged, f"GET {LIST.replace('{l}', '{link}')} answered 501")):
        text = " ".join(ran.text.split())
        assert not ran.ok
        assert said in text, ran.text
        assert "Traceback" not in text
        assert "canary" not in text
    assert pair.mutations() == []
    assert set(pair.statuses().values()) == {"ACTIVE"}
