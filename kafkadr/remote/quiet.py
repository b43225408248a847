"""No request body in any log: client libraries write them at DEBUG, secrets and all (botocore does, both ways)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FAMILIES = ("boto3", "botocore", "consul", "hvac", "requests", "s3transfer", "urllib3")
_on_the_wire: ContextVar[bool] = ContextVar("kafkadr_secret_on_the_wire", default=False)


class _Hush(logging.Filter):
    """Drops what a library says below WARNING while this context has a secret on the wire."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or not _on_the_wire.get()


_HUSH = _Hush()


@contextmanager
def quiet() -> Iterator[None]:
    """While a secret is on the wire, the client libraries' chatter from this very context is dropped.

    A filter sees only what its own logger is told, not what that logger's children are: so each one gets it, also
    those of modules that were imported a moment ago.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in _FAMILIES:
            logging.getLogger(name).addFilter(_HUSH)
    mark = _on_the_wire.set(True)
    try:
        yield
    finally:
        _on_the_wire.reset(mark)
