"""A restore in a process of its own, which waits at one point until it is killed: `python -m tests.kafka.dying POINT`.

Takes its order as JSON on stdin, and writes one line to stdout when it has come to the point.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from kafkadr import restoring_archive
from kafkadr.budget import Budget
from kafkadr.ledger import Ledger
from kafkadr.ledger_store import FileStore
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.rest import KafkaRest
from kafkadr.restoring_run import Restore, Said
from kafkadr.turning import Halves
from kafkadr.wire import MirrorRow
from tests.toolchain import ROOT

OBJECT_BYTES: Final = 200
"""So small that a few records make several objects."""
POINTS: Final = ("in an object", "before the ledger", "before the call", "after the call")


@dataclass(frozen=True)
class Order:
    """What is to be restored: addresses, the ledger's folder, and its receipt. All secrets are `secret`."""

    emulator: str
    bootstrap: str
    folder: str
    link: str
    receipt: str


def killed_at(point: str, order: Order) -> int:
    """Run a restore up to a point and kill it there, as the kernel does; how the process ended."""
    command = [sys.executable, "-m", "tests.kafka.dying", point]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(asdict(order)))
        child.stdin.close()
        reached = child.stdout.readline()  # empty when it ended before the point
        os.kill(child.pid, signal.SIGKILL)
        assert reached == f"{point}\n"
        return child.wait(timeout=60)


def _wait_if(here: str) -> None:
    if here == sys.argv[1]:
        sys.stdout.write(f"{here}\n")
        sys.stdout.flush()
        signal.pause()


class _Store(FileStore):
    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        if not name.endswith(".jsonl"):
            _wait_if("before the ledger")
        return super().exchange(name, old, new)

    def _replace(self, path: Path, document: bytes) -> None:
        if sys.argv[1] == "in an object" and list(path.parent.glob("*.jsonl")):
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as half:
                half.write(document[: len(document) // 2])
                half.flush()
                _wait_if("in an object")
        super()._replace(path, document)


class _Rest(KafkaRest):
    async def alter_mirrors(self, *words: Any, **more: Any) -> list[MirrorRow]:
        earnest = not more.get("dry_run")
        if earnest:
            _wait_if("before the call")
        rows = await super().alter_mirrors(*words, **more)
        if earnest:
            _wait_if("after the call")
        return rows


async def _restore(order: Order) -> None:
    budget, secret = Budget(240), SecretStr("secret")
    ledger = Ledger(Path(order.folder).as_uri(), "lkc-west", order.link, 2)
    ledger.store = _Store(Path(order.folder))
    old, new = (_Rest(f"{order.emulator}/k/lkc-{s}", f"lkc-{s}", f"OP-{s}", secret, budget) for s in ("east", "west"))
    brokers = Client(cluster_at("the old primary", order.bootstrap, "OP-east", secret))
    lines: list[str] = []
    said = Said(lines.append, lines.append, lines.append)
    async with old, new:
        await Restore(Halves(order.link, old, new), ledger, [order.receipt], lambda: brokers, 500, said).run()


if __name__ == "__main__":
    restoring_archive.OBJECT_BYTES = OBJECT_BYTES
    asyncio.run(_restore(Order(**json.load(sys.stdin))))
