"""What only the run before the call has seen, kept until its ledger is written.

The offsets of the mirrors stay on the server while the link exists. Where the groups had been does not: the service
moves offsets that are ahead of a stopped mirror back to its end.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from kafkadr.desired import Desired
from kafkadr.errors import DrError, ExitCode
from kafkadr.settling import GONE, Document
from kafkadr.survey import Wish

_KEYS: Final = ("desired", "groups", "groupsUnknown")


class FirstLookError(DrError):
    """The text is no first look."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class FirstLook:
    """What only the run before the call has seen.

    Args:
        seen: Entries of the ledger document: `desired`, `groups`, `groupsUnknown`.
        topics: Names of the mirrors in scope.
        only_declared: Whether the link has others, too, which are none of this flip's business.
        gone: Entries of the document for topics that the flip itself did not find again.
    """

    seen: dict[str, Any]
    topics: tuple[str, ...] = ()
    only_declared: bool = False
    gone: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, wish: Wish) -> FirstLook:
        """What of a document cannot be asked for later."""
        gone = {name: topic for name, topic in document["topics"].items() if topic.get("status") == GONE}
        seen = {"desired": wish.desired.value} | {key: document[key] for key in _KEYS if key in document}
        return cls(seen, tuple(sorted(document["topics"])), wish.only_declared, gone)

    def wish(self, link: str) -> Wish:
        """What a later look has to look for: the same scope, which its first look froze."""
        return Wish(link, Desired(self.seen["desired"]), frozenset(self.topics), self.only_declared)

    def applied(self, document: Document) -> Document:
        """The document of a later look, with what the first one saw; what a topic lacks that is gone is unknown."""
        lost = {name: self.gone.get(name, _lost(name)) for name in self.topics if name not in document["topics"]}
        kept = {k: v for k, v in document.items() if k != "rebuilt"}
        return kept | self.seen | {"topics": document["topics"] | lost}

    def text(self) -> str:
        """One word for a command line or for state."""
        data = asdict(self)
        return base64.urlsafe_b64encode(zlib.compress(json.dumps(data, sort_keys=True).encode(), 9)).decode()

    @classmethod
    def parse(cls, text: str) -> FirstLook:
        """Read what `text` wrote.

        Raises:
            FirstLookError: It is cut short, or something else.
        """
        try:
            data = json.loads(zlib.decompress(base64.urlsafe_b64decode(text.encode("ascii"))))
            seen = {key: data["seen"][key] for key in _KEYS if key in data["seen"]}
            Desired(seen["desired"])
            return cls(seen, tuple(data["topics"]), bool(data["only_declared"]), dict(data["gone"]))
        except (ValueError, KeyError, TypeError, binascii.Error, zlib.error):
            raise FirstLookError(
                "--first-look is not what a failover printed", "Copy the whole line, or leave the option out"
            ) from None


def _lost(name: str) -> dict[str, Any]:
    """A topic of which nothing is left: what it had fetched is unknown, and so is what it lacks."""
    row = {"partition": 0, "lastSourceFetchOffset": -1, "lag": None, "missing": [0, None]}
    return {"source": name, "status": GONE, "partitions": [row]}
