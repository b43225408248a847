"""Addresses that get a key, a token or a ledger: refused at once in one line that repeats no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kafkadr.card import CardError, parse_card
from kafkadr.endpoint import EndpointError, check_endpoint
from kafkadr.errors import DrError
from kafkadr.ledger import LedgerError, open_store
from kafkadr.lock_store import open_locks
from kafkadr.remote.aws import SecretsManager
from provider.link_guard import LinkGuardResource
from provider.mirror_state import MirrorStateResource
from provider.restoration import RestorationResource
from tests.drctl.in_process import run
from tests.provider.one_resource import OneResource

GOOD = [
    "https://pkc-x.us-east-1.aws.confluent.cloud",
    "https://pkc-x.confluent.cloud:443/",
    "https://10.0.0.1/kafka",
    "http://127.0.0.1:8080/k/lkc-a",
    "http://localhost",
    "http://[::1]:9",
]
BAD = {
    "": "is no REST endpoint",
    "pkc-x.confluent.cloud": "is no REST endpoint",
    "pkc-x.confluent.cloud:443": "is no REST endpoint",
    "https://": "is no REST endpoint",
    "https://[bad": "is no REST endpoint",
    "https://a b": "is no REST endpoint",
    "https://x:port": "is no REST endpoint",
    "https://x/?a=b": "is no REST endpoint",
    "ftp://x": "is no REST endpoint",
    "http://pkc-x.confluent.cloud": "in clear to another machine",
    "http://127.0.0.1.example": "in clear to another machine",
    "http://10.0.0.1": "in clear to another machine",
    "https://KEY:canary@pkc-x.confluent.cloud": "has credentials in it",
}
every_bad = pytest.mark.parametrize(("url", "why"), BAD.items(), ids=[url or "empty" for url in BAD])


@pytest.mark.parametrize("url", GOOD)
def test_a_key_goes_by_https_or_to_this_machine(url: str) -> None:
    assert check_endpoint(url) == url


@every_bad
def test_a_key_goes_nowhere_else(url: str, why: str) -> None:
    with pytest.raises(EndpointError, match=why) as told:
        check_endpoint(url)
    assert told.value.exit_code == 2
    assert "canary" not in str(told.value)


@every_bad
def test_nor_from_a_site_card(url: str, why: str) -> None:
    site = {"site": "west", "clusterId": "lkc-w", "bootstrapEndpoint": "w:9092", "restEndpoint": url}
    card = {"version": 1, "link": "dr", "epoch": 1, "mirroring": True, "ledger": "file:///l", "primary": site}
    with pytest.raises(CardError, match=f"standby.restEndpoint: .*{why}") as told:
        parse_card(json.dumps(card | {"standby": site}))
    assert "canary" not in str(told.value)


@every_bad
@pytest.mark.parametrize("words", [
    ("demote", "--source-cluster", "lkc-a", "--cluster", "lkc-b", "--link", "dr", "--epoch", "1",
     "--source-rest", "https://x.invalid", "--dr-rest"),
    ("demote", "--source-cluster", "lkc-a", "--cluster", "lkc-b", "--link", "dr", "--epoch", "1",
     "--dr-rest", "https://x.invalid", "--source-rest"),
    ("recover", "ledger", "--cluster", "lkc-b", "--link", "dr", "--epoch", "2", "--dr-rest"),
], ids=["demote --dr-rest", "demote --source-rest", "recover --dr-rest"])  # fmt: skip
def test_nor_from_a_command_line(words: tuple[str, ...], url: str, why: str, tmp_path: Path) -> None:
    if not url and words[0] == "recover":
        return  # the option was not given
    keys = {f"KAFKADR_{who}_{what}": "canary" for who in ("SOURCE", "DR") for what in ("KEY", "SECRET")}
    more = {"KAFKADR_LEDGER": tmp_path.as_uri(), "KAFKADR_HANDOVER_KEY": "k" * 40}
    done = run([*words, url, "--json"], keys | more)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert why in error["problem"]
    assert "canary" not in done.stdout + done.stderr


MIRRORS: dict[str, Any] = {
    "clusterId": "lkc-b",
    "linkName": "dr",
    "credentials": {"key": "K", "secret": "canary"},
    "desired": "FAILED_OVER",
    "restEndpoint": "https://x.example",
    "ledgerUrl": "file:///l",
}


@every_bad
def test_nor_from_a_program(url: str, why: str) -> None:
    found = OneResource(MirrorStateResource(), **MIRRORS).failures(restEndpoint=url)
    assert len(found) == 1
    assert why in found[0][1]
    assert "restEndpoint" in "".join(found[0])
    assert "canary" not in str(found)
    # The engine prints the value of a property that a failure names.
    assert not (found[0][0] and "canary" in url)
    turned = OneResource(RestorationResource()).failures(oldRestEndpoint=url, newRestEndpoint=url)
    assert sum(why in reason for _, reason in turned) == 2


LEDGERS = {
    "s3://bucket/p?region=eu-west-1&endpoint=minio:9000": "credentials, a query or a fragment",
    "s3://AKIA:canary@bucket/p": "credentials, a query or a fragment",
    "s3://canary@bucket": "credentials, a query or a fragment",
    "s3://AKIA:canary@[bad": "address is none",
    "s3://bucket:9000/p": "has a port",
    "s3:///p": "incomplete",
    "file:///l?x=y": "credentials, a query or a fragment",
    "file://host/l": "incomplete",
    "file:///": "incomplete",
    "https://bucket": "unknown scheme",
}


@pytest.mark.parametrize(("url", "why"), LEDGERS.items(), ids=LEDGERS)
def test_a_ledgers_address_has_nothing_in_it_that_would_be_dropped_or_printed(url: str, why: str) -> None:
    with pytest.raises(LedgerError, match=why) as told:
        open_store(url)
    assert told.value.exit_code == 2
    assert "file:///folder or s3://bucket/prefix" in told.value.remedy
    for found in (
        OneResource(MirrorStateResource(), **MIRRORS).failures(ledgerUrl=url),
        OneResource(LinkGuardResource(), ledgers=[]).failures(ledgerUrl=url),
    ):
        assert [name for name, reason in found if why in reason] == [""]
        assert "canary" not in str(found)
    done = run(["ledger", "--ledger", url, "--cluster", "lkc-b", "--link", "dr", "--epoch", "2"], {})
    assert done.returncode == 2
    assert "canary" not in str(told.value) + done.stdout + done.stderr


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("s3://AKIA:canary@bucket/p", "has credentials in it"),
        ("s3://AKIA:canary@[bad/p", "address is none"),
        ("s3://bucket/p?region=eu-west-1&token=canary&sse=x", "has sse, token in it, unknown here"),
        ("file:///l?x=canary", "only file:// and s3://"),
    ],
)
def test_nor_has_a_backends(url: str, why: str) -> None:
    with pytest.raises(DrError, match=why) as told:
        open_locks(url)
    assert told.value.exit_code == 2
    assert "canary" not in str(told.value)


def test_a_backends_profile_is_used_and_a_wrong_one_has_a_name() -> None:
    with pytest.raises(DrError, match=r"cannot be used \(ProfileNotFound"):
        open_locks("s3://bucket?profile=nobody&region=eu-west-1&awssdk=v2&s3ForcePathStyle=true").locks("dev")


def test_secrets_go_to_no_aws_endpoint_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.example:4566")
    with pytest.raises(DrError, match="would get secrets in clear"):
        SecretsManager("eu-central-1").call("get_secret_value", "x")


@pytest.mark.parametrize("option", ["--link", "--cluster", "--source-cluster"])
def test_a_name_that_is_empty_is_a_matter_of_usage(option: str) -> None:
    words = {"--link": "dr", "--cluster": "lkc-b", "--source-cluster": "lkc-a"} | {option: ""}
    rest = [
        "--epoch",
        "1",
        "--source-rest",
        "https://x.invalid",
        "--dr-rest",
        "https://x.invalid",
        "--ledger",
        "file:///l",
    ]
    done = run(
        ["demote", *(word for pair in words.items() for word in pair), *rest], {"KAFKADR_HANDOVER_KEY": "k" * 40}
    )
    assert done.returncode == 2
    assert option in done.stderr
