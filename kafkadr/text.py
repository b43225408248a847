"""Text from elsewhere, made fit for a terminal: control characters and direction marks become visible."""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(text: str, limit: int = 400) -> str:
    """Escape what could move the cursor, hide or reorder text; cut at `limit` characters."""
    safe = "".join(c if unicodedata.category(c) not in _UNSAFE else c.encode("unicode_escape").decode() for c in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
