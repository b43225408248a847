"""AWS Secrets Manager as a vault: one secret per entry, its string a flat JSON object."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from kafkadr.errors import UnreachableError
from kafkadr.remote.aws import CURRENT, LIMIT, AnsweredError, SecretsManager
from kafkadr.remote.errors import DeletedError
from kafkadr.vault.entry import Entry, check_name, check_owner, from_json, same_values, to_document, to_json

_ATTEMPTS = 3


class AwsVault:
    """Secrets `<prefix>/<client>/<site>` of one region; see `Vault`. The region must not be the one that may fail.

    A secret deleted by hand stays scheduled for deletion and blocks its name: `reserve` and `write` refuse it with
    both ways out, since only a human knows whether it was meant. Our own `delete` leaves no recovery window: what it
    removes is a copy of a key that is revoked, and a rerun must be able to take the name again.
    """

    def __init__(self, region: str, prefix: str) -> None:
        self._service = SecretsManager(region)
        self._prefix = prefix

    def reserve(self, name: str, owner: str) -> None:
        """See `Vault`.

        Creating is one right and putting values another: what is there is put once more under its own version's id,
        which Secrets Manager takes (idempotent) without a new version, after it has checked our rights.
        """
        found, text = self._found_or_made(name, {}, owner)
        check_owner(found, owner, self.address(name))
        self._service.call("put_secret_value", self._id(name), SecretString=text, ClientRequestToken=found.version)

    def write(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        """See `Vault`."""
        found, _ = self._found_or_made(name, values, owner)
        check_owner(found, owner, self.address(name))
        if same_values(found, values):
            return found.version
        text = self._text(name, values, owner)
        return str(self._service.call("put_secret_value", self._id(name), SecretString=text)["VersionId"])

    def read(self, name: str) -> Entry | None:
        """See `Vault`; one call."""
        try:
            found = self._found(name)
        except DeletedError:
            return None
        return found[0] if found else None

    def delete(self, name: str, owner: str) -> None:
        """See `Vault`."""
        found = self.read(name)
        if found is not None:
            check_owner(found, owner, self.address(name))
            self._service.call("delete_secret", self._id(name), ForceDeleteWithoutRecovery=True)

    def address(self, name: str) -> str:
        """See `Vault`."""
        return f"aws-sm://{self._service.region}/{self._id(name)}"

    def _id(self, name: str) -> str:
        return f"{self._prefix}/{check_name(name)}" if self._prefix else check_name(name)

    def _text(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        return to_json(to_document(values, owner), self.address(name), LIMIT)

    def _found(self, name: str) -> tuple[Entry, str] | None:
        try:
            answer = self._service.call(
                "get_secret_value", self._id(name), handled=("ResourceNotFoundException",), VersionStage=CURRENT
            )
        except AnsweredError:
            return None
        return self._parsed(name, answer)

    def _parsed(self, name: str, answer: dict[str, Any]) -> tuple[Entry, str]:
        text = str(answer.get("SecretString", ""))
        return from_json(text, str(answer["VersionId"]), self.address(name)), text

    def _found_or_made(self, name: str, values: Mapping[str, SecretStr], owner: str) -> tuple[Entry, str]:
        """The entry as it is, else made with these values."""
        text = self._text(name, values, owner)
        for attempt in range(_ATTEMPTS):
            if found := self._found(name):
                return found
            version = self._service.first(self._id(name), text)
            if version is not None:
                return Entry(dict(values), version, owner), text
            # Somebody was faster, or reads lag behind writes for a moment.
            time.sleep(attempt)
        raise UnreachableError(f"{self.address(name)} exists and cannot be read", "Run again")
