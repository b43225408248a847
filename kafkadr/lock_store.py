"""Where Pulumi's locks lie: a folder or an S3 bucket, addressed as PULUMI_BACKEND_URL does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from kafkadr.errors import DrError, ExitCode, UnreachableError
from kafkadr.locks import LOCKS, Found, found_of
from kafkadr.text import clean

_ORGANIZATION = "organization"
_PARTS = 3
_S3_WORDS = frozenset({"awssdk", "endpoint", "profile", "region", "s3ForcePathStyle"})
_CANCEL = "Use `pulumi cancel` once you know that nobody runs"


@dataclass(frozen=True)
class Place:
    """What the address of an S3 backend says besides bucket and prefix, in the engine's words."""

    region: str | None = None
    profile: str | None = None
    endpoint: str | None = None
    path_style: bool = False


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
        url: `file:///folder`, `file://~` or `s3://bucket/prefix` with the engine's `region`, `profile`, `endpoint` and
            `s3ForcePathStyle`.

    Raises:
        BackendError: It is another kind of backend, or its address says what we do not know.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BackendError("the backend's address is none", _CANCEL) from None
    if "@" in parts.netloc:
        raise BackendError("the backend's address has credentials in it", "Leave them out: set them as for the AWS CLI")
    if parts.scheme == "file" and not parts.query:
        return FileLocks(Path(unquote(parts.netloc + parts.path)).expanduser().absolute())
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(parts)
    raise BackendError("only file:// and s3:// backends are known here", _CANCEL)


def _bucket(parts: SplitResult) -> LockStore:
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    strange = sorted(query.keys() - _S3_WORDS)
    if strange:
        raise BackendError(f"the backend's address has {clean(', '.join(strange))} in it, unknown here", _CANCEL)
    at, style = query.get("endpoint", ""), query.get("s3ForcePathStyle", "")
    from kafkadr.lock_s3 import S3Locks  # noqa: PLC0415 - boto3 takes a fifth of a second to import

    return S3Locks(
        parts.netloc,
        parts.path,
        Place(
            query.get("region"),
            query.get("profile"),
            (at if "//" in at else f"https://{at}") if at else None,
            path_style=style.lower() == "true",
        ),
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
