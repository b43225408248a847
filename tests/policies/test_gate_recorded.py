"""The plan gate on recorded previews of the real engine: every move alone, and with what no move may carry."""

from __future__ import annotations

import pytest

from policies.gate import judge, markdown, read
from tests.policies import recordings
from tests.policies.plans import codes

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
