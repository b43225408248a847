"""A partition whose broker is down: nobody knows what it holds, so nobody clears, recovers or compares.

To a request for offsets it looks like a topic that does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina
from pydantic import SecretStr

from emulator.kafka.broker import Broker
from kafkadr.errors import RefusedError, UnreachableError
from kafkadr.ledger import Ledger
from kafkadr.recovery import source
from kafkadr.recovery.cluster import Client, NotYetError, cluster_at
from kafkadr.recovery.source import logs_of
from tests.brokers import need_kafka, until
from tests.drctl.in_process import Done, run
from tests.emulation import in_thread
from tests.kafka.second import NODE, SecondNode
from tests.provider.clearing_world import LINK, NEW, OLD, Clearing
from tests.recovering import produce

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]
DOWN = r"no leader for t0 partition 0 at the moment: they cannot be read now"


@pytest.fixture
def nodes() -> Iterator[tuple[Broker, SecondNode]]:
    """The old primary of `Clearing`; t0 is on the second node alone, with three records that nobody answered for."""
    need_kafka()
    with Broker(OLD) as first, SecondNode(first) as second:
        for name, node, count in (("t0", NODE, 13), ("t1", 1, 14), ("t2", 1, 10)):
            second.make_topic(name, node)
            produce(first, name, range(count))
        yield first, second


def test_a_partition_without_leader_stops_what_an_absent_one_would_let_through(
    nodes: tuple[Broker, SecondNode], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    login, address = first.login(), f"SASL_PLAINTEXT://{first.bootstrap}"
    key = {"key": login["sasl.username"], "secret": login["sasl.password"]}
    kept = Client(cluster_at("the old primary", address, key["key"], SecretStr(key["secret"])))
    assert logs_of(kept, [("t0", 0)])["t0", 0].end == 13
    environment = {"KAFKADR_SOURCE_KEY": key["key"], "KAFKADR_SOURCE_SECRET": key["secret"], "KAFKADR_WHO": "eve"}

    with in_thread() as emulator:
        world = Clearing(emulator, tmp_path)
        world.answer()
        emulator.seed({"api_keys": [{**key, "owner": "sa-link", "resource": OLD}]})
        clearance = world.clearance(oldBootstrapEndpoint=address, oldCredentials=key, budgetSeconds=60)

        def drctl(*words: str) -> Done:
            where = ["--ledger", world.ledger, "--cluster", NEW, "--link", LINK, "--epoch", "2"]
            return run([*words, *where, "--source-bootstrap", address], environment)

        second.kill()
        with stamina.set_testing(True, attempts=1):
            with monkeypatch.context() as patch:
                patch.setattr(source, "REQUEST_SECONDS", 2.0)
                patch.setattr(source, "present", lambda _, places: places)  # the leader went after the look
                with pytest.raises(NotYetError, match="does not say where t0 partition 0 begins"):
                    logs_of(kept, [("t0", 0)])
            for places in ([("t0", 0)], [("t0", 0), ("t1", 0)], [("t0", 0), ("gone", 0)]):
                with pytest.raises(NotYetError, match=DOWN):
                    logs_of(kept, places)
            assert logs_of(kept, [("t1", 0), ("t1", 1), ("gone", 0)]).keys() == {("t1", 0)}
            with pytest.raises(UnreachableError, match=rf"(?s)holds cannot be read now: .*{DOWN}.*Nothing was deleted"):
                clearance.preview()
            for words in (["recover", "plan"], ["divergence"]):
                refused = drctl(*words)
                assert refused.returncode == 3, refused.stdout
                assert "no leader for t0 partition 0" in refused.stderr
        with pytest.raises(UnreachableError, match=r"cannot be read now: .* refuses the key SRC"):
            world.clearance(oldBootstrapEndpoint=address).preview()
        second.start()
        until(lambda: logs_of(kept, [("t0", 0)])["t0", 0].end == 13)
        with pytest.raises(RefusedError, match=r"3 records were written .*: t0 partition 0, offsets 10-12"):
            clearance.preview()
        assert world.there() == world.names
        assert asyncio.run(Ledger(world.ledger, NEW, LINK, 2).read()) == world.book
