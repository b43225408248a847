"""A partition that retention had emptied before it was mirrored, on real brokers: both logs are 50 to 50.

Its mirror fetched no record and lacks none, so nobody who reads the link alone knows that its end is 50.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from provider.clearance import ClearanceResource
from provider.mirror_state import MirrorStateResource
from tests.brokers import until
from tests.drctl.in_process import run
from tests.kafka.clients import committed, ends, produce
from tests.kafka.pair import QUICK, Pair, fresh
from tests.kafka.test_clearing import side
from tests.provider.one_resource import OneResource

pytestmark = pytest.mark.kafka


def test_it_is_at_rest_lacks_nothing_and_may_be_cleared(pair: Pair, tmp_path: Path) -> None:
    link, topic, group, store = fresh("link"), pair.topic(fresh("emptied")), fresh("group"), tmp_path.as_uri()
    east, west = pair.client("east"), pair.client("west")
    produce(east, topic, [str(n) for n in range(50)])
    admin: Any = AdminClient(east)
    for done in admin.delete_records([TopicPartition(topic, 0, 50)]).values():
        done.result(60)
    consumer = Consumer(east | {"group.id": group})
    consumer.commit(offsets=[TopicPartition(topic, 0, 50)], asynchronous=False)
    consumer.close()
    one = f'{{"groupFilters":[{{"name":"{group}","patternType":"LITERAL","filterType":"INCLUDE"}}]}}'
    configs = {k: v for k, v in QUICK.items() if not k.startswith("acl")}
    pair.link(link, configs | {"consumer.offset.group.filters": one})
    pair.mirror(topic, link)
    until(lambda: ends(west, topic) == [(50, 50)] and committed(west, group, topic) == [50])
    assert pair.state(topic, link)["mirror_lags"] == [{"partition": 0, "lag": 0, "last_source_fetch_offset": -1}]

    brokers = ["--source-bootstrap", pair.bootstrap("east")]
    term = ["--cluster", "lkc-west", "--link", link, "--ledger", store]
    rest = [f"{pair.emulator.url}/k/lkc-{name}" for name in ("east", "west")]
    environment = {"KAFKADR_HANDOVER_KEY": "canary-signing-key-0123456789abcdef", "KAFKADR_WHO": "eve"}
    for name, key in (("SOURCE", "OP-east"), ("DR", "OP-west")):
        environment |= {f"KAFKADR_{name}_KEY": key, f"KAFKADR_{name}_SECRET": "secret"}
    both = ["--source-rest", rest[0], "--source-cluster", "lkc-east", "--dr-rest", rest[1], "--epoch", "1"]
    signed = run(["demote", *term, *both, *brokers, "--quiet-seconds", "1"], environment)
    assert signed.returncode == 0, signed.stderr

    flip = {"linkName": link, "desired": "FAILED_OVER", "ledgerUrl": store, "epoch": 2}
    OneResource(MirrorStateResource(), **side(pair, "west"), **flip).up()
    since = [*term, "--epoch", "2", *brokers, "--json"]
    diverged, plan = run(["divergence", *since], environment), run(["recover", "plan", *since], environment)
    assert (diverged.returncode, json.loads(diverged.stdout)["strays"]) == (0, [])
    assert (plan.returncode, json.loads(plan.stdout)["settled"], json.loads(plan.stdout)["remarks"]) == (0, True, [])
    inputs = {"linkName": link, "topics": [topic], "epoch": 2, "primary": "west", "ledgerUrl": store}
    sides = side(pair, "east", "old") | side(pair, "west", "new")
    clearance = OneResource(ClearanceResource(), **sides, **inputs, oldBootstrapEndpoint=pair.bootstrap("east"))
    assert clearance.up()["armed"]["records"] == 0
