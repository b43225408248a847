"""The handover token: what it says comes back, and nothing else passes."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from kafkadr.handover import Claims, HandoverError, issue, new_nonce, verify

KEY = SecretStr("k" * 32)


def claims(**changes: object) -> Claims:
    values = {
        "epoch": 4,
        "link": "dr",
        "source": "lkc-a",
        "destination": "lkc-b",
        "digest": "0" * 64,
        "issued": 1_700_000_000,
        "synced": 1_700_000_000,
        "nonce": new_nonce(),
    }
    return Claims.model_validate(values | changes)


def test_a_token_says_what_was_signed_and_fits_on_a_line() -> None:
    said = claims()
    token = issue(said, KEY)
    assert verify(token, KEY) == said
    assert verify(f" {token}\n", KEY) == said
    assert len(token) < 500


@given(st.integers(0, 10_000), st.characters())
@example(6, "\ud800")  # No encoding has it.
def test_any_other_character_anywhere_is_refused(place: int, character: str) -> None:
    token = issue(claims(nonce="a" * 32), KEY)
    at = place % len(token)
    forged = token[:at] + character + token[at + 1 :]
    if forged != token:
        with pytest.raises(HandoverError):
            verify(forged, KEY)


@given(st.text())
def test_no_text_makes_it_fall_over(text: str) -> None:
    with pytest.raises(HandoverError):
        verify(text, KEY)


def test_another_key_no_key_and_a_short_key_are_refused_and_never_shown() -> None:
    token = issue(claims(), KEY)
    for key in ("x" * 32, "", "canary-key"):
        with pytest.raises(HandoverError) as refused:
            verify(token, SecretStr(key))
        assert "canary" not in str(refused.value)
        assert token not in str(refused.value)
    with pytest.raises(HandoverError, match="is missing"):
        issue(claims(), SecretStr(""))
    with pytest.raises(HandoverError, match="shorter than 32"):
        issue(claims(), SecretStr("short"))


def test_a_body_of_another_version_is_refused_though_signed() -> None:
    body = json.dumps(claims().model_dump() | {"more": 1}).encode()
    signed = issue(claims(), KEY)
    from kafkadr import handover  # noqa: PLC0415 - to sign what `issue` would not

    text = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    token = f"{handover.PREFIX}.{text}.{handover._encode(handover._signature(text, KEY))}"  # noqa: SLF001
    assert token != signed
    with pytest.raises(HandoverError, match="another version"):
        verify(token, KEY)


def test_nonces_differ() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100
