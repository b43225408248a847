"""AWS Secrets Manager as a pointer: its compare-and-set is a staging label moved from the version that was read."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from kafkadr.pointer import store
from kafkadr.pointer.active import Active, parse_active
from kafkadr.pointer.store import Found
from kafkadr.remote.aws import CANDIDATE, CURRENT, AnsweredError, SecretsManager

_PREVIOUS = "_previous"
_KEPT = 100
"""Versions without a label that Secrets Manager keeps at most."""


class AwsPointer:
    """One secret, whose versions are the pointer's moves; see `PointerStore`.

    `PutSecretValue` alone overwrites whatever is there. So a move first puts its document as a version with a label
    of ours, which no reader looks at, and then moves `AWSCURRENT` to it from the version that was read:
    `UpdateSecretVersionStage` fails when the label is not on `RemoveFromVersionId` any more (AWS's API reference),
    so that of all who read the same version exactly one succeeds. What losers put stays behind without a label,
    and Secrets Manager clears it away. Each document names the version it replaced: the history is that chain,
    without the losers.
    """

    def __init__(self, region: str, name: str) -> None:
        self._service = SecretsManager(region)
        self._name = name

    def read(self) -> Active | None:
        """See `PointerStore`."""
        return self.load().active

    def move(self, wanted: Active) -> Active:
        """See `PointerStore`."""
        return store.move(self, wanted)

    def history(self) -> list[Active]:
        """See `PointerStore`; one call for each move, of which Secrets Manager keeps the last hundred or so."""
        moves: list[Active] = []
        answer = self._version(VersionStage=CURRENT)
        while answer is not None and len(moves) < _KEPT:
            moves.append(self._parsed(answer))
            previous = json.loads(answer["SecretString"]).get(_PREVIOUS)
            answer = self._version(VersionId=previous) if previous else None
        return moves

    def address(self) -> str:
        """See `PointerStore`."""
        return f"aws-sm://{self._service.region}/{self._name}"

    def load(self) -> Found[str | None]:
        """See `Slot`; the mark is the version's id."""
        answer = self._version(VersionStage=CURRENT)
        return Found(None, None) if answer is None else Found(self._parsed(answer), str(answer["VersionId"]))

    def swap(self, mark: str | None, wanted: Active) -> bool:
        """See `Slot`."""
        text = json.dumps(json.loads(wanted.to_json()) | {_PREVIOUS: mark})
        # From the content, so that a run that was killed in between finds its own candidate again.
        version = str(uuid5(NAMESPACE_URL, f"{self.address()} {text}"))
        if mark is None:
            return self._service.first(self._name, text, version) is not None
        new: dict[str, Any] = {"SecretString": text, "ClientRequestToken": version}
        self._service.call("put_secret_value", self._name, VersionStages=[CANDIDATE], **new)
        try:
            self._service.call(
                "update_secret_version_stage",
                self._name,
                handled=("InvalidParameterException", "InvalidRequestException"),
                VersionStage=CURRENT,
                RemoveFromVersionId=mark,
                MoveToVersionId=version,
            )
        except AnsweredError:
            return False
        return True

    def _version(self, **which: str) -> dict[str, Any] | None:
        try:
            return self._service.call("get_secret_value", self._name, handled=("ResourceNotFoundException",), **which)
        except AnsweredError:
            return None

    def _parsed(self, answer: dict[str, Any]) -> Active:
        return parse_active(answer.get("SecretString", ""), self.address())
