"""Reading the stack's config through Pulumi."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
import pytest

from first.stacks.sections import Ledger
from first.stacks.settings import FlipKeys, Settings, load
from kafkadr.phase import Change
from stacks.problems import ConfigError
from tests.stacks.examples import config


@pytest.fixture(autouse=True)
def no_config_left_behind() -> Iterator[None]:
    yield
    pulumi.runtime.set_all_config({}, [])


def keys_of(raw: dict[str, Any]) -> dict[str, str]:
    """A config the way the language host hands it over: strings, objects as JSON."""
    keys = {f"kafka-dr:{key}": str(raw.pop(key)) for key in FlipKeys.model_fields if key in raw}
    return {**keys, "kafka-dr:settings": json.dumps(raw), "confluentcloud:endpoint": "http://127.0.0.1:1"}


def read(monkeypatch: pytest.MonkeyPatch, *secrets: str, **edits: Any) -> Settings:
    """Load the valid config with edits; keys with a namespace are set as they are."""
    keys = keys_of(config(**{key: value for key, value in edits.items() if not key.startswith("kafka-dr:")}))
    keys |= {key: value for key, value in edits.items() if key.startswith("kafka-dr:")}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(keys))
    pulumi.runtime.set_all_config(keys, list(secrets))
    return load(pulumi.Config("kafka-dr"))


def test_scalars_arrive_as_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, primary="west", epoch=12, change="failover", standby="retained")
    assert (settings.primary, settings.epoch, settings.change) == ("west", 12, Change.FAILOVER)


def test_a_token_may_be_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    flip = {"primary": "west", "epoch": 2, "change": "promote", "standby": "retained", "handover": "tok"}
    settings = read(monkeypatch, "kafka-dr:handover", **flip)
    assert settings.handover.get_secret_value() == "tok"


def test_a_misspelt_flip_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"kafka-dr:chnage: is not a known key. Did you mean 'change'\?"):
        read(monkeypatch, **{"kafka-dr:chnage": "failover"})


def test_an_epoch_that_is_no_number_is_a_config_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="kafka-dr:epoch"):
        read(monkeypatch, epoch="1.0")


@pytest.mark.parametrize("body", ["[]", "east", '"x"', "null", "{"])
def test_settings_must_be_an_object(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    with pytest.raises(ConfigError, match="kafka-dr:settings: is not an object"):
        read(monkeypatch, **{"kafka-dr:settings": body})


def test_flip_keys_inside_settings_are_sent_to_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {**config(), "primary": "west"}
    with pytest.raises(
        ConfigError, match=r"kafka-dr:settings.primary: stands in the wrong place. Move it to kafka-dr:primary"
    ):
        read(monkeypatch, **{"kafka-dr:settings": json.dumps(body)})


def test_encrypted_settings_are_refused_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError) as caught:
        read(monkeypatch, "kafka-dr:settings", **{"onboarding.topics.1": "canary x"})
    assert "holds an encrypted value" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_relative_ledger_is_beside_the_project_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read(monkeypatch, **{"ledger.url": "file:./ledger"})
    assert settings.ledger.url == (tmp_path / "ledger").as_uri()


@pytest.mark.parametrize("url", ["s3://bucket/prefix", "file:///var/ledger"])
def test_other_ledgers_stay_as_they_are(url: str) -> None:
    assert Ledger(url=url).at(Path("/elsewhere")).url == url
