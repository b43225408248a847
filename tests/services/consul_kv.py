"""Consul's key-value store as its API documentation records it: reads, transactions, `cas` on `ModifyIndex`.

For where no real Consul can be had. Tokens come with roles instead of policies.
"""

import base64
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.services.web import Answer, Request


@dataclass
class RecordedConsul:
    """`tokens` maps each token to what it may: read, write."""

    tokens: dict[str, set[str]]
    _keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    _index: int = 10
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        rights = self.tokens.get(request.headers.get("X-Consul-Token", ""))
        if rights is None:
            return Answer(403, b"ACL not found")
        with self._lock:
            if request.path == "/v1/txn":
                return self._transact(request.json, rights)
            key = request.path.removeprefix("/v1/kv/")
            if request.method == "GET":
                return self._get(key, rights, recurse="recurse" in request.query)
            if "write" not in rights:
                return Answer(403, f"Permission denied: token lacks permission 'key:write' on \"{key}\"".encode())
            if request.method == "DELETE":
                self._keys.pop(key, None)
            else:
                self._set(key, request.body)
            return Answer.of(200, True)

    def _get(self, key: str, rights: set[str], *, recurse: bool) -> Answer:
        if "read" not in rights:
            return Answer(403, f"Permission denied: token lacks permission 'key:read' on \"{key}\"".encode())
        found = [item for name, item in self._keys.items() if name == key or (recurse and name.startswith(key))]
        if not found:
            return Answer(404, b"", {"X-Consul-Index": str(self._index)})
        return Answer.of(200, found, X_Consul_Index=str(self._index))

    def _set(self, key: str, value: bytes) -> dict[str, Any]:
        made = self._keys.get(key, {}).get("CreateIndex", self._index)
        self._keys[key] = {
            "LockIndex": 0,
            "Key": key,
            "Flags": 0,
            "Value": base64.b64encode(value).decode(),
            "CreateIndex": made,
            "ModifyIndex": self._index,
        }
        return self._keys[key]

    def _transact(self, deeds: list[dict[str, Any]], rights: set[str]) -> Answer:
        # Permissions are checked before anything else and told as a conflict, not as a 403.
        if "write" not in rights:
            return self._conflict(["Permission denied: token lacks permission 'key:write'"] * len(deeds))
        for number, deed in enumerate(deeds):
            operation = deed["KV"]
            found = self._keys.get(operation["Key"], {}).get("ModifyIndex", 0)
            if operation["Verb"] == "cas" and operation["Index"] != found:
                return self._conflict([f'failed to set key "{operation["Key"]}", index is stale'], number)
        self._index += 1
        results = [self._set(deed["KV"]["Key"], base64.b64decode(deed["KV"]["Value"])) for deed in deeds]
        return Answer.of(200, {"Results": [{"KV": {**item, "Value": None}} for item in results], "Errors": None})

    @staticmethod
    def _conflict(why: list[str], first: int = 0) -> Answer:
        errors = [{"OpIndex": first + number, "What": text} for number, text in enumerate(why)]
        return Answer.of(409, {"Results": None, "Errors": errors})
