"""The one rule of who may move the pointer, and the form of its document."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kafkadr.errors import ExitCode
from kafkadr.pointer import Active, DamagedError, LostRaceError, StaleEpochError, may_replace, utc_now
from kafkadr.pointer.active import parse_active
from tests.core.pointer.samples import active

EPOCHS = st.integers(min_value=1, max_value=5)
MOVES = st.builds(active, EPOCHS, st.sampled_from(["east", "west"]), why=st.sampled_from(["", "drill"]))


@given(st.lists(MOVES, max_size=12))
def test_no_order_of_attempts_moves_it_back_or_changes_an_epochs_site(attempts: list[Active]) -> None:
    stands: Active | None = None
    sites: dict[int, str] = {}
    for wanted in attempts:
        if stands and stands.epoch > wanted.epoch:
            with pytest.raises(StaleEpochError) as stale:
                may_replace(stands, wanted)
            assert stale.value.found is stands
            continue
        if stands and stands.epoch == wanted.epoch and stands.site != wanted.site:
            with pytest.raises(LostRaceError) as lost:
                may_replace(stands, wanted)
            assert lost.value.winner is stands
            continue
        if may_replace(stands, wanted):
            stands = wanted
        assert stands is not None
        assert sites.setdefault(stands.epoch, stands.site) == stands.site
        assert stands.place() == wanted.place()


def test_a_loser_is_told_who_when_and_why() -> None:
    with pytest.raises(LostRaceError) as caught:
        may_replace(active(2, "west"), active(2, "east"))
    assert "west-operator moved the pointer to west in epoch 2 at 2026-11-24T00:00:02Z (west it is)" in str(
        caught.value
    )
    assert caught.value.exit_code == ExitCode.REFUSED


def test_an_old_epoch_is_told_who_and_when() -> None:
    with pytest.raises(StaleEpochError, match=r"epoch 1 is over: west-operator .* in epoch 2 at 2026-11-24T00:00:02Z"):
        may_replace(active(2, "west"), active(1, "east"))


def test_within_an_epoch_endpoints_may_be_corrected() -> None:
    stands = active(2, "west")
    assert may_replace(stands, active(2, "west", rest_endpoint="https://other.example"))
    assert may_replace(stands, active(2, "west", secrets=""))


def test_another_reason_alone_is_no_reason_to_write() -> None:
    assert not may_replace(active(2, "west"), active(2, "west", who="me", why="again", when=utc_now()))


def test_the_document_is_camel_case_and_reads_back() -> None:
    document = active(2, "west")
    shown = json.loads(document.to_json())
    assert set(shown) == {
        "version",
        "epoch",
        "site",
        "clusterId",
        "bootstrapEndpoint",
        "restEndpoint",
        "secrets",
        "who",
        "why",
        "when",
    }
    assert parse_active(document.to_json(), "here") == document


def test_fields_of_a_later_program_are_ignored_and_a_later_version_is_not() -> None:
    shown = json.loads(active(2, "west").to_json())
    assert parse_active(json.dumps(shown | {"colour": "blue"}), "here") == active(2, "west")
    with pytest.raises(DamagedError, match=r"here is not a pointer of a known version \(version: "):
        parse_active(json.dumps(shown | {"version": 2}), "here")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"epoch": "x"}', "\x00"])
def test_anything_else_is_damaged(text: str) -> None:
    with pytest.raises(DamagedError, match="here is not a pointer"):
        parse_active(text, "here")


@pytest.mark.parametrize(
    "changes", [{"epoch": 0}, {"site": ""}, {"who": ""}, {"when": "yesterday"}, {"when": "2026-11-24T00:00:00+01:00"}]
)
def test_a_move_that_could_not_be_audited_cannot_be_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        active(1, "east", **changes)


def test_now_is_a_moment() -> None:
    assert active(1, "east", when=utc_now())
