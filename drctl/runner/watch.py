"""Watches pointer and vault, each in a loop of its own, so that the one that hangs does not hide the other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn, TypeVar

from drctl.runner.words import CredentialsRead, Event, PointerRead, Source, Trouble
from kafkadr.aside import aside
from kafkadr.clients import Connection, Protocol
from kafkadr.clients.connection import connection_of, entry_name, read_active, vault_of
from kafkadr.errors import DrError
from kafkadr.pointer import Active, PointerStore
from kafkadr.vault import Entry, Vault

_SLOW = 20.0
"""Seconds after which a call that has not come back is told as an outage; it is still waited for."""
_FIRST_RETRY = 0.25
Result = TypeVar("Result")


@dataclass(frozen=True)
class Plan:
    """What is watched, and how often.

    Attributes:
        pointer: The pointer.
        client: Name of the client.
        vault_url: None for the vault that the pointer names.
        protocol: Of the client's connection.
        poll: Seconds between two looks at the pointer.
        rotation_poll: Seconds between two looks at credentials that are known.
        standbys: Sites whose credentials are read ahead, for a vault that dies together with the active site.
    """

    pointer: PointerStore
    client: str
    vault_url: str | None
    protocol: Protocol
    poll: float
    rotation_poll: float
    standbys: tuple[str, ...] = ()


@dataclass
class Watch:
    """The two loops; `post` takes what they hear."""

    plan: Plan
    post: Callable[[Event], None]
    _entries: dict[str, Entry] = field(default_factory=dict)
    _vaults: dict[str, Vault] = field(default_factory=dict)
    _target: Active | None = None
    _turned: asyncio.Event = field(default_factory=asyncio.Event)

    def resolve(self, active: Active) -> None:
        """Read credentials of this pointer from now on."""
        self._target = active
        self._turned.set()

    async def pointer(self) -> NoReturn:
        """Look at the pointer for ever."""
        failures = 0
        while True:
            active = await self._heard("pointer", lambda: read_active(self.plan.pointer))
            failures = 0 if active else failures + 1
            if active:
                self.post(PointerRead(active))
            await asyncio.sleep(self._pause(failures, self.plan.poll))

    async def credentials(self) -> NoReturn:
        """Look at the credentials of the latest `resolve` for ever; a new one ends the look at the old one at once."""
        while True:
            self._turned.clear()
            look = asyncio.ensure_future(self._look(self._target)) if self._target else None
            await self._turned.wait()
            if look:
                look.cancel()
                await asyncio.wait([look])

    async def _look(self, active: Active) -> NoReturn:
        failures = 0
        while True:
            connection = await self._heard("vault", lambda: self._read(active))
            failures = 0 if connection else failures + 1
            if connection:
                self.post(CredentialsRead(active, connection))
                await self._read_ahead(active)
            elif kept := self._kept(active):
                self.post(CredentialsRead(active, kept, fresh=False))
            await asyncio.sleep(self._pause(failures, self.plan.rotation_poll))

    def _read(self, active: Active) -> Connection:
        entry = self._vault(active).read(entry_name(self.plan.client, active.site))
        connection = self._connection(active, entry)
        if entry:
            self._entries[active.site] = entry
        return connection

    def _connection(self, active: Active, entry: Entry | None) -> Connection:
        address = self._vault(active).address(entry_name(self.plan.client, active.site))
        return connection_of(active, entry, self.plan.client, self.plan.protocol, address)

    def _vault(self, active: Active) -> Vault:
        # Kept: a new client for each look would cost more than the look.
        url = self.plan.vault_url or active.secrets
        if url not in self._vaults:
            self._vaults[url] = vault_of(active, self.plan.vault_url)
        return self._vaults[url]

    async def _read_ahead(self, active: Active) -> None:
        # Quietly: the credentials in use are readable, and those of a standby are only a reserve.
        for site in self.plan.standbys:
            name = entry_name(self.plan.client, site)
            with suppress(DrError):
                entry = await aside(partial(self._vault(active).read, name))
                if entry and entry.values:
                    self._entries[site] = entry

    def _kept(self, active: Active) -> Connection | None:
        """From credentials read earlier for that site; None when there are none or they are for another cluster."""
        if active.site not in self._entries:
            return None
        try:
            return self._connection(active, self._entries[active.site])
        except DrError:
            return None

    async def _heard(self, source: Source, call: Callable[[], Result]) -> Result | None:
        task = asyncio.ensure_future(aside(call))
        try:
            done, _ = await asyncio.wait([task], timeout=_SLOW)
            if not done:
                self.post(Trouble(source, f"the {source} does not answer"))
            return await task
        except DrError as error:
            self.post(Trouble(source, error.problem, error.remedy))
        except Exception as error:  # noqa: BLE001 - the child must outlive whatever a client library raises
            self.post(Trouble(source, f"the {source} cannot be read ({type(error).__name__})"))
        finally:
            task.cancel()
        return None

    def _pause(self, failures: int, usual: float) -> float:
        retry = min(self.plan.poll, _FIRST_RETRY * 2 ** (failures - 1)) if failures else usual
        return retry * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
