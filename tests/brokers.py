"""Real brokers for tests of any folder."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from emulator.kafka.broker import Broker, BrokerMissingError, kafka_classpath


def need_kafka() -> None:
    """Skip the test, visibly, on a machine without Java or without `scripts/setup --kafka`."""
    try:
        kafka_classpath()
    except BrokerMissingError as missing:
        pytest.skip(str(missing))
    if shutil.which("java") is None:
        pytest.skip("no java on PATH")


def quiet(settings: dict[str, str]) -> dict[str, Any]:
    """Return client settings that print nothing when the broker goes away."""
    return {**settings, "log_level": 0}


def make_topic(broker: Broker, name: str, partitions: int = 1, **configs: str) -> None:
    """Make a topic as the super user; underscores in config names stand for dots."""
    admin = AdminClient(quiet(broker.login()))
    wanted = NewTopic(name, partitions, 1, config={key.replace("_", "."): value for key, value in configs.items()})
    for made in admin.create_topics([wanted]).values():
        made.result(60)


def until(condition: Callable[[], object], *, timeout_s: float = 120) -> None:
    """Wait until `condition` holds; generous, since test machines are busy."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
