"""The guard as the engine calls it: tokens, what is recorded of them, and that none is ever shown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.errors import RefusedError
from kafkadr.handover import Claims, issue, new_nonce
from kafkadr.phase import Phase
from provider.resource import Log
from provider.transition import TransitionResource
from provider.values import Properties, plain, wrap

KEY = "canary-signing-key-0123456789abcdef"
STEADY: dict[str, Any] = {"sites": ["east", "west"], "primary": "east", "epoch": 1, "link": "dr", "handoverKey": KEY}
PROMOTE: dict[str, Any] = STEADY | {"primary": "west", "epoch": 2, "change": "promote", "standby": "retained"}


def quiet(_: str) -> None:
    return


LOG = Log(quiet, quiet, quiet)
GUARD = TransitionResource()


def token(epoch: int = 1, key: str = KEY, **changes: Any) -> str:
    values: dict[str, Any] = {
        "epoch": epoch,
        "link": "dr",
        "source": "lkc-a",
        "destination": "lkc-b",
        "digest": "0" * 64,
        "issued": 1,
        "synced": 1,
        "nonce": new_nonce(),
    }
    return issue(Claims.model_validate(values | changes), SecretStr(key))


def properties(values: dict[str, Any]) -> Properties:
    return {name: wrap(value) for name, value in values.items()}


def check(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.property, f.reason) for f in GUARD.check(properties(old), properties(new))]


def update(state: dict[str, Any], new: dict[str, Any], *, preview: bool = False) -> dict[str, Any]:
    found = asyncio.run(GUARD.update(properties(state), properties(new), LOG, preview=preview))
    return {name: plain(value) for name, value in found.items()}


@pytest.mark.parametrize(
    "given",
    ["", "canary-no-token", token(key="k" * 40), token(epoch=2), token(link="other")],
    ids=["none", "no token", "another key", "another epoch", "another link"],
)
def test_a_promotion_without_its_token_fails_the_check_and_shows_neither_token_nor_key(given: str) -> None:
    found = check(STEADY, PROMOTE | {"handover": given})
    assert {name for name, _ in found} == {""}  # The engine prints the value of a property that a failure names.
    said = " ".join(reason for _, reason in found)
    assert "handover" in said
    assert "Legal from here" in said
    assert KEY not in said
    assert "canary" not in said
    assert not given or given not in said


def test_what_was_accepted_is_recorded_and_goes_to_the_mirrors() -> None:
    given = token()
    assert check(STEADY, PROMOTE | {"handover": given}) == []
    before = update(STEADY, STEADY)
    done = update(STEADY | before, PROMOTE | {"handover": given})
    assert done["phase"] == Phase.PROMOTED
    assert (done["demotion"]["epoch"], done["demotion"]["destination"]) == (1, "lkc-b")
    assert [entry["epoch"] for entry in done["history"]] == [1, 2]
    assert done["history"][-1]["nonce"] == done["demotion"]["nonce"]
    assert given not in str(done)
    assert KEY not in str(done)


@pytest.mark.parametrize("preview", [True, False])
def test_a_token_that_any_earlier_term_was_entered_with_is_refused(*, preview: bool) -> None:
    nonce = "f" * 32
    given = token(epoch=4, nonce=nonce)
    history = [{"epoch": 2, "primary": "west", "change": "promote", "standby": "retained", "nonce": nonce}]
    with pytest.raises(RefusedError, match="was used already, to enter epoch 2"):
        update(PROMOTE | {"history": history}, PROMOTE | {"epoch": 5, "handover": given}, preview=preview)


def test_another_key_later_does_not_take_back_what_was_accepted() -> None:
    given = token()
    first = update(STEADY, PROMOTE | {"handover": given})
    rotated = PROMOTE | {"handover": given, "handoverKey": "another-key-0123456789abcdef0123456"}
    assert check(PROMOTE | {"handover": given}, rotated) == []
    assert update(PROMOTE | first, rotated) == first


def test_a_state_of_an_older_version_goes_on() -> None:
    old = {k: v for k, v in STEADY.items() if k not in {"link", "handoverKey"}}
    assert check(old, STEADY) == []
    assert update(old, STEADY)["history"] == [{"epoch": 1, "primary": "east", "change": "none", "standby": "mirroring"}]
