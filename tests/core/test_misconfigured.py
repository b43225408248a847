"""A store whose client cannot even be made is that store's trouble, told in its own words, and nobody else's."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kafkadr.aside import aside, bounded
from kafkadr.errors import UnreachableError
from kafkadr.ledger import Ledger, LedgerError, epochs_of
from kafkadr.lock_store import open_locks
from kafkadr.pointer import open_pointer
from kafkadr.remote.calls import asked
from kafkadr.vault import open_vault

AWS = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-west-2"}
NO_PROFILE = {"AWS_PROFILE": "nobody-has-this"}
NO_ADDRESS = {"AWS_ENDPOINT_URL": "no address"}
NO_CA = {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"}


def read_ledger() -> None:
    asyncio.run(Ledger("s3://ledgers/dr", "lkc-b", "dr", 2).read())


def list_ledgers() -> None:
    asyncio.run(epochs_of("s3://ledgers/dr", "lkc-b", "dr"))


def read_pointer(url: str) -> None:
    open_pointer(url).read()


def read_vault(url: str) -> None:
    open_vault(url).read("app/west")


AWS_POINTER = partial(read_pointer, "aws-sm://us-west-2/dr")
AWS_VAULT = partial(read_vault, "aws-sm://us-west-2/dr")
VAULT_POINTER = partial(read_pointer, "vault+https://127.0.0.1:9/kv/dr")
HASHICORP = partial(read_vault, "vault+https://127.0.0.1:9/kv/dr")
CONSUL = partial(read_pointer, "consul+https://127.0.0.1:9/dr")


@pytest.mark.parametrize(
    ("settings", "call", "kind"),
    [
        *[(bad, call, LedgerError) for bad in (NO_PROFILE, NO_ADDRESS) for call in (read_ledger, list_ledgers)],
        *[(bad, call, UnreachableError) for bad in (NO_PROFILE, NO_ADDRESS) for call in (AWS_POINTER, AWS_VAULT)],
        *[
            (bad, lambda: open_locks("s3://state").locks("organization/p/s"), UnreachableError)
            for bad in (NO_PROFILE, NO_ADDRESS)
        ],
        *[(NO_CA, call, UnreachableError) for call in (VAULT_POINTER, HASHICORP)],
        ({"CONSUL_CACERT": "/nowhere/ca.pem"}, CONSUL, UnreachableError),
    ],
)
def test_what_is_wrong_with_the_clients_settings_is_the_stores_error(
    settings: dict[str, str], call: Callable[[], None], kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (AWS | settings).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(kind):
        call()


def test_a_ledger_address_of_no_known_form_is_told_by_its_first_use_with_the_address() -> None:
    book = Ledger("ftp://nowhere", "lkc-b", "dr", 2)
    assert book.address == "ftp://nowhere/lkc-b/dr/epoch-2.json"
    with pytest.raises(LedgerError, match="has an unknown scheme"):
        asyncio.run(book.read())


def test_a_ledger_that_hangs_is_left_behind_in_time_and_so_is_its_thread(tmp_path: Path) -> None:
    book = Ledger(tmp_path.as_uri(), "lkc-b", "dr", 2)
    path = tmp_path / book.name
    path.parent.mkdir(parents=True)
    os.mkfifo(path)

    async def read() -> None:
        async with book.within(0.3):
            await book.read()

    begun = time.monotonic()
    with pytest.raises(LedgerError, match="TimeoutError: no answer in time"):
        asyncio.run(read())
    assert time.monotonic() - begun < 5
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "kafkadr-aside")
    os.close(os.open(path, os.O_RDWR))


def test_a_call_aside_gives_its_result_or_its_error_or_is_given_up() -> None:
    def fails() -> None:
        raise KeyError("told")

    assert asyncio.run(aside(lambda: 1)) == bounded(lambda: 1, 5) == 1
    with pytest.raises(KeyError, match="told"):
        asyncio.run(aside(fails))
    never = threading.Event()
    waits: list[Any] = [lambda: asyncio.run(aside(never.wait, 0.1)), lambda: bounded(never.wait, 0.1)]
    for wait in waits:
        with pytest.raises(TimeoutError):
            wait()
    with pytest.raises(UnreachableError, match="the vault has not answered in 0 s"):
        asyncio.run(asked("the vault", never.wait, 0.1))
    never.set()
