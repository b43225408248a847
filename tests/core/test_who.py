"""The name in audit entries: told by the environment, else by the machine."""

import re

import pytest

from kafkadr.who import NAMES, who


@pytest.mark.parametrize("name", NAMES)
def test_the_environment_names_the_person(name: str) -> None:
    assert who({name: " alice ", "USER": "robot"}) == "alice"


def test_our_own_variable_goes_before_the_ci_s() -> None:
    assert who({"GITHUB_ACTOR": "octo", "KAFKADR_WHO": "alice"}) == "alice"
    assert who({"GITHUB_ACTOR": "octo", "KAFKADR_WHO": "  "}) == "octo"


def test_else_it_is_login_and_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"[^@]+@.+", who({}))

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert re.fullmatch(r"\d+@.+", who({}))


def test_what_does_not_belong_on_a_terminal_is_escaped_and_cut() -> None:
    assert "\x1b" not in who({"KAFKADR_WHO": "a\x1b[2Jb"})
    assert len(who({"KAFKADR_WHO": "x" * 500})) == 128
