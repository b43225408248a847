"""Records of the original cluster into files: one per span, JSON lines, with checksums that `sha256sum -c` reads."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafkadr.errors import DrError
from kafkadr.recovery.ranges import Place
from kafkadr.settling import Span

SUMS = "SHA256SUMS"
_PRIVATE = 0o600


@dataclass(frozen=True)
class Exported:
    """One finished file."""

    file: Path
    records: int
    sha256: str


def line_of(message: Any) -> str:
    """One record as a JSON line; bytes are base64, what is absent is null."""
    kind, timestamp = message.timestamp()
    record = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": timestamp if kind else None,
        "key": _text(message.key()),
        "value": _text(message.value()),
        "headers": [[name, _text(value)] for name, value in message.headers() or ()],
    }
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


def export(messages: Iterable[Any], folder: Path, place: Place, span: Span, progress: Callable[[], None]) -> Exported:
    """Write a span to its file, which appears whole or not at all; running twice gives the same file.

    Args:
        messages: The span's records, in order.
        folder: Where to; made when it is not there.
        place: Topic and partition on the original cluster.
        span: First and last offset.
        progress: Called for each record.

    Raises:
        DrError: The file cannot be written, or does not hold what was written to it.
    """
    # A topic's name is a file's name: letters, digits, dot, dash, underscore.
    file = folder / f"{place[0]}.{place[1]}.{span[0]}-{span[1]}.jsonl"
    part = file.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, _PRIVATE), "w", encoding="utf-8") as out:
            count, written = _copy(messages, out, progress)
            out.flush()
            os.fsync(out.fileno())
        if _digest(part) != written:
            raise DrError(f"{part} does not hold what was written to it", "Check the disk and run again")
        part.replace(file)
        _note_sum(folder, file.name, written)
    except OSError as error:
        raise DrError(f"{file} cannot be written: {error.strerror}", "Name another folder with --out") from None
    return Exported(file, count, written)


def _copy(messages: Iterable[Any], out: Any, progress: Callable[[], None]) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for message in messages:
        line = line_of(message)
        digest.update(line.encode())
        out.write(line)
        count += 1
        progress()
    return count, digest.hexdigest()


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _note_sum(folder: Path, name: str, digest: str) -> None:
    sums = folder / SUMS
    lines = sums.read_text("utf-8").splitlines() if sums.exists() else []
    kept = [line for line in lines if not line.endswith(f"  {name}")]
    fresh = sums.with_suffix(".part")
    fresh.write_text("".join(f"{line}\n" for line in sorted([*kept, f"{digest}  {name}"])), "utf-8")
    fresh.replace(sums)


def _text(value: bytes | str | None) -> str | None:
    if value is None:
        return None
    return b64encode(value.encode() if isinstance(value, str) else value).decode()
