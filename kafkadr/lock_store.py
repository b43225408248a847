"""Where Pulumi's locks lie: a folder or an S3 bucket, addressed as PULUMI_BACKEND_URL does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from kafkadr.errors import DrError, ExitCode, UnreachableError
from kafkadr.locks import LOCKS, Found, found_of

_ORGANIZATION = "organization"
_PARTS = 3


class BackendError(DrError):
    """The backend's address, or the stack's name, is none that we know."""

    exit_code = ExitCode.USAGE


class LockStore(Protocol):
    """The locks of a backend."""

    def locks(self, stack: str) -> list[Found]:
        """Those of one stack, by name."""

    def remove(self, lock: Found) -> None:
        """Take one away; each process has a lock of a name of its own, so no other is hit."""


class FileLocks:
    """Locks in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def locks(self, stack: str) -> list[Found]:
        """See `LockStore`."""
        if not (self.folder / ".pulumi").is_dir():
            raise UnreachableError(f"{self.folder} holds no Pulumi state", "Check --backend")
        found = sorted((self.folder / LOCKS / stack).glob("*.json"))
        return [found_of(str(path), path.read_bytes()) for path in found]

    def remove(self, lock: Found) -> None:
        """See `LockStore`."""
        Path(lock.name).unlink(missing_ok=True)


def open_locks(url: str) -> LockStore:
    """The locks of a backend.

    Args:
        url: `file:///folder`, `file://~` or `s3://bucket/prefix` with the engine's `region`, `endpoint` and
            `s3ForcePathStyle`.

    Raises:
        BackendError: It is another kind of backend.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileLocks(Path(unquote(parts.netloc + parts.path)).expanduser().absolute())
    if parts.scheme == "s3" and parts.netloc:
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        options: dict[str, Any] = {"region_name": query["region"]} if "region" in query else {}
        if "endpoint" in query:
            at = query["endpoint"]
            options["endpoint_url"] = at if "//" in at else f"https://{at}"
        from kafkadr.lock_s3 import S3Locks  # noqa: PLC0415 - boto3 takes a fifth of a second to import

        return S3Locks(parts.netloc, parts.path, **options)
    raise BackendError(
        "only file:// and s3:// backends are known here", "Use `pulumi cancel` once you know that nobody runs"
    )


def stack_folder(stack: str) -> str:
    """Where the locks of `project/stack`, or of `organization/project/stack`, lie.

    Raises:
        BackendError: The project is missing, or it is no name.
    """
    parts = stack.split("/")
    if len(parts) == _PARTS - 1:
        parts = [_ORGANIZATION, *parts]
    if len(parts) != _PARTS or any(part in {"", ".", ".."} for part in parts):
        raise BackendError(f"{stack!r} names no stack", "Give it as project/stack")
    return "/".join(parts)
