"""HashiCorp Vault's KV engine, version 2, as its API documentation records it: answers, status codes, `cas`.

For where no real Vault can be had. Tokens come with roles instead of policies.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.services.web import Answer, Request

MOUNT = "secret"
_DENIED = Answer.of(403, {"errors": ["permission denied"]})
_MISMATCH = "check-and-set parameter did not match the current version"


@dataclass
class _Version:
    data: dict[str, Any]
    deletion_time: str = ""

    def metadata(self, number: int) -> dict[str, Any]:
        return {
            "created_time": "2026-11-24T00:00:00Z",
            "custom_metadata": None,
            "deletion_time": self.deletion_time,
            "destroyed": False,
            "version": number,
        }


@dataclass
class RecordedVault:
    """One engine at `secret`; `tokens` maps each token to what it may."""

    tokens: dict[str, set[str]]
    max_versions: int = 10
    _paths: dict[str, dict[int, _Version]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        rights = self.tokens.get(request.headers.get("X-Vault-Token", ""))
        if rights is None:
            return _DENIED
        _, version, first, *rest = request.path.split("/", 3)
        assert version == "v1"
        if first == "sys" and rest == ["capabilities-self"]:
            may = {path: sorted(rights) for path in request.json["paths"]}
            return Answer.of(200, {**may, "data": may})
        if first != MOUNT:
            return Answer.of(404, {"errors": [f'no handler for route "{request.path[4:]}". route entry not found.']})
        needed = {"GET": "read", "POST": "update", "PUT": "update", "DELETE": "delete"}[request.method]
        if needed not in rights:
            return _DENIED
        kind, _, path = rest[0].partition("/")
        with self._lock:
            return getattr(self, f"_{request.method.lower()}_{kind}")(path, request)  # type: ignore[no-any-return]

    def _get_data(self, path: str, request: Request) -> Answer:
        versions = self._paths.get(path, {})
        number = int(request.query.get("version") or max(versions, default=0))
        if number not in versions:
            return Answer.of(404, {"errors": []})
        found = versions[number]
        gone = bool(found.deletion_time)
        shown = {"data": None if gone else found.data, "metadata": found.metadata(number)}
        return Answer.of(404 if gone else 200, {"data": shown})

    def _post_data(self, path: str, request: Request) -> Answer:
        versions = self._paths.get(path, {})
        newest = max(versions, default=0)
        if request.json["options"].get("cas", newest) != newest:
            return Answer.of(400, {"errors": [_MISMATCH]})
        versions = self._paths.setdefault(path, {})
        versions[newest + 1] = _Version(request.json["data"])
        versions.pop(newest + 1 - self.max_versions, None)
        return Answer.of(200, {"data": versions[newest + 1].metadata(newest + 1)})

    def _delete_data(self, path: str, _: Request) -> Answer:
        versions = self._paths.get(path, {})
        if versions:
            versions[max(versions)].deletion_time = "2026-11-24T00:00:00Z"
        return Answer(204)

    def _get_metadata(self, path: str, _: Request) -> Answer:
        if path not in self._paths:
            return Answer.of(404, {"errors": []})
        versions = {str(number): found.metadata(number) for number, found in self._paths[path].items()}
        return Answer.of(200, {"data": {"versions": versions, "max_versions": 0}})

    def _delete_metadata(self, path: str, _: Request) -> Answer:
        self._paths.pop(path, None)
        return Answer(204)
