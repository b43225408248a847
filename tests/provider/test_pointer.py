"""`ActivePointer` against files and AWS: moves forward only, refuses in preview, adopts its equal, notices hands."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from kafkadr.errors import DrError
from kafkadr.pointer import Active, LostRaceError, StaleEpochError, open_pointer, utc_now
from kafkadr.who import NAMES
from provider.active_pointer import ActivePointerResource, AlienPointerError
from provider.transition import TransitionResource
from provider.values import NOT_KNOWN_YET, wrap
from tests.provider.one_resource import OneResource, RefusedByCheckError
from tests.services.benches import Bench

pytestmark = pytest.mark.parametrize("bench", ["file", "aws"], indirect=True)

WEST: dict[str, Any] = {"site": "west", "epoch": 2, "clusterId": "lkc-w", "change": "failover"}


def stored(url: str) -> Active:
    found = open_pointer(url).read()
    assert found is not None
    return found


def written(url: str, **changes: Any) -> Active:
    """Somebody else moves the pointer."""
    values = {"site": "west", "epoch": 2, "cluster_id": "lkc-w", "bootstrap_endpoint": "w:9092", "rest_endpoint": ""}
    audit = {"who": "eve", "why": "by hand", "when": utc_now()}
    return open_pointer(url).move(Active.model_validate(values | audit | changes))


@pytest.fixture
def url(bench: Bench) -> str:
    return bench.pointer()


@pytest.fixture
def pointer(url: str, monkeypatch: pytest.MonkeyPatch) -> OneResource:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAFKADR_WHO", "alice")
    return OneResource(
        ActivePointerResource(),
        url=url,
        epoch=1,
        site="east",
        clusterId="lkc-e",
        bootstrapEndpoint="e:9092",
        restEndpoint="http://e",
        clusters=["lkc-e", "lkc-w"],
        secrets="file:///vault",
    )


def test_it_is_written_once_with_who_and_why(pointer: OneResource, url: str) -> None:
    preview = pointer.preview()
    assert open_pointer(url).read() is None
    assert preview["address"] == NOT_KNOWN_YET

    outputs = pointer.up()

    found = stored(url)
    assert (found.site, found.epoch, found.secrets) == ("east", 1, "file:///vault")
    assert (found.who, found.why) == ("alice", "created")
    assert outputs == {"address": url, "by": "alice", "why": "created", "when": found.when, "drift": ""}
    assert pointer.id == url
    assert pointer.changes() == []
    assert len(open_pointer(url).history()) == 1


def test_a_flip_says_from_where_to_where_and_moves(pointer: OneResource, url: str) -> None:
    pointer.up()
    pointer.said.clear()

    pointer.preview(**WEST)

    (line,) = pointer.said
    assert line.startswith("clients go to west (epoch 2); until now east (epoch 1, alice at ")
    assert stored(url).site == "east"
    pointer.up(**WEST, reason="us-east-1 is gone")
    assert (stored(url).site, stored(url).why) == ("west", "failover: us-east-1 is gone")
    assert [a.site for a in open_pointer(url).history()] == ["west", "east"]


def test_words_for_the_audit_are_no_reason_to_write(pointer: OneResource) -> None:
    pointer.up()
    assert pointer.changes(reason="other words", who="bob", change="failover", clusters=["lkc-e", "lkc-x"]) == []


def test_endpoints_may_be_corrected_within_a_term(pointer: OneResource, url: str) -> None:
    pointer.up()
    assert pointer.changes(bootstrapEndpoint="e2:9092") == ["bootstrapEndpoint"]
    pointer.up(bootstrapEndpoint="e2:9092")
    assert (stored(url).bootstrap_endpoint, stored(url).why) == ("e2:9092", "correction")


def test_another_address_is_another_pointer(pointer: OneResource, bench: Bench) -> None:
    pointer.up()
    assert pointer.replaces(url=bench.pointer()) == ["url"]


@pytest.mark.parametrize(
    ("rival", "error", "words"),
    [
        ({"site": "north", "cluster_id": "lkc-e"}, LostRaceError, "eve moved the pointer to north in epoch 2 at 2"),
        ({"epoch": 3}, StaleEpochError, "eve moved the pointer to west in epoch 3 at 2"),
    ],
)
def test_a_lost_race_is_refused_in_preview_with_who_and_when(
    pointer: OneResource, url: str, rival: dict[str, Any], error: type[DrError], words: str
) -> None:
    pointer.up()
    before = written(url, **rival)
    for attempt in (pointer.preview, pointer.up_without_preview):
        with pytest.raises(error, match=words):
            attempt(**WEST)
    assert stored(url) == before


def test_the_guard_refuses_the_same_before_anything_else_is_asked(pointer: OneResource, url: str) -> None:
    del pointer
    guard = OneResource(
        TransitionResource(), sites=["east", "west"], primary="east", epoch=1, pointerUrl=url, link="dr"
    )
    guard.up()
    written(url, epoch=3)
    flip = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
    for attempt in (guard.preview, guard.up_without_preview):
        with pytest.raises(StaleEpochError, match="eve moved"):
            attempt(**flip)


@pytest.mark.parametrize(
    ("changes", "name"), [({"epoch": 1, "site": "west"}, "site"), ({"epoch": 2, "site": "east"}, "epoch")]
)
def test_a_term_below_the_recorded_one_fails_the_check(
    pointer: OneResource, changes: dict[str, Any], name: str
) -> None:
    pointer.up(epoch=3 if name == "epoch" else 1)
    ((found, _),) = pointer.failures(**changes)
    assert found == name


def test_another_pairs_document_is_left_alone(pointer: OneResource, url: str) -> None:
    before = written(url, epoch=1, site="east", cluster_id="lkc-other")
    for attempt in (pointer.preview, pointer.up_without_preview):
        with pytest.raises(AlienPointerError, match="belongs to another pair: it names cluster lkc-other at east"):
            attempt()
    assert stored(url) == before


def test_a_cluster_that_is_not_made_yet_cannot_be_named_by_a_document(pointer: OneResource, url: str) -> None:
    written(url, epoch=1, site="east", cluster_id="lkc-other")
    half = PropertyValue([wrap("lkc-e"), NOT_KNOWN_YET])
    with pytest.raises(AlienPointerError):
        pointer.preview(clusters=half, clusterId=NOT_KNOWN_YET)


def test_an_equal_document_is_adopted_and_keeps_its_author(pointer: OneResource, url: str) -> None:
    pointer.up()
    again = OneResource(ActivePointerResource(), **pointer.base)
    outputs = again.up(who="bob")
    assert outputs["by"] == "alice"
    assert len(open_pointer(url).history()) == 1


def test_a_cluster_made_anew_at_its_site_does_not_make_the_document_alien(pointer: OneResource, url: str) -> None:
    pointer.up()
    pointer.up(clusterId="lkc-e2", clusters=["lkc-e2", "lkc-w"])
    assert stored(url).cluster_id == "lkc-e2"


def test_hands_are_noticed_and_put_right(pointer: OneResource, url: str) -> None:
    pointer.up()
    written(url, epoch=1, site="east", cluster_id="lkc-e", bootstrap_endpoint="typo:9092")
    assert pointer.changes() == []  # Nobody is asked before a refresh.

    found = pointer.refresh()

    assert found is not None
    assert found["drift"].startswith("east (epoch 1, eve at ")
    assert pointer.changes() == ["drift"]
    assert pointer.up()["drift"] == ""
    assert stored(url).bootstrap_endpoint == "e:9092"
    assert pointer.changes() == []


def test_a_hand_that_moved_on_is_not_moved_back(pointer: OneResource, url: str) -> None:
    pointer.up()
    written(url, epoch=2)
    found = pointer.refresh()
    assert found is not None
    assert found["drift"].startswith("west (epoch 2, eve")
    with pytest.raises(StaleEpochError):
        pointer.preview()


def test_an_import_reads_what_is_there(pointer: OneResource, url: str) -> None:
    pointer.up()
    adopted = OneResource(ActivePointerResource(), **pointer.base)
    assert adopted.adopt(url) == pointer.base | {"clusters": ["lkc-e"]}
    assert adopted.changes() == []


def test_an_import_of_nothing_says_so(pointer: OneResource, url: str) -> None:
    with pytest.raises(DrError, match="there is no pointer at"):
        pointer.adopt(url)


def test_a_delete_leaves_the_document_and_says_so(pointer: OneResource, url: str) -> None:
    pointer.up()
    pointer.said.clear()
    pointer.delete()
    assert stored(url).site == "east"
    (line,) = pointer.said
    assert line.startswith(f"the pointer stays at {url}")


def test_a_store_that_cannot_be_read_is_a_warning_in_a_flips_preview_and_an_error_in_its_run(
    pointer: OneResource, url: str, bench: Bench
) -> None:
    pointer.up()
    pointer.said.clear()
    with bench.acting("stranger", url):
        pointer.preview(**WEST)
        assert any("clients will not follow" in line for line in pointer.said)
        with pytest.raises(DrError):
            pointer.up_without_preview(**WEST)
    assert pointer.up_without_preview(**WEST)["why"] == "failover"


def test_a_store_that_cannot_be_read_stops_a_build_in_preview(pointer: OneResource, url: str, bench: Bench) -> None:
    with bench.acting("stranger", url), pytest.raises(DrError):
        pointer.preview()


UNKNOWN_LATER = [{"clusterId": NOT_KNOWN_YET}, {"bootstrapEndpoint": NOT_KNOWN_YET, "restEndpoint": NOT_KNOWN_YET}]


@pytest.mark.parametrize("unknown", UNKNOWN_LATER)
def test_a_preview_lives_with_what_is_not_known_yet(pointer: OneResource, url: str, unknown: dict[str, Any]) -> None:
    assert pointer.preview(**unknown)["when"] == NOT_KNOWN_YET
    pointer.up()
    assert pointer.changes(**unknown) == sorted(unknown)
    pointer.preview(**unknown)
    written(url, epoch=5)
    with pytest.raises(StaleEpochError):
        pointer.preview(**unknown)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"url": "ftp://x"}, "", "url: 'ftp://x' has an unknown scheme"),
    ({"url": "vault+https://user:canary@host/mount/path"}, "", "url: the address has credentials"),
    ({"epoch": 0}, "epoch", "greater than or equal to 1"),
    ({"clusterId": "pkc-1"}, "clusterId", "found 'pkc-1'"),
    ({"change": "whim"}, "change", "failover"),
    ({"clusters": []}, "clusters", "at least 1 item"),
    ({"clowns": 1}, "clowns", "not permitted"),
]


@pytest.mark.parametrize(("changes", "name", "words"), WRONG)
def test_bad_inputs_are_named_with_their_path(
    pointer: OneResource, changes: dict[str, Any], name: str, words: str
) -> None:
    ((path, reason),) = pointer.failures(**changes)
    assert path == name
    assert words in reason
    assert "canary" not in reason
    with pytest.raises(RefusedByCheckError):
        pointer.preview(**changes)


def test_who_comes_from_the_inputs_then_from_the_environment(
    pointer: OneResource, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer.up(who="carol\n")
    assert stored(url).who == "carol\\n"
    monkeypatch.delenv("KAFKADR_WHO")
    monkeypatch.setenv("GITHUB_ACTOR", "octo")
    pointer.up(**WEST)
    assert stored(url).who == "octo"
    monkeypatch.delenv("GITHUB_ACTOR")
    assert "@" in pointer.up(**WEST | {"epoch": 3})["by"]
