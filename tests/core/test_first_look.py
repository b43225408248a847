"""What only the run before the call has seen travels in one word, and makes a later ledger what it would have been."""

from __future__ import annotations

import pytest

from kafkadr.desired import Desired
from kafkadr.first_look import FirstLook, FirstLookError
from kafkadr.journal import Unwritten
from kafkadr.settling import is_settled

SEEN = {"desired": "FAILED_OVER", "groups": [{"group": "a b", "restartAt": 7}], "groupsUnknown": ["x"]}
STOPPED = {"source": "a", "status": "STOPPED", "partitions": []}


def test_it_survives_the_word_that_it_travels_in() -> None:
    for look in (FirstLook(SEEN), FirstLook(SEEN, ("a", "b"), only_declared=True, gone={"b": {"status": "MISSING"}})):
        assert FirstLook.parse(look.text()) == look
        assert Unwritten("", look, ("drctl", look.text())).line() == f"drctl {look.text()}", "no shell quotes needed"


@pytest.mark.parametrize("text", ["x", "", "eJw=", "eJyrVgIAAUsApA==", "\xe9", FirstLook(SEEN).text()[:-8]])
def test_one_that_was_cut_short_is_refused(text: str) -> None:
    with pytest.raises(FirstLookError, match="Copy the whole line"):
        FirstLook.parse(text)


@pytest.mark.parametrize("only", [True, False])
def test_a_later_look_has_the_scope_of_the_first_one(only: bool) -> None:
    wish = FirstLook(SEEN, ("a", "b"), only_declared=only).wish("dr")
    assert (wish.declared, wish.only_declared, wish.desired) == (frozenset("ab"), only, Desired.FAILED_OVER)


def test_a_topic_that_only_the_first_look_saw_lacks_nobody_knows_what_and_is_not_settled() -> None:
    later = {"rebuilt": True, "groups": [], "topics": {"a": STOPPED}}
    found = FirstLook(SEEN, ("a", "b")).applied(later)
    assert (found["groups"], "rebuilt" in found) == (SEEN["groups"], False)
    assert found["topics"]["a"] == STOPPED
    assert found["topics"]["b"]["status"] == "MISSING"
    assert not is_settled(found | {"state": "closed"})
