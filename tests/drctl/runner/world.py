"""Two sites with pointer and vault in files, and `drctl run` as a process with a client that keeps a journal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kafkadr.pointer import Active, open_pointer, utc_now
from kafkadr.vault import open_vault

ROOT = Path(__file__).parents[3]
CLIENT = Path(__file__).with_name("client.py")
PATIENCE = 60.0
QUICK = ("--poll", "100ms", "--rotation-poll", "100ms", "--jitter", "0")


def secret_of(site: str, version: int = 1) -> str:
    """The canary of one site and version of its key."""
    return f"canary-secret-{site}-{version}"


def eventually(true: Callable[[], object], what: str) -> None:
    """Wait until something is true; generous, since the machine may be busy."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@dataclass
class World:
    """What the wrapper looks at; in files, where no other address is given."""

    folder: Path
    pointer_url: str = ""
    vault_url: str = ""

    def __post_init__(self) -> None:
        self.pointer_url = self.pointer_url or (self.folder / "pointer.json").as_uri()
        self.vault_url = self.vault_url or (self.folder / "vault").as_uri()
        for site in ("east", "west"):
            self.key(site)

    def key(self, site: str, version: int = 1) -> None:
        """Write the client's key for a site."""
        values = {"key": f"CANARYKEY{site}", "secret": secret_of(site, version), "clusterId": f"lkc-{site}"}
        vault = open_vault(self.vault_url)
        vault.write(f"orders-app/{site}", {name: SecretStr(value) for name, value in values.items()}, "stack")

    def flip(self, epoch: int) -> None:
        """Move the pointer: east with odd epochs, west with even ones."""
        open_pointer(self.pointer_url).move(self.active(epoch))

    def active(self, epoch: int) -> Active:
        """The pointer's document of an epoch."""
        site = ("east", "west")[epoch % 2 == 0]
        return Active(
            epoch=epoch,
            site=site,
            cluster_id=f"lkc-{site}",
            bootstrap_endpoint=f"SASL_SSL://{site}.example:9092",
            rest_endpoint="",
            secrets=self.vault_url,
            who="ann",
            why="drill",
            when=utc_now(),
        )

    def entry(self, site: str) -> Path:
        """File of a site's key."""
        return self.folder / "vault" / "orders-app" / site

    @contextmanager
    def unreadable(self, site: str, *, hangs: bool = False) -> Iterator[None]:
        """Take a key away: reading it fails (a folder is there) or never returns (a pipe that nobody writes to)."""
        path = self.entry(site)
        kept = path.with_name(f".{site}")
        path.rename(kept)
        if hangs:
            os.mkfifo(path)
        else:
            path.mkdir()
        yield
        if hangs:
            path.unlink()
        else:
            path.rmdir()
        kept.rename(path)

    @contextmanager
    def wrapper(self, *options: str, child: tuple[str, ...] = (), code: int = 0) -> Iterator[Wrapper]:
        """`drctl run`, ended at the end whatever happens."""
        command = [sys.executable, "-m", "drctl", "run", "--pointer", self.pointer_url, "--client", "orders-app"]
        tail = ["--", sys.executable, "-S", "-E", str(CLIENT), *child]
        journal = self.folder / "journal"
        env = os.environ | {"JOURNAL": str(journal), "CODE": str(code), "TMPDIR": str(self.folder)}
        with (self.folder / "stderr").open("ab") as stderr, (self.folder / "stdout").open("ab") as stdout:
            process = subprocess.Popen(
                [*command, *QUICK, *options, *tail], cwd=ROOT, env=env, stdout=stdout, stderr=stderr
            )
        wrapper = Wrapper(process, self.folder)
        try:
            yield wrapper
        finally:
            wrapper.end()


@dataclass
class Wrapper:
    """A running `drctl run`."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def told(self) -> str:
        """What it has told so far."""
        return (self.folder / "stderr").read_text()

    def journal(self, what: str) -> list[dict[str, Any]]:
        """The children's notes of one kind, in order."""
        path = self.folder / "journal"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [line for line in lines if line["what"] == what]

    def starts(self) -> list[str]:
        """The site of each start."""
        return [start["env"]["KAFKADR_SITE"] for start in self.journal("start")]

    def until_started(self, times: int = 1) -> None:
        """Wait for so many starts."""
        eventually(lambda: len(self.journal("start")) >= times or self.process.poll() is not None, f"start {times}")
        assert len(self.journal("start")) >= times, self.told

    def until_signalled(self, times: int = 1) -> None:
        """Wait until children have got so many signals."""
        eventually(lambda: len(self.journal("signal")) >= times, f"signal {times}")

    def until_told(self, text: str) -> None:
        """Wait until it has told something."""
        eventually(lambda: text in self.told, text)

    def send(self, number: int) -> None:
        """Send the wrapper a signal."""
        self.process.send_signal(number)

    def code(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for line in self.journal("start") + self.journal("grandchild"):
            try:
                os.kill(line["pid"], signal.SIGKILL)
            except ProcessLookupError:
                continue
