"""A pair on real brokers that loses its source by SIGKILL, is failed over by our own flip, and gets its source back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.desired import Desired
from kafkadr.filters import NameFilter
from kafkadr.ledger import Ledger
from kafkadr.rest import KafkaRest
from kafkadr.settling import Document
from kafkadr.survey import Wish
from provider.flipping import Flip
from provider.resource import Log
from tests import emulation
from tests.brokers import need_kafka, until
from tests.drctl.in_process import run
from tests.emulator.kafka_world import EAST, WEST
from tests.kafka.clients import ends
from tests.kafka.pair import Pair, fresh

_SECONDS = 300.0
_SILENT = Log(info=lambda _: None, warning=lambda _: None, progress=lambda _: None)


class FailingPair(Pair):
    """East can be killed and comes back; every disaster has a link of its own, since a flip ends one for good."""

    def epoch_of(self, topic: str, link: str, folder: Path, groups: str = "*") -> Document:
        """Fail over one mirror as the provider does it, and return the ledger."""
        url = (folder / "ledger").as_uri()
        wish = Wish(link, Desired.FAILED_OVER, frozenset({topic}), only_declared=True)
        flip = Flip(wish, 2, url, (NameFilter(name=groups),), 500, None)
        secret = SecretStr("secret")

        async def work() -> Document | None:
            at = f"{self.emulator.url}/k/{WEST}"
            async with KafkaRest(at, WEST, "OP-west", secret, Budget(_SECONDS)) as rest:
                await flip.run(rest, _SILENT, fresh=True)
            return await Ledger(url, WEST, link, 2).read()

        document = asyncio.run(work())
        assert document is not None
        assert document["state"] == "closed"
        return document

    def lose_east(self) -> None:
        """SIGKILL the source's broker."""
        os.kill(self.emulator.control("GET", f"/clusters/{EAST}/broker")["pid"], signal.SIGKILL)

    def bring_east_back(self) -> None:
        """Start it again, with its data."""
        self.emulator.control("POST", f"/clusters/{EAST}/broker:start", {})
        until(lambda: self.east.get("/topics").is_success)

    def mirror_of_its_own(self, what: str, link: str, configs: dict[str, str], partitions: int = 1) -> str:
        """A topic on east, mirrored by a new link."""
        self.link(link, configs)
        topic = self.topic(fresh(what), partitions)
        self.mirror(topic, link)
        until(lambda: self.status(topic, link) == "ACTIVE" and ends(self.client("west"), topic) is not None)
        return topic

    def recover(self, command: str, link: str, folder: Path, *words: str, code: int = 0) -> Any:
        """`drctl recover COMMAND --json`."""
        env = {"KAFKADR_WHO": "eve"}
        for name, side in (("SOURCE", "east"), ("DR", "west")):
            env[f"KAFKADR_{name}_BOOTSTRAP"] = self.bootstrap(side)
            env[f"KAFKADR_{name}_KEY"], env[f"KAFKADR_{name}_SECRET"] = f"OP-{side}", "secret"
        where = ["--ledger", (folder / "ledger").as_uri(), "--cluster", WEST, "--link", link]
        done = run(["recover", command, *where, *words, "--json"], env)
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@contextmanager
def failing_pair() -> Iterator[FailingPair]:
    """A fresh one, with brokers that end with it."""
    need_kafka()
    with emulation.with_brokers() as emulator:
        yield FailingPair(emulator)
