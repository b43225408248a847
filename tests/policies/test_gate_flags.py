"""What the plan gate refuses beside the steps: arguments, traces, runs without checkpoints, mandatory policies."""

from __future__ import annotations

import json

import pytest

from policies.gate import judge, markdown, read
from tests.policies.plans import FAILED_OVER, FLIP, STEADY, codes, judged


@pytest.mark.parametrize(("level", "refused"), [("mandatory", True), ("advisory", False)])
def test_a_broken_policy_counts_when_it_is_mandatory(level: str, refused: bool) -> None:
    broken = {"policyName": "protected", "enforcementLevel": level, "resourceUrn": "urn", "message": "What\nWhy."}
    events = [{"sequence": 1, "policyEvent": broken}, {"sequence": 2, "summaryEvent": {"result": "succeeded"}}]
    verdict = judge(read("\n".join(json.dumps(event) for event in events)))
    assert codes(verdict) == ({"policy"} if refused else set())
    assert "protected: Why." in markdown(verdict)
    assert codes(judge(read(json.dumps(events[0])))) >= {"preview"}, "broken off"


@pytest.mark.parametrize(
    ("arguments", "flip", "refused"),
    [
        (["up", "--ignore-protect"], False, True),
        (["up", "--ignore-protect=false"], False, False),
        (["up", "--refresh"], False, False),
        (["up", "--refresh"], True, True),
        (["up", "-r"], True, True),
        (["up", "--target=urn"], True, True),
        (["up", "--exclude", "urn"], True, True),
        (["up", "--yes", "--skip-preview"], True, False),
        (["up", "-v=9", "--logtostderr"], False, True),
        (["up", "-v", "11"], False, True),
        (["up", "--verbose=9"], True, True),
        (["up", "-v=3"], True, False),
        (["up", "--target-v", "9"], False, False),
        (["up", "-yr"], True, True),
        (["up", "-yr"], False, False),
        (["up", "-yr=false"], True, False),
        (["up", "-r", "false"], True, True),
        (["up", "-yfr"], True, True),
        (["-C", "folder", "up", "-ytr"], True, True),
        (["up", "-turn:pulumi:s::p::kafkadr:index:MirrorState::m"], True, True),
        (["up", "-t=urn"], True, True),
        (["up", "-yturn"], True, True),
        (["preview", "-xurn"], True, True),
        (["up", "-mtarget"], True, False),
        (["up", "-ymrt"], True, False),
        (["up", "-starget", "-p1", "-ctrx=1"], True, False),
        (["up", "--message", "-m", "-r"], True, True),
        (["up", "--message", "--", "-r"], True, True),
        (["up", "-yv9"], False, True),
        (["up", "-yv=11"], False, True),
        (["up", "-yv", "9"], False, True),
        (["up", "-v0x9"], False, True),
        (["up", "-v", "011"], False, True),
        (["up", "-yv3"], True, False),
        (["up", "--show-secrets"], False, True),
        (["preview", "--show-secrets=true"], True, True),
        (["up", "--show-secrets=false"], True, False),
    ],
)
def test_some_arguments_are_refused(arguments: list[str], flip: bool, refused: bool) -> None:
    steps, new = (FLIP, FAILED_OVER) if flip else ([], STEADY)
    assert (codes(judged(STEADY, new, *steps, arguments=arguments)) == {"flag"}) == refused


def test_pulumis_own_variables_count_as_arguments() -> None:
    set_ = {"PULUMI_OPTION_IGNORE_PROTECT": "true"}
    assert codes(judged(STEADY, STEADY, environment=set_)) == {"flag"}
    assert judged(STEADY, STEADY, environment={"PULUMI_OPTION_IGNORE_PROTECT": "false"}).allowed
    assert codes(judged(STEADY, STEADY, environment={"PULUMI_OPTION_SHOW_SECRETS": "true"})) == {"flag"}
    assert codes(judged(STEADY, FAILED_OVER, *FLIP, environment={"PULUMI_CONTINUE_ON_ERROR": "true"})) == {"flag"}


@pytest.mark.parametrize("trace", [{"PULUMI_DEBUG_GRPC": "grpc.json"}, {"PULUMI_OPTION_VERBOSE": "9"}])
def test_traces_that_tell_secrets_are_refused_in_every_edit(trace: dict[str, str]) -> None:
    verdict = judged(STEADY, STEADY, environment=trace)
    assert codes(verdict) == {"flag"}
    assert "secrets in clear" in str(verdict.findings)
    assert judged(STEADY, STEADY, environment={"PULUMI_OPTION_VERBOSE": "3", "PULUMI_DEBUG_GRPC": ""}).allowed


def test_a_flip_is_recorded_as_it_goes() -> None:
    without = {"PULUMI_SKIP_CHECKPOINTS": "true"}
    assert codes(judged(STEADY, FAILED_OVER, *FLIP, environment=without)) == {"flag"}
    assert judged(STEADY, STEADY, environment=without).allowed
