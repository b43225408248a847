"""`VaultSlot`: the place of a secret, proven writable and ours *before* the secret exists (S34, failure-modes #62).

A key that cannot be stored is an orphan that opens a cluster and that nobody knows of. So whatever makes a key
depends on its slot.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.errors import DrError, RefusedError
from kafkadr.remote import calls
from kafkadr.vault import Entry, NameTakenError, open_entry, open_vault
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, known, wrap

IDENTITY = frozenset({"vaultUrl", "entry"})


class VaultSlotInputs(Inputs):
    """Inputs of `VaultSlot`."""

    vault_url: str = Field(min_length=1, description="aws-sm://region/prefix, vault+https://host/mount or file://.")
    entry: str = Field(min_length=1, description="Name in the vault, <client>/<site>.")
    owner: str = Field(min_length=1, max_length=256, description="Whose entry it is; the first one stays.")


class VaultSlotResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:VaultSlot"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = VaultSlotInputs
    description: ClassVar[str] = "A vault entry proven writable and owned before the secret for it exists."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "address": {"type": "string", "description": "Where the entry is."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse a vault or a name that cannot be."""
        del old
        return list(read_inputs(VaultSlotInputs, new).failures) or unusable(new)

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Another place is another slot. The owner stays the first one, also when the stack is renamed."""
        names = [n for n in changed(state, new, self.inputs.names()) if n in IDENTITY]
        return Difference(names, names)

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Take the name, or see in preview whether somebody else has it."""
        del log
        asked = read_inputs(VaultSlotInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        address = address_of(asked.vault_url, asked.entry)
        if preview:
            await look(asked.vault_url, asked.entry, asked.owner)
        else:
            await calls.asked("the vault", lambda: open_vault(asked.vault_url).reserve(asked.entry, asked.owner))
        return address, {"address": wrap(address)}

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Nothing of a slot can change in place."""
        del new, log, preview
        return {k: state[k] for k in ("address", "owner")}

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """None when it was deleted by hand, so that the next update takes the name again."""
        values = known(inputs)[0]
        found = await look(values["vaultUrl"], values["entry"], owner_of(state, inputs))
        if found is None:
            return None
        return {"address": wrap(address_of(values["vaultUrl"], values["entry"])), "owner": wrap(found.owner)}

    async def delete(self, state: Properties, log: Log) -> None:
        """Give the name back; another owner's entry is left alone."""
        await remove(state, log)

    async def imported(self, name: str) -> dict[str, PropertyValue]:
        """The id of a slot is its address."""
        return {k: wrap(v) for k, v in (await found_at(name))[0].items()}


def address_of(vault_url: str, entry: str) -> str:
    """Where a human finds the entry."""
    return open_vault(vault_url).address(entry)


def unusable(new: Properties) -> list[CheckFailure]:
    """Why vault and name cannot be used, in words: an address may hold credentials and the engine prints properties."""
    values = known(new)[0]
    if "vaultUrl" not in values:
        return []
    try:
        address_of(values["vaultUrl"], values.get("entry", "any/any"))
    except DrError as error:
        return [CheckFailure("", f"vaultUrl, entry: {error}")]
    return []


def owner_of(state: Properties, inputs: Properties) -> str:
    """The recorded owner, which outlives a renamed stack."""
    owner = known(state)[0].get("owner") or known(inputs)[0]["owner"]
    return str(owner)


async def look(vault_url: str, entry: str, owner: str) -> Entry | None:
    """The entry, if it is there and ours.

    Raises:
        NameTakenError: It belongs to somebody else.
    """
    found = await calls.asked("the vault", lambda: open_vault(vault_url).read(entry))
    if found is not None and found.owner != owner:
        raise NameTakenError(address_of(vault_url, entry), found.owner)
    return found


async def remove(state: Properties, log: Log) -> None:
    """Delete the entry, if it is there and ours; what is not ours is named and left."""
    values = known(state)[0]
    try:
        entry, owner = values["entry"], values["owner"]
        await calls.asked("the vault", lambda: open_vault(values["vaultUrl"]).delete(entry, owner))
    except NameTakenError as error:
        say = f"not deleted: {error.problem}"
        log.warning(say)


async def found_at(address: str) -> tuple[dict[str, str], Entry]:
    """Inputs and entry at an address, for imports.

    Raises:
        RefusedError: There is no entry.
    """
    vault, entry = open_entry(address)
    found = await calls.asked("the vault", partial(vault.read, entry))
    if found is None:
        raise RefusedError(f"there is no entry at {address}", "Give the address that the stack's output shows")
    url = address.removesuffix(f"/{entry}")
    return {"vaultUrl": url, "entry": entry, "owner": found.owner}, found
