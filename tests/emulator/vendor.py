"""The vendor's OpenAPI files, read once, and the question whether an answer is one they describe."""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.emulation import ROOT

FILES = ("org-v2", "cmk-v2", "iam-v2", "apikeys-v2", "mds-v2", "srcm-v3", "kafkarest-v3")
_PARAMETER = re.compile(r"\{[^}]+\}")


def folder() -> Path | None:
    """Where the files are, or None: they are not part of this repository."""
    places = [Path(os.environ.get("KAFKADR_OPENAPI") or ROOT.parent / "shared" / "reference" / "openapi")]
    return next((place for place in places if (place / f"{FILES[0]}.yaml").is_file()), None)


@dataclass(frozen=True)
class Operation:
    """One documented operation; ``uri`` addresses it for references."""

    method: str
    path: str
    uri: str
    responses: dict[str, Any]

    def problem(self, status: int, content_type: str, body: bytes, decoded: Any, registry: Registry[Any]) -> str | None:
        """What is undocumented about an answer, or None."""
        wildcard = f"{status // 100}XX"
        code = next((code for code in (str(status), wildcard, "default") if code in self.responses), None)
        if code is None:
            return f"status {status} is not documented"
        if not self.responses[code].get("content"):
            return "a body where none is documented" if body and status < 300 else None
        if not content_type.startswith("application/json"):
            return f"content type {content_type!r}"
        schema = {"$ref": f"{self.uri}/responses/{code}/content/application~1json/schema"}
        errors = sorted(OAS30Validator(schema, registry=registry).iter_errors(decoded), key=str)
        return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors) or None


class Vendor:
    """All operations of all files."""

    def __init__(self, place: Path) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster on 1.5 MB
        self.operations: list[Operation] = []
        self.registry: Registry[Any] = Registry()
        for name in FILES:
            document = yaml.load((place / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
            self.registry = self.registry.with_resource(f"urn:{name}", DRAFT4.create_resource(document))
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    if method in {"get", "post", "put", "patch", "delete"}:
                        uri = f"urn:{name}#/paths/{quote(path.replace('~', '~0').replace('/', '~1'))}/{method}"
                        self.operations.append(Operation(method.upper(), path, uri, operation["responses"]))
        self.operations.sort(key=lambda operation: operation.path.count("{"))  # fixed names before parameters

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that documents a call; ``path`` without host and without the emulator's prefix."""
        return next((op for op in self.operations if op.method == method and _pattern(op.path).fullmatch(path)), None)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    literals = [re.escape(part) for part in _PARAMETER.split(path)]
    return re.compile("[^/:]+".join(literals))
