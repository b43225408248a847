"""What only the run before the call has seen travels in one word, and makes a later ledger what it would have been."""

from __future__ import annotations

import pytest

from kafkadr.first_look import FirstLook, FirstLookError
from kafkadr.journal import Unwritten

SEEN = {"desired": "FAILED_OVER", "groups": [{"group": "a b", "restartAt": 7}], "groupsUnknown": ["x"]}


def test_it_survives_the_word_that_it_travels_in() -> None:
    for topics in (None, frozenset({"a", "b"})):
        look = FirstLook(SEEN, topics)
        assert FirstLook.parse(look.text()) == look
        assert Unwritten("", look, ("drctl", look.text())).line() == f"drctl {look.text()}", "no shell quotes needed"


@pytest.mark.parametrize("text", ["x", "", "eJw=", "eJyrVgIAAUsApA==", "\xe9", FirstLook(SEEN).text()[:-8]])
def test_one_that_was_cut_short_is_refused(text: str) -> None:
    with pytest.raises(FirstLookError, match="Copy the whole line"):
        FirstLook.parse(text)


def test_one_of_declared_mirrors_alone_leaves_the_others_out() -> None:
    found = FirstLook(SEEN, frozenset("a")).applied({"topics": {"a": 1, "b": 2}, "groups": []})
    assert (found["topics"], found["groups"]) == ({"a": 1}, SEEN["groups"])
