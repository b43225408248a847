"""Every config error: its path as the file spells it, what was found, and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from first.stacks.settings import parse
from stacks.problems import ConfigError, Problem
from tests.stacks.examples import config

S = "kafka-dr:settings."
CASES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "errors.yaml").read_text())
FLIP = {"primary": "west", "epoch": 2, "standby": "retained"}


def problems(raw: dict[str, Any]) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        parse(raw)
    return list(caught.value.problems)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_error_names_path_and_remedy(case: dict[str, Any]) -> None:
    everything = problems(config(**case["spoil"]))
    found = [each for each in everything if each.path == f"kafka-dr:{case['path']}" and case["problem"] in each.problem]
    assert found, [str(each) for each in everything]
    assert case["remedy"] in found[0].remedy


def test_the_config_that_the_cases_spoil_is_valid() -> None:
    assert parse(config()).primary == "east"


def test_a_single_mistake_is_a_single_problem() -> None:
    several = {"opt-in topic that a filter takes in", "filters with opt-in"}
    counts = {name: len(problems(config(**case["spoil"]))) for name, case in CASES.items() if name not in several}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_all_problems_come_at_once_from_values_and_from_rules() -> None:
    raw = config(
        **{
            "epoch": 0,
            "primary": "north",
            "onbording": {},
            "link.prefix": "dr.",
            "sites.west.region": "us-east-1",
            "sync.offsets.groups": [],
            "ledger.url": "ftp://x",
        }
    )
    assert [each.path for each in problems(raw)] == [
        "kafka-dr:epoch",
        "kafka-dr:primary",
        f"{S}ledger.url",
        f"{S}onbording",
        f"{S}sites.west.region",
        f"{S}sync.acls.enabled",
        f"{S}sync.offsets.groups",
    ]


def test_found_values_are_shown() -> None:
    (only,) = problems(config(**{"onboarding.topics.1": "or ders"}))
    assert str(only) == (
        "kafka-dr:settings.onboarding.topics[1]: is not a Kafka topic name (found 'or ders'). "
        "Use 1 to 249 of the characters A-Z a-z 0-9 . _ - and neither '.' nor '..'."
    )


CANARY = "canary-5eCr3t"


@pytest.mark.parametrize(
    "edits",
    [
        {"handover": CANARY},
        {"handover": [CANARY]},
        {"apiSecret": CANARY},
        {"sites.east.credentials": {"secret": CANARY}},
        {"sites.east.cluster.adopt.restEndpoint": f"https://key:{CANARY}@pkc-1.example.org"},
        {"ledger.url": f"s3://key:{CANARY}@bucket/x"},
        {"link": {"name": {"secret": CANARY}}},
    ],
)
def test_no_secret_is_echoed(edits: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(config(**edits))
    chain = [
        caught.value,
        caught.value.__cause__,
        caught.value.__context__ if not caught.value.__suppress_context__ else None,
    ]
    assert CANARY not in "".join(repr(link) + str(link) for link in chain)


def test_encrypted_settings_show_no_values_at_all() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(config(**{"onboarding.topics.1": f"or ders {CANARY}", "change": CANARY}), secret=True)
    assert CANARY not in str(caught.value)


def test_the_token_stays_hidden_in_settings() -> None:
    settings = parse(config(**FLIP | {"change": "promote", "handover": CANARY}))
    assert CANARY not in repr(settings) + str(settings)
    assert settings.handover.get_secret_value() == CANARY
