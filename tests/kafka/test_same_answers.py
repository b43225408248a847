"""The REST API gives the same answers whichever data plane is behind it."""

import re
from typing import Any

import httpx2
import pytest

from tests import emulation
from tests.brokers import need_kafka
from tests.emulator import tour

pytestmark = pytest.mark.kafka
_VOLATILE = {
    "state_time_ms",
    "timestamp",
    "created_at",
    "updated_at",
    "link_id",
    "cluster_link_id",
    "secret",
    "kafka_bootstrap_endpoint",
}


def _comparable(answer: httpx2.Response) -> tuple[str, str, int, Any]:
    base = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
    body = _plain(answer.json(), base) if answer.content else None
    return answer.request.method, answer.request.url.path, answer.status_code, body


def _plain(value: Any, base: str) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item, base) for name, item in value.items() if name not in _VOLATILE}
    if isinstance(value, list):
        return [_plain(item, base) for item in value]
    return re.sub(re.escape(base), "", value) if isinstance(value, str) else value


def test_both_data_planes_give_the_same_answers() -> None:
    need_kafka()
    with emulation.in_thread() as memory:
        expected = [_comparable(answer) for answer in tour.run(memory, tour.BOTH_PLANES)]
    with emulation.with_brokers() as brokers:
        found = [_comparable(answer) for answer in tour.run(brokers, tour.BOTH_PLANES)]
    assert len(found) == len(expected) > 80
    assert [one for one, other in zip(found, expected, strict=True) if one != other] == []
