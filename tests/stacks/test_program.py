"""`__main__.py`: config errors are told once, before anything is registered, and without a traceback."""

from __future__ import annotations

import gc
import runpy
from collections.abc import Iterator

import pulumi
import pulumi.runtime
import pytest

from tests.graph.recorder import record
from tests.stacks.examples import ROOT, config
from tests.stacks.test_load import keys_of

PROGRAM = ROOT / "first" / "__main__.py"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
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


def test_many_topics_are_declared_with_few_garbage_collections() -> None:
    """By Python's defaults there are hundreds, the longest of them over all that was declared."""
    topics = {"mode": "opt-in", "topics": [f"topic-{n}" for n in range(100)]}
    pulumi.runtime.set_all_config(keys_of(config(onboarding=topics)), [])
    begun: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            begun.append(info["generation"])

    gc.callbacks.append(count)
    try:
        mirrors = record(run).of_type("KafkaMirrorTopic")
    finally:
        gc.callbacks.remove(count)
    assert len(mirrors) == 100
    assert len(begun) < 20


def test_the_program_stays_short() -> None:
    assert len(PROGRAM.read_text().splitlines()) < 23
