"""No secret of a vault shows anywhere: twelve canaries, every sink, every outcome (the sinks hear DEBUG)."""

import contextlib
import io
import itertools
import logging
import re
import traceback
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from kafkadr.errors import DrError
from kafkadr.vault import Vault, open_vault
from tests.core.vault.test_contract import VAULTS, every
from tests.services.benches import Bench

OWNER = "organization/kafka-dr/prod"
CANARIES = [f'canary{number:02}-{"Aa0+/="[number % 6] * 3}-\\"{number}' for number in range(12)]
WORDS = re.compile(r"canary\d\d")
VALUES = {f"value{number}": SecretStr(text) for number, text in enumerate(CANARIES)}
# Named here and not where they are used: a traceback shows the lines of the test, too.
ROTATED = VALUES | {"value0": SecretStr("canary99")}
TOO_LARGE = VALUES | {"more": SecretStr("canary98" * 80_000)}
BADLY_NAMED = {"no name!": SecretStr("canary97")}
LOUD = ("", "boto3", "botocore", "urllib3", "requests", "hvac", "consul", "kafkadr", "http")


class Sink(logging.Handler):
    """Everything that is logged while it hangs on the root logger, with message, arguments and traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] == "moto":  # the service's side, which is in this process here only
            return
        self.heard.append(f"{record.name} {record.getMessage()} {record.args!r} {record.exc_info!r}")


@pytest.fixture
def sink() -> Iterator[Sink]:
    handler = Sink()
    levels = {name: logging.getLogger(name).level for name in LOUD}
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def shown(error: BaseException) -> str:
    """All that can be read off an exception and those it is chained to, hidden or not."""
    texts = []
    seen: BaseException | None = error
    while seen is not None:
        texts += [str(seen), repr(seen), repr(vars(seen)), *traceback.format_exception(seen, chain=False)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


def outcomes(vault: Vault) -> dict[str, Callable[[], object]]:
    """Every operation, in all ways it can end well."""
    return {
        "reserve": lambda: vault.reserve("orders/west", OWNER),
        "write": lambda: vault.write("orders/west", VALUES, OWNER),
        "write again": lambda: vault.write("orders/west", VALUES, OWNER),
        "reserve again": lambda: vault.reserve("orders/west", OWNER),
        "read": lambda: vault.read("orders/west"),
        "taken": lambda: vault.write("orders/west", {}, "someone/else"),
        "rotate": lambda: vault.write("orders/west", ROTATED, OWNER),
        "too large": lambda: vault.write("orders/west", TOO_LARGE, OWNER),
        "bad name": lambda: vault.write("orders/west", BADLY_NAMED, OWNER),
        "delete": lambda: vault.delete("orders/west", OWNER),
    }


@pytest.mark.parametrize(
    ("bench", "accident"),
    [
        *itertools.product(VAULTS, ["none", "read-only", "stranger"]),
        *itertools.product(VAULTS[1:], ["drop", "busy"]),  # files have no network
    ],
    indirect=["bench"],
)
def test_no_canary_in_any_sink(bench: Bench, accident: str, sink: Sink, capfd: pytest.CaptureFixture[str]) -> None:
    address = bench.vault()
    vault = open_vault(address)
    vault.write("orders/west", VALUES, OWNER)
    logging.getLogger("botocore.anything").debug("the sinks hear")
    seen = []
    with contextlib.ExitStack() as stack:
        if accident in {"drop", "busy"}:
            assert bench.proxy is not None
            bench.proxy.fail("drop" if accident == "drop" else "busy")
        elif accident != "none":
            stack.enter_context(bench.acting("client" if accident == "read-only" else "stranger", address))
        for name, call in outcomes(vault if accident in {"none", "drop", "busy"} else open_vault(address)).items():
            try:
                result = call()
            except DrError as error:
                seen.append(f"{name}: {shown(error)}")
            else:
                seen.append(f"{name}: {result!r} {result}")
    captured = capfd.readouterr()
    texts = {"log": sink.heard, "results": seen, "out": [captured.out], "err": [captured.err]}
    assert any("the sinks hear" in line for line in sink.heard)
    found = {where: sorted({line[:300] for line in lines if WORDS.search(line)}) for where, lines in texts.items()}
    assert not any(found.values()), found


@every
def test_damage_is_told_without_what_is_damaged(bench: Bench, sink: Sink) -> None:
    vault = open_vault(bench.vault())
    bench.plant(vault.address("orders/west"), '{"_owner": ["canary01"], "key": "canary02"}')
    sink.heard.clear()
    with pytest.raises(DrError) as caught:
        vault.read("orders/west")
    assert not WORDS.search(shown(caught.value))
    assert not WORDS.search("\n".join(sink.heard))


@pytest.mark.parametrize("bench", ["aws"], indirect=True)
def test_what_the_library_logs_outside_of_these_calls_stays(bench: Bench, sink: Sink) -> None:
    open_vault(bench.vault()).read("orders/west")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger("botocore.endpoint").addHandler(handler)
    logging.getLogger("botocore.endpoint").debug("from elsewhere")
    logging.getLogger("botocore.endpoint").removeHandler(handler)
    assert "from elsewhere" in stream.getvalue()
    assert any("from elsewhere" in line for line in sink.heard)


def test_the_canaries_are_twelve() -> None:
    assert len(CANARIES) == len(VALUES) == 12
    assert len(VAULTS) >= 3
