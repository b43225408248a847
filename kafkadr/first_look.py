"""What only the run before the call has seen, kept until its ledger is written.

The offsets of the mirrors stay on the server while the link exists. Where the groups had been does not: the service
moves offsets that are ahead of a stopped mirror back to its end.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

from kafkadr.errors import DrError, ExitCode
from kafkadr.settling import Document
from kafkadr.survey import Wish

_KEYS: Final = ("desired", "groups", "groupsUnknown")


class FirstLookError(DrError):
    """The text is no first look."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class FirstLook:
    """What only the run before the call has seen.

    Args:
        seen: Entries of the ledger document.
        topics: The mirrors in scope; None when these are all of the link.
    """

    seen: dict[str, Any]
    topics: frozenset[str] | None = None

    @classmethod
    def of(cls, document: Document, wish: Wish) -> FirstLook:
        """What of a document cannot be asked for later."""
        scope = frozenset(document["topics"]) if wish.only_declared else None
        return cls({key: document[key] for key in _KEYS}, scope)

    def applied(self, document: Document) -> Document:
        """The document of a later look, with what the first one saw."""
        topics = document["topics"]
        kept = topics if self.topics is None else {name: topics[name] for name in topics if name in self.topics}
        return document | self.seen | {"topics": kept}

    def text(self) -> str:
        """One word for a command line or for state."""
        data = {"seen": self.seen, "topics": None if self.topics is None else sorted(self.topics)}
        return base64.urlsafe_b64encode(zlib.compress(json.dumps(data, sort_keys=True).encode(), 9)).decode()

    @classmethod
    def parse(cls, text: str) -> FirstLook:
        """Read what `text` wrote.

        Raises:
            FirstLookError: It is cut short, or something else.
        """
        try:
            data = json.loads(zlib.decompress(base64.urlsafe_b64decode(text.encode("ascii"))))
            topics = data["topics"]
            return cls({key: data["seen"][key] for key in _KEYS}, None if topics is None else frozenset(topics))
        except (ValueError, KeyError, TypeError, binascii.Error, zlib.error):
            raise FirstLookError(
                "--first-look is not what a failover printed", "Copy the whole line, or leave the option out"
            ) from None
