"""12 statuses x 4 wishes: the preview's verdict, the update's and the table's are one, and the server agrees.

The provider's own resource against the emulator, without the engine; tests/engine samples the same through `pulumi`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafkadr.errors import DrError
from kafkadr.verdicts import TABLE, Action, Desired
from provider.mirror_state import MirrorStateResource
from provider.resource import Log
from provider.values import plain, wrap
from tests.emulation import RunningEmulator, in_thread

SOURCE, STANDBY = "lkc-a", "lkc-b"
_JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="KA" password="SA";'


def quiet(_: str) -> None:
    return


QUIET = Log(quiet, quiet, quiet)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


def build(emulator: RunningEmulator, status: str) -> None:
    emulator.reset()
    emulator.control("POST", "/clock", {"mode": "manual"})
    cluster = {"environment": "env-a", "kind": "Dedicated", "cloud": "AWS"}
    emulator.seed(
        {
            "environments": [{"id": "env-a", "display_name": "a"}],
            "clusters": [
                cluster | {"id": SOURCE, "region": "us-east-1", "display_name": "A"},
                cluster | {"id": STANDBY, "region": "us-west-2", "display_name": "B"},
            ],
            "api_keys": [
                {"key": "KA", "secret": "SA", "owner": "u-admin", "resource": SOURCE},
                {"key": "KB", "secret": "SB", "owner": "u-admin", "resource": STANDBY},
            ],
            "topics": [{"cluster": SOURCE, "name": "orders", "partitions": 1}],
        }
    )
    kafka = emulator.kafka(STANDBY, "KB", "SB")
    configs = {"bootstrap.servers": "a.invalid:9092", "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}
    body = {
        "source_cluster_id": SOURCE,
        "configs": [{"name": k, "value": v} for k, v in (configs | {"sasl.jaas.config": _JAAS}).items()],
    }
    assert kafka.post("/links", params={"link_name": "dr"}, json=body).is_success
    assert kafka.post("/links/dr/mirrors", json={"source_topic_name": "orders"}).is_success
    emulator.control("PUT", f"/clusters/{STANDBY}/links/dr/mirrors/orders", {"status": status})


def verdict(emulator: RunningEmulator, desired: Desired, ledger: Path, *, preview: bool) -> str:
    """`ok` or `refused`, and for an update the status that the server shows afterwards."""
    inputs = {
        "restEndpoint": f"{emulator.url}/k/{STANDBY}",
        "clusterId": STANDBY,
        "linkName": "dr",
        "credentials": {"key": "KB", "secret": "SB"},
        "desired": desired.value,
        "ledgerUrl": ledger.as_uri(),
        "budgetSeconds": 5,
    }
    resource = MirrorStateResource()
    properties = {name: wrap(value) for name, value in inputs.items()}
    try:
        outputs = asyncio.run(resource.update({}, properties, QUIET, preview=preview))
    except DrError:
        return "refused"
    return "ok" if plain(outputs["total"]) == 1 else "empty"


@pytest.mark.parametrize("desired", list(Desired))
@pytest.mark.parametrize("status", sorted(TABLE))
def test_preview_update_and_table_agree(
    emulator: RunningEmulator, tmp_path: Path, status: str, desired: Desired
) -> None:
    cell = TABLE[status][desired.verb]
    build(emulator, status)
    told = verdict(emulator, desired, tmp_path, preview=True)
    mutations = [r for r in emulator.log() if r["method"] == "POST" and "mirrors:" in r["path"]]
    assert all("validate_only" in str(r["query"]) for r in mutations)

    if cell == Action.WAIT:  # Nothing to call: what follows is the server's own next step.
        assert told == "ok"
        emulator.control("PUT", f"/clusters/{STANDBY}/links/dr/mirrors/orders", {"status": desired.target})
    done = verdict(emulator, desired, tmp_path, preview=False)

    assert told == done == ("ok" if cell in {Action.CALL, Action.WAIT, Action.DONE} else "refused")
    if cell == Action.CALL:
        listed = emulator.kafka(STANDBY, "KB", "SB").get("/links/dr/mirrors/orders").json()
        assert listed["mirror_status"] == desired.target
