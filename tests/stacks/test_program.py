"""`__main__.py`: config errors are told once, before anything is registered, and without a traceback."""

from __future__ import annotations

import runpy
from collections.abc import Iterator

import pulumi
import pulumi.runtime
import pytest

from tests.graph.recorder import record
from tests.stacks.examples import ROOT, config
from tests.stacks.test_load import keys_of

PROGRAM = ROOT / "__main__.py"


@pytest.fixture(autouse=True)
def no_config_left_behind() -> Iterator[None]:
    yield
    pulumi.runtime.set_all_config({}, [])


def run() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")


def test_config_errors_end_the_program_before_any_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    pulumi.runtime.set_all_config(keys_of(config(epoch=0, primary="north")), [])

    def failing() -> None:
        with pytest.raises(SystemExit) as caught:
            run()
        # The language host's own code for "the user has been told": any other adds a second error.
        assert caught.value.code == 32

    recorder = record(failing)
    assert recorder.requests == []
    (text,) = said
    assert text.splitlines()[0] == "2 problems in the config of this stack; nothing was touched:"
    assert "kafka-dr:epoch" in text
    assert "kafka-dr:primary" in text


def test_a_good_config_is_deployed() -> None:
    pulumi.runtime.set_all_config(keys_of(config()), [])
    assert record(run).named("dr-guard")["inputs"]["primary"] == "east"


def test_the_program_stays_short() -> None:
    assert len(PROGRAM.read_text().splitlines()) < 20
