"""A failed check must not make the engine print a secret: it prints the value of the property a failure names."""

from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from provider.mirror_state import MirrorStateResource
from provider.values import wrap

INPUTS: dict[str, Any] = {
    "restEndpoint": "http://127.0.0.1",
    "clusterId": "lkc-a",
    "linkName": "dr",
    "desired": "ACTIVE",
    "credentials": {"key": "K", "secret": "canary"},
}


def failures(**changes: PropertyValue) -> list[tuple[str, str]]:
    inputs = {name: wrap(value) for name, value in INPUTS.items()} | changes
    return [(found.property, found.reason) for found in MirrorStateResource().check({}, inputs)]


def test_good_inputs_have_no_failure() -> None:
    assert failures() == []


@pytest.mark.parametrize("credentials", ["canary", {"key": "K", "secret": ["canary"]}, ["canary"]])
def test_wrong_credentials_are_named_in_words(credentials: Any) -> None:
    for given in (wrap(credentials), wrap(credentials).with_secret(True)):
        found = failures(credentials=given)
        assert found
        assert [name for name, _ in found] == [""] * len(found)
        assert all(reason.startswith("credentials") and "canary" not in reason for _, reason in found)


def test_any_input_that_is_marked_secret_is_named_in_words() -> None:
    ((name, reason),) = failures(clusterId=wrap("canary").with_secret(True))
    assert name == ""
    assert reason.startswith("clusterId: ")
    assert "canary" not in reason


def test_a_plain_input_is_named_as_property_and_shown() -> None:
    ((name, reason),) = failures(clusterId=wrap("cluster-1"))
    assert name == "clusterId"
    assert "(found 'cluster-1')" in reason
