"""`VaultSecret`: a client's key in the vault, and the proof that it works.

State keeps the vault's version and never a hash: whoever holds a hash of a secret can try guesses against it. What
the entry holds is compared with the inputs only when it was read from the vault.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field, SecretStr

from kafkadr.budget import Budget
from kafkadr.endpoint import OptionalEndpoint
from kafkadr.errors import DrError
from kafkadr.proof import prove
from kafkadr.remote import calls
from kafkadr.rest import KafkaRest
from kafkadr.vault import open_vault
from provider.resource import Difference, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, known, wrap
from provider.vault_slot import (
    IDENTITY,
    VaultSlotInputs,
    address_of,
    found_at,
    look,
    owner_of,
    remove,
    unusable,
)

_NEEDED = ("clusterId", "key", "secret")


class UnstoredError(DrError):
    """A key exists and is not in the vault."""


class VaultSecretInputs(VaultSlotInputs):
    """Inputs of `VaultSecret`."""

    values: dict[str, SecretStr] = Field(description="key, secret, clusterId, and what else the client has to know.")
    rest_endpoint: OptionalEndpoint = Field(
        default="", description="Kafka REST endpoint to prove the key at, or empty."
    )
    proof_seconds: int = Field(default=300, ge=1, le=3600, strict=True, description="Most seconds for the proof.")

    def value(self, name: str) -> str:
        """One of the values in clear."""
        return self.values[name].get_secret_value()


class VaultSecretResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:VaultSecret"  # noqa: S105 - a type token
    inputs: ClassVar[type[VaultSecretInputs]] = VaultSecretInputs
    description: ClassVar[str] = "A client's key in a vault, proven to work; never reveals it."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "address": {"type": "string", "description": "Where the entry is."},
        "version": {"type": "string", "description": "The vault's version of it; empty when it is not as declared."},
        "proven": {"type": "string", "description": "Id of the key that was seen to work; empty without a proof."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse what cannot be stored or could not be proven."""
        del old
        failures = list(read_inputs(VaultSecretInputs, new).failures) or unusable(new)
        values = known(new)[0].get("values")
        missing = [n for n in _NEEDED if not values.get(n)] if isinstance(values, dict) else []
        if missing:
            failures.append(CheckFailure("", f"values: {', '.join(missing)} missing: a client could not connect"))
        return failures

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Values that differ, and an entry that a refresh found changed. Asks nobody: a flip waits for no vault."""
        names = [n for n in changed(state, new, self.inputs.names()) if n in IDENTITY | {"values", "restEndpoint"}]
        if known(state)[0].get("version") == "":
            names.append("version")
        return Difference(names, [n for n in names if n in IDENTITY])

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Store the key first, so that no secret is lost, then prove it."""
        values = known(new)[0]
        if {"vaultUrl", "entry", "owner"} <= set(values) and preview:
            await look(values["vaultUrl"], values["entry"], values["owner"])
        asked = read_inputs(VaultSecretInputs, new).model
        if asked is None or preview:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        version = await _store(asked, asked.owner)
        proven = await _prove(asked, log)
        address = address_of(asked.vault_url, asked.entry)
        return address, _outputs(address, version, proven, asked.owner)

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Prove another key before it takes the place of one that works, then store it."""
        asked = read_inputs(VaultSecretInputs, new).model
        owner, proven = owner_of(state, new), str(known(state)[0].get("proven", ""))
        if asked is None or preview:
            values = known(new)[0]
            await look(values["vaultUrl"], values["entry"], owner)
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET) | {"owner": wrap(owner), "address": state["address"]}
        if proven != asked.value("key"):
            proven = await _prove(asked, log)
        version = await _store(asked, owner)
        return _outputs(address_of(asked.vault_url, asked.entry), version, proven, owner)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """Whether the entry still says what it should; an entry changed or deleted by hand loses its version.

        The resource is never dropped from state: it goes on to know which key it has proven already.
        """
        asked = read_inputs(VaultSecretInputs, inputs).model
        if asked is None:
            raise DrError("this entry cannot be read without its inputs", "Declare it in the program instead")
        owner, proven = owner_of(state, inputs), str(known(state)[0].get("proven", ""))
        found = await look(asked.vault_url, asked.entry, owner)
        same = found is not None and found.values == asked.values
        version = found.version if same and found is not None else ""
        return _outputs(address_of(asked.vault_url, asked.entry), version, proven, owner)

    async def delete(self, state: Properties, log: Log) -> None:
        """Delete the entry before its key goes; another owner's is left alone."""
        await remove(state, log)

    async def imported(self, name: str) -> dict[str, PropertyValue]:
        """The id of an entry is its address."""
        inputs, found = await found_at(name)
        values = {k: v.get_secret_value() for k, v in found.values.items()}
        return {k: wrap(v) for k, v in inputs.items()} | {"values": wrap(values).with_secret(True)}


async def _store(asked: VaultSecretInputs, owner: str) -> str:
    try:
        return await calls.asked(
            "the vault", lambda: open_vault(asked.vault_url).write(asked.entry, asked.values, owner)
        )
    except DrError as error:
        raise UnstoredError(
            f"key {asked.value('key')} exists and is not in the vault: {error.problem}",
            f"{error.remedy}; then run the same command again, which stores this key and makes no other",
        ) from None


async def _prove(asked: VaultSecretInputs, log: Log) -> str:
    """Id of the proven key, empty when no proof was asked for."""
    if not asked.rest_endpoint:
        return ""
    key, budget = asked.value("key"), Budget(float(asked.proof_seconds))
    async with KafkaRest(asked.rest_endpoint, asked.value("clusterId"), key, asked.values["secret"], budget) as rest:
        await prove(rest, key, log.progress)
    return key


def _outputs(address: str, version: str, proven: str, owner: str) -> dict[str, PropertyValue]:
    told = {"address": address, "version": version, "proven": proven, "owner": owner}
    return {name: wrap(value) for name, value in told.items()}
