"""`ClientAcls` on the real engine, in a program of its own: found, changed, killed half-way, its site dead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.emulator import linked
from tests.emulator.linked import DESTINATION
from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack, kill_all_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

PROGRAM = """
import pulumi
from components.client_acls import ClientAcls

config = pulumi.Config()
site = {
    "cluster_id": "lkc-dst",
    "rest_endpoint": config.require("rest"),
    "credentials": {"key": "DST", "secret": config.require_secret("secret")},
}
acls = [
    {"resource_type": "TOPIC", "resource_name": name, "principal": "User:sa-shop", "operation": "READ"}
    for name in config.require_object("topics")
]
if acls:
    ClientAcls("shop", site=site, acls=acls, budget_seconds=5)
"""
TOKEN = "kafkadr:index:ClientAcls"


def named(*names: str) -> dict[str, Any]:
    return {"program:topics": list(names)}


@pytest.fixture
def stack(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    linked.build(emulator, 1)
    emulator.control("DELETE", "/log")
    made = program(tmp_path, PROGRAM)
    made.configure({"program:rest": f"{emulator.url}/k/{DESTINATION}", "program:secret": "dst-secret"} | named())
    return made


def want(stack: PulumiStack, *names: str, **keys: str) -> None:
    stack.configure(stack.config() | named(*names) | {f"program:{k}": v for k, v in keys.items()})


def there(emulator: RunningEmulator) -> set[str]:
    rows = linked.destination(emulator).get("/acls", params={"principal": "User:sa-shop"}).json()["data"]
    return {row["resource_name"] for row in rows}


def mutations(emulator: RunningEmulator) -> list[str]:
    return [f"{e['method']} {e['template'].split('}')[-1]}" for e in emulator.log() if e["method"] != "GET"]


def green(stack: PulumiStack, *words: str) -> str:
    ran = stack.run(*words)
    assert ran.ok, ran.text
    return ran.text


def test_it_is_made_changed_by_two_lines_mended_and_taken_away(emulator: RunningEmulator, stack: PulumiStack) -> None:
    names = [f"t{number:03}" for number in range(120)]
    want(stack, *names)
    green(stack, "up", "--yes")
    assert there(emulator) == set(names)
    assert mutations(emulator) == ["POST /acls:batch"] * 2
    green(stack, "preview", "--expect-no-changes")
    green(stack, "refresh", "--yes", "--expect-no-changes")

    want(stack, *names[1:], "t900")
    shown = green(stack, "preview", "--diff")
    changed = [line for line in shown.splitlines() if "resourceName" in line]
    assert len(changed) == 2, shown
    green(stack, "up", "--yes")
    assert there(emulator) == {*names[1:], "t900"}

    linked.destination(emulator).delete("/acls", params={"principal": "User:sa-shop", "resource_name": "t001"})
    ran = stack.preview("--expect-no-changes")
    assert not ran.ok
    green(stack, "up", "--yes")
    assert "t001" in there(emulator)
    green(stack, "preview", "--expect-no-changes")

    want(stack)
    green(stack, "up", "--yes")
    assert there(emulator) == set()


def test_another_address_replaces_nothing(emulator: RunningEmulator, stack: PulumiStack) -> None:
    want(stack, "a", "b")
    green(stack, "up", "--yes")
    emulator.control("DELETE", "/log")
    want(stack, "a", "b", rest=f"{emulator.url}/k/{DESTINATION}".replace("127.0.0.1", "localhost"))
    shown = green(stack, "up", "--yes")
    assert "~ 1 updated" in shown
    assert mutations(emulator) == []
    green(stack, "preview", "--expect-no-changes")


def test_a_run_that_is_killed_half_way_is_run_again(emulator: RunningEmulator, stack: PulumiStack) -> None:
    names = [f"t{number:03}" for number in range(150)]
    want(stack, *names)
    slow = emulator.fault({"latency": 60}, method="POST", path="/acls:batch", nth=2)
    with stack.start("up", "--yes", "--skip-preview") as process:
        while len(there(emulator)) < 100:
            assert process.poll() is None
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{slow}")
    stack.run("cancel", "--yes")
    ran = stack.up()
    assert ran.ok, ran.text
    assert there(emulator) == set(names)
    green(stack, "preview", "--expect-no-changes")


def test_a_dead_site_keeps_a_preview_green_and_a_deletion_red(emulator: RunningEmulator, stack: PulumiStack) -> None:
    want(stack, "a")
    green(stack, "up", "--yes")
    emulator.control("POST", f"/clusters/{DESTINATION}/down", {"how": "close", "now": True})
    shown = green(stack, "preview", "--expect-no-changes")
    assert "the ACLs on lkc-dst cannot be looked at" in shown
    want(stack)
    ran = stack.up()
    assert not ran.ok
    assert "the ACLs on lkc-dst are not as declared, for it does not answer" in ran.text
    assert len(stack.resources(TOKEN)) == 1
    emulator.control("POST", f"/clusters/{DESTINATION}/up", {})
    green(stack, "up", "--yes")
    assert there(emulator) == set()
