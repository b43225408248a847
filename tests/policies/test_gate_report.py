"""What the plan gate says in a pull request: forecast, diagram, and no markup of anybody else."""

from __future__ import annotations

from policies.gate import as_json, judge, markdown, read
from tests.policies import recordings
from tests.policies.plans import FIRED, STEADY, TURNED, judged, row


def test_the_flip_of_a_recorded_pair_tells_what_it_costs_and_shows_the_way() -> None:
    verdict = judge(read(recordings.read("failover.json")))
    said = markdown(verdict)
    assert as_json(verdict)["forecast"]["messagesAtRisk"] == 7
    for line in ("| messages at risk | 7 |", "| primary | east | **west** |", "| epoch | 1 | **2** |"):
        assert line in said
    assert 'east["east (lost)<br/>retained"]' in said
    assert 'east -. "dr-link: kept, stopped" .-> west' in said
    digest = markdown(judge(read(recordings.read("failover-digest.json"))))
    assert "7 messages at risk in 1 partitions" in digest, "the digest has no outputs, but the provider's words"


def test_an_unknown_lag_is_told_as_unknown_and_not_as_a_sum() -> None:
    told = '"messagesAtLeast": 7, "partitionsUnknown": 2'
    said = markdown(judge(read(recordings.read("failover.json").replace('"messagesAtRisk": 7', told))))
    for line in ("at risk | unknown |", "known to be at risk | 7 |", "partitions of unknown lag | 2 |"):
        assert line in said


def test_of_two_links_the_picture_shows_the_one_that_runs() -> None:
    rebuilt = TURNED | {"link": "back", "idle": "dr"}
    assert 'west -- "back" --> east' in markdown(judged(FIRED, rebuilt, row("same", "ClusterLink")))


def test_the_summary_lets_nobody_elses_text_become_markup() -> None:
    steps = [row("create", "KafkaAcl", "a|b`<img src=x>")]
    said = markdown(judged(STEADY, STEADY, *steps, errors=("bad\n# heading | <b>",)))
    assert "<img" not in said
    assert "<b>" not in said
    assert "\n# heading" not in said
